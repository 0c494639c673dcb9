// Tests of the check rule: relations of the real documents by value, and properties on random figures.
#include "common/check/check.h"

#include <gtest/gtest.h>

#include <ostream>
#include <random>
#include <string>
#include <vector>

namespace anju {

void PrintTo(Verdict verdict, std::ostream* out) {
  const char* names[] = {"EXACT", "ROUNDING", "ERROR", "NOT_ADDITIVE", "NOTE"};
  *out << names[static_cast<int>(verdict)];
}

namespace {

// A cell of a column that has decimals somewhere.
CheckOperand Cell(const char* printed, Fraction unit = {1, 1}) { return {*ParseDecimal(printed), unit, false}; }
// A cell of a column without decimals, or a declared constant.
CheckOperand Exact(const char* printed, Fraction unit = {1, 1}) { return {*ParseDecimal(printed), unit, true}; }

constexpr Fraction kTenThousand{10'000, 1};  // 万
constexpr Fraction kPercent{1, 100};

std::vector<SignedOperand> Terms(const std::vector<CheckOperand>& operands) {
  std::vector<SignedOperand> terms;
  for (const CheckOperand& operand : operands) terms.push_back({operand, 1});
  return terms;
}

std::vector<SignedOperand> Cells(const std::vector<const char*>& printed) {
  std::vector<SignedOperand> terms;
  for (const char* text : printed) terms.push_back({Cell(text), 1});
  return terms;
}

std::string IntervalText(const CheckOperand& operand) {
  const Interval interval = IntervalOf(operand);
  return FormatFraction(interval.low) + " … " + FormatFraction(interval.high);
}

TEST(IntervalTest, ACellMayHaveBeenRoundedOrTruncated) {
  EXPECT_EQ(IntervalText(Cell("2.5")), "49/20 … 13/5");        // 2.45 … 2.6
  EXPECT_EQ(IntervalText(Cell("2.50")), "499/200 … 251/100");  // the printed zero counts: 2.495 … 2.51
  EXPECT_EQ(IntervalText(Cell("1211")), "2421/2 … 1212");      // no decimals, but in a column that has some
}

TEST(IntervalTest, BelowZeroItIsMirrored) { EXPECT_EQ(IntervalText(Cell("-2.5")), "-13/5 … -49/20"); }

TEST(IntervalTest, ZeroAndExactCellsStandForThemselves) {
  EXPECT_EQ(IntervalText(Cell("0")), "0 … 0");
  EXPECT_EQ(IntervalText(Cell("0.00")), "0 … 0");
  EXPECT_EQ(IntervalText(Exact("6825")), "6825 … 6825");
  EXPECT_EQ(IntervalText(Exact("0.8")), "4/5 … 4/5");
}

TEST(IntervalTest, TheUnitScalesButDoesNotSharpen) {
  EXPECT_EQ(IntervalText(Cell("17.96", kTenThousand)), "179550 … 179700");
  EXPECT_EQ(IntervalText(Cell("17.9600", kTenThousand)), "359199/2 … 179601");
}

// Sums of 邯郸市's five-year plan.
TEST(CheckSumTest, RealSums) {
  const struct {
    const char* what;
    CheckOperand printed;
    std::vector<SignedOperand> operands;
    Verdict verdict;
    const char* computed;
  } cases[] = {
      {"all units of the city's three parts", Exact("179555"), Terms({Exact("112168"), Exact("28976"), Exact("38411")}), Verdict::kExact, "179555"},
      {"coal area as the sum of the parts", Cell("214.94"), Cells({"175.00", "39.91"}), Verdict::kError, "21491/100"},
      {"coal area of its two periods", Cell("214.94"), Cells({"128.3", "86.64"}), Verdict::kExact, "10747/50"},
      {"low-rent area", Cell("98.74"), Cells({"41.82", "4.5", "52.43"}), Verdict::kRounding, "395/4"},
      {"public-rental area over four years", Cell("193.19"), Cells({"73.68", "40.1", "39.70", "39.70"}), Verdict::kRounding, "9659/50"},
      {"an integer in a column with decimals", Cell("1211"), Cells({"760.38", "199.07", "251.56"}), Verdict::kExact, "121101/100"},
      {"investment without decimals", Exact("6825"), Terms({Exact("4748"), Exact("2076")}), Verdict::kError, "6824"},
      {"investment of the two periods", Exact("246111"), Terms({Exact("112634"), Exact("133476")}), Verdict::kError, "246110"},
      {"the same investment over programmes", Exact("246111"),
       Terms({Exact("6750"), Exact("6825"), Exact("11925"), Exact("10611"), Exact("210000")}), Verdict::kExact, "246111"},
      {"land table's units of 2013", Exact("13640"), Terms({Exact("1220"), Exact("1303"), Exact("8020"), Exact("1591")}), Verdict::kError, "12134"},
      {"nothing at all is zero", Cell("0.00"), {}, Verdict::kExact, "0"},
  };
  for (const auto& c : cases) {
    const CheckResult result = CheckSum(c.printed, c.operands);
    EXPECT_EQ(result.verdict, c.verdict) << c.what;
    EXPECT_EQ(FormatFraction(result.computed), c.computed) << c.what;
  }
}

TEST(CheckSumTest, SignsMakeADifference) {
  // 迪庆州本级: 40 entries, 95 exits.
  EXPECT_EQ(CheckSum(Exact("-55"), {{Exact("40"), 1}, {Exact("95"), -1}}).verdict, Verdict::kExact);
  EXPECT_EQ(CheckSum(Exact("55"), {{Exact("40"), 1}, {Exact("95"), -1}}).verdict, Verdict::kError);
  EXPECT_EQ(CheckSum(Cell("1.00"), {{Cell("3.00"), 1}, {Cell("1.99"), -1}}).verdict, Verdict::kRounding);
  // 2.995 … 3.01 less 1.985 … 2.00 is 0.995 … 1.025.
  EXPECT_EQ(CheckSum(Cell("0.99"), {{Cell("3.00"), 1}, {Cell("1.99"), -1}}).verdict, Verdict::kRounding);
  EXPECT_EQ(CheckSum(Cell("1.03"), {{Cell("3.00"), 1}, {Cell("1.99"), -1}}).verdict, Verdict::kRounding);
  EXPECT_EQ(CheckSum(Cell("0.98"), {{Cell("3.00"), 1}, {Cell("1.99"), -1}}).verdict, Verdict::kError);
  EXPECT_EQ(CheckSum(Cell("1.04"), {{Cell("3.00"), 1}, {Cell("1.99"), -1}}).verdict, Verdict::kError);
  EXPECT_EQ(CheckSum(Cell("-1.00"), {{Cell("1.99"), 1}, {Cell("3.00"), -1}}).verdict, Verdict::kRounding) << "mirrored";
}

TEST(CheckSumTest, UnitsConvert) {
  EXPECT_EQ(CheckSum(Cell("1.5", kTenThousand), Terms({Exact("14999"), Exact("1")})).verdict, Verdict::kExact);
  EXPECT_EQ(CheckSum(Cell("1.5", kTenThousand), Terms({Exact("15400")})).verdict, Verdict::kExact) << "15400 rounds to 1.5万";
  EXPECT_EQ(CheckSum(Cell("1.5", kTenThousand), Terms({Exact("15900")})).verdict, Verdict::kRounding) << "truncated";
  EXPECT_EQ(CheckSum(Cell("1.5", kTenThousand), Terms({Exact("16001")})).verdict, Verdict::kError);
}

TEST(CheckSumTest, ExactMeansHalfUpAtTheEdges) {
  EXPECT_EQ(CheckSum(Cell("2.5"), Terms({Exact("2.45")})).verdict, Verdict::kExact);
  EXPECT_EQ(CheckSum(Cell("2.5"), Terms({Exact("2.55")})).verdict, Verdict::kRounding) << "half-up gives 2.6, truncation 2.5";
  EXPECT_EQ(CheckSum(Cell("2.5"), Terms({Exact("2.6")})).verdict, Verdict::kRounding) << "both ends belong to the interval";
  EXPECT_EQ(CheckSum(Cell("2.5"), Terms({Exact("2.60000001")})).verdict, Verdict::kError);
  EXPECT_EQ(CheckSum(Cell("2.5"), Terms({Exact("2.44999999")})).verdict, Verdict::kError);
  EXPECT_EQ(CheckSum(Cell("-2.5"), Terms({Exact("-2.45")})).verdict, Verdict::kExact);
  EXPECT_EQ(CheckSum(Cell("-2.5"), Terms({Exact("-2.55")})).verdict, Verdict::kRounding);
  EXPECT_EQ(CheckSum(Cell("-2.5"), Terms({Exact("-2.44999999")})).verdict, Verdict::kError);
  EXPECT_EQ(CheckSum(Cell("0.00"), Terms({Exact("0.004")})).verdict, Verdict::kExact);
  EXPECT_EQ(CheckSum(Cell("0.00"), Terms({Exact("0.005")})).verdict, Verdict::kError) << "zero has no interval";
  EXPECT_EQ(CheckSum(Cell("0.00"), Terms({Cell("0.01")})).verdict, Verdict::kError);
}

TEST(CheckQuotientTest, RealQuotients) {
  const struct {
    const char* what;
    CheckOperand printed, numerator, denominator;
    Verdict verdict;
  } cases[] = {
      {"迪庆 start rate", Cell("62.05", kPercent), Exact("1241"), Exact("2000"), Verdict::kExact},
      {"迪庆 total start rate", Cell("61.58", kPercent), Exact("2294"), Exact("3725"), Verdict::kExact},
      {"香格里拉 allotted of built", Cell("88.14", kPercent), Exact("3552"), Exact("4030"), Verdict::kExact},
      {"德钦 allotted of built, truncated", Cell("95.13", kPercent), Exact("2074"), Exact("2180"), Verdict::kRounding},
      {"a wrong rate", Cell("95.15", kPercent), Exact("2074"), Exact("2180"), Verdict::kError},
      {"2012 low-rent net land", Cell("6.95"), Cell("12.78"), Cell("2.8"), Verdict::kError},
      {"2012 low-rent gross land", Cell("8.56"), Cell("6.95"), Exact("0.8"), Verdict::kError},
      {"2011 inclusionary gross land", Cell("3.09"), Cell("2.50"), Exact("0.8"), Verdict::kError},
      {"2012 price-capped net land", Cell("8.19"), Cell("22.32"), Cell("2.8"), Verdict::kError},
      {"2011 economical net land", Cell("7.42"), Cell("20.80"), Cell("2.8"), Verdict::kRounding},
      {"forest gross land", Cell("0.53"), Cell("0.43"), Exact("0.8"), Verdict::kRounding},
      {"city's coverage", Cell("22.6", kPercent), Cell("30.24", kTenThousand), Cell("133.82", kTenThousand), Verdict::kExact},
  };
  for (const auto& c : cases) EXPECT_EQ(CheckQuotient(c.printed, c.numerator, c.denominator).verdict, c.verdict) << c.what;
  EXPECT_EQ(FormatFraction(CheckQuotient(Cell("8.56"), Cell("6.95"), Exact("0.8")).computed), "139/16");
}

TEST(CheckQuotientTest, SignsAreKept) {
  EXPECT_EQ(CheckQuotient(Cell("-0.50"), Exact("-1"), Exact("2")).verdict, Verdict::kExact);
  EXPECT_EQ(CheckQuotient(Cell("0.51"), Cell("-1.0"), Cell("-2.0")).verdict, Verdict::kRounding);
  EXPECT_EQ(CheckQuotient(Cell("0.51"), Cell("-1.0"), Cell("2.0")).verdict, Verdict::kError);
  EXPECT_EQ(CheckQuotient(Cell("0.00"), Cell("0.00"), Cell("2.0")).verdict, Verdict::kExact);
}

TEST(CheckQuotientDeathTest, DividingByZeroIsTheCallersBug) {
  EXPECT_DEATH(CheckQuotient(Cell("1.0"), Cell("1.0"), Cell("0.0")), "CHECK failed");
}

TEST(CheckProductTest, WidensByBothOperands) {
  EXPECT_EQ(CheckProduct(Cell("22.4"), Exact("28"), Exact("0.8")).verdict, Verdict::kExact);
  EXPECT_EQ(CheckProduct(Cell("12.78"), Cell("4.56"), Cell("2.8")).verdict, Verdict::kRounding);
  EXPECT_EQ(CheckProduct(Cell("12.40"), Cell("4.56"), Exact("2.8")).verdict, Verdict::kError);
  EXPECT_EQ(CheckProduct(Cell("-12.78"), Cell("-4.56"), Cell("2.8")).verdict, Verdict::kRounding);
  EXPECT_EQ(CheckProduct(Cell("0.00"), Cell("-4.56"), Cell("0.00")).verdict, Verdict::kExact);
}

TEST(CheckRestatedTest, RealRestatements) {
  const struct {
    const char* what;
    CheckOperand printed, other;
    Verdict verdict;
  } cases[] = {
      {"17.96万套 for 179555套", Cell("17.96", kTenThousand), Exact("179555"), Verdict::kExact},
      {"7.9306万套 for 79306套", Cell("7.9306", kTenThousand), Exact("79306"), Verdict::kExact},
      {"10.63万套 for 106272套", Cell("10.63", kTenThousand), Exact("106272"), Verdict::kExact},
      {"66818 for 66818", Exact("66818"), Exact("66818"), Verdict::kExact},
      {"11.22万套 for 112168套", Cell("11.22", kTenThousand), Exact("112168"), Verdict::kExact},
      {"17.95万套 for 179555套, truncated", Cell("17.95", kTenThousand), Exact("179555"), Verdict::kRounding},
      {"17.94万套 for 179555套", Cell("17.94", kTenThousand), Exact("179555"), Verdict::kNote},
      {"text 9.28, table 9.29", Cell("9.28"), Cell("9.29"), Verdict::kRounding},
      {"text 6.39, table 6.38", Cell("6.39"), Cell("6.38"), Verdict::kRounding},
      {"text 9.28, table 9.31", Cell("9.28"), Cell("9.31"), Verdict::kNote},
      {"12134 for 13640", Exact("12134"), Exact("13640"), Verdict::kNote},
      {"zero for something", Cell("0.00"), Cell("0.01"), Verdict::kNote},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(CheckRestated(c.printed, c.other).verdict, c.verdict) << c.what;
    EXPECT_EQ(CheckRestated(c.other, c.printed).verdict, c.verdict) << c.what << ", the other way round";
  }
  EXPECT_EQ(FormatFraction(CheckRestated(Exact("179555"), Cell("17.96", kTenThousand)).computed), "179600") << "the other print, not this one";
}

TEST(CheckAtMostTest, APartStaysWithinItsWhole) {
  EXPECT_EQ(CheckAtMost(Exact("6811"), Exact("8659")).verdict, Verdict::kExact);
  EXPECT_EQ(CheckAtMost(Exact("8659"), Exact("8659")).verdict, Verdict::kExact);
  EXPECT_EQ(CheckAtMost(Exact("8660"), Exact("8659")).verdict, Verdict::kError);
  EXPECT_EQ(CheckAtMost(Cell("91.01"), Cell("91.00")).verdict, Verdict::kRounding);
  EXPECT_EQ(CheckAtMost(Cell("91.00"), Cell("86.64")).verdict, Verdict::kError);
  EXPECT_EQ(CheckAtMost(Exact("0"), Cell("0.00")).verdict, Verdict::kExact);
}

TEST(InRangeTest, RefusesWhatExactArithmeticCouldNotHold) {
  EXPECT_TRUE(InRange({{kAmountMax, 0}, {1, 1}, false}));
  EXPECT_TRUE(InRange({{-kAmountMax, 8}, {1, 1}, false}));
  EXPECT_TRUE(InRange({{179'600, 4}, kTenThousand, false}));
  EXPECT_FALSE(InRange({{kAmountMax, 0}, kTenThousand, true}));
  EXPECT_FALSE(InRange({{-kAmountMax, 0}, kTenThousand, true}));
  EXPECT_FALSE(InRange({{999'999'999'999'999'999, 0}, {1, 1}, false})) << "half a step more needs twice the numerator";
}

TEST(InRangeTest, TheLargestOperandsInRangeCompute) {
  const CheckOperand large{{999'999'999'999'999'999, 0}, {1, 1}, true};
  const CheckOperand fine{{1, 8}, {1, 10'000'000'000}, true};
  ASSERT_TRUE(InRange(large));
  ASSERT_TRUE(InRange(fine));
  EXPECT_EQ(CheckProduct(large, large, large).verdict, Verdict::kError);
  EXPECT_EQ(CheckQuotient(large, large, fine).verdict, Verdict::kError);
  EXPECT_EQ(CheckQuotient(fine, fine, large).verdict, Verdict::kError);
  EXPECT_EQ(CheckSum(large, {{large, 1}, {large, 1}, {large, -1}}).verdict, Verdict::kExact);
}

// A random whole and its parts, printed exactly.
struct RandomSum {
  std::vector<int64_t> parts;
  int64_t whole = 0;
};
RandomSum MakeRandomSum(std::mt19937_64& random) {
  RandomSum sum;
  for (uint64_t n = random() % 12 + 1; n > 0; --n) {
    sum.parts.push_back(static_cast<int64_t>(random() % 100'000));
    sum.whole += sum.parts.back();
  }
  return sum;
}

TEST(CheckSumProperty, PerturbingAnyOperandOfAnExactIntegerSumIsAnError) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 3'000; ++i) {
    const RandomSum sum = MakeRandomSum(random);
    std::vector<SignedOperand> terms;
    for (const int64_t part : sum.parts) terms.push_back({{{part, 0}, {1, 1}, true}, 1});
    const CheckOperand whole{{sum.whole, 0}, {1, 1}, true};
    ASSERT_EQ(CheckSum(whole, terms).verdict, Verdict::kExact);
    const auto nudge = static_cast<int64_t>(random() % 1'000 + 1) * (random() % 2 == 0 ? 1 : -1);
    const size_t at = random() % (terms.size() + 1);
    CheckOperand perturbed = whole;
    (at < terms.size() ? terms[at].operand : perturbed).printed.digits += nudge;
    ASSERT_EQ(CheckSum(perturbed, terms).verdict, Verdict::kError) << "operand " << at << " by " << nudge;
  }
}

// Figures with more digits than are printed: however each cell was cut, the printed sum is never called an error.
TEST(CheckSumProperty, RoundedOrTruncatedPrintsOfATrueSumAreNeverErrors) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  int exact = 0;
  int rounding = 0;
  for (int i = 0; i < 3'000; ++i) {
    const RandomSum sum = MakeRandomSum(random);  // in ten-thousandths, printed with two decimals
    const auto print = [&](int64_t figure) {
      const Rounding how = random() % 2 == 0 ? Rounding::kHalfUp : Rounding::kTruncate;
      return CheckOperand{Round(MakeFraction(figure, 10'000), 2, how), {1, 1}, false};
    };
    std::vector<SignedOperand> terms;
    bool vanished = false;  // a figure below the printed digits is printed as zero, and a printed zero says exactly that
    for (const int64_t part : sum.parts) {
      terms.push_back({print(part), 1});
      vanished = vanished || (part != 0 && terms.back().operand.printed.digits == 0);
    }
    const CheckOperand whole = print(sum.whole);
    if (vanished || (sum.whole != 0 && whole.printed.digits == 0)) continue;
    const Verdict verdict = CheckSum(whole, terms).verdict;
    ASSERT_NE(verdict, Verdict::kError);
    ++(verdict == Verdict::kExact ? exact : rounding);
  }
  EXPECT_GT(exact, 0);
  EXPECT_GT(rounding, 0) << "the test must meet both";
}

TEST(CheckQuotientProperty, AgreesWithRoundingTheQuotient) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 5'000; ++i) {
    const auto a = static_cast<int64_t>(random() % 5'000);
    const auto b = static_cast<int64_t>(random() % 5'000 + 1);
    const CheckOperand numerator{{a, 0}, {1, 1}, true};
    const CheckOperand denominator{{b, 0}, {1, 1}, true};
    CheckOperand printed{Round(MakeFraction(a, b), 2, Rounding::kHalfUp), {1, 1}, false};
    ASSERT_EQ(CheckQuotient(printed, numerator, denominator).verdict, Verdict::kExact) << a << "/" << b;
    printed.printed = Round(MakeFraction(a, b), 2, Rounding::kTruncate);
    if (printed.printed.digits == 0) continue;
    ASSERT_NE(CheckQuotient(printed, numerator, denominator).verdict, Verdict::kError) << a << "/" << b;
    printed.printed.digits += 2;
    ASSERT_EQ(CheckQuotient(printed, numerator, denominator).verdict, Verdict::kError) << a << "/" << b;
  }
}

}  // namespace
}  // namespace anju
