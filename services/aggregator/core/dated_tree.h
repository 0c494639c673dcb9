// The region tree of one day, turned into lists that a fold can walk: parents, children, and the members of areas.
#pragma once

#include <vector>

#include "common/region/region_tree.h"
#include "common/time/date.h"

namespace anju::aggregator {

// The tree whose totals are shown when no date is asked for: that of 31 December of the period's last year, for stocks the latest.
// This keeps derived state a function of the journals alone, whatever day it is read.
Date TreeDate(Period period);

// Immutable. A region that does not exist on the day stands where it last stood before it (or, if it came later, where it stood
// first): what it reported was built, and its parent's total must not lose a house because the county was abolished later in the year.
// Only sums are taken over such regions; who is a peer on the day is asked of the RegionTree.
class DatedTree {
 public:
  DatedTree(const RegionTree& regions, Date day);

  Date day() const { return day_; }
  RegionNumber Parent(RegionNumber region) const { return region < links_.size() ? links_[region].parent : 0; }
  // By number; official order is for answers, not for sums.
  const std::vector<RegionNumber>& Children(RegionNumber region) const { return region < links_.size() ? links_[region].children : none_; }
  // Regions an area is made of; empty for other kinds.
  const std::vector<RegionNumber>& Members(RegionNumber region) const { return region < links_.size() ? links_[region].members : none_; }
  bool IsArea(RegionNumber region) const { return region < links_.size() && links_[region].is_area; }
  // Areas that list the region.
  const std::vector<RegionNumber>& Areas(RegionNumber region) const { return region < links_.size() ? links_[region].areas : none_; }

 private:
  struct Links {
    RegionNumber parent = 0;
    bool is_area = false;
    std::vector<RegionNumber> children, members, areas;
  };
  bool IsBelowItself(RegionNumber region) const;

  Date day_;
  std::vector<Links> links_;  // by number
  std::vector<RegionNumber> none_;
};

}  // namespace anju::aggregator
