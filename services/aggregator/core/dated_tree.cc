// Reads one day's links out of the dated region rows.
#include "services/aggregator/core/dated_tree.h"

namespace anju::aggregator {

Date TreeDate(Period period) { return period.is_stock() ? Date{kDistantFuture.days - 1} : LastDay(period); }

DatedTree::DatedTree(const RegionTree& regions, Date day) : day_(day) {
  const std::vector<RegionNumber> numbers = regions.Numbers();
  if (!numbers.empty()) links_.resize(numbers.back() + 1);
  for (const RegionNumber number : numbers) {
    const Region* row = regions.At(number, day);
    if (row == nullptr) continue;
    if (row->parent != 0 && row->parent < links_.size()) {
      links_[number].parent = row->parent;
      links_[row->parent].children.push_back(number);
    }
    if (row->kind != RegionKind::kArea) continue;
    for (const RegionNumber member : row->members) {
      if (member == number || member >= links_.size() || regions.At(member, day) == nullptr) continue;
      links_[number].members.push_back(member);
      links_[member].areas.push_back(number);
    }
  }
}

}  // namespace anju::aggregator
