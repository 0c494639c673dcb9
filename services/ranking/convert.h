// Wire ↔ core: definitions, inputs of both paths, tables.
#pragma once

#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "anju/aggregator/v1/aggregator.pb.h"
#include "anju/ranking/v1/ranking.pb.h"
#include "services/ranking/core/league_table.h"
#include "services/ranking/store/store.h"

namespace anju::ranking {

// Codes and words → numbers. All errors at once.
absl::StatusOr<Definition> FromProto(const v1::Definition& wire, const Catalogue& catalogue);
// With every default filled in; `layer` is the one the table used.
v1::Definition ToProto(const Definition& definition, Layer layer, const Catalogue& catalogue);

// The current path: the children of `region` on `day` with our own cells.
Input CurrentInput(const Contents& contents, const Definition& definition, const Plan& plan, RegionNumber region, Date day);

// The dated path: one column request, and its answer as the same kind of input.
aggregator::v1::GetColumnRequest ColumnRequest(const Definition& definition, const Plan& plan, const Catalogue& catalogue,
                                               std::string_view region_code, Date as_of, std::string_view at_least);
Input DatedInput(const aggregator::v1::GetColumnResponse& column, const Plan& plan, Date as_of);

// Fills all but `basis` and `current`.
v1::GetLeagueTableResponse ToProto(Table table, const Definition& definition, const Plan& plan, const Input& input, const Catalogue& catalogue);

}  // namespace anju::ranking
