// The check rule on exact fractions. Intervals widen what was printed; the exact comparison never widens anything.
#include "common/check/check.h"

#include <utility>

#include "common/status/macros.h"

namespace anju {
namespace {

constexpr int128 kOperandMax = 1'000'000'000'000'000'000;

Fraction ValueOf(const CheckOperand& operand) { return Multiply(ToFraction(operand.printed), operand.unit); }

// One unit of the last printed digit, in the common unit.
Fraction StepOf(const CheckOperand& operand) {
  CHECK(operand.unit.numerator > 0 && operand.unit.denominator > 0);
  return Multiply(MakeFraction(1, PowerOfTen(operand.printed.scale)), operand.unit);
}

Fraction Half(const Fraction& value) { return Multiply(value, Fraction{1, 2}); }
Fraction Negated(const Fraction& value) { return Fraction{-value.numerator, value.denominator}; }
Fraction Smaller(const Fraction& a, const Fraction& b) { return Compare(a, b) <= 0 ? a : b; }
Fraction Larger(const Fraction& a, const Fraction& b) { return Compare(a, b) >= 0 ? a : b; }

// True when `value`, rounded half-up (away from zero) to the printed digits of `printed`, gives exactly `printed`. Compares with
// the two ends of what rounds there, so that no value is too large to be rounded.
bool RoundsTo(const Fraction& value, const CheckOperand& printed) {
  const Fraction centre = ValueOf(printed);
  const Fraction half = Half(StepOf(printed));
  const auto from_low = Compare(value, Subtract(centre, half));
  const auto to_high = Compare(value, Add(centre, half));
  if (printed.printed.digits > 0) return from_low >= 0 && to_high < 0;
  if (printed.printed.digits < 0) return from_low > 0 && to_high <= 0;
  return from_low > 0 && to_high < 0;
}

bool Meet(const Interval& a, const Interval& b) { return Compare(a.low, b.high) <= 0 && Compare(b.low, a.high) <= 0; }

// Judges a computed side: its value from operands as printed, and the interval that its operands allow.
CheckResult Judge(const CheckOperand& printed, const Fraction& computed, const Interval& allowed, Verdict otherwise) {
  CheckResult result;
  result.computed = computed;
  if (Compare(computed, ValueOf(printed)) == 0 || RoundsTo(computed, printed)) {
    result.verdict = Verdict::kExact;
  } else {
    result.verdict = Meet(IntervalOf(printed), allowed) ? Verdict::kRounding : otherwise;
  }
  return result;
}

// The interval of a product: its ends are among the products of the ends, whatever the signs.
Interval Product(const Interval& a, const Interval& b) {
  const Fraction first = Multiply(a.low, b.low);
  Interval product{first, first};
  for (const Fraction& corner : {Multiply(a.low, b.high), Multiply(a.high, b.low), Multiply(a.high, b.high)}) {
    product.low = Smaller(product.low, corner);
    product.high = Larger(product.high, corner);
  }
  return product;
}

}  // namespace

bool InRange(const CheckOperand& operand) {
  const auto within = [](const Fraction& value) {
    return value.numerator >= -kOperandMax && value.numerator <= kOperandMax && value.denominator <= kOperandMax;
  };
  const Interval interval = IntervalOf(operand);
  return within(interval.low) && within(interval.high) && within(ValueOf(operand));
}

Interval IntervalOf(const CheckOperand& operand) {
  const Fraction value = ValueOf(operand);
  if (operand.exact || operand.printed.digits == 0) return {value, value};
  const Fraction step = StepOf(operand);
  const Fraction half = Half(step);
  // Away from zero a truncated value lies within one step; towards zero a value rounded up lies within half a step.
  if (operand.printed.digits > 0) return {Subtract(value, half), Add(value, step)};
  return {Subtract(value, step), Add(value, half)};
}

CheckResult CheckSum(const CheckOperand& printed, const std::vector<SignedOperand>& operands) {
  Fraction sum;
  Interval allowed;
  for (const SignedOperand& term : operands) {
    CHECK(term.sign == 1 || term.sign == -1);
    const Fraction value = ValueOf(term.operand);
    Interval interval = IntervalOf(term.operand);
    if (term.sign < 0) interval = {Negated(interval.high), Negated(interval.low)};
    sum = Add(sum, term.sign < 0 ? Negated(value) : value);
    allowed = {Add(allowed.low, interval.low), Add(allowed.high, interval.high)};
  }
  return Judge(printed, sum, allowed, Verdict::kError);
}

CheckResult CheckQuotient(const CheckOperand& printed, const CheckOperand& numerator, const CheckOperand& denominator) {
  CHECK(denominator.printed.digits != 0);
  // What is printed as other than zero is at least one step from it, so its interval stays on one side of zero and has a reciprocal.
  const Interval divisor = IntervalOf(denominator);
  const Interval reciprocal{*Divide(Fraction{1, 1}, divisor.high), *Divide(Fraction{1, 1}, divisor.low)};
  return Judge(printed, *Divide(ValueOf(numerator), ValueOf(denominator)), Product(IntervalOf(numerator), reciprocal), Verdict::kError);
}

CheckResult CheckProduct(const CheckOperand& printed, const CheckOperand& a, const CheckOperand& b) {
  return Judge(printed, Multiply(ValueOf(a), ValueOf(b)), Product(IntervalOf(a), IntervalOf(b)), Verdict::kError);
}

CheckResult CheckRestated(const CheckOperand& printed, const CheckOperand& other) {
  if (Compare(StepOf(printed), StepOf(other)) >= 0) return Judge(printed, ValueOf(other), IntervalOf(other), Verdict::kNote);
  // The other print is the coarser one: it is this print that may round to it.
  CheckResult result = Judge(other, ValueOf(printed), IntervalOf(printed), Verdict::kNote);
  result.computed = ValueOf(other);
  return result;
}

CheckResult CheckAtMost(const CheckOperand& printed, const CheckOperand& other) {
  CheckResult result;
  result.computed = ValueOf(other);
  if (Compare(ValueOf(printed), result.computed) <= 0) {
    result.verdict = Verdict::kExact;
  } else {
    const bool possible = Compare(IntervalOf(printed).low, IntervalOf(other).high) <= 0;
    result.verdict = possible ? Verdict::kRounding : Verdict::kError;
  }
  return result;
}

}  // namespace anju
