// Chooses and sorts the rows of lists.
#include "services/ranking/core/bulletin/lists.h"

#include <algorithm>
#include <optional>

#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::ranking {
namespace {

// The threshold: a decimal, or a milestone's share in percent.
absl::StatusOr<Fraction> ThresholdOf(const Template& source, const TemplateList& list, const ComposeInput& input) {
  for (size_t i = 0; i < source.milestones.size(); ++i) {
    if (source.milestones[i].name != list.threshold) continue;
    if (!input.milestones[i]) {
      return MakeError({.reason = Reason::UNKNOWN_CELL, .field = "lists." + list.name + "." + list.compare, .value = list.threshold,
                        .message = "no plan sets the milestone " + list.threshold, .line = list.line});
    }
    ASSIGN_OR_RETURN(const Decimal share, ParseDecimal(input.milestones[i]->share));
    return ToFraction(share);
  }
  ASSIGN_OR_RETURN(const Decimal number, ParseDecimal(list.threshold));
  return ToFraction(number);
}

bool Holds(const std::string& compare, std::strong_ordering order) {
  if (compare == "at_least") return order >= 0;
  if (compare == "above") return order > 0;
  if (compare == "at_most") return order <= 0;
  return order < 0;  // below
}

}  // namespace

absl::StatusOr<std::vector<RowRef>> RowsOfList(const Template& source, const TemplateList& list, const ComposeInput& input, const FigureBook& book) {
  size_t table = 0;
  while (source.tables[table].name != list.table) ++table;
  const TableAnswer& answer = input.tables[table];
  const auto exact = [&](const RowRef& row, const std::string& word) { return ValueOf(answer, book.RowAt(row), *FindCell(source.tables[table], word)).exact; };
  std::optional<Fraction> threshold;
  if (!list.compare.empty()) {
    ASSIGN_OR_RETURN(threshold, ThresholdOf(source, list, input));
  }
  std::vector<RowRef> rows;
  const size_t count = list.unranked ? book.RowsOf(table) : answer.table.rows.size();
  for (size_t i = 0; i < count; ++i) {
    const RowRef row{table, i};
    // What is unknown is neither above nor below anything.
    const std::optional<Fraction> value = threshold ? exact(row, list.cell) : std::nullopt;
    if (!threshold || (value && Holds(list.compare, Compare(*value, *threshold)))) rows.push_back(row);
  }
  if (!list.order.empty()) {
    std::stable_sort(rows.begin(), rows.end(), [&](const RowRef& a, const RowRef& b) {
      const std::optional<Fraction> left = exact(a, list.order), right = exact(b, list.order);
      return left && right ? Compare(*left, *right) > 0 : left.has_value() && !right.has_value();
    });
  }
  if (list.limit != 0 && rows.size() > list.limit) rows.resize(list.limit);
  return rows;
}

}  // namespace anju::ranking
