// The region tree of one day, turned into lists that a fold can walk: parents, children, members of areas, predecessors, former children.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "common/region/region_tree.h"
#include "common/region/succession.h"
#include "common/thread/mutex.h"
#include "common/time/date.h"

namespace anju::aggregator {

// The tree whose totals are shown when no date is asked for: that of 31 December of the period's last year, for stocks the latest.
// This keeps derived state a function of the journals alone, whatever day it is read.
Date TreeDate(Period period);

// Immutable. A region that does not exist on the day stands where it last stood before it (or, if it came later, where it stood
// first): what it reported was built, and its parent's total must not lose a house because the county was abolished later in the year.
// A region that has passed on all it had by a recode, a merge or a split by shares is gone: it has no parent, and its successors receive
// what it counts. Only sums are taken over closed regions; who is a peer on the day is asked of the RegionTree.
class DatedTree {
 public:
  // A boundary change by which a region receives.
  struct Receipt {
    size_t event = 0;  // index into Boundaries::all()
    RegionNumber from = 0;
    Date date;
    bool recode = false;
  };
  // A region that was a child until `left` and is no longer one.
  struct FormerChild {
    RegionNumber region = 0;
    Date left;
  };

  DatedTree(const RegionTree& regions, const Boundaries& boundaries, Date day);

  Date day() const { return day_; }
  RegionNumber Parent(RegionNumber region) const { return region < links_.size() ? links_[region].parent : 0; }
  // By number; official order is for answers, not for sums.
  const std::vector<RegionNumber>& Children(RegionNumber region) const { return region < links_.size() ? links_[region].children : none_; }
  // Regions an area is made of, without those that are gone; empty for other kinds.
  const std::vector<RegionNumber>& Members(RegionNumber region) const { return region < links_.size() ? links_[region].members : none_; }
  bool IsArea(RegionNumber region) const { return region < links_.size() && links_[region].is_area; }
  // Areas that list the region.
  const std::vector<RegionNumber>& Areas(RegionNumber region) const { return region < links_.size() ? links_[region].areas : none_; }
  bool IsGone(RegionNumber region) const { return region < links_.size() && links_[region].gone; }
  // What has passed to the region by the day, by date, then as recorded. Changes and former children that would make a region count
  // through itself are left out (the later ones as recorded; regions by number): there the plain figures stand.
  const std::vector<Receipt>& Received(RegionNumber region) const { return ExtraOf(region).received; }
  const std::vector<FormerChild>& FormerChildren(RegionNumber region) const { return ExtraOf(region).former; }
  // Regions whose figures depend on this one other than as its parent or area: its successors, and those it was a child of.
  const std::vector<RegionNumber>& Dependents(RegionNumber region) const { return ExtraOf(region).dependents; }
  // False for nearly all: the three lists above are empty.
  bool IsInvolved(RegionNumber region) const { return region < links_.size() && links_[region].extra >= 0; }
  // One more than the highest region number.
  size_t size() const { return links_.size(); }

 private:
  struct Links {
    RegionNumber parent = 0;
    bool is_area = false;
    bool gone = false;
    int32_t extra = -1;  // index into extras_
    std::vector<RegionNumber> children, members, areas;
  };
  struct Extra {
    std::vector<Receipt> received;
    std::vector<FormerChild> former;
    std::vector<RegionNumber> dependents;
  };
  bool IsBelowItself(RegionNumber region) const;
  const Extra& ExtraOf(RegionNumber region) const {
    return region < links_.size() && links_[region].extra >= 0 ? extras_[links_[region].extra] : no_extra_;
  }
  Extra& MakeExtra(RegionNumber region);
  // Whether the figures of `region` go into those of `other`, itself included.
  bool CountsIn(RegionNumber region, RegionNumber other) const;
  void LinkReceipts(const Boundaries& boundaries);
  void LinkFormerChildren(const RegionTree& regions);

  Date day_;
  std::vector<Links> links_;  // by number
  std::vector<Extra> extras_;
  std::vector<RegionNumber> none_;
  Extra no_extra_;
};

// The trees of a registry, each built once: all days between two days of change have the same one. Safe for concurrent use; the registry
// must outlive it, unchanged.
class Trees {
 public:
  static constexpr size_t kKeptMax = 48;  // trees kept ready; the least recently used ones go
  Trees(const RegionTree& regions, const Boundaries& boundaries);

  std::shared_ptr<const DatedTree> At(Date day) const;
  // Days with the same number have the same tree.
  size_t EpochOf(Date day) const;
  // By region number: whether anything differs between the trees of two days at the region, below it, or at who it received from.
  std::shared_ptr<const std::vector<bool>> Differences(Date a, Date b) const;
  const RegionTree& regions() const { return regions_; }
  const Boundaries& boundaries() const { return boundaries_; }

 private:
  template <typename Key, typename Value>
  using Kept = std::list<std::pair<Key, std::shared_ptr<const Value>>>;

  const RegionTree& regions_;
  const Boundaries& boundaries_;
  std::vector<Date> changes_;  // ascending
  mutable Mutex mutex_;
  mutable Kept<size_t, DatedTree> trees_ GUARDED_BY(mutex_);  // by epoch, most recently used first
  mutable Kept<std::pair<size_t, size_t>, std::vector<bool>> differences_ GUARDED_BY(mutex_);
};

}  // namespace anju::aggregator
