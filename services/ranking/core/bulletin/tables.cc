// Reads the tables and lists of a template.
#include <algorithm>
#include <utility>

#include "common/decimal/decimal.h"
#include "services/ranking/core/bulletin/fields.h"
#include "services/ranking/core/bulletin/text.h"
#include "services/ranking/core/definition_words.h"

namespace anju::ranking {
namespace {

constexpr size_t kTableColumnsMax = 32, kCellPartsMax = 8, kNotesMax = 20;
constexpr uint32_t kListItemsMax = 10'000;
constexpr int kYearOfChecking = 2000;  // stands for {year} while no bulletin is asked for

const std::vector<std::string> kReasonWords = {"NOT_PUBLISHED", "NOT_REPORTED", "NO_TARGET", "NO_TASK", "UNKNOWN", "ZERO_TARGET", "ZERO_VALUE"};
const std::vector<std::string> kComparisons = {"above", "at_least", "at_most", "below"};
const std::vector<std::string> kSinces = {"month", "year"};

bool IsOneOf(const std::vector<std::string>& words, const std::string& word) { return std::find(words.begin(), words.end(), word) != words.end(); }

// A word printed instead of a number. "0" stands for the cell's own zero, so it is bound; other digits are not.
std::string ReadWord(const YamlNode& node, const std::string& field, bool zero, ErrorCollector& errors) {
  return zero && node.text == "0" ? "0" : ReadLiteral(node, field, errors);
}

std::vector<CellPart> ReadParts(MapFields& fields, const char* key) {
  std::vector<CellPart> parts;
  int index = 0;
  for (const YamlNode* item : fields.List(key, kCellPartsMax)) {
    MapFields part_fields(*item, fields.Path(key) + "[" + std::to_string(index++) + "]", fields.errors());
    CellPart part;
    part.cell = part_fields.Word("cell", true);
    part.before = part_fields.Literal("before");
    part.after = part_fields.Literal("after");
    part.nonzero = part_fields.YesNo("nonzero", false);
    parts.push_back(std::move(part));
  }
  return parts;
}

NumberFormat ReadFormat(const YamlNode* node, const std::string& field, ErrorCollector& errors) {
  NumberFormat format;
  if (!node) return format;
  MapFields fields(*node, field, errors);
  if (std::optional<uint32_t> digits = fields.Count("digits", kDigitsMax)) format.digits = static_cast<int>(*digits);
  format.prefix = fields.Literal("prefix");
  format.suffix = fields.Literal("suffix");
  format.plus = fields.YesNo("plus", false);
  return format;
}

TemplateColumn ReadColumn(const YamlNode& node, const std::string& field, ErrorCollector& errors) {
  MapFields fields(node, field, errors);
  TemplateColumn column;
  column.line = node.line;
  column.group = fields.Literal("group");
  column.heading = fields.Text("heading", true);
  const bool composed = fields.Get("parts") != nullptr;
  const std::string cell = fields.Word("cell");
  if (composed == !cell.empty()) fields.Refuse(Reason::BAD_TEMPLATE, "cell", cell, "a column has a cell or parts");
  if (!cell.empty()) column.parts = {CellPart{cell, "", "", false}};
  if (composed) {
    column.parts = ReadParts(fields, "parts");
    if (column.parts.empty()) fields.Refuse(Reason::BAD_TEMPLATE, "parts", "", "a composed cell has at least one part");
  }
  column.total_parts = ReadParts(fields, "total_parts");
  if (const YamlNode* nothing = fields.Get("nothing")) column.nothing = ReadWord(*nothing, fields.Path("nothing"), true, errors);
  column.total = fields.YesNo("total", true);
  column.words = ReadWords(fields.Get("words"), fields.Path("words"), errors);
  column.format = ReadFormat(fields.Get("format"), fields.Path("format"), errors);
  return column;
}

RankWords ReadRank(MapFields& table) {
  RankWords words;
  const YamlNode* node = table.Get("rank");
  if (!node) {
    table.Refuse(Reason::BAD_TEMPLATE, "rank", "", "rank is required");
    return words;
  }
  MapFields fields(*node, table.Path("rank"), table.errors());
  for (const std::string& key : RankKeys()) {
    const YamlNode* value = fields.Get(key.c_str());
    if (!value) continue;
    if (key == "columns" && value->kind == YamlNode::Kind::kList) {
      std::string columns;
      for (const YamlNode* item : fields.List("columns", kColumnsMax)) {
        if (item->kind != YamlNode::Kind::kScalar) fields.Refuse(Reason::BAD_TEMPLATE, key, "", "a column is one word");
        columns += (columns.empty() ? "" : ",") + item->text;
      }
      words[key] = columns;
    } else {
      words[key] = fields.Word(key.c_str());
    }
  }
  for (const char* key : {"programme", "indicator"}) {
    if (words[key].empty()) fields.Refuse(Reason::BAD_TEMPLATE, key, "", std::string(key) + " is required");
  }
  const absl::Status status = CheckRankWords(words, kYearOfChecking);
  if (!status.ok()) {
    for (const ErrorDetail& detail : ErrorsOf(status)) fields.Refuse(detail.reason, detail.field, detail.value, detail.message, detail.candidates);
  }
  std::vector<std::string> columns = SplitColumns(words["columns"]);
  std::sort(columns.begin(), columns.end());
  for (size_t i = 1; i < columns.size(); ++i) {
    if (columns[i] == columns[i - 1]) fields.Refuse(Reason::BAD_TEMPLATE, "columns", columns[i], "the column " + columns[i] + " stands twice");
  }
  return words;
}

}  // namespace

Words ReadWords(const YamlNode* node, const std::string& field, ErrorCollector& errors) {
  Words words;
  if (!node) return words;
  MapFields fields(*node, field, errors);
  if (const YamlNode* zero = fields.Get("zero")) words.zero = ReadWord(*zero, fields.Path("zero"), true, errors);
  if (const YamlNode* full = fields.Get("full")) words.full = ReadWord(*full, fields.Path("full"), false, errors);
  for (const std::string& reason : kReasonWords) {
    if (const YamlNode* word = fields.Get(reason.c_str())) words.reasons[reason] = ReadWord(*word, fields.Path(reason), false, errors);
  }
  return words;
}

TemplateTable ReadTable(const YamlNode::Entry& entry, ErrorCollector& errors) {
  MapFields fields(entry.value, "tables." + entry.key, errors);
  TemplateTable table;
  table.name = entry.key;
  table.line = entry.line;
  table.region = fields.Word("region");
  table.rank = ReadRank(fields);
  table.since = fields.Word("since");
  if (!table.since.empty() && !IsOneOf(kSinces, table.since)) fields.Refuse(Reason::BAD_VALUE, "since", table.since, "since is month or year", kSinces);
  table.annex = fields.YesNo("annex", false);
  table.title = fields.Text("title", table.annex);
  table.subtitle = fields.Text("subtitle");
  table.unit_note = fields.Text("unit_note");
  int index = 0;
  for (const YamlNode* column : fields.List("columns", kTableColumnsMax)) {
    table.columns.push_back(ReadColumn(*column, fields.Path("columns") + "[" + std::to_string(index++) + "]", errors));
  }
  if (table.annex && table.columns.empty()) fields.Refuse(Reason::BAD_TEMPLATE, "columns", "", "an annex has at least one column");
  table.total_label = fields.Literal("total");
  index = 0;
  for (const YamlNode* note : fields.List("notes", kNotesMax)) {
    table.notes.push_back(ReadText(*note, fields.Path("notes") + "[" + std::to_string(index++) + "]", errors));
  }
  return table;
}

TemplateList ReadList(const YamlNode::Entry& entry, ErrorCollector& errors) {
  MapFields fields(entry.value, "lists." + entry.key, errors);
  TemplateList list;
  list.name = entry.key;
  list.line = entry.line;
  list.table = fields.Word("table", true);
  if (const std::string cell = fields.Word("cell"); !cell.empty()) list.cell = cell;
  for (const std::string& comparison : kComparisons) {
    const std::string threshold = fields.Word(comparison.c_str());
    if (threshold.empty()) {
      if (fields.Get(comparison.c_str())) fields.Refuse(Reason::BAD_VALUE, comparison, "", "a threshold is a number or a milestone");
      continue;
    }
    if (!list.compare.empty()) fields.Refuse(Reason::BAD_TEMPLATE, comparison, threshold, "a list has one threshold");
    list.compare = comparison;
    list.threshold = threshold;
    const bool number = threshold[0] == '-' || (threshold[0] >= '0' && threshold[0] <= '9');
    if (number && !ParseDecimal(threshold).ok()) fields.Refuse(Reason::BAD_VALUE, comparison, threshold, "a threshold is a decimal number or a milestone's name");
  }
  list.order = fields.Word("order");
  list.limit = fields.Count("limit", kListItemsMax).value_or(0);
  list.unranked = fields.YesNo("unranked", false);
  list.item = fields.Text("item", true);
  if (fields.Get("separator")) list.separator = fields.Literal("separator");
  if (fields.Get("nothing")) list.nothing = fields.Literal("nothing");
  return list;
}

}  // namespace anju::ranking
