// Figures and the rules they must satisfy, in the language of check files: whoever has the bulletin's CSV can recompute it.
#include "services/ranking/core/bulletin/figures.h"

#include <algorithm>

#include "common/status/macros.h"
#include "services/ranking/core/definition_words.h"

namespace anju::ranking {
namespace {

std::string IdPart(std::string_view text) {
  std::string id;
  bool replaced = false;  // a character of several bytes becomes one _
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.';
    if (plain) {
      id += c;
    } else if (!replaced || (c >= 0)) {
      id += '_';
    }
    replaced = !plain && c < 0;
  }
  return id;
}

bool SameNumber(const std::string& printed, const std::optional<Fraction>& exact) {
  const absl::StatusOr<Decimal> decimal = ParseDecimal(printed);
  return exact && decimal.ok() && ToFraction(*decimal) == *exact;
}

// Whether words may stand for the value: what is then computed in its place is not rounded, as the movement between printed values is.
bool MayBeWord(const Row& row, bool rate) {
  return !row.exact.value || row.exact.value->numerator == 0 || (rate && Compare(*row.exact.value, Fraction{100, 1}) >= 0);
}

}  // namespace

std::string WordOf(CellKind kind) {
  switch (kind) {
    case CellKind::kRank: return "rank";
    case CellKind::kName: return "name";
    case CellKind::kCode: return "code";
    case CellKind::kNumerator: return "numerator";
    case CellKind::kDenominator: return "denominator";
    case CellKind::kValue: return "value";
    case CellKind::kKey: return "key";
    case CellKind::kAsOf: return "as_of";
    case CellKind::kPreviousRank: return "previous_rank";
    case CellKind::kPreviousValue: return "previous_value";
    case CellKind::kValueChange: return "value_change";
    case CellKind::kRankChange: return "rank_change";
    case CellKind::kReason: return "reason";
    default: return "";
  }
}

std::string FigureId(std::string_view a, std::string_view b, std::string_view c) { return IdPart(a) + "." + IdPart(b) + "." + IdPart(c); }

FigureBook::FigureBook(const Template& source, const ComposeInput& input, const Catalogue& catalogue) : source_(source), input_(input), catalogue_(catalogue) {
  CHECK(source.tables.size() == input.tables.size());
}

const Row& FigureBook::RowAt(const RowRef& at) const {
  const Table& table = input_.tables[at.table].table;
  if (at.row == RowRef::kTotal) return table.total;
  return at.row < table.rows.size() ? table.rows[at.row] : table.unranked[at.row - table.rows.size()];
}

size_t FigureBook::RowsOf(size_t table) const { return input_.tables[table].table.rows.size() + input_.tables[table].table.unranked.size(); }

std::string FigureBook::NewId(const std::string& stem) {
  std::string id = stem;
  // Goes on where the stem was last found taken: a list may repeat a figure thousands of times.
  for (int& n = suffixes_[stem]; !ids_.insert(id).second; ++n) id = stem + "_" + std::to_string(n + 2);
  return id;
}

std::string FigureBook::ColumnWord(size_t table, const CellRef& cell) const {
  const TableAnswer& answer = input_.tables[table];
  switch (cell.kind) {
    case CellKind::kColumn: return SplitColumns(source_.tables[table].rank.at("columns"))[cell.column];
    case CellKind::kEntries: return answer.plan.entries->code;
    case CellKind::kExits: return answer.plan.exits->code;
    case CellKind::kLayerTarget: {
      Column column = answer.definition.columns[cell.column];
      column.kind = ColumnKind::kTarget;
      return FormatColumn(column, catalogue_);
    }
    default: return WordOf(cell.kind);
  }
}

FigureBook::Entry& FigureBook::Bind(const RowRef& at, CellKind kind) {
  const CellRef cell{kind, 0};
  return Bind(at, cell, ColumnWord(at.table, cell));
}

