// From bytes to the rows of a check file; what rows say about each other is left to resolve.cc.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/catalogue/catalogue.h"
#include "common/check_file/check_file.h"
#include "common/check_file/resolve.h"
#include "common/csv/csv.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju {
namespace {

enum Column { kId, kPlace, kLabel, kPrinted, kUnit, kShouldBe };

const std::vector<csv::Column>& Columns() {
  static const std::vector<csv::Column> columns = {{"id", {"编号"}},      {"place", {"出处"}}, {"label", {"指标"}},
                                                   {"printed", {"印出"}}, {"unit", {"单位"}},  {"should_be", {"应为"}, false}};
  return columns;
}

class RowReader {
 public:
  RowReader(const csv::Row& row, const Vocabulary& vocabulary, ErrorCollector& errors) : row_(row), vocabulary_(vocabulary), errors_(errors) {}

  // A cell as far as its row can be read; `whole` tells whether the row has no fault.
  ReadCell Read() {
    cell_ = {.line = row_.line, .id = Field(kId), .place = Field(kPlace), .label = Field(kLabel), .printed = Field(kPrinted), .unit = Field(kUnit)};
    if (cell_.id.empty()) {
      Fault(MakeError(Reason::MISSING_FIELD, "id", "", "is empty"));
    } else if (!IsCellId(cell_.id)) {
      Fault(MakeError(Reason::BAD_CODE, "id", cell_.id, "an id is a letter followed by letters, digits, _ and ."));
    }
    ReadUnit();
    if (!cell_.printed.empty()) ReadFigure();
    ReadRelations();
    return {std::move(cell_), unit_known_};
  }

 private:
  const std::string& Field(Column column) const { return row_.fields[column]; }
  void Fault(const absl::Status& status) { errors_.Add(status, row_.line); }

  void ReadUnit() {
    const UnitMeaning* meaning = vocabulary_.FindUnit(cell_.unit);
    unit_known_ = meaning != nullptr;
    if (unit_known_) {
      cell_.meaning = *meaning;
      return;
    }
    ErrorDetail detail{.reason = Reason::UNKNOWN_UNIT, .field = "unit", .value = cell_.unit, .message = "no indicator of the catalogue is counted in it", .line = row_.line};
    for (const std::string& name : vocabulary_.units()) {
      if (detail.candidates.size() < kErrorCandidatesMax) detail.candidates.push_back(name);
    }
    errors_.Add(std::move(detail));
  }

  void ReadFigure() {
    const absl::StatusOr<Decimal> printed = ParseDecimal(cell_.printed);
    if (!printed.ok()) return Fault(WithField(printed.status(), "printed"));
    const CheckOperand figure{*printed, cell_.meaning.factor, false};
    if (!InRange(figure)) return Fault(MakeError(Reason::NUMBER_TOO_LARGE, "printed", cell_.printed, "is too large or too fine for exact arithmetic"));
    cell_.figure = figure;
  }

  void ReadRelations() {
    const std::vector<std::string_view> texts = SplitRelations(Field(kShouldBe));
    if (texts.size() > kRelationsPerRowMax) {
      return Fault(MakeError(Reason::BAD_RELATION, "should_be", texts[kRelationsPerRowMax], absl::StrCat("more relations in a row than ", kRelationsPerRowMax)));
    }
    for (const std::string_view text : texts) {
      absl::StatusOr<Relation> relation = ParseRelation(text);
      if (relation.ok()) cell_.relations.push_back(*std::move(relation));
      else Fault(relation.status());
    }
    if (!cell_.printed.empty() || texts.empty()) return;
    const bool computes = texts.size() == 1 && (cell_.relations.empty() || (cell_.relations[0].kind != RelationKind::kAtMost &&
                                                                            cell_.relations[0].kind != RelationKind::kRank));
    if (!computes) Fault(MakeError(Reason::BAD_RELATION, "should_be", Field(kShouldBe), "a blank cell is computed by one sum, difference, quotient, product or =id"));
  }

  const csv::Row& row_;
  const Vocabulary& vocabulary_;
  ErrorCollector& errors_;
  CheckCell cell_;
  bool unit_known_ = false;
};

// A column is the cells of one label and unit: where none of them is printed with decimals, each stands for itself.
void MarkExactColumns(std::vector<CheckCell>& cells) {
  std::set<std::pair<std::string, std::string>> with_decimals;
  const auto column = [](const CheckCell& cell) { return std::make_pair(cell.label, FoldUnit(cell.unit)); };
  for (const CheckCell& cell : cells) {
    if (cell.figure.has_value() && cell.figure->printed.scale > 0) with_decimals.insert(column(cell));
  }
  for (CheckCell& cell : cells) {
    if (cell.figure.has_value()) cell.figure->exact = !with_decimals.contains(column(cell));
  }
}

}  // namespace

absl::StatusOr<CheckFile> ReadCheckFile(std::string_view bytes, const Vocabulary& vocabulary) {
  ASSIGN_OR_RETURN(const csv::Table table, csv::Parse(bytes, Columns(), kCheckFieldBytesMax));
  if (table.rows.empty()) return MakeError(Reason::EMPTY_REQUEST, "", "", "a header and no rows");
  if (table.rows.size() > kCheckRowsMax) {
    return MakeError(Reason::TOO_MANY_ROWS, "", std::to_string(table.rows.size()), absl::StrCat("a check file has ", kCheckRowsMax, " rows at most"));
  }
  ErrorCollector errors;
  std::vector<ReadCell> cells;
  cells.reserve(table.rows.size());
  size_t operands = 0;
  for (const csv::Row& row : table.rows) {
    cells.push_back(RowReader(row, vocabulary, errors).Read());
    for (const Relation& relation : cells.back().cell.relations) operands += relation.operands.size();
    if (operands <= kCheckOperandsMax) continue;
    errors.Add(MakeError(Reason::BAD_RELATION, "should_be", row.fields[kShouldBe], absl::StrCat("more operands in the file than ", kCheckOperandsMax)), row.line);
    return errors.ToStatus();
  }
  CheckFile file;
  file.computed = ResolveCells(cells, vocabulary, errors);
  RETURN_IF_ERROR(errors.ToStatus());
  file.cells.reserve(cells.size());
  for (ReadCell& read : cells) file.cells.push_back(std::move(read.cell));
  MarkExactColumns(file.cells);
  return file;
}

}  // namespace anju
