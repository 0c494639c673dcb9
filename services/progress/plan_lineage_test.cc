// Plan restored from a backup under a running progress service: what was decided under what it still has goes on, what was only cached comes again,
// and figures decided under what is lost stop everything until progress is restored too.
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "services/progress/plan_taker.h"
#include "services/progress/store/schema.h"

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
  // Stops plan, so that its directory can be copied or replaced; StartPlan serves it again where it was.
  void StopPlan() {
    plan_address_ = plan_->address();
    plan_->End();
    plan_ = nullptr;
  }
  void StartPlan() { plan_ = std::make_unique<testing::PlanStub>(directory_ / "plan", plan_address_); }
  void CopyPlan(const std::string& from, const std::string& to) {
    std::filesystem::remove_all(directory_ / to);
    std::filesystem::copy(directory_ / from, directory_ / to, std::filesystem::copy_options::recursive);
  }
  // Ready with plan at 4, a copy of whose directory in "older" ends at 3.
  void StartWithAnOlderCopy() {
    StartReady();
    StopPlan();
    CopyPlan("plan", "older");
    StartPlan();
    plan_->Append({DocumentEvent("文1", 3, 10)});
    ASSERT_TRUE(WaitForPlan(4));
  }
  // Not for a moment only, but over several streams to plan.
  void ExpectRefusals(uint64_t number) {
    for (int again = 0; again < 10; ++again) {
      EXPECT_THAT(Batch(Numbered(number, 1)), HasReasonAt(Reason::NOT_READY, "plan"));
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
  bool WaitForProblem(const std::string& words) {
    return WaitUntil([&] { return PlanStatus().problem().find(words) != std::string::npos; });
  }
  std::string PlanJournal() { return journal::ToHex(server_->desk().plan().position.journal_id); }
  int restores_ = 0;
  std::string plan_address_;
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

// The same journal, shorter: no restore has given it another name, so what it records next goes by numbers that are taken.
TEST_F(PlanLineageTest, NothingIsTakenWhileAnOlderCopyOfPlanIsInItsPlace) {
  StartWithAnOlderCopy();
  testing::StreamClient open(*stub_);
  ASSERT_TRUE(open.Open("open"));
  ASSERT_TRUE(open.Send(Numbered(1, 1)));
  ASSERT_TRUE(open.ReadUntil(1));
  const uint64_t recorded = server_->pipeline().journal().durable().sequence;
  StopPlan();
  CopyPlan("plan", "newer");
  CopyPlan("older", "plan");
  StartPlan();
  ASSERT_TRUE(WaitForProblem("an older copy of plan's journal was put back")) << PlanStatus().problem();
  // Also when it is as long again with something else in it.
  ExpectRefusals(1);
  plan_->Append({DocumentEvent("文2", 4, 10), DocumentEvent("文3", 5, 10)});
  ExpectRefusals(1);
  // A stream that was open is told as well.
  open.Send(Numbered(2, 1));
  EXPECT_THAT(open.Finish(), HasReasonAt(Reason::NOT_READY, "plan"));
  Stop();
  Start();
  ASSERT_TRUE(WaitForProblem("an older copy of plan's journal was put back")) << PlanStatus().problem();
  EXPECT_THAT(Batch(Numbered(1, 1)), HasReasonAt(Reason::NOT_READY, "plan"));
  EXPECT_EQ(server_->pipeline().journal().durable().sequence, recorded);
  // Another journal in between, which is asked from its start, does not make the older copy acceptable.
  StopPlan();
  std::filesystem::remove_all(directory_ / "plan");
  StartPlan();
  plan_->AppendRegistry();
  ASSERT_TRUE(WaitForProblem("another journal")) << PlanStatus().problem();
  StopPlan();
  CopyPlan("older", "plan");
  StartPlan();
  plan_->Append({DocumentEvent("文2", 4, 10)});
  ASSERT_TRUE(WaitForProblem("an older copy of plan's journal was put back")) << PlanStatus().problem();
  ExpectRefusals(1);
  EXPECT_EQ(server_->pipeline().journal().durable().sequence, recorded);
  // The newer copy back: everything goes on.
  StopPlan();
  CopyPlan("newer", "plan");
  StartPlan();
  ASSERT_TRUE(WaitUntil([&] { return PlanStatus().problem().empty() && PlanStatus().connected(); })) << PlanStatus().problem();
  EXPECT_THAT(Batch(Numbered(1, 1)), IsOk());
}

// Of a journal that a restore continued, met by a progress service that was restarted: it knows where it stood in the new one, and what it decided under.
TEST_F(PlanLineageTest, AnOlderCopyOfAnAncestorLacksWhatWasDecidedUnder) {
  StartWithAnOlderCopy();
  ASSERT_THAT(Batch(Numbered(1, 1)), IsOk());
  RestorePlanAt(4);
  plan_->Append({DocumentEvent("文2", 4, 10)});
  ASSERT_TRUE(WaitForPlan(5));
  Stop();
  StopPlan();
  CopyPlan("older", "plan");
  StartPlan();
  Start();
  ASSERT_TRUE(WaitForProblem("an older copy of plan's journal was put back")) << PlanStatus().problem();
  ExpectRefusals(2);
}

// What is forgotten because of a restore comes again, and until then an empty registry must not judge what an open stream brings.
TEST_F(PlanLineageTest, AnOpenStreamIsNotJudgedByAPlanThatIsStillComing) {
  StartReady();
  testing::StreamClient open(*stub_);
  ASSERT_TRUE(open.Open("open"));
  ASSERT_TRUE(open.Send(Numbered(1, 1)));
  ASSERT_TRUE(open.ReadUntil(1));
  const uint64_t recorded = server_->pipeline().journal().durable().sequence;
  plan_->Append({DocumentEvent("文1", 3, 10)});  // cached only
  ASSERT_TRUE(WaitForPlan(4));
  // What the stream brings is decided between the word that the lineage holds, which forgets everything, and the first block.
  HoldTheDecider();
  RestorePlanAt(3);
  ASSERT_TRUE(WaitForQueued(1));
  ASSERT_TRUE(open.Send(Numbered(2, 1)));
  ASSERT_TRUE(WaitForQueued(2));
  ReleaseTheDecider();
  EXPECT_THAT(open.Finish(), HasReason(Reason::NOT_READY));
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

// Between the word that our position is not there and the stream from the start, another journal may have come in the place of the first, one that has
// our position by its name: only when asked for that, with its hash, does it say whether it is the same.
TEST(PlanTakerTest, AJournalThatCameInBetweenIsNotTakenByItsName) {
  const anju::testing::TempDir directory;
  FakeClock clock{MakeDate(2017, 7, 1)};
  ASSERT_OK_AND_ASSIGN(const auto plan_disk, storage::OpenRocksDisk(directory / "plan"));
  ASSERT_OK_AND_ASSIGN(const auto plan, journal::Journal::Open(*plan_disk, "plan", clock));
  ASSERT_OK_AND_ASSIGN(const journal::Position at, plan->Append({testing::RegionsEvent().SerializeAsString()}, {}, 0));
  ASSERT_OK_AND_ASSIGN(const auto blocks, plan->ReadBlocks({}, 1 << 20));
  ASSERT_OK_AND_ASSIGN(const journal::BlockView block, journal::DecodeBlock(blocks.front()));

  ASSERT_OK_AND_ASSIGN(const auto disk, storage::OpenRocksDisk(directory / "progress"));
  Desk desk;
  ASSERT_OK_AND_ASSIGN(const auto pipeline, journal::Pipeline::Open(*disk, "progress", kSchemaVersion, desk.model, clock, {.threads = false}));
  rpc::WaitingRoom room;
  PlanTaker taker(desk, *pipeline, room);
  std::optional<absl::Status> outcome;
  const PlanTaker::Done done = [&](const absl::Status& status) { outcome = status; };
  const auto after = [&] {
    while (pipeline->Step(journal::PipelineStep::kDecide) || pipeline->Step(journal::PipelineStep::kWrite)) {
    }
    return std::exchange(outcome, std::nullopt).value_or(absl::UnknownError("nothing was said"));
  };
  taker.Resume(done);
  ASSERT_THAT(after(), IsOk());
  taker.TakeLineage(plan->lineage(), done);
  ASSERT_THAT(after(), IsOk());
  taker.Take(block, at, done);
  ASSERT_THAT(after(), IsOk());
  taker.Advance(at);
  EXPECT_EQ(desk.plan().position, at);

  EXPECT_EQ(taker.Lose({journal::Position{}}), journal::Position{}) << "another journal is asked from its start";
  taker.TakeLineage(plan->lineage(), done);
  EXPECT_THAT(after(), HasReasonAt(Reason::NOT_READY, "plan"));
  EXPECT_TRUE(desk.plan_is_other());
  EXPECT_EQ(desk.plan().position, at) << "nothing is forgotten";
  // Asked for our position it did not deny it.
  taker.TakeLineage(plan->lineage(), done);
  EXPECT_THAT(after(), IsOk());
  EXPECT_FALSE(desk.plan_is_other());
  EXPECT_EQ(taker.taken(), at);
}

}  // namespace
}  // namespace anju::progress
