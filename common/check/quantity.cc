// Interval arithmetic of computed sides, on checked 128-bit fractions.
#include "common/check/quantity.h"

#include <algorithm>

#include "common/status/macros.h"

namespace anju {
namespace {

// Results stay a digit below 2^127, so that they can still be rounded for printing.
constexpr int128 kQuantityMax = int128{10'000'000} * 1'000'000'000'000'000 * 1'000'000'000'000'000;

std::optional<Fraction> Bounded(const std::optional<Fraction>& value) {
  if (!value.has_value()) return std::nullopt;
  const bool fits = value->numerator >= -kQuantityMax && value->numerator <= kQuantityMax && value->denominator <= kQuantityMax;
  return fits ? value : std::nullopt;
}

Fraction Negated(const Fraction& value) { return {-value.numerator, value.denominator}; }
const Fraction& Smaller(const Fraction& a, const Fraction& b) { return Compare(a, b) <= 0 ? a : b; }
const Fraction& Larger(const Fraction& a, const Fraction& b) { return Compare(a, b) >= 0 ? a : b; }
bool Meet(const Interval& a, const Interval& b) { return Compare(a.low, b.high) <= 0 && Compare(b.low, a.high) <= 0; }

// True when `value`, rounded half-up (away from zero) to the printed digits of `printed`, gives exactly `printed`. Compares with
// the two ends of what rounds there, so that no value is too large to be rounded.
bool RoundsTo(const Fraction& value, const CheckOperand& printed) {
  const Fraction centre = Multiply(ToFraction(printed.printed), printed.unit);
  const Fraction half = Multiply(MakeFraction(1, int128{2} * PowerOfTen(printed.printed.scale)), printed.unit);
  const auto from_low = Compare(value, Subtract(centre, half));
  const auto to_high = Compare(value, Add(centre, half));
  if (printed.printed.digits > 0) return from_low >= 0 && to_high < 0;
  if (printed.printed.digits < 0) return from_low > 0 && to_high <= 0;
  return from_low > 0 && to_high < 0;
}

Quantity Reciprocal(const Quantity& quantity) {
  const auto flipped = [](const Fraction& value) { return MakeFraction(value.denominator, value.numerator); };
  return {flipped(quantity.value), {flipped(quantity.allowed.high), flipped(quantity.allowed.low)}};
}

// Places first … last, counted from 1.
struct Places {
  int128 first = 0;
  int128 last = 0;
  bool Hold(const Fraction& place) const { return place.denominator == 1 && place.numerator >= first && place.numerator <= last; }
};

}  // namespace

Quantity QuantityOf(const CheckOperand& operand) {
  return {Multiply(ToFraction(operand.printed), operand.unit), IntervalOf(operand)};
}

std::optional<Quantity> SumOf(const std::vector<SignedQuantity>& terms) {
  Quantity sum;
  for (const SignedQuantity& term : terms) {
    CHECK(term.sign == 1 || term.sign == -1);
    const auto& [value, allowed] = term.quantity;
    const bool plus = term.sign > 0;
    const std::optional<Fraction> total = Bounded(CheckedAdd(sum.value, plus ? value : Negated(value)));
    const std::optional<Fraction> low = Bounded(CheckedAdd(sum.allowed.low, plus ? allowed.low : Negated(allowed.high)));
    const std::optional<Fraction> high = Bounded(CheckedAdd(sum.allowed.high, plus ? allowed.high : Negated(allowed.low)));
    if (!total || !low || !high) return std::nullopt;
    sum = {*total, {*low, *high}};
  }
  return sum;
}

std::optional<Quantity> ProductOf(const Quantity& a, const Quantity& b) {
  const std::optional<Fraction> value = Bounded(CheckedMultiply(a.value, b.value));
  if (!value) return std::nullopt;
  // The ends of the interval are among the products of the ends, whatever the signs.
  std::optional<Interval> allowed;
  for (const Fraction& left : {a.allowed.low, a.allowed.high}) {
    for (const Fraction& right : {b.allowed.low, b.allowed.high}) {
      const std::optional<Fraction> corner = Bounded(CheckedMultiply(left, right));
      if (!corner) return std::nullopt;
      if (!allowed) allowed = Interval{*corner, *corner};
      allowed = Interval{Smaller(allowed->low, *corner), Larger(allowed->high, *corner)};
    }
  }
  return Quantity{*value, *allowed};
}

std::optional<Quantity> QuotientOf(const Quantity& numerator, const Quantity& denominator) {
  CHECK(!MayBeZero(denominator));
  return ProductOf(numerator, Reciprocal(denominator));
}

std::optional<Fraction> InUnit(const Fraction& value, const Fraction& factor) {
  CHECK(factor.numerator > 0 && factor.denominator > 0);
  return Bounded(CheckedMultiply(value, MakeFraction(factor.denominator, factor.numerator)));
}

bool MayBeZero(const Quantity& quantity) { return quantity.allowed.low.numerator <= 0 && quantity.allowed.high.numerator >= 0; }

CheckResult CheckAgainst(const CheckOperand& printed, const Quantity& computed, Verdict otherwise) {
  CheckResult result;
  result.computed = computed.value;
  if (Compare(computed.value, Multiply(ToFraction(printed.printed), printed.unit)) == 0 || RoundsTo(computed.value, printed)) {
    result.verdict = Verdict::kExact;
  } else {
    result.verdict = Meet(IntervalOf(printed), computed.allowed) ? Verdict::kRounding : otherwise;
  }
  return result;
}

CheckResult CheckAtMost(const CheckOperand& printed, const Quantity& other) {
  CheckResult result;
  result.computed = other.value;
  const Quantity own = QuantityOf(printed);
  if (Compare(own.value, other.value) <= 0) {
    result.verdict = Verdict::kExact;
  } else {
    result.verdict = Compare(own.allowed.low, other.allowed.high) <= 0 ? Verdict::kRounding : Verdict::kError;
  }
  return result;
}

CheckResult CheckPlace(const CheckOperand& printed, const Quantity& own, const std::vector<Quantity>& others, bool descending) {
  Places sure{1, 1};      // by the figures as printed
  Places possible{1, 1};  // by any figures that they may stand for
  for (const Quantity& other : others) {
    const auto order = descending ? Compare(other.value, own.value) : Compare(own.value, other.value);
    if (order > 0) ++sure.first;
    if (order >= 0) ++sure.last;
    const Quantity& high = descending ? other : own;
    const Quantity& low = descending ? own : other;
    if (Compare(high.allowed.low, low.allowed.high) > 0) ++possible.first;
    if (Compare(high.allowed.high, low.allowed.low) >= 0) ++possible.last;
  }
  const Fraction place = ToFraction(printed.printed);
  CheckResult result;
  result.computed = Compare(place, Fraction{sure.last, 1}) > 0 ? Fraction{sure.last, 1} : Fraction{sure.first, 1};
  if (sure.Hold(place)) {
    result.computed = place;
  } else {
    result.verdict = possible.Hold(place) ? Verdict::kRounding : Verdict::kError;
  }
  return result;
}

}  // namespace anju
