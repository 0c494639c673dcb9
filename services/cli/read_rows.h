// Reading of a file into the rows of a request, and what a finished import prints.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "anju/types/v1/basis.pb.h"
#include "common/client/client.h"
#include "common/csv/csv.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/cli/context.h"
#include "services/cli/formats.h"

namespace anju::cli {

// Reads and parses `file` by `columns`, then fills one request row per line with `fill`.
template <typename Rows, typename Fill>
absl::Status ReadRows(const std::string& file, const std::vector<csv::Column>& columns, Rows* rows, Fill fill) {
  ASSIGN_OR_RETURN(const std::string bytes, ReadInput(file));
  ASSIGN_OR_RETURN(const csv::Table table, csv::Parse(bytes, columns));
  for (const csv::Row& parsed : table.rows) {
    auto* row = rows->Add();
    row->set_line(parsed.line);
    fill(Record(columns, parsed), row);
  }
  if (rows->empty()) return MakeError(Reason::EMPTY_REQUEST, "file", file, "a header and no rows");
  return absl::OkStatus();
}

inline client::CallOptions CallOptionsOf(const Context& context) { return {.deadline_ms = context.deadline_ms}; }

// How many rows did what, and the token to go on with. The exit code of the command.
int PrintImport(const Context& context, bool dry_run, uint32_t changed, uint32_t unchanged, const types::v1::BasisStamp& basis);

}  // namespace anju::cli
