// Amendments: what they restate, what follows, what stays, and what refuses them.
#include "services/plan/core/core_fixture.h"

namespace anju::plan {
namespace {

using ::testing::ContainerEq;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// 某市 60 = 甲县 40 + 乙县 20.
constexpr std::string_view kFirst = "某市,low,starts,2012,60,套,declared_total\n甲县,low,starts,2012,40,套\n乙县,low,starts,2012,20,套\n";

struct Case {
  std::string name;
  std::string first;
  std::string amendment;
  std::vector<std::string> differences;
  std::vector<std::string> cells;  // all of the amendment
  std::string effective = "2012-07-01";
};

class AmendTest : public ::testing::TestWithParam<Case> {};

TEST_P(AmendTest, ChangesWhatItShould) {
  Line line;
  ASSERT_TRUE(line.Issue(GetParam().first).ok());
  const absl::StatusOr<Evaluation> evaluation = line.Issue(GetParam().amendment, GetParam().effective);
  ASSERT_TRUE(evaluation.ok()) << evaluation.status();
  EXPECT_THAT(Words(evaluation->differences), ContainerEq(GetParam().differences));
  EXPECT_THAT(Words(evaluation->cells), ContainerEq(GetParam().cells));
}

const Case kCases[] = {
    {"ATotalThatIsNotRestatedFollowsItsPartsAndIsNoLongerDeclared", std::string(kFirst), "甲县,low,starts,2012,45,套\n", {},
     {"某市 low starts 2012 city 65", "甲县 low starts 2012 city 45"}},
    {"ATotalThatIsRestatedIsDeclared", std::string(kFirst), "甲县,low,starts,2012,45,套\n某市,low,starts,2012,65,套\n", {},
     {"甲县 low starts 2012 city 45", "某市 low starts 2012 city 65 declared 65"}},
    {"AWrongTotalIsAnError", std::string(kFirst), "甲县,low,starts,2012,45,套\n某市,low,starts,2012,66,套\n", {"3 children error 66 65"},
     {"甲县 low starts 2012 city 45", "某市 low starts 2012 city 65 declared 66"}},
    {"ATotalRestatedAloneIsJudgedWithThePartsInForce", std::string(kFirst), "某市,low,starts,2012,61,套\n", {"2 children error 61 60"},
     {"某市 low starts 2012 city 60 declared 61"}},
    {"WhatGoesFromOneCountyToAnotherLeavesTheTotal", std::string(kFirst), "甲县,low,starts,2012,35,套\n乙县,low,starts,2012,25,套\n", {},
     {"甲县 low starts 2012 city 35", "乙县 low starts 2012 city 25"}},
    {"TheSameFigureAgainIsARevisionToo", std::string(kFirst), "甲县,low,starts,2012,40,套\n", {}, {"甲县 low starts 2012 city 40"}},
    {"ATargetTakenBackAddsNothing", std::string(kFirst), "乙县,low,starts,2012,,,withdrawn\n", {},
     {"某市 low starts 2012 city 40", "乙县 low starts 2012 city taken back"}},
    {"ATotalTakenBackLeavesItsParts", std::string(kFirst), "某市,low,starts,2012,,,withdrawn\n", {}, {"某市 low starts 2012 city taken back"}},
    {"NoTaskIsNotTakenBack", std::string(kFirst), "乙县,low,starts,2012,无任务,\n", {}, {"某市 low starts 2012 city 40", "乙县 low starts 2012 city -"}},
    {"ACountyMayBeNew", std::string(kFirst), "丙县,low,starts,2012,5,套\n", {}, {"某市 low starts 2012 city 65", "丙县 low starts 2012 city 5"}},
    {"ACellOfItsOwnMayBeNew", std::string(kFirst), "甲县,rent,starts,2012,5,套\n", {}, {"甲县 rent starts 2012 city 5"}},
    {"TotalsFollowThroughProgrammesAndRegions",
     "某市,all,starts,2012,100,套\n某市,low,starts,2012,60,套\n某市,rent,starts,2012,40,套\n甲县,low,starts,2012,60,套\n甲县,rent,starts,2012,40,套\n",
     "甲县,rent,starts,2012,41,套\n", {},
     {"某市 all starts 2012 city 101", "某市 rent starts 2012 city 41", "甲县 rent starts 2012 city 41"}},
    {"AnIncompleteRelationMovesNothing", "某市,low,starts,2012,60,套\n甲县,low,starts,2012,40,套\n乙县,low,starts,2012,not_published,\n",
     "甲县,low,starts,2012,45,套\n", {}, {"甲县 low starts 2012 city 45"}},
    {"WhatWasNotPublishedCompletesTheTotal", "某市,low,starts,2012,60,套\n甲县,low,starts,2012,40,套\n乙县,low,starts,2012,not_published,\n",
     "乙县,low,starts,2012,25,套\n", {}, {"某市 low starts 2012 city 65", "乙县 low starts 2012 city 25"}},
    {"AnOfWhichPartDoesNotMoveItsWhole", "甲县,low,starts,2012,40,套\n甲县,low,starts.physical,2012,30,套\n甲县,low,starts.money,2012,10,套\n",
     "甲县,low,starts.physical,2012,35,套\n", {}, {"甲县 low starts.physical 2012 city 35"}},
    {"AWholeIsJudgedWithThePartsInForce", "甲县,low,starts,2012,40,套\n甲县,low,starts.physical,2012,30,套\n甲县,low,starts.money,2012,10,套\n",
     "甲县,low,starts,2012,45,套\n", {"2 parts error 45 40"}, {"甲县 low starts 2012 city 45"}},
    {"OneYearOfAPlanOfSeveralYears", "甲县,low,starts,2012-2014,90,套\n甲县,low,starts,2012,30,套\n甲县,low,starts,2013,30,套\n甲县,low,starts,2014,30,套\n",
     "甲县,low,starts,2013,35,套\n", {}, {"甲县 low starts 2013 city 35"}, "2013-04-01"},
    {"APlanOfSeveralYearsIsJudgedWithItsYears",
     "甲县,low,starts,2012-2013,60,套\n甲县,low,starts,2012,30,套\n甲县,low,starts,2013,30,套\n",
     "甲县,low,starts,2013,35,套\n甲县,low,starts,2012-2013,66,套\n", {"3 years error 66 65"},
     {"甲县 low starts 2013 city 35", "甲县 low starts 2012-2013 city 66"}, "2013-04-01"},
    {"AllPlacesOfACellAreReplaced", "甲县,low,starts,2012,1.2,万套,,,一\n甲县,low,starts,2012,11900,套,,,二\n",
     "甲县,low,starts,2012,11000,套,,,三\n", {}, {"甲县 low starts 2012 city 11000"}},
    {"AReserveIsRestatedLikeACounty", "某市,low,starts,2012,70,套\n甲县,low,starts,2012,60,套\n某市,low,starts,2012,10,套,reserve\n",
     "某市,low,starts,2012,5,套,reserve\n", {}, {"某市 low starts 2012 city 65"}},
    {"AnotherLayerIsAnotherCell", std::string(kFirst), "甲县,low,starts,2012,30,套,,provincial\n", {}, {"甲县 low starts 2012 province 30"}},
    {"RatiosStand", "某市,low,ratio,2012,2.80,\n甲县,low,ratio,2012,2.80,\n", "甲县,low,ratio,2012,2.60,\n", {}, {"甲县 low ratio 2012 city 260"}},
};
INSTANTIATE_TEST_SUITE_P(Cases, AmendTest, ::testing::ValuesIn(kCases), [](const auto& info) { return info.param.name; });

TEST(AmendmentsTest, SeveralAmendmentsStandOnEachOther) {
  Line line;
  ASSERT_TRUE(line.Issue(kFirst).ok());
  EXPECT_THAT(Words(line.Issue("甲县,low,starts,2012,45,套\n", "2012-05-01")->cells),
              ElementsAre("某市 low starts 2012 city 65", "甲县 low starts 2012 city 45"));
  EXPECT_THAT(Words(line.Issue("乙县,low,starts,2012,30,套\n", "2012-06-01")->cells),
              ElementsAre("某市 low starts 2012 city 75", "乙县 low starts 2012 city 30"));
  const absl::StatusOr<Evaluation> wrong = line.Issue("某市,low,starts,2012,60,套\n", "2012-07-01");
  EXPECT_THAT(Words(wrong->differences), ElementsAre("2 children error 60 75"));
  // A part that can no longer be added leaves the total as it became, not as it was printed years ago.
  EXPECT_THAT(Words(line.Issue("乙县,low,starts,2012,,,withdrawn\n", "2012-08-01")->cells),
              ElementsAre("某市 low starts 2012 city 45", "乙县 low starts 2012 city taken back"));
  EXPECT_THAT(Words(line.Issue("乙县,low,starts,2012,12,套\n", "2012-09-01")->cells),
              ElementsAre("某市 low starts 2012 city 57", "乙县 low starts 2012 city 12"));
}

TEST(AmendmentsTest, ATotalThatFollowedStaysWhenItsPartsAreNoLongerKnown) {
  Line line;
  ASSERT_TRUE(line.Issue(kFirst).ok());
  ASSERT_TRUE(line.Issue("甲县,low,starts,2012,45,套\n", "2012-05-01").ok());
  EXPECT_THAT(Words(line.Issue("乙县,low,starts,2012,not_published,\n", "2012-06-01")->cells), ElementsAre("乙县 low starts 2012 city -"));
  EXPECT_EQ(line.in_force().at({2, 3, 1, {2012, 2012}, Layer::kCity}).target, 65);
}

TEST(AmendmentsTest, CellsCarryPlaceAndLineAndASumHasNone) {
  Line line;
  const absl::StatusOr<Evaluation> first = line.Issue("某市,low,starts,2012,60,套,,,总表\n甲县,low,starts,2012,60,套,,,附表\n");
  EXPECT_EQ(first->cells[0].place, "总表");
  EXPECT_EQ(first->cells[0].line, 2u);
  const absl::StatusOr<Evaluation> second = line.Issue("甲县,low,starts,2012,61,套,,,调整表\n", "2012-06-01");
  ASSERT_EQ(second->cells.size(), 2u);
  EXPECT_EQ(second->cells[0].place, "");
  EXPECT_EQ(second->cells[0].line, 0u);
  EXPECT_EQ(second->cells[1].place, "调整表");
  EXPECT_EQ(second->cells[1].line, 2u);
}

TEST(AmendmentsTest, ARestatedTotalIsJudgedWithPartsThatFollow) {
  Line line;
  ASSERT_TRUE(line.Issue("某市,all,starts,2012,60,套\n某市,low,starts,2012,60,套\n甲县,low,starts,2012,40,套\n乙县,low,starts,2012,20,套\n").ok());
  const absl::StatusOr<Evaluation> evaluation = line.Issue("甲县,low,starts,2012,45,套\n某市,all,starts,2012,65,套\n", "2012-06-01");
  EXPECT_THAT(Words(evaluation->differences), IsEmpty());
  EXPECT_THAT(Words(line.Issue("某市,all,starts,2012,60,套\n", "2012-06-02")->differences), ElementsAre("2 programmes error 60 65"));
}

// An addition was stored as upper layer plus addition: the upper layer's later changes are not its own.
TEST(AmendmentsTest, AnAdditionStandsAsWhatItCameTo) {
  Line line;
  TargetsInForce& standing = line.standing();
  const CellKey upper{3, 3, 1, {2012, 2012}, Layer::kProvince};
  standing.cells[upper] = {.target = 100, .document = "省", .line = "省"};
  EXPECT_THAT(Words(line.Issue("某市,low,starts,2012,,\n甲县,low,starts,2012,10,套,addition\n乙县,low,starts,2012,20,套\n")->cells),
              ElementsAre("某市 low starts 2012 city 130", "甲县 low starts 2012 city 110", "乙县 low starts 2012 city 20"));
  standing.cells[upper].target = 200;
  EXPECT_THAT(Words(line.Issue("乙县,low,starts,2012,25,套\n", "2012-06-01")->cells),
              ElementsAre("某市 low starts 2012 city 135", "乙县 low starts 2012 city 25"));
}

TEST(AmendmentsTest, OtherLinesAreNotAmendedInPassing) {
  Line line;
  ASSERT_TRUE(line.Issue(kFirst).ok());
  line.standing().cells[{3, 4, 1, {2012, 2012}, Layer::kCity}] = {.target = 7, .document = "另文", .line = "另文"};
  line.standing().cells[{4, 4, 1, {2012, 2012}, Layer::kCity}] = {.missing = Missing::kAbsent, .document = "另文调整", .line = "另文"};
  EXPECT_THAT(Words(line.Issue("甲县,rent,starts,2012,8,套\n乙县,rent,starts,2012,8,套\n", "2012-06-01").status()),
              ElementsAre("TARGET_CONFLICT 2", "TARGET_CONFLICT 3"));
  EXPECT_TRUE(line.Issue("甲县,rent,starts,2012,7,套\n", "2012-06-01").ok());
}

TEST(AmendmentsTest, WhatIsWrongWithItsOwnRowsIsSaid) {
  const std::vector<std::tuple<std::string, std::string, std::string>> cases = {
      {"甲县,low,starts,2012,1,套\n甲县,low,starts,2012,2,套\n", "2012-06-01", "DUPLICATE_ROW 3"},
      {"中心区,low,starts,2012,1,套\n", "2012-06-01", "AREA_OVERLAP 2"},
      {"甲县,low,starts,2013,1,套\n", "2012-06-01", "BAD_EFFECTIVE 2"},
      {"甲县,low,starts,2012,1,套\n", "2013-01-01", "BAD_EFFECTIVE 2"},
      {"甲县,low,starts,2012,1,套\n", "2011-12-31", "BAD_EFFECTIVE 2"},
      {"丙县,low,starts,2016,1,套\n", "2016-06-01", "REGION_CLOSED 2"},
      {"甲县,low,starts,2012,1,套\n", "2012-02-30", "BAD_DATE 0"},
      {"甲县,rent,starts,2012,1,套,addition\n", "2012-06-01", "BAD_VALUE 2"},
  };
  for (const auto& [rows, effective, error] : cases) {
    SCOPED_TRACE(rows + effective);
    Line line;
    ASSERT_TRUE(line.Issue(kFirst).ok());
    EXPECT_THAT(Words(line.Issue(rows, effective).status()), ElementsAre(error));
  }
}

// 乙县 goes into the city itself, whose other targets are its counties': the city's total keeps what it took over.
TEST(AmendmentsTest, WhatARegionWithChildrenTookOverStaysInItsTotal) {
  Line line;
  ASSERT_TRUE(line.Issue(kFirst).ok());
  Region county = line.tree().Rows(4)->front();
  county.valid_to = MakeDate(2012, 5, 1);
  line.tree().Put({county});
  line.boundaries().Add({.kind = BoundaryKind::kMerge, .date = MakeDate(2012, 5, 1), .region = 4, .into = 2, .share = {1, 1}});
  EXPECT_THAT(Words(line.Issue("甲县,low,starts,2012,45,套\n", "2012-07-01")->cells),
              ElementsAre("某市 low starts 2012 city 65", "甲县 low starts 2012 city 45"));
  const absl::StatusOr<Evaluation> total = line.Issue("某市,low,starts,2012,65,套\n", "2012-08-01");
  EXPECT_THAT(Words(total->differences), IsEmpty());
}

// 甲县 with its towns becomes 甲区: the towns' targets go on by themselves, and are not counted twice.
TEST(AmendmentsTest, ChildrenOfWhatEndsAreNotHandedOverTwice) {
  for (const bool recode : {true, false}) {
    SCOPED_TRACE(recode ? "recode" : "merge into 乙县, which has a town of its own");
    Line line;
    const auto town = [&](RegionNumber number, std::string name, RegionNumber parent, RegionNumber later) {
      Region row{.number = number, .code = "T" + std::to_string(number), .name = std::move(name), .parent = parent};
      Region after = row;
      row.valid_to = after.valid_from = MakeDate(2012, 5, 1);
      after.parent = later;
      line.tree().Put({row, after});
    };
    const RegionNumber into = recode ? 8 : 4;
    if (recode) line.tree().Put({{.number = 8, .code = "990111", .name = "甲区", .parent = 2, .valid_from = MakeDate(2012, 5, 1)}});
    town(11, "一镇", 3, into);
    town(12, "二镇", 3, into);
    town(13, "三镇", 4, 4);
    // 甲县 holds 5 of its 40 back.
    ASSERT_TRUE(line.Issue("某市,low,starts,2012,60,套\n甲县,low,starts,2012,40,套\n乙县,low,starts,2012,20,套\n一镇,low,starts,2012,25,套\n"
                           "二镇,low,starts,2012,10,套\n甲县,low,starts,2012,5,套,reserve\n三镇,low,starts,2012,20,套\n").ok());
    Region county = line.tree().Rows(3)->front();
    county.valid_to = MakeDate(2012, 5, 1);
    line.tree().Put({county});
    line.boundaries().Add({.kind = recode ? BoundaryKind::kRecode : BoundaryKind::kMerge, .date = MakeDate(2012, 5, 1), .region = 3, .into = into, .share = {1, 1}});
    const absl::StatusOr<Evaluation> evaluation = line.Issue("一镇,low,starts,2012,26,套\n", "2012-07-01");
    ASSERT_TRUE(evaluation.ok()) << evaluation.status();
    std::map<RegionNumber, int64_t> targets;
    for (const TargetCell& cell : evaluation->cells) targets[cell.key.region] = cell.target.value();
    const std::map<RegionNumber, int64_t> expected = {{2, 61}, {into, recode ? 41 : 61}, {11, 26}};
    EXPECT_EQ(targets, expected);
  }
}

TEST(AmendmentsTest, ItIsReadInTheTreeOfItsFirstDay) {
  Line line;
  ASSERT_TRUE(line.Issue(kFirst).ok());
  // 乙县 goes to the province on 2012-05-01: from then on the city's total is 甲县's.
  Region row = line.tree().Rows(4)->front();
  row.valid_to = MakeDate(2012, 5, 1);
  Region later = row;
  later.valid_from = MakeDate(2012, 5, 1);
  later.valid_to = kDistantFuture;
  later.parent = 1;
  line.tree().Put({row, later});
  EXPECT_THAT(Words(line.Issue("甲县,low,starts,2012,45,套\n", "2012-07-01")->cells),
              ElementsAre("某市 low starts 2012 city 45", "甲县 low starts 2012 city 45"));
}

TEST(AmendmentsTest, WhatEndedRegionsHeldStandsWithTheirSuccessors) {
  Line line;
  ASSERT_TRUE(line.Issue("某市,low,starts,2012,75,套\n甲县,low,starts,2012,40,套\n乙县,low,starts,2012,20,套\n丙县,low,starts,2012,15,套\n").ok());
  const Date day = MakeDate(2012, 5, 1);
  // 乙县 becomes 乙区; 丙县 is divided between 甲县 and 乙区, one third to two.
  Region county = line.tree().Rows(4)->front();
  county.valid_to = day;
  line.tree().Put({county});
  Region gone = line.tree().Rows(5)->front();
  gone.valid_to = day;
  line.tree().Put({gone});
  line.tree().Put({{.number = 8, .code = "990112", .name = "乙区", .parent = 2, .level = RegionLevel::kCounty, .valid_from = day}});
  line.boundaries().Add({.kind = BoundaryKind::kRecode, .date = day, .region = 4, .into = 8, .share = {1, 1}});
  line.boundaries().Add({.kind = BoundaryKind::kSplit, .date = day, .region = 5, .into = 3, .share = {1, 3}});
  line.boundaries().Add({.kind = BoundaryKind::kSplit, .date = day, .region = 5, .into = 8, .share = {2, 3}});
  // Nothing of it is lost: 甲县 45 now includes its third of 丙县, 乙区 holds 20 + 10.
  EXPECT_THAT(Words(line.Issue("市本级,low,starts,2012,1,套\n", "2012-07-01")->cells),
              ElementsAre("某市 low starts 2012 city 76", "市本级 low starts 2012 city 1"));
  EXPECT_THAT(Words(line.Issue("甲县,low,starts,2012,50,套\n", "2012-08-01")->cells),
              ElementsAre("某市 low starts 2012 city 81", "甲县 low starts 2012 city 50"));
  EXPECT_THAT(Words(line.Issue("8,low,starts,2012,1,套\n", "2012-08-01").status()), ElementsAre("UNKNOWN_REGION 2"));
}

}  // namespace
}  // namespace anju::plan
