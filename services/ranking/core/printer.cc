// Prints standings: rounds once, at the very end.
#include "services/ranking/core/printer.h"

namespace anju::ranking {
namespace {

std::string PrintColumn(const Definition& definition, const Plan& plan, const Board& board, const Place& place, size_t column) {
  const Figures& figures = place.figures[plan.needs.columns[column]];
  const Indicator& indicator = *plan.columns[column];
  const ColumnKind kind = definition.columns[column].kind;
  if (kind == ColumnKind::kFigure) return figures.actual ? FormatAmount(indicator, *figures.actual) : "";
  const Target& target = figures.target(board.column_layers[column]);
  if (!target.known()) return "";
  if (kind == ColumnKind::kTarget) return FormatAmount(indicator, target.amount);
  const std::optional<int64_t>& numerator = place.figures[plan.needs.numerator].actual;
  if (!numerator || target.amount == 0) return "";
  return FormatPercent(MakeFraction(*numerator, target.amount), definition.digits, definition.rounding, definition.trim);
}

Fraction InUnit(const Indicator& indicator, int64_t amount) { return MakeFraction(amount, PowerOfTen(indicator.scale)); }
std::optional<Fraction> InUnit(const Indicator& indicator, const std::optional<int64_t>& amount) {
  return amount ? std::optional(InUnit(indicator, *amount)) : std::nullopt;
}

constexpr Fraction kHundred{100, 1};

ExactColumn ExactColumnOf(const Definition& definition, const Plan& plan, const Board& board, const Place& place, size_t column) {
  const Figures& figures = place.figures[plan.needs.columns[column]];
  const Indicator& indicator = *plan.columns[column];
  ExactColumn exact;
  if (definition.columns[column].kind == ColumnKind::kFigure) {
    exact.value = InUnit(indicator, figures.actual);
    return exact;
  }
  const Target& target = figures.target(board.column_layers[column]);
  exact.missing = target.missing;
  if (target.known()) exact.target = InUnit(indicator, target.amount);
  if (definition.columns[column].kind == ColumnKind::kTarget) {
    exact.value = exact.target;
    return exact;
  }
  const std::optional<int64_t>& numerator = place.figures[plan.needs.numerator].actual;
  if (numerator && target.known() && target.amount != 0) exact.value = Multiply(MakeFraction(*numerator, target.amount), kHundred);
  return exact;
}

// The rate in common units, which nearly always are those it stands in.
Fraction RateOf(const Plan& plan, const Fraction& rate) {
  return plan.scale.numerator == 1 && plan.scale.denominator == 1 ? rate : Multiply(rate, plan.scale);
}

}  // namespace

ExactRow ExactOf(const Definition& definition, const Plan& plan, const Board& board, const Standing& standing) {
  const Place& place = *standing.place;
  ExactRow exact;
  exact.numerator = InUnit(*plan.indicator, standing.numerator);
  exact.denominator = InUnit(plan.of ? *plan.of : *plan.indicator, standing.denominator);
  exact.target = standing.target.missing;
  std::optional<Fraction> rate;
  if (standing.rate) rate = Multiply(RateOf(plan, *standing.rate), kHundred);
  exact.key = definition.by == SortKey::kRate ? rate : InUnit(*plan.indicator, SortedAmount(definition.by, standing));
  const bool gap = definition.by == SortKey::kGap || definition.by == SortKey::kTargetGap;
  exact.value = rate && !gap ? rate : gap || !(board.prints_rates || definition.by == SortKey::kRate) ? exact.key : std::nullopt;
  if (plan.needs.entries) exact.entries = InUnit(*plan.entries, place.figures[*plan.needs.entries].actual);
  if (plan.needs.exits) exact.exits = InUnit(*plan.exits, place.figures[*plan.needs.exits].actual);
  for (size_t i = 0; i < definition.columns.size(); ++i) exact.columns.push_back(ExactColumnOf(definition, plan, board, place, i));
  return exact;
}

std::optional<std::string> PrintKey(const Definition& definition, const Plan& plan, const Standing& standing) {
  if (definition.by == SortKey::kRate) {
    if (!standing.rate) return std::nullopt;
    // The denominator is written even when it is 1: the key of a rate is always a fraction.
    const Fraction rate = RateOf(plan, *standing.rate);
    return FormatFraction(Fraction{rate.numerator, 1}) + "/" + FormatFraction(Fraction{rate.denominator, 1});
  }
  const std::optional<int64_t>& amount = SortedAmount(definition.by, standing);
  if (!amount) return std::nullopt;
  return FormatAmount(*plan.indicator, *amount);
}

std::optional<std::string> PrintValue(const Definition& definition, const Plan& plan, bool prints_rates, const Standing& standing, int digits) {
  if (definition.by == SortKey::kGap || definition.by == SortKey::kTargetGap) return PrintKey(definition, plan, standing);
  if (standing.rate) return FormatPercent(RateOf(plan, *standing.rate), digits, definition.rounding, definition.trim);
  // Once any line has a denominator, `value` is a rate in the whole table: a bare figure among percentages would mislead.
  if (prints_rates || definition.by == SortKey::kRate) return std::nullopt;
  return PrintKey(definition, plan, standing);
}

Row PrintRow(const Definition& definition, const Plan& plan, const Board& board, const Standing& standing, int digits) {
  const Place& place = *standing.place;
  Row row;
  row.code = place.code;
  row.name = place.name;
  row.key = PrintKey(definition, plan, standing);
  if (standing.numerator) row.numerator = FormatAmount(*plan.indicator, *standing.numerator);
  if (standing.denominator) row.denominator = FormatAmount(plan.of ? *plan.of : *plan.indicator, *standing.denominator);
  row.value = PrintValue(definition, plan, board.prints_rates, standing, digits);
  row.as_of = standing.as_of;
  for (size_t i = 0; i < definition.columns.size(); ++i) row.columns.push_back(PrintColumn(definition, plan, board, place, i));
  const Figures& figures = place.figures[plan.needs.numerator];
  row.notes = figures.notes;
  row.review = figures.review;
  return row;
}

Row PrintRow(const Definition& definition, const Plan& plan, const Board& board, const Seat& seat) {
  Row row = PrintRow(definition, plan, board, seat.standing, definition.digits);
  row.rank = seat.rank;
  row.reason = seat.reason;
  return row;
}

}  // namespace anju::ranking
