// Reviews, named updates and boundaries over the wire of a running service.
#include <gtest/gtest.h>

#include "services/progress/limits.h"
#include "services/progress/testing/service_fixture.h"

namespace anju::progress {
namespace {

using anju::testing::HasReason;
using anju::testing::IsOk;
using testing::Define;
using testing::MakeItem;
using testing::ServiceFixture;

class ReviewTest : public ServiceFixture {
 protected:
  // Sequences of the updates that these items became, by their place.
  std::vector<uint64_t> Report(const std::string& source, const v1::Items& items) {
    grpc::ClientContext context;
    v1::ReportBatchRequest request;
    request.mutable_open()->set_source(source);
    *request.mutable_items() = items;
    request.mutable_items()->set_first_sequence(1);
    v1::ReportBatchResponse response;
    EXPECT_THAT(rpc::FromGrpc(stub_->ReportBatch(&context, request, &response)), IsOk());
    EXPECT_EQ(response.acked_sequence(), static_cast<uint64_t>(items.items_size()));
    v1::ListUpdatesRequest list;
    list.set_source(source);
    std::vector<uint64_t> sequences;
    for (const v1::ListedUpdate& update : List(list)) sequences.push_back(update.sequence());
    return sequences;
  }
  // 1: 100 of 533401 on 1 March; 2: +20 there on 1 April; 3: 50 of 533422 on 1 March; 4: 70 of built of 533423 on 1 May.
  std::vector<uint64_t> ReportFour() {
    v1::Items items;
    *items.add_definitions() = Define(0, "533401");
    *items.add_definitions() = Define(1, "533422");
    *items.add_definitions() = Define(2, "533423", "shantytown", "built", "");
    *items.add_items() = MakeItem(0, 100);
    *items.add_items() = MakeItem(0, 20, MakeDate(2017, 4, 1));
    items.mutable_items(1)->set_kind(v1::UPDATE_KIND_INCREMENT);
    *items.add_items() = MakeItem(1, 50);
    *items.add_items() = MakeItem(2, 70, MakeDate(2017, 5, 1));
    return Report("four", items);
  }
  static v1::ReviewFiguresRequest To(types::v1::ReviewState state, std::vector<uint64_t> updates = {}, const std::string& office = "533400") {
    v1::ReviewFiguresRequest request;
    request.mutable_updates()->Add(updates.begin(), updates.end());
    request.set_state(state);
    request.set_office(office);
    if (state == types::v1::REVIEW_STATE_RETURNED) request.set_remark("请核实");
    return request;
  }
  absl::StatusOr<v1::ReviewFiguresResponse> Send(const v1::ReviewFiguresRequest& request) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    v1::ReviewFiguresResponse response;
    const grpc::Status status = stub_->ReviewFigures(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }
  absl::StatusOr<v1::GetUpdatesResponse> Get(const std::vector<uint64_t>& sequences, uint64_t known = 0) {
    grpc::ClientContext context;
    v1::GetUpdatesRequest request;
    request.mutable_sequences()->Add(sequences.begin(), sequences.end());
    request.set_known_sequence(known);
    v1::GetUpdatesResponse response;
    const grpc::Status status = stub_->GetUpdates(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }
  std::string StatesOf(const std::vector<uint64_t>& sequences, uint64_t known = 0) {
    std::string states;
    const auto response = Get(sequences, known);
    EXPECT_THAT(response, IsOk());
    if (response.ok()) for (const v1::ListedUpdate& update : response->updates()) states += std::to_string(static_cast<int>(update.review()));
    return states;
  }
  static uint64_t SequenceOf(const types::v1::BasisStamp& basis) { return basis.basis().progress(0).sequence(); }
};

constexpr types::v1::ReviewState kReturned = types::v1::REVIEW_STATE_RETURNED, kReviewed = types::v1::REVIEW_STATE_REVIEWED,
                                 kConfirmed = types::v1::REVIEW_STATE_CONFIRMED;

TEST_F(ReviewTest, FiguresGoThroughTheirStatesAndEveryStateIsKnownAsOfItsBasis) {
  StartReady();
  const std::vector<uint64_t> four = ReportFour();
  ASSERT_EQ(four.size(), 4u);
  ASSERT_OK_AND_ASSIGN(const auto returned, Send(To(kReturned, {four[0], four[2]})));
  EXPECT_EQ(returned.changed(), 2u);
  EXPECT_EQ(returned.unchanged(), 0u);
  ASSERT_OK_AND_ASSIGN(const auto reviewed, Send(To(kReviewed, {four[0], four[1], four[0]})));
  EXPECT_EQ(reviewed.changed(), 2u);
  ASSERT_OK_AND_ASSIGN(const auto again, Send(To(kReviewed, {four[0], four[1], four[3]}, "53")));
  EXPECT_EQ(again.changed(), 1u);
  EXPECT_EQ(again.unchanged(), 2u);
  ASSERT_OK_AND_ASSIGN(const auto confirmed, Send(To(kConfirmed, {four[0]}, "53")));
  EXPECT_EQ(StatesOf(four), "3212");
  EXPECT_EQ(StatesOf(four, SequenceOf(reviewed.basis())), "2210");
  EXPECT_EQ(StatesOf(four, SequenceOf(returned.basis())), "1010");
  EXPECT_EQ(StatesOf(four, four[3]), "0000");

  ASSERT_OK_AND_ASSIGN(const auto listed, Get({four[2]}));
  ASSERT_EQ(listed.updates_size(), 1);
  EXPECT_EQ(listed.updates(0).review_remark(), "请核实");
  EXPECT_EQ(listed.updates(0).review_office(), "533400");
  EXPECT_EQ(listed.updates(0).review_actor(), "local");
  EXPECT_EQ(listed.updates(0).review_time_us(), clock_.NowMicros());
  EXPECT_EQ(List()[2].review(), kReturned) << "lists tell it too";

  Stop();
  Start();
  ASSERT_TRUE(WaitForPlan(2));
  EXPECT_EQ(StatesOf(four), "3212");
  EXPECT_EQ(StatesOf(four, SequenceOf(reviewed.basis())), "2210");
}

TEST_F(ReviewTest, ASelectionCoversWhatIsInForceBelowTheRegion) {
  StartReady();
  const std::vector<uint64_t> four = ReportFour();
  v1::ReviewFiguresRequest request = To(kReviewed, {}, "53");
  request.set_region("迪庆州");
  request.set_indicator("新开工");
  request.set_dry_run(true);
  ASSERT_OK_AND_ASSIGN(auto response, Send(request));
  EXPECT_EQ(response.changed(), 3u);
  EXPECT_EQ(StatesOf(four), "0000") << "a dry run changes nothing";
  request.set_dry_run(false);
  request.set_as_of("2017-03-31");
  ASSERT_OK_AND_ASSIGN(response, Send(request));
  EXPECT_EQ(response.changed(), 2u);
  EXPECT_EQ(StatesOf(four), "2020");
  request.clear_as_of();
  ASSERT_OK_AND_ASSIGN(response, Send(request));
  EXPECT_EQ(response.changed(), 1u);
  EXPECT_EQ(response.unchanged(), 2u);
  EXPECT_EQ(StatesOf(four), "2220");
  request.clear_indicator();
  request.set_region("533423");
  request.set_programme("shantytown");
  ASSERT_OK_AND_ASSIGN(response, Send(request));
  EXPECT_EQ(StatesOf(four), "2222");
  request.set_plan_year("2018");
  EXPECT_THAT(Send(request), HasReason(Reason::NO_FIGURES));
}

TEST_F(ReviewTest, WhatIsNotAllowedSaysWhyAndChangesNothing) {
  StartReady();
  const std::vector<uint64_t> four = ReportFour();
  ASSERT_THAT(Send(To(kReviewed, {four[1]})), IsOk());
  ASSERT_THAT(Send(To(kReviewed, {four[3]})), IsOk());
  ASSERT_THAT(Send(To(kConfirmed, {four[3]})), IsOk());
  const auto edited = [&](auto edit) {
    v1::ReviewFiguresRequest request = To(kReviewed, {four[0]});
    edit(request);
    return request;
  };
  struct Case {
    const char* what;
    v1::ReviewFiguresRequest request;
    Reason reason;
    const char* field;
  };
  const Case cases[] = {
      {"no state", edited([](auto& r) { r.clear_state(); }), Reason::MISSING_FIELD, "state"},
      {"a state of no office", edited([](auto& r) { r.set_state(static_cast<types::v1::ReviewState>(9)); }), Reason::BAD_VALUE, "state"},
      {"no office", edited([](auto& r) { r.clear_office(); }), Reason::MISSING_FIELD, "office"},
      {"an unknown office", edited([](auto& r) { r.set_office("999999"); }), Reason::UNKNOWN_REGION, "office"},
      {"nothing meant", edited([](auto& r) { r.clear_updates(); }), Reason::MISSING_FIELD, "region"},
      {"named and selected", edited([](auto& r) { r.set_region("533400"); }), Reason::BAD_VALUE, "updates"},
      {"too many", edited([](auto& r) { for (int i = 0; i < kReviewNamedMax; ++i) r.add_updates(1); }), Reason::TOO_MANY_ROWS, "updates"},
      {"returned without remark", edited([](auto& r) { r.set_state(kReturned); }), Reason::MISSING_FIELD, "remark"},
      {"a long remark", edited([](auto& r) { r.set_remark(std::string(4'001, 'x')); }), Reason::BAD_VALUE, "remark"},
      {"an unknown update", edited([](auto& r) { r.add_updates(9'999); }), Reason::UNKNOWN_UPDATE, "updates"},
      {"an event that is no update", edited([](auto& r) { r.add_updates(1); }), Reason::UNKNOWN_UPDATE, "updates"},
      {"the office itself", edited([](auto& r) { r.set_office("533401"); }), Reason::BAD_REVIEW, "office"},
      {"an office elsewhere", edited([](auto& r) { r.set_office("533422"); }), Reason::BAD_REVIEW, "office"},
      {"confirmed before it was reviewed", edited([](auto& r) { r.set_state(kConfirmed); }), Reason::BAD_REVIEW, "updates"},
      {"a confirmed one returned", edited([&](auto& r) { r.add_updates(four[3]); r.set_state(kReturned); r.set_remark("x"); }), Reason::BAD_REVIEW, "updates"},
      {"one of two that may not", edited([&](auto& r) { r.add_updates(four[1]); r.set_state(kConfirmed); }), Reason::BAD_REVIEW, "updates"},
      {"an unknown region", edited([](auto& r) { r.clear_updates(); r.set_region("x"); }), Reason::UNKNOWN_REGION, "region"},
      {"an ambiguous one", edited([](auto& r) { r.clear_updates(); r.set_region("德钦县"); }), Reason::AMBIGUOUS_REGION, "region"},
      {"an unknown programme", edited([](auto& r) { r.clear_updates(); r.set_region("533400"); r.set_programme("x"); }), Reason::UNKNOWN_PROGRAMME, "programme"},
      {"an unknown indicator", edited([](auto& r) { r.clear_updates(); r.set_region("533400"); r.set_indicator("x"); }), Reason::UNKNOWN_INDICATOR, "indicator"},
      {"a bad plan year", edited([](auto& r) { r.clear_updates(); r.set_region("533400"); r.set_plan_year("2017Q1"); }), Reason::BAD_PERIOD, "plan_year"},
      {"a bad date", edited([](auto& r) { r.clear_updates(); r.set_region("533400"); r.set_as_of("2017-02-30"); }), Reason::BAD_DATE, "as_of"},
      {"a day to come", edited([](auto& r) { r.clear_updates(); r.set_region("533400"); r.set_as_of("2017-07-02"); }), Reason::FUTURE_DATE, "as_of"},
      {"nothing there", edited([](auto& r) { r.clear_updates(); r.set_region("5334-X"); }), Reason::NO_FIGURES, "region"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    const auto response = Send(c.request);
    EXPECT_THAT(response, HasReason(c.reason));
    EXPECT_EQ(ErrorsOf(response.status()).front().field, c.field);
  }
  EXPECT_EQ(StatesOf(four), "0203");
}

TEST_F(ReviewTest, AFlaggedFigureIsExplainedBeforeItIsReviewed) {
  plan_->Append({testing::RegionsEvent(), testing::CatalogueEvent()});
  Start();
  ASSERT_TRUE(WaitForPlan(2));
  v1::Items items;
  *items.add_definitions() = Define(0, "533401");
  *items.add_items() = MakeItem(0, 100);
  const std::vector<uint64_t> flagged = Report("a", items);
  ASSERT_OK_AND_ASSIGN(const auto listed, Get(flagged));
  ASSERT_EQ(listed.updates(0).flags_size(), 1);
  EXPECT_EQ(listed.updates(0).flags(0).rule(), "late");
  EXPECT_EQ(listed.updates(0).flags(0).compared(), 122);
  EXPECT_THAT(Send(To(kReviewed, flagged)), HasReason(Reason::EXPLANATION_REQUIRED));
  ASSERT_THAT(Send(To(kReturned, flagged)), IsOk());
  EXPECT_THAT(Send(To(kReviewed, flagged)), HasReason(Reason::EXPLANATION_REQUIRED));

  items.mutable_items(0)->set_explanation("系统故障补报");
  const std::vector<uint64_t> explained = Report("b", items);
  ASSERT_EQ(explained.size(), 1u);
  v1::ReviewFiguresRequest request = To(kReviewed);
  request.set_region("533401");
  ASSERT_OK_AND_ASSIGN(const auto reviewed, Send(request));
  EXPECT_EQ(reviewed.changed(), 1u);
  EXPECT_EQ(StatesOf({flagged[0], explained[0]}), "12");
  ASSERT_OK_AND_ASSIGN(const auto both, Get({explained[0]}));
  EXPECT_EQ(both.updates(0).explanation(), "系统故障补报");
}

TEST_F(ReviewTest, TheSameRequestIdGetsTheSameAnswerAndOtherContentIsAConflict) {
  StartReady();
  const std::vector<uint64_t> four = ReportFour();
  v1::ReviewFiguresRequest request = To(kReturned, {four[0], four[2]});
  request.set_request_id("r1");
  ASSERT_OK_AND_ASSIGN(const auto first, Send(request));
  ASSERT_THAT(Send(To(kReviewed, {four[0]})), IsOk());
  for (int life = 0; life < 2; ++life) {
    ASSERT_OK_AND_ASSIGN(const auto again, Send(request));
    EXPECT_EQ(again.changed(), 2u);
    EXPECT_EQ(SequenceOf(again.basis()), SequenceOf(first.basis()));
    EXPECT_EQ(StatesOf(four), "2010") << "nothing happens twice";
    v1::ReviewFiguresRequest other = request;
    other.set_remark("另一件事");
    EXPECT_THAT(Send(other), HasReason(Reason::REQUEST_CONFLICT));
    Stop();
    Start();
    ASSERT_TRUE(WaitForPlan(2));
  }
}

TEST_F(ReviewTest, AThousandUpdatesMakeOneEventAndTenThousandAreTheMost) {
  StartReady();
  const auto add = [&](const std::string& source, int count, uint64_t from) {
    testing::StreamClient stream(*stub_);
    ASSERT_TRUE(stream.Open(source));
    for (int sent = 0; sent < count; sent += 1'000) {
      v1::Items items;
      items.set_first_sequence(static_cast<uint64_t>(sent) + 1);
      *items.add_definitions() = Define(0, "533401");
      for (int i = sent; i < std::min(count, sent + 1'000); ++i) {
        *items.add_items() = MakeItem(0, static_cast<int64_t>(from) + 1, MakeDate(2017, 3, 1));
        items.mutable_items(i - sent)->set_kind(v1::UPDATE_KIND_INCREMENT);
      }
      ASSERT_TRUE(stream.Send(items));
    }
    stream.HalfClose();
    ASSERT_THAT(stream.Finish(), IsOk());
  };
  add("a", 2'500, 0);
  v1::ReviewFiguresRequest request = To(kReviewed);
  request.set_region("533401");
  request.set_request_id("r");
  const uint64_t before = server_->pipeline().journal().durable().sequence;
  ASSERT_OK_AND_ASSIGN(auto response, Send(request));
  EXPECT_EQ(response.changed(), 2'500u);
  EXPECT_EQ(SequenceOf(response.basis()) - before, 3u);
  ASSERT_OK_AND_ASSIGN(response, Send(request));
  EXPECT_EQ(response.changed(), 2'500u) << "the events of a request add up in its answer";
  add("b", 7'501, 1);
  request.clear_request_id();
  EXPECT_THAT(Send(request), HasReason(Reason::TOO_MANY_ROWS));
}

TEST_F(ReviewTest, NamedUpdatesComeFromAnywhereInTheJournal) {
  StartReady();
  for (uint64_t source = 0; source < 10; ++source) Report("s" + std::to_string(source), [&] {
    v1::Items items = testing::Numbered(1, 100);
    for (v1::Item& item : *items.mutable_items()) item.set_amount(item.amount() + static_cast<int64_t>(1'000 * source));
    return items;
  }());
  const std::vector<v1::ListedUpdate> all = List();
  ASSERT_EQ(all.size(), 1'000u);
  std::vector<uint64_t> every;
  for (const v1::ListedUpdate& update : all) every.push_back(update.sequence());
  std::reverse(every.begin(), every.end());
  ASSERT_OK_AND_ASSIGN(const auto response, Get(every));
  ASSERT_EQ(response.updates_size(), 1'000);
  for (int i = 0; i < 1'000; ++i) ASSERT_EQ(response.updates(i).SerializeAsString(), all[static_cast<size_t>(i)].SerializeAsString());
  ASSERT_OK_AND_ASSIGN(const auto some, Get({0, 1, 2, 5'000'000, all[7].sequence(), all[7].sequence()}));
  ASSERT_EQ(some.updates_size(), 1) << "what is no update is left out";
  EXPECT_EQ(some.updates(0).sequence(), all[7].sequence());
  EXPECT_THAT(Get({}), HasReason(Reason::EMPTY_REQUEST));
  EXPECT_THAT(Get(std::vector<uint64_t>(1'001, 1)), HasReason(Reason::TOO_MANY_ROWS));
}

TEST_F(ReviewTest, ABoundaryChangeIsFollowedAndOutlivesARestart) {
  StartReady();
  plan::v1::Event change;
  plan::v1::BoundaryEvent* event = change.mutable_boundaries()->add_events();
  event->set_kind(plan::v1::BOUNDARY_KIND_RECODE);
  event->set_date_days(MakeDate(2017, 5, 1).days);
  event->set_region(5);
  event->set_into(9);
  event->set_share_numerator(1);
  event->set_share_denominator(1);
  const plan::v1::Event regions = testing::RegionsEvent();
  for (const auto& record : regions.regions().regions()) {
    if (record.code() != "533423") continue;
    types::v1::RegionRecord* ended = change.mutable_boundaries()->add_regions();
    *ended = record;
    ended->set_valid_to_days(MakeDate(2017, 5, 1).days);
    types::v1::RegionRecord* begun = change.mutable_boundaries()->add_regions();
    *begun = record;
    begun->set_number(9);
    begun->set_code("533424");
    begun->set_valid_from_days(MakeDate(2017, 5, 1).days);
  }
  plan_->Append({change});
  ASSERT_TRUE(WaitForPlan(4));
  for (int life = 0; life < 2; ++life) {
    v1::Items items;
    *items.add_definitions() = Define(0, "533424");
    *items.add_definitions() = Define(1, "533423");
    *items.add_items() = MakeItem(0, 10 + life, MakeDate(2017, 5, 1));
    *items.add_items() = MakeItem(1, 10 + life, MakeDate(2017, 5, 1));
    *items.add_items() = MakeItem(1, 10 + life, MakeDate(2017, 4, 30));
    EXPECT_EQ(Report("s" + std::to_string(life), items).size(), 2u) << "the closed one is refused from that day on";
    Stop();
    plan_ = nullptr;  // from the cached rows
    auto server = Server::Start({.data = directory_ / "progress", .listen = "127.0.0.1:0", .plan = "127.0.0.1:1"}, clock_);
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
    channel_ = rpc::Connect(server_->address());
    stub_ = v1::ProgressService::NewStub(channel_);
  }
}

}  // namespace
}  // namespace anju::progress