FigureBook::Entry& FigureBook::Bind(const RowRef& at, const CellRef& cell, const std::string& word) {
  const auto found = by_cell_.find({at, word});
  if (found != by_cell_.end()) return *found->second;
  const TableAnswer& answer = AnswerAt(at.table);
  const Row& row = RowAt(at);
  const CellValue value = ValueOf(answer, row, cell);
  const CellMeaning meaning = MeaningOf(answer, cell, word);
  const std::string region = at.row == RowRef::kTotal ? "total" : row.code;
  // Known before its rule is made: rules only lead from what is computed to what it is computed from, so they never come back here.
  Entry& entry = entries_.emplace_back();
  by_cell_[{at, word}] = &entry;
  entry.at = at;
  entry.word = word;
  bulletin::Figure& figure = entry.figure;
  figure.id = NewId(FigureId(TableAt(at.table).name, region, word));
  figure.printed = value.printed.value_or("");
  figure.unit = meaning.unit;
  figure.label = meaning.label;
  figure.exact = value.exact ? FormatFraction(*value.exact) : "";
  figure.region = row.code;
  figure.programme = catalogue_.FindProgramme(answer.definition.programme)->code;
  figure.indicator = meaning.indicator->code;
  figure.plan_year = FormatPeriod(meaning.period);
  figure.cell = word;
  if (value.printed) figure.rule = RuleOf(at, cell, word, row);
  return entry;
}

std::string FigureBook::RuleOf(const RowRef& at, const CellRef& cell, const std::string& word, const Row& row) {
  const TableAnswer& answer = AnswerAt(at.table);
  const bool total = at.row == RowRef::kTotal;
  switch (cell.kind) {
    case CellKind::kRank: return RankRule(at);
    case CellKind::kValue:
      if (PrintsRates(answer)) return QuotientRule(at, {CellKind::kDenominator, 0}, "denominator", ValueOf(answer, row, cell));
      return answer.definition.by == SortKey::kValue || answer.definition.by == SortKey::kNetNew ? "=" + Bind(at, CellKind::kKey).figure.id : "";
    case CellKind::kKey: return KeyRule(at, row);
    case CellKind::kValueChange:
      if (!row.previous_value || !row.value || MayBeWord(row, PrintsRates(answer))) return "";
      return Bind(at, CellKind::kValue).figure.id + "-" + Bind(at, CellKind::kPreviousValue).figure.id;
    case CellKind::kRankChange:
      // Where the key is zero the place may be printed as a word, and no place can be computed from a word.
      if (row.rank == 0 || row.previous_rank == 0 || !row.exact.key || row.exact.key->numerator == 0) return "";
      return Bind(at, CellKind::kPreviousRank).figure.id + "-" + Bind(at, CellKind::kRank).figure.id;
    case CellKind::kColumn:
      if (answer.definition.columns[cell.column].kind == ColumnKind::kRate) {
        const CellRef target{CellKind::kLayerTarget, cell.column};
        return QuotientRule(at, target, ColumnWord(at.table, target), ValueOf(answer, row, cell));
      }
      return total ? SumRule(at, cell, word) : "";
    case CellKind::kNumerator:
    case CellKind::kDenominator:
    case CellKind::kEntries:
    case CellKind::kExits:
    case CellKind::kLayerTarget: return total ? SumRule(at, cell, word) : "";
    default: return "";
  }
}

std::string FigureBook::QuotientRule(const RowRef& at, const CellRef& denominator, const std::string& word, const CellValue& value) {
  // A rate cut off to whole percents is no rounding of what it is made of: whole figures are checked as exact ones.
  const bool whole = value.printed->find('.') == std::string::npos;
  if (whole && FormatRounded(*value.exact, 0, Rounding::kHalfUp, false) != *value.printed) return "";
  return Bind(at, CellKind::kNumerator).figure.id + "/" + Bind(at, denominator, word).figure.id;
}

std::string FigureBook::KeyRule(const RowRef& at, const Row& row) {
  const SortKey by = AnswerAt(at.table).definition.by;
  if (by == SortKey::kValue) return "=" + Bind(at, CellKind::kNumerator).figure.id;
  if (by != SortKey::kNetNew) return "";
  if (at.row == RowRef::kTotal) {
    if (std::string rule = SumRule(at, {CellKind::kKey, 0}, "key"); !rule.empty()) return rule;
  }
  return NetNewRule(at, row);
}

std::string FigureBook::NetNewRule(const RowRef& at, const Row& row) {
  const bool entries = row.exact.entries.has_value(), exits = row.exact.exits.has_value();
  if (entries && exits) return Bind(at, CellKind::kEntries).figure.id + "-" + Bind(at, CellKind::kExits).figure.id;
  if (entries) return "=" + Bind(at, CellKind::kEntries).figure.id;
  return exits ? "0-" + Bind(at, CellKind::kExits).figure.id : "";
}

