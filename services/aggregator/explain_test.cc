// Why a cell is what it is, what is off, and what is due: explanations with and without the progress service, gaps, milestones.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

#include "anju/progress/v1/progress.grpc.pb.h"
#include "services/aggregator/server_for_tests.h"

namespace anju::aggregator {
namespace {

using anju::testing::HasReason;
using anju::testing::IsOk;
using testing::Find;
using testing::k2017;
using testing::MakeRegion;

// What a progress service knows beside the figures. `silent`: it takes its time.
class Teller final : public progress::v1::ProgressService::Service {
 public:
  grpc::Status GetUpdates(grpc::ServerContext* context, const progress::v1::GetUpdatesRequest* request,
                          progress::v1::GetUpdatesResponse* response) override {
    while (silent && !context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    for (const uint64_t sequence : request->sequences()) {
      const auto found = known.find(sequence);
      if (found != known.end()) *response->add_updates() = found->second;
    }
    response->mutable_basis()->mutable_basis()->add_progress()->set_journal_id(journal_id);
    return grpc::Status::OK;
  }
  std::map<uint64_t, progress::v1::ListedUpdate> known;
  std::string journal_id;
  std::atomic<bool> silent = false;
};
struct WithTeller {
  Teller teller_;
};

class ExplainTest : private WithTeller, public testing::ServerTest {
 protected:
  ExplainTest() : ServerTest(RealClock(), {&teller_}) {}
  Teller& teller() { return teller_; }
  v1::ExplainCellRequest Question(const std::string& region, const std::string& programme = "shantytown.urban", const std::string& indicator = "starts",
                                  const std::string& year = "2017") const {
    v1::ExplainCellRequest request;
    request.set_region(region);
    request.set_programme(programme);
    request.set_indicator(indicator);
    request.set_year(year);
    request.set_at_least(Token());
    return request;
  }
  absl::StatusOr<v1::ExplainCellResponse> Explain(const v1::ExplainCellRequest& request) {
    return Call(&v1::AggregatorService::Stub::ExplainCell, request);
  }
};

TEST_F(ExplainTest, ACellLeadsToTheUpdatesInForceWithTheirReasons) {
  Seed();
  Report({2, 3, 1, k2017}, 8, MakeDate(2017, 5, 31));
  const journal::Position base = Report({2, 3, 1, k2017}, 10);
  const journal::Position more = Report({2, 3, 1, k2017}, 3, MakeDate(2017, 7, 31), UpdateKind::kReduction, {.flags = {}, .explanation = "核减重复"});
  Report({3, 3, 1, k2017}, 5);
  Report({1, 3, 1, k2017}, 99);  // the city's own figure beside the sum
  teller().journal_id = journal::ToHex(base.journal_id);
  progress::v1::ListedUpdate told;
  told.set_sequence(base.sequence);
  told.set_as_of("2017-06-30");
  told.set_actor("张三");
  told.set_source("file");
  told.set_source_sequence(7);
  teller().known[base.sequence] = told;
  StartServer();
  ASSERT_OK_AND_ASSIGN(const auto explained, Explain(Question("C")));
  EXPECT_EQ(explained.cell().actual(), 12);
  EXPECT_EQ(explained.cell().declared(), 99);
  EXPECT_EQ(explained.rule(), v1::RULE_CHILDREN);
  EXPECT_EQ(explained.parts(), 2u);
  ASSERT_EQ(explained.part_cells_size(), 2);
  EXPECT_EQ(explained.part_cells(0).actual(), 7);
  ASSERT_EQ(explained.contributions_size(), 3);
  int64_t counted = 0;
  for (const auto& contribution : explained.contributions()) counted += contribution.declared() ? 0 : contribution.counted();
  EXPECT_EQ(counted, 12);
  EXPECT_TRUE(explained.contributions(0).declared());
  const v1::Contribution& a = explained.contributions(1);
  EXPECT_EQ(a.region_code(), "A");
  EXPECT_EQ(a.amount(), 7);
  EXPECT_EQ(a.journal_id(), journal::ToHex(base.journal_id));
  ASSERT_EQ(a.updates_size(), 2);
  EXPECT_EQ(a.updates(0).actor(), "张三");  // what only the progress service knows
  EXPECT_EQ(a.updates(0).source_sequence(), 7u);
  EXPECT_EQ(a.updates(1).sequence(), more.sequence);  // what it does not tell is as known here
  EXPECT_EQ(a.updates(1).explanation(), "核减重复");
  EXPECT_EQ(a.updates(1).kind(), progress::v1::UPDATE_KIND_REDUCTION);
  EXPECT_EQ(a.updates(1).value(), "3");
  EXPECT_EQ(a.updates(1).as_of(), "2017-07-31");
}

TEST_F(ExplainTest, AProgressServiceThatDoesNotAnswerCostsTwoSecondsAndTheNamesOfActors) {
  Seed();
  Report({2, 3, 1, k2017}, 10);
  teller().silent = true;
  StartServer();
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_OK_AND_ASSIGN(const auto explained, Explain(Question("A")));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(kUpstreamWaitMs + 3'000));
  ASSERT_EQ(explained.contributions_size(), 1);
  EXPECT_EQ(explained.rule(), v1::RULE_OWN);
  EXPECT_EQ(explained.contributions(0).updates(0).value(), "10");
  teller().silent = false;
}

TEST_F(ExplainTest, PagesAreOfOneBasisAndATokenOfAnotherQuestionIsRefused) {
  Seed();
  Report({2, 3, 1, k2017}, 10);
  Report({2, 4, 1, k2017}, 1);
  Report({3, 3, 1, k2017}, 5);
  StartServer();
  v1::ExplainCellRequest request = Question("C", "shantytown");
  request.set_page_size(2);
  ASSERT_OK_AND_ASSIGN(const auto first, Explain(request));
  EXPECT_EQ(first.total_contributions(), 3u);
  EXPECT_EQ(first.contributions_size(), 2);
  ASSERT_FALSE(first.next_page_token().empty());
  Report({3, 3, 1, k2017}, 500, MakeDate(2017, 7, 1));
  request.set_at_least(Token());
  request.set_page_token(first.next_page_token());
  ASSERT_OK_AND_ASSIGN(const auto second, Explain(request));
  ASSERT_EQ(second.contributions_size(), 1);
  EXPECT_EQ(second.contributions(0).amount(), 5);
  EXPECT_EQ(second.cell().actual(), 16);
  EXPECT_EQ(second.basis().token(), first.basis().token());
  EXPECT_TRUE(second.next_page_token().empty());
  request.mutable_view()->set_at(Token());  // the same question at another basis is another one
  EXPECT_THAT(Explain(request), HasReason(Reason::BAD_TOKEN));
  request.clear_view();
  request.set_region("A");
  EXPECT_THAT(Explain(request), HasReason(Reason::BAD_TOKEN));
  request.set_page_token("%");
  EXPECT_THAT(Explain(request), HasReason(Reason::BAD_TOKEN));
  request.clear_page_token();
  request.set_page_size(1'001);
  EXPECT_THAT(Explain(request), HasReason(Reason::BAD_VALUE));
  EXPECT_THAT(Explain(Question("A", "shantytown", "starts", "")), HasReason(Reason::BAD_PERIOD));
  EXPECT_THAT(Explain(Question("", "shantytown")), HasReason(Reason::MISSING_FIELD));
  EXPECT_THAT(Explain(Question("Z", "nothing")), HasReason(Reason::UNKNOWN_REGION));
}

TEST_F(ExplainTest, SharesAndTheChangesOnTheWayAddUp) {
  Seed();
  Report({2, 3, 1, k2017}, 11, MakeDate(2017, 3, 31));
  RegionTree regions;
  const Date day = MakeDate(2017, 6, 1);
  Region old = MakeRegion(2, "A", 1);
  old.valid_to = day;
  regions.Put({old});
  for (RegionNumber number : {4, 5}) {
    Region part = MakeRegion(number, "A" + std::to_string(number), 1);
    part.valid_from = day;
    regions.Put({part});
  }
  plan_at_ = plan_.Append({testing::BoundariesEvent(
      regions, {{.kind = BoundaryKind::kSplit, .date = day, .region = 2, .into = 4, .share = {1, 3}, .document = "国函1号"},
                {.kind = BoundaryKind::kSplit, .date = day, .region = 2, .into = 5, .share = {2, 3}, .document = "国函1号"}})});
  StartServer();
  ASSERT_OK_AND_ASSIGN(const auto part, Explain(Question("A4")));
  EXPECT_EQ(part.rule(), v1::RULE_INHERITED);
  ASSERT_EQ(part.contributions_size(), 1);
  EXPECT_EQ(part.contributions(0).region_code(), "A");
  EXPECT_EQ(part.contributions(0).amount(), 11);
  EXPECT_EQ(part.contributions(0).counted(), part.cell().actual());
  ASSERT_EQ(part.contributions(0).boundaries_size(), 1);
  EXPECT_EQ(part.contributions(0).boundaries(0).document(), "国函1号");
  ASSERT_OK_AND_ASSIGN(const auto city, Explain(Question("C")));
  EXPECT_EQ(city.cell().actual(), 11);
  int64_t counted = 0;
  for (const auto& contribution : city.contributions()) counted += contribution.counted();
  EXPECT_EQ(counted, 11);
}

TEST_F(ExplainTest, TheTargetShowsItsRevisionsAndWhichOneHolds) {
  Seed();
  PrintedTarget printed{.cell = {2, 3, 1, k2017}, .layer = Layer::kCity, .target = {.amount = 100}, .place = "表1", .line = 4};
  plan_.Append({testing::DocumentEvent("文1", {printed})});
  printed.target.amount = 80;
  plan_at_ = plan_.Append({testing::DocumentEvent({.number = "文2", .amends = "文1", .issued = {}, .effective = MakeDate(2017, 9, 1)}, {printed})});
  StartServer();
  v1::ExplainCellRequest request = Question("A");
  for (const auto& [as_of, target, in_force] : std::vector<std::tuple<std::string, int64_t, int>>{{"2017-08-31", 100, 0}, {"2017-09-01", 80, 1}, {"", 80, 1}}) {
    request.set_as_of(as_of);
    ASSERT_OK_AND_ASSIGN(const auto explained, Explain(request));
    ASSERT_EQ(explained.targets_size(), 1) << as_of;
    EXPECT_EQ(explained.targets(0).target(), target);
    EXPECT_EQ(explained.targets(0).rule(), v1::RULE_OWN);
    ASSERT_EQ(explained.targets(0).revisions_size(), 2);
    EXPECT_EQ(explained.targets(0).revisions(0).place(), "表1");
    EXPECT_EQ(explained.targets(0).revisions(1).amends(), "文1");
    EXPECT_EQ(explained.targets(0).revisions(1).effective(), "2017-09-01");
    EXPECT_TRUE(explained.targets(0).revisions(in_force).in_force());
    EXPECT_FALSE(explained.targets(0).revisions(1 - in_force).in_force());
  }
}

TEST_F(ExplainTest, GapsAreListedLargestFirstAlsoAsTheyWere) {
  Seed();
  Report({2, 3, 1, k2017}, 10);
  const journal::Position first = Report({1, 3, 1, k2017}, 12);  // 2 more than its counties
  const std::string then = TokenOf(plan_at_, first);
  Report({2, 4, 1, k2017}, 5);
  Report({2, 2, 1, k2017}, 40);  // 25 more than its parts
  plan_at_ = plan_.Append({testing::DocumentEvent(
      "文1", {{.cell = {1, 3, 1, k2017}, .layer = Layer::kProvince, .target = {.amount = 90, .declared = 100}}})});
  StartServer();
  v1::ListGapsRequest request;
  request.set_region("C");
  request.set_at_least(Token());
  ASSERT_OK_AND_ASSIGN(const auto gaps, Call(&v1::AggregatorService::Stub::ListGaps, request));
  ASSERT_EQ(gaps.cells_size(), 2);
  EXPECT_EQ(gaps.cells(0).region(), 2u);
  EXPECT_EQ(gaps.cells(0).declared() - gaps.cells(0).actual(), 25);
  EXPECT_EQ(gaps.cells(1).region(), 1u);
  EXPECT_EQ(gaps.cells(1).targets(0).declared(), 100);
  EXPECT_EQ(gaps.regions_size(), 2);
  request.set_region("A");
  ASSERT_OK_AND_ASSIGN(const auto below, Call(&v1::AggregatorService::Stub::ListGaps, request));
  EXPECT_EQ(below.cells_size(), 1);
  request.set_region("C");
  request.mutable_view()->set_at(then);
  ASSERT_OK_AND_ASSIGN(const auto past, Call(&v1::AggregatorService::Stub::ListGaps, request));
  ASSERT_EQ(past.cells_size(), 1);
  EXPECT_EQ(past.cells(0).declared() - past.cells(0).actual(), 2);
  EXPECT_EQ(past.cells(0).targets_size(), 0);
  request.set_year("2016");
  ASSERT_OK_AND_ASSIGN(const auto none, Call(&v1::AggregatorService::Stub::ListGaps, request));
  EXPECT_EQ(none.cells_size(), 0);
}

TEST_F(ExplainTest, MilestonesAreJudgedByTheFiguresDatedUpToTheirDay) {
  Seed();
  Report({2, 3, 1, k2017}, 50, MakeDate(2017, 6, 30));
  Report({2, 3, 1, k2017}, 100, MakeDate(2017, 10, 31));
  Report({3, 3, 1, k2017}, 60, MakeDate(2017, 8, 31));
  Report({3, 3, 5, k2017}, 30, MakeDate(2017, 8, 31));
  std::vector<PrintedTarget> targets;
  for (RegionNumber region : {2, 3}) targets.push_back({.cell = {region, 3, 1, k2017}, .layer = Layer::kCity, .target = {.amount = 100}});
  plan_.Append({testing::DocumentEvent("文1", targets)});
  std::vector<Milestone> milestones;
  for (RegionNumber region : {3, 2}) {
    milestones.push_back({.cell = {region, 3, 1, k2017}, .by = MakeDate(2017, 9, 30), .share_digits = 60, .place = "三"});
  }
  milestones.push_back({.cell = {3, 3, 5, k2017}, .by = MakeDate(2017, 11, 30), .share_digits = 90, .of = 1});
  milestones.push_back({.cell = {3, 3, 5, k2017}, .by = MakeDate(2017, 11, 30), .share_digits = 90, .of = 1, .cohort = Period{2015, 2016}});
  plan_at_ = plan_.Append({testing::MilestonesEvent("文1", milestones)});
  StartServer();
  v1::GetMilestoneStatusRequest request;
  request.set_region("C");
  request.set_at_least(Token());
  const auto ask = [&] { return Call(&v1::AggregatorService::Stub::GetMilestoneStatus, request); };
  ASSERT_OK_AND_ASSIGN(const auto newest, ask());
  ASSERT_EQ(newest.milestones_size(), 4);
  const v1::MilestoneStatus& a = newest.milestones(0);
  EXPECT_EQ(a.milestone().region(), 2u);
  EXPECT_EQ(a.as_of(), "2017-10-31");
  EXPECT_EQ(a.document(), "文1");
  EXPECT_EQ(a.base(), 100);
  EXPECT_EQ(a.required(), 60);
  EXPECT_EQ(a.actual(), 50);
  EXPECT_EQ(a.difference(), -10);
  EXPECT_EQ(a.days_left(), -31);
  EXPECT_EQ(a.state(), v1::MILESTONE_STATE_MISSED);
  EXPECT_EQ(newest.milestones(1).state(), v1::MILESTONE_STATE_MET);
  const v1::MilestoneStatus& completions = newest.milestones(2);
  EXPECT_EQ(completions.base(), 60);
  EXPECT_EQ(completions.required(), 54);
  EXPECT_EQ(completions.state(), v1::MILESTONE_STATE_AHEAD);
  EXPECT_EQ(completions.daily_pace(), 1);  // 24 in 30 days
  EXPECT_EQ(newest.milestones(3).state(), v1::MILESTONE_STATE_UNSPECIFIED);
  EXPECT_FALSE(newest.milestones(3).has_required());
  request.set_as_of("2017-08-31");
  ASSERT_OK_AND_ASSIGN(const auto august, ask());
  EXPECT_EQ(august.milestones(0).state(), v1::MILESTONE_STATE_AHEAD);
  EXPECT_EQ(august.milestones(0).days_left(), 30);
  EXPECT_EQ(august.milestones(0).daily_pace(), 1);
  // Nobody knew of them before the document.
  request.mutable_view()->set_at(TokenOf({.journal_id = plan_at_.journal_id, .sequence = plan_at_.sequence - 1}, progress_at_));
  ASSERT_OK_AND_ASSIGN(const auto before, ask());
  EXPECT_EQ(before.milestones_size(), 0);
}

}  // namespace
}  // namespace anju::aggregator
