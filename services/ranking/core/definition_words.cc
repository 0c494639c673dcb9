// Words of definitions, both ways.
#include "services/ranking/core/definition_words.h"

#include <algorithm>

#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/ranking/core/bulletin/compose.h"
#include "services/ranking/core/bulletin/template.h"

namespace anju::ranking {
namespace {

constexpr std::string_view kTargetWord = "target";
constexpr std::string_view kTargetPrefix = "target:";
constexpr std::string_view kLayerTargetPrefix = "target.";  // target.LAYER:INDICATOR
constexpr std::string_view kRatePrefix = "rate.";           // rate.LAYER

template <typename T>
using Words = std::vector<std::pair<std::string_view, T>>;

const Words<SortKey> kMainKeys = {
    {"rate", SortKey::kRate}, {"value", SortKey::kValue}, {"net_new", SortKey::kNetNew}, {"gap", SortKey::kGap}, {"target_gap", SortKey::kTargetGap}};
const Words<SortKey> kThenKeys = {{"", SortKey::kNone},         {"rate", SortKey::kRate},     {"value", SortKey::kValue},
                                  {"net_new", SortKey::kNetNew}, {"target", SortKey::kTarget}, {"order", SortKey::kOrder},
                                  {"gap", SortKey::kGap},        {"target_gap", SortKey::kTargetGap}};
const Words<TieStyle> kTieStyles = {
    {"competition", TieStyle::kCompetition}, {"modified", TieStyle::kModified}, {"dense", TieStyle::kDense}, {"ordinal", TieStyle::kOrdinal}};
const Words<Rounding> kRoundings = {{"half_up", Rounding::kHalfUp}, {"truncate", Rounding::kTruncate}};
// The words for a layer, as plan files have them. The first of each is the one that answers use.
const Words<Layer> kLayerWords = {{"national", Layer::kNational}, {"国家", Layer::kNational}, {"province", Layer::kProvince},
                                  {"provincial", Layer::kProvince}, {"省", Layer::kProvince},  {"city", Layer::kCity},
                                  {"市", Layer::kCity},             {"county", Layer::kCounty}, {"县", Layer::kCounty}};
const Words<bool> kYesNo = {{"no", false}, {"yes", true}, {"false", false}, {"true", true}};
const Words<bool> kDirections = {{"descending", false}, {"ascending", true}};

template <typename T>
std::optional<T> Parse(const Words<T>& words, std::string_view word) {
  for (const auto& [name, value] : words) {
    if (name == word) return value;
  }
  return std::nullopt;
}

template <typename T>
std::string Name(const Words<T>& words, T value) {
  for (const auto& [name, known] : words) {
    if (known == value) return std::string(name);
  }
  return "";
}

template <typename T>
std::vector<std::string> Names(const Words<T>& words) {
  std::vector<std::string> names;
  for (const auto& [name, value] : words) {
    if (!name.empty()) names.emplace_back(name);
  }
  return names;
}

absl::StatusOr<Layer> LayerOfColumn(std::string_view column, std::string_view word) {
  if (std::optional<Layer> layer = Parse(kLayerWords, word)) return *layer;
  return MakeError(Reason::BAD_VALUE, "columns", column, "columns \"" + std::string(column) + "\" is not the column of a layer: national, province, city or county");
}

absl::Status InColumns(const absl::Status& status, std::string_view text) {
  ErrorDetail detail = ErrorsOf(status).front();
  detail.field = "columns";
  detail.value = std::string(text);
  return MakeError(std::move(detail));
}

std::string CodeOf(const Catalogue& catalogue, IndicatorNumber number) {
  const Indicator* indicator = catalogue.FindIndicator(number);
  return indicator == nullptr ? "" : indicator->code;
}

// Reads the words of one definition. Absent words leave the default.
class WordReader {
 public:
  WordReader(const RankWords& words, int year) : words_(words), year_(year) {}

