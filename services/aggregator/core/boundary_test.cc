// Boundary changes, amendments and reviews on small cases that can be followed by hand.
#include <gtest/gtest.h>

#include "services/aggregator/core/view.h"
#include "services/aggregator/core/world_for_tests.h"

namespace anju::aggregator {
namespace {

using testing::MakeCatalogue;
using testing::MakeRegion;
using testing::RandomWorld;
using testing::SeriesBook;
using testing::Worlds;

constexpr Period k2017{2017, 2017};
constexpr ProgrammeNumber kAll = 1, kUrban = 3, kPublicRental = 5;
constexpr IndicatorNumber kStarts = 1, kPlotRatio = 4;
const Date kMay = MakeDate(2017, 5, 1);

// A province (1) with two cities (2, 3); counties 4, 5, 6 of the first and 7 of the second.
class BoundaryTest : public ::testing::Test {
 protected:
  BoundaryTest() : state_(1) {
    Put({MakeRegion(1, "P", 0, RegionLevel::kProvince)});
    for (const RegionNumber city : {2, 3}) Put({MakeRegion(city, "C" + std::to_string(city), 1, RegionLevel::kCity)});
    for (const RegionNumber county : {4, 5, 6, 7}) Put({MakeRegion(county, "X" + std::to_string(county), county == 7 ? 3 : 2)});
    Register();
  }
  void Put(const std::vector<Region>& rows) { regions_.Put(rows); }
  void Register() { state_.ReplaceRegistry(regions_, MakeCatalogue(), boundaries_); }
  void End(RegionNumber region, Date day) {
    std::vector<Region> rows = *regions_.Rows(region);
    rows.back().valid_to = day;
    Put(rows);
  }
  void Begin(RegionNumber region, RegionNumber parent, Date day) {
    Region row = MakeRegion(region, "X" + std::to_string(region), parent);
    row.valid_from = day;
    Put({row});
  }
  void Move(RegionNumber region, RegionNumber parent, Date day) {
    std::vector<Region> rows = *regions_.Rows(region);
    rows.push_back(rows.back());
    rows[rows.size() - 2].valid_to = rows.back().valid_from = day;
    rows.back().parent = parent;
    Put(rows);
    Register();
  }
  void Pass(RegionNumber from, RegionNumber into, BoundaryKind kind, Fraction share, Date day) {
    boundaries_.Add({.kind = kind, .date = day, .region = from, .into = into, .share = share});
  }
  uint64_t Report(RegionNumber region, ProgrammeNumber programme, int64_t amount, Date as_of, UpdateKind kind = UpdateKind::kCumulative,
                  IndicatorNumber indicator = kStarts) {
    state_.ApplyProgress(0, "j", book_.Update({region, programme, indicator, k2017}, {.as_of = as_of, .amount = amount, .kind = kind}));
    return book_.sequence();
  }
  void Print(RegionNumber region, ProgrammeNumber programme, std::optional<int64_t> amount, Date issued, std::string amends = "",
             Missing missing = Missing::kNone) {
    DocumentInfo info{.number = "D" + std::to_string(++documents_), .amends = amends, .issued = issued};
    if (!amends.empty()) info.effective = issued;
    state_.AddDocument(documents_, info,
                       {{.cell = {region, programme, kStarts, k2017}, .layer = Layer::kCity, .target = {.amount = amount, .missing = missing}}});
  }
  // The running totals, after checking that the plain recursion says the same.
  CellFigures At(RegionNumber region, ProgrammeNumber programme = kUrban, IndicatorNumber indicator = kStarts) {
    const CellKey cell{region, programme, indicator, k2017};
    const CellFigures running = state_.Current(cell);
    EXPECT_TRUE(running == state_.DatedFold(Moment{}).At(cell)) << region << " " << programme;
    return running;
  }
  std::optional<int64_t> TargetOf(const CellFigures& cell) {
    const auto& target = cell.targets[static_cast<size_t>(Layer::kCity)];
    return target ? target->amount : std::nullopt;
  }
  CellFigures AsOf(Date day, RegionNumber region, ProgrammeNumber programme = kUrban) {
    return View(state_, Moment{.as_of = day}).At({region, programme, kStarts, k2017});
  }

