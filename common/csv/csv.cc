// Parses CSV with libcsv, one physical line at a time so that every row and every error knows its line.
#include "common/csv/csv.h"

#include <csv.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::csv {
namespace {

// Blanks that clerks type around a value: ASCII, no-break, full-width (IDEOGRAPHIC SPACE), and a BOM pasted along.
constexpr std::string_view kBlanks[] = {" ", "\t", "\r", "\n", "\xC2\xA0", "\xE3\x80\x80", "\xEF\xBB\xBF"};

std::string_view Trim(std::string_view text) {
  for (bool cut = true; cut;) {
    cut = false;
    for (const std::string_view blank : kBlanks) {
      while (text.starts_with(blank)) text.remove_prefix(blank.size()), cut = true;
      while (text.ends_with(blank)) text.remove_suffix(blank.size()), cut = true;
    }
  }
  return text;
}

ErrorDetail BadLine(Reason reason, uint32_t line, std::string message) {
  ErrorDetail detail;
  detail.reason = reason;
  detail.line = line;
  detail.message = std::move(message);
  return detail;
}

// The bytes of the physical line at the start of `text`, with its CRLF, LF or CR.
size_t LineLength(std::string_view text) {
  const size_t end = text.find_first_of("\r\n");
  if (end == std::string_view::npos) return text.size();
  const bool crlf = text[end] == '\r' && end + 1 < text.size() && text[end + 1] == '\n';
  return end + (crlf ? 2 : 1);
}

class Reader {
 public:
  Reader(const std::vector<Column>& schema, size_t field_bytes_max) : schema_(schema), field_bytes_max_(field_bytes_max) {
    table_.present.resize(schema.size(), false);
    Open();
  }
  ~Reader() { csv_free(&parser_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  absl::StatusOr<Table> Read(std::string_view text) {
    for (uint32_t line = 1; !text.empty() && !full_; ++line) {
      const size_t length = LineLength(text);
      Feed(text.substr(0, length), line);
      text.remove_prefix(length);
    }
    if (!full_) Close();
    if (!has_header_) {
      errors_.Add(BadLine(Reason::BAD_HEADER, 1, absl::StrCat("The file has no header; the columns are ", AcceptedNames(), ".")));
    }
    if (!errors_.empty()) return errors_.ToStatus();
    return std::move(table_);
  }

 private:
  // REPALL_NL: the row callback comes for blank lines too, so that it tells whether a line has ended its row.
  void Open() { CHECK(csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL) == 0); }

  void Feed(std::string_view line, uint32_t number) {
    if (!row_open_) row_line_ = number;
    row_open_ = true;
    if (line.find('\0') != std::string_view::npos) {
      errors_.Add(BadLine(Reason::BAD_CSV, number, absl::StrCat("Line ", number, " holds a NUL byte.")));
    }
    if (csv_parse(&parser_, line.data(), line.size(), OnField, OnRow, this) == line.size()) return;
    CHECK(csv_error(&parser_) != CSV_ENOMEM);
    const std::string where = row_line_ == number ? "" : absl::StrCat(" (found on line ", number, ")");
    errors_.Add(BadLine(Reason::BAD_CSV, row_line_,
                        absl::StrCat("The row on line ", row_line_, " has a quote inside a field that is not doubled, or text after a closing quote",
                                     where, ".")));
    // Goes on with the next line: a stray quote spoils one row, and its author wants to see the other errors too.
    csv_free(&parser_);
    Open();
    fields_.clear();
    row_open_ = false;
  }

  void Close() {
    if (csv_fini(&parser_, OnField, OnRow, this) != 0) {
      errors_.Add(BadLine(Reason::BAD_CSV, row_line_, absl::StrCat("The row on line ", row_line_, " has a quote that never closes.")));
    }
  }

  static void OnField(void* data, size_t size, void* self) {
    auto* reader = static_cast<Reader*>(self);
    reader->fields_.emplace_back(static_cast<const char*>(data), size);
  }

  static void OnRow(int, void* self) {
    auto* reader = static_cast<Reader*>(self);
    std::vector<std::string> fields = std::exchange(reader->fields_, {});
    reader->row_open_ = false;
    reader->TakeRow(std::move(fields));
  }

  void TakeRow(std::vector<std::string> fields) {
    bool blank = true;
    for (std::string& field : fields) {
      if (field.size() > field_bytes_max_) {
        errors_.Add(BadLine(Reason::BAD_CSV, row_line_, absl::StrCat("The row on line ", row_line_, " has a field that is longer than ", field_bytes_max_, " bytes.")));
        return;
      }
      const std::string_view trimmed = Trim(field);
      if (trimmed.size() != field.size()) field = std::string(trimmed);
      blank = blank && field.empty();
    }
    if (blank || full_) return;
    if (!has_header_) {
      TakeHeader(std::move(fields));
      return;
    }
    while (fields.size() > width_ && fields.back().empty()) fields.pop_back();
    if (fields.size() != width_) {
      errors_.Add(BadLine(Reason::BAD_CSV, row_line_,
                          absl::StrCat("The row on line ", row_line_, " has ", fields.size(), " fields where the header has ", width_, ".")));
      return;
    }
    if (table_.rows.size() == kRowsMax) {
      errors_.Add(BadLine(Reason::TOO_MANY_ROWS, row_line_, absl::StrCat("The file has more than ", kRowsMax, " rows.")));
      full_ = true;
      return;
    }
    Row& row = table_.rows.emplace_back();
    row.line = row_line_;
    row.fields.resize(schema_.size());
    for (size_t i = 0; i < width_; ++i) {
      if (column_of_[i].has_value()) row.fields[*column_of_[i]] = std::move(fields[i]);
    }
  }

  void TakeHeader(std::vector<std::string> names) {
    has_header_ = true;
    while (!names.empty() && names.back().empty()) names.pop_back();
    width_ = names.size();
    for (const std::string& name : names) column_of_.push_back(TakeColumn(name));
    for (size_t i = 0; i < schema_.size(); ++i) {
      if (table_.present[i] || !schema_[i].required) continue;
      ErrorDetail detail = BadLine(Reason::BAD_HEADER, row_line_, absl::StrCat("The header lacks the column ", NamesOf(schema_[i]), "."));
      detail.field = schema_[i].name;
      errors_.Add(std::move(detail));
    }
  }

  // The schema's index of a header name; nullopt (and an error) when it is unknown or was there before.
  std::optional<size_t> TakeColumn(const std::string& name) {
    for (size_t i = 0; i < schema_.size(); ++i) {
      const Column& column = schema_[i];
      if (name != column.name && std::find(column.aliases.begin(), column.aliases.end(), name) == column.aliases.end()) continue;
      if (!table_.present[i]) {
        table_.present[i] = true;
        return i;
      }
      ErrorDetail detail = BadLine(Reason::BAD_HEADER, row_line_, absl::StrCat("The header has the column ", column.name, " twice."));
      detail.field = column.name;
      detail.value = name;
      errors_.Add(std::move(detail));
      return std::nullopt;
    }
    ErrorDetail detail = BadLine(Reason::BAD_HEADER, row_line_,
                                 absl::StrCat("The header has an unknown column \"", name, "\"; the columns are ", AcceptedNames(), "."));
    detail.value = name;
    for (const Column& column : schema_) {
      if (detail.candidates.size() == kErrorCandidatesMax) break;
      detail.candidates.push_back(column.name);
    }
    errors_.Add(std::move(detail));
    return std::nullopt;
  }

  // "region (地区)": a column's name with its other headers.
  static std::string NamesOf(const Column& column) {
    return column.aliases.empty() ? column.name : absl::StrCat(column.name, " (", absl::StrJoin(column.aliases, ", "), ")");
  }

  std::string AcceptedNames() const {
    return absl::StrJoin(schema_, ", ", [](std::string* out, const Column& column) { out->append(NamesOf(column)); });
  }

  const std::vector<Column>& schema_;
  const size_t field_bytes_max_;
  csv_parser parser_;
  ErrorCollector errors_;
  Table table_;
  bool has_header_ = false;
  bool full_ = false;          // kRowsMax reached
  size_t width_ = 0;           // columns of the header
  std::vector<std::optional<size_t>> column_of_;  // by position in the file
  std::vector<std::string> fields_;               // of the row being read
  uint32_t row_line_ = 1;      // where that row starts
  bool row_open_ = false;      // it has not ended yet: a quoted newline keeps it open
};

}  // namespace

absl::StatusOr<Table> Parse(std::string_view bytes, const std::vector<Column>& schema, size_t field_bytes_max) {
  if (bytes.size() > kFileBytesMax) {
    return MakeError(Reason::TOO_MANY_ROWS, "", "", absl::StrCat("The file is larger than ", kFileBytesMax >> 20, " MiB."));
  }
  ASSIGN_OR_RETURN(const std::string text, DecodeText(bytes));
  return Reader(schema, field_bytes_max).Read(text);
}

std::string Quote(std::string_view field) {
  const bool must = field.find_first_of(",\"\r\n") != std::string_view::npos ||
                    (!field.empty() && (field.front() == ' ' || field.front() == '\t' || field.back() == ' ' || field.back() == '\t'));
  if (!must) return std::string(field);
  std::string out = "\"";
  for (const char c : field) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
  return out;
}

std::string FormatRow(const std::vector<std::string>& fields) {
  return absl::StrJoin(fields, ",", [](std::string* out, const std::string& field) { out->append(Quote(field)); });
}

}  // namespace anju::csv
