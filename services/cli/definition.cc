// Definitions and rows of league tables.
#include "services/cli/definition.h"

#include "common/status/macros.h"
#include "services/cli/differences.h"
#include "services/cli/words.h"

namespace anju::cli {
namespace {

using ranking::v1::Definition;
using ranking::v1::Row;

const std::map<std::string, ranking::v1::SortKey> kSortKeys = {{"", ranking::v1::SORT_KEY_UNSPECIFIED},
                                                               {"rate", ranking::v1::SORT_KEY_RATE},
                                                               {"value", ranking::v1::SORT_KEY_VALUE},
                                                               {"net_new", ranking::v1::SORT_KEY_NET_NEW},
                                                               {"gap", ranking::v1::SORT_KEY_GAP},
                                                               {"target_gap", ranking::v1::SORT_KEY_TARGET_GAP}};
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

std::string ThenByWord(const Definition& definition) {
  switch (definition.then_by()) {
    case ranking::v1::SORT_KEY_TARGET: return "target";
    case ranking::v1::SORT_KEY_ORDER: return "order";
    case ranking::v1::SORT_KEY_INDICATOR: return definition.then_by_indicator();
    default: return WordOf(kSortKeys, definition.then_by());
  }
}

}  // namespace

absl::StatusOr<types::v1::Layer> ParseLayer(const std::string& word) { return Choose("layer", word, kLayers); }
std::string TiesWord(ranking::v1::TieStyle ties) { return WordOf(kTies, ties); }
std::string SortKeyWord(ranking::v1::SortKey key) { return WordOf(kSortKeys, key); }
Json OrNull(bool has, const std::string& text) { return has ? Json(text) : Json(nullptr); }

absl::StatusOr<Definition> MakeDefinition(const RankOptions& options) {
  Definition definition;
  definition.set_programme(options.programme);
  definition.set_indicator(options.indicator);
  definition.set_year(options.year);
  definition.set_of(options.of);
  ASSIGN_OR_RETURN(const auto by, Choose("by", options.by, kSortKeys));
  definition.set_by(by);
  ASSIGN_OR_RETURN(const auto ties, Choose("ties", options.ties, kTies));
  definition.set_ties(ties);
  ASSIGN_OR_RETURN(const auto rounding, Choose("rounding", options.rounding, kRoundings));
  definition.set_rounding(rounding);
  ASSIGN_OR_RETURN(const auto layer, ParseLayer(options.layer));
  definition.set_layer(layer);
  if (options.then_by == "target") {
    definition.set_then_by(ranking::v1::SORT_KEY_TARGET);
  } else if (options.then_by == "order") {
    definition.set_then_by(ranking::v1::SORT_KEY_ORDER);
  } else if (kSortKeys.contains(options.then_by)) {
    definition.set_then_by(kSortKeys.at(options.then_by));
  } else {
    definition.set_then_by(ranking::v1::SORT_KEY_INDICATOR);
    definition.set_then_by_indicator(options.then_by);
  }
  if (options.digits) definition.set_digits(static_cast<uint32_t>(*options.digits));
  if (options.total_digits) definition.set_total_digits(static_cast<uint32_t>(*options.total_digits));
  definition.set_trim(options.trim);
  ASSIGN_OR_RETURN(const bool rank_zero, (Choose<bool>("rank-zero", options.rank_zero, {{"", true}, {"yes", true}, {"no", false}})));
  definition.set_zero_unranked(!rank_zero);
  ASSIGN_OR_RETURN(const bool ascending, (Choose<bool>("order", options.order, {{"", false}, {"descending", false}, {"ascending", true}})));
  definition.set_ascending(ascending);
  std::string column;
  for (const char letter : options.columns + ",") {
    if (letter == ' ') continue;  // "a, b" is how people write lists
    if (letter != ',') {
      column += letter;
    } else if (!column.empty()) {
      definition.add_columns(std::move(column));
      column.clear();
    }
  }
  return definition;
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

Json RowJson(const Row& row, const Definition& definition, bool ranked, bool movement) {
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
  if (movement) {
    json["previous_rank"] = row.previous_rank() > 0 ? Json(row.previous_rank()) : Json(nullptr);
    json["previous_value"] = OrNull(row.has_previous_value(), row.previous_value());
    json["value_change"] = OrNull(row.has_value_change(), row.value_change());
    json["rank_change"] = row.has_rank_change() ? Json(row.rank_change()) : Json(nullptr);
  }
  json["notes"] = NotesJson(row.notes());
  json["review"] = row.has_numerator() ? std::string(ReviewWord(row.review())) : "";
  if (definition.columns_size() > 0) {
    Json columns;
    for (int i = 0; i < definition.columns_size() && i < row.columns_size(); ++i) {
      columns[definition.columns(i)] = row.columns(i).empty() ? Json(nullptr) : Json(row.columns(i));
    }
    json["columns"] = std::move(columns);
  }
  return json;
}

std::string MovementText(const Context& context, const Row& row) {
  if (row.rank() == 0 && row.previous_rank() == 0) return "";
  if (row.previous_rank() == 0) return std::string(context.Say("新", "new"));
  if (row.rank() == 0) return std::string(context.Say("退出", "out"));
  const int change = row.rank_change();
  return change == 0 ? "=" : (change > 0 ? "↑" : "↓") + std::to_string(change > 0 ? change : -change);
}

}  // namespace anju::cli
