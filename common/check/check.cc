// The check rule on exact fractions. Intervals widen what was printed; the exact comparison never widens anything.
#include "common/check/check.h"

#include <optional>

#include "common/check/quantity.h"
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

// Operands in range and their few units cannot outgrow a quantity.
const Quantity& Fitting(const std::optional<Quantity>& computed) {
  CHECK(computed.has_value());
  return *computed;
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
  std::vector<SignedQuantity> terms;
  terms.reserve(operands.size());
  for (const SignedOperand& term : operands) terms.push_back({QuantityOf(term.operand), term.sign});
  return CheckAgainst(printed, Fitting(SumOf(terms)), Verdict::kError);
}

CheckResult CheckQuotient(const CheckOperand& printed, const CheckOperand& numerator, const CheckOperand& denominator) {
  // What is printed as other than zero is at least one step from it, so its interval stays on one side of zero and has a reciprocal.
  CHECK(denominator.printed.digits != 0);
  return CheckAgainst(printed, Fitting(QuotientOf(QuantityOf(numerator), QuantityOf(denominator))), Verdict::kError);
}

CheckResult CheckProduct(const CheckOperand& printed, const CheckOperand& a, const CheckOperand& b) {
  return CheckAgainst(printed, Fitting(ProductOf(QuantityOf(a), QuantityOf(b))), Verdict::kError);
}

CheckResult CheckRestated(const CheckOperand& printed, const CheckOperand& other) {
  if (Compare(StepOf(printed), StepOf(other)) >= 0) return CheckAgainst(printed, QuantityOf(other), Verdict::kNote);
  // The other print is the coarser one: it is this print that may round to it.
  CheckResult result = CheckAgainst(other, QuantityOf(printed), Verdict::kNote);
  result.computed = ValueOf(other);
  return result;
}

CheckResult CheckAtMost(const CheckOperand& printed, const CheckOperand& other) { return CheckAtMost(printed, QuantityOf(other)); }

}  // namespace anju
