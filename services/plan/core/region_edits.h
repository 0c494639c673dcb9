// A working copy of the region tree on which boundary changes are tried: rows end on a day, others begin, nothing is deleted.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/region/region_tree.h"
#include "common/status/status.h"

namespace anju::plan {

inline Date DayBefore(Date day) { return Date{day.days - 1}; }

class RegionEdits {
 public:
  explicit RegionEdits(const RegionTree& stored);

  const RegionTree& tree() const { return tree_; }
  // Codes that were touched, with the line that did it last.
  const std::map<RegionNumber, uint32_t>& touched() const { return touched_; }

  // A number for a new code. Numbers are minted in the order codes appear.
  RegionNumber Mint() { return next_++; }
  void Add(const Region& row, uint32_t line);
  // The region's last row ends on `day`. BOUNDARY_CONFLICT when rows begin on it or later. REQUIRES: it exists on the day before.
  void End(RegionNumber region, Date day, uint32_t line, ErrorCollector& errors);
  // From `day` on, until its row ends anyway, the region has `value` in this field. Rows that say so already stay. REGION_CLOSED when it ends
  // on that day, BOUNDARY_CONFLICT when another value begins on it. REQUIRES: it exists on the day before.
  template <typename Value>
  void Set(RegionNumber region, Date day, Value Region::*field, const Value& value, uint32_t line, ErrorCollector& errors);
  // Children that `from` has on `day` or the day before stand under `to` from `day` on, unless they stand elsewhere by then or have ended.
  void MoveChildren(RegionNumber from, RegionNumber to, Date day, uint32_t line, ErrorCollector& errors);
  // In areas that list `from` on `day`, `to` takes its place from then on.
  void ReplaceMember(RegionNumber from, RegionNumber to, Date day, uint32_t line, ErrorCollector& errors);

 private:
  void Put(const std::vector<Region>& rows, uint32_t line);
  std::string Label(RegionNumber region, Date day) const;

  RegionTree tree_;
  RegionNumber next_ = 1;
  std::set<RegionNumber> areas_;  // regions that are areas in any of their rows
  std::map<RegionNumber, uint32_t> touched_;
};

}  // namespace anju::plan
