// Puts an explanation together from what the fold can tell, in an order that people can follow.
#include "services/aggregator/core/explain.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

namespace anju::aggregator {
namespace {

using Order = std::tuple<bool, uint32_t, std::string>;

Order OfficialOrder(const View& view, RegionNumber region, Date day) {
  const Region* row = view.regions().Nearest(region, day);
  return row == nullptr ? Order(true, 0, "") : Order(row->order == 0, row->order, row->code);
}

// Where a fact comes from, from the top of the tree down: who passed on to another stands right below that other.
std::vector<Order> PathOf(View& view, const DatedTree& tree, const TracedFact& fact) {
  std::vector<Order> path;
  RegionNumber region = fact.cell.region;
  for (int depth = 0; region != 0 && depth <= 2 * kRegionDepthMax; ++depth) {
    path.push_back(OfficialOrder(view, region, view.DayOf(fact.cell.period)));
    RegionNumber above = tree.Parent(region);
    for (const size_t index : fact.path) {
      const BoundaryEvent& change = view.boundaries().all()[index];
      if (tree.IsGone(region) && change.region == region) above = change.into;
    }
    region = above;
  }
  std::reverse(path.begin(), path.end());
  return path;
}

void SortContributions(View& view, const DatedTree& tree, std::vector<Contribution>* contributions) {
  std::vector<std::pair<std::vector<Order>, size_t>> order;
  for (size_t i = 0; i < contributions->size(); ++i) order.emplace_back(PathOf(view, tree, (*contributions)[i].fact), i);
  const Leaves& leaves = view.state().leaves();
  const auto rest = [&](size_t i) {
    const Contribution& one = (*contributions)[i];
    return std::make_tuple(one.fact.cell, one.in_force ? std::string_view(leaves.JournalOf(one.in_force->slot)) : std::string_view(), one.fact.path);
  };
  std::sort(order.begin(), order.end(), [&](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first < b.first;
    return rest(a.second) < rest(b.second);
  });
  std::vector<Contribution> sorted;
  for (const auto& [path, i] : order) sorted.push_back(std::move((*contributions)[i]));
  *contributions = std::move(sorted);
}

}  // namespace

Explanation Explain(View& view, const CellKey& key) {
  Explanation explanation;
  explanation.cell = view.CellAt(key);
  // The figures of a stock stand under no year, whichever year its targets are asked for.
  CellKey figure = key;
  const Indicator* indicator = view.catalogue().FindIndicator(key.indicator);
  if (indicator != nullptr && indicator->is_stock()) figure.period = {};

  explanation.figure = view.fold().RuleOf(figure);
  for (CellKey part : explanation.figure.parts) {
    part.period = key.period;
    explanation.parts.push_back(view.CellAt(part));
  }
  const Date day = view.DayOf(key.period);
  std::stable_sort(explanation.parts.begin(), explanation.parts.end(), [&](const Cell& a, const Cell& b) {
    if (a.key.region == b.key.region) return a.key < b.key;
    return OfficialOrder(view, a.key.region, day) < OfficialOrder(view, b.key.region, day);
  });

  const Moment& moment = view.moment();
  for (TracedFact& fact : view.fold().Trace(figure)) {
    Contribution contribution;
    contribution.in_force = view.state().leaves().InForceAt(fact.cell, moment.as_of.value_or(kDistantFuture), moment.known.value_or(Known{}),
                                                            moment.review);
    contribution.fact = std::move(fact);
    explanation.contributions.push_back(std::move(contribution));
  }
  SortContributions(view, view.fold().TreeOf(figure.period), &explanation.contributions);
  for (size_t layer = 0; layer < kLayers; ++layer) explanation.targets[layer] = view.fold().TargetRuleOf(key, static_cast<Layer>(layer));
  return explanation;
}

}  // namespace anju::aggregator
