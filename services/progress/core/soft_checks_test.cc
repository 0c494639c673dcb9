// Every soft check, from its rules alone; and the targets that two of them look at.
#include "services/progress/core/soft_checks.h"

#include <gtest/gtest.h>

namespace anju::progress {
namespace {

const Date kToday = MakeDate(2017, 7, 1);
constexpr Period k2017{2017, 2017};

// Regions: 2 city ─ 3, 4, 5 counties; 7 area of 5. Programmes: 1 all ─ 2 shantytown ─ 3 shantytown.mine. Indicators: 1 starts ⊃ 2 starts.physical
// ⊃ 3 starts.physical.onsite, 4 completions, 5 built (stock), 6 investment (万元, scale 2), 7 balance (negative allowed).
class SoftChecksTest : public ::testing::Test {
 protected:
  SoftChecksTest() {
    const auto put = [&](RegionNumber number, RegionNumber parent) {
      regions_.Put({{.number = number, .code = "R" + std::to_string(number), .name = "地区" + std::to_string(number), .parent = parent}});
    };
    put(2, 0), put(3, 2), put(4, 2), put(5, 2);
    regions_.Put({{.number = 7, .code = "R7", .name = "片区", .parent = 2, .kind = RegionKind::kArea, .members = {5}}});
    areas_ = AreaIndex(regions_);
    catalogue_.Put(Programme{.number = 1, .code = "all", .name = "合计"});
    catalogue_.Put(Programme{.number = 2, .code = "shantytown", .name = "棚改", .parent = 1});
    catalogue_.Put(Programme{.number = 3, .code = "shantytown.mine", .name = "矿区", .parent = 2});
    const auto indicator = [&](IndicatorNumber number, std::string code, IndicatorNumber part_of = 0) {
      return Indicator{.number = number, .code = code, .name = code, .unit = "套", .units = {{"套", 1, 1}}, .part_of = part_of,
                       .part_kind = part_of == 0 ? PartKind::kNone : PartKind::kPartition};
    };
    catalogue_.Put(indicator(1, "starts"));
    catalogue_.Put(indicator(2, "starts.physical", 1));
    catalogue_.Put(indicator(3, "starts.physical.onsite", 2));
    catalogue_.Put(indicator(4, "completions"));
    Indicator built = indicator(5, "built");
    built.over_time = OverTime::kLast;
    catalogue_.Put(built);
    Indicator investment = indicator(6, "investment");
    investment.unit = "万元", investment.scale = 2;
    catalogue_.Put(investment);
    Indicator balance = indicator(7, "balance", 1);
    balance.negative = true;
    catalogue_.Put(balance);
    rules_ = CheckRulesInForce(catalogue_, imported_);
  }

