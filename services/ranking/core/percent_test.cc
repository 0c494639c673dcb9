// Rates in percent: against the library where it reaches, and beyond.
#include "services/ranking/core/percent.h"

#include <random>

#include <gtest/gtest.h>

namespace anju::ranking {
namespace {

TEST(PrintPercent, AgreesWithTheLibraryOnRandomRates) {
  const uint32_t seed = 62;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const Fraction rate = MakeFraction(static_cast<int64_t>(random() % 4000) - 2000, 1 + random() % 3000);
    const int digits = static_cast<int>(random() % (kScaleMax + 1));
    const Rounding rounding = random() % 2 ? Rounding::kHalfUp : Rounding::kTruncate;
    const bool trim = random() % 2;
    ASSERT_EQ(PrintPercent(rate, digits, rounding, trim), FormatPercent(rate, digits, rounding, trim)) << FormatFraction(rate) << " " << digits;
  }
}

TEST(PrintPercent, CarriesIntoTheWholePart) {
  EXPECT_EQ(PrintPercent(MakeFraction(99'999, 100'000), 2, Rounding::kHalfUp, false), "100.00");
  EXPECT_EQ(PrintPercent(MakeFraction(99'999, 100'000), 2, Rounding::kTruncate, false), "99.99");
  EXPECT_EQ(PrintPercent(MakeFraction(999, 1000), 0, Rounding::kHalfUp, false), "100");
}

TEST(PrintPercent, HasNoLargestRate) {
  EXPECT_EQ(PrintPercent(MakeFraction(kAmountMax, 1), 8, Rounding::kHalfUp, false), "100000000000000000.00000000");
  EXPECT_EQ(PrintPercent(MakeFraction(kAmountMax, 1), 8, Rounding::kHalfUp, true), "100000000000000000");
  EXPECT_EQ(PrintPercent(MakeFraction(-kAmountMax, 3), 2, Rounding::kHalfUp, false), "-33333333333333333.33");
}

}  // namespace
}  // namespace anju::ranking