  RegionTree regions_;
  Boundaries boundaries_;
  State state_;
  SeriesBook book_;
  uint64_t documents_ = 0;
};

// 上饶县 became 广信区: another code for the same territory.
TEST_F(BoundaryTest, ARecodeGoesOnUnderTheNewCodeAndLeavesThePastAsItWas) {
  Report(4, kUrban, 10, MakeDate(2017, 3, 1));
  Report(4, kUrban, 280, MakeDate(2017, 3, 1), UpdateKind::kCumulative, kPlotRatio);
  Print(4, kUrban, 40, MakeDate(2017, 1, 20));
  End(4, kMay);
  Begin(8, 2, kMay);
  Pass(4, 8, BoundaryKind::kRecode, {1, 1}, kMay);
  Register();
  EXPECT_EQ(At(8).actual, 10);
  EXPECT_EQ(At(8, kAll).actual, 10);
  EXPECT_EQ(At(8, kUrban, kPlotRatio).actual, 280);
  EXPECT_EQ(TargetOf(At(8)), 40);
  EXPECT_FALSE(At(8).own);
  EXPECT_EQ(At(2).actual, 10);
  EXPECT_EQ(TargetOf(At(2)), 40);
  const CellFigures past = AsOf(MakeDate(2017, 4, 1), 4);
  EXPECT_EQ(past.actual, 10);
  EXPECT_EQ(AsOf(MakeDate(2017, 4, 1), 8).actual, std::nullopt);
  // Today's tree applied to the past.
  View today(state_, Moment{.as_of = MakeDate(2017, 4, 1), .tree = MakeDate(2017, 12, 31)});
  EXPECT_EQ(today.At({8, kUrban, kStarts, k2017}).actual, 10);
  EXPECT_EQ(today.SummedChildrenOf(2, k2017), (std::vector<RegionNumber>{5, 6, 8}));
  // The district's own report takes the place of what it took over.
  Report(8, kUrban, 12, MakeDate(2017, 6, 30));
  EXPECT_EQ(At(8).actual, 12);
  EXPECT_EQ(At(2).actual, 12);
}

TEST_F(BoundaryTest, AMergeAddsUntilTheSuccessorReportsForTheWholeTerritory) {
  Report(4, kUrban, 10, MakeDate(2017, 3, 1));
  Report(4, kPublicRental, 5, MakeDate(2017, 3, 1));
  Report(5, kUrban, 20, MakeDate(2017, 3, 1));
  End(4, kMay);
  Pass(4, 5, BoundaryKind::kMerge, {1, 1}, kMay);
  Register();
  EXPECT_EQ(At(5).actual, 30);
  EXPECT_EQ(At(5, kAll).actual, 35);
  EXPECT_EQ(At(2, kAll).actual, 35);
  Report(5, kUrban, 3, MakeDate(2017, 6, 1), UpdateKind::kIncrement);
  EXPECT_EQ(At(5).actual, 33);
  Report(5, kUrban, 40, MakeDate(2017, 7, 1));
  EXPECT_EQ(At(5).actual, 40);
  // Of the other programme nothing new was said.
  EXPECT_EQ(At(5, kAll).actual, 45);
  EXPECT_EQ(AsOf(MakeDate(2017, 6, 15), 5).actual, 33);
  EXPECT_EQ(AsOf(MakeDate(2017, 4, 15), 5).actual, 20);
}

// 邯郸县 was divided.
TEST_F(BoundaryTest, ASplitHandsEverythingOnInExactShares) {
  Report(4, kUrban, 11, MakeDate(2017, 3, 1));
  Print(4, kUrban, 101, MakeDate(2017, 1, 20));
  End(4, kMay);
  Pass(4, 5, BoundaryKind::kSplit, {3, 10}, kMay);
  Pass(4, 7, BoundaryKind::kSplit, {7, 10}, kMay);
  Register();
  EXPECT_EQ(At(5).actual, 3);
  EXPECT_EQ(At(7).actual, 8);
  EXPECT_EQ(At(1).actual, 11);
  EXPECT_EQ(TargetOf(At(5)), 30);
  EXPECT_EQ(TargetOf(At(7)), 71);
  Fold fold = state_.DatedFold(Moment{});
  const auto facts = fold.Trace({3, kUrban, kStarts, k2017});
  ASSERT_EQ(facts.size(), 1U);
  EXPECT_EQ(facts[0].cell.region, 4u);
  EXPECT_EQ(facts[0].figure.amount, 11);
  EXPECT_EQ(facts[0].counted, 8);
  EXPECT_EQ(facts[0].path, (std::vector<size_t>{1}));
}

TEST_F(BoundaryTest, WhatAChildTookAlongDoesNotStayInItsFormerParentsOwnFigure) {
  // City 3 reports for itself, with its only county in it; then the county moves to city 2 and reports what it had.
  Report(3, kUrban, 50, MakeDate(2017, 3, 1));
  Move(7, 2, kMay);
  EXPECT_EQ(At(3).actual, 50);
  Report(7, kUrban, 20, MakeDate(2017, 4, 30));
  EXPECT_EQ(At(3).actual, std::nullopt);
  EXPECT_EQ(At(3).declared, 50);
  EXPECT_EQ(At(1).actual, 20);
  Report(3, kUrban, 31, MakeDate(2017, 6, 1));
  EXPECT_EQ(At(3).actual, 31);
  EXPECT_EQ(At(1).actual, 51);
}

TEST_F(BoundaryTest, APrintedTargetFollowsWhoComesAndGoesAfterItsDay) {
  Print(2, kUrban, 100, MakeDate(2017, 1, 20));
  Print(3, kUrban, 60, MakeDate(2017, 1, 20));
  Print(4, kUrban, 30, MakeDate(2017, 1, 20));
  Move(4, 3, kMay);
  EXPECT_EQ(TargetOf(At(2)), 70);
  EXPECT_EQ(TargetOf(At(3)), 90);
  EXPECT_EQ(TargetOf(At(1)), 160);
  EXPECT_EQ(TargetOf(AsOf(MakeDate(2017, 4, 1), 2)), 100);
  const TargetRule rule = state_.DatedFold(Moment{}).TargetRuleOf({2, kUrban, kStarts, k2017}, Layer::kCity);
  EXPECT_EQ(rule.rule, Rule::kOwn);
  EXPECT_EQ(rule.moved, -30);
  // An amendment is printed for the territory of its day.
  Print(2, kUrban, 75, MakeDate(2017, 6, 1), "D1");
  EXPECT_EQ(TargetOf(At(2)), 75);
  EXPECT_EQ(TargetOf(AsOf(MakeDate(2017, 5, 15), 2)), 70);
}

TEST_F(BoundaryTest, AnAmendmentHoldsFromItsDayAndMayTakeATargetBack) {
  Print(4, kUrban, 30, MakeDate(2017, 1, 20));
  Print(4, kUrban, 35, MakeDate(2017, 6, 1), "D1");
  Print(4, kUrban, std::nullopt, MakeDate(2017, 9, 1), "D2", Missing::kAbsent);
  EXPECT_EQ(TargetOf(AsOf(MakeDate(2016, 12, 31), 4)), std::nullopt);
  EXPECT_EQ(TargetOf(AsOf(MakeDate(2017, 5, 31), 4)), 30);
  EXPECT_EQ(TargetOf(AsOf(MakeDate(2017, 6, 1), 4)), 35);
  EXPECT_EQ(TargetOf(At(4)), std::nullopt);
  EXPECT_FALSE(At(4).own);
  // As known before the last one.
  View before(state_, Moment{.known = Known{.plan = 2, .progress = {}}});
  EXPECT_EQ(TargetOf(before.At({4, kUrban, kStarts, k2017})), 35);
}

TEST_F(BoundaryTest, ATargetPrintedForTheNewTerritoryIsNotAddedToWhatWasTakenOver) {
  Print(4, kUrban, 20, MakeDate(2017, 1, 20));
  Print(4, kPublicRental, 5, MakeDate(2017, 1, 20));
  End(4, kMay);
  Pass(4, 5, BoundaryKind::kMerge, {1, 1}, kMay);
  Register();
  Print(5, kUrban, 50, MakeDate(2017, 6, 1));
  EXPECT_EQ(TargetOf(At(5)), 50);
  EXPECT_EQ(TargetOf(At(5, kPublicRental)), 5);
  EXPECT_EQ(TargetOf(At(5, kAll)), 55);
}

TEST_F(BoundaryTest, ReviewsFilterAndAreRemarkedOn) {
  const uint64_t first = Report(4, kUrban, 10, MakeDate(2017, 3, 1));
  Report(4, kUrban, 15, MakeDate(2017, 4, 1));
  state_.TakeChanged();
  ProgressChange review{.kind = ProgressChange::Kind::kReview, .update = first, .review = ReviewState::kReviewed};
  review.entry.sequence = 100;
  ASSERT_TRUE(state_.CheckProgress(0, {review}).ok());
  state_.ApplyProgress(0, "j", {review});
  EXPECT_EQ(state_.TakeChanged().size(), 1U);
  const CellKey cell{4, kUrban, kStarts, k2017};
  EXPECT_EQ(View(state_, Moment{.review = ReviewFilter::kReviewed}).At(cell).actual, 10);
  EXPECT_EQ(View(state_, Moment{.review = ReviewFilter::kConfirmed}).At(cell).actual, std::nullopt);
  EXPECT_EQ(View(state_, Moment{.known = Known{.plan = 9, .progress = {99}}, .review = ReviewFilter::kReviewed}).At(cell).actual, std::nullopt);
  EXPECT_EQ(state_.CurrentRemarks(cell).review, ReviewState::kReported);
  EXPECT_EQ(View(state_, Moment{.as_of = MakeDate(2017, 3, 31)}).RemarksOf(cell).review, ReviewState::kReviewed);
  review.update = 99;
  EXPECT_EQ(state_.CheckProgress(0, {review}).code(), absl::StatusCode::kDataLoss);
}

// Registries that nobody would write: anything moves below anything, so that regions once stood below those that now stand below them.
TEST(TangledTest, NothingGoesRoundInACircleAndTheTotalsStillEqualTheFold) {
  int changes = 0;
  for (uint64_t seed = 1; seed <= Worlds(10); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomWorld world(seed);
    State state(2);
    SeriesBook book;
    RegionTree regions = world.regions();
    Boundaries boundaries;
    for (int change = 0; change < 60; ++change) {
      const RegionNumber region = 2 + world.Below(19), other = 1 + world.Below(20);
      std::vector<Region> rows = *regions.Rows(region);
      const Date day = world.AnyDay();
      if (region == other || day <= rows.back().valid_from || rows.back().valid_to != kDistantFuture) continue;
      const bool merges = world.Below(3) == 0;
      rows.back().valid_to = day;
      if (!merges) {
        rows.push_back(rows.back());
        rows.back().valid_from = day;
        rows.back().valid_to = kDistantFuture;
        rows.back().parent = other;
      }
      RegionTree changed = regions;
      changed.Put(rows);
      if (!changed.Validate().ok()) continue;
      regions = changed;
      if (merges) boundaries.Add({.kind = BoundaryKind::kMerge, .date = day, .region = region, .into = other, .share = {1, 1}});
      ++changes;
    }
    state.ReplaceRegistry(regions, MakeCatalogue(), boundaries);
    for (uint64_t i = 1; i <= 120; ++i) {
      if (i % 4 == 0) state.AddDocument(i, world.AnyDocumentInfo(i), world.AnyDocument());
      else state.ApplyProgress(0, "j", book.Update(world.AnyCell(), world.AnyEntry(0)));
    }
    Fold fold = state.DatedFold(Moment{}), dated = state.DatedFold(Moment{.as_of = world.AnyDay()});
    for (const Totals::Column& column : state.totals().columns()) {
      for (const RegionNumber region : regions.Numbers()) {
        const CellKey cell{region, column.programme, column.indicator, column.period};
        dated.At(cell);
        ASSERT_TRUE(state.Current(cell) == fold.At(cell)) << region << " " << column.programme << " " << column.indicator;
      }
    }
  }
  EXPECT_GT(changes, 50);
}

}  // namespace
}  // namespace anju::aggregator
