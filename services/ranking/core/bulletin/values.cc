// Reads cells of computed rows.
#include "services/ranking/core/bulletin/values.h"

namespace anju::ranking {
namespace {

bool IsGap(const Definition& definition) { return definition.by == SortKey::kGap || definition.by == SortKey::kTargetGap; }

// Why there is no target, in the words of unranked rows. A printed blank has no word of its own.
std::string ReasonOfTarget(Missing missing) {
  switch (missing) {
    case Missing::kAbsent: return UnrankedName(Unranked::kNoTarget);
    case Missing::kNoTask: return UnrankedName(Unranked::kNoTask);
    case Missing::kNotPublished: return UnrankedName(Unranked::kNotPublished);
    case Missing::kBlank:
    case Missing::kNumber: return "";
  }
  return "";
}

// Where there is no task or nothing published there is nothing to report either.
std::string ReasonOfFigure(const Row& row) {
  const bool said = row.reason == Unranked::kNoTask || row.reason == Unranked::kNotPublished;
  return UnrankedName(said ? row.reason : Unranked::kNotReported);
}

std::string ReasonOfDenominator(const TableAnswer& answer, const Row& row) {
  return answer.definition.of != 0 ? UnrankedName(Unranked::kNotReported) : ReasonOfTarget(row.exact.target);
}

std::string ReasonOfValue(const TableAnswer& answer, const Row& row) {
  if (!row.numerator && answer.definition.by != SortKey::kNetNew) return ReasonOfFigure(row);
  if (PrintsRates(answer) && !row.denominator) return ReasonOfDenominator(answer, row);
  if (PrintsRates(answer) && row.numerator) return UnrankedName(Unranked::kZeroTarget);
  return ReasonOfFigure(row);
}

CellValue Decimal(const std::optional<std::string>& printed) {
  CellValue value{.printed = printed};
  if (printed) {
    if (const auto decimal = ParseDecimal(*printed); decimal.ok()) value.exact = ToFraction(*decimal);
  }
  return value;
}

CellValue Whole(std::optional<int64_t> number) {
  if (!number) return {};
  return {.printed = std::to_string(*number), .exact = Fraction{*number, 1}};
}

CellValue Amount(const Indicator& indicator, const std::optional<Fraction>& exact, std::string reason) {
  if (!exact) return {.reason = std::move(reason)};
  return {.printed = FormatRounded(*exact, indicator.scale, Rounding::kHalfUp, /*trim=*/true), .exact = exact};
}

}  // namespace

bool PrintsRates(const TableAnswer& answer) {
  return !IsGap(answer.definition) && (answer.table.prints_rates || answer.definition.by == SortKey::kRate);
}

CellValue ValueOf(const TableAnswer& answer, const Row& row, const CellRef& cell) {
  const Plan& plan = answer.plan;
  switch (cell.kind) {
    case CellKind::kRank: return row.rank == 0 ? CellValue{.reason = UnrankedName(row.reason)} : Whole(row.rank);
    case CellKind::kName: return {.printed = row.name};
    case CellKind::kCode: return {.printed = row.code};
    case CellKind::kReason: return {.printed = UnrankedName(row.reason)};
    case CellKind::kAsOf: return {.printed = row.as_of ? FormatDate(*row.as_of) : ""};
    case CellKind::kNumerator: return {row.numerator, row.exact.numerator, row.numerator ? "" : ReasonOfFigure(row)};
    case CellKind::kDenominator: return {row.denominator, row.exact.denominator, row.denominator ? "" : ReasonOfDenominator(answer, row)};
    case CellKind::kValue: return {row.value, row.exact.value, row.value ? "" : ReasonOfValue(answer, row)};
    case CellKind::kKey: return {row.key, row.exact.key, row.key ? "" : ReasonOfFigure(row)};
    case CellKind::kPreviousRank: return row.previous_rank == 0 ? CellValue{} : Whole(row.previous_rank);
    case CellKind::kPreviousValue: return Decimal(row.previous_value);
    case CellKind::kValueChange: return Decimal(row.value_change);
    case CellKind::kRankChange: return Whole(row.rank_change);
    case CellKind::kEntries: return Amount(*plan.entries, row.exact.entries, UnrankedName(Unranked::kNotReported));
    case CellKind::kExits: return Amount(*plan.exits, row.exact.exits, UnrankedName(Unranked::kNotReported));
    case CellKind::kLayerTarget: return Amount(*plan.columns[cell.column], row.exact.columns[cell.column].target, ReasonOfTarget(row.exact.columns[cell.column].missing));
    case CellKind::kColumn: break;
  }
  const ExactColumn& exact = row.exact.columns[cell.column];
  const std::string& printed = row.columns[cell.column];
  if (!printed.empty()) return {printed, exact.value, ""};
  const std::string of_target = ReasonOfTarget(exact.missing);
  return {.reason = exact.missing == Missing::kNumber ? ReasonOfFigure(row) : of_target};
}

CellMeaning MeaningOf(const TableAnswer& answer, const CellRef& cell, const std::string& word) {
  const Plan& plan = answer.plan;
  const Period period = answer.definition.period;
  const auto figure = [&](const Indicator* indicator) {
    return CellMeaning{indicator, false, indicator->unit, indicator->code, indicator->is_stock() ? Period{} : period};
  };
  const auto target = [&](const Indicator* indicator) { return CellMeaning{indicator, false, indicator->unit, indicator->code, period}; };
  const auto rate = [&](const std::string& label) { return CellMeaning{plan.indicator, true, "%", label, period}; };
  const auto place = [&] { return CellMeaning{plan.indicator, false, "名次", word, period}; };
  switch (cell.kind) {
    case CellKind::kNumerator: return figure(plan.indicator);
    case CellKind::kDenominator: return plan.of ? figure(plan.of) : target(plan.indicator);
    case CellKind::kKey: {
      CellMeaning meaning = figure(plan.indicator);
      meaning.period = period;
      return meaning;
    }
    case CellKind::kRank:
    case CellKind::kPreviousRank:
    case CellKind::kRankChange: return place();
    case CellKind::kEntries: return figure(plan.entries);
    case CellKind::kExits: return figure(plan.exits);
    case CellKind::kLayerTarget: return target(plan.columns[cell.column]);
    case CellKind::kColumn:
      switch (answer.definition.columns[cell.column].kind) {
        case ColumnKind::kFigure: return figure(plan.columns[cell.column]);
        case ColumnKind::kTarget: return target(plan.columns[cell.column]);
        case ColumnKind::kRate: return rate(word);
      }
      break;
    default: break;
  }
  if (PrintsRates(answer)) return rate(word);  // value and its movement
  return figure(plan.indicator);
}

}  // namespace anju::ranking
