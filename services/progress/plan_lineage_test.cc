// Plan restored from a backup under a running progress service: what was decided under what it still has goes on, what was only cached comes again,
// and figures decided under what is lost stop everything until progress is restored too.
#include <filesystem>

#include <gtest/gtest.h>

#include "services/progress/testing/service_fixture.h"

namespace anju::progress {
namespace {

using anju::testing::HasReason;
using anju::testing::HasReasonAt;
using anju::testing::IsOk;
using anju::testing::WaitUntil;
using testing::DocumentEvent;
using testing::Numbered;
using testing::ServiceFixture;

class PlanLineageTest : public ServiceFixture {
 protected:
  absl::StatusOr<v1::ReportBatchResponse> Batch(const v1::Items& items, const std::string& plan_at_least = "") {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    v1::ReportBatchRequest request;
    request.mutable_open()->set_source("clerk");
    request.mutable_open()->set_plan_at_least(plan_at_least);
    *request.mutable_items() = items;
    v1::ReportBatchResponse response;
    const grpc::Status status = stub_->ReportBatch(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }
  void RestorePlanAt(uint64_t sequence) { plan_ = plan_->RestoredAt(sequence, directory_ / ("plan." + std::to_string(++restores_))); }
  std::string PlanJournal() { return journal::ToHex(server_->desk().plan().position.journal_id); }
  int restores_ = 0;
};

TEST_F(PlanLineageTest, GoesOnWhereEverythingIsContained) {
  StartReady();
  ASSERT_THAT(Batch(Numbered(1, 1)), IsOk());
  const std::string old_journal = PlanJournal();
  const std::string old = plan_->Append({DocumentEvent("文1", 3, 10)});
  ASSERT_TRUE(WaitForPlan(4));
  RestorePlanAt(4);
  const std::string token = plan_->Append({DocumentEvent("文2", 4, 10)});
  ASSERT_THAT(Batch(Numbered(2, 1), token), IsOk());
  EXPECT_NE(PlanJournal(), old_journal);
  EXPECT_THAT(Batch(Numbered(3, 1), old), IsOk()) << "a token of the old name is contained";
  // Two in a row, and a restart over them.
  RestorePlanAt(5);
  RestorePlanAt(5);
  ASSERT_THAT(Batch(Numbered(4, 1), token), IsOk());
  Stop();
  Start();
  ASSERT_OK_AND_ASSIGN(const auto response, Batch(Numbered(5, 1), token));
  EXPECT_EQ(response.acked_sequence(), 5u);
}

TEST_F(PlanLineageTest, WhatWasOnlyCachedIsForgottenAndComesAgain) {
  StartReady();
  ASSERT_THAT(Batch(Numbered(1, 1)), IsOk());
  const std::string lost = plan_->Append({DocumentEvent("文1", 3, 10)});
  ASSERT_TRUE(WaitForPlan(4));
  const std::string before = PlanJournal();
  RestorePlanAt(3);
  const std::string token = plan_->Append({DocumentEvent("文2", 4, 10)});
  ASSERT_OK_AND_ASSIGN(const auto response, Batch(Numbered(2, 1), token));
  EXPECT_EQ(response.verdicts_size(), 0);
  EXPECT_NE(PlanJournal(), before);
  EXPECT_THAT(Batch(Numbered(3, 1), lost), HasReasonAt(Reason::ROLLED_BACK, "plan_at_least"));
  // The rows were forgotten too: a restart finds the new plan in its cache.
  Stop();
  auto server = Server::Start({.data = directory_ / "progress", .listen = "127.0.0.1:0", .plan = "127.0.0.1:1"}, clock_);
  ASSERT_THAT(server, IsOk());
  server_ = *std::move(server);
  EXPECT_EQ(server_->desk().plan().position.sequence, 4u);
  EXPECT_NE(PlanJournal(), before);
}

TEST_F(PlanLineageTest, NothingIsTakenWhileFiguresWereDecidedUnderALostPlan) {
  StartReady();
  ASSERT_THAT(Batch(Numbered(1, 1)), IsOk());
  plan_->Append({DocumentEvent("文1", 3, 10)});
  ASSERT_TRUE(WaitForPlan(4));
  ASSERT_THAT(Batch(Numbered(2, 1)), IsOk());
  const uint64_t recorded = server_->pipeline().journal().durable().sequence;
  RestorePlanAt(3);
  ASSERT_TRUE(WaitUntil([&] { return PlanStatus().problem().find("restored from the same backup") != std::string::npos; })) << PlanStatus().problem();
  EXPECT_THAT(Batch(Numbered(3, 1)), HasReason(Reason::NOT_READY));
  plan_->Append({DocumentEvent("文2", 4, 10)});  // as long as the one before, and not the same
  EXPECT_THAT(Batch(Numbered(3, 1)), HasReason(Reason::NOT_READY));
  for (const bool cached : {true, false}) {
    SCOPED_TRACE(cached);
    Stop();
    if (!cached) std::filesystem::remove_all(directory_ / "progress/state");
    Start();
    ASSERT_TRUE(WaitUntil([&] { return PlanStatus().problem().find("restored from the same backup") != std::string::npos; })) << PlanStatus().problem();
    EXPECT_THAT(Batch(Numbered(3, 1)), HasReason(Reason::NOT_READY));
  }
  EXPECT_EQ(server_->pipeline().journal().durable().sequence, recorded);
}

// Nothing that was recorded depends on it: a plan service that begins anew is as good.
TEST_F(PlanLineageTest, AnotherPlanIsTakenWhileNothingIsRecorded) {
  StartReady();
  const std::string before = PlanJournal();
  Stop();
  ReplacePlan();
  Start();  // still with what it kept of the earlier one
  ASSERT_TRUE(WaitUntil([&] { return !server_->desk().plan_is_other() && server_->desk().plan().position.sequence == 3 && PlanJournal() != before; }));
  EXPECT_THAT(Batch(Numbered(1, 1)), IsOk());
}

}  // namespace
}  // namespace anju::progress
