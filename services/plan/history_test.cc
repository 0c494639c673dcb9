// Boundary changes, histories of targets and rules of soft checks as a caller meets them, with the real regions.
#include "services/plan/handlers.h"
#include "services/plan/plan_fixture.h"

namespace anju::plan {
namespace {

using anju::testing::HasReason;
using anju::testing::HasReasonAt;
using anju::testing::IsOk;
using anju::testing::ReadFile;
using anju::testing::SourceDir;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// What happened in 上饶 and 邯郸; the rows of these regions are in regions.csv, who went on with whom is not.
constexpr std::string_view kRealChanges =
    "2016-09-14,split,邯郸县,邯山区,1/2,,,,,,国函〔2016〕157号,按面积概算\n"
    "2016-09-14,split,130421,丛台区,1/2,,,,,,国函〔2016〕157号,按面积概算\n"
    "2016-09-14,recode,肥乡县,肥乡区,,,,,,,国函〔2016〕157号\n"
    "2016-09-14,recode,永年县,永年区,,,,,,,国函〔2016〕157号\n"
    "2019-06-27,recode,上饶县,361104,,,广信区,,,,国函〔2019〕59号\n";

class RealBoundariesTest : public PlanFixture {
 protected:
  void SetUp() override { ASSERT_THAT(ImportRegions(ReadFile(SourceDir() + "/deploy/data/regions.csv")), IsOk()); }
  std::string Regions() {
    v1::ListRegionsRequest request;
    request.set_page_size(10'000);
    std::string all;
    const auto response = Call(&v1::PlanService::Stub::ListRegions, request);
    if (!response.ok()) return response.status().ToString();
    for (const auto& region : response->regions()) all += region.DebugString();
    return all;
  }
  // "kind region name>into name share", one a change.
  std::vector<std::string> Changes(const std::string& region = "") {
    v1::ListBoundariesRequest request;
    request.set_region(region);
    std::vector<std::string> changes;
    const auto response = Call(&v1::PlanService::Stub::ListBoundaries, request);
    if (!response.ok()) return {response.status().ToString()};
    for (const v1::ListedBoundary& listed : response->boundaries()) {
      const v1::BoundaryEvent& event = listed.event();
      changes.push_back(v1::BoundaryKind_Name(event.kind()).substr(14) + " " + listed.region() + " " + listed.name() + ">" + listed.into() + " " +
                        listed.into_name() + " " + std::to_string(event.share_numerator()) + "/" + std::to_string(event.share_denominator()));
    }
    return changes;
  }
};

TEST_F(RealBoundariesTest, RowsThatAreThereStayAndOnlyTheChangesAreRecorded) {
  const std::string before = Regions();
  ASSERT_OK_AND_ASSIGN(const auto response, ImportBoundaries(kRealChanges));
  EXPECT_EQ(response.changed(), 5u);
  EXPECT_EQ(Regions(), before);
  const std::vector<std::string> changes = {
      "SPLIT 130421 邯郸县>130402 邯山区 1/2", "SPLIT 130421 邯郸县>130403 丛台区 1/2", "RECODE 130428 肥乡县>130407 肥乡区 1/1",
      "RECODE 130429 永年县>130408 永年区 1/1", "RECODE 361121 上饶县>361104 广信区 1/1"};
  EXPECT_EQ(Changes(), changes);
  EXPECT_THAT(Changes("广信区"), ElementsAre(changes[4]));
  EXPECT_THAT(Changes("上饶县"), ElementsAre(changes[4]));
  EXPECT_THAT(Changes("130402"), ElementsAre(changes[0]));
  EXPECT_THAT(Changes("香格里拉市"), IsEmpty());

  const uint64_t position = Position();
  ASSERT_OK_AND_ASSIGN(const auto again, ImportBoundaries(kRealChanges));
  EXPECT_EQ(again.changed(), 0u);
  EXPECT_EQ(again.unchanged(), 5u);
  EXPECT_EQ(Position(), position);
  // The regions file again changes nothing, and says nothing against the changes.
  ASSERT_OK_AND_ASSIGN(const auto regions, ImportRegions(ReadFile(SourceDir() + "/deploy/data/regions.csv")));
  EXPECT_EQ(regions.changed(), 0u);
  for (const bool rebuilt : {false, true}) {
    if (rebuilt) RestartWithoutState();
    else Stop(), Start();
    EXPECT_EQ(Changes(), changes);
    EXPECT_EQ(ImportBoundaries(kRealChanges)->unchanged(), 5u);
  }
}

TEST_F(RealBoundariesTest, AZoneBecomesADistrictAndItsNameCanBeUsedAtOnce) {
  ASSERT_THAT(ImportBoundaries("2018-01-01,convert,533400-KFQ,,,,,county,administrative\n2018-01-01,rename,迪庆开发区,,,,开发新区\n"), IsOk());
  v1::ListRegionsRequest list;
  list.set_within("533400-KFQ");
  ASSERT_OK_AND_ASSIGN(const auto regions, Call(&v1::PlanService::Stub::ListRegions, list));
  ASSERT_EQ(regions.regions_size(), 2);
  EXPECT_EQ(regions.regions(0).name(), "迪庆开发区");
  EXPECT_EQ(regions.regions(0).kind(), "zone");
  EXPECT_EQ(regions.regions(1).name(), "开发新区");
  EXPECT_EQ(regions.regions(1).level(), "county");
  auto document = DocumentRequest("2018", Csv(kPlanHeader, "开发新区,low_rent,starts,2018,10,套\n"));
  document.set_issuer("迪庆州");
  document.set_issued("2018-03-01");
  EXPECT_THAT(ImportDocument(document), IsOk());
}

TEST_F(RealBoundariesTest, ARequestIsAnsweredOnceAndADryRunRecordsNothing) {
  auto request = CsvRequest<v1::ImportBoundariesRequest>(Csv(kBoundaryHeader, kRealChanges));
  request.set_request_id("2016");
  request.set_dry_run(true);
  const uint64_t before = Position();
  EXPECT_EQ(Call(&v1::PlanService::Stub::ImportBoundaries, request)->changed(), 5u);
  EXPECT_EQ(Position(), before);
  request.set_dry_run(false);
  ASSERT_OK_AND_ASSIGN(const auto first, Call(&v1::PlanService::Stub::ImportBoundaries, request));
  RestartWithoutState();
  ASSERT_OK_AND_ASSIGN(const auto again, Call(&v1::PlanService::Stub::ImportBoundaries, request));
  EXPECT_EQ(again.changed(), 5u);
  EXPECT_EQ(again.basis().token(), first.basis().token());
  request.mutable_rows(0)->set_share("1/3");
  EXPECT_THAT(Call(&v1::PlanService::Stub::ImportBoundaries, request), HasReason(Reason::REQUEST_CONFLICT));
}

TEST_F(RealBoundariesTest, ErrorsComeTogetherAndNothingIsHalfApplied) {
  const uint64_t before = Position();
  const absl::Status status = ImportBoundaries("2016-09-14,split,邯郸县,邯山区,1/2\n2016-09-14,split,邯郸县,丛台区,1/3\n"
                                               "2019-06-27,recode,上饶县,361104\n2017-01-01,merge,河北省,邯郸市\n").status();
  std::vector<std::string> errors;
  for (const ErrorDetail& detail : ErrorsOf(status)) errors.push_back(std::string(ReasonName(detail.reason)) + " " + std::to_string(detail.line));
  EXPECT_THAT(errors, ElementsAre("BAD_SHARES 2", "BROKEN_TREE 5"));
  EXPECT_THAT(ErrorsOf(status).front().message, ::testing::HasSubstr("sum to 5/6"));
  EXPECT_EQ(Position(), before);
  ASSERT_THAT(ImportBoundaries("2019-06-27,recode,上饶县,361104\n"), IsOk());
  EXPECT_THAT(ImportBoundaries("2019-06-27,merge,上饶县,广丰区\n"), HasReason(Reason::BOUNDARY_CONFLICT));
  EXPECT_THAT(ImportBoundaries("2019-06-27,recode,上饶县,361104,,,,,,,另一文\n"), HasReason(Reason::BOUNDARY_CONFLICT));
  EXPECT_THAT(ImportBoundaries("2024-01-01,move,德钦县,香格里拉市\n"), HasReasonAt(Reason::NOT_CONSERVED, "into"));
  EXPECT_THAT(ImportBoundaries(""), HasReason(Reason::EMPTY_REQUEST));
}

TEST_F(RealBoundariesTest, AnAmendmentAfterARecodeRestatesTheSuccessor) {
  auto request = DocumentRequest("2019年计划", Csv(kPlanHeader, "上饶市,low_rent,starts,2019,60,套,,declared_total\n上饶县,low_rent,starts,2019,40,套\n信州区,low_rent,starts,2019,20,套\n"));
  request.set_issuer("上饶市");
  request.set_issued("2019-03-01");
  ASSERT_THAT(ImportDocument(request), IsOk());
  ASSERT_THAT(ImportBoundaries("2019-06-27,recode,上饶县,广信区\n"), IsOk());
  auto amendment = request;
  amendment.set_document("2019年调整");
  amendment.set_issued("2019-09-01");
  amendment.set_amends("2019年计划");
  amendment.set_effective("2019-08-01");
  amendment.mutable_rows()->DeleteSubrange(0, 2);
  amendment.mutable_rows(0)->set_value("25");
  ASSERT_THAT(ImportDocument(amendment), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto stored, GetDocument("2019年调整"));
  EXPECT_EQ(stored.document().cells(0).target(), 65);  // 广信区 goes on with 上饶县's 40
  amendment.mutable_rows(0)->set_region("上饶县");
  amendment.set_document("2019年再调整");
  amendment.set_amends("2019年调整");
  EXPECT_THAT(ImportDocument(amendment), HasReasonAt(Reason::REGION_CLOSED, "region"));
  amendment.mutable_rows(0)->set_region("广信区");
  ASSERT_THAT(ImportDocument(amendment), IsOk());
  EXPECT_EQ(GetDocument("2019年再调整")->document().cells(0).target(), 50);
}

class HistoryTest : public PlanFixture {
 protected:
  void SetUp() override {
    ImportSmallTree();
    ASSERT_THAT(ImportDocument("基础", Csv(kPlanHeader, "某市,low_rent,starts,2017,60,套,,declared_total,,总表\n甲县,low_rent,starts,2017,40,套,,,,附表\n乙县,low_rent,starts,2017,20,套\n")), IsOk());
  }
  absl::Status Amend(std::string number, std::string amends, std::string effective, const std::string& rows) {
    auto request = DocumentRequest(std::move(number), Csv(kPlanHeader, rows + "\n"));
    request.set_amends(std::move(amends));
    request.set_effective(std::move(effective));
    return ImportDocument(request).status();
  }
  absl::StatusOr<v1::ListTargetRevisionsResponse> Revisions(std::string region, std::string programme = "low_rent", std::string year = "2017") {
    v1::ListTargetRevisionsRequest request;
    request.set_region(std::move(region));
    request.set_programme(std::move(programme));
    request.set_indicator("新开工");
    request.set_plan_year(std::move(year));
    return Call(&v1::PlanService::Stub::ListTargetRevisions, request);
  }
  // "document effective target declared place line"
  static std::vector<std::string> Words(const v1::ListTargetRevisionsResponse& response) {
    std::vector<std::string> words;
    for (const v1::TargetRevision& revision : response.revisions()) {
      words.push_back(types::v1::Layer_Name(revision.layer()).substr(6) + " " + revision.document() + " " + revision.effective() + " " +
                      (revision.has_target() ? std::to_string(revision.target()) : types::v1::Missing_Name(revision.missing()).substr(8)) +
                      (revision.has_declared() ? " declared " + std::to_string(revision.declared()) : "") + " " + revision.place() + ":" + std::to_string(revision.line()));
    }
    return words;
  }
};

TEST_F(HistoryTest, EveryRevisionOfATargetIsListedWithItsDocument) {
  auto province = DocumentRequest("省", Csv(kPlanHeader, "某市,low_rent,starts,2017,50,套\n"));
  province.set_issuer("某省");
  ASSERT_THAT(ImportDocument(province), IsOk());
  ASSERT_THAT(Amend("调整一", "基础", "2017-06-01", "甲县,low_rent,starts,2017,45,套,,,,调整表"), IsOk());
  ASSERT_THAT(Amend("调整二", "调整一", "2017-06-01", "甲县,low_rent,starts,2017,46,套\n某市,low_rent,starts,2017,66,套"), IsOk());
  ASSERT_THAT(Amend("调整三", "调整二", "2017-09-01", "甲县,low_rent,starts,2017,,,,withdrawn"), IsOk());
  for (const bool rebuilt : {false, true}) {
    if (rebuilt) RestartWithoutState();
    ASSERT_OK_AND_ASSIGN(const auto city, Revisions("某市"));
    EXPECT_THAT(Words(city), ElementsAre("PROVINCE 省 2017-01-01 50 :2", "CITY 基础 2017-01-01 60 declared 60 总表:2", "CITY 调整一 2017-06-01 65 :0",
                                         "CITY 调整二 2017-06-01 66 declared 66 :3", "CITY 调整三 2017-09-01 20 :0"));
    EXPECT_EQ(city.indicator().code(), "starts");
    EXPECT_EQ(city.revisions(2).amends(), "基础");
    EXPECT_EQ(city.revisions(2).issued(), "2017-03-01");
    EXPECT_EQ(city.revisions(2).actor(), "local");
    EXPECT_EQ(city.revisions(2).sequence(), 5u);
    EXPECT_GT(city.revisions(2).recorded_time_us(), 0);
    EXPECT_THAT(Words(*Revisions("老甲")), ElementsAre("CITY 基础 2017-01-01 40 附表:3", "CITY 调整一 2017-06-01 45 调整表:2", "CITY 调整二 2017-06-01 46 :2",
                                                       "CITY 调整三 2017-09-01 ABSENT :2"));
  }
  EXPECT_EQ(Revisions("990103")->revisions_size(), 0);  // closed, and never in a plan
  EXPECT_EQ(Revisions("某市", "low_rent", "2018")->revisions_size(), 0);
}

TEST_F(HistoryTest, WhatATargetIsAskedByMustBeReadable) {
  EXPECT_THAT(Revisions("丁市"), HasReasonAt(Reason::UNKNOWN_REGION, "region"));
  EXPECT_THAT(Revisions(""), HasReasonAt(Reason::MISSING_FIELD, "region"));
  EXPECT_THAT(Revisions("某市", "nothing"), HasReasonAt(Reason::UNKNOWN_PROGRAMME, "programme"));
  EXPECT_THAT(Revisions("某市", "low_rent", "17"), HasReasonAt(Reason::BAD_PERIOD, "plan_year"));
  EXPECT_THAT(Revisions("某市", "low_rent", ""), HasReasonAt(Reason::MISSING_FIELD, "plan_year"));
}

TEST_F(HistoryTest, RulesOfSoftChecksAreReplacedByName) {
  auto request = CsvRequest<v1::ImportChecksRequest>(Csv(kCheckHeader, "late,late,,,,10,,explain\nbig,jump,low_rent,starts,,500,50\nfalling,falling,,,,,,flag\n"));
  request.set_request_id("checks");
  request.set_dry_run(true);
  const uint64_t before = Position();
  EXPECT_EQ(Call(&v1::PlanService::Stub::ImportChecks, request)->changed(), 2u);
  EXPECT_EQ(Position(), before);
  request.set_dry_run(false);
  ASSERT_OK_AND_ASSIGN(const auto first, Call(&v1::PlanService::Stub::ImportChecks, request));
  EXPECT_EQ(first.changed(), 2u);
  EXPECT_EQ(first.unchanged(), 1u);
  for (const bool rebuilt : {false, true}) {
    if (rebuilt) RestartWithoutState();
    ASSERT_OK_AND_ASSIGN(const auto list, Call(&v1::PlanService::Stub::ListChecks, v1::ListChecksRequest()));
    std::vector<std::string> names;
    for (const v1::CheckRule& rule : list.rules()) names.push_back(rule.name());
    EXPECT_THAT(names, ElementsAre("above_other", "big", "falling", "jump", "late", "not_in_plan", "over_target", "part_above_whole"));
    EXPECT_EQ(list.rules(1).action(), v1::CHECK_ACTION_FLAG);
    EXPECT_EQ(list.rules(1).at_least(), 50);
    EXPECT_EQ(list.rules(3).limit(), 300);
    EXPECT_EQ(list.rules(4).limit(), 10);
    EXPECT_EQ(list.rules(4).action(), v1::CHECK_ACTION_EXPLAIN);
    ASSERT_OK_AND_ASSIGN(const auto again, Call(&v1::PlanService::Stub::ImportChecks, request));
    EXPECT_EQ(again.changed(), 2u);
    EXPECT_EQ(again.basis().token(), first.basis().token());
  }
  request.clear_request_id();
  EXPECT_EQ(Call(&v1::PlanService::Stub::ImportChecks, request)->unchanged(), 3u);
  const auto wrong = Call(&v1::PlanService::Stub::ImportChecks, CsvRequest<v1::ImportChecksRequest>(Csv(kCheckHeader, "x,late,,nothing,,1.5\n")));
  EXPECT_THAT(wrong, HasReasonAt(Reason::UNKNOWN_INDICATOR, "indicator"));
  EXPECT_THAT(ErrorsOf(wrong.status()), SizeIs(2));
}

TEST_F(HistoryTest, ListsOfBoundariesComeInPages) {
  ASSERT_THAT(ImportBoundaries("2017-01-01,rename,甲县,,,,甲一县\n2017-02-01,rename,甲一县,,,,甲二县\n2017-03-02,rename,甲二县,,,,甲三县\n"), IsOk());
  v1::ListBoundariesRequest request;
  request.set_page_size(2);
  ASSERT_OK_AND_ASSIGN(const auto first, Call(&v1::PlanService::Stub::ListBoundaries, request));
  ASSERT_EQ(first.boundaries_size(), 2);
  EXPECT_EQ(first.boundaries(1).name(), "甲一县");
  EXPECT_EQ(first.boundaries(1).event().name(), "甲二县");
  EXPECT_EQ(first.boundaries(1).actor(), "local");
  EXPECT_GT(first.boundaries(1).recorded_time_us(), 0);
  EXPECT_EQ(first.boundaries(1).sequence(), Position());
  request.set_page_token(first.next_page_token());
  ASSERT_OK_AND_ASSIGN(const auto second, Call(&v1::PlanService::Stub::ListBoundaries, request));
  EXPECT_EQ(second.boundaries_size(), 1);
  EXPECT_EQ(second.next_page_token(), "");
  for (const char* token : {"x", "0", "4", "1.2"}) {
    request.set_page_token(token);
    EXPECT_THAT(Call(&v1::PlanService::Stub::ListBoundaries, request), HasReasonAt(Reason::BAD_TOKEN, "page_token")) << token;
  }
  request.clear_page_token();
  request.set_region("没有");
  EXPECT_THAT(Call(&v1::PlanService::Stub::ListBoundaries, request), HasReasonAt(Reason::UNKNOWN_REGION, "region"));
}

// Without TLS every caller is the local operator: the handlers are asked in the name of somebody smaller.
TEST_F(HistoryTest, BothSidesOfABoundaryMustBeTheCallers) {
  class NoRecorder : public journal::Recorder {
   public:
    uint64_t Record(std::string_view) override { return ADD_FAILURE() << "nothing may be recorded", 0; }
    storage::Batch& rows() override { return batch_; }
    uint64_t last_sequence() const override { return 0; }
    int64_t time_us() const override { return 1'500'000'000'000'000; }
   private:
    storage::Batch batch_;
  } recorder;
  PlanModel model;
  storage::Batch rows;
  v1::Event regions;
  *regions.mutable_regions()->mutable_regions() = Call(&v1::PlanService::Stub::ListRegions, v1::ListRegionsRequest())->regions();
  ASSERT_THAT(model.Apply({.sequence = 1}, regions.SerializeAsString(), rows), IsOk());
  Desk desk(model, recorder);
  const auto ask = [&](const char* region, const char* row) {
    const rpc::Caller planner{.identity = "规划", .role = rpc::Role::kPlanner, .region = region};
    auto request = CsvRequest<v1::ImportBoundariesRequest>(Csv(kBoundaryHeader, row));
    request.set_dry_run(true);
    return plan::ImportBoundaries(planner, request, desk);
  };
  EXPECT_THAT(ask("990101", "2017-01-01,merge,甲县,乙县\n"), HasReason(Reason::NOT_ALLOWED));
  EXPECT_THAT(ask("990102", "2017-01-01,merge,甲县,乙县\n"), HasReason(Reason::NOT_ALLOWED));
  EXPECT_THAT(ask("9901", "2017-01-01,merge,甲县,乙县\n"), IsOk());
  EXPECT_THAT(ask("9901", "2017-01-01,move,甲县,某省\n"), HasReason(Reason::NOT_ALLOWED));
  EXPECT_THAT(ask("9901", "2017-01-01,recode,甲县,990111,,,,,,某省\n"), HasReason(Reason::NOT_ALLOWED));
  EXPECT_THAT(ask("9901", "2017-01-01,recode,甲县,990111\n"), IsOk());
  const rpc::Caller planner{.identity = "规划", .role = rpc::Role::kPlanner, .region = "99"};
  EXPECT_THAT(plan::ImportChecks(planner, CsvRequest<v1::ImportChecksRequest>(Csv(kCheckHeader, "late,late,,,,10\n")), desk), HasReason(Reason::NOT_ALLOWED));
}

}  // namespace
}  // namespace anju::plan
