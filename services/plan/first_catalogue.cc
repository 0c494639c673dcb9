// Reads the built-in catalogue file into a request like any other.
#include "services/plan/first_catalogue.h"

#include <string>
#include <utility>
#include <vector>

#include "common/csv/csv.h"
#include "common/status/macros.h"

namespace anju::plan {

absl::StatusOr<v1::ImportCatalogueRequest> CatalogueRequest(std::string_view text) {
  static const std::vector<csv::Column> kColumns = {{"type", {}}, {"code", {}}, {"name", {}}, {"parent", {}}, {"unit", {}}, {"scale", {}},
                                                    {"units_accepted", {}}, {"over_regions", {}}, {"over_time", {}}, {"part_of", {}},
                                                    {"part_kind", {}}, {"entries", {}}, {"exits", {}}, {"negative", {}}};
  ASSIGN_OR_RETURN(csv::Table table, csv::Parse(text, kColumns));
  v1::ImportCatalogueRequest request;
  for (csv::Row& row : table.rows) {
    v1::CatalogueRow* out = request.add_rows();
    size_t next = 0;
    out->set_line(row.line);
    for (std::string* field : {out->mutable_type(), out->mutable_code(), out->mutable_name(), out->mutable_parent(), out->mutable_unit(),
                               out->mutable_scale(), out->mutable_units_accepted(), out->mutable_over_regions(), out->mutable_over_time(),
                               out->mutable_part_of(), out->mutable_part_kind(), out->mutable_entries(), out->mutable_exits(),
                               out->mutable_negative()}) {
      *field = std::move(row.fields[next++]);
    }
  }
  return request;
}

}  // namespace anju::plan
