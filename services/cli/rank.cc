// `anju rank`: asks for a league table and prints it.
#include <map>

#include "common/client/client.h"
#include "common/status/macros.h"
#include "services/cli/differences.h"
#include "services/cli/query.h"

namespace anju::cli {
namespace {

using ranking::v1::Definition;
using ranking::v1::Row;

// A word of a closed list → enum value; BAD_VALUE lists the words.
template <typename Enum>
absl::StatusOr<Enum> Choose(std::string_view field, const std::string& word, const std::map<std::string, Enum>& words) {
  auto it = words.find(word);
  if (it != words.end()) return it->second;
  ErrorDetail detail{.reason = Reason::BAD_VALUE, .field = std::string(field), .value = word, .message = "not one of the words allowed here"};
  for (const auto& [name, value] : words) {
    if (!name.empty() && detail.candidates.size() < kErrorCandidatesMax) detail.candidates.push_back(name);
  }
  return MakeError(std::move(detail));
}

const std::map<std::string, ranking::v1::SortKey> kSortKeys = {{"", ranking::v1::SORT_KEY_UNSPECIFIED},
                                                               {"rate", ranking::v1::SORT_KEY_RATE},
                                                               {"value", ranking::v1::SORT_KEY_VALUE},
                                                               {"net_new", ranking::v1::SORT_KEY_NET_NEW}};
const std::map<std::string, ranking::v1::TieStyle> kTies = {{"", ranking::v1::TIE_STYLE_UNSPECIFIED},
                                                            {"competition", ranking::v1::TIE_STYLE_COMPETITION},
                                                            {"modified", ranking::v1::TIE_STYLE_MODIFIED},
                                                            {"dense", ranking::v1::TIE_STYLE_DENSE},
                                                            {"ordinal", ranking::v1::TIE_STYLE_ORDINAL}};
const std::map<std::string, ranking::v1::Rounding> kRoundings = {{"", ranking::v1::ROUNDING_UNSPECIFIED},
                                                                 {"half_up", ranking::v1::ROUNDING_HALF_UP},
                                                                 {"truncate", ranking::v1::ROUNDING_TRUNCATE}};
const std::map<std::string, types::v1::Layer> kLayers = {{"", types::v1::LAYER_UNSPECIFIED}, {"national", types::v1::LAYER_NATIONAL},
                                                         {"provincial", types::v1::LAYER_PROVINCE}, {"province", types::v1::LAYER_PROVINCE},
                                                         {"city", types::v1::LAYER_CITY},    {"county", types::v1::LAYER_COUNTY}};

template <typename Enum>
std::string WordOf(const std::map<std::string, Enum>& words, Enum value) {
  for (const auto& [word, candidate] : words) {
    if (candidate == value) return word;
  }
  return "";
}

Json OrNull(bool has, const std::string& text) { return has ? Json(text) : Json(nullptr); }

std::string ThenByWord(const Definition& definition) {
  switch (definition.then_by()) {
    case ranking::v1::SORT_KEY_TARGET: return "target";
    case ranking::v1::SORT_KEY_ORDER: return "order";
    case ranking::v1::SORT_KEY_INDICATOR: return definition.then_by_indicator();
    default: return WordOf(kSortKeys, definition.then_by());
  }
}

Json DefinitionJson(const Definition& definition) {
  Json columns = Json::array();
  for (const std::string& column : definition.columns()) columns.push_back(column);
  return {{"programme", definition.programme()},
          {"indicator", definition.indicator()},
          {"year", definition.year()},
          {"by", WordOf(kSortKeys, definition.by())},
          {"of", definition.of()},
          {"layer", std::string(LayerName(definition.layer()))},
          {"then_by", ThenByWord(definition)},
          {"ties", WordOf(kTies, definition.ties())},
          {"rounding", WordOf(kRoundings, definition.rounding())},
          {"digits", definition.digits()},
          {"total_digits", definition.total_digits()},
          {"trim", definition.trim()},
          {"rank_zero", !definition.zero_unranked()},
          {"direction", definition.ascending() ? "ascending" : "descending"},
          {"columns", std::move(columns)}};
}

Json RowJson(const Row& row, const Definition& definition, bool ranked) {
  Json json;
  if (ranked) json["rank"] = row.rank();
  json["region"] = row.region();
  json["name"] = row.name();
  if (!ranked) json["reason"] = row.reason();
  json["key"] = OrNull(row.has_key(), row.key());
  json["numerator"] = OrNull(row.has_numerator(), row.numerator());
  json["denominator"] = OrNull(row.has_denominator(), row.denominator());
  json["value"] = OrNull(row.has_value(), row.value());
  json["as_of"] = row.as_of();
  if (definition.columns_size() > 0) {
    Json columns;
    for (int i = 0; i < definition.columns_size() && i < row.columns_size(); ++i) {
      columns[definition.columns(i)] = row.columns(i).empty() ? Json(nullptr) : Json(row.columns(i));
    }
    json["columns"] = std::move(columns);
  }
  return json;
}

Json TableJson(const ranking::v1::GetLeagueTableResponse& table) {
  Json rows = Json::array(), unranked = Json::array(), layers = Json::array();
  for (const Row& row : table.rows()) rows.push_back(RowJson(row, table.definition(), true));
  for (const Row& row : table.unranked()) unranked.push_back(RowJson(row, table.definition(), false));
  for (int layer : table.other_layers()) layers.push_back(std::string(LayerName(static_cast<types::v1::Layer>(layer))));
  Json total = RowJson(table.total(), table.definition(), false);
  total.erase("reason");
  Json basis = BasisJson(table.basis());
  basis["current"] = table.current();
  return {{"definition", DefinitionJson(table.definition())},
          {"basis", std::move(basis)},
          {"region", table.region()},
          {"name", table.region_name()},
          {"as_of", table.as_of()},
          {"unit", table.unit()},
          {"completeness", {{"reported", table.reported()}, {"expected", table.expected()}}},
          {"other_layers", std::move(layers)},
          {"rows", std::move(rows)},
          {"unranked", std::move(unranked)},
          {"total", std::move(total)}};
}

Sheet TableSheet(const Context& context, const ranking::v1::GetLeagueTableResponse& table) {
  const bool csv = context.output == Output::kCsv;
  const bool net_new = table.definition().by() == ranking::v1::SORT_KEY_NET_NEW;
  Sheet sheet;
  if (csv) {
    sheet.header = {"rank", "region", "name", "key", "numerator", "denominator", "value", "as_of", "reason"};
  } else {
    sheet.header = {std::string(context.Say("位次", "rank")), std::string(context.Say("地区", "region")),
                    std::string(net_new ? context.Say("净增", "net new") : context.Say("排序值", "key")),
                    std::string(context.Say("完成", "numerator")) + "(" + table.unit() + ")",
                    std::string(context.Say("基数", "denominator")), std::string(context.Say("比例%", "value %")),
                    std::string(context.Say("数据日期", "as of")), std::string(context.Say("说明", "reason"))};
  }
  for (const std::string& column : table.definition().columns()) sheet.header.push_back(column);
  const bool show_key = csv || net_new;
  if (!show_key) sheet.header.erase(sheet.header.begin() + 2);
  auto add = [&](const Row& row, std::string rank, std::string name, std::string reason) {
    std::vector<std::string> cells = {std::move(rank)};
    if (csv) cells.push_back(row.region());
    cells.push_back(std::move(name));
    if (show_key) cells.push_back(row.key());
    cells.insert(cells.end(), {row.numerator(), row.denominator(), row.value(), row.as_of(), std::move(reason)});
    for (int i = 0; i < table.definition().columns_size(); ++i) cells.push_back(i < row.columns_size() ? row.columns(i) : "");
    sheet.rows.push_back(std::move(cells));
  };
  for (const Row& row : table.rows()) add(row, std::to_string(row.rank()), row.name(), "");
  for (const Row& row : table.unranked()) {
    add(row, csv ? "" : "—", row.name(), csv ? row.reason() : std::string(UnrankedWords(row.reason(), context.lang)));
  }
  add(table.total(), "", csv ? table.total().name() : std::string(context.Say("合计", "total")), "");
  for (size_t i = 0; i < sheet.header.size(); ++i) {
    const size_t name_column = csv ? 2 : 1;
    sheet.right.push_back(i == 0 || (i > name_column && i + 3 + table.definition().columns_size() <= sheet.header.size() + 1));
  }
  return sheet;
}

}  // namespace

absl::StatusOr<ranking::v1::GetLeagueTableResponse> FetchTable(const Context& context, const RankOptions& options) {
  ranking::v1::GetLeagueTableRequest request;
  request.set_region(options.region);
  request.set_as_of(options.as_of);
  request.set_at_least(options.at_least);
  Definition* definition = request.mutable_definition();
  definition->set_programme(options.programme);
  definition->set_indicator(options.indicator);
  definition->set_year(options.year);
  definition->set_of(options.of);
  ASSIGN_OR_RETURN(const auto by, Choose("by", options.by, kSortKeys));
  definition->set_by(by);
  ASSIGN_OR_RETURN(const auto ties, Choose("ties", options.ties, kTies));
  definition->set_ties(ties);
  ASSIGN_OR_RETURN(const auto rounding, Choose("rounding", options.rounding, kRoundings));
  definition->set_rounding(rounding);
  ASSIGN_OR_RETURN(const auto layer, Choose("layer", options.layer, kLayers));
  definition->set_layer(layer);
  if (options.then_by == "target") {
    definition->set_then_by(ranking::v1::SORT_KEY_TARGET);
  } else if (options.then_by == "order") {
    definition->set_then_by(ranking::v1::SORT_KEY_ORDER);
  } else if (kSortKeys.contains(options.then_by)) {
    definition->set_then_by(kSortKeys.at(options.then_by));
  } else {
    definition->set_then_by(ranking::v1::SORT_KEY_INDICATOR);
    definition->set_then_by_indicator(options.then_by);
  }
  if (options.digits) definition->set_digits(static_cast<uint32_t>(*options.digits));
  if (options.total_digits) definition->set_total_digits(static_cast<uint32_t>(*options.total_digits));
  definition->set_trim(options.trim);
  ASSIGN_OR_RETURN(const bool rank_zero, (Choose<bool>("rank-zero", options.rank_zero, {{"", true}, {"yes", true}, {"no", false}})));
  definition->set_zero_unranked(!rank_zero);
  ASSIGN_OR_RETURN(const bool ascending, (Choose<bool>("order", options.order, {{"", false}, {"descending", false}, {"ascending", true}})));
  definition->set_ascending(ascending);
  std::string column;
  for (const char letter : options.columns + ",") {
    if (letter == ' ') continue;  // "a, b" is how people write lists
    if (letter != ',') {
      column += letter;
    } else if (!column.empty()) {
      definition->add_columns(std::move(column));
      column.clear();
    }
  }
  return client::RankingClient(context.endpoints.ranking).GetLeagueTable(request, {.deadline_ms = context.deadline_ms});
}

void PrintTable(const Context& context, const ranking::v1::GetLeagueTableResponse& table) {
  if (context.output == Output::kJson) {
    PrintJson(TableJson(table));
    return;
  }
  PrintSheet(context, TableSheet(context, table));
  // A table of a ratio of two indicators has no layer, and one without any report no date.
  const std::string reported = std::to_string(table.reported()), expected = std::to_string(table.expected()),
                    layer(LayerName(table.definition().layer())), ties = WordOf(kTies, table.definition().ties());
  Talk(context, context.lang == Lang::kChinese
                    ? (table.as_of().empty() ? "" : "截至 " + table.as_of() + "，") + "应报 " + expected + " 个地区，本月已报 " + reported + " 个；" +
                          (layer.empty() ? "" : "任务层级 " + layer + "，") + "并列方式 " + ties
                    : (table.as_of().empty() ? "" : "As of " + table.as_of() + ", ") + reported + " of " + expected + " reported this month; " +
                          (layer.empty() ? "" : "layer " + layer + ", ") + "ties " + ties);
}

int Rank(const Context& context, const RankOptions& options) {
  auto table = FetchTable(context, options);
  if (!table.ok()) return FailQuestion(context, table.status());
  PrintTable(context, *table);
  return kOk;
}

}  // namespace anju::cli
