// Tests of exact decimals and fractions, many of them against a slower way of computing the same.
#include "common/decimal/decimal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "common/status/status.h"

namespace anju {
namespace {

constexpr int64_t kEighteenDigits = 999'999'999'999'999'999;

// A number of random length up to 18 digits, so that small ones come as often as large ones.
int64_t RandomNumber(std::mt19937_64& random) {
  int64_t bound = 1;
  for (uint64_t digits = random() % 18 + 1; digits > 0; --digits) bound *= 10;
  const auto number = static_cast<int64_t>(random() % static_cast<uint64_t>(bound));
  return random() % 2 == 0 ? number : -number;
}

Fraction RandomFraction(std::mt19937_64& random) {
  const int64_t denominator = RandomNumber(random);
  return MakeFraction(RandomNumber(random), denominator == 0 ? 1 : denominator);
}

// −1, 0 or 1: GoogleTest can neither compare nor print an ordering.
int Sign(std::strong_ordering order) { return order < 0 ? -1 : order > 0 ? 1 : 0; }
int Compared(const Fraction& a, const Fraction& b) { return Sign(Compare(a, b)); }

TEST(ParseDecimalTest, KeepsWhatWasPrinted) {
  const struct {
    const char* text;
    Decimal value;
  } cases[] = {
      {"0", {0, 0}},
      {"2.50", {250, 2}},
      {"0.50", {50, 2}},
      {"-55", {-55, 0}},
      {"-0.05", {-5, 2}},
      {"16267.62", {1'626'762, 2}},
      {"0.00000001", {1, 8}},
      {"999999999999999999", {kEighteenDigits, 0}},
      {"-9999999999.99999999", {-kEighteenDigits, 8}},
  };
  for (const auto& c : cases) {
    const absl::StatusOr<Decimal> parsed = ParseDecimal(c.text);
    ASSERT_TRUE(parsed.ok()) << c.text;
    EXPECT_EQ(*parsed, c.value) << c.text;
    EXPECT_EQ(FormatDecimal(c.value), c.text);
  }
}

TEST(ParseDecimalTest, RefusesWithTheReason) {
  const struct {
    std::string_view text;
    Reason reason;
  } cases[] = {
      {"", Reason::BAD_NUMBER},          {"-", Reason::BAD_NUMBER},         {"+5", Reason::BAD_NUMBER},      {"--5", Reason::BAD_NUMBER},
      {".5", Reason::BAD_NUMBER},        {"5.", Reason::BAD_NUMBER},        {"1.2.3", Reason::BAD_NUMBER},   {"1,234", Reason::BAD_NUMBER},
      {"1 234", Reason::BAD_NUMBER},     {" 5", Reason::BAD_NUMBER},        {"5 ", Reason::BAD_NUMBER},      {"1e5", Reason::BAD_NUMBER},
      {"0x1F", Reason::BAD_NUMBER},      {"inf", Reason::BAD_NUMBER},       {"nan", Reason::BAD_NUMBER},     {"12套", Reason::BAD_NUMBER},
      {"１２", Reason::BAD_NUMBER},      {"007", Reason::BAD_NUMBER},       {"00.5", Reason::BAD_NUMBER},    {"50%", Reason::BAD_NUMBER},
      {"1.000000001", Reason::NUMBER_TOO_FINE},
      {"1000000000000000000", Reason::NUMBER_TOO_LARGE},
      {"99999999999.99999999", Reason::NUMBER_TOO_LARGE},
      {"99999999999999999999999999999999999999999", Reason::NUMBER_TOO_LARGE},
  };
  for (const auto& c : cases) {
    const absl::StatusOr<Decimal> parsed = ParseDecimal(c.text);
    ASSERT_FALSE(parsed.ok()) << c.text;
    EXPECT_TRUE(HasReason(parsed.status(), c.reason)) << c.text;
    EXPECT_EQ(ErrorsOf(parsed.status()).at(0).value, c.text);
  }
}

TEST(ParseDecimalTest, RoundTripsRandomPrints) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const Decimal value{RandomNumber(random), static_cast<int>(random() % (kScaleMax + 1))};
    const std::string text = FormatDecimal(value);
    const absl::StatusOr<Decimal> parsed = ParseDecimal(text);
    ASSERT_TRUE(parsed.ok()) << text;
    ASSERT_EQ(*parsed, value) << text;
  }
}

