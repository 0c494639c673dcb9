// Units of all indicators joined into kinds: indicators that share a unit count the same kind of thing.
#include "common/check_file/vocabulary.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/catalogue/catalogue.h"
#include "common/csv/csv.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju {
namespace {

// Conversions beyond this would not leave room for exact arithmetic with figures of 18 digits.
constexpr int64_t kFactorMax = 1'000'000'000'000;

enum Column { kType, kCode, kName, kUnit, kScale, kUnitsAccepted, kOverRegions };

const std::vector<csv::Column>& Columns() {
  static const std::vector<csv::Column> columns = {
      {"type", {"类型"}},   {"code", {"代码"}},          {"name", {"名称"}},           {"unit", {"单位"}},           {"scale", {"小数位"}},
      {"units_accepted", {"可用单位"}}, {"over_regions", {"地区汇总"}},
      // Columns that say nothing about a table.
      {"parent", {"上级"}, false}, {"over_time", {"时间汇总"}, false}, {"part_of", {"所属"}, false}, {"part_kind", {"其中关系"}, false},
      {"entries", {"增加指标"}, false}, {"exits", {"减少指标"}, false}, {"negative", {"可为负"}, false}};
  return columns;
}

absl::Status Broken(std::string_view unit, std::string_view message) { return MakeError(Reason::BROKEN_CATALOGUE, "units_accepted", unit, message); }

bool Fits(const Fraction& factor) { return factor.numerator <= kFactorMax && factor.denominator <= kFactorMax; }

// The units of one row, in its smallest unit.
absl::StatusOr<std::vector<std::pair<std::string, Fraction>>> UnitsOf(const csv::Row& row) {
  const std::string& scale = row.fields[kScale];
  if (scale.size() != 1 || scale[0] < '0' || scale[0] > '8') return MakeError(Reason::BAD_NUMBER, "scale", scale, "scale is 0 to 8");
  ASSIGN_OR_RETURN(const std::vector<Unit> units, ParseUnits(row.fields[kUnit], scale[0] - '0', row.fields[kUnitsAccepted]));
  std::vector<std::pair<std::string, Fraction>> factors;
  for (const Unit& unit : units) factors.emplace_back(unit.name, MakeFraction(unit.numerator, unit.denominator));
  return factors;
}

}  // namespace

absl::StatusOr<Vocabulary> Vocabulary::Read(std::string_view catalogue) {
  ASSIGN_OR_RETURN(const csv::Table table, csv::Parse(catalogue, Columns()));
  Vocabulary vocabulary;
  vocabulary.units_ = {{"", {kRatioKind, {1, 1}}}, {"%", {kRatioKind, {1, 100}}}, {"名次", {kPlaceKind, {1, 1}}}};
  ErrorCollector errors;
  bool any = false;
  for (const csv::Row& row : table.rows) {
    if (row.fields[kType] != "indicator" && row.fields[kType] != "指标") continue;
    any = true;
    for (const Column column : {kCode, kName, kOverRegions}) {
      if (row.fields[column].empty()) errors.Add(MakeError(Reason::MISSING_FIELD, Columns()[column].name, "", "is empty"), row.line);
    }
    const std::string& over_regions = row.fields[kOverRegions];
    if (over_regions == "none") {
      vocabulary.not_additive_.insert({row.fields[kCode], row.fields[kName]});
    } else if (!over_regions.empty() && over_regions != "sum") {
      errors.Add(MakeError(Reason::BAD_VALUE, "over_regions", over_regions, "over_regions is sum or none"), row.line);
    }
    const auto units = UnitsOf(row);
    errors.Add(units.ok() ? vocabulary.AddUnits(row.fields[kCode], *units) : units.status(), row.line);
  }
  RETURN_IF_ERROR(errors.ToStatus());
  if (!any) return MakeError(Reason::EMPTY_REQUEST, "type", "", "the catalogue has no indicator");
  vocabulary.Normalise();
  for (const auto& [name, meaning] : vocabulary.units_) {
    if (!Fits(meaning.factor)) return Broken(name, "the unit is too large or too small beside the others of its kind");
    if (!name.empty()) vocabulary.names_.push_back(name);
  }
  return vocabulary;
}

absl::Status Vocabulary::AddUnits(std::string_view indicator, const std::vector<std::pair<std::string, Fraction>>& units) {
  UnitKind kind = next_kind_++;
  Fraction scale = {1, 1};  // from this indicator's smallest unit to the kind's
  for (const auto& [name, own] : units) {
    const std::string folded = FoldUnit(name);
    if (folded.empty() || folded == "%") continue;  // ratios are what they are in every catalogue
    const std::optional<Fraction> factor = CheckedMultiply(own, scale);
    if (!factor || !Fits(*factor)) return Broken(name, "the unit is too large or too small beside the others of its kind");
    const auto [it, inserted] = units_.try_emplace(folded, UnitMeaning{kind, *factor});
    if (inserted) continue;
    const UnitMeaning known = it->second;
    if (known.kind == kind) {
      if (Compare(known.factor, *factor) == 0) continue;
      return Broken(name, absl::StrCat("another factor in ", std::string(indicator), " than in other indicators"));
    }
    // What this indicator has told so far is of the known kind: one step for all of it.
    const std::optional<Fraction> step = CheckedMultiply(known.factor, MakeFraction(factor->denominator, factor->numerator));
    if (!step || !Fits(*step)) return Broken(name, "the unit is too large or too small beside the others of its kind");
    for (auto& [other, meaning] : units_) {
      if (meaning.kind != kind) continue;
      const std::optional<Fraction> moved = CheckedMultiply(meaning.factor, *step);
      if (!moved || !Fits(*moved)) return Broken(other, "the unit is too large or too small beside the others of its kind");
      meaning = {known.kind, *moved};
    }
    const std::optional<Fraction> on = CheckedMultiply(scale, *step);
    if (!on) return Broken(name, "the unit is too large or too small beside the others of its kind");
    scale = *on;
    kind = known.kind;
  }
  return absl::OkStatus();
}

void Vocabulary::Normalise() {
  std::map<UnitKind, Fraction> smallest;
  for (const auto& [name, meaning] : units_) {
    const auto [it, inserted] = smallest.try_emplace(meaning.kind, meaning.factor);
    if (!inserted && Compare(meaning.factor, it->second) < 0) it->second = meaning.factor;
  }
  for (auto& [name, meaning] : units_) {
    if (meaning.kind != kRatioKind) meaning.factor = *Divide(meaning.factor, smallest.at(meaning.kind));
  }
}

const UnitMeaning* Vocabulary::FindUnit(std::string_view unit) const {
  const auto it = units_.find(FoldUnit(unit));
  return it == units_.end() ? nullptr : &it->second;
}

}  // namespace anju
