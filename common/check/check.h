// The check rule: whether a printed figure can come from its operands as printed. Used by plan documents and by `anju check`.
//
// A cell printed with d decimals stands for p − ½·10^-d … p + 10^-d (it may have been rounded half-up or truncated; mirrored
// below zero); zero, and every cell of a column printed without decimals, stands for itself. Declared constants stand for
// themselves. A relation is EXACT when both sides are equal, or equal once the computed side is rounded half-up to the printed
// digits; ROUNDING when the intervals of both sides meet; else an ERROR. Operands are taken as printed.
#pragma once

#include <string>
#include <vector>

#include "common/decimal/decimal.h"

namespace anju {

enum class Verdict { kExact, kRounding, kError, kNotAdditive, kNote };

// A printed cell, or a declared constant. `unit` scales it to a common unit (万套 → 10000) and never changes its precision.
struct CheckOperand {
  Decimal printed;
  Fraction unit = {1, 1};
  // True when it stands for itself: a constant, zero, or a cell of a column in which nothing is printed with decimals.
  bool exact = false;
};

// False when an operand is too large or too fine for exact 128-bit arithmetic: an end of its interval, as a fraction, has a numerator or
// denominator beyond 10^18. Every figure within kAmountMax is in range. REQUIRES of all checks: operands in range, units above zero,
// and the denominators of the units of one relation multiply to at most 10^8.
bool InRange(const CheckOperand& operand);

// The values a cell may stand for, both ends included.
struct Interval {
  Fraction low;
  Fraction high;
};
Interval IntervalOf(const CheckOperand& operand);

// One judged relation: `printed` against a side computed from operands.
struct CheckResult {
  Verdict verdict = Verdict::kExact;
  Fraction computed;  // in the common unit, from operands as printed
};

// Sum of the operands, each with its sign (+1 or −1).
struct SignedOperand {
  CheckOperand operand;
  int sign = 1;
};
CheckResult CheckSum(const CheckOperand& printed, const std::vector<SignedOperand>& operands);
// numerator / denominator. REQUIRES: the denominator's printed figure is not zero.
CheckResult CheckQuotient(const CheckOperand& printed, const CheckOperand& numerator, const CheckOperand& denominator);
CheckResult CheckProduct(const CheckOperand& printed, const CheckOperand& a, const CheckOperand& b);
// `=a`: a restatement. What is neither exact nor rounding is a NOTE. Two prints of one cell are compared at the coarser precision:
// whichever side is printed more finely is rounded half-up to the digits of the other.
CheckResult CheckRestated(const CheckOperand& printed, const CheckOperand& other);
// `<=a`: EXACT when printed ≤ other, ROUNDING when the intervals allow it, else ERROR.
CheckResult CheckAtMost(const CheckOperand& printed, const CheckOperand& other);

}  // namespace anju