TEST(FormatAmountTest, DropsTrailingZeros) {
  EXPECT_EQ(FormatAmount(1'626'762, 2), "16267.62");
  EXPECT_EQ(FormatAmount(1'013'500, 2), "10135");
  EXPECT_EQ(FormatAmount(-50, 2), "-0.5");
  EXPECT_EQ(FormatAmount(0, 4), "0");
  EXPECT_EQ(FormatAmount(100, 0), "100");
  EXPECT_EQ(FormatAmount(std::numeric_limits<int64_t>::min(), 0), "-9223372036854775808");
  EXPECT_EQ(FormatAmount(std::numeric_limits<int64_t>::max(), 8), "92233720368.54775807");
}

TEST(FractionTest, IsReducedWithThePositiveDenominator) {
  EXPECT_EQ(FormatFraction(MakeFraction(6, -4)), "-3/2");
  EXPECT_EQ(FormatFraction(MakeFraction(-6, -4)), "3/2");
  EXPECT_EQ(FormatFraction(MakeFraction(0, -7)), "0");
  EXPECT_EQ(FormatFraction(MakeFraction(3725, 3725)), "1");
  EXPECT_EQ(FormatFraction(ToFraction({250, 2})), "5/2");
  EXPECT_EQ(FormatFraction(MakeFraction(int128{kEighteenDigits} * kEighteenDigits, kEighteenDigits)), "999999999999999999");
}

TEST(FractionTest, CheckedArithmeticTellsWhatDoesNotFit) {
  constexpr int128 kLarge = int128{1} << 126;
  EXPECT_EQ(FormatFraction(*CheckedAdd({1, 3}, {1, 6})), "1/2");
  EXPECT_EQ(FormatFraction(*CheckedMultiply({kLarge, 7}, {7, kLarge})), "1") << "reduced before it is multiplied";
  EXPECT_EQ(FormatFraction(*CheckedAdd({kLarge, 1}, {-kLarge, 1})), "0");
  EXPECT_FALSE(CheckedAdd({kLarge, 1}, {kLarge, 1}).has_value());
  EXPECT_FALSE(CheckedAdd({-kLarge, 1}, {-kLarge, 1}).has_value()) << "−2^127 has no negative";
  EXPECT_FALSE(CheckedAdd({1, kLarge - 1}, {1, kLarge}).has_value());
  EXPECT_FALSE(CheckedMultiply({kLarge, 1}, {2, 1}).has_value());
  EXPECT_FALSE(CheckedMultiply({-kLarge, 1}, {2, 1}).has_value());
  EXPECT_FALSE(CheckedMultiply({1, kLarge}, {1, 2}).has_value());
}

TEST(FractionDeathTest, AZeroDenominatorIsABug) { EXPECT_DEATH(MakeFraction(1, 0), "CHECK failed"); }

