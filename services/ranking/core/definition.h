// A league-table definition, and which cells it needs. Pure values.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/decimal/decimal.h"
#include "services/ranking/core/figures.h"

namespace anju::ranking {

enum class SortKey { kNone, kRate, kValue, kNetNew, kTarget, kOrder, kIndicator, kGap, kTargetGap };
enum class TieStyle { kCompetition, kModified, kDense, kOrdinal };  // 1-2-2-4, 1-3-3-4, 1-2-2-3, 1-2-3-4

inline constexpr size_t kColumnsMax = 16;
inline constexpr int kDigitsDefault = 2;
inline constexpr int kDigitsMax = kScaleMax;

// A column printed beside: an indicator's figure, its target, or the table's own numerator against the target of one layer.
enum class ColumnKind { kFigure, kTarget, kRate };
struct Column {
  IndicatorNumber indicator = 0;       // kRate: that of the definition
  ColumnKind kind = ColumnKind::kFigure;
  Layer layer = Layer::kNone;          // kTarget: kNone is the layer addressed to these peers; kRate: a layer
  friend auto operator<=>(const Column&, const Column&) = default;
};

// How peers are ranked and printed. `by` is kRate, kValue, kNetNew, kGap or kTargetGap.
struct Definition {
  ProgrammeNumber programme = 0;
  IndicatorNumber indicator = 0;
  Period period;                       // plan years; {0, 0} is allowed when only stocks are used
  SortKey by = SortKey::kRate;
  IndicatorNumber of = 0;              // denominator; 0 is the target of `layer`
  Layer layer = Layer::kNone;          // kNone: the layer addressed to these peers
  SortKey then_by = SortKey::kNone;
  IndicatorNumber then_by_indicator = 0;
  TieStyle ties = TieStyle::kCompetition;
  Rounding rounding = Rounding::kHalfUp;
  int digits = kDigitsDefault;
  int total_digits = kDigitsDefault;
  bool trim = false;
  bool zero_unranked = false;
  bool ascending = false;
  std::vector<Column> columns;         // at most kColumnsMax
  friend auto operator<=>(const Definition&, const Definition&) = default;
};

// The cells a definition reads, each once, and where each role finds its own. A target of a stock stands under the plan years
// it was set for, while the figure itself has none; that is why numerator and target are two.
struct Needs {
  std::vector<FigureKey> keys;
  size_t numerator = 0;
  size_t target = 0;
  std::optional<size_t> denominator;   // set when another indicator is the denominator
  std::optional<size_t> entries, exits;  // of the period, where the catalogue declares them and net_new is asked for
  std::optional<size_t> then_by;
  std::vector<size_t> columns;
};

// What a definition means with the catalogue at hand.
struct Plan {
  Needs needs;
  const Indicator* indicator = nullptr;  // points into the catalogue
  const Indicator* of = nullptr;         // nullptr: target
  const Indicator* entries = nullptr;    // where net new is made of them
  const Indicator* exits = nullptr;
  std::vector<const Indicator*> columns;
  // Amounts of numerator and denominator times this are in one common unit: 1 unless their smallest units differ.
  Fraction scale = {1, 1};
};

// Checks what needs the catalogue: MIXED_UNITS, BAD_PERIOD (a flow is used and no year given), MISSING_FIELD, BAD_VALUE,
// TIE_NOT_BROKEN (ordinal places without then_by). All errors at once. REQUIRES: numbers that the catalogue knows.
// The catalogue must outlive the plan.
absl::StatusOr<Plan> MakePlan(const Definition& definition, const Catalogue& catalogue);

}  // namespace anju::ranking
