// A row of a boundaries file, its words read: everything that can be said about it without the region tree.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/decimal/decimal.h"
#include "common/region/region_tree.h"
#include "common/region/succession.h"
#include "common/status/status.h"

namespace anju::plan {

// The denominator of a share, and the common one of all shares of a split, so that exact sums and shares of figures stay within 128 bits.
inline constexpr int64_t kShareDenominatorMax = 1'000'000'000'000'000'000;
inline constexpr size_t kSplitPartsMax = 100;

// A row as it came over the wire.
struct BoundaryRowText {
  uint32_t line = 0;
  std::string date, event, region, into, share, units, name, level, kind, parent, document, note;
};

struct BoundaryRow {
  uint32_t line = 0;
  BoundaryKind kind = BoundaryKind::kNone;
  Date date;
  std::string region, into, name, parent, document, note;
  std::optional<Fraction> share;
  std::vector<std::string> units;
  std::optional<RegionLevel> level;
  std::optional<RegionKind> region_kind;
};

// rename, recode, move, abolish, merge, split, convert; 更名 改代码 划归 撤销 并入 拆分 升格. nullopt for anything else.
std::optional<BoundaryKind> ParseBoundaryKind(std::string_view word);
std::string_view BoundaryKindName(BoundaryKind kind);

// a/b, a decimal or a percentage, more than 0 and at most 1, in lowest terms. BAD_SHARES, BAD_NUMBER.
absl::StatusOr<Fraction> ParseShare(std::string_view text);
// The sum of shares, exact; nullopt when their common denominator is beyond kShareDenominatorMax.
std::optional<Fraction> SumOfShares(const std::vector<Fraction>& shares);

// Every field of every row; all errors at once. Fields that an event does not have must be empty.
std::vector<BoundaryRow> ReadBoundaryRows(const std::vector<BoundaryRowText>& rows, ErrorCollector& errors);

// 2 to 24 letters, digits and hyphens.
bool IsRegionCode(std::string_view code);
bool IsGbCode(std::string_view code);

}  // namespace anju::plan