TEST(CompareTest, OrdersByValueNotByPrint) {
  EXPECT_TRUE(MakeFraction(1, 2) == MakeFraction(2, 4));
  EXPECT_TRUE((Fraction{2, 4} == Fraction{3, 6})) << "also when not reduced";
  EXPECT_LT(Compared(MakeFraction(1241, 2000), MakeFraction(6206, 10'000)), 0);
  EXPECT_GT(Compared(MakeFraction(-1, 3), MakeFraction(-1, 2)), 0);
  EXPECT_LT(Compared(MakeFraction(-1, 3), MakeFraction(0, 5)), 0);
}

// Long division of both, digit by digit: slow, and nothing can overflow.
int CompareByDivision(const Fraction& a, const Fraction& b) {
  const auto digits_of = [](const Fraction& value) {
    std::vector<int64_t> digits;
    int128 rest = value.numerator;
    int128 whole = rest / value.denominator;
    rest %= value.denominator;
    if (rest < 0) {  // the floor, so that all later digits add
      rest += value.denominator;
      --whole;
    }
    digits.push_back(static_cast<int64_t>(whole));
    // Two different fractions over 10^18 differ by at least 10^-36.
    for (int i = 0; i < 40; ++i) {
      rest *= 10;
      digits.push_back(static_cast<int64_t>(rest / value.denominator));
      rest %= value.denominator;
    }
    return digits;
  };
  return Sign(digits_of(a) <=> digits_of(b));
}

TEST(CompareTest, AgreesWithLongDivisionUpToEighteenDigits) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const Fraction a = RandomFraction(random);
    // Half of the pairs differ in the last place only.
    const Fraction b = random() % 2 == 0 ? RandomFraction(random) : Fraction{a.numerator + static_cast<int>(random() % 3) - 1, a.denominator};
    ASSERT_EQ(Compared(a, b), CompareByDivision(a, b)) << FormatFraction(a) << " " << FormatFraction(b);
    ASSERT_EQ(Compared(b, a), -Compared(a, b));
  }
}

TEST(CompareTest, NeighboursOfEighteenDigitsDiffer) {
  // n/(n+1) < (n+1)/(n+2): they differ by about 10^-36.
  const Fraction smaller{kEighteenDigits - 2, kEighteenDigits - 1};
  const Fraction larger{kEighteenDigits - 1, kEighteenDigits};
  EXPECT_LT(Compared(smaller, larger), 0);
  EXPECT_GT(Compared(larger, smaller), 0);
  EXPECT_EQ(Compared(larger, larger), 0);
}

TEST(CompareTest, IsExactWhereCrossProductsDoNotFit) {
  const int128 huge = int128{1} << 125;
  EXPECT_LT(Compared({huge, huge - 1}, {huge - 1, huge - 2}), 0);
  EXPECT_GT(Compared({-huge, huge - 1}, {-(huge - 1), huge - 2}), 0);
  EXPECT_EQ(Compared({huge, huge - 4}, {huge / 4, huge / 4 - 1}), 0);
  EXPECT_EQ(Compared({-huge, 3}, {-huge, 3}), 0);
  EXPECT_GT(Compared({huge, 3}, {-huge, 1}), 0);
  EXPECT_LT(Compared({huge - 1, huge}, {1, 1}), 0);
  EXPECT_GT(Compared({huge, 7}, {huge, 8}), 0);
}

// n/d scaled by a common huge factor must compare as n/d does, through the continued fractions.
TEST(CompareTest, ACommonFactorChangesNothing) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const auto small = [&] { return static_cast<int>(random() % 40) - 20; };
    const Fraction a{small(), static_cast<int>(random() % 20) + 1};
    const Fraction b{small(), static_cast<int>(random() % 20) + 1};
    const int128 factor = (int128{1} << 121) - static_cast<int64_t>(random() >> 2);
    const Fraction a_scaled{a.numerator * factor, a.denominator * factor};
    const Fraction b_scaled{b.numerator * (factor - 1), b.denominator * (factor - 1)};
    ASSERT_EQ(Compared(a_scaled, b_scaled), Sign(a.numerator * b.denominator <=> b.numerator * a.denominator))
        << FormatFraction(a) << " " << FormatFraction(b);
  }
}

