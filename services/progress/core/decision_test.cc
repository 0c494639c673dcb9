// Every verdict and every reason an item can get, from the rules alone.
#include "services/progress/core/decision.h"

#include <gtest/gtest.h>

#include "common/decimal/decimal.h"
#include "services/progress/core/content.h"

namespace anju::progress {
namespace {

const Date kToday = MakeDate(2017, 7, 1);

RegionTree TestRegions() {
  RegionTree tree;
  const auto put = [&](RegionNumber number, std::string code, std::string name, RegionNumber parent, auto... change) {
    Region region{.number = number, .code = std::move(code), .name = std::move(name), .parent = parent, .level = RegionLevel::kCounty};
    (change(region), ...);
    tree.Put({region});
  };
  put(2, "533400", "迪庆州", 0);
  put(3, "533401", "香格里拉市", 2);
  put(4, "533422", "德钦县", 2);
  put(6, "533400-KFQ", "开发区", 2, [](Region& region) { region.valid_to = MakeDate(2017, 6, 1); });
  put(7, "533400-A", "中心城区", 2, [](Region& region) { region.kind = RegionKind::kArea, region.members = {3}; });
  put(8, "5334-X", "德钦县", 2);
  return tree;
}

Catalogue TestCatalogue() {
  Catalogue catalogue;
  catalogue.Put(Programme{.number = 2, .code = "shantytown", .name = "棚户区改造"});
  catalogue.Put(Indicator{.number = 1, .code = "starts", .name = "新开工", .unit = "套", .units = {{"套", 1, 1}, {"万套", 10'000, 1}}});
  catalogue.Put(Indicator{.number = 2, .code = "built", .name = "建成", .unit = "套", .units = {{"套", 1, 1}}, .over_time = OverTime::kLast});
  catalogue.Put(Indicator{.number = 3, .code = "investment", .name = "投资", .unit = "万元", .scale = 2, .units = {{"万元", 100, 1}}});
  catalogue.Put(Indicator{.number = 4, .code = "balance", .name = "差额", .unit = "套", .units = {{"套", 1, 1}}, .negative = true});
  return catalogue;
}

// The registry, and a series table that starts with: 533401/shantytown/starts/2017 = 100 on 1 March (sequence 1), +50 on 1 May (2).
class DecisionTest : public ::testing::Test {
 protected:
  DecisionTest() : regions_(TestRegions()), catalogue_(TestCatalogue()), areas_(regions_) {
    EXPECT_TRUE(series_.Open(1, {3, 2, 1, {2017, 2017}}));
    series_.HistoryOf(1).Insert({MakeDate(2017, 3, 1), 1, 100, UpdateKind::kCumulative});
    series_.HistoryOf(1).Insert({MakeDate(2017, 5, 1), 2, 50, UpdateKind::kIncrement});
  }

  Outcome Decide(const SeriesText& text, const ItemText& item) {
    const Books books{regions_, catalogue_, areas_, series_, kToday};
    refused_ = Refused{};
    if (!ReadItem(item, &figure_, &refused_)) return Outcome::kRefused;
    if (!Resolve(books, text, figure_.as_of, false, &meaning_, &refused_)) return Outcome::kRefused;
    if (!Measure(*meaning_.indicator, text.unit, item, &figure_, &refused_)) return Outcome::kRefused;
    return Judge(books, meaning_, figure_, 100, &refused_);
  }

  RegionTree regions_;
  Catalogue catalogue_;
  AreaIndex areas_;
  SeriesTable series_;
  Figure figure_;
  Meaning meaning_;
  Refused refused_;
};

constexpr SeriesText kStarts{"533401", "shantytown", "starts", "2017", ""};
constexpr SeriesText kOther{"533422", "shantytown", "starts", "2017", ""};
constexpr SeriesText kInvestment{"533422", "shantytown", "investment", "2017", ""};
constexpr SeriesText kBalance{"533422", "shantytown", "balance", "2017", ""};

ItemText Text(std::string_view value, std::string_view as_of, std::string_view kind = "", std::string_view explanation = "",
              std::string_view corrects = "", std::string_view published = "") {
  return {.text = value, .explanation = explanation, .published = published, .as_of = as_of, .kind_text = kind, .corrects_text = corrects};
}

struct Case {
  const char* name;
  SeriesText series;
  ItemText item;
  Outcome outcome;
  Reason reason = Reason::INTERNAL;
  const char* field = "";
};

TEST_F(DecisionTest, EveryVerdictAndReason) {
  const std::string long_text(kExplanationBytesMax + 1, 'x');
  const Outcome accepted = Outcome::kAccepted, unchanged = Outcome::kUnchanged, refused = Outcome::kRefused;
  const Case cases[] = {
      {"a later cumulative", kStarts, Text("180", "2017-06-01"), accepted},
      {"the same figure on another date", kStarts, Text("100", "2017-03-02"), accepted},
      {"the same figure at its date", kStarts, Text("100", "2017-03-01"), unchanged},
      {"another figure at its date", kStarts, Text("101", "2017-03-01"), accepted},
      {"the total where an increment is in force", kStarts, Text("150", "2017-05-01"), accepted},
      {"an increment twice is two increments", kStarts, Text("50", "2017-05-01", "increment"), accepted},
      {"a correction", kStarts, Text("90", "2017-03-01", "correction"), accepted},
      {"a correction equal to what is in force", kStarts, Text("100", "2017-03-01", "correction"), accepted},
      {"a correction that names its update", kStarts, Text("90", "2017-03-01", "更正", "", "1"), accepted},
      {"a reduction", kStarts, Text("150", "2017-06-01", "reduction", "重复统计"), accepted},
      {"a first increment", kOther, Text("5", "2017-03-01", "increment"), accepted},
      {"a name that is unique", {"香格里拉市", "棚户区改造", "新开工", "2017", "套"}, Text("7", "2017-06-02"), accepted},
      {"another unit", {"533401", "shantytown", "starts", "2017", "万套"}, Text("1.5", "2017-06-02"), accepted},
      {"a stock without period", {"533401", "shantytown", "built", "", ""}, Text("7", "2017-06-02"), accepted},
      {"after the plan year", {"533401", "shantytown", "starts", "2016", ""}, Text("7", "2017-06-02"), accepted},
      {"nested years", {"533401", "shantytown", "starts", "2011-2015", ""}, Text("7", "2011-06-02"), accepted},
      {"below zero where allowed", kBalance, Text("-7", "2017-06-02"), accepted},
      {"a closed region while it was open", {"533400-KFQ", "shantytown", "starts", "2017", ""}, Text("7", "2017-05-31"), accepted},

      {"no region", {"", "shantytown", "starts", "2017", ""}, Text("7", "2017-06-02"), refused, Reason::MISSING_FIELD, "region"},
      {"no programme", {"533401", "", "starts", "2017", ""}, Text("7", "2017-06-02"), refused, Reason::MISSING_FIELD, "programme"},
      {"no indicator", {"533401", "shantytown", "", "2017", ""}, Text("7", "2017-06-02"), refused, Reason::MISSING_FIELD, "indicator"},
      {"a flow without period", {"533401", "shantytown", "starts", "", ""}, Text("7", "2017-06-02"), refused, Reason::MISSING_FIELD, "plan_year"},
      {"unknown region", {"999999", "shantytown", "starts", "2017", ""}, Text("7", "2017-06-02"), refused, Reason::UNKNOWN_REGION, "region"},
      {"a name of two regions", {"德钦县", "shantytown", "starts", "2017", ""}, Text("7", "2017-06-02"), refused, Reason::AMBIGUOUS_REGION, "region"},
      {"unknown programme", {"533401", "x", "starts", "2017", ""}, Text("7", "2017-06-02"), refused, Reason::UNKNOWN_PROGRAMME, "programme"},
      {"unknown indicator", {"533401", "shantytown", "x", "2017", ""}, Text("7", "2017-06-02"), refused, Reason::UNKNOWN_INDICATOR, "indicator"},
      {"unknown unit", {"533401", "shantytown", "starts", "2017", "公顷"}, Text("7", "2017-06-02"), refused, Reason::UNKNOWN_UNIT, "unit"},
      {"a closed region", {"533400-KFQ", "shantytown", "starts", "2017", ""}, Text("7", "2017-06-01"), refused, Reason::REGION_CLOSED, "region"},
      {"a stock with period", {"533401", "shantytown", "built", "2017", ""}, Text("7", "2017-06-02"), refused, Reason::BAD_PERIOD, "plan_year"},
      {"not a period", {"533401", "shantytown", "starts", "2017Q1", ""}, Text("7", "2017-06-02"), refused, Reason::BAD_PERIOD, "plan_year"},
      {"not a number", kStarts, Text("1,000", "2017-06-02"), refused, Reason::BAD_NUMBER, "value"},
      {"a huge number", kStarts, Text("1000000000000001", "2017-06-02"), refused, Reason::NUMBER_TOO_LARGE, "value"},
      {"a huge amount", kStarts, {.as_of_days = kToday.days, .amount = kAmountMax + 1}, refused, Reason::NUMBER_TOO_LARGE, "value"},
      {"more decimals than kept", kInvestment, Text("1.234", "2017-06-02"), refused, Reason::NUMBER_TOO_FINE, "value"},
      {"below zero", kStarts, Text("-1", "2017-06-02"), refused, Reason::NEGATIVE_NUMBER, "value"},
      {"an amount below zero", kStarts, {.as_of_days = kToday.days, .amount = -1}, refused, Reason::NEGATIVE_NUMBER, "value"},
      {"a reduction below zero", kBalance, Text("-1", "2017-06-02", "reduction", "x"), refused, Reason::NEGATIVE_NUMBER, "value"},
      {"a reduction of nothing", kStarts, Text("0", "2017-06-02", "reduction", "x"), refused, Reason::BAD_VALUE, "value"},
      {"not a date", kStarts, Text("7", "2017-02-30"), refused, Reason::BAD_DATE, "as_of"},
      {"days out of range", kStarts, {.as_of_days = 1 << 30, .amount = 7}, refused, Reason::BAD_DATE, "as_of"},
      {"published on no date", kStarts, Text("7", "2017-06-02", "", "", "", "yesterday"), refused, Reason::BAD_DATE, "published"},
      {"unknown kind", kStarts, Text("7", "2017-06-02", "total"), refused, Reason::BAD_VALUE, "kind"},
      {"kind out of range", kStarts, {.as_of_days = kToday.days, .amount = 7, .kind = 9}, refused, Reason::BAD_VALUE, "kind"},
      {"corrects is no number", kStarts, Text("7", "2017-06-02", "correction", "", "#1"), refused, Reason::BAD_NUMBER, "corrects"},
      {"a novel as explanation", kStarts, Text("7", "2017-06-02", "", long_text), refused, Reason::BAD_VALUE, "explanation"},
      {"before the plan year", kStarts, Text("7", "2016-12-31"), refused, Reason::BEFORE_PLAN_YEAR, "as_of"},
      {"tomorrow", kStarts, Text("7", "2017-07-02"), refused, Reason::FUTURE_DATE, "as_of"},
      {"published tomorrow", kStarts, Text("7", "2017-06-02", "", "", "", "2017-07-02"), refused, Reason::FUTURE_DATE, "published"},
      {"a reduction without reason", kStarts, Text("7", "2017-06-02", "reduction"), refused, Reason::EXPLANATION_REQUIRED, "explanation"},
      {"a correction of nothing", kOther, Text("7", "2017-06-02", "correction"), refused, Reason::NOTHING_TO_CORRECT, "corrects"},
      {"a correction before the first figure", kStarts, Text("7", "2017-02-28", "correction"), refused, Reason::NOTHING_TO_CORRECT, "corrects"},
      {"a correction of another series' update", kStarts, Text("7", "2017-03-01", "correction", "", "77"), refused, Reason::NOTHING_TO_CORRECT, "corrects"},
      {"a reduction of nothing there", kOther, Text("7", "2017-06-02", "reduction", "x"), refused, Reason::NOTHING_TO_CORRECT, "corrects"},
      {"more taken off than there is", kStarts, Text("151", "2017-06-01", "reduction", "x"), refused, Reason::BELOW_ZERO, "value"},
      {"more added than any figure", kStarts, Text("999999999999900", "2017-06-01", "increment"), refused, Reason::NUMBER_TOO_LARGE, "value"},
      {"an area whose member reported", {"533400-A", "shantytown", "starts", "2017", ""}, Text("7", "2017-06-02"), refused, Reason::AREA_OVERLAP, "region"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(Decide(c.series, c.item), c.outcome) << ReasonName(refused_.reason) << " " << refused_.field << " " << refused_.value;
    if (c.outcome != Outcome::kRefused) continue;
    EXPECT_EQ(ReasonName(refused_.reason), ReasonName(c.reason));
    EXPECT_EQ(refused_.field, c.field);
  }
}

TEST_F(DecisionTest, AMemberOfAnAreaThatReportedIsRefused) {
  ASSERT_TRUE(series_.Open(2, {7, 2, 3, {2017, 2017}}));
  EXPECT_EQ(Decide({"533401", "shantytown", "investment", "2017", ""}, Text("7", "2017-06-02")), Outcome::kRefused);
  EXPECT_EQ(refused_.reason, Reason::AREA_OVERLAP);
  EXPECT_EQ(refused_.candidates, std::vector<std::string>{"533400-A 中心城区"});
  // Its neighbour is no member.
  EXPECT_EQ(Decide(kInvestment, Text("7", "2017-06-02")), Outcome::kAccepted);
}

TEST_F(DecisionTest, AWholeProgrammeOfAnAreaAndAPartOfItOfAMemberOverlap) {
  catalogue_.Put(Programme{.number = 1, .code = "all", .name = "合计"});
  catalogue_.Put(Programme{.number = 2, .code = "shantytown", .name = "棚户区改造", .parent = 1});
  catalogue_.Put(Programme{.number = 3, .code = "shantytown.urban", .name = "城市棚户区", .parent = 2});
  catalogue_.Put(Programme{.number = 4, .code = "low_rent", .name = "廉租住房", .parent = 1});
  // 533401 has a figure of shantytown; 533400-A is an area of it.
  for (const char* programme : {"all", "shantytown", "shantytown.urban"}) {
    EXPECT_EQ(Decide({"533400-A", programme, "starts", "2017", ""}, Text("7", "2017-06-02")), Outcome::kRefused) << programme;
    EXPECT_EQ(refused_.reason, Reason::AREA_OVERLAP);
  }
  EXPECT_EQ(Decide({"533400-A", "low_rent", "starts", "2017", ""}, Text("7", "2017-06-02")), Outcome::kAccepted);
  EXPECT_EQ(Decide({"533400-A", "all", "investment", "2017", ""}, Text("7", "2017-06-02")), Outcome::kAccepted);
}

TEST_F(DecisionTest, WhatIsNotThereCannotBeCorrectedOrReduced) {
  ASSERT_TRUE(series_.Open(2, {4, 2, 1, {2017, 2017}}));
  series_.HistoryOf(2).Insert({MakeDate(2017, 3, 1), 3, 70, UpdateKind::kCumulative});
  struct Named {
    const char* what;
    SeriesText series;
    const char *as_of, *corrects;
  };
  for (const Named& c : {Named{"an unknown sequence", kStarts, "2017-06-02", "99"}, Named{"a sequence of another series", kStarts, "2017-06-02", "3"},
                         Named{"an empty series", kInvestment, "2017-06-02", ""}, Named{"an empty series, by a sequence of another", kInvestment, "2017-06-02", "1"},
                         Named{"a day before the first figure", kStarts, "2017-02-01", ""}}) {
    SCOPED_TRACE(c.what);
    for (const char* kind : {"correction", "reduction"}) {
      EXPECT_EQ(Decide(c.series, Text("7", c.as_of, kind, "审计核减", c.corrects)), Outcome::kRefused);
      EXPECT_EQ(refused_.reason, Reason::NOTHING_TO_CORRECT);
      EXPECT_EQ(refused_.field, "corrects");
      EXPECT_EQ(refused_.value, c.corrects);
    }
  }
  EXPECT_EQ(Decide(kStarts, Text("7", "2017-06-02", "reduction", "审计核减", "2")), Outcome::kAccepted);
}

TEST_F(DecisionTest, AnEarlierReductionMayNotSinkALaterDate) {
  series_.HistoryOf(1).Insert({MakeDate(2017, 6, 1), 3, 150, UpdateKind::kReduction});  // leaves nothing
  EXPECT_EQ(Decide(kStarts, Text("1", "2017-03-15", "reduction", "x")), Outcome::kRefused);
  EXPECT_EQ(refused_.reason, Reason::BELOW_ZERO);
  // Nor may a smaller figure before it.
  EXPECT_EQ(Decide(kStarts, Text("99", "2017-03-01")), Outcome::kRefused);
  EXPECT_EQ(Decide(kStarts, Text("101", "2017-03-01")), Outcome::kAccepted);
}

TEST_F(DecisionTest, AnAmbiguousNameListsItsCandidates) {
  EXPECT_EQ(Decide({"德钦县", "shantytown", "starts", "2017", ""}, Text("7", "2017-06-02")), Outcome::kRefused);
  EXPECT_EQ(refused_.candidates.size(), 2u);
}

TEST_F(DecisionTest, ValuesInRefusalsAreCutAtACharacter) {
  std::string value;
  while (value.size() < 300) value += "县";
  EXPECT_EQ(Decide({value, "shantytown", "starts", "2017", ""}, Text("7", "2017-06-02")), Outcome::kRefused);
  EXPECT_LE(refused_.value.size(), kErrorValueBytesMax);
  EXPECT_EQ(refused_.value.size() % 3, 0u);
}

TEST_F(DecisionTest, ACodeHoldsForItsRowAndANameForItsDay) {
  const Books books{regions_, catalogue_, areas_, series_, kToday};
  Meaning meaning;
  ASSERT_TRUE(Resolve(books, {"533400-KFQ", "shantytown", "starts", "2017", ""}, MakeDate(2017, 1, 5), false, &meaning, &refused_));
  EXPECT_TRUE(meaning.HoldsOn(MakeDate(2017, 5, 31)));
  EXPECT_FALSE(meaning.HoldsOn(MakeDate(2017, 6, 1)));
  ASSERT_TRUE(Resolve(books, {"开发区", "shantytown", "starts", "2017", ""}, MakeDate(2017, 1, 5), false, &meaning, &refused_));
  EXPECT_TRUE(meaning.HoldsOn(MakeDate(2017, 1, 5)));
  EXPECT_FALSE(meaning.HoldsOn(MakeDate(2017, 1, 6)));
}

TEST_F(DecisionTest, PrintedAndUnitAreKeptWhereTheyDifferFromTheCanonicalForm) {
  ASSERT_EQ(Decide({"533422", "shantytown", "investment", "2017", "万元"}, Text("1.5", "2017-06-02")), Outcome::kAccepted);
  EXPECT_EQ(figure_.printed, "");
  EXPECT_EQ(figure_.unit, "");
  EXPECT_EQ(figure_.amount, 150);
  ASSERT_EQ(Decide(kInvestment, Text("1.50", "2017-06-02")), Outcome::kAccepted);
  EXPECT_EQ(figure_.printed, "1.50");
  ASSERT_EQ(Decide({"533401", "shantytown", "starts", "2017", "万套"}, Text("1.5", "2017-06-02")), Outcome::kAccepted);
  EXPECT_EQ(figure_.printed, "1.5");
  EXPECT_EQ(figure_.unit, "万套");
  EXPECT_EQ(figure_.amount, 15'000);
}

TEST(ContentTest, EveryFieldOfAnAcceptedFigureCounts) {
  const Figure base{.as_of = kToday, .amount = 7};
  std::vector<Figure> figures(10, base);
  figures[1].as_of = Date{kToday.days + 1};
  figures[2].amount = 8;
  figures[3].kind = UpdateKind::kIncrement;
  figures[4].corrects = 1;
  figures[5].published = kToday;
  figures[6].explanation = "x";
  figures[7].printed = "x";
  figures[8].unit = "x";
  figures[9].published = Date{0};
  for (size_t a = 0; a < figures.size(); ++a) {
    EXPECT_NE(AcceptedDigest(1, figures[a]), AcceptedDigest(2, figures[a]));
    for (size_t b = a + 1; b < figures.size(); ++b) EXPECT_NE(AcceptedDigest(1, figures[a]), AcceptedDigest(1, figures[b])) << a << " " << b;
  }
}

TEST(ContentTest, TextsOfASentItemDoNotRunTogether) {
  EXPECT_NE(SentDigest({"ab", "c", "", "", ""}, {}), SentDigest({"a", "bc", "", "", ""}, {}));
  EXPECT_NE(SentDigest({"a", "", "", "", ""}, {}), SentDigest({"", "a", "", "", ""}, {}));
  // Digests are stored for ever: this number may never change.
  EXPECT_EQ(SentDigest({"533401", "shantytown", "starts", "2017", ""}, {.as_of_days = 17'000, .amount = 7}),
            SentDigest({"533401", "shantytown", "starts", "2017", ""}, {.as_of_days = 17'000, .amount = 7}));
}

}  // namespace
}  // namespace anju::progress
