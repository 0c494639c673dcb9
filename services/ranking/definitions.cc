// Definitions on the wire ↔ in the core.
#include "services/ranking/definitions.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "common/status/macros.h"
#include "services/ranking/core/definition_words.h"
#include "services/ranking/errors.h"

namespace anju::ranking {
namespace {

constexpr std::string_view kTargetWord = "target";

// Reads the fields of one definition and remembers what was wrong with any of them.
class DefinitionReader {
 public:
  explicit DefinitionReader(const Catalogue& catalogue) : catalogue_(catalogue) {}

  ProgrammeNumber Programme(std::string_view text) {
    if (text.empty()) return Refuse(errors::MissingField("programme"));
    absl::StatusOr<ProgrammeNumber> number = catalogue_.ResolveProgramme(text);
    return number.ok() ? *number : Refuse(errors::InField(number.status(), "programme", text));
  }

  IndicatorNumber Indicator(std::string_view field, std::string_view text) {
    if (text.empty()) return Refuse(errors::MissingField(field));
    absl::StatusOr<IndicatorNumber> number = catalogue_.ResolveIndicator(text);
    return number.ok() ? *number : Refuse(errors::InField(number.status(), field, text));
  }

  Period Years(std::string_view text) {
    absl::StatusOr<Period> period = ParsePeriod(text);
    if (!period.ok()) Refuse(errors::InField(period.status(), "year", text));
    return period.value_or(Period{});
  }

  int Digits(std::string_view field, uint32_t digits) {
    if (digits > kDigitsMax) Refuse(errors::BadValue(field, std::to_string(digits), "0 to 8"));
    return static_cast<int>(std::min<uint32_t>(digits, kDigitsMax));
  }

  template <typename Wire, typename Core>
  Core Word(std::string_view field, Wire word, const std::map<Wire, Core>& words) {
    auto known = words.find(word);
    if (known != words.end()) return known->second;
    Refuse(errors::BadValue(field, std::to_string(static_cast<int>(word)), "one of the values of the contract"));
    return Core{};
  }

  Column ColumnOf(std::string_view text, IndicatorNumber own) {
    absl::StatusOr<Column> column = ParseColumn(text, own, catalogue_);
    if (!column.ok()) Refuse(column.status());
    return column.value_or(Column{});
  }

  absl::Status status() const { return errors_.ToStatus(); }