TEST(ArithmeticTest, ComputesInLowestTerms) {
  EXPECT_EQ(FormatFraction(Add(MakeFraction(1, 6), MakeFraction(1, 10))), "4/15");
  EXPECT_EQ(FormatFraction(Subtract(MakeFraction(1, 6), MakeFraction(1, 6))), "0");
  EXPECT_EQ(FormatFraction(Multiply(MakeFraction(-2, 3), MakeFraction(9, 4))), "-3/2");
  EXPECT_EQ(FormatFraction(*Divide(MakeFraction(1, 2), MakeFraction(-3, 4))), "-2/3");
  EXPECT_FALSE(Divide(MakeFraction(1, 2), MakeFraction(0, 9)).has_value());
}

TEST(ArithmeticTest, RandomFractionsUndoEachOther) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const Fraction a{RandomNumber(random) % 1'000'000'000, static_cast<int64_t>(random() % 1'000'000'000 + 1)};
    const Fraction b{RandomNumber(random) % 1'000'000'000, static_cast<int64_t>(random() % 1'000'000'000 + 1)};
    ASSERT_TRUE(Subtract(Add(a, b), b) == a) << FormatFraction(a) << " " << FormatFraction(b);
    ASSERT_TRUE(Add(a, b) == Add(b, a));
    if (b.numerator == 0) continue;
    ASSERT_TRUE(*Divide(Multiply(a, b), b) == a) << FormatFraction(a) << " " << FormatFraction(b);
  }
}

TEST(ArithmeticTest, ProductsAndQuotientsOfTheLargestOperandsFit) {
  const Fraction large{kEighteenDigits, 1};
  const Fraction fine{1, kEighteenDigits};
  EXPECT_TRUE(Multiply(large, fine) == (Fraction{1, 1}));
  EXPECT_TRUE(Multiply(large, large) == *Divide(large, fine));
}

TEST(ArithmeticDeathTest, AnOverflowEndsTheProcessInsteadOfWrapping) {
  const Fraction huge{int128{1} << 100, 1};
  EXPECT_DEATH(Multiply(huge, huge), "CHECK failed");
}

