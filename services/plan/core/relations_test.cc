// Each kind of relation and each way it can come out, and what the target is then.
#include "services/plan/core/core_fixture.h"

namespace anju::plan {
namespace {

using ::testing::ContainerEq;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Case {
  std::string name;
  std::string rows;
  std::vector<std::string> differences;
  uint32_t exact = 0;
  std::vector<std::string> targets;  // of the first rows; as many as are given are compared
};

class RelationsTest : public ::testing::TestWithParam<Case> {};

TEST_P(RelationsTest, ComesOutAsItShould) {
  const absl::StatusOr<Evaluation> evaluation = EvaluateText(GetParam().rows);
  ASSERT_TRUE(evaluation.ok()) << evaluation.status();
  EXPECT_THAT(Words(evaluation->differences), ContainerEq(GetParam().differences));
  EXPECT_EQ(evaluation->relations_exact, GetParam().exact);
  EXPECT_EQ(evaluation->relations, GetParam().exact + GetParam().differences.size());
  std::vector<std::string> targets = Words(evaluation->cells);
  ASSERT_GE(targets.size(), GetParam().targets.size());
  targets.resize(GetParam().targets.size());
  EXPECT_THAT(targets, ContainerEq(GetParam().targets));
}

const Case kCases[] = {
    // ---- child regions ----
    {"ChildrenExact",
     "某市,low,starts,2012,60,套,declared_total\n甲县,low,starts,2012,40,套\n乙县,low,starts,2012,20,套\n",
     {}, 1, {"某市 low starts 2012 city 60 declared 60", "甲县 low starts 2012 city 40"}},
    {"ChildrenError",
     "某市,low,starts,2012,61,套,declared_total\n甲县,low,starts,2012,40,套\n乙县,low,starts,2012,20,套\n",
     {"2 children error 61 60"}, 0, {"某市 low starts 2012 city 60 declared 61"}},
    {"ATargetIsAWholeLikeADeclaredTotal",
     "某市,low,starts,2012,61,套\n甲县,low,starts,2012,40,套\n乙县,low,starts,2012,20,套\n",
     {"2 children error 61 60"}, 0, {}},
    {"ChildrenRounding",
     "某市,low,investment,2012,98.74,万元\n甲县,low,investment,2012,41.82,万元\n乙县,low,investment,2012,56.93,万元\n",
     {"2 children rounding 98.74 98.75"}, 0, {"某市 low investment 2012 city 9875 declared 9874"}},
    {"ChildrenBeyondRounding",
     "某市,low,investment,2012,98.80,万元\n甲县,low,investment,2012,41.82,万元\n乙县,low,investment,2012,56.93,万元\n",
     {"2 children error 98.80 98.75"}, 0, {}},
    {"AColumnWithoutDecimalsIsExact",
     "某市,low,investment,2012,6825,万元\n甲县,low,investment,2012,4748,万元\n乙县,low,investment,2012,2076,万元\n",
     {"2 children error 6825 6824"}, 0, {}},
    {"TheColumnOfAnotherUnitDoesNotMatter",
     "某市,low,investment,2012,6825,万元\n甲县,low,investment,2012,4748,万元\n乙县,low,investment,2012,2076,万元\n甲县,rent,investment,2012,0.5,亿元\n",
     {"2 children error 6825 6824"}, 0, {}},
    {"RoundedHalfUpIsExact",
     "某市,low,investment,2012,1211,万元\n甲县,low,investment,2012,1000.03,万元\n乙县,low,investment,2012,211.00,万元\n",
     {}, 1, {"某市 low investment 2012 city 121103 declared 121100"}},
    {"ChildrenInAnotherUnit",
     "某市,low,starts,2012,1.2,万套\n甲县,low,starts,2012,8000,套\n乙县,low,starts,2012,4000,套\n",
     {}, 1, {"某市 low starts 2012 city 12000 declared 12000"}},
    {"AChildPrintedForAnotherYearLeavesItUnjudged",
     "某市,low,starts,2012,60,套\n甲县,low,starts,2012,40,套\n乙县,low,starts,2013,20,套\n",
     {}, 0, {"某市 low starts 2012 city 60"}},
    {"AChildPrintedInAnotherLayerLeavesItUnjudged",
     "某市,low,starts,2012,60,套\n甲县,low,starts,2012,40,套\n乙县,low,starts,2012,30,套,,provincial\n",
     {}, 0, {"某市 low starts 2012 city 60"}},
    {"ANotPublishedChildLeavesItUnjudged",
     "某市,low,starts,2012,60,套\n甲县,low,starts,2012,40,套\n乙县,low,starts,2012,not_published,\n",
     {}, 0, {"某市 low starts 2012 city 60", "甲县 low starts 2012 city 40", "乙县 low starts 2012 city -"}},
    {"BlankAndNoTaskAddNothing",
     "某市,low,starts,2012,40,套\n甲县,low,starts,2012,40,套\n乙县,low,starts,2012,,\n丙县,low,starts,2012,无任务,\n",
     {}, 1, {"某市 low starts 2012 city 40 declared 40", "甲县 low starts 2012 city 40", "乙县 low starts 2012 city -"}},
    {"OnlyBlanksAreNoRelation", "某市,low,starts,2012,40,套\n甲县,low,starts,2012,,\n", {}, 0, {"某市 low starts 2012 city 40"}},
    {"ABlankWholeTakesTheSum", "某市,low,starts,2012,,\n甲县,low,starts,2012,40,套\n", {}, 0, {"某市 low starts 2012 city 40"}},
    {"PartsThatExceedAnUnjudgedWholeAreANote",
     "某市,low,starts,2012,30,套\n甲县,low,starts,2012,40,套\n乙县,low,starts,2013,20,套\n",
     {"2 children note 30 40"}, 0, {"某市 low starts 2012 city 30"}},
    {"AreasAndOwnLevelsAddLikeCounties",
     "某市,low,starts,2012,100,套\n中心区,low,starts,2012,60,套\n乙县,low,starts,2012,30,套\n市本级,low,starts,2012,10,套\n",
     {}, 1, {"某市 low starts 2012 city 100 declared 100"}},
    {"AReserveIsAPartOfItsRegion",
     "某市,low,starts,2012,70,套\n甲县,low,starts,2012,40,套\n乙县,low,starts,2012,20,套\n某市,low,starts,2012,10,套,reserve\n",
     {}, 1, {"某市 low starts 2012 city 70 declared 70", "甲县 low starts 2012 city 40", "乙县 low starts 2012 city 20"}},
    {"AReserveNobodyTotalsIsNotLost",
     "甲县,low,starts,2012,40,套\n乙县,low,starts,2012,20,套\n某市,low,starts,2012,10,套,预留\n",
     {}, 0, {"甲县 low starts 2012 city 40", "乙县 low starts 2012 city 20", "某市 low starts 2012 city 70"}},
    {"AWithdrawnChildAddsNothing",
     "某市,low,starts,2012,40,套\n甲县,low,starts,2012,40,套\n乙县,low,starts,2012,20,套,withdrawn\n",
     {}, 1, {"某市 low starts 2012 city 40 declared 40", "甲县 low starts 2012 city 40", "乙县 low starts 2012 city -"}},
    // ---- programmes ----
    {"ProgrammesExactAcrossAGap",
     "甲县,all,starts,2012,60,套\n甲县,low,starts,2012,10,套\n甲县,town.urban,starts,2012,20,套\n甲县,town.mine,starts,2012,30,套\n",
     {}, 1, {"甲县 all starts 2012 city 60 declared 60"}},
    {"ProgrammesStopAtTheFirstPrintedOne",
     "甲县,all,starts,2012,60,套\n甲县,low,starts,2012,10,套\n甲县,town,starts,2012,50,套\n甲县,town.urban,starts,2012,50,套\n",
     {}, 2, {"甲县 all starts 2012 city 60 declared 60"}},
    {"AGroupIsTheSumOfItsMembers",
     "甲县,policy,starts,2012,31,套\n甲县,low,starts,2012,10,套\n甲县,rent,starts,2012,20,套\n",
     {"2 programmes error 31 30"}, 0, {"甲县 policy starts 2012 city 30 declared 31"}},
    {"AGroupIsNoPartOfATreeTotal",
     "甲县,all,starts,2012,30,套\n甲县,policy,starts,2012,30,套\n甲县,low,starts,2012,10,套\n甲县,rent,starts,2012,20,套\n",
     {}, 2, {}},
    {"AGroupAloneStandsForItsMembers",
     "甲县,all,starts,2012,50,套\n甲县,policy,starts,2012,30,套\n甲县,town,starts,2012,20,套\n",
     {}, 1, {"甲县 all starts 2012 city 50 declared 50"}},
    {"TotalOfLeavesSomeOut",
     "甲县,all,starts,2012,30,套,declared_total,,文,low;town\n甲县,low,starts,2012,10,套\n甲县,rent,starts,2012,5,套\n甲县,town,starts,2012,20,套\n",
     {}, 1, {"甲县 all starts 2012 city 30 declared 30"}},
    {"TotalOfIsJudgedByWhatItNames",
     "甲县,all,starts,2012,35,套,declared_total,,文,low;town\n甲县,low,starts,2012,10,套\n甲县,rent,starts,2012,5,套\n甲县,town,starts,2012,20,套\n",
     {"2 programmes error 35 30"}, 0, {}},
    // ---- of-which parts ----
    {"PartitionExact", "甲县,low,starts,2012,30,套\n甲县,low,starts.physical,2012,20,套\n甲县,low,starts.money,2012,10,套\n", {}, 1,
     {"甲县 low starts 2012 city 30"}},
    {"PartitionErrorNeverReplacesThePrintedFigure",
     "甲县,low,starts,2012,31,套\n甲县,low,starts.physical,2012,20,套\n甲县,low,starts.money,2012,10,套\n",
     {"2 parts error 31 30"}, 0, {"甲县 low starts 2012 city 31"}},
    {"AnUnprintedPartIsUnknown", "甲县,low,starts,2012,31,套\n甲县,low,starts.physical,2012,20,套\n", {}, 0, {}},
    {"ABlankPartAddsNothing", "甲县,low,starts,2012,20,套\n甲县,low,starts.physical,2012,20,套\n甲县,low,starts.money,2012,,\n", {}, 1, {}},
    {"APartAboveItsUnjudgedWholeIsANote", "甲县,low,starts,2012,10,套\n甲县,low,starts.physical,2012,20,套\n", {"2 parts note 10 20"}, 0, {}},
    {"SubsetWithin", "甲县,low,starts,2012,30,套\n甲县,low,starts.inclusionary,2012,30,套\n", {}, 1, {}},
    {"SubsetBeyond", "甲县,low,starts,2012,30,套\n甲县,low,starts.inclusionary,2012,31,套\n", {"3 subset error 31 30"}, 0, {}},
    // ---- years ----
    {"YearsExact", "甲县,low,starts,2011-2015,50,套\n甲县,low,starts,2011,20,套\n甲县,low,starts,2012-2015,30,套\n", {}, 1,
     {"甲县 low starts 2011-2015 city 50"}},
    {"YearsError", "甲县,low,starts,2011-2015,51,套\n甲县,low,starts,2011,20,套\n甲县,low,starts,2012-2015,30,套\n",
     {"2 years error 51 50"}, 0, {"甲县 low starts 2011-2015 city 51"}},
    {"TheCoarsestTilingCounts",
     "甲县,low,starts,2011-2013,50,套\n甲县,low,starts,2011,20,套\n甲县,low,starts,2012-2013,30,套\n甲县,low,starts,2012,10,套\n甲县,low,starts,2013,20,套\n",
     {}, 2, {}},
    {"YearsWithAGapAreUnjudged", "甲县,low,starts,2011-2013,50,套\n甲县,low,starts,2011,20,套\n甲县,low,starts,2013,20,套\n", {}, 0, {}},
    {"YearsThatExceedWithAGapAreANote", "甲县,low,starts,2011-2013,50,套\n甲县,low,starts,2011,30,套\n甲县,low,starts,2013,40,套\n",
     {"2 years note 50 70"}, 0, {}},
    {"AStockDoesNotAddOverYears", "甲县,low,built,2011-2012,50,套\n甲县,low,built,2011,20,套\n甲县,low,built,2012,50,套\n", {}, 0, {}},
    // ---- restatements ----
    {"ARoundedRestatementIsExact", "甲县,low,starts,2012,179555,套,,,表\n甲县,low,starts,2012,17.96,万套,,,文\n", {}, 1, {"甲县 low starts 2012 city 179555"}},
    {"TheMorePrecisePrintIsTheFigure", "甲县,low,starts,2012,17.96,万套,,,文\n甲县,low,starts,2012,179555,套,,,表\n", {}, 1, {"甲县 low starts 2012 city 179555"}},
    {"ADifferingRestatementIsANote", "甲县,low,starts,2012,12134,套,,,文\n甲县,low,starts,2012,13640,套,,,表\n",
     {"3 restated note 13640 12134"}, 0, {"甲县 low starts 2012 city 12134"}},
    {"EveryPrintIsJudged",
     "甲县,policy,starts,2012,30,套,,,文\n甲县,policy,starts,2012,33,套,,,表\n甲县,low,starts,2012,10,套\n甲县,rent,starts,2012,20,套\n",
     {"3 restated note 33 30", "3 programmes error 33 30"}, 1, {"甲县 policy starts 2012 city 30 declared 30"}},
    // ---- what does not add ----
    {"ADeclaredTotalOfRatiosIsNotAdditive",
     "甲县,all,ratio,2012,5.6,,declared_total\n甲县,low,ratio,2012,2.8,\n甲县,rent,ratio,2012,2.8,\n",
     {"2 programmes not_additive 5.6 5.6"}, 0, {"甲县 all ratio 2012 city 560"}},
    {"ASumOfRatiosIsNotAdditiveWhateverItIsCalled",
     "甲县,all,ratio,2012,5.6,\n甲县,low,ratio,2012,2.8,\n甲县,rent,ratio,2012,2.8,\n",
     {"2 programmes not_additive 5.6 5.6"}, 0, {}},
    {"ARatioOfTheWholeIsAsItShouldBe", "某市,all,ratio,2012,22.6,\n甲县,all,ratio,2012,30.8,\n", {}, 0, {"某市 all ratio 2012 city 2260"}},
    // ---- layers ----
    {"LayersAreJudgedApart",
     "某市,low,starts,2012,50,套,,provincial\n某市,low,starts,2012,60,套\n甲县,low,starts,2012,40,套\n乙县,low,starts,2012,20,套\n",
     {}, 1, {"某市 low starts 2012 province 50", "某市 low starts 2012 city 60 declared 60"}},
    {"AnAdditionStandsOnTheLayerAbove",
     "甲县,low,starts,2012,40,套,,provincial\n甲县,low,starts,2012,5,套,addition,city\n",
     {}, 0, {"甲县 low starts 2012 province 40", "甲县 low starts 2012 city 45"}},
    {"AdditionsAreJudgedWithWhatTheyAreAddedTo",
     "某市,low,starts,2012,65,套\n甲县,low,starts,2012,40,套,,provincial\n甲县,low,starts,2012,5,套,追加\n乙县,low,starts,2012,20,套\n",
     {}, 1, {"某市 low starts 2012 city 65 declared 65"}},
    // ---- sums of sums ----
    {"TargetsAreSumsOfTargets",
     "某市,all,starts,2012,100,套\n甲县,all,starts,2012,61,套\n乙县,all,starts,2012,39,套\n甲县,low,starts,2012,60,套\n乙县,low,starts,2012,39,套\n",
     {"3 programmes error 61 60"}, 2, {"某市 all starts 2012 city 99 declared 100", "甲县 all starts 2012 city 60 declared 61"}},
};

INSTANTIATE_TEST_SUITE_P(Kinds, RelationsTest, ::testing::ValuesIn(kCases), [](const auto& info) { return info.param.name; });

TEST(ReadRowsTest, AllErrorsOfAllRowsComeAtOnce) {
  EXPECT_THAT(Words(EvaluateText("丁县,low,starts,2012,1,套\n"
                                 "甲县,lo,starts,2012,1,套\n"
                                 "甲县,low,start,2012,1,套\n"
                                 "甲县,low,starts,2012,１,套\n"
                                 "甲县,low,starts,2012,1.5,套\n"
                                 "甲县,low,starts,2012,-1,套\n"
                                 "甲县,low,starts,2012,1,栋\n"
                                 "甲县,low,starts,2012,1,\n"
                                 "甲县,low,starts,12,1,套\n"
                                 "甲县,low,starts,,1,套\n"
                                 "甲县,low,starts,2012,1,套,goal\n"
                                 "甲县,low,starts,2012,1,套,,town\n"
                                 "甲县,low,starts,2012,1,套,,,,rent\n"
                                 "甲县,all,starts,2012,1,套,,,,policy;low\n"
                                 "甲县,low,starts,2012,1000000000000001,套\n"
                                 ",x,,2012,1,套\n").status()),
              ElementsAre("UNKNOWN_REGION 2", "UNKNOWN_PROGRAMME 3", "UNKNOWN_INDICATOR 4", "BAD_NUMBER 5", "NUMBER_TOO_FINE 6",
                          "NEGATIVE_NUMBER 7", "UNKNOWN_UNIT 8", "MISSING_FIELD 9", "BAD_PERIOD 10", "MISSING_FIELD 11", "BAD_VALUE 12",
                          "BAD_VALUE 13", "BAD_VALUE 14", "BAD_VALUE 15", "NUMBER_TOO_LARGE 16", "MISSING_FIELD 17", "UNKNOWN_PROGRAMME 17",
                          "MISSING_FIELD 17"));
}

TEST(EvaluateTest, TheSameKeyTwiceIsADuplicateUnlessPlacesDiffer) {
  EXPECT_THAT(Words(EvaluateText("甲县,low,starts,2012,1,套\n甲县,low,starts,2012,1,套\n").status()), ElementsAre("DUPLICATE_ROW 3"));
  EXPECT_THAT(Words(EvaluateText("甲县,low,starts,2012,1,套,,,表\n甲县,low,starts,2012,1,套,,,表\n").status()), ElementsAre("DUPLICATE_ROW 3"));
  EXPECT_THAT(Words(EvaluateText("甲县,low,starts,2012,1,套,,,表\n甲县,low,starts,2012,1,套\n").status()), IsEmpty());
}

TEST(EvaluateTest, AnAreaAndItsMemberCannotBothHaveTheCell) {
  EXPECT_THAT(Words(EvaluateText("中心区,low,starts,2012,1,套\n甲县,low,starts,2012,1,套\n").status()), ElementsAre("AREA_OVERLAP 3"));
  EXPECT_THAT(Words(EvaluateText("中心区,low,starts,2012,1,套\n甲县,low,starts,2013,1,套\n").status()), IsEmpty());
  EXPECT_THAT(Words(EvaluateText("中心区,low,starts,2012,1,套\n甲县,low,starts,2012,,\n").status()), IsEmpty());
  TargetsInForce standing;
  standing.cells[{.region = 7, .programme = 3, .indicator = 1, .period = {2012, 2012}, .layer = Layer::kCity}] = {.target = 5, .document = "早"};
  EXPECT_THAT(Words(EvaluateText("甲县,low,starts,2012,1,套\n", standing).status()), ElementsAre("AREA_OVERLAP 2"));
}

TEST(EvaluateTest, AnotherDocumentMayRepeatAFigureButNotChangeIt) {
  TargetsInForce standing;
  standing.cells[{.region = 3, .programme = 3, .indicator = 1, .period = {2012, 2012}, .layer = Layer::kCity}] = {.target = 5, .document = "早"};
  EXPECT_THAT(Words(EvaluateText("甲县,low,starts,2012,5,套\n", standing).status()), IsEmpty());
  EXPECT_THAT(Words(EvaluateText("甲县,low,starts,2012,6,套\n", standing).status()), ElementsAre("TARGET_CONFLICT 2"));
  EXPECT_THAT(Words(EvaluateText("甲县,low,starts,2012,6,套,,provincial\n", standing).status()), IsEmpty());
  EXPECT_THAT(Words(EvaluateText("甲县,low,starts,2012,no_task,\n", standing).status()), ElementsAre("TARGET_CONFLICT 2"));
  const absl::StatusOr<Evaluation> blank = EvaluateText("甲县,low,starts,2012,,\n", standing);
  ASSERT_TRUE(blank.ok());
  EXPECT_THAT(blank->cells, IsEmpty());
}

TEST(EvaluateTest, AnAdditionNeedsSomethingToBeAddedTo) {
  EXPECT_THAT(Words(EvaluateText("甲县,low,starts,2012,5,套,addition\n").status()), ElementsAre("BAD_VALUE 2"));
  TargetsInForce standing;
  standing.cells[{.region = 3, .programme = 3, .indicator = 1, .period = {2012, 2012}, .layer = Layer::kNational}] = {.target = 100, .document = "国"};
  const absl::StatusOr<Evaluation> evaluation = EvaluateText("甲县,low,starts,2012,5,套,addition\n", standing);
  ASSERT_TRUE(evaluation.ok());
  EXPECT_THAT(Words(evaluation->cells), ElementsAre("甲县 low starts 2012 city 105"));
}

TEST(EvaluateTest, MoreAndLessThanTheLayerAboveAreAllocations) {
  TargetsInForce standing;
  const auto set = [&](RegionNumber region, Layer layer, int64_t target) {
    standing.cells[{.region = region, .programme = 3, .indicator = 1, .period = {2012, 2012}, .layer = layer}] = {.target = target, .document = "省"};
  };
  set(2, Layer::kNational, 10);
  set(2, Layer::kProvince, 50);
  set(3, Layer::kProvince, 40);
  set(4, Layer::kProvince, 30);
  const absl::StatusOr<Evaluation> evaluation = EvaluateText("甲县,low,starts,2012,40,套\n乙县,low,starts,2012,20,套\n", standing);
  ASSERT_TRUE(evaluation.ok());
  ASSERT_EQ(evaluation->allocations.size(), 2u);  // 甲县 got what the province asked for
  EXPECT_EQ(evaluation->allocations[0].cell.region, 4u);
  EXPECT_EQ(evaluation->allocations[0].over(), -10);
  EXPECT_EQ(evaluation->allocations[1].cell.region, 2u);  // not printed: the sum of its children
  EXPECT_EQ(evaluation->allocations[1].upper_layer, Layer::kProvince);
  EXPECT_EQ(evaluation->allocations[1].allocated, 60);
  EXPECT_EQ(evaluation->allocations[1].over(), 10);
}

TEST(EvaluateTest, ASumNoFigureMayBeIsRefused) {
  EXPECT_THAT(Words(EvaluateText("某市,low,starts,2012,5,套\n甲县,low,starts,2012,600000000000000,套\n乙县,low,starts,2012,600000000000000,套\n").status()),
              ElementsAre("NUMBER_TOO_LARGE 2"));
}

TEST(EvaluateTest, WhatWouldKeepTheDeciderBusyIsRefused) {
  std::string periods, places;
  for (int i = 0; i <= 100; ++i) periods += "甲县,low,starts," + std::to_string(1950 + i) + ",1,套\n";
  for (int i = 0; i <= 100; ++i) places += "甲县,low,starts,2012,1,套,,," + std::to_string(i) + "\n";
  EXPECT_THAT(Words(EvaluateText(periods).status()), ElementsAre("TOO_MANY_ROWS 102"));
  EXPECT_THAT(Words(EvaluateText(places).status()), ElementsAre("TOO_MANY_ROWS 102"));
}

TEST(EvaluateTest, WithoutAnIssueDateEachRowIsReadOnTheFirstDayOfItsYears) {
  const RegionTree tree = SmallTree();
  DocumentText text{.number = "无日期", .issuer = "某市", .issued = "unknown",
                    .rows = Rows("丙县,low,starts,2015,1,套\n丙县,low,starts,2016,1,套\n丙县,low,starts,2015-2016,1,套\n")};
  const absl::StatusOr<DocumentHeader> header = ReadHeader(text, tree);
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(header->layer, Layer::kCity);
  EXPECT_THAT(Words(ReadRows(text.rows, *header, tree, SmallCatalogue()).status()), ElementsAre("REGION_CLOSED 3"));
}

}  // namespace
}  // namespace anju::plan
