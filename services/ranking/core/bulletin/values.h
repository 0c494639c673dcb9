// What stands in a cell of a league table: printed, exact, and why it is unknown.
#pragma once

#include <optional>
#include <string>

#include "services/ranking/core/bulletin/cells.h"
#include "services/ranking/core/bulletin/compose.h"

namespace anju::ranking {

struct CellValue {
  std::optional<std::string> printed;  // nullopt: unknown
  std::optional<Fraction> exact;       // in the unit; nullopt of text, and of what is unknown
  std::string reason;                  // of an unknown number: NO_TARGET, NOT_REPORTED …; "" for no special reason
};

// A cell as it belongs to a published figure.
struct CellMeaning {
  const Indicator* indicator = nullptr;  // what is counted
  bool rate = false;
  std::string unit;                      // 套, %, 名次
  std::string label;                     // the indicator's code; of rates, places and movement the word of the cell
  Period period;
};

CellValue ValueOf(const TableAnswer& answer, const Row& row, const CellRef& cell);
// REQUIRES: a numeric cell.
CellMeaning MeaningOf(const TableAnswer& answer, const CellRef& cell, const std::string& word);
// True when the table's `value` is a rate in percent.
bool PrintsRates(const TableAnswer& answer);

}  // namespace anju::ranking
