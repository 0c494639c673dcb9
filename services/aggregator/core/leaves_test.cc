// What belongs to a cell, over so many cells that the hashes of some are alike: its series, some of them of several journals, and its node in the totals.
#include "services/aggregator/core/leaves.h"

#include <map>

#include <gtest/gtest.h>

#include "services/aggregator/core/totals.h"

namespace anju::aggregator {
namespace {

// So many that a few of them have the same 32 bits of hash: ten pairs are to be expected, none in one of some thirty thousand runs.
constexpr uint32_t kRegions = 3'000, kIndicators = 100;
constexpr uint32_t kEvery = 97;  // one cell in so many is reported through both journals, and one through the second only

CellKey CellOf(uint32_t region, uint32_t indicator) { return {.region = region, .programme = 1, .indicator = static_cast<IndicatorNumber>(indicator), .period = {2017, 2017}}; }

TEST(LeavesTest, EveryCellHasItsOwnSeries) {
  Leaves leaves(2);
  leaves.SetJournal(0, "a");
  leaves.SetJournal(1, "b");
  std::map<CellKey, int64_t> newest;
  std::map<CellKey, size_t> series;
  uint64_t sequences[] = {0, 0};
  uint32_t number = 0;
  const auto report = [&](Slot slot, const CellKey& cell, Date as_of, int64_t amount) {
    leaves.Record(slot, leaves.Open(slot, cell), {.as_of = as_of, .sequence = ++sequences[slot], .amount = amount});
    newest[cell] = amount;
    ++series[cell];
  };
  for (uint32_t region = 1; region <= kRegions; ++region) {
    for (uint32_t indicator = 1; indicator <= kIndicators; ++indicator) {
      const CellKey cell = CellOf(region, indicator);
      const bool second = ++number % kEvery == 1, first = number % kEvery != 2;
      if (first) report(0, cell, {17'000}, number);
      if (second || !first) report(1, cell, {17'001}, int64_t{number} + 1'000'000);
    }
  }
  for (const auto& [cell, amount] : newest) {
    for (int step = 0; step < Leaves::kForeseeSteps; ++step) leaves.Foresee(cell, step);
    const auto figure = leaves.FigureAt(cell, kDistantFuture);
    ASSERT_TRUE(figure.has_value());
    ASSERT_EQ(figure->amount, amount);
    ASSERT_EQ(leaves.Newest(cell)->amount, amount);
    const std::vector<const Leaf*> of_cell = leaves.SeriesOf(cell);
    ASSERT_EQ(of_cell.size(), series[cell]);
    for (const Leaf* leaf : of_cell) {
      ASSERT_EQ(leaf->cell, cell);
      ASSERT_EQ(leaf->shared, of_cell.size() > 1);
    }
    // As of the day before the second journal's figure only the first one's stands.
    if (series[cell] == 2) {
      ASSERT_EQ(leaves.FigureAt(cell, {17'000})->amount, amount - 1'000'000);
    }
  }
  std::map<CellKey, int> visited;
  leaves.ForEachCell([&](const CellKey& cell) { ++visited[cell]; });
  EXPECT_EQ(visited.size(), newest.size());
  for (const auto& [cell, times] : visited) ASSERT_EQ(times, 1);
  EXPECT_FALSE(leaves.FigureAt(CellOf(kRegions + 1, 1), kDistantFuture).has_value());
  EXPECT_TRUE(leaves.SeriesOf(CellOf(1, kIndicators + 1)).empty());
}

TEST(TotalsTest, EveryCellHasItsOwnNode) {
  const RegionTree regions;
  const Boundaries boundaries;
  const Catalogue catalogue;
  const Trees trees(regions, boundaries);
  Totals totals;
  for (int again = 0; again < 2; ++again) {  // and again in other trees
    totals.Reset(trees, catalogue);
    totals.Expect(1'000);
    std::map<CellKey, const Totals::Node*> nodes;
    for (uint32_t region = 1; region <= kRegions; ++region) {
      for (uint32_t indicator = 1; indicator <= kIndicators; ++indicator) {
        const CellKey cell = CellOf(region, indicator);
        Totals::Node* node = totals.Touch(cell);
        totals.SetFigure(node, Figure{int64_t{region} * 1'000 + indicator, {17'000}});
        nodes[cell] = node;
      }
    }
    for (const auto& [cell, node] : nodes) {
      ASSERT_EQ(totals.Touch(cell), node);
      ASSERT_EQ(Totals::CellOf(node), cell);
      ASSERT_EQ(totals.At(cell).actual, int64_t{cell.region} * 1'000 + cell.indicator);
    }
    EXPECT_EQ(totals.TakeChanged().size(), nodes.size());
    EXPECT_TRUE(totals.At(CellOf(kRegions + 1, 1)).empty());
  }
}

}  // namespace
}  // namespace anju::aggregator