  std::string Word(const std::string& key) const {
    auto found = words_.find(key);
    return found == words_.end() ? "" : found->second;
  }
  template <typename T>
  void Choose(const char* key, const Words<T>& words, T& value) {
    const std::string word = Word(key);
    if (word.empty()) return;
    if (std::optional<T> known = Parse(words, word)) {
      value = *known;
    } else {
      Refuse({.reason = Reason::BAD_VALUE, .field = key, .value = word, .message = std::string(key) + " \"" + word + "\" is not one of its words",
              .candidates = Names(words)});
    }
  }
  int Digits(const char* key, int otherwise) {
    const std::string word = Word(key);
    if (word.empty()) return otherwise;
    if (word.size() == 1 && word[0] >= '0' && word[0] <= '0' + kDigitsMax) return word[0] - '0';
    Refuse({.reason = Reason::BAD_VALUE, .field = key, .value = word, .message = std::string(key) + " is 0 to 8"});
    return otherwise;
  }
  Period Years() {
    absl::StatusOr<Period> period = ParsePeriod(PutYear(Word("year"), year_));
    if (!period.ok()) errors_.Add(WithField(period.status(), "year"));
    return period.value_or(Period{});
  }
  void ReadPlainWords(Definition& definition) {
    definition.period = Years();
    Choose("by", kMainKeys, definition.by);
    Choose("layer", kLayerWords, definition.layer);
    Choose("ties", kTieStyles, definition.ties);
    Choose("rounding", kRoundings, definition.rounding);
    definition.digits = Digits("digits", kDigitsDefault);
    definition.total_digits = Digits("total_digits", definition.digits);
    Choose("trim", kYesNo, definition.trim);
    bool rank_zero = true;
    Choose("rank_zero", kYesNo, rank_zero);
    definition.zero_unranked = !rank_zero;
    Choose("direction", kDirections, definition.ascending);
    if (SplitColumns(Word("columns")).size() > kColumnsMax) Refuse({.reason = Reason::BAD_VALUE, .field = "columns", .message = "at most 16 columns"});
  }
  template <typename T>
  uint32_t Number(const char* key, const absl::StatusOr<T>& number) {
    if (number.ok()) return *number;
    errors_.Add(WithField(number.status(), key));
    return 0;
  }
  void Add(const absl::Status& status) { errors_.Add(status); }
  absl::Status status() const { return errors_.ToStatus(); }

