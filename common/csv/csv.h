// CSV files as clerks write them: UTF-8 (BOM or not) or GB18030, English or Chinese headers, every row with its line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace anju::csv {

inline constexpr size_t kFileBytesMax = 64 << 20;
inline constexpr size_t kFieldBytesMax = 4096;
inline constexpr size_t kRowsMax = 1'000'000;

// A column a file may have.
struct Column {
  std::string name;                  // English, the name used in code and errors
  std::vector<std::string> aliases;  // Chinese headers, e.g. 地区
  bool required = true;
};

struct Row {
  uint32_t line = 0;                // line of the file where the row starts; the header is line 1
  std::vector<std::string> fields;  // by index of the column in the schema, absent optional columns are ""; surrounding blanks cut
};

struct Table {
  std::vector<Row> rows;
  std::vector<bool> present;  // per column of the schema: whether the file has it
};

// Decodes and parses. Every error of the file at once (at most kErrorsMax), each with its line:
// BAD_ENCODING, BAD_CSV, BAD_HEADER (missing, repeated or unknown column), TOO_MANY_ROWS (also for kFileBytesMax).
// Header names match exactly once blanks are cut. Blank lines, rows of nothing but commas, and empty fields beyond the header's
// last column (spreadsheets leave them) are skipped; any other row has exactly as many fields as the header. A field longer than
// `field_bytes_max` is BAD_CSV.
absl::StatusOr<Table> Parse(std::string_view bytes, const std::vector<Column>& schema, size_t field_bytes_max = kFieldBytesMax);

// To UTF-8: strips a BOM, takes valid UTF-8 as it is, else decodes GB18030; BAD_ENCODING names the line when it is neither. A file
// that begins with a UTF-8 BOM says that it is UTF-8 and is never taken for GB18030.
absl::StatusOr<std::string> DecodeText(std::string_view bytes);

// One field, quoted when it must be (RFC 4180).
std::string Quote(std::string_view field);
// One line without the newline.
std::string FormatRow(const std::vector<std::string>& fields);

}  // namespace anju::csv
