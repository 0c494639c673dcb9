// Looks up every name a template uses: bindings, cells, tables, lists, milestones.
#include <algorithm>
#include <set>
#include <utility>

#include "common/decimal/decimal.h"
#include "services/ranking/core/bulletin/cells.h"
#include "services/ranking/core/bulletin/fields.h"
#include "services/ranking/core/definition_words.h"

namespace anju::ranking {
namespace {

constexpr std::pair<std::string_view, CellKind> kCellWords[] = {
    {"rank", CellKind::kRank},
    {"name", CellKind::kName},
    {"code", CellKind::kCode},
    {"numerator", CellKind::kNumerator},
    {"denominator", CellKind::kDenominator},
    {"value", CellKind::kValue},
    {"key", CellKind::kKey},
    {"as_of", CellKind::kAsOf},
    {"reason", CellKind::kReason},
    {"previous_rank", CellKind::kPreviousRank},
    {"previous_value", CellKind::kPreviousValue},
    {"value_change", CellKind::kValueChange},
    {"rank_change", CellKind::kRankChange}};

const std::vector<std::string> kDateWords = {"year", "month", "day"};
const std::vector<std::string> kTableCounts = {"reported", "expected", "ranked"};
const std::vector<std::string> kMilestoneWords = {"share", "year", "month", "day"};
constexpr std::string_view kTotal = "total";

std::string RankWord(const TemplateTable& table, const char* key) {
  auto found = table.rank.find(key);
  return found == table.rank.end() ? "" : found->second;
}

bool IsMovement(CellKind kind) {
  return kind == CellKind::kPreviousRank || kind == CellKind::kPreviousValue || kind == CellKind::kValueChange || kind == CellKind::kRankChange;
}

bool IsOneOf(const std::vector<std::string>& words, std::string_view word) { return std::find(words.begin(), words.end(), word) != words.end(); }

// An amount may be printed with decimals of its own; rates, places and text have theirs already.
bool TakesDigits(const TemplateTable& table, const CellRef& cell) {
  if (cell.kind == CellKind::kColumn) return !SplitColumns(RankWord(table, "columns"))[cell.column].starts_with("rate.");
  return cell.kind == CellKind::kNumerator || cell.kind == CellKind::kDenominator || cell.kind == CellKind::kKey;
}

template <typename T>
const T* ByName(const std::vector<T>& things, std::string_view name) {
  auto found = std::find_if(things.begin(), things.end(), [&](const T& thing) { return thing.name == name; });
  return found == things.end() ? nullptr : &*found;
}

class Resolver {
 public:
  Resolver(Template& source, ErrorCollector& errors) : source_(source), errors_(errors) {}

  void Resolve() {
    CheckNames();
    Text(source_.title, "title");
    Text(source_.addressees, "addressees");
    Text(source_.copies, "copies");
    for (TemplateTable& table : source_.tables) Table(table);
    for (TemplateList& list : source_.lists) List(list);
    for (TemplateBlock& block : source_.body) Text(block.text, "body");
  }

 private:
  void CheckNames() {
    std::set<std::string> seen(kDateWords.begin(), kDateWords.end());
    const auto check = [&](const auto& things, const char* section) {
      for (const auto& thing : things) {
        if (!seen.insert(thing.name).second) {
          Refuse(Reason::BAD_TEMPLATE, section, thing.name, thing.line, "the name " + thing.name + " is taken: {" + thing.name + "} must mean one thing");
        }
      }
    };
    check(source_.tables, "tables");
    check(source_.lists, "lists");
    check(source_.milestones, "milestones");
  }

