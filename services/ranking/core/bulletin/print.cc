// Prints the cells of annex tables.
#include "services/ranking/core/bulletin/print.h"

#include <utility>

namespace anju::ranking {
namespace {

constexpr Fraction kFull{100, 1};  // percent
constexpr char kUnknown[] = "UNKNOWN";
constexpr char kTextOfUnknown[] = "——";

bool IsZero(const std::optional<Fraction>& number) { return number && number->numerator == 0; }

const std::string& UnknownWord(const WordRules& rules, const std::string& reason) {
  for (const std::string& key : {reason, std::string(kUnknown)}) {
    auto found = rules.words.reasons.find(key);
    if (found != rules.words.reasons.end()) return found->second;
  }
  return rules.otherwise;
}

// Prints the cells of one table, row by row.
class TablePrinter {
 public:
  TablePrinter(const Template& source, size_t table, FigureBook& book) : source_(source), table_(source.tables[table]), index_(table), book_(book) {}

  bulletin::Row Print(const RowRef& at) {
    const Row& row = book_.RowAt(at);
    const bool total = at.row == RowRef::kTotal;
    bulletin::Row printed{.region = row.code, .name = row.name, .reason = UnrankedName(row.reason), .cells = {}};
    for (const TemplateColumn& column : table_.columns) printed.cells.push_back(total && !column.total ? bulletin::Runs{} : Cell(at, row, column));
    return printed;
  }

 private:
  bulletin::Runs Cell(const RowRef& at, const Row& row, const TemplateColumn& column) {
    const bool total = at.row == RowRef::kTotal;
    const std::vector<CellPart>& parts = total && !column.total_parts.empty() ? column.total_parts : column.parts;
    bulletin::Runs runs;
    bool known = false;
    for (const CellPart& part : parts) {
      const CellRef cell = *FindCell(table_, part.cell);
      if (total && !HasTotal(cell.kind)) continue;
      const CellValue value = ValueOf(book_.AnswerAt(index_), row, cell);
      known = known || value.printed.has_value();
      if (part.nonzero && (!value.printed || IsZero(value.exact))) continue;
      runs.push_back(Part(at, row, column, part, cell, value));
    }
    if (runs.empty() && !parts.empty()) Nothing(at, row, column, parts, known, runs);
    return runs;
  }

  bulletin::Run Part(const RowRef& at, const Row& row, const TemplateColumn& column, const CellPart& part, const CellRef& cell, const CellValue& value) {
    if (!IsNumeric(cell.kind)) {
      std::string text = value.printed.value_or("");
      if (cell.kind == CellKind::kName && at.row == RowRef::kTotal) text = table_.total_label;
      if (cell.kind == CellKind::kReason && !text.empty()) text = UnknownWord(WordsOfColumn(source_, column, cell.kind), text);
      return {part.before + text + part.after, std::nullopt};
    }
    const Shown shown = Show(book_.AnswerAt(index_), row, cell, WordsOfColumn(source_, column, cell.kind), column.format);
    return {part.before + shown.text + part.after, book_.PrintInTable(at, cell, part.cell, shown.printed)};
  }

  // No part had anything to print. What is unknown is never printed as none: then the word for it stands there.
  void Nothing(const RowRef& at, const Row& row, const TemplateColumn& column, const std::vector<CellPart>& parts, bool known, bulletin::Runs& runs) {
    for (const CellPart& part : parts) {
      const CellRef cell = *FindCell(table_, part.cell);
      if (!IsNumeric(cell.kind) || (at.row == RowRef::kTotal && !HasTotal(cell.kind))) continue;
      const CellValue value = ValueOf(book_.AnswerAt(index_), row, cell);
      if (known && !value.printed) continue;
      const std::string text = known ? column.nothing : UnknownWord(WordsOfColumn(source_, column, cell.kind), value.reason);
      // "0" is a number like others, that of the first part that is known to be zero.
      if (known && text != "0") {
        runs.push_back({text, std::nullopt});
      } else {
        runs.push_back({text, book_.PrintInTable(at, cell, part.cell, known ? text : "")});
      }
      return;
    }
  }

  const Template& source_;
  const TemplateTable& table_;
  const size_t index_;
  FigureBook& book_;
};

}  // namespace

WordRules WordsOfColumn(const Template& source, const TemplateColumn& column, CellKind kind) {
  WordRules rules{column.words, ""};
  if (IsPlace(kind)) return rules;
  if (!rules.words.zero) rules.words.zero = source.words.zero;
  if (!rules.words.full) rules.words.full = source.words.full;
  rules.words.reasons.insert(source.words.reasons.begin(), source.words.reasons.end());  // the column's own stay
  return rules;
}

WordRules WordsOfText(const Template& source) {
  WordRules rules{{.reasons = source.words.reasons}, kTextOfUnknown};
  // A table has empty cells; a sentence with a hole in it would say something else.
  std::erase_if(rules.words.reasons, [](const auto& word) { return word.second.empty(); });
  return rules;
}

Shown Show(const TableAnswer& answer, const Row& row, const CellRef& cell, const WordRules& rules, const NumberFormat& format) {
  const CellValue value = ValueOf(answer, row, cell);
  if (!value.printed) return {UnknownWord(rules, value.reason), ""};
  const bool zero = cell.kind == CellKind::kRank ? IsZero(row.exact.key) : IsZero(value.exact);
  if (zero && rules.words.zero) return {*rules.words.zero, *rules.words.zero == "0" && cell.kind != CellKind::kRank ? "0" : ""};
  const bool full = cell.kind == CellKind::kValue && PrintsRates(answer) && value.exact && Compare(*value.exact, kFull) >= 0;
  if (full && rules.words.full) return {*rules.words.full, ""};
  std::string number = *value.printed;
  if (format.digits && value.exact) number = FormatRounded(*value.exact, *format.digits, Rounding::kHalfUp, /*trim=*/false);
  const bool plus = format.plus && value.exact && value.exact->numerator > 0;
  return {format.prefix + (plus ? "+" : "") + number + format.suffix, number};
}

bulletin::Annex PrintAnnex(const Template& source, size_t table, Date as_of, FigureBook& book) {
  const TemplateTable& shape = source.tables[table];
  const TableAnswer& answer = book.AnswerAt(table);
  bulletin::Annex annex;
  annex.name = shape.name;
  for (const TemplateColumn& column : shape.columns) {
    bool numeric = false;
    for (const CellPart& part : column.parts) numeric = numeric || IsNumeric(FindCell(shape, part.cell)->kind);
    annex.columns.push_back({column.group, PlainOf(column.heading, as_of), numeric});
  }
  TablePrinter printer(source, table, book);
  for (size_t row = 0; row < book.RowsOf(table); ++row) annex.rows.push_back(printer.Print({table, row}));
  if (!shape.total_label.empty()) annex.total = printer.Print({table, RowRef::kTotal});
  annex.definition = answer.definition_words;
  annex.as_of = FormatDate(answer.table.as_of.value_or(as_of));
  annex.reported = answer.table.reported;
  annex.expected = answer.table.expected;
  return annex;
}

std::string DateWord(const std::string& word, Date day) {
  if (word == "year") return std::to_string(YearOf(day));
  if (word == "month") return std::to_string(MonthOf(day));
  if (word == "day") return std::to_string(day.days - MakeDate(YearOf(day), MonthOf(day), 1).days + 1);
  return "";
}

std::string PlainOf(const TemplateText& text, Date as_of) {
  std::string plain;
  for (const TextPart& part : text.parts) plain += part.path.empty() ? part.literal : DateWord(part.path[0], as_of);
  return plain;
}

}  // namespace anju::ranking
