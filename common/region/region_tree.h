// The region registry: dated names, parents and kinds. The tree of a day is read from explicit parent links, never from digits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/time/date.h"

namespace anju {

using RegionNumber = uint32_t;  // minted in the plan journal; 0 is "none"

enum class RegionLevel { kCountry, kProvince, kCity, kCounty, kUnit };
enum class RegionKind { kAdministrative, kZone, kOwnLevel, kCompany, kArea };

std::string_view RegionLevelName(RegionLevel level);
std::string_view RegionKindName(RegionKind kind);
std::optional<RegionLevel> ParseRegionLevel(std::string_view name);
std::optional<RegionKind> ParseRegionKind(std::string_view name);

// Full-width brackets become ASCII ones and surrounding blanks go, so that 所辖县（市） and 所辖县(市) are one name.
std::string FoldName(std::string_view name);

// Deepest chain of parents. Longer ones are BROKEN_TREE, so every walk up ends.
inline constexpr int kRegionDepthMax = 64;

// One dated row of a region. Holds on [valid_from, valid_to).
struct Region {
  RegionNumber number = 0;
  std::string code;
  std::string name;
  RegionNumber parent = 0;  // 0 for a root
  RegionLevel level = RegionLevel::kUnit;
  RegionKind kind = RegionKind::kAdministrative;
  Date valid_from = kDistantPast;
  Date valid_to = kDistantFuture;
  std::vector<std::string> aliases;
  std::string gb_code;
  uint32_t order = 0;  // official print order among siblings; 0 prints last, by code
  std::vector<RegionNumber> members;  // areas only
  std::string note;

  bool HoldsOn(Date day) const { return valid_from <= day && day < valid_to; }
  friend bool operator==(const Region&, const Region&) = default;
};

// All rows of all regions. Copyable value; const methods are safe for concurrent use.
class RegionTree {
 public:
  // Replaces the rows of one number. REQUIRES: the same number and code in all rows, rows not empty.
  void Put(const std::vector<Region>& rows);

  // Checks the whole tree: BROKEN_TREE for unknown parents or members, cycles on any day, overlapping rows of a code, a row whose
  // parent does not exist on some day of it, members of a region that is no area. All errors at once. A row without a first day
  // goes back as far as its parent does.
  absl::Status Validate() const;

  // A code, name, alias or GB code → number. Looks inside `within` and below (0: everywhere) in the tree of `day`.
  // UNKNOWN_REGION; AMBIGUOUS_REGION with candidates "code name"; REGION_CLOSED when only rows of other days match.
  // A code that is held by an open row always wins over names.
  absl::StatusOr<RegionNumber> Resolve(std::string_view text, RegionNumber within, Date day) const;

  RegionNumber FindCode(std::string_view code) const;  // 0 if unknown
  // Every region that has this code, name, alias or GB code in any of its rows.
  std::vector<RegionNumber> EverCalled(std::string_view text) const;
  const std::vector<Region>* Rows(RegionNumber number) const;  // by valid_from; nullptr if unknown
  // The row of `day`; nullptr if the region does not exist then.
  const Region* At(RegionNumber number, Date day) const;
  // The row of `day`, else the last row before it, else the first. nullptr only for unknown numbers. For printing names.
  const Region* Nearest(RegionNumber number, Date day) const;
  RegionNumber ParentAt(RegionNumber number, Date day) const;  // 0 for roots and closed regions
  // In official order, then by code.
  std::vector<RegionNumber> ChildrenAt(RegionNumber number, Date day) const;
  // True when `number` is `ancestor` or below it on `day`.
  bool IsWithin(RegionNumber number, RegionNumber ancestor, Date day) const;
  // All numbers, ascending.
  std::vector<RegionNumber> Numbers() const;
  size_t size() const { return rows_.size(); }

 private:
  // A child under one parent for the days of one row; kept in official order, so that listing neither sorts nor looks up.
  struct ChildLink {
    uint32_t order = 0;
    RegionNumber number = 0;
    Date valid_from;
    Date valid_to;
  };

  bool LinkPrecedes(const ChildLink& a, const ChildLink& b) const;
  // Whether the parents of `number` exist on every day of [from, to); puts what is wrong into `why`.
  bool ParentsHold(RegionNumber start, const Region& row, Date from, Date to, int depth, std::string* why) const;

  std::unordered_map<RegionNumber, std::vector<Region>> rows_;
  std::unordered_map<std::string, RegionNumber> by_code_;
  std::unordered_map<std::string, std::vector<RegionNumber>> by_name_;  // folded names, aliases and GB codes of any row
  std::unordered_map<RegionNumber, std::vector<ChildLink>> children_;   // by parent
};

}  // namespace anju
