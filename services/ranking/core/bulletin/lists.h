// Lists of a template: which rows of a table, in which order. Judged on exact values, never on what is printed.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "services/ranking/core/bulletin/figures.h"

namespace anju::ranking {

// The rows of one list. UNKNOWN_CELL with the list's line when its milestone was not answered.
absl::StatusOr<std::vector<RowRef>> RowsOfList(const Template& source, const TemplateList& list, const ComposeInput& input, const FigureBook& book);

}  // namespace anju::ranking
