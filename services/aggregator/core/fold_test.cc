// The rule of summation on the shapes of the real documents, by hand.
#include <gtest/gtest.h>

#include "services/aggregator/core/view.h"
#include "services/aggregator/core/world_for_tests.h"

namespace anju::aggregator {
namespace {

using testing::MakeCatalogue;
using testing::MakeRegion;
using testing::SeriesBook;

constexpr Period k2017{2017, 2017};
constexpr ProgrammeNumber kAll = 1, kShantytown = 2, kUrban = 3, kPublicRental = 5;
constexpr IndicatorNumber kStarts = 1, kPhysical = 2, kBuilt = 3, kPlotRatio = 4, kCompletions = 5;

// A prefecture (2) in a province (1) with three counties (3 香格里拉, 4 德钦, 5 维西), a zone (6 开发区) and its own level (7 州本级);
// an area (8) of the first two counties.
class ShapeTest : public ::testing::Test {
 protected:
  ShapeTest() : state_(1) {
    RegionTree regions;
    regions.Put({MakeRegion(1, "530000", 0, RegionLevel::kProvince)});
    regions.Put({MakeRegion(2, "533400", 1, RegionLevel::kCity)});
    for (RegionNumber county = 3; county <= 5; ++county) regions.Put({MakeRegion(county, "53340" + std::to_string(county), 2)});
    regions.Put({MakeRegion(6, "533400-KFQ", 2, RegionLevel::kUnit, RegionKind::kZone)});
    regions.Put({MakeRegion(7, "533400-BJ", 2, RegionLevel::kUnit, RegionKind::kOwnLevel)});
    Region area = MakeRegion(8, "533400-ZXCQ", 2, RegionLevel::kUnit, RegionKind::kArea);
    area.members = {3, 4};
    regions.Put({area});
    state_.ReplaceRegistry(regions, MakeCatalogue());
  }

  void Report(const CellKey& cell, int64_t amount, Date as_of = MakeDate(2017, 6, 30)) {
    state_.ApplyProgress(0, "j", book_.Update(cell, {.as_of = as_of, .amount = amount}));
  }
  void Print(const CellKey& cell, std::optional<int64_t> amount, Missing missing = Missing::kNone) {
    ++documents_;
    state_.AddDocument(documents_, {.number = "D" + std::to_string(documents_), .amends = {}},
                       {{.cell = cell, .layer = Layer::kProvince, .target = {.amount = amount, .missing = missing}}});
  }
  // The running totals, after checking that the plain recursion says the same.
  CellFigures At(const CellKey& cell) {
    Fold fold = state_.DatedFold(Moment{});
    const CellFigures running = state_.Current(cell);
    EXPECT_TRUE(running == fold.At(cell));
    return running;
  }
  std::optional<int64_t> TargetAt(const CellKey& cell) {
    const auto target = At(cell).targets[static_cast<size_t>(Layer::kProvince)];
    return target ? target->amount : std::nullopt;
  }

