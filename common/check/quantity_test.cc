// Tests of computed sides: chains of operands, places, and what is beyond exact arithmetic.
#include "common/check/quantity.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace anju {
namespace {

CheckOperand Cell(const char* printed, Fraction unit = {1, 1}) { return {*ParseDecimal(printed), unit, false}; }
CheckOperand Exact(const char* printed) { return {*ParseDecimal(printed), {1, 1}, true}; }
Quantity Of(const CheckOperand& operand) { return QuantityOf(operand); }

std::string Text(const Quantity& quantity) {
  return FormatFraction(quantity.value) + " in " + FormatFraction(quantity.allowed.low) + " … " + FormatFraction(quantity.allowed.high);
}

TEST(QuantityTest, StepsCarryTheIntervalsAlong) {
  const Quantity net = *SumOf({{Of(Exact("40")), 1}, {Of(Exact("95")), -1}});
  EXPECT_EQ(Text(net), "-55 in -55 … -55");
  EXPECT_EQ(Text(*SumOf({{Of(Cell("3.0")), 1}, {Of(Cell("1.0")), -1}})), "2 in 37/20 … 43/20");  // 2.95 … 3.1 less 0.95 … 1.1
  EXPECT_EQ(Text(*ProductOf(net, Of(Cell("0.5")))), "-55/2 in -33 … -99/4");                     // the signs turn the ends round
  EXPECT_EQ(Text(*QuotientOf(Of(Cell("1.0")), Of(Exact("0.8")))), "5/4 in 19/16 … 11/8");
  EXPECT_EQ(Text(*QuotientOf(Of(Exact("1")), Of(Exact("-4")))), "-1/4 in -1/4 … -1/4");
  EXPECT_EQ(Text(*SumOf({})), "0 in 0 … 0");
}

TEST(QuantityTest, KnowsWhatMayBeZero) {
  EXPECT_TRUE(MayBeZero(Of(Exact("0"))));
  EXPECT_FALSE(MayBeZero(Of(Cell("0.01"))));
  EXPECT_FALSE(MayBeZero(Of(Cell("-0.01"))));
  EXPECT_TRUE(MayBeZero(*SumOf({{Of(Cell("3.0")), 1}, {Of(Cell("2.9")), -1}})));
}

TEST(QuantityTest, WhatOutgrowsExactArithmeticIsTold) {
  Quantity product = Of(Exact("999999999999"));
  for (int i = 0; i < 2; ++i) product = *ProductOf(product, Of(Exact("999999999999")));
  EXPECT_FALSE(ProductOf(product, Of(Exact("999"))).has_value());
  EXPECT_FALSE(SumOf(std::vector<SignedQuantity>(20, {product, 1})).has_value());
  EXPECT_FALSE(InUnit(product.value, {1, 1'000}).has_value());
  Quantity quotient = Of(Exact("1"));
  int steps = 0;
  while (const std::optional<Quantity> next = QuotientOf(quotient, Of(Cell("0.99999997")))) {
    quotient = *next;
    ASSERT_LT(++steps, 100);
  }
  EXPECT_GT(steps, 2);
}

TEST(CheckPlaceTest, PlacesWithTiesInBothDirections) {
  const std::vector<Quantity> others = {Of(Exact("30")), Of(Exact("20")), Of(Exact("20")), Of(Exact("10"))};
  const struct {
    const char* own;
    bool descending;
    const char* place;
    Verdict verdict;
    const char* computed;
  } cases[] = {
      {"40", true, "1", Verdict::kExact, "1"},   {"40", false, "5", Verdict::kExact, "5"},  {"40", true, "2", Verdict::kError, "1"},
      {"20", true, "2", Verdict::kExact, "2"},   {"20", true, "3", Verdict::kExact, "3"},   {"20", true, "4", Verdict::kExact, "4"},
      {"20", true, "1", Verdict::kError, "2"},   {"20", true, "5", Verdict::kError, "4"},   {"20", false, "2", Verdict::kExact, "2"},
      {"20", false, "4", Verdict::kExact, "4"},  {"20", true, "2.5", Verdict::kError, "2"}, {"20", true, "0", Verdict::kError, "2"},
      {"20", true, "-3", Verdict::kError, "2"},  {"30", true, "2", Verdict::kExact, "2"},   {"30", true, "1", Verdict::kExact, "1"},
      {"10", false, "1", Verdict::kExact, "1"},  {"10", false, "2", Verdict::kExact, "2"},  {"10", false, "3", Verdict::kError, "2"},
  };
  for (const auto& c : cases) {
    const CheckResult result = CheckPlace(Exact(c.place), Of(Exact(c.own)), others, c.descending);
    EXPECT_EQ(result.verdict, c.verdict) << c.own << (c.descending ? " desc " : " asc ") << c.place;
    EXPECT_EQ(FormatFraction(result.computed), c.computed) << c.own << (c.descending ? " desc " : " asc ") << c.place;
  }
}

TEST(CheckPlaceTest, APlaceThatOnlyRoundingAllowsIsRounding) {
  // 61.02 stands for 61.015 … 61.03 and 61.03 for 61.025 … 61.04: either may be the larger.
  EXPECT_EQ(CheckPlace(Exact("1"), Of(Cell("61.02")), {Of(Cell("61.03"))}, true).verdict, Verdict::kRounding);
  EXPECT_EQ(CheckPlace(Exact("2"), Of(Cell("61.02")), {Of(Cell("61.03"))}, true).verdict, Verdict::kExact);
  EXPECT_EQ(CheckPlace(Exact("1"), Of(Cell("61.02")), {Of(Cell("61.04"))}, true).verdict, Verdict::kError);
}

TEST(CheckAgainstTest, AComputedOperandMayBeComparedToo) {
  const Quantity computed = *SumOf({{Of(Cell("1.0")), 1}, {Of(Cell("2.0")), 1}});  // 2.9 … 3.2
  EXPECT_EQ(CheckAgainst(Cell("3.0"), computed, Verdict::kNote).verdict, Verdict::kExact);
  EXPECT_EQ(CheckAgainst(Cell("3.1"), computed, Verdict::kNote).verdict, Verdict::kRounding);
  EXPECT_EQ(CheckAgainst(Cell("3.3"), computed, Verdict::kNote).verdict, Verdict::kNote);
  EXPECT_EQ(CheckAtMost(Cell("3.0"), computed).verdict, Verdict::kExact);
  EXPECT_EQ(CheckAtMost(Cell("3.2"), computed).verdict, Verdict::kRounding);
  EXPECT_EQ(CheckAtMost(Cell("3.3"), computed).verdict, Verdict::kError);
}

// The checks of check.h and quantities put together step by step say the same.
TEST(QuantityProperty, StepsAgreeWithTheChecks) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const auto cell = [&] { return CheckOperand{{static_cast<int64_t>(random() % 2'000 + 1), static_cast<int>(random() % 3)}, {1, 1}, random() % 3 == 0}; };
  for (int i = 0; i < 3'000; ++i) {
    const CheckOperand a = cell();
    const CheckOperand b = cell();
    const CheckOperand printed = cell();
    EXPECT_EQ(CheckSum(printed, {{a, 1}, {b, -1}}).verdict, CheckAgainst(printed, *SumOf({{Of(a), 1}, {Of(b), -1}}), Verdict::kError).verdict);
    EXPECT_EQ(CheckQuotient(printed, a, b).verdict, CheckAgainst(printed, *QuotientOf(Of(a), Of(b)), Verdict::kError).verdict);
    EXPECT_EQ(CheckProduct(printed, a, b).verdict, CheckAgainst(printed, *ProductOf(Of(a), Of(b)), Verdict::kError).verdict);
  }
}

}  // namespace
}  // namespace anju
