// Reads one day's links out of the dated region rows.
#include "services/aggregator/core/dated_tree.h"

namespace anju::aggregator {

Date TreeDate(Period period) { return period.is_stock() ? Date{kDistantFuture.days - 1} : LastDay(period); }

DatedTree::DatedTree(const RegionTree& regions, Date day) : day_(day) {
  const std::vector<RegionNumber> numbers = regions.Numbers();
  if (!numbers.empty()) links_.resize(numbers.back() + 1);
  for (const RegionNumber number : numbers) {
    const RegionNumber parent = regions.Nearest(number, day)->parent;
    if (parent < links_.size()) links_[number].parent = parent;
  }
  // The tree of any one day has no circle; one could only close through rows of different days, so it is cut where a row is not of
  // this day.
  for (const RegionNumber number : numbers) {
    if (regions.At(number, day) == nullptr && IsBelowItself(number)) links_[number].parent = 0;
  }
  for (const RegionNumber number : numbers) {
    if (const RegionNumber parent = links_[number].parent; parent != 0) links_[parent].children.push_back(number);
    const Region* row = regions.Nearest(number, day);
    links_[number].is_area = row->kind == RegionKind::kArea;
    if (!links_[number].is_area) continue;
    for (const RegionNumber member : row->members) {
      if (member == number || member >= links_.size() || regions.Rows(member) == nullptr) continue;
      links_[number].members.push_back(member);
      links_[member].areas.push_back(number);
    }
  }
}

bool DatedTree::IsBelowItself(RegionNumber region) const {
  RegionNumber above = links_[region].parent;
  for (size_t steps = 0; above != 0 && steps < links_.size(); ++steps) {
    if (above == region) return true;
    above = links_[above].parent;
  }
  return false;
}

}  // namespace anju::aggregator