  State state_;
  SeriesBook book_;
  int documents_ = 0;
};

TEST_F(ShapeTest, StartsOfAllAreSummedThroughTheChildrensProgrammesWhileThePrintedWholeIsDeclared) {
  Report({3, kUrban, kStarts, k2017}, 1241);
  Report({5, kUrban, kStarts, k2017}, 900);
  Report({4, kUrban, kStarts, k2017}, 153);
  Report({2, kAll, kStarts, k2017}, 2294);
  const CellFigures all = At({2, kAll, kStarts, k2017});
  EXPECT_EQ(all.actual, 2294);
  EXPECT_EQ(all.declared, 2294);
  EXPECT_EQ(At({2, kUrban, kStarts, k2017}).actual, 2294);
  EXPECT_EQ(At({2, kUrban, kStarts, k2017}).declared, std::nullopt);
  EXPECT_EQ(At({1, kAll, kStarts, k2017}).actual, 2294);
  EXPECT_EQ(At({3, kAll, kStarts, k2017}).actual, 1241);
  EXPECT_FALSE(At({3, kAll, kStarts, k2017}).own);
}

TEST_F(ShapeTest, AZoneWithoutATargetCountsInItsParentsFigure) {
  Print({3, kUrban, kCompletions, k2017}, 1325);
  Print({4, kUrban, kCompletions, k2017}, 800);
  Print({5, kUrban, kCompletions, k2017}, 1600);
  for (const RegionNumber county : {3, 4, 5}) Report({county, kUrban, kCompletions, k2017}, 0);
  Report({6, kUrban, kCompletions, k2017}, 172);
  EXPECT_EQ(At({2, kUrban, kCompletions, k2017}).actual, 172);
  EXPECT_EQ(TargetAt({2, kUrban, kCompletions, k2017}), 3725);
  EXPECT_EQ(TargetAt({6, kUrban, kCompletions, k2017}), std::nullopt);
}

TEST_F(ShapeTest, ATargetOfThe3725CompletionsIsNotCountedTwice) {
  // Printed for the prefecture under two programmes and for the counties under one of them.
  Print({2, kAll, kCompletions, k2017}, 3725);
  Print({2, kUrban, kCompletions, k2017}, 3725);
  Print({3, kUrban, kCompletions, k2017}, 2125);
  Print({4, kUrban, kCompletions, k2017}, 1600);
  EXPECT_EQ(TargetAt({2, kAll, kCompletions, k2017}), 3725);
  EXPECT_EQ(TargetAt({2, kUrban, kCompletions, k2017}), 3725);
  EXPECT_EQ(TargetAt({2, kShantytown, kCompletions, k2017}), 3725);
  EXPECT_EQ(TargetAt({1, kAll, kCompletions, k2017}), 3725);
}

TEST_F(ShapeTest, OfWhichPartsNeverMakeAWhole) {
  Print({2, kUrban, kPhysical, k2017}, 97902);
  EXPECT_EQ(TargetAt({2, kUrban, kStarts, k2017}), std::nullopt);
  EXPECT_EQ(TargetAt({2, kUrban, kPhysical, k2017}), 97902);
  EXPECT_EQ(TargetAt({2, kAll, kPhysical, k2017}), 97902);
  EXPECT_EQ(TargetAt({3, kUrban, kPhysical, k2017}), std::nullopt);
}

TEST_F(ShapeTest, APrintedWordWithoutANumberIsNotReplacedByASum) {
  Print({2, kUrban, kStarts, k2017}, std::nullopt, Missing::kNoTask);
  Print({3, kUrban, kStarts, k2017}, 10);
  EXPECT_EQ(TargetAt({2, kUrban, kStarts, k2017}), std::nullopt);
  EXPECT_EQ(At({2, kUrban, kStarts, k2017}).targets[1]->missing, Missing::kNoTask);
}

TEST_F(ShapeTest, TheWholeIsTheFactWhereNoPartIsReported) {
  Report({2, kAll, kCompletions, k2017}, 99);
  EXPECT_EQ(At({2, kAll, kCompletions, k2017}).actual, 99);
  EXPECT_EQ(At({2, kAll, kCompletions, k2017}).declared, std::nullopt);
  EXPECT_EQ(At({1, kAll, kCompletions, k2017}).actual, 99);
  EXPECT_EQ(At({2, kUrban, kCompletions, k2017}).actual, std::nullopt);
}

TEST_F(ShapeTest, AGroupSumsItsMembersAndIsAddedNowhere) {
  Report({3, kPublicRental, kStarts, k2017}, 7);
  Report({3, 6, kStarts, k2017}, 5);
  EXPECT_EQ(At({3, 7, kStarts, k2017}).actual, 12);
  EXPECT_EQ(At({2, 7, kStarts, k2017}).actual, 12);
  EXPECT_EQ(At({2, kAll, kStarts, k2017}).actual, 12);
}

TEST_F(ShapeTest, AnAreaShowsItsMembersWithoutAddingThemTwice) {
  Report({3, kUrban, kStarts, k2017}, 10);
  Report({4, kUrban, kStarts, k2017}, 20);
  Report({5, kUrban, kStarts, k2017}, 40);
  EXPECT_EQ(At({8, kUrban, kStarts, k2017}).actual, 30);
  EXPECT_EQ(At({8, kAll, kStarts, k2017}).actual, 30);
  EXPECT_EQ(At({2, kUrban, kStarts, k2017}).actual, 70);
}

TEST_F(ShapeTest, AnAreasOwnFigureAddsLikeAChilds) {
  Report({8, kUrban, kStarts, k2017}, 30);
  Report({5, kUrban, kStarts, k2017}, 40);
  EXPECT_EQ(At({2, kUrban, kStarts, k2017}).actual, 70);
  EXPECT_EQ(At({8, kAll, kStarts, k2017}).actual, 30);
  // It is no mere sum of its members under the whole programme either: it adds there, so it is ranked there.
  EXPECT_TRUE(At({8, kAll, kStarts, k2017}).own);
  Report({3, kPublicRental, kStarts, k2017}, 2);
  EXPECT_FALSE(At({8, kPublicRental, kStarts, k2017}).own);
  Print({8, kUrban, kCompletions, k2017}, 5);
  EXPECT_TRUE(At({8, kAll, kCompletions, k2017}).own);
}

TEST_F(ShapeTest, RatiosAreNeverAdded) {
  Report({3, kUrban, kPlotRatio, k2017}, 280);
  Report({4, kUrban, kPlotRatio, k2017}, 280);
  EXPECT_EQ(At({2, kUrban, kPlotRatio, k2017}).actual, std::nullopt);
  EXPECT_EQ(At({3, kAll, kPlotRatio, k2017}).actual, std::nullopt);
  EXPECT_EQ(At({3, kUrban, kPlotRatio, k2017}).actual, 280);
}

TEST_F(ShapeTest, AStocksYearStartIsTheSumAtTheEndOfTheYearBeforeItsNewestFigure) {
  Report({3, kPublicRental, kBuilt, {}}, 100, MakeDate(2015, 12, 31));
  Report({3, kPublicRental, kBuilt, {}}, 140, MakeDate(2017, 6, 30));
  Report({4, kPublicRental, kBuilt, {}}, 50, MakeDate(2016, 8, 1));
  EXPECT_EQ(At({3, kPublicRental, kBuilt, {}}).year_start, 100);
  EXPECT_EQ(At({4, kPublicRental, kBuilt, {}}).year_start, std::nullopt);  // its own newest year is 2016
  EXPECT_EQ(At({2, kPublicRental, kBuilt, {}}).actual, 190);
  EXPECT_EQ(At({2, kPublicRental, kBuilt, {}}).year_start, 150);
  // A late figure of last year moves the start of this one.
  Report({4, kPublicRental, kBuilt, {}}, 60, MakeDate(2016, 12, 31));
  EXPECT_EQ(At({2, kAll, kBuilt, {}}).year_start, 160);
}

TEST_F(ShapeTest, AMoveTakesTheWholeFigureAlong) {
  Report({3, kUrban, kStarts, k2017}, 10);
  Report({4, kUrban, kStarts, k2017}, 20);
  RegionTree regions = state_.regions();
  regions.Put({MakeRegion(9, "530100", 1, RegionLevel::kCity)});
  Region before = MakeRegion(4, "533404", 2), after = MakeRegion(4, "533404", 9);
  before.valid_to = after.valid_from = MakeDate(2017, 8, 1);
  regions.Put({before, after});
  state_.TakeChanged();
  state_.ReplaceRegistry(regions, state_.catalogue());
  EXPECT_EQ(At({2, kUrban, kStarts, k2017}).actual, 10);
  EXPECT_EQ(At({9, kUrban, kStarts, k2017}).actual, 20);
  EXPECT_EQ(At({1, kUrban, kStarts, k2017}).actual, 30);
  const auto changed = state_.TakeChanged();
  const auto times = [&](const CellKey& cell) {
    return std::count_if(changed.begin(), changed.end(), [&](const State::ChangedCell& one) { return State::KeyOf(one) == cell; });
  };
  EXPECT_EQ(times({2, kUrban, kStarts, k2017}), 1);
  EXPECT_EQ(times({3, kUrban, kStarts, k2017}), 0);
  // In the tree of a day before the move it is where it was.
  View view(state_, Moment{.as_of = MakeDate(2017, 7, 31)});
  EXPECT_EQ(view.At({2, kUrban, kStarts, k2017}).actual, 30);
}

// 邯郸县 was abolished in 2016: what it had reported for the year stays in its city's totals.
TEST_F(ShapeTest, WhatAClosedCountyReportedStaysInItsParentsTotals) {
  Report({3, kUrban, kStarts, k2017}, 10, MakeDate(2017, 3, 31));
  Report({4, kUrban, kStarts, k2017}, 20, MakeDate(2017, 3, 31));
  Report({4, kPublicRental, kBuilt, {}}, 7, MakeDate(2017, 3, 31));
  Print({4, kUrban, kStarts, k2017}, 25);
  const auto put = [&](RegionNumber number, RegionNumber parent, Date from, Date to) {
    RegionTree regions = state_.regions();
    Region row = MakeRegion(number, number < 9 ? "53340" + std::to_string(number) : "5334-" + std::to_string(number), parent);
    row.valid_from = from;
    row.valid_to = to;
    regions.Put({row});
    state_.ReplaceRegistry(regions, state_.catalogue());
  };
  put(4, 2, kDistantPast, MakeDate(2017, 5, 1));
  for (const RegionNumber above : {1u, 2u}) {
    EXPECT_EQ(At({above, kUrban, kStarts, k2017}).actual, 30);
    EXPECT_EQ(At({above, kPublicRental, kBuilt, {}}).actual, 7);
    EXPECT_EQ(TargetAt({above, kUrban, kStarts, k2017}), 25);
  }
  // The area it was a member of shows it too, and adds it to nothing.
  EXPECT_EQ(At({8, kUrban, kStarts, k2017}).actual, 30);
  for (const auto day : {std::optional<Date>(), std::optional<Date>(MakeDate(2017, 4, 1)), std::optional<Date>(MakeDate(2018, 2, 1))}) {
    View view(state_, Moment{.as_of = day});
    EXPECT_EQ(view.At({2, kUrban, kStarts, k2017}).actual, 30);
    // The rows of a rollup add up, so it is among them; in a league table it is a peer only while it is open.
    std::vector<RegionNumber> rows;
    for (const Cell& cell : Rollup(view, {.region = 2, .period = k2017, .programme = kUrban, .indicator = kStarts})) rows.push_back(cell.key.region);
    EXPECT_EQ(rows, (std::vector<RegionNumber>{2, 3, 4, 8}));
    const std::vector<RegionNumber> peers = ColumnOf(view, 2, {{kUrban, kStarts, k2017}}).regions;
    EXPECT_EQ(std::count(peers.begin(), peers.end(), 4u), day == MakeDate(2017, 4, 1) ? 1 : 0);
  }
  // A county that was founded the year after reports the last completions of this one.
  put(9, 2, MakeDate(2018, 1, 1), kDistantFuture);
  Report({9, kUrban, kCompletions, k2017}, 3, MakeDate(2018, 2, 1));
  EXPECT_EQ(At({2, kUrban, kCompletions, k2017}).actual, 3);
}

TEST(DatedTreeTest, RowsOfDifferentDaysNeverMakeACircle) {
  // 2 stood below 1 before 2016; 3, which is founded in 2018, will stand below 2 and is named as parent by a row of 1 that ends before.
  RegionTree regions;
  Region early = MakeRegion(1, "A", 3), late = MakeRegion(1, "A", 0);
  early.valid_to = late.valid_from = MakeDate(2017, 1, 1);
  regions.Put({early, late});
  regions.Put({MakeRegion(2, "B", 1)});
  Region founded = MakeRegion(3, "C", 2);
  founded.valid_from = MakeDate(2018, 1, 1);
  regions.Put({founded});
  ASSERT_TRUE(regions.Validate().ok());
  for (const Date day : {MakeDate(2016, 6, 1), MakeDate(2017, 6, 1), MakeDate(2018, 6, 1)}) {
    const DatedTree tree(regions, Boundaries(), day);
    for (RegionNumber region = 1; region <= 3; ++region) {
      RegionNumber above = region;
      for (int steps = 0; steps < 3 && above != 0; ++steps) above = tree.Parent(above);
      EXPECT_EQ(above, 0u) << region << " on " << FormatDate(day);
    }
  }
}

}  // namespace
}  // namespace anju::aggregator
