// Exact decimals and fractions: every published number goes through here, and no binary floating point does.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace anju {

using int128 = __int128;

// Largest magnitude of one stored figure in smallest units: no sum of figures of one country can overflow int64.
inline constexpr int64_t kAmountMax = 1'000'000'000'000'000;
inline constexpr int kScaleMax = 8;

// digits × 10^-scale, as printed: 2.50 is {250, 2}. The scale tells how precisely it was printed.
struct Decimal {
  int64_t digits = 0;
  int scale = 0;
  friend bool operator==(const Decimal&, const Decimal&) = default;  // same print, not same value
};

// ASCII: optional '-', digits, optionally '.' and digits; nothing else (BAD_NUMBER). More than 18 digits is NUMBER_TOO_LARGE,
// more than kScaleMax decimals NUMBER_TOO_FINE. Leading zeros as in "007" are refused, "0.50" is fine.
absl::StatusOr<Decimal> ParseDecimal(std::string_view text);
// As printed, trailing zeros kept.
std::string FormatDecimal(Decimal value);
// `amount` × 10^-scale without trailing zeros: (1626762, 2) → "16267.62", (1013500, 2) → "10135".
std::string FormatAmount(int64_t amount, int scale);

// An exact fraction. The denominator is above zero.
struct Fraction {
  int128 numerator = 0;
  int128 denominator = 1;
};

// Makes a fraction in lowest terms. REQUIRES: denominator ≠ 0.
Fraction MakeFraction(int128 numerator, int128 denominator);
Fraction ToFraction(Decimal value);
// Exact for every pair: by cross-multiplication where that fits into 127 bits (always for |numerator|, denominator ≤ 10^18), else
// by their continued fractions.
std::strong_ordering Compare(const Fraction& a, const Fraction& b);
inline bool operator==(const Fraction& a, const Fraction& b) { return Compare(a, b) == 0; }
// REQUIRES of the arithmetic: the result in lowest terms fits into 127 bits. A product or quotient of fractions up to 10^18 over 10^18
// does, and so does a sum of figures over powers of ten.
Fraction Add(const Fraction& a, const Fraction& b);
Fraction Subtract(const Fraction& a, const Fraction& b);
Fraction Multiply(const Fraction& a, const Fraction& b);
// For operands of any size: nullopt when the result in lowest terms, or what leads to it, does not fit.
std::optional<Fraction> CheckedAdd(const Fraction& a, const Fraction& b);
std::optional<Fraction> CheckedMultiply(const Fraction& a, const Fraction& b);
// nullopt when b is zero.
std::optional<Fraction> Divide(const Fraction& a, const Fraction& b);
// "a/b", or "a" when b is 1.
std::string FormatFraction(const Fraction& value);

enum class Rounding { kHalfUp, kTruncate };  // half up: away from zero at exactly a half

// Rounds once: the printed form of `value` with `digits` decimals (0..kScaleMax). REQUIRES: the result has at most 18 digits, as every
// sum of amounts has.
Decimal Round(const Fraction& value, int digits, Rounding rounding);
// Rounded once and formatted, however large it is; `trim` drops trailing zeros (and a bare point).
std::string FormatRounded(const Fraction& value, int digits, Rounding rounding, bool trim);
// value × 100 rounded: a rate in percent.
std::string FormatPercent(const Fraction& value, int digits, Rounding rounding, bool trim);

// Checked sums. REQUIRES nothing; nullopt on overflow.
std::optional<int64_t> CheckedAdd(int64_t a, int64_t b);
std::optional<int64_t> CheckedSubtract(int64_t a, int64_t b);
// 10^exponent. REQUIRES: 0 ≤ exponent ≤ 18.
int64_t PowerOfTen(int exponent);

}  // namespace anju
