// Reads a definition with the catalogue: which cells, which units, what is refused.
#include "services/ranking/core/definition.h"

#include <algorithm>

#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::ranking {
namespace {

constexpr int128 kScalePartMax = 10'000'000'000'000'000;

int64_t PowerOfTen(int exponent) {
  int64_t power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

// The units an indicator accepts, its display unit always among them.
std::vector<Unit> UnitsOf(const Indicator& indicator) {
  std::vector<Unit> units = indicator.units;
  auto same = [&](const Unit& unit) { return unit.name == indicator.unit; };
  if (std::none_of(units.begin(), units.end(), same)) units.push_back({indicator.unit, PowerOfTen(indicator.scale), 1});
  return units;
}

// a's smallest units per b's smallest unit, by a unit both accept; nullopt when they share none. The display unit of `a` is
// tried first so that the answer does not hang on the order of the catalogue's list.
std::optional<Fraction> CommonScale(const Indicator& a, const Indicator& b) {
  std::vector<Unit> of_a = UnitsOf(a);
  std::stable_partition(of_a.begin(), of_a.end(), [&](const Unit& unit) { return unit.name == a.unit; });
  const std::vector<Unit> of_b = UnitsOf(b);
  for (const Unit& unit : of_a) {
    auto match = std::find_if(of_b.begin(), of_b.end(), [&](const Unit& other) { return other.name == unit.name; });
    if (match == of_b.end()) continue;
    const Fraction scale = MakeFraction(int128{match->numerator} * unit.denominator, int128{match->denominator} * unit.numerator);
    // Beyond this a rate could outgrow 128 bits; no two real units are that far apart.
    if (scale.numerator <= kScalePartMax && scale.denominator <= kScalePartMax) return scale;
  }
  return std::nullopt;
}

// Collects the needed cells, each once.
class Gatherer {
 public:
  Gatherer(Needs& needs, Period period) : needs_(needs), period_(period) {}

  // The figure of an indicator: a stock's at the same dates, a flow's of the definition's plan years.
  size_t Figure(const Indicator& indicator) {
    const Period period = indicator.is_stock() ? Period{} : period_;
    if (!indicator.is_stock() && period_.is_stock()) flow_without_year_ = &indicator;
    return Slot({indicator.number, period});
  }
  // The target of an indicator: always under the plan years.
  size_t Target(const Indicator& indicator) { return Slot({indicator.number, period_}); }
  const Indicator* flow_without_year() const { return flow_without_year_; }

 private:
  size_t Slot(const FigureKey& key) {
    auto found = std::find(needs_.keys.begin(), needs_.keys.end(), key);
    if (found == needs_.keys.end()) found = needs_.keys.insert(found, key);
    return static_cast<size_t>(found - needs_.keys.begin());
  }
  Needs& needs_;
  Period period_;
  const Indicator* flow_without_year_ = nullptr;
};

const Indicator& Known(const Catalogue& catalogue, IndicatorNumber number) {
  const Indicator* indicator = catalogue.FindIndicator(number);
  CHECK(indicator != nullptr);
  return *indicator;
}

void CheckWords(const Definition& definition, ErrorCollector& errors) {
  if (definition.by != SortKey::kRate && definition.by != SortKey::kValue && definition.by != SortKey::kNetNew &&
      definition.by != SortKey::kGap && definition.by != SortKey::kTargetGap) {
    errors.Add({.reason = Reason::BAD_VALUE, .field = "by", .message = "a table is sorted by rate, value, net_new, gap or target_gap"});
  }
  if (definition.digits < 0 || definition.digits > kDigitsMax) {
    errors.Add({.reason = Reason::BAD_VALUE, .field = "digits", .value = std::to_string(definition.digits),
                .message = "digits is 0 to 8"});
  }
  if (definition.total_digits < 0 || definition.total_digits > kDigitsMax) {
    errors.Add({.reason = Reason::BAD_VALUE, .field = "total_digits", .value = std::to_string(definition.total_digits),
                .message = "total_digits is 0 to 8"});
  }
  if (definition.columns.size() > kColumnsMax) {
    errors.Add({.reason = Reason::BAD_VALUE, .field = "columns", .value = std::to_string(definition.columns.size()),
                .message = "at most 16 columns"});
  }
  if (definition.then_by == SortKey::kIndicator && definition.then_by_indicator == 0) {
    errors.Add({.reason = Reason::MISSING_FIELD, .field = "then_by_indicator", .message = "then_by names no indicator"});
  }
  if (definition.ties == TieStyle::kOrdinal && definition.then_by == SortKey::kNone) {
    errors.Add({.reason = Reason::TIE_NOT_BROKEN, .field = "then_by", .message = "ordinal places need a then_by that tells tied rows apart"});
  }
}

}  // namespace

absl::StatusOr<Plan> MakePlan(const Definition& definition, const Catalogue& catalogue) {
  ErrorCollector errors;
  CheckWords(definition, errors);

  Plan plan;
  Gatherer gather(plan.needs, definition.period);
  plan.indicator = &Known(catalogue, definition.indicator);
  plan.needs.numerator = gather.Figure(*plan.indicator);
  plan.needs.target = gather.Target(*plan.indicator);
  if (definition.of != 0) {
    plan.of = &Known(catalogue, definition.of);
    plan.needs.denominator = gather.Figure(*plan.of);
    std::optional<Fraction> scale = CommonScale(*plan.indicator, *plan.of);
    if (scale) {
      plan.scale = *scale;
    } else {
      errors.Add({.reason = Reason::MIXED_UNITS, .field = "of", .value = plan.of->code,
                  .message = plan.indicator->code + " in " + plan.indicator->unit + " and " + plan.of->code + " in " + plan.of->unit +
                             " share no unit: their quotient is not one number"});
    }
  }
  const bool net_new = definition.by == SortKey::kNetNew || definition.then_by == SortKey::kNetNew;
  if (net_new && plan.indicator->is_stock()) {
    auto flow = [&](IndicatorNumber number, const Indicator*& role) -> std::optional<size_t> {
      if (number == 0) return std::nullopt;
      const Indicator& counted = Known(catalogue, number);
      role = &counted;
      std::optional<Fraction> scale = CommonScale(*plan.indicator, counted);
      if (!scale || Compare(*scale, Fraction{1, 1}) != 0) {
        errors.Add({.reason = Reason::MIXED_UNITS, .field = "by", .value = counted.code,
                    .message = counted.code + " is not kept in the unit of " + plan.indicator->code});
      }
      return gather.Figure(counted);
    };
    plan.needs.entries = flow(plan.indicator->entries, plan.entries);
    plan.needs.exits = flow(plan.indicator->exits, plan.exits);
  }
  if (definition.then_by == SortKey::kIndicator && definition.then_by_indicator != 0) {
    plan.needs.then_by = gather.Figure(Known(catalogue, definition.then_by_indicator));
  }
  for (const Column& column : definition.columns) {
    const Indicator& indicator = Known(catalogue, column.indicator);
    plan.columns.push_back(&indicator);
    plan.needs.columns.push_back(column.kind == ColumnKind::kFigure ? gather.Figure(indicator) : gather.Target(indicator));
  }
  if (const Indicator* flow = gather.flow_without_year()) {
    errors.Add({.reason = Reason::BAD_PERIOD, .field = "year", .message = flow->code + " is a flow of plan years: name the year"});
  }
  RETURN_IF_ERROR(errors.ToStatus());
  return plan;
}

}  // namespace anju::ranking
