// Tests of the catalogue: wholes and parts, units as tables print them, and everything that makes a catalogue unusable.
#include "common/catalogue/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/status.h"

namespace anju {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Programme Node(ProgrammeNumber number, std::string code, ProgrammeNumber parent) { return {number, code, code + "名", parent, false, {}}; }
Programme Group(ProgrammeNumber number, std::string code, std::vector<ProgrammeNumber> members) {
  return {number, code, code + "名", 0, true, std::move(members)};
}

Indicator Counted(IndicatorNumber number, std::string code, std::string unit = "套", int scale = 0, std::string accepted = "") {
  Indicator indicator;
  indicator.number = number;
  indicator.code = code;
  indicator.name = code + "名";
  indicator.unit = unit;
  indicator.scale = scale;
  indicator.units = *ParseUnits(unit, scale, accepted);
  return indicator;
}

Indicator PartOf(Indicator indicator, IndicatorNumber whole, PartKind kind) {
  indicator.part_of = whole;
  indicator.part_kind = kind;
  return indicator;
}

int64_t Amount(const Indicator& indicator, std::string_view number, std::string_view unit) {
  const auto amount = ToAmount(indicator, *ParseDecimal(number), unit);
  return amount.ok() ? *amount : INT64_MIN;
}

Reason AmountError(const Indicator& indicator, std::string_view number, std::string_view unit) {
  return ErrorsOf(ToAmount(indicator, *ParseDecimal(number), unit).status())[0].reason;
}

TEST(Catalogue, PartsAreTreeChildrenOrGroupMembers) {
  Catalogue catalogue;
  catalogue.Put(Group(5, "policy", {3, 2}));  // before its members: an event lists them in any order
  catalogue.Put(Node(1, "all", 0));
  catalogue.Put(Node(3, "economical", 1));
  catalogue.Put(Node(2, "low_rent", 1));
  catalogue.Put(Group(4, "rental", {2}));
  ASSERT_TRUE(catalogue.Validate().ok()) << catalogue.Validate();
  EXPECT_THAT(catalogue.PartsOf(1), ElementsAre(2, 3));
  EXPECT_THAT(catalogue.PartsOf(5), ElementsAre(2, 3));
  EXPECT_THAT(catalogue.PartsOf(2), IsEmpty());
  EXPECT_THAT(catalogue.WholesOf(2), ElementsAre(1, 4, 5));
  EXPECT_THAT(catalogue.WholesOf(3), ElementsAre(1, 5));
  EXPECT_THAT(catalogue.WholesOf(1), IsEmpty());
}

TEST(Catalogue, PutReplacesEveryTraceOfTheOldEntry) {
  Catalogue catalogue;
  catalogue.Put(Node(1, "all", 0));
  catalogue.Put(Node(2, "low_rent", 1));
  catalogue.Put(Group(3, "policy", {2}));
  catalogue.Put(Node(2, "low_rent_2", 0));
  catalogue.Put(Group(3, "policy", {1}));
  EXPECT_THAT(catalogue.PartsOf(1), IsEmpty());
  EXPECT_THAT(catalogue.PartsOf(3), ElementsAre(1));
  EXPECT_THAT(catalogue.WholesOf(2), IsEmpty());
  EXPECT_THAT(catalogue.WholesOf(1), ElementsAre(3));
  EXPECT_FALSE(catalogue.ResolveProgramme("low_rent").ok());
  EXPECT_EQ(*catalogue.ResolveProgramme("low_rent_2"), 2u);

  catalogue.Put(Counted(1, "starts"));
  catalogue.Put(PartOf(Counted(2, "starts.monetised"), 1, PartKind::kPartition));
  EXPECT_THAT(catalogue.OfWhich(1), ElementsAre(2));
  catalogue.Put(Counted(2, "monetised"));
  EXPECT_THAT(catalogue.OfWhich(1), IsEmpty());
  EXPECT_FALSE(catalogue.ResolveIndicator("starts.monetised").ok());
}

TEST(Catalogue, ResolvesCodesAndNamesThatOnlyOneHas) {
  Catalogue catalogue;
  catalogue.Put(Counted(1, "starts"));
  Indicator a = Counted(2, "finished");
  Indicator b = Counted(3, "completions");
  a.name = b.name = "建成";
  catalogue.Put(a);
  catalogue.Put(b);
  EXPECT_EQ(*catalogue.ResolveIndicator("starts"), 1u);
  EXPECT_EQ(*catalogue.ResolveIndicator("starts名"), 1u);
  const absl::Status twice = catalogue.ResolveIndicator("建成").status();
  EXPECT_TRUE(HasReason(twice, Reason::UNKNOWN_INDICATOR));
  EXPECT_THAT(ErrorsOf(twice)[0].candidates, ElementsAre("finished 建成", "completions 建成"));
  EXPECT_TRUE(HasReason(catalogue.ResolveIndicator("start").status(), Reason::UNKNOWN_INDICATOR));
  EXPECT_TRUE(HasReason(catalogue.ResolveProgramme("").status(), Reason::UNKNOWN_PROGRAMME));
}

TEST(Catalogue, ValidateNamesEveryFault) {
  struct Case {
    std::string what;
    std::vector<Programme> programmes;
    std::vector<Indicator> indicators;
  };
  Programme member = Node(2, "b", 0);
  member.members = {1};
  Indicator stock = Counted(1, "built");
  stock.over_time = OverTime::kLast;
  Indicator flow_with_entries = Counted(2, "flow");
  flow_with_entries.entries = 3;
  Indicator stock_of_stock = Counted(2, "total");
  stock_of_stock.over_time = OverTime::kLast;
  stock_of_stock.exits = 1;
  Indicator entries_unknown = stock;
  entries_unknown.entries = 9;
  Indicator no_own_unit = Counted(1, "x");
  no_own_unit.units = {{"户", 1, 1}};
  Indicator half_part = Counted(2, "y");
  half_part.part_of = 1;
  const Case cases[] = {
      {"unknown parent", {Node(1, "a", 9)}, {}},
      {"its own parent", {Node(1, "a", 1)}, {}},
      {"circle", {Node(1, "a", 2), Node(2, "b", 1)}, {}},
      {"group as parent", {Group(1, "g", {}), Node(2, "b", 1)}, {}},
      {"circle of groups", {Group(1, "g", {2}), Group(2, "h", {1})}, {}},
      {"unknown member", {Group(1, "g", {9})}, {}},
      {"members of no group", {Node(1, "a", 0), member}, {}},
      {"one code twice", {Node(1, "a", 0), Node(2, "a", 0)}, {}},
      {"unknown whole", {}, {PartOf(Counted(1, "x"), 9, PartKind::kSubset)}},
      {"part of itself", {}, {PartOf(Counted(1, "x"), 2, PartKind::kSubset), PartOf(Counted(2, "y"), 1, PartKind::kSubset)}},
      {"part of another unit", {}, {Counted(1, "x"), PartOf(Counted(2, "y", "户"), 1, PartKind::kSubset)}},
      {"part of another scale", {}, {Counted(1, "x"), PartOf(Counted(2, "y", "套", 2), 1, PartKind::kPartition)}},
      {"part without a kind", {}, {Counted(1, "x"), half_part}},
      {"entries of a flow", {}, {Counted(3, "in"), flow_with_entries}},
      {"exits that are a stock", {}, {stock, stock_of_stock}},
      {"unknown entries", {}, {entries_unknown}},
      {"does not accept its own unit", {}, {no_own_unit}},
      {"one indicator code twice", {}, {Counted(1, "x"), Counted(2, "x")}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    Catalogue catalogue;
    for (const Programme& programme : c.programmes) catalogue.Put(programme);
    for (const Indicator& indicator : c.indicators) catalogue.Put(indicator);
    EXPECT_TRUE(HasReason(catalogue.Validate(), Reason::BROKEN_CATALOGUE)) << catalogue.Validate();
  }
}

TEST(Units, FactorsAreExactInSmallestUnits) {
  const Indicator money = Counted(1, "investment", "万元", 2, "万元=1;亿元=10000;元=0.0001");
  EXPECT_EQ(Amount(money, "16267.62", "万元"), 1'626'762);
  EXPECT_EQ(Amount(money, "21.00", "亿元"), 21'000'000);
  EXPECT_EQ(Amount(money, "712620", ""), 71'262'000);
  EXPECT_EQ(Amount(money, "7126200", "元"), 71'262);
  EXPECT_EQ(AmountError(money, "712621", "元"), Reason::NUMBER_TOO_FINE);
  EXPECT_EQ(AmountError(money, "0.001", "万元"), Reason::NUMBER_TOO_FINE);
  EXPECT_EQ(Amount(money, "0.010", "万元"), 1);
  EXPECT_EQ(AmountError(money, "1", "美元"), Reason::UNKNOWN_UNIT);
  EXPECT_EQ(AmountError(money, "-1", "万元"), Reason::NEGATIVE_NUMBER);
  EXPECT_EQ(Amount(money, "10000000000000.00", "万元"), kAmountMax);
  EXPECT_EQ(AmountError(money, "10000000000000.01", "万元"), Reason::NUMBER_TOO_LARGE);
  EXPECT_EQ(AmountError(money, "999999999999999999", "亿元"), Reason::NUMBER_TOO_LARGE);
  Indicator change = money;
  change.negative = true;
  EXPECT_EQ(Amount(change, "-1.5", "万元"), -150);
  EXPECT_EQ(FormatAmount(money, 1'626'762), "16267.62");
}

TEST(Units, NamesAreComparedAsTablesPrintThem) {
  const std::pair<std::string, std::string> cases[] = {
      {"套(户)", "套"},  {"套（户）", "套"}, {"套 (间)", "套"},     {"套/户", "套"},       {"套、间", "套"},   {"套、户", "套"},
      {"平方米", "㎡"},  {"万平方米", "万㎡"}, {"万 m²", "万㎡"},  {"平方公里", "平方公里"}, {"户", "户"},     {"套", "套"},
      {"万套（户）", "万套"}, {"％", "%"},   {"", ""},
  };
  for (const auto& [printed, folded] : cases) EXPECT_EQ(FoldUnit(printed), folded) << printed;
  const Indicator starts = Counted(1, "starts", "套", 0, "户=1;万套=10000");
  EXPECT_EQ(Amount(starts, "5485", "户"), 5485);
  EXPECT_EQ(Amount(starts, "103387", "套（户）"), 103'387);
  EXPECT_EQ(Amount(starts, "17.96", "万套"), 179'600);
  const Indicator area = Counted(1, "floor_area", "万㎡", 4, "㎡=0.0001");
  EXPECT_EQ(Amount(area, "17136", "平方米"), 17'136);
  EXPECT_EQ(Amount(area, "6.185", "万平方米"), 61'850);
}

TEST(Units, ListIsReadAndWrittenWithoutLoss) {
  const auto units = ParseUnits("万元", 2, " 亿元=10000; 元=0.0001 ;;万元=1");
  ASSERT_TRUE(units.ok()) << units.status();
  EXPECT_THAT(*units, ElementsAre(Unit{"万元", 100, 1}, Unit{"亿元", 1'000'000, 1}, Unit{"元", 1, 100}));
  Indicator indicator = Counted(1, "investment", "万元", 2, "亿元=10000;元=0.0001");
  EXPECT_EQ(FormatUnits(indicator), "万元=1;亿元=10000;元=0.0001");
  EXPECT_EQ(*ParseUnits("万元", 2, FormatUnits(indicator)), indicator.units);
}

TEST(Units, BadListsAreRefused) {
  for (const char* list : {"亿元", "亿元=", "亿元=0", "亿元=-1", "亿元=1e4", "亿元=10000;亿元=1000", "万元=2", "亿元=999999999999999999"}) {
    EXPECT_TRUE(HasReason(ParseUnits("万元", 2, list).status(), Reason::BROKEN_CATALOGUE)) << list;
  }
  EXPECT_TRUE(HasReason(ParseUnits("万元", 9, "").status(), Reason::BROKEN_CATALOGUE));
}

TEST(Units, APureNumberHasNoUnit) {
  const Indicator ratio = Counted(1, "plot_ratio", "", 2);
  EXPECT_EQ(Amount(ratio, "2.8", ""), 280);
  EXPECT_EQ(AmountError(ratio, "2.8", "%"), Reason::UNKNOWN_UNIT);
}

}  // namespace
}  // namespace anju
