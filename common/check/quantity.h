// Sides of a relation that are computed: a value from operands as printed, and the interval that they allow. Operands may
// themselves be computed, over any number of steps; what outgrows exact arithmetic is told, never cut.
#pragma once

#include <optional>
#include <vector>

#include "common/check/check.h"

namespace anju {

struct Quantity {
  Fraction value;
  Interval allowed;
};

// A printed cell or a declared constant. REQUIRES: InRange(operand).
Quantity QuantityOf(const CheckOperand& operand);

struct SignedQuantity {
  Quantity quantity;
  int sign = 1;  // +1 or −1
};

// nullopt when a numerator or denominator of the result is beyond 10^37, which no document comes near.
std::optional<Quantity> SumOf(const std::vector<SignedQuantity>& terms);
std::optional<Quantity> ProductOf(const Quantity& a, const Quantity& b);
// REQUIRES: !MayBeZero(denominator).
std::optional<Quantity> QuotientOf(const Quantity& numerator, const Quantity& denominator);
// The same in another unit: one unit is `factor` (above zero) of what the quantity is counted in.
std::optional<Fraction> InUnit(const Fraction& value, const Fraction& factor);

// True when the interval holds zero: nothing can be divided by such an operand.
bool MayBeZero(const Quantity& quantity);

// `printed` against a computed side: EXACT, ROUNDING, or `otherwise`.
CheckResult CheckAgainst(const CheckOperand& printed, const Quantity& computed, Verdict otherwise);
// `<=`: as CheckAtMost of check.h.
CheckResult CheckAtMost(const CheckOperand& printed, const Quantity& other);
// A printed place (名次) of `own` among itself and `others`. Equal figures share their places, and any of these is EXACT; a place that is
// possible only within the intervals of the figures is ROUNDING. `computed` is the possible place nearest to the printed one.
CheckResult CheckPlace(const CheckOperand& printed, const Quantity& own, const std::vector<Quantity>& others, bool descending);

}  // namespace anju
