// The recursive definition of actual figures, declared wholes and targets.
#include "services/aggregator/core/fold.h"

#include <algorithm>

namespace anju::aggregator {
namespace {

CellKey InRegion(CellKey key, RegionNumber region) {
  key.region = region;
  return key;
}

CellKey OfProgramme(CellKey key, ProgrammeNumber programme) {
  key.programme = programme;
  return key;
}

}  // namespace

void Fold::Sum::Add(const Sum& part) {
  if (part.count == 0) return;
  ++count;
  amount = WrapAdd(amount, part.amount);
  newest = std::max(newest, part.newest);
}

bool Fold::Additive(IndicatorNumber indicator) const {
  const Indicator* found = inputs_.catalogue->FindIndicator(indicator);
  return found != nullptr && found->is_additive();
}

Fold::Sum Fold::OverChildren(const CellKey& key, Date as_of) {
  Sum sum;
  for (const RegionNumber child : inputs_.tree(key.period).Children(key.region)) sum.Add(Counted(InRegion(key, child), as_of));
  return sum;
}

Fold::Sum Fold::OverParts(const CellKey& key, Date as_of) {
  Sum sum;
  for (const ProgrammeNumber part : inputs_.catalogue->PartsOf(key.programme)) sum.Add(Counted(OfProgramme(key, part), as_of));
  return sum;
}

Fold::Sum Fold::OverMembers(const CellKey& key, Date as_of) {
  Sum sum;
  for (const RegionNumber member : inputs_.tree(key.period).Members(key.region)) sum.Add(Counted(InRegion(key, member), as_of));
  return sum;
}

Fold::Sum Fold::Counted(const CellKey& key, Date as_of) {
  const DatedKey memo{key, as_of};
  if (const auto found = counted_.find(memo); found != counted_.end()) return found->second;
  Sum result;
  if (Additive(key.indicator)) {
    result = OverChildren(key, as_of);
    if (result.count == 0) result = OverParts(key, as_of);
  }
  if (result.count == 0) {
    if (const auto figure = inputs_.figure(key, as_of)) result = {1, figure->amount, figure->as_of};
  }
  counted_.emplace(memo, result);
  return result;
}

Fold::Sum Fold::Shown(const CellKey& key, Date as_of) {
  const Sum counted = Counted(key, as_of);
  return counted.count > 0 || !Additive(key.indicator) ? counted : OverMembers(key, as_of);
}

std::optional<Target> Fold::PrintedOf(const CellKey& key, Layer layer) const {
  const Targets* printed = inputs_.printed(key);
  return printed == nullptr ? std::nullopt : (*printed)[static_cast<size_t>(layer)];
}

Fold::Sum Fold::CountedTarget(const CellKey& key, Layer layer) {
  const TargetKey memo{key, layer};
  if (const auto found = counted_targets_.find(memo); found != counted_targets_.end()) return found->second;
  Sum result;
  if (const auto printed = PrintedOf(key, layer)) {
    if (printed->amount) result = {1, *printed->amount, kDistantPast};
  } else if (Additive(key.indicator)) {
    for (const RegionNumber child : inputs_.tree(key.period).Children(key.region)) {
      result.Add(CountedTarget(InRegion(key, child), layer));
    }
    if (result.count == 0) {
      for (const ProgrammeNumber part : inputs_.catalogue->PartsOf(key.programme)) {
        result.Add(CountedTarget(OfProgramme(key, part), layer));
      }
    }
  }
  counted_targets_.emplace(memo, result);
  return result;
}

std::optional<Target> Fold::TargetAt(const CellKey& key, Layer layer) {
  if (auto printed = PrintedOf(key, layer)) return printed;
  Sum sum = CountedTarget(key, layer);
  if (sum.count == 0 && Additive(key.indicator)) {
    for (const RegionNumber member : inputs_.tree(key.period).Members(key.region)) {
      sum.Add(CountedTarget(InRegion(key, member), layer));
    }
  }
  if (sum.count == 0) return std::nullopt;
  return Target{.amount = sum.amount};
}

CellFigures Fold::At(const CellKey& key, Date as_of) {
  CellFigures cell;
  const bool is_area = inputs_.tree(key.period).IsArea(key.region);
  for (size_t layer = 0; layer < kLayers; ++layer) {
    cell.targets[layer] = TargetAt(key, static_cast<Layer>(layer));
    if (cell.targets[layer] && !cell.targets[layer]->document.empty()) cell.own = true;
    if (is_area && CountedTarget(key, static_cast<Layer>(layer)).count > 0) cell.own = true;
  }
  if (const auto own = inputs_.figure(key, as_of)) {
    cell.own = true;
    cell.own_as_of = own->as_of;
    if (Additive(key.indicator) && (OverChildren(key, as_of).count > 0 || OverParts(key, as_of).count > 0)) {
      cell.declared = own->amount;
    }
  }
  if (is_area && Counted(key, as_of).count > 0) cell.own = true;
  const Sum shown = Shown(key, as_of);
  if (shown.count == 0) return cell;
  cell.actual = shown.amount;
  cell.newest_as_of = shown.newest;
  const Indicator* indicator = inputs_.catalogue->FindIndicator(key.indicator);
  if (indicator != nullptr && indicator->is_stock()) {
    const Sum start = Shown(key, LastDayOfPreviousYear(shown.newest));
    if (start.count > 0) cell.year_start = start.amount;
  }
  return cell;
}

}  // namespace anju::aggregator
