// Reads the cells of one region by the rules of DESIGN section 5, and orders two regions exactly.
#include "services/ranking/core/standing.h"

#include <algorithm>

namespace anju::ranking {
namespace {

bool UsesNetNew(const Definition& definition) { return definition.by == SortKey::kNetNew || definition.then_by == SortKey::kNetNew; }

std::optional<int64_t> Difference(const std::optional<int64_t>& a, const std::optional<int64_t>& b) {
  if (!a || !b) return std::nullopt;
  return CheckedSubtract(*a, *b);
}

// Entries − exits where the catalogue declares them (an unreported one counts as none if the other is reported), else the
// figure minus that at the last 31 December. A table never mixes the two: its keys would not be one quantity.
std::optional<int64_t> NetNew(const Definition& definition, const Plan& plan, const Place& place) {
  const Needs& needs = plan.needs;
  if (needs.entries || needs.exits) {
    const std::optional<int64_t> entries = needs.entries ? place.figures[*needs.entries].actual : std::nullopt;
    const std::optional<int64_t> exits = needs.exits ? place.figures[*needs.exits].actual : std::nullopt;
    if (!entries && !exits) return std::nullopt;
    return Difference(entries.value_or(0), exits.value_or(0));
  }
  const Figures& figure = place.figures[needs.numerator];
  if (figure.year_start) return Difference(figure.actual, figure.year_start);
  // A flow of one plan year cannot have had a figure before that year began (BEFORE_PLAN_YEAR), so all of it is new while the
  // data are of that same year. For stocks and longer plans an unknown start stays unknown.
  const bool first_year = !plan.indicator->is_stock() && definition.period.first == definition.period.last && figure.newest_as_of &&
                          YearOf(*figure.newest_as_of) == definition.period.first;
  return first_year ? figure.actual : std::nullopt;
}

std::optional<Date> Later(std::optional<Date> a, std::optional<Date> b) {
  if (!a || !b) return a ? a : b;
  return std::max(*a, *b);
}

// Larger first; unknown last. `reversed` turns the known ones around and leaves the unknown at the end.
std::strong_ordering LargerFirst(const std::optional<int64_t>& a, const std::optional<int64_t>& b, bool reversed = false) {
  if (!a || !b) return b.has_value() <=> a.has_value();
  return reversed ? *a <=> *b : *b <=> *a;
}
std::strong_ordering LargerFirst(const std::optional<Fraction>& a, const std::optional<Fraction>& b, bool reversed = false) {
  if (!a || !b) return b.has_value() <=> a.has_value();
  return reversed ? Compare(*a, *b) : Compare(*b, *a);
}

std::strong_ordering CompareBy(SortKey key, const Standing& a, const Standing& b, bool reversed) {
  switch (key) {
    case SortKey::kNone: return std::strong_ordering::equal;
    case SortKey::kRate: return LargerFirst(a.rate, b.rate, reversed);
    case SortKey::kValue:
    case SortKey::kNetNew:
    case SortKey::kGap:
    case SortKey::kTargetGap: return LargerFirst(SortedAmount(key, a), SortedAmount(key, b), reversed);
    case SortKey::kIndicator: return LargerFirst(a.then_by, b.then_by, reversed);
    case SortKey::kTarget: {
      auto amount = [](const Standing& standing) {
        return standing.target.known() ? std::optional<int64_t>(standing.target.amount) : std::nullopt;
      };
      return LargerFirst(amount(a), amount(b), reversed);
    }
    case SortKey::kOrder: {
      // Smaller first; regions without an official order are not told apart by it.
      auto order = [](const Standing& standing) {
        return standing.place->order == 0 ? std::nullopt : std::optional<int64_t>(standing.place->order);
      };
      return LargerFirst(order(a), order(b), true);
    }
  }
  return std::strong_ordering::equal;
}

}  // namespace

Standing MakeStanding(const Definition& definition, const Plan& plan, Layer layer, const Place& place) {
  const Needs& needs = plan.needs;
  const Figures& figure = place.figures[needs.numerator];
  Standing standing;
  standing.place = &place;
  standing.numerator = figure.actual;
  standing.as_of = figure.newest_as_of;
  standing.target = place.figures[needs.target].target(layer);
  if (needs.denominator) {
    standing.denominator = place.figures[*needs.denominator].actual;
  } else if (standing.target.known()) {
    standing.denominator = standing.target.amount;
  }
  if (UsesNetNew(definition)) {
    standing.net_new = NetNew(definition, plan, place);
    if (!standing.as_of) {
      if (needs.entries) standing.as_of = place.figures[*needs.entries].newest_as_of;
      if (needs.exits) standing.as_of = Later(standing.as_of, place.figures[*needs.exits].newest_as_of);
    }
  }
  standing.gap = Difference(figure.declared, figure.actual);
  if (standing.target.known()) standing.target_gap = Difference(standing.target.declared, standing.target.amount);
  if (needs.then_by) standing.then_by = place.figures[*needs.then_by].actual;
  if (standing.numerator && standing.denominator && *standing.denominator != 0) {
    standing.rate = MakeFraction(*standing.numerator, *standing.denominator);
  }
  return standing;
}

bool IsPeer(const Definition& definition, const Plan& plan, const Standing& standing) {
  const Needs& needs = plan.needs;
  const Place& place = *standing.place;
  if (place.kind == RegionKind::kArea) {
    bool own = place.figures[needs.numerator].own || place.figures[needs.target].own;
    if (definition.by == SortKey::kNetNew) {
      own = own || (needs.entries && place.figures[*needs.entries].own) || (needs.exits && place.figures[*needs.exits].own);
    }
    if (!own) return false;
  }
  const bool printed = standing.target.missing != Missing::kAbsent;
  const bool reported = standing.numerator.has_value() || (definition.by == SortKey::kNetNew && standing.net_new.has_value());
  return printed || reported;
}

Unranked ReasonOf(const Definition& definition, const Standing& standing) {
  const Missing missing = standing.target.missing;
  const std::optional<int64_t>& figure = SortedAmount(definition.by, standing);
  const bool rate = definition.by == SortKey::kRate;
  // A gap needs a declared whole beside the sum; most cells have none, and that has nothing to do with tasks.
  if (definition.by == SortKey::kGap && !figure) return Unranked::kNotReported;
  if (definition.by == SortKey::kTargetGap && !figure) {
    if (missing == Missing::kNoTask) return Unranked::kNoTask;
    return missing == Missing::kNotPublished ? Unranked::kNotPublished : Unranked::kNoTarget;
  }
  if (!figure || (rate && definition.of == 0)) {
    if (missing == Missing::kNoTask) return Unranked::kNoTask;
    if (missing == Missing::kNotPublished) return Unranked::kNotPublished;
  }
  if (!figure) return Unranked::kNotReported;
  if (rate && !standing.denominator) return definition.of == 0 ? Unranked::kNoTarget : Unranked::kNotReported;
  if (rate && *standing.denominator == 0) return Unranked::kZeroTarget;
  if (definition.zero_unranked && *figure == 0) return Unranked::kZeroValue;
  return Unranked::kNone;
}

const std::optional<int64_t>& SortedAmount(SortKey by, const Standing& standing) {
  switch (by) {
    case SortKey::kNetNew: return standing.net_new;
    case SortKey::kGap: return standing.gap;
    case SortKey::kTargetGap: return standing.target_gap;
    default: return standing.numerator;
  }
}

std::strong_ordering CompareKeys(const Definition& definition, const Standing& a, const Standing& b) {
  return CompareBy(definition.by, a, b, definition.ascending);
}

std::strong_ordering CompareThenBy(const Definition& definition, const Standing& a, const Standing& b) {
  return CompareBy(definition.then_by, a, b, false);
}

}  // namespace anju::ranking
