// What reading RPCs share: pages, and regions as people name them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/region/region_tree.h"
#include "services/plan/errors.h"

namespace anju::plan {

inline absl::StatusOr<size_t> PageSize(int32_t asked, int32_t normal, int32_t page_max) {
  if (asked < 0 || asked > page_max) return MakeError(BadPageSize(asked, page_max));
  return static_cast<size_t>(asked == 0 ? normal : asked);
}

// Numbers between dots: where the next page begins. nullopt for an empty token.
template <size_t n>
absl::StatusOr<std::optional<std::array<int64_t, n>>> ParsePage(const std::string& token) {
  if (token.empty()) return std::optional<std::array<int64_t, n>>();
  const std::vector<std::string> parts = absl::StrSplit(token, '.');
  std::array<int64_t, n> numbers{};
  if (parts.size() != n) return MakeError(BadPageToken(token));
  for (size_t i = 0; i < n; ++i) {
    if (!absl::SimpleAtoi(parts[i], &numbers[i])) return MakeError(BadPageToken(token));
  }
  return std::optional(numbers);
}

// A code of any day, else a name of `day`, else a name that only one region ever had.
inline absl::StatusOr<RegionNumber> FindRegion(const RegionTree& tree, std::string_view field, std::string_view text, Date day) {
  if (const RegionNumber coded = tree.FindCode(text); coded != 0) return coded;
  const absl::StatusOr<RegionNumber> named = tree.Resolve(text, 0, day);
  if (named.ok()) return named;
  const std::vector<RegionNumber> ever = tree.EverCalled(text);
  if (ever.size() == 1) return ever.front();
  ErrorCollector errors;
  AddAt(errors, named.status(), 0, field, text);
  return errors.ToStatus();
}

// The day itself, or one on which the region exists.
inline Date DayWithin(const RegionTree& tree, RegionNumber region, Date day) {
  const Region* row = tree.Nearest(region, day);
  return row == nullptr || row->HoldsOn(day) ? day : row->valid_from;
}

}  // namespace anju::plan