 private:
  uint32_t Refuse(const absl::Status& status) {
    errors_.Add(status);
    return 0;
  }
  const Catalogue& catalogue_;
  ErrorCollector errors_;
};

const std::map<v1::SortKey, SortKey> kMainKeys = {{v1::SORT_KEY_UNSPECIFIED, SortKey::kRate}, {v1::SORT_KEY_RATE, SortKey::kRate},
                                                  {v1::SORT_KEY_VALUE, SortKey::kValue}, {v1::SORT_KEY_NET_NEW, SortKey::kNetNew},
                                                  {v1::SORT_KEY_GAP, SortKey::kGap},     {v1::SORT_KEY_TARGET_GAP, SortKey::kTargetGap}};
const std::map<v1::SortKey, SortKey> kThenKeys = {
    {v1::SORT_KEY_UNSPECIFIED, SortKey::kNone}, {v1::SORT_KEY_RATE, SortKey::kRate},     {v1::SORT_KEY_VALUE, SortKey::kValue},
    {v1::SORT_KEY_NET_NEW, SortKey::kNetNew},   {v1::SORT_KEY_TARGET, SortKey::kTarget}, {v1::SORT_KEY_ORDER, SortKey::kOrder},
    {v1::SORT_KEY_INDICATOR, SortKey::kIndicator}, {v1::SORT_KEY_GAP, SortKey::kGap}, {v1::SORT_KEY_TARGET_GAP, SortKey::kTargetGap}};
const std::map<v1::TieStyle, TieStyle> kTieStyles = {{v1::TIE_STYLE_UNSPECIFIED, TieStyle::kCompetition},
                                                     {v1::TIE_STYLE_COMPETITION, TieStyle::kCompetition},
                                                     {v1::TIE_STYLE_MODIFIED, TieStyle::kModified},
                                                     {v1::TIE_STYLE_DENSE, TieStyle::kDense},
                                                     {v1::TIE_STYLE_ORDINAL, TieStyle::kOrdinal}};
const std::map<v1::Rounding, Rounding> kRoundings = {{v1::ROUNDING_UNSPECIFIED, Rounding::kHalfUp},
                                                     {v1::ROUNDING_HALF_UP, Rounding::kHalfUp},
                                                     {v1::ROUNDING_TRUNCATE, Rounding::kTruncate}};
const std::map<types::v1::Layer, Layer> kLayerWords = {{types::v1::LAYER_UNSPECIFIED, Layer::kNone},
                                                       {types::v1::LAYER_NATIONAL, Layer::kNational},
                                                       {types::v1::LAYER_PROVINCE, Layer::kProvince},
                                                       {types::v1::LAYER_CITY, Layer::kCity},
                                                       {types::v1::LAYER_COUNTY, Layer::kCounty}};

// The word for a core value that is not "unspecified" where another word means the same.
template <typename Wire, typename Core>
Wire WordFor(Core value, const std::map<Wire, Core>& words) {
  Wire word{};
  for (const auto& [wire, core] : words) {
    if (core == value) word = wire;
  }
  return word;
}

std::string CodeOf(const Catalogue& catalogue, IndicatorNumber number) {
  const Indicator* indicator = catalogue.FindIndicator(number);
  return indicator == nullptr ? "" : indicator->code;
}

}  // namespace

absl::StatusOr<Definition> FromProto(const v1::Definition& wire, const Catalogue& catalogue) {
  DefinitionReader read(catalogue);
  Definition definition;
  definition.programme = read.Programme(wire.programme());
  definition.indicator = read.Indicator("indicator", wire.indicator());
  definition.period = read.Years(wire.year());
  definition.by = read.Word("by", wire.by(), kMainKeys);
  if (!wire.of().empty() && wire.of() != kTargetWord) definition.of = read.Indicator("of", wire.of());
  definition.layer = read.Word("layer", wire.layer(), kLayerWords);
  definition.then_by = read.Word("then_by", wire.then_by(), kThenKeys);
  if (definition.then_by == SortKey::kIndicator) definition.then_by_indicator = read.Indicator("then_by_indicator", wire.then_by_indicator());
  definition.ties = read.Word("ties", wire.ties(), kTieStyles);
  definition.rounding = read.Word("rounding", wire.rounding(), kRoundings);
  definition.digits = wire.has_digits() ? read.Digits("digits", wire.digits()) : kDigitsDefault;
  definition.total_digits = wire.has_total_digits() ? read.Digits("total_digits", wire.total_digits()) : definition.digits;
  definition.trim = wire.trim();
  definition.zero_unranked = wire.zero_unranked();
  definition.ascending = wire.ascending();
  // One more than allowed is enough for the refusal, whatever a caller sends.
  for (int i = 0; i < wire.columns_size() && i <= static_cast<int>(kColumnsMax); ++i) definition.columns.push_back(read.ColumnOf(wire.columns(i), definition.indicator));
  RETURN_IF_ERROR(read.status());
  return definition;
}

types::v1::Layer ToProto(Layer layer) { return WordFor(layer, kLayerWords); }

v1::Definition ToProto(const Definition& definition, Layer layer, const Catalogue& catalogue) {
  v1::Definition wire;
  wire.set_programme(catalogue.FindProgramme(definition.programme)->code);
  wire.set_indicator(CodeOf(catalogue, definition.indicator));
  wire.set_year(FormatPeriod(definition.period));
  wire.set_by(WordFor(definition.by, kMainKeys));
  wire.set_of(definition.of == 0 ? std::string(kTargetWord) : CodeOf(catalogue, definition.of));
  wire.set_layer(WordFor(layer, kLayerWords));
  wire.set_then_by(WordFor(definition.then_by, kThenKeys));
  wire.set_then_by_indicator(CodeOf(catalogue, definition.then_by_indicator));
  wire.set_ties(WordFor(definition.ties, kTieStyles));
  wire.set_rounding(WordFor(definition.rounding, kRoundings));
  wire.set_digits(static_cast<uint32_t>(definition.digits));
  wire.set_total_digits(static_cast<uint32_t>(definition.total_digits));
  wire.set_trim(definition.trim);
  wire.set_zero_unranked(definition.zero_unranked);
  wire.set_ascending(definition.ascending);
  for (const Column& column : definition.columns) wire.add_columns(FormatColumn(column, catalogue));
  return wire;
}

}  // namespace anju::ranking
