// The words for cells of a league table, as templates name them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/ranking/core/bulletin/template.h"

namespace anju::ranking {

// What a cell word stands for. kColumn: one of the columns that the table's `rank` lists. The last three no template names; rules need them: what net new
// is made of, and the target that a column rate.LAYER is a rate of.
enum class CellKind {
  kRank, kName, kCode, kNumerator, kDenominator, kValue, kKey, kAsOf, kPreviousRank, kPreviousValue, kValueChange, kRankChange, kReason, kColumn,
  kEntries, kExits, kLayerTarget
};

struct CellRef {
  CellKind kind = CellKind::kValue;
  size_t column = 0;  // of kColumn and kLayerTarget
};

// nullopt when the table has no such cell: movement without `since`, the key of a table that is sorted by rate (its value is the key), a column it
// does not list.
std::optional<CellRef> FindCell(const TemplateTable& table, std::string_view word);
// All cell words of a table, for candidates.
std::vector<std::string> CellWords(const TemplateTable& table);

bool IsNumeric(CellKind kind);
// Places and movement: a region has them, the total line has not (but for values of movement); words for missing figures do not hold for them.
bool IsPlace(CellKind kind);
bool HasTotal(CellKind kind);

}  // namespace anju::ranking