  void Table(TemplateTable& table) {
    const std::string field = "tables." + table.name;
    Text(table.title, field + ".title");
    Text(table.subtitle, field + ".subtitle");
    Text(table.unit_note, field + ".unit_note");
    for (TemplateColumn& column : table.columns) {
      for (const TextPart& part : column.heading.parts) {
        if (!part.path.empty() && !IsOneOf(kDateWords, part.path[0])) {
          Refuse(Reason::BAD_TEMPLATE, field + ".columns.heading", "{" + part.path[0] + "}", column.heading.line, "a heading may hold {year}, {month} and {day} only",
                 kDateWords);
        }
      }
      for (const CellPart& part : column.parts) Part(table, column, part, field);
      for (const CellPart& part : column.total_parts) {
        std::optional<CellRef> cell = Part(table, column, part, field);
        if (cell && !HasTotal(cell->kind)) {
          Refuse(Reason::UNKNOWN_CELL, field + ".columns", part.cell, column.line, "the total line has no " + part.cell);
        }
      }
    }
    for (TemplateText& note : table.notes) Text(note, field + ".notes");
  }

  std::optional<CellRef> Part(const TemplateTable& table, const TemplateColumn& column, const CellPart& part, const std::string& field) {
    if (part.cell.empty()) return std::nullopt;  // said already
    std::optional<CellRef> cell = Cell(table, part.cell, field + ".columns", column.line);
    if (!cell) return cell;
    if (column.format.digits && !TakesDigits(table, *cell)) {
      Refuse(Reason::BAD_TEMPLATE, field + ".columns.format", part.cell, column.line, "digits of " + part.cell + " are those of the table's rank");
    }
    if (part.nonzero && !IsNumeric(cell->kind)) {
      Refuse(Reason::BAD_TEMPLATE, field + ".columns.parts", part.cell, column.line, part.cell + " is no number that could be zero");
    }
    return cell;
  }

  void List(TemplateList& list) {
    const std::string field = "lists." + list.name;
    const TemplateTable* table = ByName(source_.tables, list.table);
    if (!table) {
      if (!list.table.empty()) Refuse(Reason::UNKNOWN_CELL, field + ".table", list.table, list.line, "there is no table " + list.table, Names(source_.tables));
      return;
    }
    Number(*table, list.cell, field + ".cell", list.line);
    if (!list.order.empty()) Number(*table, list.order, field + ".order", list.line);
    if (!list.threshold.empty() && !ParseDecimal(list.threshold).ok() && !ByName(source_.milestones, list.threshold) && list.threshold[0] != '-' &&
        !(list.threshold[0] >= '0' && list.threshold[0] <= '9')) {
      Refuse(Reason::UNKNOWN_CELL, field + "." + list.compare, list.threshold, list.line, "there is no milestone " + list.threshold, Names(source_.milestones));
    }
    for (const TextPart& part : list.item.parts) {
      if (!part.path.empty() && !IsOneOf(kDateWords, part.path[0])) Cell(*table, part.path[0], field + ".item", list.item.line);
    }
  }

  void Number(const TemplateTable& table, const std::string& word, const std::string& field, uint32_t line) {
    const std::optional<CellRef> cell = Cell(table, word, field, line);
    if (cell && !IsNumeric(cell->kind)) Refuse(Reason::BAD_TEMPLATE, field, word, line, word + " is no number");
  }

  std::optional<CellRef> Cell(const TemplateTable& table, const std::string& word, const std::string& field, uint32_t line) {
    std::optional<CellRef> cell = FindCell(table, word);
    if (!cell) Refuse(Reason::UNKNOWN_CELL, field, word, line, "the table " + table.name + " has no cell " + word, CellWords(table));
    return cell;
  }

  void Text(TemplateText& text, const std::string& field) {
    for (TextPart& part : text.parts) {
      if (!part.path.empty()) part.path = Path(part.path[0], field, text.line);
    }
  }

