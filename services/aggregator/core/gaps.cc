// Looks for gaps only where there can be one: at cells that are reported or printed themselves.
#include "services/aggregator/core/gaps.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace anju::aggregator {
namespace {

uint64_t Distance(int64_t a, int64_t b) {
  return a > b ? static_cast<uint64_t>(a) - static_cast<uint64_t>(b) : static_cast<uint64_t>(b) - static_cast<uint64_t>(a);
}

// Sizes of the gaps of a cell: of its figure, and the largest of its targets.
std::pair<uint64_t, uint64_t> GapOf(const CellFigures& figures) {
  uint64_t of_targets = 0;
  for (const std::optional<Target>& target : figures.targets) {
    if (target && target->amount && target->declared) of_targets = std::max(of_targets, Distance(*target->amount, *target->declared));
  }
  return {figures.actual && figures.declared ? Distance(*figures.actual, *figures.declared) : 0, of_targets};
}

bool IsStock(const View& view, IndicatorNumber indicator) {
  const Indicator* found = view.catalogue().FindIndicator(indicator);
  return found != nullptr && found->is_stock();
}

// The cells to look at, as the query names them: a stock stands under the year that is asked for.
std::set<CellKey> Candidates(View& view, const RollupQuery& query) {
  std::set<CellKey> keys;
  const auto add = [&](CellKey key) {
    if (query.programme != 0 && key.programme != query.programme) return;
    if (query.indicator != 0 && key.indicator != query.indicator) return;
    if (!query.period.is_stock()) {
      if (key.period.is_stock() && IsStock(view, key.indicator)) key.period = query.period;
      if (key.period != query.period) return;
    }
    if (view.regions().Rows(key.region) == nullptr) return;
    if (StandsWithin(view.fold().TreeOf(key.period), key.region, query.region)) keys.insert(key);
  };
  view.state().leaves().ForEachCell(add);
  view.state().documents().ForEach([&](const CellKey& key, const auto&) { add(key); });
  return keys;
}

}  // namespace

bool StandsWithin(const DatedTree& tree, RegionNumber region, RegionNumber top) {
  for (int depth = 0; region != 0 && depth <= kRegionDepthMax; ++depth, region = tree.Parent(region)) {
    if (region == top) return true;
  }
  return false;
}

std::vector<Cell> GapsOf(View& view, const RollupQuery& query) {
  std::vector<std::pair<std::pair<uint64_t, uint64_t>, Cell>> gaps;
  for (const CellKey& key : Candidates(view, query)) {
    CellFigures figures = view.At(key);
    std::pair<uint64_t, uint64_t> gap = GapOf(figures);
    // The figure of a stock is the same in every year that has a target: its gap stands in the cell without a year, unless a year was asked for.
    if (query.period.is_stock() && !key.period.is_stock() && IsStock(view, key.indicator)) gap.first = 0;
    if (gap.first == 0 && gap.second == 0) continue;
    gaps.emplace_back(gap, Cell{key, std::move(figures), view.RemarksOf(key)});
  }
  std::sort(gaps.begin(), gaps.end(), [](const auto& a, const auto& b) {
    return std::tie(b.first.first, b.first.second, a.second.key) < std::tie(a.first.first, a.first.second, b.second.key);
  });
  std::vector<Cell> cells;
  for (auto& [gap, cell] : gaps) cells.push_back(std::move(cell));
  return cells;
}

}  // namespace anju::aggregator