TEST(RoundTest, PublishedFigures) {
  const struct {
    int64_t numerator, denominator;
    int digits;
    Rounding rounding;
    bool trim;
    const char* percent;
  } cases[] = {
      {1241, 2000, 2, Rounding::kHalfUp, false, "62.05"},
      {2294, 3725, 2, Rounding::kHalfUp, false, "61.58"},
      {172, 3725, 1, Rounding::kHalfUp, false, "4.6"},
      {172, 3725, 2, Rounding::kHalfUp, false, "4.62"},
      {2074, 2180, 2, Rounding::kHalfUp, false, "95.14"},
      {2074, 2180, 2, Rounding::kTruncate, false, "95.13"},
      {3552, 4030, 2, Rounding::kHalfUp, false, "88.14"},
      {1, 2, 2, Rounding::kHalfUp, true, "50"},
      {1, 2, 2, Rounding::kHalfUp, false, "50.00"},
      {0, 7, 2, Rounding::kHalfUp, true, "0"},
      {3, 2, 0, Rounding::kHalfUp, true, "150"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(FormatPercent(MakeFraction(c.numerator, c.denominator), c.digits, c.rounding, c.trim), c.percent);
  }
}

TEST(RoundTest, ExactlyAHalfGoesAwayFromZero) {
  EXPECT_EQ(FormatRounded(MakeFraction(1, 2), 0, Rounding::kHalfUp, false), "1");
  EXPECT_EQ(FormatRounded(MakeFraction(-1, 2), 0, Rounding::kHalfUp, false), "-1");
  EXPECT_EQ(FormatRounded(MakeFraction(-1, 2), 0, Rounding::kTruncate, false), "0");
  EXPECT_EQ(FormatRounded(MakeFraction(25, 1000), 2, Rounding::kHalfUp, false), "0.03");
  EXPECT_EQ(FormatRounded(MakeFraction(24'999, 1'000'000), 2, Rounding::kHalfUp, false), "0.02");
  EXPECT_EQ(FormatRounded(MakeFraction(9'995, 10'000), 3, Rounding::kHalfUp, false), "1.000");
  EXPECT_EQ(FormatRounded(MakeFraction(9'995, 10'000), 3, Rounding::kHalfUp, true), "1");
}

TEST(RoundTest, RoundsOnceNotStepByStep) {
  // By way of 2.4500 and 2.45 a chain of roundings would reach 2.5.
  EXPECT_EQ(FormatRounded(MakeFraction(244'999, 100'000), 1, Rounding::kHalfUp, false), "2.4");
}

// What rounding means: the printed value is the only multiple of the last digit that is near enough.
TEST(RoundTest, StaysWithinHalfAStepOrTruncatesTowardsZero) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const int64_t denominator = std::max<int64_t>(1, std::abs(RandomNumber(random)));
    const Fraction value = MakeFraction(RandomNumber(random) % 1'000'000'000, denominator);
    const int digits = static_cast<int>(random() % (kScaleMax + 1));
    const Fraction magnitude{value.numerator < 0 ? -value.numerator : value.numerator, value.denominator};
    const auto distance = [&](Rounding rounding) {  // |value| − |printed|
      const Decimal printed = Round(value, digits, rounding);
      EXPECT_EQ(printed.scale, digits);
      EXPECT_TRUE(printed.digits == 0 || (printed.digits < 0) == (value.numerator < 0));
      return Subtract(magnitude, ToFraction({std::abs(printed.digits), digits}));
    };
    const Fraction step = MakeFraction(1, PowerOfTen(digits));
    const Fraction half = MakeFraction(1, 2 * int128{PowerOfTen(digits)});
    const Fraction truncated = distance(Rounding::kTruncate);
    ASSERT_TRUE(Compare(truncated, {0, 1}) >= 0 && Compare(truncated, step) < 0) << FormatFraction(value) << " " << digits;
    const Fraction rounded = distance(Rounding::kHalfUp);
    ASSERT_TRUE(Compare(rounded, {-half.numerator, half.denominator}) >= 0 && Compare(rounded, half) < 0) << FormatFraction(value) << " " << digits;
  }
}

TEST(RoundTest, LongHandDivisionGivesTheSameDigits) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const auto numerator = static_cast<int64_t>(random() % 1'000'000);
    const auto denominator = static_cast<int64_t>(random() % 1'000'000 + 1);
    const int digits = static_cast<int>(random() % 5);
    // On paper: bring down a zero for each decimal, look at one more digit, carry.
    std::string paper = std::to_string(numerator / denominator);
    int64_t rest = numerator % denominator;
    for (int d = 0; d < digits; ++d) {
      rest *= 10;
      paper += static_cast<char>('0' + rest / denominator);
      rest %= denominator;
    }
    if (rest * 10 / denominator >= 5) {
      size_t at = paper.size();
      while (at > 0 && paper[at - 1] == '9') paper[--at] = '0';
      if (at == 0) {
        paper.insert(0, "1");
      } else {
        ++paper[at - 1];
      }
    }
    if (digits > 0) paper.insert(paper.size() - static_cast<size_t>(digits), ".");
    ASSERT_EQ(FormatRounded(MakeFraction(numerator, denominator), digits, Rounding::kHalfUp, false), paper) << numerator << "/" << denominator;
  }
}

TEST(RoundTest, RoundsFractionsOfManyDigits) {
  const Fraction third = MakeFraction(int128{kEighteenDigits} * 1'000'000'000, int128{kEighteenDigits} * 3'000'000'001);
  EXPECT_EQ(FormatRounded(third, 8, Rounding::kHalfUp, false), "0.33333333");
  EXPECT_EQ(FormatRounded({(int128{1} << 124) - 1, int128{1} << 124}, 8, Rounding::kHalfUp, false), "1.00000000");
  EXPECT_EQ(FormatRounded({(int128{1} << 124) - 1, int128{1} << 124}, 8, Rounding::kTruncate, false), "0.99999999");
}

TEST(PercentTest, CarriesIntoTheWholePart) {
  EXPECT_EQ(FormatPercent(MakeFraction(99'999, 100'000), 2, Rounding::kHalfUp, false), "100.00");
  EXPECT_EQ(FormatPercent(MakeFraction(99'999, 100'000), 2, Rounding::kTruncate, false), "99.99");
  EXPECT_EQ(FormatPercent(MakeFraction(999, 1000), 0, Rounding::kHalfUp, false), "100");
  EXPECT_EQ(FormatPercent(MakeFraction(-1, 100'000), 2, Rounding::kHalfUp, false), "0.00");
}

TEST(PercentTest, HasNoLargestRate) {
  EXPECT_EQ(FormatPercent(MakeFraction(kAmountMax, 1), 8, Rounding::kHalfUp, false), "100000000000000000.00000000");
  EXPECT_EQ(FormatPercent(MakeFraction(kAmountMax, 1), 8, Rounding::kHalfUp, true), "100000000000000000");
  EXPECT_EQ(FormatPercent(MakeFraction(-kAmountMax, 3), 2, Rounding::kHalfUp, false), "-33333333333333333.33");
}

// What fits into machine words has a path of its own: the same fraction made too wide for it must come to the same.
TEST(WordTest, TheShortPathSaysWhatTheWideOneSays) {
  std::mt19937_64 random(64);
  constexpr int128 kWide = int128{1} << 60;
  const auto widened = [](int64_t numerator, int64_t denominator) { return Fraction{numerator * kWide, denominator * kWide}; };
  for (int i = 0; i < 20'000; ++i) {
    const int64_t a = RandomNumber(random), c = RandomNumber(random);
    const int64_t b = std::abs(RandomNumber(random)) + 1, d = i % 7 == 0 ? b : std::abs(RandomNumber(random)) + 1;
    const Fraction reduced = MakeFraction(a, b), wide = MakeFraction(a * kWide, b * kWide);
    EXPECT_TRUE(reduced.numerator == wide.numerator && reduced.denominator == wide.denominator) << a << "/" << b;
    EXPECT_EQ(Compared({a, b}, {c, d}), Compared(widened(a, b), {c, d})) << a << "/" << b << " " << c << "/" << d;
    const int digits = static_cast<int>(random() % (kScaleMax + 1));
    for (const Rounding rounding : {Rounding::kHalfUp, Rounding::kTruncate}) {
      const bool trim = random() % 2 == 0;
      EXPECT_EQ(FormatRounded({a, b}, digits, rounding, trim), FormatRounded(widened(a, b), digits, rounding, trim)) << a << "/" << b << " to " << digits;
      EXPECT_EQ(FormatPercent({a, b}, digits, rounding, trim), FormatPercent(widened(a, b), digits, rounding, trim)) << a << "/" << b << " to " << digits;
    }
  }
  EXPECT_EQ(FormatRounded({-1, 1000}, 2, Rounding::kHalfUp, false), "0.00");
  EXPECT_EQ(FormatRounded({-5, 1000}, 2, Rounding::kHalfUp, false), "-0.01");
  EXPECT_EQ(FormatRounded({999'999, 1'000'000}, 5, Rounding::kHalfUp, true), "1");
  EXPECT_EQ(FormatRounded({static_cast<int128>(std::numeric_limits<uint64_t>::max()), 1}, 0, Rounding::kHalfUp, false), "18446744073709551615");
}

TEST(CheckedTest, TellsOverflow) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  EXPECT_EQ(CheckedAdd(kMax - 1, 1), kMax);
  EXPECT_EQ(CheckedAdd(kMax, 1), std::nullopt);
  EXPECT_EQ(CheckedAdd(kMin, -1), std::nullopt);
  EXPECT_EQ(CheckedSubtract(-1, kMax), kMin);
  EXPECT_EQ(CheckedSubtract(kMin, 1), std::nullopt);
  EXPECT_EQ(CheckedSubtract(0, kMin), std::nullopt);
}

}  // namespace
}  // namespace anju
