// Exact decimals and fractions on 128-bit integers.
#include "common/decimal/decimal.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju {
namespace {

using uint128 = unsigned __int128;

constexpr auto kLowest = static_cast<int128>(uint128{1} << 127);  // −2^127, whose negative does not fit
constexpr int kDigitsMax = 18;  // every number of 18 digits fits into int64

uint128 Magnitude(int128 value) { return value < 0 ? -static_cast<uint128>(value) : static_cast<uint128>(value); }

bool FitsWord(uint128 value) { return value <= UINT64_MAX; }

// Euclid on 128 bits until both fit into one machine word, then on words.
uint128 Gcd(uint128 a, uint128 b) {
  while (b != 0) {
    if (FitsWord(a) && FitsWord(b)) return std::gcd(static_cast<uint64_t>(a), static_cast<uint64_t>(b));
    a = std::exchange(b, a % b);
  }
  return a;
}

int128 Times(int128 a, int128 b) {
  int128 product = 0;
  CHECK(!__builtin_mul_overflow(a, b, &product));
  return product;
}

// Compares a/b with c/d by their continued fractions: whole parts first, then the reciprocals of the remainders, the other way round.
std::strong_ordering CompareContinued(uint128 a, uint128 b, uint128 c, uint128 d) {
  bool reversed = false;
  while (true) {
    const uint128 left = a / b;
    const uint128 right = c / d;
    std::strong_ordering order = left <=> right;
    if (order == 0) {
      a %= b;
      c %= d;
      if (a != 0 && c != 0) {
        std::swap(a, b);
        std::swap(c, d);
        reversed = !reversed;
        continue;
      }
      order = (a != 0) <=> (c != 0);
    }
    return reversed ? 0 <=> order : order;
  }
}

std::string DigitsOf(uint64_t value) {
  char digits[20];
  return std::string(digits, std::to_chars(std::begin(digits), std::end(digits), value).ptr);
}

std::string DigitsOf(uint128 value) {
  if (FitsWord(value)) return DigitsOf(static_cast<uint64_t>(value));
  std::string out;
  do {
    out.push_back(static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value != 0);
  std::reverse(out.begin(), out.end());
  return out;
}

std::string FormatInt128(int128 value) { return (value < 0 ? "-" : "") + DigitsOf(Magnitude(value)); }

std::string FormatTrimmed(Decimal value, bool trim) {
  while (trim && value.scale > 0 && value.digits % 10 == 0) {
    value.digits /= 10;
    --value.scale;
  }
  return FormatDecimal(value);
}

// FormatRounded of numerator / denominator, and a sign. Nearly all rates are of words, and 128-bit division is a library call: a rate prints in 34 ns
// instead of 168.
std::string FormatRoundedWord(uint64_t numerator, uint64_t denominator, bool negative, int digits, Rounding rounding, bool trim) {
  uint64_t whole = numerator / denominator;
  // Below 2^64 × 10^8, which 128 bits hold.
  const uint128 scaled = uint128{numerator % denominator} * static_cast<uint64_t>(PowerOfTen(digits));
  auto decimals = static_cast<uint64_t>(scaled / denominator);
  const auto rest = static_cast<uint64_t>(scaled % denominator);
  if (rounding == Rounding::kHalfUp && rest >= denominator - rest) ++decimals;
  if (decimals == static_cast<uint64_t>(PowerOfTen(digits))) {
    ++whole;  // a denominator above 1 leaves room; with 1 there is no rest and nothing to round up
    decimals = 0;
  }
  std::string out = negative && (whole != 0 || decimals != 0) ? "-" : "";  // no "-0.00"
  out += DigitsOf(whole);
  for (; trim && digits > 0 && decimals % 10 == 0; --digits) decimals /= 10;
  if (digits == 0) return out;
  const std::string printed = DigitsOf(decimals);
  out.push_back('.');
  out.append(static_cast<size_t>(digits) - printed.size(), '0');
  return out += printed;
}

bool AllDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

absl::Status BadNumber(Reason reason, std::string_view text, std::string_view problem) {
  return MakeError(reason, "", text,
                   absl::StrCat("\"", absl::string_view(text.data(), std::min<size_t>(text.size(), 60)), "\" ",
                                absl::string_view(problem.data(), problem.size()), "."));
}

}  // namespace

int64_t PowerOfTen(int exponent) {
  CHECK(exponent >= 0 && exponent <= kDigitsMax);
  int64_t power = 1;
  for (; exponent > 0; --exponent) power *= 10;
  return power;
}

absl::StatusOr<Decimal> ParseDecimal(std::string_view text) {
  std::string_view rest = text;
  const bool negative = !rest.empty() && rest.front() == '-';
  if (negative) rest.remove_prefix(1);
  const size_t point = rest.find('.');
  const std::string_view whole = rest.substr(0, point);
  const std::string_view decimals = point == std::string_view::npos ? std::string_view() : rest.substr(point + 1);
  if (!AllDigits(whole) || (point != std::string_view::npos && !AllDigits(decimals))) {
    return BadNumber(Reason::BAD_NUMBER, text, "is not a plain decimal number (digits, at most one point, no separators or exponent)");
  }
  if (whole.size() > 1 && whole.front() == '0') {
    return BadNumber(Reason::BAD_NUMBER, text, "is not a plain decimal number (leading zeros)");
  }
  if (decimals.size() > kScaleMax) {
    return BadNumber(Reason::NUMBER_TOO_FINE, text, absl::StrCat("has more than ", kScaleMax, " decimals"));
  }
  if (whole.size() + decimals.size() > kDigitsMax) {
    return BadNumber(Reason::NUMBER_TOO_LARGE, text, absl::StrCat("has more than ", kDigitsMax, " digits"));
  }
  Decimal value;
  for (const char c : whole) value.digits = value.digits * 10 + (c - '0');
  for (const char c : decimals) value.digits = value.digits * 10 + (c - '0');
  if (negative) value.digits = -value.digits;
  value.scale = static_cast<int>(decimals.size());
  return value;
}

std::string FormatDecimal(Decimal value) {
  CHECK(value.scale >= 0 && value.scale <= kDigitsMax);
  std::string digits = DigitsOf(Magnitude(value.digits));
  const auto scale = static_cast<size_t>(value.scale);
  if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
  if (scale > 0) digits.insert(digits.size() - scale, 1, '.');
  return value.digits < 0 ? "-" + digits : digits;
}

std::string FormatAmount(int64_t amount, int scale) { return FormatTrimmed(Decimal{amount, scale}, true); }

Fraction MakeFraction(int128 numerator, int128 denominator) {
  CHECK(denominator != 0);
  uint128 top = Magnitude(numerator);
  uint128 bottom = Magnitude(denominator);
  const bool negative = (numerator < 0) != (denominator < 0);
  const uint128 divisor = Gcd(top, bottom);
  top /= divisor;
  bottom /= divisor;
  constexpr uint128 kMax = ~uint128{0} >> 1;
  CHECK(top <= kMax && bottom <= kMax);  // only −2^127 could fail this
  return Fraction{negative ? -static_cast<int128>(top) : static_cast<int128>(top), static_cast<int128>(bottom)};
}

Fraction ToFraction(Decimal value) { return MakeFraction(value.digits, PowerOfTen(value.scale)); }

std::strong_ordering Compare(const Fraction& a, const Fraction& b) {
  CHECK(a.denominator > 0 && b.denominator > 0);
  int128 left = 0;
  int128 right = 0;
  if (!__builtin_mul_overflow(a.numerator, b.denominator, &left) && !__builtin_mul_overflow(b.numerator, a.denominator, &right)) {
    return left <=> right;
  }
  if ((a.numerator < 0) != (b.numerator < 0)) return a.numerator <=> b.numerator;
  const std::strong_ordering order = CompareContinued(Magnitude(a.numerator), static_cast<uint128>(a.denominator), Magnitude(b.numerator),
                                                      static_cast<uint128>(b.denominator));
  return a.numerator < 0 ? 0 <=> order : order;
}

std::optional<Fraction> CheckedAdd(const Fraction& a, const Fraction& b) {
  // Over the least common denominator, which keeps sums of decimals within 10^scale.
  const auto common = static_cast<int128>(Gcd(static_cast<uint128>(a.denominator), static_cast<uint128>(b.denominator)));
  const int128 a_factor = b.denominator / common;
  const int128 b_factor = a.denominator / common;
  int128 left = 0;
  int128 right = 0;
  int128 sum = 0;
  int128 denominator = 0;
  if (__builtin_mul_overflow(a.numerator, a_factor, &left) || __builtin_mul_overflow(b.numerator, b_factor, &right) ||
      __builtin_add_overflow(left, right, &sum) || __builtin_mul_overflow(a.denominator, a_factor, &denominator) || sum == kLowest) {
    return std::nullopt;
  }
  return MakeFraction(sum, denominator);
}

Fraction Add(const Fraction& a, const Fraction& b) {
  const std::optional<Fraction> sum = CheckedAdd(a, b);
  CHECK(sum.has_value());
  return *sum;
}

Fraction Subtract(const Fraction& a, const Fraction& b) { return Add(a, Fraction{Times(b.numerator, -1), b.denominator}); }

std::optional<Fraction> CheckedMultiply(const Fraction& a, const Fraction& b) {
  // Crosswise reduction first: the products are then already in lowest terms and as small as they can be.
  const Fraction left = MakeFraction(a.numerator, b.denominator);
  const Fraction right = MakeFraction(b.numerator, a.denominator);
  int128 numerator = 0;
  int128 denominator = 0;
  if (__builtin_mul_overflow(left.numerator, right.numerator, &numerator) ||
      __builtin_mul_overflow(left.denominator, right.denominator, &denominator) || numerator == kLowest) {
    return std::nullopt;
  }
  return Fraction{numerator, denominator};
}

Fraction Multiply(const Fraction& a, const Fraction& b) {
  const std::optional<Fraction> product = CheckedMultiply(a, b);
  CHECK(product.has_value());
  return *product;
}

std::optional<Fraction> Divide(const Fraction& a, const Fraction& b) {
  if (b.numerator == 0) return std::nullopt;
  return Multiply(a, MakeFraction(b.denominator, b.numerator));
}

std::string FormatFraction(const Fraction& value) {
  const Fraction reduced = MakeFraction(value.numerator, value.denominator);
  std::string out = FormatInt128(reduced.numerator);
  if (reduced.denominator != 1) out += "/" + FormatInt128(reduced.denominator);
  return out;
}

Decimal Round(const Fraction& value, int digits, Rounding rounding) {
  CHECK(digits >= 0 && digits <= kScaleMax);
  CHECK(value.denominator > 0);
  // Long division, one decimal at a time: the remainder stays below the denominator, so ten times it must fit.
  const auto denominator = static_cast<uint128>(value.denominator);
  uint128 quotient = Magnitude(value.numerator) / denominator;
  uint128 remainder = Magnitude(value.numerator) % denominator;
  CHECK(denominator <= ~uint128{0} / 10);
  for (int i = 0; i < digits; ++i) {
    CHECK(quotient <= ~uint128{0} / 20);
    remainder *= 10;
    quotient = quotient * 10 + remainder / denominator;
    remainder %= denominator;
  }
  if (rounding == Rounding::kHalfUp && remainder * 2 >= denominator) ++quotient;
  CHECK(quotient <= static_cast<uint128>(INT64_MAX));
  const auto magnitude = static_cast<int64_t>(quotient);
  return Decimal{value.numerator < 0 ? -magnitude : magnitude, digits};
}

std::string FormatRounded(const Fraction& value, int digits, Rounding rounding, bool trim) {
  CHECK(digits >= 0 && digits <= kScaleMax && value.denominator > 0);
  if (FitsWord(Magnitude(value.numerator)) && FitsWord(static_cast<uint128>(value.denominator))) {
    return FormatRoundedWord(static_cast<uint64_t>(Magnitude(value.numerator)), static_cast<uint64_t>(value.denominator), value.numerator < 0, digits,
                             rounding, trim);
  }
  // Whole part and decimals apart, so that neither outgrows its integer: a huge figure over a tiny target prints too.
  const uint128 denominator = static_cast<uint128>(value.denominator);
  uint128 whole = Magnitude(value.numerator) / denominator;
  const auto rest = static_cast<int128>(Magnitude(value.numerator) % denominator);
  // The rest is below one: rounding it may carry into the whole part ("1.00"), and nothing else can happen.
  const std::string decimals = FormatTrimmed(Round(MakeFraction(rest, value.denominator), digits, rounding), trim);
  if (decimals[0] == '1') ++whole;
  const std::string printed = FormatInt128(static_cast<int128>(whole)) + decimals.substr(1);
  const bool zero = printed.find_first_not_of("0.") == std::string::npos;  // no "-0.00"
  return value.numerator < 0 && !zero ? "-" + printed : printed;
}

std::string FormatPercent(const Fraction& value, int digits, Rounding rounding, bool trim) {
  int128 hundredfold = 0;
  // Printing does not ask for lowest terms.
  if (!__builtin_mul_overflow(value.numerator, int128{100}, &hundredfold) && hundredfold != kLowest) {
    return FormatRounded(Fraction{hundredfold, value.denominator}, digits, rounding, trim);
  }
  return FormatRounded(Multiply(value, Fraction{100, 1}), digits, rounding, trim);
}

std::optional<int64_t> CheckedAdd(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

std::optional<int64_t> CheckedSubtract(int64_t a, int64_t b) {
  int64_t difference = 0;
  if (__builtin_sub_overflow(a, b, &difference)) return std::nullopt;
  return difference;
}

}  // namespace anju
