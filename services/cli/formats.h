// The CSV files of the contract: their columns with Chinese headers, and the Chinese words clerks write in them.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/csv/csv.h"

namespace anju::cli {

// Columns in the order of the contract (README "Files").
const std::vector<csv::Column>& RegionColumns();
const std::vector<csv::Column>& CatalogueColumns();
const std::vector<csv::Column>& PlanColumns();
const std::vector<csv::Column>& MilestoneColumns();
const std::vector<csv::Column>& ReportColumns();
const std::vector<csv::Column>& BoundaryColumns();
const std::vector<csv::Column>& CheckColumns();

// A parsed row with its fields by name; Chinese words of closed lists (累计, 开发区, 省 …) are already the contract's words.
class Record {
 public:
  Record(const std::vector<csv::Column>& columns, const csv::Row& row) : columns_(columns), row_(row) {}
  std::string Get(std::string_view name) const;
  uint32_t line() const { return row_.line; }
  const csv::Row& row() const { return row_; }

 private:
  const std::vector<csv::Column>& columns_;
  const csv::Row& row_;
};

// Reads a file, or standard input for "-". FILE_NOT_FOUND, TOO_MANY_ROWS (beyond csv::kFileBytesMax).
absl::StatusOr<std::string> ReadInput(const std::string& path);
// Writes the whole file anew. FILE_NOT_FOUND with field "out" when that fails.
absl::Status WriteFile(const std::string& path, std::string_view bytes);

}  // namespace anju::cli