  void Import(CheckRule rule) {
    imported_[rule.name] = rule;
    rules_ = CheckRulesInForce(catalogue_, imported_);
  }
  SeriesKey Key(IndicatorNumber indicator, RegionNumber region = 3, ProgrammeNumber programme = 2) const {
    return {region, programme, indicator, catalogue_.FindIndicator(indicator)->is_stock() ? Period{} : k2017};
  }
  void Put(const SeriesKey& key, Date as_of, int64_t amount, UpdateKind kind = UpdateKind::kCumulative) {
    SeriesNumber number = series_.Find(key);
    if (number == 0) {
      number = series_.next();
      ASSERT_TRUE(series_.Open(number, key));
    }
    series_.HistoryOf(number).Insert({as_of, ++sequence_, amount, kind});
  }
  Meaning MeaningOf(const SeriesKey& key) const {
    return {.key = key, .indicator = catalogue_.FindIndicator(key.indicator), .series = series_.Find(key)};
  }
  // Names of the rules that the figure trips, with what it was compared with; "!" marks a refusal.
  std::string Trips(const SeriesKey& key, const Figure& figure) {
    const Books books{regions_, catalogue_, areas_, series_, kToday};
    const Meaning meaning = MeaningOf(key);
    CheckTable table;
    SeriesChecks& checks = table.Of(books, {rules_, targets_, boundaries_}, meaning);
    return TripsWith(checks, meaning, figure);
  }
  std::string TripsWith(SeriesChecks& checks, const Meaning& meaning, const Figure& figure) {
    const Books books{regions_, catalogue_, areas_, series_, kToday};
    std::vector<Flag> flags;
    const CheckRule* refuses = checks.Trips(books, meaning, figure, &flags);
    std::string out;
    for (const Flag& flag : flags) out += (out.empty() ? "" : " ") + flag.rule + ":" + std::to_string(flag.compared);
    return refuses == nullptr ? out : out + " !" + refuses->name;
  }
  static Figure At(int month, int64_t amount, UpdateKind kind = UpdateKind::kCumulative) {
    return {.as_of = MakeDate(2017, month, 20), .amount = amount, .kind = kind};
  }
  void AddTarget(const SeriesKey& key, int64_t amount, uint8_t layer = 1, TargetRevision::Kind kind = TargetRevision::Kind::kNumber) {
    targets_.Add({.sequence = ++plan_sequence_, .cells = {{key, layer, kind, amount}}});
  }
  void Amend(const SeriesKey& key, Date effective, int64_t amount, uint8_t layer = 1, TargetRevision::Kind kind = TargetRevision::Kind::kNumber) {
    targets_.Add({.sequence = ++plan_sequence_, .amendment = true, .effective = effective, .cells = {{key, layer, kind, amount}}});
  }

