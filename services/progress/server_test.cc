// Unary RPCs, the feed and the status of a running service; every reason an item can get, over the wire.
#include <filesystem>
#include <set>

#include <gtest/gtest.h>

#include "anju/feed/v1/feed.grpc.pb.h"
#include "services/progress/limits.h"
#include "services/progress/testing/service_fixture.h"

namespace anju::progress {
namespace {

using anju::testing::HasReason;
using anju::testing::IsOk;
using testing::Define;
using testing::MakeItem;
using testing::Numbered;
using testing::ServiceFixture;

class ServerTest : public ServiceFixture {
 protected:
  absl::StatusOr<v1::ReportBatchResponse> Batch(const std::string& source, const v1::Items& items, const std::string& plan_at_least = "") {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    v1::ReportBatchRequest request;
    request.mutable_open()->set_source(source);
    request.mutable_open()->set_plan_at_least(plan_at_least);
    *request.mutable_items() = items;
    v1::ReportBatchResponse response;
    const grpc::Status status = stub_->ReportBatch(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }
  absl::StatusOr<v1::ListUpdatesResponse> Page(const v1::ListUpdatesRequest& request) {
    grpc::ClientContext context;
    v1::ListUpdatesResponse response;
    const grpc::Status status = stub_->ListUpdates(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }
};

v1::Item Written(uint32_t series, std::string text, std::string as_of, std::string kind = "", std::string explanation = "", std::string corrects = "",
                 uint32_t line = 0) {
  v1::Item item;
  item.set_series(series);
  item.set_text(std::move(text));
  item.set_as_of(std::move(as_of));
  item.set_kind_text(std::move(kind));
  item.set_explanation(std::move(explanation));
  item.set_corrects_text(std::move(corrects));
  item.set_line(line);
  return item;
}

TEST_F(ServerTest, EveryReasonOfAnItemComesWithItsFieldAndLine) {
  StartReady();
  struct Case {
    v1::SeriesDefinition series;
    v1::Item item;
    const char* reason;
    const char* field;
  };
  const v1::SeriesDefinition good = Define(0, "533423");
  const Case cases[] = {
      {Define(0, ""), Written(0, "1", "2017-03-01"), "MISSING_FIELD", "region"},
      {Define(0, "530000"), Written(0, "1", "2017-03-01"), "UNKNOWN_REGION", "region"},
      {Define(0, "德钦县"), Written(0, "1", "2017-03-01"), "AMBIGUOUS_REGION", "region"},
      {Define(0, "533400-KFQ"), Written(0, "1", "2017-06-01"), "REGION_CLOSED", "region"},
      {Define(0, "533400-A"), Written(0, "1", "2017-03-01"), "AREA_OVERLAP", "region"},
      {Define(0, "533423", "x"), Written(0, "1", "2017-03-01"), "UNKNOWN_PROGRAMME", "programme"},
      {Define(0, "533423", "all", "x"), Written(0, "1", "2017-03-01"), "UNKNOWN_INDICATOR", "indicator"},
      {Define(0, "533423", "all", "starts", "2017", "斤"), Written(0, "1", "2017-03-01"), "UNKNOWN_UNIT", "unit"},
      {Define(0, "533423", "all", "starts", "2017Q1"), Written(0, "1", "2017-03-01"), "BAD_PERIOD", "plan_year"},
      {Define(0, "533423", "all", "built", "2017"), Written(0, "1", "2017-03-01"), "BAD_PERIOD", "plan_year"},
      {good, Written(0, "一千", "2017-03-01"), "BAD_NUMBER", "value"},
      {good, Written(0, "9999999999999999", "2017-03-01"), "NUMBER_TOO_LARGE", "value"},
      {good, Written(0, "1.5", "2017-03-01"), "NUMBER_TOO_FINE", "value"},
      {good, Written(0, "-1", "2017-03-01"), "NEGATIVE_NUMBER", "value"},
      {good, Written(0, "1", "2017-13-01"), "BAD_DATE", "as_of"},
      {good, Written(0, "1", "2017-07-02"), "FUTURE_DATE", "as_of"},
      {good, Written(0, "1", "2016-12-31"), "BEFORE_PLAN_YEAR", "as_of"},
      {good, Written(0, "1", "2017-03-01", "sum"), "BAD_VALUE", "kind"},
      {good, Written(0, "1", "2017-03-01", "reduction"), "EXPLANATION_REQUIRED", "explanation"},
      {good, Written(0, "1", "2017-03-01", "correction"), "NOTHING_TO_CORRECT", "corrects"},
      {Define(0, "533401"), Written(0, "101", "2017-03-02", "reduction", "重复"), "BELOW_ZERO", "value"},
  };
  // 533401 has 100 on 1 March; it is a member of the area 533400-A.
  v1::Items items;
  items.set_first_sequence(1);
  *items.add_definitions() = Define(0, "533401");
  *items.add_items() = MakeItem(0, 100);
  ASSERT_OK_AND_ASSIGN(auto response, Batch("first", items));
  EXPECT_EQ(response.verdicts_size(), 0);

  items.Clear();
  items.set_first_sequence(1);
  for (const Case& c : cases) {
    *items.add_definitions() = c.series;
    items.mutable_definitions(items.definitions_size() - 1)->set_index(static_cast<uint32_t>(items.items_size()));
    *items.add_items() = c.item;
    items.mutable_items(items.items_size() - 1)->set_series(static_cast<uint32_t>(items.items_size() - 1));
    items.mutable_items(items.items_size() - 1)->set_line(static_cast<uint32_t>(items.items_size() + 1));
  }
  ASSERT_OK_AND_ASSIGN(response, Batch("second", items));
  ASSERT_EQ(response.verdicts_size(), static_cast<int>(std::size(cases)));
  EXPECT_EQ(response.acked_sequence(), std::size(cases));
  for (int i = 0; i < response.verdicts_size(); ++i) {
    SCOPED_TRACE(cases[i].reason);
    const v1::Verdict& verdict = response.verdicts(i);
    EXPECT_EQ(verdict.verdict(), v1::ITEM_VERDICT_REFUSED);
    EXPECT_EQ(verdict.error().reason(), cases[i].reason);
    EXPECT_EQ(verdict.error().field(), cases[i].field);
    EXPECT_EQ(verdict.line(), static_cast<uint32_t>(i + 2));
    EXPECT_EQ(verdict.error().line(), static_cast<uint32_t>(i + 2));
    EXPECT_FALSE(verdict.error().message().empty());
  }
  // Refused for ever under this number and content.
  ASSERT_OK_AND_ASSIGN(const auto again, Batch("second", items));
  ASSERT_EQ(again.verdicts_size(), response.verdicts_size());
  for (int i = 0; i < again.verdicts_size(); ++i) {
    EXPECT_TRUE(again.verdicts(i).repeated());
    EXPECT_EQ(again.verdicts(i).error().SerializeAsString(), response.verdicts(i).error().SerializeAsString());
  }
}

TEST_F(ServerTest, ABatchHasTheChecksAndPromisesOfAStream) {
  StartReady();
  ASSERT_OK_AND_ASSIGN(auto response, Batch("b", Numbered(1, 10)));
  EXPECT_EQ(response.acked_sequence(), 10u);
  EXPECT_EQ(response.verdicts_size(), 0);
  EXPECT_EQ(response.basis().basis().progress(0).sequence(), 12u);
  ASSERT_OK_AND_ASSIGN(response, Batch("b", Numbered(1, 12)));
  EXPECT_EQ(response.acked_sequence(), 12u);
  EXPECT_EQ(response.verdicts_size(), 10);

  v1::Items twice = Numbered(1, 1);
  twice.mutable_definitions(0)->set_region("533423");
  *twice.add_items() = twice.items(0);
  twice.mutable_items(1)->set_amount(77);
  ASSERT_OK_AND_ASSIGN(response, Batch("twice", twice));
  ASSERT_EQ(response.verdicts_size(), 1);
  EXPECT_EQ(response.verdicts(0).error().reason(), "DUPLICATE_ROW");
  twice.mutable_items(0)->set_amount(78);
  ASSERT_OK_AND_ASSIGN(response, Batch("twice", twice));
  EXPECT_EQ(response.verdicts(0).verdict(), v1::ITEM_VERDICT_CONFLICT);
  EXPECT_EQ(response.verdicts(0).error().reason(), "SEQUENCE_CONFLICT");

  EXPECT_THAT(Batch("b", Numbered(14, 1)), HasReason(Reason::SEQUENCE_GAP));
  EXPECT_THAT(Batch("b", v1::Items()), HasReason(Reason::EMPTY_REQUEST));
  EXPECT_THAT(Batch("b", Numbered(1, 1'001)), HasReason(Reason::TOO_MANY_ROWS));
  EXPECT_THAT(Batch("", Numbered(1, 1)), HasReason(Reason::MISSING_FIELD));
  EXPECT_THAT(Batch("b c", Numbered(1, 1)), HasReason(Reason::BAD_CODE));
  EXPECT_THAT(Batch("b", Numbered(1, 1), "!"), HasReason(Reason::BAD_TOKEN));
}

TEST_F(ServerTest, ABatchWaitsForThePlanItNames) {
  Start();
  EXPECT_THAT(Batch("b", Numbered(1, 1)), HasReason(Reason::NOT_READY));
  const std::string token = plan_->AppendRegistry();
  ASSERT_OK_AND_ASSIGN(const auto response, Batch("b", Numbered(1, 1), token));
  EXPECT_EQ(response.verdicts_size(), 0);
}

TEST_F(ServerTest, ListsUpdatesByPageFilterAndSource) {
  StartReady();
  v1::Items items = Numbered(1, 150);
  *items.add_definitions() = Define(1, "维西县", "棚户区改造", "投资", "2017", "亿元");
  *items.add_definitions() = Define(2, "999999");
  for (int i = 0; i < 150; i += 3) *items.mutable_items(i) = Written(1, "1." + std::to_string(100 + i), FormatDate(Date{MakeDate(2017, 1, 1).days + i / 3}));
  for (int i = 1; i < 150; i += 30) items.mutable_items(i)->set_series(2);
  ASSERT_THAT(Batch("a", items), IsOk());
  v1::Items others = Numbered(1, 20);
  for (v1::Item& item : *others.mutable_items()) item.set_amount(item.amount() + 1'000);
  ASSERT_THAT(Batch("z", others), IsOk());

  v1::ListUpdatesRequest all;
  all.set_refusals(true);
  all.set_page_size(7);
  const std::vector<v1::ListedUpdate> everything = List(all);
  EXPECT_EQ(everything.size(), 170u);
  uint64_t last = 0;
  for (const v1::ListedUpdate& update : everything) {
    EXPECT_GT(update.sequence(), last);
    last = update.sequence();
  }
  all.set_refusals(false);
  EXPECT_EQ(List(all).size(), 165u);

  v1::ListUpdatesRequest investment;
  investment.set_indicator("投资");
  investment.set_page_size(9);
  const auto invested = List(investment);
  ASSERT_EQ(invested.size(), 50u);
  EXPECT_EQ(invested[0].region(), "533423");
  EXPECT_EQ(invested[0].programme(), "shantytown");
  EXPECT_EQ(invested[0].indicator(), "investment");
  EXPECT_EQ(invested[0].value(), "11000");  // 1.1 亿元
  EXPECT_EQ(invested[0].unit(), "万元");
  EXPECT_EQ(invested[0].as_of(), "2017-01-01");
  EXPECT_EQ(invested[0].period().first_year(), 2017);
  EXPECT_EQ(invested[0].actor(), "local");
  EXPECT_EQ(invested[0].recorded_time_us(), clock_.NowMicros());

  v1::ListUpdatesRequest of_source;
  of_source.set_source("z");
  of_source.set_region("香格里拉市");
  EXPECT_EQ(List(of_source).size(), 20u);
  of_source.set_after_sequence(List(of_source)[14].sequence());
  EXPECT_EQ(List(of_source).size(), 5u);

  v1::ListUpdatesRequest bad;
  bad.set_page_size(-1);
  EXPECT_THAT(Page(bad), HasReason(Reason::BAD_VALUE));
  bad.set_page_size(1'001);
  EXPECT_THAT(Page(bad), HasReason(Reason::BAD_VALUE));
  bad.set_page_size(0);
  bad.set_page_token("next");
  EXPECT_THAT(Page(bad), HasReason(Reason::BAD_TOKEN));
  bad.Clear();
  bad.set_source("nobody");
  EXPECT_THAT(Page(bad), HasReason(Reason::UNKNOWN_SOURCE));
  bad.Clear();
  bad.set_region("nowhere");
  EXPECT_THAT(Page(bad), HasReason(Reason::UNKNOWN_REGION));
  bad.Clear();
  bad.set_after_sequence(1'000'000);
  ASSERT_OK_AND_ASSIGN(const auto beyond, Page(bad));
  EXPECT_EQ(beyond.updates_size(), 0);
  EXPECT_EQ(beyond.next_page_token(), "");
}

TEST_F(ServerTest, APageLooksAtABoundedPartOfTheJournal) {
  StartReady();
  uint64_t next = 1;
  for (; next <= kScanEventsMax; next += 1'000) {
    v1::Items items = Numbered(next, 1'000);
    for (v1::Item& item : *items.mutable_items()) item.set_kind(v1::UPDATE_KIND_INCREMENT);
    ASSERT_THAT(Batch("many", items), IsOk());
  }
  v1::Items one = Numbered(1, 1);
  one.mutable_definitions(0)->set_region("533423");
  ASSERT_THAT(Batch("one", one), IsOk());
  v1::ListUpdatesRequest request;
  request.set_region("533423");
  ASSERT_OK_AND_ASSIGN(const auto page, Page(request));
  EXPECT_EQ(page.updates_size(), 0);
  EXPECT_FALSE(page.next_page_token().empty());
  EXPECT_EQ(List(request).size(), 1u);
}

TEST_F(ServerTest, TheFeedHandsOverTheJournalAndNamesThePlanPosition) {
  StartReady();
  ASSERT_THAT(Batch("b", Numbered(1, 10)), IsOk());
  grpc::ClientContext context;
  const auto stub = feed::v1::FeedService::NewStub(channel_);
  const auto reader = stub->Follow(&context, feed::v1::FollowRequest());
  feed::v1::FollowResponse response;
  uint64_t events = 0;
  while (events < 12 && reader->Read(&response)) {
    for (const std::string& bytes : response.blocks()) {
      ASSERT_OK_AND_ASSIGN(const journal::BlockView block, journal::DecodeBlock(bytes));
      EXPECT_EQ(block.header.plan_sequence, 3u);
      events += block.events.size();
    }
  }
  EXPECT_EQ(events, 12u);
  context.TryCancel();
}

TEST_F(ServerTest, TheStatusTellsPositionsAndWhatIsFollowed) {
  StartReady();
  ASSERT_THAT(Batch("b", Numbered(1, 10)), IsOk());
  const auto stub = status::v1::StatusService::NewStub(channel_);
  grpc::ClientContext context;
  status::v1::GetStatusResponse response;
  ASSERT_TRUE(stub->GetStatus(&context, {}, &response).ok());
  EXPECT_EQ(response.name(), "progress");
  EXPECT_TRUE(response.serving());
  EXPECT_EQ(response.position().sequence(), 12u);
  EXPECT_EQ(response.basis().basis().plan().sequence(), 3u);
  EXPECT_EQ(response.basis().basis().progress(0).sequence(), 12u);
  ASSERT_EQ(response.following_size(), 1);
  EXPECT_EQ(response.following(0).name(), "plan");
  EXPECT_EQ(response.following(0).lag(), 0u);
}

TEST_F(ServerTest, AnAnswerIsCompleteUntilItWasTakenUpAsFarAsPlanHasTold) {
  StartReady();
  v1::ListUpdatesResponse listed;
  const auto list = [&] {
    grpc::ClientContext context;
    EXPECT_TRUE(stub_->ListUpdates(&context, {}, &listed).ok());
    return listed.basis().complete_until_us();
  };
  ASSERT_TRUE(anju::testing::WaitUntil([&] { return list() == clock_.NowMicros(); })) << "of our own journal nothing is missing";
  clock_.Set(MakeDate(2150, 1, 1));  // plan's word, which has the machine's time, is older than that
  const int64_t told = list();
  EXPECT_LT(told, clock_.NowMicros());
  EXPECT_GT(told, 0);
  EXPECT_TRUE(anju::testing::WaitUntil([&] { return list() > told; })) << "plan's bookmarks move it on while nothing happens";
}

TEST_F(ServerTest, ServesFromItsCachedRegistryWhilePlanIsDown) {
  StartReady();
  ASSERT_THAT(Batch("b", Numbered(1, 1)), IsOk());
  Stop();
  plan_ = nullptr;
  auto server = Server::Start({.data = directory_ / "progress", .listen = "127.0.0.1:0", .plan = "127.0.0.1:1"}, clock_);
  ASSERT_THAT(server, IsOk());
  server_ = *std::move(server);
  channel_ = rpc::Connect(server_->address());
  stub_ = v1::ProgressService::NewStub(channel_);
  ASSERT_OK_AND_ASSIGN(const auto response, Batch("b", Numbered(2, 1)));
  EXPECT_EQ(response.verdicts_size(), 0);
  EXPECT_EQ(response.basis().basis().plan().sequence(), 3u);
}

TEST_F(ServerTest, UnderAnotherPlanJournalNothingIsTaken) {
  StartReady();
  ASSERT_THAT(Batch("b", Numbered(1, 1)), IsOk());
  testing::StreamClient open(*stub_);
  ASSERT_TRUE(open.Open("s"));
  ASSERT_TRUE(open.Send(Numbered(1, 1)));
  ASSERT_TRUE(open.ReadUntil(1));
  // Plan comes back with a new journal, whose numbers mean whatever they mean: with our cache of the first one, and without.
  Stop();
  ReplacePlan();
  for (const bool cached : {true, false}) {
    SCOPED_TRACE(cached ? "with the state store" : "without the state store");
    if (!cached) std::filesystem::remove_all(directory_ / "progress/state");
    Start();
    ASSERT_TRUE(anju::testing::WaitUntil([&] { return server_->desk().plan_is_other(); }));
    EXPECT_THAT(Batch("b", Numbered(2, 1)), HasReason(Reason::NOT_READY));
    testing::StreamClient stream(*stub_);
    ASSERT_TRUE(stream.Open("t"));
    EXPECT_THAT(stream.Finish(), HasReason(Reason::NOT_READY));
    EXPECT_TRUE(anju::testing::WaitUntil([&] { return PlanStatus().problem().find("journal") != std::string::npos; })) << PlanStatus().problem();
    EXPECT_EQ(server_->pipeline().journal().durable().sequence, 5u) << "no event names the other journal";
    Stop();
  }
  // With the right one back it goes on where it was.
  plan_ = nullptr;
  plan_ = std::make_unique<testing::PlanStub>(directory_ / "plan");
  Start();
  ASSERT_TRUE(WaitForPlan(2));
  ASSERT_OK_AND_ASSIGN(const auto response, Batch("b", Numbered(1, 2)));
  EXPECT_EQ(response.acked_sequence(), 2u);
  ASSERT_EQ(response.verdicts_size(), 1);
  EXPECT_TRUE(response.verdicts(0).repeated());
}

// Written by a later plan service: nothing is decided against half of it, and the figures that need no more than what was read are taken.
TEST_F(ServerTest, APlanEventOfWordsThatItDoesNotKnowIsNotTakenAndTold) {
  StartReady();
  const uint64_t taken = server_->desk().plan().position.sequence;
  plan::v1::Event event = testing::RegionsEvent();
  event.mutable_regions()->mutable_regions(0)->set_kind("moon_base");
  plan_->Append({event});
  ASSERT_TRUE(anju::testing::WaitUntil([&] { return PlanStatus().problem().find("moon_base") != std::string::npos; }));
  EXPECT_EQ(server_->desk().plan().position.sequence, taken);
  ASSERT_OK_AND_ASSIGN(const auto response, Batch("s", Numbered(1, 1)));
  EXPECT_EQ(response.acked_sequence(), 1u);
}

TEST_F(ServerTest, AStreamThatIsOpenWhenPlanIsReplacedEnds) {
  StartReady();
  testing::StreamClient stream(*stub_);
  ASSERT_TRUE(stream.Open("s"));
  ASSERT_TRUE(stream.Send(Numbered(1, 1)));
  ASSERT_TRUE(stream.ReadUntil(1));
  const std::string address = plan_->address();
  plan_ = nullptr;
  plan_ = std::make_unique<testing::PlanStub>(directory_ / "another plan", address);
  plan_->AppendRegistry();
  ASSERT_TRUE(anju::testing::WaitUntil([&] { return server_->desk().plan_is_other(); }));
  ASSERT_TRUE(stream.Send(Numbered(2, 1)));
  EXPECT_THAT(stream.Finish(), HasReason(Reason::NOT_READY));
  EXPECT_EQ(server_->pipeline().journal().durable().sequence, 3u);
}

// An edited file is another source, and what adds up would count twice.
TEST_F(ServerTest, AFileAsSourceCarriesOnlyFiguresThatStandByThemselves) {
  StartReady();
  v1::Items items;
  items.set_first_sequence(1);
  *items.add_definitions() = Define(0, "533401");
  for (const char* kind : {"cumulative", "correction", "increment", "reduction"}) {
    *items.add_items() = Written(0, "10", "2017-03-01", kind, "审计");
  }
  *items.add_items() = MakeItem(0, 10);
  items.mutable_items(4)->set_kind(v1::UPDATE_KIND_INCREMENT);
  const std::string file = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
  for (const bool repeated : {false, true}) {
    ASSERT_OK_AND_ASSIGN(const auto response, Batch(file, items));
    EXPECT_EQ(response.acked_sequence(), 5u);
    std::vector<std::string> refused;
    for (const v1::Verdict& verdict : response.verdicts()) {
      EXPECT_EQ(verdict.repeated(), repeated);
      if (verdict.verdict() != v1::ITEM_VERDICT_REFUSED) continue;
      EXPECT_EQ(verdict.error().reason(), "SOURCE_REQUIRED");
      EXPECT_EQ(verdict.error().field(), "kind");
      refused.push_back(std::to_string(verdict.source_sequence()) + " " + verdict.error().value());
    }
    EXPECT_EQ(refused, (std::vector<std::string>{"3 increment", "4 reduction", "5 increment"}));
  }
  ASSERT_OK_AND_ASSIGN(const auto named, Batch("clerk", items));
  for (const v1::Verdict& verdict : named.verdicts()) EXPECT_NE(verdict.error().reason(), "SOURCE_REQUIRED");
}

TEST_F(ServerTest, AFullQueueIsOverloadedAndTakesNothing) {
  StartReady();
  ASSERT_THAT(Batch("b", Numbered(1, 1)), IsOk());
  HoldTheDecider();
  FillTheQueue();
  EXPECT_THAT(Batch("b", Numbered(2, 1)), HasReason(Reason::OVERLOADED));
  EXPECT_THAT(Page({}), HasReason(Reason::OVERLOADED));
  testing::StreamClient stream(*stub_);
  ASSERT_TRUE(stream.Open("s"));
  EXPECT_THAT(stream.Finish(), HasReason(Reason::OVERLOADED));
  ReleaseTheDecider();
  ASSERT_TRUE(anju::testing::WaitUntil([&] { return server_->pipeline().waiting() == 0; }));
  ASSERT_OK_AND_ASSIGN(const auto response, Batch("b", Numbered(2, 1)));
  EXPECT_EQ(response.acked_sequence(), 2u);
  EXPECT_EQ(response.verdicts_size(), 0) << "number 2 was not taken before";
}

TEST_F(ServerTest, TheDirectoryIsHeldByOneProcessAndTheRightServiceOnly) {
  StartReady();
  const auto second = Server::Start({.data = directory_ / "progress", .listen = "127.0.0.1:0", .plan = plan_->address()}, clock_);
  EXPECT_THAT(second, HasReason(Reason::DIRECTORY_IN_USE));
}

}  // namespace
}  // namespace anju::progress
