// What one region has for one table: numerator, denominator, net new, target, and why it cannot be ranked.
#pragma once

#include <compare>
#include <optional>

#include "services/ranking/core/definition.h"
#include "services/ranking/core/league_table.h"

namespace anju::ranking {

struct Standing {
  const Place* place = nullptr;
  std::optional<int64_t> numerator;
  std::optional<int64_t> denominator;
  std::optional<int64_t> net_new;      // only where the definition uses it
  std::optional<int64_t> gap;          // declared whole − sum, of the figure
  std::optional<int64_t> target_gap;   // the same of the target
  std::optional<int64_t> then_by;      // of then_by_indicator
  Target target;                       // of the layer used
  std::optional<Fraction> rate;        // numerator / denominator as stored, unscaled: one factor for all does not change the order
  std::optional<Date> as_of;
};

// Reads a place's cells. `layer` is the one used.
Standing MakeStanding(const Definition& definition, const Plan& plan, Layer layer, const Place& place);

// True when the place belongs into the table: a child with something printed for it in the layer, or a report. An area only
// when it is printed or reported itself: one that merely sums its members would be ranked beside them.
bool IsPeer(const Definition& definition, const Plan& plan, const Standing& standing);

// Why it has no place; kNone when it has one.
Unranked ReasonOf(const Definition& definition, const Standing& standing);

// The amount that the definition sorts by where that is no rate: the figure itself, net new or a gap. nullopt is unknown.
const std::optional<int64_t>& SortedAmount(SortKey by, const Standing& standing);

// The order of the table: less comes first. Unknown values come last in either direction.
std::strong_ordering CompareKeys(const Definition& definition, const Standing& a, const Standing& b);
std::strong_ordering CompareThenBy(const Definition& definition, const Standing& a, const Standing& b);

}  // namespace anju::ranking
