// Wire ↔ core: the only file of the service that reads fields of both.
#include "services/ranking/convert.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/status/macros.h"
#include "services/ranking/errors.h"
#include "services/ranking/store/records.h"

namespace anju::ranking {
namespace {

constexpr std::string_view kTargetWord = "target";
constexpr std::string_view kTargetPrefix = "target:";

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

  Column ColumnOf(std::string_view text) {
    const bool target = text.substr(0, kTargetPrefix.size()) == kTargetPrefix;
    absl::StatusOr<IndicatorNumber> number = catalogue_.ResolveIndicator(target ? text.substr(kTargetPrefix.size()) : text);
    if (!number.ok()) Refuse(errors::InField(number.status(), "columns", text));
    return {number.value_or(0), target};
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
                                                  {v1::SORT_KEY_VALUE, SortKey::kValue}, {v1::SORT_KEY_NET_NEW, SortKey::kNetNew}};
const std::map<v1::SortKey, SortKey> kThenKeys = {
    {v1::SORT_KEY_UNSPECIFIED, SortKey::kNone}, {v1::SORT_KEY_RATE, SortKey::kRate},     {v1::SORT_KEY_VALUE, SortKey::kValue},
    {v1::SORT_KEY_NET_NEW, SortKey::kNetNew},   {v1::SORT_KEY_TARGET, SortKey::kTarget}, {v1::SORT_KEY_ORDER, SortKey::kOrder},
    {v1::SORT_KEY_INDICATOR, SortKey::kIndicator}};
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

Place PlaceOf(const Region& region, size_t figures) {
  return {region.number, region.code, region.name, region.level, region.kind, region.order, std::vector<Figures>(figures)};
}

void FillRow(Row row, v1::Row* wire) {
  wire->set_rank(row.rank);
  wire->set_region(std::move(row.code));
  wire->set_name(std::move(row.name));
  if (row.key) wire->set_key(std::move(*row.key));
  if (row.numerator) wire->set_numerator(std::move(*row.numerator));
  if (row.denominator) wire->set_denominator(std::move(*row.denominator));
  if (row.value) wire->set_value(std::move(*row.value));
  if (row.as_of) wire->set_as_of(FormatDate(*row.as_of));
  wire->set_reason(UnrankedName(row.reason));
  for (std::string& column : row.columns) wire->add_columns(std::move(column));
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
  for (int i = 0; i < wire.columns_size() && i <= static_cast<int>(kColumnsMax); ++i) definition.columns.push_back(read.ColumnOf(wire.columns(i)));
  RETURN_IF_ERROR(read.status());
  return definition;
}

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
  for (const Column& column : definition.columns) {
    wire.add_columns((column.target ? std::string(kTargetPrefix) : "") + CodeOf(catalogue, column.indicator));
  }
  return wire;
}

Input CurrentInput(const Contents& contents, const Definition& definition, const Plan& plan, RegionNumber region, Date day) {
  const RegionTree& tree = contents.registry->regions;
  auto place = [&](RegionNumber number) {
    Place made = PlaceOf(*tree.At(number, day), plan.needs.keys.size());
    for (size_t i = 0; i < plan.needs.keys.size(); ++i) {
      const Figures* figures = contents.cells.Find({definition.programme, plan.needs.keys[i]}, number);
      if (figures != nullptr) made.figures[i] = *figures;
    }
    return made;
  };
  Input input;
  input.region = place(region);
  for (RegionNumber child : tree.ChildrenAt(region, day)) input.children.push_back(place(child));
  return input;
}

aggregator::v1::GetColumnRequest ColumnRequest(const Definition& definition, const Plan& plan, const Catalogue& catalogue,
                                               std::string_view region_code, Date as_of, std::string_view at_least) {
  aggregator::v1::GetColumnRequest request;
  request.set_region(std::string(region_code));
  request.set_as_of(FormatDate(as_of));
  request.set_at_least(std::string(at_least));
  for (const FigureKey& key : plan.needs.keys) {
    aggregator::v1::ColumnKey* wire = request.add_keys();
    wire->set_programme(catalogue.FindProgramme(definition.programme)->code);
    wire->set_indicator(CodeOf(catalogue, key.indicator));
    if (key.period.is_stock()) continue;
    wire->mutable_period()->set_first_year(key.period.first);
    wire->mutable_period()->set_last_year(key.period.last);
  }
  return request;
}

Input DatedInput(const aggregator::v1::GetColumnResponse& column, const Plan& plan, Date as_of) {
  Input input;
  input.as_of = as_of;
  // The parent is the first; a region may come with all its dated rows, of which the one of the day counts.
  std::vector<Place> places;
  std::unordered_map<RegionNumber, size_t> index;
  for (const types::v1::RegionRecord& record : column.regions()) {
    const Region region = anju::FromProto(record);
    auto [known, is_new] = index.try_emplace(region.number, places.size());
    if (is_new) {
      places.push_back(PlaceOf(region, plan.needs.keys.size()));
    } else if (region.HoldsOn(as_of)) {
      places[known->second] = PlaceOf(region, plan.needs.keys.size());
    }
  }
  for (const aggregator::v1::Cell& cell : column.cells()) {
    auto place = index.find(cell.region());
    if (place == index.end()) continue;
    const FigureKey key = ColumnOf(cell).figure;
    for (size_t i = 0; i < plan.needs.keys.size(); ++i) {
      if (plan.needs.keys[i] == key) places[place->second].figures[i] = FiguresOf(cell);
    }
  }
  if (places.empty()) return input;
  input.region = std::move(places.front());
  input.children.assign(std::make_move_iterator(places.begin() + 1), std::make_move_iterator(places.end()));
  return input;
}

v1::GetLeagueTableResponse ToProto(Table table, const Definition& definition, const Plan& plan, const Input& input, const Catalogue& catalogue) {
  v1::GetLeagueTableResponse response;
  *response.mutable_definition() = ToProto(definition, table.layer, catalogue);
  response.set_region(input.region.code);
  response.set_region_name(input.region.name);
  if (table.as_of) response.set_as_of(FormatDate(*table.as_of));
  for (Row& row : table.rows) FillRow(std::move(row), response.add_rows());
  for (Row& row : table.unranked) FillRow(std::move(row), response.add_unranked());
  FillRow(std::move(table.total), response.mutable_total());
  response.set_reported(table.reported);
  response.set_expected(table.expected);
  response.set_unit(plan.indicator->unit);
  response.set_denominator_unit(plan.of != nullptr ? plan.of->unit : plan.indicator->unit);
  for (Layer layer : table.other_layers) response.add_other_layers(WordFor(layer, kLayerWords));
  return response;
}

}  // namespace anju::ranking
