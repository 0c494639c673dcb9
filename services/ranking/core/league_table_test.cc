// The rules of league tables: who is a peer, why someone is unranked, which layer, which order, what is printed.
#include "services/ranking/core/league_table.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>

#include <gtest/gtest.h>

#include "common/status/status.h"
#include "services/ranking/core/board.h"
#include "services/ranking/core/table_fixture.h"

namespace anju::ranking {
namespace {

constexpr Layer kCity = Layer::kCity;

// One child "A" with the given target and report, beside an ordinary "B".
struct ReasonCase {
  const char* name;
  Missing target = Missing::kAbsent;
  int64_t target_amount = 0;
  std::optional<int64_t> figure;
  bool zero_unranked = false;
  SortKey by = SortKey::kRate;
  const char* expected = "";
};

class Reasons : public ::testing::TestWithParam<ReasonCase> {};

TEST_P(Reasons, AreAsTheClosedListSays) {
  const ReasonCase& given = GetParam();
  Country country;
  country.AddChild("A", "A");
  country.AddChild("B", "B");
  country.SetTarget("B", kStarts, kCity, 100);
  country.Report("B", kStarts, 50);
  country.SetMissing("A", kStarts, kCity, given.target).amount = given.target_amount;
  if (given.figure) country.Report("A", kStarts, *given.figure);
  Definition definition = StartsByRate();
  definition.zero_unranked = given.zero_unranked;
  definition.by = given.by;
  auto table = country.Rank(definition);
  ASSERT_TRUE(table.ok()) << table.status();
  std::string reason = "no peer";
  for (const Row& row : table->rows) {
    if (row.name == "A") reason = "ranked";
  }
  for (const Row& row : table->unranked) {
    if (row.name == "A") reason = UnrankedName(row.reason);
  }
  EXPECT_EQ(reason, given.expected);
}

INSTANTIATE_TEST_SUITE_P(
    Closed, Reasons,
    ::testing::Values(
        ReasonCase{"Ranked", Missing::kNumber, 10, 5, false, SortKey::kRate, "ranked"},
        ReasonCase{"NothingKnown", Missing::kAbsent, 0, std::nullopt, false, SortKey::kRate, "no peer"},
        ReasonCase{"NoTarget", Missing::kAbsent, 0, 172, false, SortKey::kRate, "NO_TARGET"},
        ReasonCase{"PrintedBlank", Missing::kBlank, 0, 172, false, SortKey::kRate, "NO_TARGET"},
        ReasonCase{"PrintedBlankWithoutFigure", Missing::kBlank, 0, std::nullopt, false, SortKey::kRate, "NOT_REPORTED"},
        ReasonCase{"ZeroTarget", Missing::kNumber, 0, 5, false, SortKey::kRate, "ZERO_TARGET"},
        ReasonCase{"ZeroTargetWithZeroFigure", Missing::kNumber, 0, 0, true, SortKey::kRate, "ZERO_TARGET"},
        ReasonCase{"NoTask", Missing::kNoTask, 0, std::nullopt, false, SortKey::kRate, "NO_TASK"},
        ReasonCase{"NoTaskWithFigure", Missing::kNoTask, 0, 5, false, SortKey::kRate, "NO_TASK"},
        ReasonCase{"NoTaskWithFigureByValue", Missing::kNoTask, 0, 5, false, SortKey::kValue, "ranked"},
        ReasonCase{"NotPublished", Missing::kNotPublished, 0, std::nullopt, false, SortKey::kRate, "NOT_PUBLISHED"},
        ReasonCase{"NotPublishedWithFigure", Missing::kNotPublished, 0, 5, false, SortKey::kRate, "NOT_PUBLISHED"},
        ReasonCase{"NotReported", Missing::kNumber, 10, std::nullopt, false, SortKey::kRate, "NOT_REPORTED"},
        ReasonCase{"NotReportedByValue", Missing::kNumber, 10, std::nullopt, false, SortKey::kValue, "NOT_REPORTED"},
        ReasonCase{"ZeroIsRankedByDefault", Missing::kNumber, 10, 0, false, SortKey::kRate, "ranked"},
        ReasonCase{"ZeroValue", Missing::kNumber, 10, 0, true, SortKey::kRate, "ZERO_VALUE"},
        ReasonCase{"ZeroValueByValue", Missing::kNumber, 10, 0, true, SortKey::kValue, "ZERO_VALUE"},
        ReasonCase{"NoTargetByValue", Missing::kAbsent, 0, 5, false, SortKey::kValue, "ranked"},
        ReasonCase{"ZeroTargetByValue", Missing::kNumber, 0, 5, false, SortKey::kValue, "ranked"}),
    [](const auto& info) { return info.param.name; });

TEST(LeagueTable, ADenominatorIndicatorThatIsNotReportedOrZeroUnranksARateOnly) {
  Country country;
  for (auto [code, starts, built] : {std::tuple{"A", 5, 10}, {"B", 5, 0}}) {
    country.AddChild(code, code);
    country.Report(code, kStarts, starts);
    country.Report(code, kBuilt, built);
  }
  country.AddChild("C", "C");
  country.Report("C", kStarts, 7);
  Definition definition = StartsByRate();
  definition.of = kBuilt;
  auto by_rate = country.Rank(definition);
  ASSERT_TRUE(by_rate.ok()) << by_rate.status();
  EXPECT_EQ(Ranked(*by_rate), "1 A 50.00");
  EXPECT_EQ(UnrankedOf(*by_rate), "B ZERO_TARGET|C NOT_REPORTED");
  definition.by = SortKey::kValue;
  auto by_value = country.Rank(definition);
  ASSERT_TRUE(by_value.ok()) << by_value.status();
  EXPECT_EQ(Ranked(*by_value), "1 C -|2 A 50.00|2 B -");  // the value is a rate or nothing, never a bare figure among rates
  EXPECT_EQ(by_value->rows[0].key, "7");
}

TEST(LeagueTable, WithoutAnyDenominatorTheKeyIsPrinted) {
  Country country;
  country.AddChild("A", "A");
  country.Report("A", kInvestment, 1'626'762);
  Definition definition = StartsByRate();
  definition.indicator = kInvestment;
  definition.by = SortKey::kValue;
  auto table = country.Rank(definition);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->rows[0].key, "16267.62");
  EXPECT_EQ(table->rows[0].value, "16267.62");
  EXPECT_EQ(table->rows[0].denominator, std::nullopt);
}

TEST(LeagueTable, FractionsThatDifferInTheSeventeenthDigitAreTwoPlaces) {
  Country country;
  // 10^15−1 over 10^15 and the next fraction below it: equal as doubles, equal as printed, not equal.
  for (auto [code, figure, target] : {std::tuple{"A", 999'999'999'999'998, 999'999'999'999'999}, {"B", 999'999'999'999'999, 1'000'000'000'000'000}}) {
    country.AddChild(code, code);
    country.SetTarget(code, kStarts, kCity, target);
    country.Report(code, kStarts, figure);
  }
  auto table = country.Rank(StartsByRate());
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(Ranked(*table), "1 B 100.00|2 A 100.00");
}

TEST(LeagueTable, EqualFractionsOfDifferentAmountsAreATie) {
  Country country;
  for (auto [code, figure, target] : {std::tuple{"A", 1, 3}, {"B", 2, 6}, {"C", 1, 2}, {"D", 333, 1000}}) {
    country.AddChild(code, code);
    country.SetTarget(code, kStarts, kCity, target);
    country.Report(code, kStarts, figure);
  }
  auto table = country.Rank(StartsByRate());
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(Ranked(*table), "1 C 50.00|2 A 33.33|2 B 33.33|4 D 33.30");
}

TEST(LeagueTable, TheDefaultLayerIsThatAddressedToThePeers) {
  EXPECT_EQ(DefaultLayer(RegionLevel::kCity, {Layer::kNational, Layer::kProvince, Layer::kCity, Layer::kCounty}), Layer::kCity);
  EXPECT_EQ(DefaultLayer(RegionLevel::kCity, {Layer::kNational, Layer::kProvince, Layer::kCounty}), Layer::kProvince);
  EXPECT_EQ(DefaultLayer(RegionLevel::kProvince, {Layer::kNational, Layer::kCity}), Layer::kNational);
  EXPECT_EQ(DefaultLayer(RegionLevel::kCountry, {Layer::kCity, Layer::kCounty}), Layer::kCity);
  EXPECT_EQ(DefaultLayer(RegionLevel::kCounty, {Layer::kCounty}), Layer::kCounty);
  EXPECT_EQ(DefaultLayer(RegionLevel::kCity, {}), Layer::kNone);
}

TEST(LeagueTable, ALayerThatIsNamedIsUsedAndTheOthersAreListed) {
  Country country;
  country.AddChild("A", "A");
  country.SetTarget("A", kStarts, Layer::kNational, 28'817);
  country.SetTarget("A", kStarts, Layer::kCity, 61'015);
  country.Report("A", kStarts, 28'817);
  Definition definition = StartsByRate();
  auto by_default = country.Rank(definition);
  ASSERT_TRUE(by_default.ok()) << by_default.status();
  EXPECT_EQ(by_default->layer, kCity);
  EXPECT_EQ(by_default->rows[0].value, "47.23");
  EXPECT_EQ(by_default->other_layers, std::vector<Layer>{Layer::kNational});
  definition.layer = Layer::kNational;
  auto national = country.Rank(definition);
  ASSERT_TRUE(national.ok()) << national.status();
  EXPECT_EQ(national->rows[0].value, "100.00");
  EXPECT_EQ(national->rows[0].key, "1/1");
  EXPECT_EQ(national->other_layers, std::vector<Layer>{kCity});
  definition.layer = Layer::kProvince;
  auto provincial = country.Rank(definition);
  ASSERT_TRUE(provincial.ok()) << provincial.status();
  EXPECT_EQ(UnrankedOf(*provincial), "A NO_TARGET");
}

TEST(LeagueTable, AnAreaIsAPeerOnlyWithAFigureOrTargetOfItsOwn) {
  Country country;
  country.AddChild("A", "A");
  country.AddChild("AREA", "中心城区", 0, RegionKind::kArea);
  for (const char* code : {"A", "AREA"}) {
    country.SetTarget(code, kStarts, kCity, 100);
    country.Report(code, kStarts, 50);
  }
  auto summed = country.Rank(StartsByRate());
  ASSERT_TRUE(summed.ok()) << summed.status();
  EXPECT_EQ(Ranked(*summed), "1 A 50.00");
  country.Cell("AREA", kStarts).own = true;
  auto own = country.Rank(StartsByRate());
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_EQ(Ranked(*own), "1 A 50.00|1 中心城区 50.00");
}

TEST(LeagueTable, NetNewOfAStockWithoutEntriesIsTheFigureMinusThatOfLastDecember) {
  Country country;
  for (const char* code : {"A", "B", "C"}) country.AddChild(code, code);
  country.Report("A", kBuilt, 130);
  country.Cell("A", kBuilt).year_start = 100;
  country.Report("B", kBuilt, 90);
  country.Cell("B", kBuilt).year_start = 50;
  country.Report("C", kBuilt, 700);  // what it had in December is unknown: not zero
  Definition definition = StartsByRate();
  definition.indicator = kBuilt;
  definition.by = SortKey::kNetNew;
  auto table = country.Rank(definition);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(Ranked(*table), "1 B 40|2 A 30");
  EXPECT_EQ(UnrankedOf(*table), "C NOT_REPORTED");
  EXPECT_EQ(table->total.key, "70");
}

TEST(LeagueTable, EntriesOrExitsAloneCountTheOtherAsNoneAndNeitherIsNotReported) {
  Country country;
  for (const char* code : {"A", "B", "C"}) {
    country.AddChild(code, code);
    country.Report(code, kAllotted, 1000);
    country.Cell(code, kAllotted).year_start = 1;  // must not be used: the catalogue declares entries and exits
  }
  country.Report("A", kEntries, 7);
  country.Report("B", kExits, 3);
  Definition definition = StartsByRate();
  definition.indicator = kAllotted;
  definition.by = SortKey::kNetNew;
  auto table = country.Rank(definition);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(Ranked(*table), "1 A 7|2 B -3");
  EXPECT_EQ(UnrankedOf(*table), "C NOT_REPORTED");
}

TEST(LeagueTable, AFlowOfOneYearIsAllNewWhileItsDataAreOfThatYear) {
  Country country;
  country.AddChild("A", "A");
  country.AddChild("B", "B");
  country.Report("A", kStarts, 5);
  country.Report("B", kStarts, 6, MakeDate(2018, 2, 1));  // carried over: what it had at the end of 2017 is unknown
  Definition definition = StartsByRate();
  definition.by = SortKey::kNetNew;
  auto table = country.Rank(definition);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(Ranked(*table), "1 A 5");
  EXPECT_EQ(UnrankedOf(*table), "B NOT_REPORTED");
}

TEST(LeagueTable, RatesOfDifferentSmallestUnitsAreOneNumberAndOthersAreRefused) {
  Country country;
  country.AddChild("A", "A");
  country.Report("A", kInvestment, 5'000);  // 50.00 万元
  country.Report("A", kBudget, 1'000'000);  // 元: 100 万元
  country.Report("A", kBuilt, 1);
  Definition definition = StartsByRate();
  definition.indicator = kInvestment;
  definition.of = kBudget;
  auto table = country.Rank(definition);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->rows[0].value, "50.00");
  EXPECT_EQ(table->rows[0].key, "1/2");
  definition.of = kBuilt;
  EXPECT_TRUE(HasReason(country.Rank(definition).status(), Reason::MIXED_UNITS));
}

TEST(LeagueTable, CompletenessCountsThoseWithATargetWhoseDataAreOfTheMonth) {
  Country country;
  for (const char* code : {"A", "B", "C", "D"}) country.AddChild(code, code);
  for (const char* code : {"A", "B", "C"}) country.SetTarget(code, kStarts, kCity, 10);
  country.Report("A", kStarts, 1, MakeDate(2017, 6, 22));
  country.Report("B", kStarts, 1, MakeDate(2017, 5, 31));
  country.Report("D", kStarts, 1, MakeDate(2017, 6, 30));  // without a target: the newest date, but not expected
  auto current = country.Rank(StartsByRate());
  ASSERT_TRUE(current.ok()) << current.status();
  EXPECT_EQ(FormatDate(*current->as_of), "2017-06-30");
  EXPECT_EQ(current->expected, 3u);
  EXPECT_EQ(current->reported, 1u);
  auto dated = country.Rank(StartsByRate(), MakeDate(2017, 7, 31));
  ASSERT_TRUE(dated.ok()) << dated.status();
  EXPECT_EQ(dated->reported, 0u);
  EXPECT_EQ(FormatDate(*dated->as_of), "2017-07-31");
}

TEST(LeagueTable, OrdinalPlacesFollowTheOfficialOrderWhereItIsNamed) {
  Country country;
  for (auto [code, order] : {std::pair{"B", 1}, {"A", 2}, {"C", 3}}) {
    country.AddChild(code, code, order);
    country.SetTarget(code, kStarts, kCity, 10);
    country.Report(code, kStarts, std::string_view(code) == "C" ? 9 : 5);
  }
  Definition definition = StartsByRate();
  definition.ties = TieStyle::kOrdinal;
  definition.then_by = SortKey::kOrder;
  auto table = country.Rank(definition);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(Ranked(*table), "1 C 90.00|2 B 50.00|3 A 50.00");
  definition.ascending = true;  // turns the rate around, not the official order
  table = country.Rank(definition);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(Ranked(*table), "1 B 50.00|2 A 50.00|3 C 90.00");
}

TEST(LeagueTable, PrintsWithTheDigitsRoundingAndTrimOfItsDefinition) {
  Country country;
  country.AddChild("A", "A");
  country.SetTarget("A", kStarts, kCity, 800);
  country.Report("A", kStarts, 5);  // 0.625 %
  Definition definition = StartsByRate();
  auto value = [&] { return *country.Rank(definition)->rows[0].value; };
  EXPECT_EQ(value(), "0.63");
  definition.rounding = Rounding::kTruncate;
  EXPECT_EQ(value(), "0.62");
  definition.digits = 4;
  EXPECT_EQ(value(), "0.6250");
  definition.trim = true;
  EXPECT_EQ(value(), "0.625");
  definition.digits = 0;
  EXPECT_EQ(value(), "0");
}

TEST(LeagueTable, PrintsTheLargestFigureOverTheSmallestTarget) {
  Country country;
  country.AddChild("A", "A");
  country.SetTarget("A", kStarts, kCity, 1);
  country.Report("A", kStarts, kAmountMax);
  Definition definition = StartsByRate();
  definition.digits = 8;
  auto table = country.Rank(definition);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->rows[0].value, "100000000000000000.00000000");
}

TEST(LeagueTable, RefusesDefinitionsThatMeanNothing) {
  Country country;
  auto reason = [&](auto change) {
    Definition definition = StartsByRate();
    change(definition);
    return ErrorsOf(country.Rank(definition).status()).front().reason;
  };
  EXPECT_EQ(reason([](Definition& d) { d.digits = 9; }), Reason::BAD_VALUE);
  EXPECT_EQ(reason([](Definition& d) { d.total_digits = -1; }), Reason::BAD_VALUE);
  EXPECT_EQ(reason([](Definition& d) { d.by = SortKey::kOrder; }), Reason::BAD_VALUE);
  EXPECT_EQ(reason([](Definition& d) { d.columns.resize(17, {kBuilt, ColumnKind::kFigure}); }), Reason::BAD_VALUE);
  EXPECT_EQ(reason([](Definition& d) { d.then_by = SortKey::kIndicator; }), Reason::MISSING_FIELD);
  EXPECT_EQ(reason([](Definition& d) { d.ties = TieStyle::kOrdinal; }), Reason::TIE_NOT_BROKEN);
  EXPECT_EQ(reason([](Definition& d) { d.period = {}; }), Reason::BAD_PERIOD);
  EXPECT_EQ(reason([](Definition& d) {}), Reason::NO_FIGURES);
}

TEST(LeagueTable, ARegionWithoutChildrenStillHasItsOwnLine) {
  Country country;
  country.SetTarget("533400", kStarts, kCity, 100);
  country.Report("533400", kStarts, 40);
  auto table = country.Rank(StartsByRate());
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_TRUE(table->rows.empty());
  EXPECT_EQ(table->total.value, "40.00");
}

// What a place is, by counting with the definition's own words and nothing of the implementation.
struct Plain {
  int64_t figure, target, second;
  // > 0 when this one is better.
  int CompareRate(const Plain& other) const {
    const int128 a = int128{figure} * other.target, b = int128{other.figure} * target;
    return a > b ? 1 : a < b ? -1 : 0;
  }
  int Compare(const Plain& other, SortKey by, bool ascending, bool then) const {
    int compared = by == SortKey::kRate ? CompareRate(other) : figure > other.figure ? 1 : figure < other.figure ? -1 : 0;
    if (ascending) compared = -compared;
    if (compared == 0 && then) compared = second > other.second ? 1 : second < other.second ? -1 : 0;
    return compared;
  }
};

TEST(LeagueTable, AgreesWithCountingOnRandomTables) {
  const uint32_t seed = 533400;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 400; ++round) {
    SCOPED_TRACE(round);
    Country country;
    std::map<std::string, Plain> plain;
    const int children = 1 + random() % 25;
    for (int i = 0; i < children; ++i) {
      char code[8];
      std::snprintf(code, sizeof code, "R%03d", i);
      country.AddChild(code, code);
      const Plain row{static_cast<int64_t>(random() % 6), static_cast<int64_t>(1 + random() % 4), static_cast<int64_t>(random() % 3)};
      plain[code] = row;
      country.SetTarget(code, kStarts, kCity, row.target);
      country.Report(code, kStarts, row.figure);
      country.Report(code, kBuilt, row.second);
    }
    Definition definition = StartsByRate();
    definition.by = random() % 2 ? SortKey::kRate : SortKey::kValue;
    definition.ascending = random() % 2;
    const bool then = random() % 2;
    if (then) definition.then_by = SortKey::kIndicator, definition.then_by_indicator = kBuilt;
    const TieStyle styles[] = {TieStyle::kCompetition, TieStyle::kModified, TieStyle::kDense, TieStyle::kOrdinal};
    definition.ties = styles[random() % (then ? 4 : 3)];

    bool tied = false;
    std::map<std::string, uint32_t> expected;
    for (const auto& [code, row] : plain) {
      uint32_t better = 0, equal = 0;
      std::vector<Plain> groups;
      for (const auto& [other_code, other] : plain) {
        const int compared = other.Compare(row, definition.by, definition.ascending, then);
        equal += compared == 0;
        if (compared <= 0) continue;
        ++better;
        bool seen = false;
        for (const Plain& group : groups) seen = seen || group.Compare(other, definition.by, definition.ascending, then) == 0;
        if (!seen) groups.push_back(other);
      }
      tied = tied || equal > 1;
      expected[code] = definition.ties == TieStyle::kModified ? better + equal
                       : definition.ties == TieStyle::kDense  ? static_cast<uint32_t>(groups.size()) + 1
                                                              : better + 1;
    }
    auto table = country.Rank(definition);
    if (definition.ties == TieStyle::kOrdinal && tied) {
      ASSERT_TRUE(HasReason(table.status(), Reason::TIE_NOT_BROKEN));
      continue;
    }
    ASSERT_TRUE(table.ok()) << table.status();
    ASSERT_EQ(table->rows.size(), plain.size());
    for (size_t i = 0; i < table->rows.size(); ++i) {
      const Row& row = table->rows[i];
      ASSERT_EQ(row.rank, expected[row.code]) << row.code;
      if (i == 0) continue;
      const Row& above = table->rows[i - 1];
      const int compared = plain[above.code].Compare(plain[row.code], definition.by, definition.ascending, then);
      ASSERT_GE(compared, 0);
      ASSERT_TRUE(compared > 0 || above.code < row.code);  // tied rows print in official order, then by code
    }
  }
}

TEST(LeagueTable, MeasuresATableOfThreeThousandPeers) {
  Country country;
  std::mt19937 random(3000);
  for (int i = 0; i < 3000; ++i) {
    const std::string code = "R" + std::to_string(10'000 + i);
    country.AddChild(code, code);
    country.SetTarget(code, kStarts, kCity, 1 + random() % 5'000);
    country.Report(code, kStarts, random() % 5'000);
    country.Report(code, kBuilt, random() % 5'000);
  }
  Definition definition = StartsByRate();
  definition.columns = {{kBuilt, ColumnKind::kFigure}};
  const absl::StatusOr<Plan> plan = MakePlan(definition, country.catalogue());
  ASSERT_TRUE(plan.ok()) << plan.status();
  const Input input = country.Cut(*plan);
  auto best = std::chrono::microseconds::max();
  for (int i = 0; i < 10; ++i) {
    const auto before = std::chrono::steady_clock::now();
    auto table = ComputeTable(definition, *plan, input);
    best = std::min(best, std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - before));
    ASSERT_TRUE(table.ok()) << table.status();
    EXPECT_EQ(table->rows.size(), 3000u);
  }
  std::printf("3000 peers ranked by rate and printed, best of ten: %lld us\n", static_cast<long long>(best.count()));
}

TEST(LeagueTable, GapsOfDeclaredWholesAreRankedAndPrintedAsGaps) {
  Country country;
  for (const char* code : {"A", "B", "C", "D"}) country.AddChild(code, code);
  for (const char* code : {"A", "B", "C"}) country.SetTarget(code, kStarts, kCity, 100);
  country.SetMissing("D", kStarts, kCity, Missing::kNoTask);
  country.Report("A", kStarts, 90);
  country.Report("B", kStarts, 60);
  country.Report("C", kStarts, 50);
  country.Cell("A", kStarts).declared = 88;   // less than its parts: below zero
  country.Cell("B", kStarts).declared = 65;
  country.SetTarget("A", kStarts, kCity, 100).declared = 103;
  country.SetTarget("B", kStarts, kCity, 100).declared = 100;
  Definition definition = StartsByRate();
  definition.by = SortKey::kGap;
  auto table = country.Rank(definition);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(Ranked(*table), "1 B 5|2 A -2");
  EXPECT_EQ(UnrankedOf(*table), "C NOT_REPORTED|D NOT_REPORTED");
  EXPECT_EQ(table->rows[0].key, "5");
  EXPECT_EQ(table->rows[0].denominator, "100");
  definition.by = SortKey::kTargetGap;
  definition.zero_unranked = true;
  table = country.Rank(definition);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(Ranked(*table), "1 A 3");
  EXPECT_EQ(UnrankedOf(*table), "B ZERO_VALUE|C NO_TARGET|D NO_TASK");
}

TEST(LeagueTable, ColumnsShowSeveralLayersSideBySide) {
  Country country;
  country.AddChild("A", "A");
  country.SetTarget("A", kStarts, Layer::kNational, 28'817);
  country.SetTarget("A", kStarts, kCity, 61'015);
  country.Report("A", kStarts, 30'000);
  Definition definition = StartsByRate();
  definition.columns = {{kStarts, ColumnKind::kTarget, Layer::kNational}, {kStarts, ColumnKind::kRate, Layer::kNational},
                        {kStarts, ColumnKind::kRate, kCity}, {kStarts, ColumnKind::kRate, Layer::kProvince}};
  auto table = country.Rank(definition);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->rows[0].columns, (std::vector<std::string>{"28817", "104.11", "49.17", ""}));
}

}  // namespace
}  // namespace anju::ranking