  std::vector<std::string> Path(const std::string& words, const std::string& field, uint32_t line) {
    const size_t point = words.find('.');
    const std::string head = words.substr(0, point);
    const std::string rest = point == std::string::npos ? "" : words.substr(point + 1);
    const auto unknown = [&](std::string message, std::vector<std::string> candidates) {
      Refuse(Reason::UNKNOWN_CELL, field, "{" + words + "}", line, std::move(message), std::move(candidates));
      return std::vector<std::string>{words};
    };
    if (rest.empty() && IsOneOf(kDateWords, head)) return {head};
    if (ByName(source_.lists, head)) {
      if (rest.empty()) return {head};
      if (rest == "count") return {head, rest};
      return unknown("of a list there is {" + head + "} and {" + head + ".count}", {head + ".count"});
    }
    if (ByName(source_.milestones, head)) {
      if (IsOneOf(kMilestoneWords, rest)) return {head, rest};
      return unknown("a milestone has share, year, month and day", kMilestoneWords);
    }
    const TemplateTable* table = ByName(source_.tables, head);
    if (!table) {
      std::vector<std::string> names = Names(source_.tables);
      for (const std::string& name : Names(source_.lists)) names.push_back(name);
      for (const std::string& name : Names(source_.milestones)) names.push_back(name);
      return unknown("there is no table, list or milestone " + head, std::move(names));
    }
    if (IsOneOf(kTableCounts, rest)) return {head, rest};
    const size_t second = rest.find('.');
    if (second == std::string::npos) return unknown("a cell is {" + head + ".REGION.CELL} or {" + head + ".total.CELL}", kTableCounts);
    const std::string region = rest.substr(0, second), word = rest.substr(second + 1);
    const std::optional<CellRef> cell = FindCell(*table, word);
    if (!cell) return unknown("the table " + head + " has no cell " + word, CellWords(*table));
    if (region == kTotal && !HasTotal(cell->kind)) return unknown("the total line has no " + word, {});
    return {head, region, word};
  }

  template <typename T>
  static std::vector<std::string> Names(const std::vector<T>& things) {
    std::vector<std::string> names;
    for (const T& thing : things) names.push_back(thing.name);
    return names;
  }

  void Refuse(Reason reason, std::string field, std::string value, uint32_t line, std::string message, std::vector<std::string> candidates = {}) {
    errors_.Add({.reason = reason, .field = std::move(field), .value = std::move(value), .message = std::move(message), .line = line,
                 .candidates = std::move(candidates)});
  }

  Template& source_;
  ErrorCollector& errors_;
};

}  // namespace

std::optional<CellRef> FindCell(const TemplateTable& table, std::string_view word) {
  for (const auto& [name, kind] : kCellWords) {
    if (name != word) continue;
    if (IsMovement(kind) && table.since.empty()) return std::nullopt;
    const std::string by = RankWord(table, "by");
    if (kind == CellKind::kKey && (by.empty() || by == "rate")) return std::nullopt;
    return CellRef{kind, 0};
  }
  const std::vector<std::string> columns = SplitColumns(RankWord(table, "columns"));
  auto found = std::find(columns.begin(), columns.end(), word);
  if (found == columns.end()) return std::nullopt;
  return CellRef{CellKind::kColumn, static_cast<size_t>(found - columns.begin())};
}

std::vector<std::string> CellWords(const TemplateTable& table) {
  std::vector<std::string> words = SplitColumns(RankWord(table, "columns"));
  for (const auto& [name, kind] : kCellWords) {
    if (FindCell(table, name)) words.emplace_back(name);
  }
  return words;
}

bool IsNumeric(CellKind kind) { return kind != CellKind::kName && kind != CellKind::kCode && kind != CellKind::kAsOf && kind != CellKind::kReason; }
bool IsPlace(CellKind kind) { return kind == CellKind::kRank || IsMovement(kind); }
bool HasTotal(CellKind kind) {
  return kind != CellKind::kRank && kind != CellKind::kPreviousRank && kind != CellKind::kRankChange && kind != CellKind::kReason;
}

void ResolveNames(Template& source, ErrorCollector& errors) { Resolver(source, errors).Resolve(); }

}  // namespace anju::ranking