 private:
  void Refuse(ErrorDetail detail) { errors_.Add(std::move(detail)); }
  const RankWords& words_;
  const int year_;
  ErrorCollector errors_;
};

absl::Status NotACode(Reason reason, std::string_view name, const std::string& code) {
  return MakeError({.reason = reason, .value = std::string(name), .message = "a template names things by their codes, as names may change", .candidates = {code}});
}

}  // namespace

std::optional<SortKey> ParseMainKey(std::string_view word) { return Parse(kMainKeys, word); }
std::optional<TieStyle> ParseTieStyle(std::string_view word) { return Parse(kTieStyles, word); }
std::optional<Rounding> ParseRounding(std::string_view word) { return Parse(kRoundings, word); }
std::optional<Layer> ParseLayerWord(std::string_view word) { return Parse(kLayerWords, word); }

absl::StatusOr<Column> ParseColumn(std::string_view text, IndicatorNumber own, const Catalogue& catalogue) {
  if (text.starts_with(kRatePrefix)) {
    ASSIGN_OR_RETURN(const Layer layer, LayerOfColumn(text, text.substr(kRatePrefix.size())));
    return Column{own, ColumnKind::kRate, layer};
  }
  Column column;
  std::string_view indicator = text;
  if (text.starts_with(kTargetPrefix)) {
    column.kind = ColumnKind::kTarget;
    indicator = text.substr(kTargetPrefix.size());
  } else if (const size_t colon = text.find(':'); text.starts_with(kLayerTargetPrefix) && colon != std::string_view::npos) {
    column.kind = ColumnKind::kTarget;
    ASSIGN_OR_RETURN(column.layer, LayerOfColumn(text, text.substr(kLayerTargetPrefix.size(), colon - kLayerTargetPrefix.size())));
    indicator = text.substr(colon + 1);
  }
  absl::StatusOr<IndicatorNumber> number = catalogue.ResolveIndicator(indicator);
  if (!number.ok()) return InColumns(number.status(), text);
  column.indicator = *number;
  return column;
}

std::string FormatColumn(const Column& column, const Catalogue& catalogue) {
  const std::string layer = Name(kLayerWords, column.layer);
  switch (column.kind) {
    case ColumnKind::kFigure: break;
    case ColumnKind::kTarget:
      return (layer.empty() ? std::string(kTargetPrefix) : std::string(kLayerTargetPrefix) + layer + ":") + CodeOf(catalogue, column.indicator);
    case ColumnKind::kRate: return std::string(kRatePrefix) + layer;
  }
  return CodeOf(catalogue, column.indicator);
}

const std::vector<std::string>& RankKeys() {
  static const std::vector<std::string> keys = {"by",   "columns",   "digits",   "direction", "indicator",    "layer", "of",  "programme",
                                                "rank_zero", "rounding", "then_by", "ties",      "total_digits", "trim",  "year"};
  return keys;
}

std::vector<std::string> SplitColumns(std::string_view text) {
  std::vector<std::string> columns;
  std::string column;
  for (const char letter : std::string(text) + ",") {
    if (letter == ' ') continue;
    if (letter != ',') {
      column += letter;
    } else if (!column.empty()) {
      columns.push_back(std::move(column));
      column.clear();
    }
  }
  return columns;
}

absl::Status CheckRankWords(const RankWords& words, int year) {
  WordReader read(words, year);
  Definition definition;
  read.ReadPlainWords(definition);
  return read.status();
}

absl::StatusOr<ProgrammeNumber> ProgrammeOfCode(std::string_view code, const Catalogue& catalogue) {
  ASSIGN_OR_RETURN(const ProgrammeNumber number, catalogue.ResolveProgramme(code));
  const std::string& own = catalogue.FindProgramme(number)->code;
  if (own != code) return NotACode(Reason::UNKNOWN_PROGRAMME, code, own);
  return number;
}

absl::StatusOr<IndicatorNumber> IndicatorOfCode(std::string_view code, const Catalogue& catalogue) {
  ASSIGN_OR_RETURN(const IndicatorNumber number, catalogue.ResolveIndicator(code));
  const std::string& own = catalogue.FindIndicator(number)->code;
  if (own != code) return NotACode(Reason::UNKNOWN_INDICATOR, code, own);
  return number;
}

absl::StatusOr<Definition> ReadDefinition(const RankWords& words, int year, const Catalogue& catalogue) {
  WordReader read(words, year);
  Definition definition;
  read.ReadPlainWords(definition);
  definition.programme = read.Number("programme", ProgrammeOfCode(read.Word("programme"), catalogue));
  definition.indicator = read.Number("indicator", IndicatorOfCode(read.Word("indicator"), catalogue));
  const std::string of = read.Word("of");
  if (!of.empty() && of != kTargetWord) definition.of = read.Number("of", IndicatorOfCode(of, catalogue));
  const std::string then_by = read.Word("then_by");
  if (std::optional<SortKey> key = Parse(kThenKeys, then_by)) {
    definition.then_by = *key;
  } else {
    definition.then_by = SortKey::kIndicator;
    definition.then_by_indicator = read.Number("then_by", IndicatorOfCode(then_by, catalogue));
  }
  for (const std::string& text : SplitColumns(read.Word("columns"))) {
    absl::StatusOr<Column> column = ParseColumn(text, definition.indicator, catalogue);
    if (!column.ok()) {
      read.Add(column.status());
    } else if (column->kind != ColumnKind::kRate && text.substr(text.find(':') + 1) != CodeOf(catalogue, column->indicator)) {
      read.Add(InColumns(NotACode(Reason::UNKNOWN_INDICATOR, text, FormatColumn(*column, catalogue)), text));
    } else {
      definition.columns.push_back(*column);
    }
  }
  RETURN_IF_ERROR(read.status());
  return definition;
}

std::vector<std::pair<std::string, std::string>> DefinitionWords(const Definition& definition, Layer layer, const Catalogue& catalogue) {
  std::string columns;
  for (const Column& column : definition.columns) columns += (columns.empty() ? "" : ",") + FormatColumn(column, catalogue);
  return {{"by", Name(kMainKeys, definition.by)},
          {"columns", columns},
          {"digits", std::to_string(definition.digits)},
          {"direction", Name(kDirections, definition.ascending)},
          {"indicator", CodeOf(catalogue, definition.indicator)},
          {"layer", Name(kLayerWords, layer)},
          {"of", definition.of == 0 ? std::string(kTargetWord) : CodeOf(catalogue, definition.of)},
          {"programme", catalogue.FindProgramme(definition.programme)->code},
          {"rank_zero", Name(kYesNo, !definition.zero_unranked)},
          {"rounding", Name(kRoundings, definition.rounding)},
          {"then_by", definition.then_by == SortKey::kIndicator ? CodeOf(catalogue, definition.then_by_indicator) : Name(kThenKeys, definition.then_by)},
          {"ties", Name(kTieStyles, definition.ties)},
          {"total_digits", std::to_string(definition.total_digits)},
          {"trim", Name(kYesNo, definition.trim)},
          {"year", FormatPeriod(definition.period)}};
}

}  // namespace anju::ranking
