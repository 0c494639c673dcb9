// Movement: differences of printed values, places gained, and what is not compared.
#include "services/ranking/core/movement.h"

#include <gtest/gtest.h>

#include "services/ranking/core/table_fixture.h"

namespace anju::ranking {
namespace {

TEST(SubtractPrinted, IsExactInTheDecimalsOfTheFinerOne) {
  EXPECT_EQ(SubtractPrinted("62.05", "61.20", false), "0.85");
  EXPECT_EQ(SubtractPrinted("61.20", "62.05", false), "-0.85");
  EXPECT_EQ(SubtractPrinted("100.00", "62.05", false), "37.95");
  EXPECT_EQ(SubtractPrinted("62.05", "61.05", false), "1.00");
  EXPECT_EQ(SubtractPrinted("62.05", "61.05", true), "1");
  EXPECT_EQ(SubtractPrinted("5", "4.875", false), "0.125");
  EXPECT_EQ(SubtractPrinted("-1.5", "-1.5", false), "0.0");
  EXPECT_EQ(SubtractPrinted("0.004", "0.005", false), "-0.001");
  EXPECT_EQ(SubtractPrinted("9223372036854775807", "-9223372036854775807", false), "18446744073709551614");
  EXPECT_EQ(SubtractPrinted("62.05%", "1", false), std::nullopt);
  EXPECT_EQ(SubtractPrinted("", "1", false), std::nullopt);
  EXPECT_EQ(SubtractPrinted(std::string(37, '1'), "1", false), std::nullopt);
}

// A and B ranked by rate against 100, C without a target, each with this many starts.
Country ThreeRegions(int64_t a, int64_t b) {
  Country country;
  for (const char* code : {"A", "B", "C"}) country.AddChild(code, code);
  for (const char* code : {"A", "B"}) country.SetTarget(code, kStarts, Layer::kCity, 100);
  country.SetTarget("533400", kStarts, Layer::kCity, 200);
  country.Report("A", kStarts, a);
  country.Report("B", kStarts, b);
  country.Report("C", kStarts, 7);
  country.Report("533400", kStarts, a + b);
  return country;
}

TEST(Movement, CountsPlacesGainedAndPercentagePoints) {
  Definition definition = StartsByRate();
  Table now = *ThreeRegions(80, 70).Rank(definition);
  AddMovement(definition, *ThreeRegions(40, 50).Rank(definition), now);
  ASSERT_EQ(Ranked(now), "1 A 80.00|2 B 70.00");
  EXPECT_EQ(now.rows[0].previous_rank, 2u);
  EXPECT_EQ(now.rows[0].previous_value, "40.00");
  EXPECT_EQ(now.rows[0].value_change, "40.00");
  EXPECT_EQ(now.rows[0].rank_change, 1);
  EXPECT_EQ(now.rows[1].rank_change, -1);
  EXPECT_EQ(now.unranked[0].previous_rank, 0u);
  EXPECT_EQ(now.unranked[0].previous_value, std::nullopt);
  EXPECT_EQ(now.total.previous_value, "45.00");
  EXPECT_EQ(now.total.value_change, "30.00");
  EXPECT_EQ(now.total.rank_change, std::nullopt);
}

TEST(Movement, ARegionUnrankedOrAbsentBeforeHasNoPreviousAnything) {
  Country before = ThreeRegions(40, 50);
  before.SetMissing("A", kStarts, Layer::kCity, Missing::kNoTask);
  Table now = *ThreeRegions(80, 70).Rank(StartsByRate());
  AddMovement(StartsByRate(), *before.Rank(StartsByRate()), now);
  EXPECT_EQ(now.rows[0].previous_rank, 0u);
  EXPECT_EQ(now.rows[0].previous_value, std::nullopt);
  EXPECT_EQ(now.rows[0].value_change, std::nullopt);
  EXPECT_EQ(now.rows[0].rank_change, std::nullopt);
  EXPECT_EQ(now.rows[1].previous_rank, 1u);
}

TEST(Movement, AnUnrankedRowKeepsThePlaceItHad) {
  Country after = ThreeRegions(80, 70);
  after.SetMissing("A", kStarts, Layer::kCity, Missing::kNoTask);
  Table now = *after.Rank(StartsByRate());
  AddMovement(StartsByRate(), *ThreeRegions(40, 30).Rank(StartsByRate()), now);
  ASSERT_EQ(now.unranked[0].name, "A");
  EXPECT_EQ(now.unranked[0].previous_rank, 1u);
  EXPECT_EQ(now.unranked[0].previous_value, "40.00");
  EXPECT_EQ(now.unranked[0].rank_change, std::nullopt);
}

TEST(Movement, FiguresAreNotComparedWithRates) {
  Definition definition = StartsByRate();
  definition.by = SortKey::kValue;
  Country before;  // no targets yet: values are figures
  for (const char* code : {"A", "B"}) before.AddChild(code, code);
  before.Report("A", kStarts, 40);
  Table now = *ThreeRegions(80, 70).Rank(definition);
  AddMovement(definition, *before.Rank(definition), now);
  EXPECT_EQ(now.rows[0].previous_rank, 1u);
  EXPECT_EQ(now.rows[0].previous_value, std::nullopt);
}

TEST(Movement, AmountsDifferWithoutTrailingZeros) {
  Definition definition = StartsByRate();
  definition.indicator = kInvestment;
  definition.by = SortKey::kValue;
  const auto rank = [&](int64_t amount) {
    Country country;
    country.AddChild("A", "A");
    country.Report("A", kInvestment, amount);
    return *country.Rank(definition);
  };
  Table now = rank(1'626'762);
  AddMovement(definition, rank(626'712), now);
  EXPECT_EQ(now.rows[0].value_change, "10000.5");
}

}  // namespace
}  // namespace anju::ranking
