// Prints a rate in percent, however large it is.
#pragma once

#include <string>

#include "common/decimal/decimal.h"

namespace anju::ranking {

// `rate` × 100 with `digits` decimals. FormatPercent of common/decimal holds 18 digits in all, which a huge figure over a tiny target
// exceeds; here only the decimals are limited. REQUIRES: |numerator| ≤ 10^36, denominator ≤ 10^36, digits 0..kScaleMax.
std::string PrintPercent(const Fraction& rate, int digits, Rounding rounding, bool trim);

}  // namespace anju::ranking