  RegionTree regions_;
  Catalogue catalogue_;
  AreaIndex areas_;
  Boundaries boundaries_;
  SeriesTable series_;
  PlanTargets targets_;
  std::map<std::string, CheckRule> imported_;
  std::vector<CheckRule> rules_;
  uint64_t sequence_ = 0, plan_sequence_ = 0;
};

TEST_F(SoftChecksTest, APlainFigureTripsNothing) { EXPECT_EQ(Trips(Key(1), At(6, 100)), ""); }

TEST_F(SoftChecksTest, FallingIsForCumulativeFlowsOfALaterDate) {
  Put(Key(1), MakeDate(2017, 5, 20), 100);
  EXPECT_EQ(Trips(Key(1), At(6, 99)), "falling:100");
  EXPECT_EQ(Trips(Key(1), At(6, 100)), "");
  EXPECT_EQ(Trips(Key(1), {.as_of = MakeDate(2017, 5, 20), .amount = 99}), "") << "the same day restates";
  EXPECT_EQ(Trips(Key(1), At(6, 1, UpdateKind::kReduction)), "") << "a reduction says that it falls, and why";
  EXPECT_EQ(Trips(Key(1), At(6, 99, UpdateKind::kCorrection)), "");
  Put(Key(5), MakeDate(2017, 5, 20), 100);
  EXPECT_EQ(Trips(Key(5), At(6, 99)), "") << "a stock may fall";
}

TEST_F(SoftChecksTest, AJumpIsLargeBothInPercentAndInUnits) {
  Put(Key(1), MakeDate(2017, 5, 20), 40);
  EXPECT_EQ(Trips(Key(1), At(6, 139)), "") << "99 more";
  EXPECT_EQ(Trips(Key(1), At(6, 140)), "jump:40");
  EXPECT_EQ(Trips(Key(1), At(6, 100, UpdateKind::kIncrement)), "jump:40");
  Put(Key(1), MakeDate(2017, 5, 21), 1'000);
  EXPECT_EQ(Trips(Key(1), At(6, 3'000)), "") << "exactly the limit";
  EXPECT_EQ(Trips(Key(1), At(6, 3'001)), "jump:1000");
  Put(Key(6), MakeDate(2017, 5, 20), 100);  // 1.00 万元
  EXPECT_EQ(Trips(Key(6), At(6, 10'099)), "") << "at_least is in display units";
  EXPECT_EQ(Trips(Key(6), At(6, 10'100)), "jump:100");
  Put(Key(1, 4), MakeDate(2017, 5, 20), 0);
  EXPECT_EQ(Trips(Key(1, 4), At(6, 9'999)), "") << "nothing is a multiple of nothing";
}

TEST_F(SoftChecksTest, APartMayNotExceedItsWholeFromEitherSide) {
  Put(Key(1), MakeDate(2017, 6, 1), 100);
  EXPECT_EQ(Trips(Key(2), At(6, 100)), "");
  EXPECT_EQ(Trips(Key(2), At(6, 101)), "part_above_whole:100");
  EXPECT_EQ(Trips(Key(3), At(6, 101)), "part_above_whole:100") << "also where the step between is not reported";
  EXPECT_EQ(Trips(Key(2), {.as_of = MakeDate(2017, 5, 31), .amount = 101}), "") << "compared with what is in force on its day";
  EXPECT_EQ(Trips(Key(7), At(6, 101)), "") << "with amounts below zero a part may exceed the whole";
  Put(Key(3), MakeDate(2017, 6, 2), 90);
  EXPECT_EQ(Trips(Key(1), {.as_of = MakeDate(2017, 6, 2), .amount = 89, .kind = UpdateKind::kCorrection}), "part_above_whole:90");
  EXPECT_EQ(Trips(Key(2), At(6, 95)), "");
  EXPECT_EQ(Trips(Key(2), At(6, 89)), "part_above_whole:90");
  EXPECT_EQ(Trips(Key(2, 4), At(6, 1'000)), "") << "another region";
}

TEST_F(SoftChecksTest, CompletionsAboveStartsAreSeenWhicheverComesLast) {
  Put(Key(1), MakeDate(2017, 6, 1), 100);
  EXPECT_EQ(Trips(Key(4), At(6, 101)), "above_other:100");
  EXPECT_EQ(Trips(Key(4), At(6, 100)), "");
  Put(Key(4), MakeDate(2017, 6, 2), 100);
  EXPECT_EQ(Trips(Key(1), {.as_of = MakeDate(2017, 6, 2), .amount = 99, .kind = UpdateKind::kCorrection}), "above_other:100");
}

TEST_F(SoftChecksTest, ASeriesThatIsOpenedLaterIsFound) {
  const Books books{regions_, catalogue_, areas_, series_, kToday};
  const Meaning meaning = MeaningOf(Key(4));
  CheckTable table;
  SeriesChecks& checks = table.Of(books, {rules_, targets_, boundaries_}, meaning);
  EXPECT_EQ(TripsWith(checks, meaning, At(6, 101)), "");
  Put(Key(1), MakeDate(2017, 6, 1), 100);
  EXPECT_EQ(TripsWith(checks, meaning, At(6, 101)), "above_other:100");
}

TEST_F(SoftChecksTest, ATableKeepsTheChecksOfOpenedSeriesUntilPlanSaysSomethingNew) {
  Put(Key(1), MakeDate(2017, 6, 1), 100);
  Put(Key(1, 4), MakeDate(2017, 6, 1), 100);
  const Books books{regions_, catalogue_, areas_, series_, kToday};
  const PlanBooks plan{rules_, targets_, boundaries_};
  CheckTable table;
  const Meaning first = MeaningOf(Key(1)), second = MeaningOf(Key(1, 4)), unopened = MeaningOf(Key(4));
  EXPECT_EQ(table.Known(first.series), nullptr);
  EXPECT_EQ(table.Known(0), nullptr);
  EXPECT_EQ(table.Known(99), nullptr);
  EXPECT_EQ(TripsWith(table.Of(books, plan, second), second, At(6, 1000)), "jump:100");
  EXPECT_EQ(table.Known(first.series), nullptr) << "its place is there, its checks are not found yet";
  EXPECT_EQ(TripsWith(table.Of(books, plan, first), first, At(6, 1000)), "jump:100");
  EXPECT_EQ(TripsWith(table.Of(books, plan, unopened), unopened, At(6, 101)), "above_other:100");
  EXPECT_EQ(table.Known(first.series), &table.Of(books, plan, first));

  AddTarget(Key(1), 100);
  table.Forget();
  EXPECT_EQ(table.Known(first.series), nullptr);
  EXPECT_EQ(TripsWith(table.Of(books, plan, first), first, At(6, 151)), "over_target:100");
  EXPECT_EQ(TripsWith(table.Of(books, plan, second), second, At(6, 151)), "not_in_plan:0") << "its region has no target, the other has";
}

TEST_F(SoftChecksTest, LateIsCountedInDaysUnlessItWasPublishedElsewhere) {
  Figure figure{.as_of = Date{kToday.days - 45}, .amount = 1};
  EXPECT_EQ(Trips(Key(1), figure), "");
  figure.as_of.days -= 1;
  EXPECT_EQ(Trips(Key(1), figure), "late:46");
  figure.published = figure.as_of;
  EXPECT_EQ(Trips(Key(1), figure), "");
}

TEST_F(SoftChecksTest, FarOverTheLargestTargetInForce) {
  AddTarget(Key(1), 100, 1);
  AddTarget(Key(1), 80, 2);
  EXPECT_EQ(Trips(Key(1), At(6, 150)), "");
  EXPECT_EQ(Trips(Key(1), At(6, 151)), "over_target:100");
  Amend(Key(1), MakeDate(2017, 6, 1), 200, 2);
  EXPECT_EQ(Trips(Key(1), At(6, 300)), "");
  EXPECT_EQ(Trips(Key(1), {.as_of = MakeDate(2017, 5, 31), .amount = 151}), "over_target:100") << "before the amendment";
  Amend(Key(1), MakeDate(2017, 6, 2), 0, 2, TargetRevision::Kind::kTakenBack);
  EXPECT_EQ(Trips(Key(1), At(6, 151)), "over_target:100");
  AddTarget(Key(1, 4), 0);
  EXPECT_EQ(Trips(Key(1, 4), At(6, 1)), "over_target:0");
  // What was taken over brings its own target along; no printed figure is then the whole.
  boundaries_.Add({.kind = BoundaryKind::kMerge, .date = MakeDate(2017, 6, 1), .region = 5, .into = 4, .share = {1, 1}});
  EXPECT_EQ(Trips(Key(1, 4), {.as_of = MakeDate(2017, 6, 1), .amount = 1}), "");
  EXPECT_EQ(Trips(Key(1, 4), {.as_of = MakeDate(2017, 5, 31), .amount = 1}), "over_target:0") << "it had not taken over anything yet";
}

TEST_F(SoftChecksTest, NotInPlanWhereThePlanHasOthers) {
  EXPECT_EQ(Trips(Key(1), At(6, 10)), "") << "no plan at all";
  AddTarget(Key(1, 4), 100);
  EXPECT_EQ(Trips(Key(1), At(6, 10)), "not_in_plan:0");
  EXPECT_EQ(Trips(Key(4), At(6, 10)), "") << "nobody has a target of completions";
  AddTarget(Key(2, 4), 100);
  AddTarget(Key(1, 3, 1), 100);
  EXPECT_EQ(Trips(Key(1), At(6, 10)), "") << "the programme above it";
  EXPECT_EQ(Trips(Key(2), At(6, 10)), "") << "and the whole of the indicator";
  AddTarget(Key(1, 5), 0, 1, TargetRevision::Kind::kNone);
  EXPECT_EQ(Trips(Key(1, 5), At(6, 10)), "") << "expressly without a number is in the plan";
  EXPECT_EQ(Trips(Key(1, 7), At(6, 10)), "") << "an area whose member is in the plan";
  EXPECT_EQ(Trips(Key(1, 2), At(6, 10)), "not_in_plan:0");
  boundaries_.Add({.kind = BoundaryKind::kRecode, .date = MakeDate(2017, 3, 1), .region = 4, .into = 2, .share = {1, 1}});
  EXPECT_EQ(Trips(Key(1, 2), At(6, 10)), "") << "its predecessor is";
}

TEST_F(SoftChecksTest, ACellThatWasTakenBackIsNotInPlanFromThatDay) {
  AddTarget(Key(1, 4), 100);
  AddTarget(Key(1), 100);
  Amend(Key(1), MakeDate(2017, 6, 1), 0, 1, TargetRevision::Kind::kTakenBack);
  EXPECT_EQ(Trips(Key(1), At(6, 10)), "not_in_plan:0");
  EXPECT_EQ(Trips(Key(1), {.as_of = MakeDate(2017, 5, 31), .amount = 10}), "");
  Amend(Key(1), MakeDate(2017, 6, 10), 50);
  EXPECT_EQ(Trips(Key(1), At(6, 10)), "");
}

TEST_F(SoftChecksTest, RulesAreReplacedScopedAndTurnedOff) {
  Put(Key(1), MakeDate(2017, 5, 20), 100);
  Put(Key(1, 3, 3), MakeDate(2017, 5, 20), 100);
  Import({.name = "falling", .check = SoftCheck::kFalling, .programme = 3, .action = CheckAction::kFlag});
  EXPECT_EQ(Trips(Key(1), At(6, 99)), "");
  EXPECT_EQ(Trips(Key(1, 3, 3), At(6, 99)), "falling:100");
  Import({.name = "falling", .check = SoftCheck::kFalling, .action = CheckAction::kOff});
  EXPECT_EQ(Trips(Key(1, 3, 3), At(6, 99)), "");
  Import({.name = "doubled", .check = SoftCheck::kJump, .indicator = 1, .limit = 200, .at_least = 1, .action = CheckAction::kExplain});
  EXPECT_EQ(Trips(Key(1), At(6, 201)), "doubled:100 !doubled");
  EXPECT_EQ(Trips(Key(1), At(6, 301)), "doubled:100 jump:100 !doubled");
  Figure explained = At(6, 201);
  explained.explanation = "新开工两个项目";
  EXPECT_EQ(Trips(Key(1), explained), "doubled:100");
  Import({.name = "money", .check = SoftCheck::kAboveOther, .indicator = 6, .other = 1, .action = CheckAction::kFlag});
  EXPECT_EQ(Trips(Key(6), At(6, 1'000'000)), "") << "other units cannot be compared";
}

TEST(PlanTargetsTest, OfFirstDocumentsTheFirstNumberHolds) {
  PlanTargets targets;
  const SeriesKey key{3, 2, 1, k2017};
  const auto add = [&](TargetRevision::Kind kind, int64_t amount, uint8_t layer) { targets.Add({.cells = {{key, layer, kind, amount}}}); };
  add(TargetRevision::Kind::kNone, 0, 1);
  EXPECT_EQ(targets.Find(key)->LargestOn(MakeDate(2017, 6, 1)), std::nullopt);
  add(TargetRevision::Kind::kNumber, 5, 1);
  add(TargetRevision::Kind::kNumber, 9, 1);
  EXPECT_EQ(targets.Find(key)->LargestOn(MakeDate(2017, 1, 1)), 5);
  EXPECT_EQ(targets.Find(key)->LargestOn(MakeDate(2016, 12, 31)), std::nullopt);
  // An amendment of 1 January stands over the first document, whichever comes later.
  targets.Add({.amendment = true, .effective = MakeDate(2017, 1, 1), .cells = {{key, 1, TargetRevision::Kind::kNumber, 7}}});
  EXPECT_EQ(targets.Find(key)->LargestOn(MakeDate(2017, 1, 1)), 7);
  add(TargetRevision::Kind::kNumber, 6, 2);
  EXPECT_EQ(targets.Find(key)->LargestOn(MakeDate(2017, 1, 1)), 7);
  EXPECT_EQ(targets.Find({4, 2, 1, k2017}), nullptr);
}

}  // namespace
}  // namespace anju::progress