std::string FigureBook::SumRule(const RowRef& at, const CellRef& cell, const std::string& word) {
  const TableAnswer& answer = AnswerAt(at.table);
  if (!MeaningOf(answer, cell, word).indicator->is_additive()) return "";
  Fraction sum;
  std::vector<size_t> parts;
  for (size_t row = 0; row < RowsOf(at.table); ++row) {
    const std::optional<Fraction> part = ValueOf(answer, RowAt({at.table, row}), cell).exact;
    if (!part) continue;
    parts.push_back(row);
    sum = Add(sum, *part);
  }
  const std::optional<Fraction> total = ValueOf(answer, answer.table.total, cell).exact;
  // A total that is not the sum of what is listed (a declared whole, parts that did not report) is a figure as reported.
  if (parts.empty() || parts.size() > kRuleOperandsMax || !total || !(sum == *total)) return "";
  std::string rule = "sum(";
  for (const size_t row : parts) rule += (row == parts.front() ? "" : " ") + Bind({at.table, row}, cell, word).figure.id;
  return rule + ")";
}

std::string FigureBook::RankRule(const RowRef& at) {
  const TableAnswer& answer = AnswerAt(at.table);
  const std::vector<Row>& rows = answer.table.rows;
  const Definition& definition = answer.definition;
  if (rows.size() < 2 || rows.size() > kRankRuleRowsMax) return "";
  // Dense places skip none after a tie, which counting those before does not give.
  if (definition.ties == TieStyle::kDense && rows.back().rank != rows.size()) return "";
  const CellKind sorted = definition.by == SortKey::kRate ? CellKind::kValue : definition.by == SortKey::kValue ? CellKind::kNumerator : CellKind::kKey;
  // A key that no rule binds to figures proves nothing.
  const bool bound = definition.by == SortKey::kNetNew && (answer.plan.entries != nullptr || answer.plan.exits != nullptr);
  if (sorted == CellKind::kKey && !bound) return "";
  std::string own, others;
  for (size_t row = 0; row < rows.size(); ++row) (row == at.row ? own : others) += " " + Bind({at.table, row}, sorted).figure.id;
  return std::string("rank(") + (definition.ascending ? "asc" : "desc") + own + others + ")";
}

bulletin::Figure FigureBook::PrintInTable(const RowRef& at, const CellRef& cell, const std::string& word, const std::string& printed) {
  Entry& entry = Bind(at, cell, word);
  bulletin::Figure figure = entry.figure;
  if (entry.printed) {  // a second column of the same cell
    figure.id = NewId(figure.id);
    figure.rule = figure.printed.empty() ? "" : "=" + entry.figure.id;
  } else if (printed == figure.printed || SameNumber(printed, ValueOf(AnswerAt(at.table), RowAt(at), cell).exact)) {
    entry.printed = true;
  } else if (printed.empty() && cell.kind == CellKind::kRank) {
    entry.printed = true;
    figure.rule.clear();  // a place can be judged, but not computed
  } else if (printed.empty() && !figure.rule.empty()) {
    entry.printed = true;  // a word: the number follows from the rule
  } else {
    // Rounded, or a word for a number that nothing gives: the number itself becomes an operand.
    figure.id = NewId(figure.id + ".shown");
    figure.rule = "=" + entry.figure.id;
  }
  figure.printed = printed;
  return figure;
}

bulletin::Figure FigureBook::Repeat(const RowRef& at, const CellRef& cell, const std::string& word, const std::string& printed, const std::string& stem) {
  bulletin::Figure figure = Bind(at, cell, word).figure;
  figure.rule = figure.printed.empty() ? "" : "=" + figure.id;
  figure.id = NewId(stem);
  figure.printed = printed;
  return figure;
}

std::string FigureBook::PlaceOf(const Entry& entry) const {
  static const std::map<std::string, std::string> kNames = {{"rank", "名次"}, {"numerator", "完成数"}, {"denominator", "任务数"}, {"value", "比率"}, {"key", "排序依据"},
                                                            {"previous_rank", "上期名次"}, {"previous_value", "上期值"}};
  const TemplateTable& table = TableAt(entry.at.table);
  std::string place = "表" + table.name;
  if (table.annex) {
    size_t annex = 1;
    for (size_t i = 0; i < entry.at.table; ++i) annex += source_.tables[i].annex;
    place = "附件" + std::to_string(annex);
  }
  const auto name = kNames.find(entry.word);
  return place + " " + RowAt(entry.at).name + " " + (name == kNames.end() ? entry.word : name->second) + "（未印）";
}

std::vector<std::pair<std::string, bulletin::Figure>> FigureBook::Operands() const {
  std::vector<std::pair<std::string, bulletin::Figure>> operands;
  for (const Entry& entry : entries_) {
    if (!entry.printed && !entry.figure.printed.empty()) operands.emplace_back(PlaceOf(entry), entry.figure);
  }
  return operands;
}

}  // namespace anju::ranking
