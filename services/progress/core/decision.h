// The rules of reporting: what an item's words mean, and whether its figure is accepted. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/catalogue/catalogue.h"
#include "common/region/region_tree.h"
#include "services/progress/core/item.h"
#include "services/progress/core/series_table.h"

namespace anju::progress {

// Areas by the regions they are made of, on any day: the tree itself only knows the other direction. Rebuilt when regions change.
class AreaIndex {
 public:
  AreaIndex() = default;
  explicit AreaIndex(const RegionTree& regions);
  // True when the region is an area with members, or a member of one, on some day.
  bool Touches(RegionNumber region) const { return areas_of_.contains(region) || has_members_.contains(region); }
  const std::vector<RegionNumber>* AreasOf(RegionNumber member) const;

 private:
  absl::flat_hash_map<RegionNumber, std::vector<RegionNumber>> areas_of_;
  absl::flat_hash_map<RegionNumber, bool> has_members_;
};

// What a decision looks at.
struct Books {
  const RegionTree& regions;
  const Catalogue& catalogue;
  const AreaIndex& areas;
  const SeriesTable& series;
  Date today;
};

// What the words of a series mean on the days [from, to). Holds until the registry changes.
struct Meaning {
  SeriesKey key;
  const Indicator* indicator = nullptr;  // of Books::catalogue
  Date from, to;                         // empty interval: nothing resolved yet
  bool in_area = false;                  // AREA_OVERLAP has to be looked at
  SeriesNumber series = 0;               // 0: not opened yet
  bool HoldsOn(Date day) const { return from <= day && day < to; }
};

// Resolves the words in the tree of `day`. A code holds for the whole row of its region; a name only for the day asked, because
// another region may have it on another day. `closed_too` lets a code of a region that is closed on that day through: for comparing
// with what was accepted before the region was closed.
bool Resolve(const Books& books, const SeriesText& text, Date day, bool closed_too, Meaning* meaning, Refused* refused);

// The same for a region that is known already.
bool ResolveFor(const Books& books, const SeriesText& text, RegionNumber region, Meaning* meaning, Refused* refused);

// The verdict on a figure that was read, resolved and measured, were it recorded as `sequence`.
Outcome Judge(const Books& books, const Meaning& meaning, const Figure& figure, uint64_t sequence, Refused* refused);

}  // namespace anju::progress
