// Units of indicators: names folded for comparison, exact factors, and figures to and from smallest units.
#include <limits>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/catalogue/catalogue.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju {
namespace {

absl::Status BadUnits(std::string_view value, std::string_view message) {
  return MakeError(Reason::BROKEN_CATALOGUE, "units_accepted", value, message);
}

}  // namespace

std::string FoldUnit(std::string_view name) {
  std::string folded = absl::StrReplaceAll(absl::string_view(name.data(), name.size()),
                                           {{" ", ""}, {"　", ""}, {"（", "("}, {"）", ")"}, {"平方米", "㎡"}, {"m²", "㎡"}, {"％", "%"}});
  // A table that counts dwellings and households together prints "套(户)", "套/户" or "套、间": the first word is the unit.
  for (const absl::string_view other : {"套", "户", "间"}) {
    for (const std::string& tail : {absl::StrCat("(", other, ")"), absl::StrCat("/", other), absl::StrCat("、", other)}) {
      if (folded.size() > tail.size()) {
        absl::string_view rest = folded;
        if (absl::ConsumeSuffix(&rest, tail)) return std::string(rest);
      }
    }
  }
  return folded;
}

absl::StatusOr<std::vector<Unit>> ParseUnits(std::string_view display_unit, int scale, std::string_view accepted) {
  if (scale < 0 || scale > kScaleMax) return MakeError(Reason::BROKEN_CATALOGUE, "scale", std::to_string(scale), "0 to 8 decimals are possible");
  std::vector<Unit> units = {{std::string(display_unit), PowerOfTen(scale), 1}};
  for (const absl::string_view item : absl::StrSplit(absl::string_view(accepted.data(), accepted.size()), ';', absl::SkipWhitespace())) {
    const size_t equals = item.rfind('=');
    if (equals == absl::string_view::npos) return BadUnits(std::string(item), "a unit is written as name=factor");
    const std::string name(absl::StripAsciiWhitespace(item.substr(0, equals)));
    const absl::string_view factor = absl::StripAsciiWhitespace(item.substr(equals + 1));
    const absl::StatusOr<Decimal> decimal = ParseDecimal(std::string_view(factor.data(), factor.size()));
    if (!decimal.ok() || decimal->digits <= 0) return BadUnits(std::string(item), "a factor is a decimal number above zero");
    // factor × 10^scale smallest units, in lowest terms.
    int64_t numerator = decimal->digits;
    int64_t denominator = PowerOfTen(decimal->scale);
    if (__builtin_mul_overflow(numerator, PowerOfTen(scale), &numerator)) return BadUnits(std::string(item), "the factor is too large");
    const int64_t common = std::gcd(numerator, denominator);
    Unit unit{name, numerator / common, denominator / common};
    bool known = false;
    for (const Unit& other : units) {
      if (other.name != unit.name) continue;
      known = true;
      if (other != unit) return BadUnits(std::string(item), "the unit has another factor already");
    }
    if (!known) units.push_back(std::move(unit));
  }
  return units;
}

std::string FormatUnits(const Indicator& indicator) {
  std::vector<std::string> items;
  for (const Unit& unit : indicator.units) {
    const Fraction factor = MakeFraction(unit.numerator, int128{unit.denominator} * PowerOfTen(indicator.scale));
    items.push_back(absl::StrCat(unit.name, "=", FormatRounded(factor, kScaleMax, Rounding::kHalfUp, true)));
  }
  return absl::StrJoin(items, ";");
}

absl::StatusOr<Unit> FindUnit(const Indicator& indicator, std::string_view unit) {
  const std::string folded = FoldUnit(unit.empty() ? std::string_view(indicator.unit) : unit);
  for (const Unit& candidate : indicator.units) {
    if (candidate.name == unit || FoldUnit(candidate.name) == folded) return candidate;
  }
  ErrorDetail detail{.reason = Reason::UNKNOWN_UNIT, .field = "unit", .value = std::string(unit),
                     .message = absl::StrCat(indicator.code, " is not counted in this unit")};
  for (const Unit& candidate : indicator.units) {
    if (detail.candidates.size() < kErrorCandidatesMax) detail.candidates.push_back(candidate.name);
  }
  return MakeError(std::move(detail));
}

absl::StatusOr<int64_t> ToAmount(const Indicator& indicator, const Decimal& value, std::string_view unit) {
  ASSIGN_OR_RETURN(const Unit found, FindUnit(indicator, unit));
  const std::string written = FormatDecimal(value);
  if (value.digits < 0 && !indicator.negative) {
    return MakeError(Reason::NEGATIVE_NUMBER, "value", written, absl::StrCat(indicator.code, " cannot be below zero"));
  }
  // Up to 10^18 digits times up to 10^18 fit 128 bits; so does the divisor.
  const int128 product = int128{value.digits} * found.numerator;
  const int128 divisor = int128{PowerOfTen(value.scale)} * found.denominator;
  if (product % divisor != 0) {
    return MakeError(Reason::NUMBER_TOO_FINE, "value", written,
                     absl::StrCat(indicator.code, " keeps ", indicator.scale, " decimals of ", indicator.unit.empty() ? "the number" : indicator.unit));
  }
  const int128 amount = product / divisor;
  if (amount > kAmountMax || amount < -int128{kAmountMax}) {
    return MakeError(Reason::NUMBER_TOO_LARGE, "value", written, "the figure is larger than any figure may be");
  }
  return static_cast<int64_t>(amount);
}

std::string FormatAmount(const Indicator& indicator, int64_t amount) { return FormatAmount(amount, indicator.scale); }

}  // namespace anju
