// Answers at their edges: gaps and undivided periods as asked, stocks under the year of their targets, milestones of regions that nobody is above,
// explanations, and a registry that does not have what the figures are of.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/aggregator/core/explain.h"
#include "services/aggregator/core/gaps.h"
#include "services/aggregator/core/milestone_view.h"
#include "services/aggregator/core/view.h"
#include "services/aggregator/core/world_for_tests.h"

namespace anju::aggregator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::MakeCatalogue;
using testing::MakeRegion;
using testing::SeriesBook;

constexpr Period k2015{2015, 2015}, k2017{2017, 2017}, kPlan{2014, 2017}, kAlways{};
constexpr ProgrammeNumber kUrban = 3, kMine = 4;
constexpr IndicatorNumber kStarts = 1, kBuilt = 3;
const Date kMay = MakeDate(2017, 5, 1), kJune = MakeDate(2017, 6, 1);

// A province (1) over a city (2) over two counties (3, 4), and what is said about them.
class ViewEdges : public ::testing::Test {
 protected:
  ViewEdges() {
    regions_.Put({MakeRegion(1, "P", 0, RegionLevel::kProvince)});
    regions_.Put({MakeRegion(2, "C", 1, RegionLevel::kCity)});
    for (const RegionNumber county : {3u, 4u}) regions_.Put({MakeRegion(county, "X" + std::to_string(county), 2)});
    Register();
  }
  void Register() { state_.ReplaceRegistry(regions_, MakeCatalogue(), boundaries_); }
  void Report(const CellKey& cell, int64_t amount, Date as_of = kMay) {
    const std::vector<ProgressChange> changes = book_.Update(cell, {.as_of = as_of, .amount = amount});
    ASSERT_TRUE(state_.CheckProgress(0, changes).ok());
    state_.ApplyProgress(0, "a", changes);
  }
  void Print(const std::vector<PrintedTarget>& targets) {
    ++plan_;
    state_.AddDocument(plan_, {.number = std::to_string(plan_) + "号"}, targets);
  }
  // Everything that was said, seen with these books.
  View WithBooks(const Books& books) { return View(state_, {.as_of = {}, .tree = {}, .known = Known{}}, books); }
  View Now() { return View(state_, {}); }
  static std::vector<CellKey> KeysOf(const std::vector<Cell>& cells) {
    std::vector<CellKey> keys;
    for (const Cell& cell : cells) keys.push_back(cell.key);
    return keys;
  }

  RegionTree regions_;
  Boundaries boundaries_;
  State state_{1};
  SeriesBook book_;
  uint64_t plan_ = 0;
};

TEST_F(ViewEdges, GapsAreThoseAskedForTheLargestFirst) {
  const CellKey city{2, kUrban, kStarts, k2017}, province{1, kUrban, kStarts, k2017}, mine{2, kMine, kStarts, k2017};
  Report({3, kUrban, kStarts, k2017}, 10);
  Report({4, kUrban, kStarts, k2017}, 20);
  Report(city, 50);      // 30 by its counties
  Report(province, 29);  // less than by its cities
  Report({3, kMine, kStarts, k2017}, 7);
  Report({2, kMine, 5, k2017}, 1);
  Print({{.cell = mine, .layer = Layer::kCity, .target = {.amount = 40, .declared = 45}},
         {.cell = mine, .layer = Layer::kProvince, .target = {.missing = Missing::kBlank}},
         {.cell = mine, .layer = Layer::kNational, .target = {.amount = 3}},
         {.cell = {3, kMine, kStarts, k2015}, .layer = Layer::kCity, .target = {.amount = 1, .declared = 9}}});
  View view = Now();
  EXPECT_THAT(KeysOf(GapsOf(view, {.region = 1, .period = k2017})), ElementsAre(city, province, mine)) << "figures before targets";
  EXPECT_THAT(KeysOf(GapsOf(view, {.region = 2, .period = k2017})), ElementsAre(city, mine));
  EXPECT_THAT(KeysOf(GapsOf(view, {.region = 1, .period = k2017, .programme = kMine})), ElementsAre(mine));
  EXPECT_THAT(KeysOf(GapsOf(view, {.region = 1, .period = k2017, .indicator = kStarts})), ElementsAre(city, province, mine));
  EXPECT_THAT(GapsOf(view, {.region = 1, .period = k2017, .indicator = 5}), IsEmpty());
  EXPECT_THAT(KeysOf(GapsOf(view, {.region = 1})), ElementsAre(city, province, (CellKey{3, kMine, kStarts, k2015}), mine)) << "of every period";
}

TEST_F(ViewEdges, TheGapOfAStockStandsOnceUnlessAYearIsAsked) {
  Report({3, kUrban, kBuilt, kAlways}, 10);
  Report({4, kUrban, kBuilt, kAlways}, 20);
  Report({2, kUrban, kBuilt, kAlways}, 45);
  Print({{.cell = {2, kUrban, kBuilt, k2017}, .layer = Layer::kCity, .target = {.amount = 100, .declared = 90}},
         {.cell = {2, kUrban, kBuilt, k2015}, .layer = Layer::kCity, .target = {.amount = 80}}});
  View view = Now();
  const CellKey always{2, kUrban, kBuilt, kAlways}, year{2, kUrban, kBuilt, k2017};
  EXPECT_THAT(KeysOf(GapsOf(view, {.region = 1})), ElementsAre(always, year)) << "the year for its target alone, and none of 2015";
  const std::vector<Cell> asked = GapsOf(view, {.region = 1, .period = k2017});
  ASSERT_THAT(KeysOf(asked), ElementsAre(year));
  EXPECT_EQ(asked[0].figures.actual, 30);
  EXPECT_EQ(asked[0].figures.declared, 45);
  // A catalogue that knew nothing of the stock yet does not know that it stands under no year.
  const Catalogue empty;
  View earlier = WithBooks({&regions_, &empty, &boundaries_});
  EXPECT_THAT(KeysOf(GapsOf(earlier, {.region = 1, .period = k2017})), ElementsAre(year)) << "for its printed target";
  EXPECT_EQ(earlier.At(year).actual, std::nullopt);
}

TEST_F(ViewEdges, WhoIsDeeperThanATreeCanBeStandsWithinNobody) {
  RegionTree chain;
  for (RegionNumber number = 1; number <= kRegionDepthMax + 3; ++number) chain.Put({MakeRegion(number, "R" + std::to_string(number), number - 1)});
  const DatedTree tree(chain, {}, kMay);
  EXPECT_TRUE(StandsWithin(tree, kRegionDepthMax + 1, 1));
  EXPECT_FALSE(StandsWithin(tree, kRegionDepthMax + 3, 1));
  EXPECT_FALSE(StandsWithin(tree, 3, 4));
}

TEST_F(ViewEdges, OfARegionThatTheRegistryOfThenDoesNotHaveOnlyWhatIsPrintedIsSaid) {
  const CellKey late{4, kUrban, kStarts, k2017};
  Report(late, 20);
  Report({3, kUrban, kStarts, k2017}, 10);
  Report({2, kUrban, kStarts, k2017}, 50);
  Print({{.cell = late, .layer = Layer::kCity, .target = {.amount = 60, .declared = 66}}});
  RegionTree regions;
  for (const RegionNumber number : {1u, 2u, 3u}) regions.Put(*regions_.Rows(number));
  const Catalogue catalogue = MakeCatalogue();
  View view = WithBooks({&regions, &catalogue, &boundaries_});
  EXPECT_EQ(view.At({2, kUrban, kStarts, k2017}).actual, 10) << "without a county that is not there";
  EXPECT_EQ(view.At(late).actual, std::nullopt);
  EXPECT_EQ(view.At(late).targets[static_cast<size_t>(Layer::kCity)]->amount, 60);
  EXPECT_EQ(view.At({2, kUrban, kStarts, k2017}).targets[static_cast<size_t>(Layer::kCity)], std::nullopt);
  EXPECT_THAT(KeysOf(GapsOf(view, {.region = 1, .period = k2017})), ElementsAre((CellKey{2, kUrban, kStarts, k2017})));
  EXPECT_THAT(view.SummedChildrenOf(2, k2017), ElementsAre(3));
  // Nor does a fold that goes on to where the region reports.
  view.MoveOn(Known{}, {late});
  EXPECT_EQ(view.At({2, kUrban, kStarts, k2017}).actual, 10);
}

TEST_F(ViewEdges, ChildrenAreListedForThePeriodsTheyCountIn) {
  regions_.Put({MakeRegion(5, "D", 1, RegionLevel::kCity)});
  Region until = MakeRegion(4, "X4", 2), since = MakeRegion(4, "X4", 5);
  until.valid_to = since.valid_from = MakeDate(2016, 1, 1);
  regions_.Put({until, since});
  Register();
  for (const Period period : {k2015, k2017}) {
    for (const RegionNumber county : {3u, 4u}) Report({county, kUrban, kStarts, period}, county, FirstDay(period));
  }
  Report({4, kMine, kStarts, k2017}, 8, MakeDate(2016, 3, 1));
  View view = Now();
  EXPECT_THAT(KeysOf(Rollup(view, {.region = 2, .programme = kUrban})),
              ElementsAre((CellKey{2, kUrban, kStarts, k2015}), (CellKey{2, kUrban, kStarts, k2017}), (CellKey{3, kUrban, kStarts, k2015}),
                          (CellKey{3, kUrban, kStarts, k2017}), (CellKey{4, kUrban, kStarts, k2015})));
  EXPECT_THAT(view.ChildrenOf(2, k2017), ElementsAre(3));
  EXPECT_EQ(PeriodOfTree({}), kAlways);
  const ColumnAnswer nothing = ColumnOf(view, 5, {});
  EXPECT_THAT(nothing.cells, IsEmpty());
  EXPECT_EQ(nothing.regions.front(), 5u);
  // Changes alone make another tree, though the rows are the state's own.
  Boundaries merged;
  merged.Add({.kind = BoundaryKind::kMerge, .date = MakeDate(2016, 6, 1), .region = 4, .into = 3, .share = {1, 1}});
  const Catalogue catalogue = MakeCatalogue();
  View other = WithBooks({&state_.regions(), &catalogue, &merged});
  EXPECT_EQ(other.At({3, kUrban, kStarts, k2017}).actual, 3) << "reported for the new territory";
  EXPECT_EQ(other.At({3, kMine, kStarts, k2017}).actual, 8) << "inherited";
  EXPECT_EQ(view.At({3, kMine, kStarts, k2017}).actual, std::nullopt);
}

TEST_F(ViewEdges, AStockIsListedUnderAYearWhereATargetIs) {
  Report({3, kUrban, kBuilt, kAlways}, 10);
  Report({4, kUrban, kBuilt, kAlways}, 20);
  Print({{.cell = {4, kUrban, kBuilt, k2017}, .layer = Layer::kCity, .target = {.amount = 100}}});
  View view = Now();
  EXPECT_THAT(KeysOf(Rollup(view, {.region = 2, .programme = kUrban})),
              ElementsAre((CellKey{2, kUrban, kBuilt, kAlways}), (CellKey{2, kUrban, kBuilt, k2017}), (CellKey{3, kUrban, kBuilt, kAlways}),
                          (CellKey{4, kUrban, kBuilt, kAlways}), (CellKey{4, kUrban, kBuilt, k2017})));
  // No total was ever kept for this year.
  const std::vector<Cell> later = Rollup(view, {.region = 2, .period = {2031, 2031}, .programme = kUrban});
  ASSERT_THAT(later, SizeIs(3));
  EXPECT_EQ(later[0].figures.actual, 30);
  EXPECT_EQ(later[0].key.period, (Period{2031, 2031}));
  const Catalogue empty;
  View earlier = WithBooks({&regions_, &empty, &boundaries_});
  EXPECT_THAT(KeysOf(Rollup(earlier, {.region = 2, .period = k2017, .programme = kUrban})), ElementsAre((CellKey{4, kUrban, kBuilt, k2017})));
}

TEST_F(ViewEdges, PeriodsGivenOnlyWholeAreSaidOfWhatIsAsked) {
  Print({{.cell = {2, kUrban, kStarts, kPlan}, .layer = Layer::kCity, .target = {.amount = 10}},
         {.cell = {2, kMine, kStarts, kPlan}, .layer = Layer::kCity, .target = {.amount = 10}},
         {.cell = {2, kUrban, 5, kPlan}, .layer = Layer::kCity, .target = {.amount = 10}},
         {.cell = {2, kUrban, kBuilt, kPlan}, .layer = Layer::kCity, .target = {.amount = 10}}});
  View view = Now();
  const RollupQuery all{.region = 2, .period = k2015};
  EXPECT_THAT(UndividedPeriods(view, all), SizeIs(2)) << "of a stock nothing is to be divided";
  EXPECT_THAT(UndividedPeriods(view, {.region = 2}), IsEmpty());
  EXPECT_THAT(UndividedPeriods(view, {.region = 2, .period = {2013, 2013}}), IsEmpty());
  EXPECT_THAT(UndividedPeriods(view, {.region = 2, .period = k2015, .indicator = 5}), ElementsAre(HasSubstr("completions: 2015 lies inside")));
  const std::vector<std::string> mine = UndividedPeriods(view, {.region = 2, .period = k2015, .programme = kMine});
  ASSERT_THAT(mine, SizeIs(1));
  EXPECT_THAT(mine[0], HasSubstr("2014-2017 (shantytown.mine)."));
  // Without names where the registry has none.
  const RegionTree nowhere;
  const Catalogue empty;
  View earlier = WithBooks({&nowhere, &empty, &boundaries_});
  EXPECT_THAT(UndividedPeriods(earlier, {.region = 2, .period = k2015, .programme = kMine}),
              ElementsAre(" , : 2015 lies inside a period that is given only whole: 2014-2017 ()."));
}

TEST_F(ViewEdges, SoManyUndividedPeriodsAreSaidAndNoMore) {
  std::vector<PrintedTarget> targets;
  for (RegionNumber county = 10; county < 10 + kNotesMax + 5; ++county) {
    regions_.Put({MakeRegion(county, "X" + std::to_string(county), 2)});
    targets.push_back({.cell = {county, kUrban, kStarts, kPlan}, .layer = Layer::kCity, .target = {.amount = 10}});
  }
  Register();
  Print(targets);
  View view = Now();
  EXPECT_THAT(UndividedPeriods(view, {.region = 2, .period = k2015}), SizeIs(kNotesMax));
}

TEST_F(ViewEdges, MilestonesAreThoseAskedAndTheLastWordOfADocument) {
  const CellKey starts{3, kUrban, kStarts, k2017}, completions{3, kUrban, 5, k2017}, mine{3, kMine, kStarts, k2015};
  const auto milestone = [](CellKey cell) { return Milestone{.cell = cell, .by = MakeDate(2017, 9, 30), .share_digits = 50}; };
  const std::vector<MilestonesOf> documents = {
      {.sequence = 1, .document = "甲", .milestones = {milestone(mine)}},
      {.sequence = 2, .document = "乙", .milestones = {milestone(starts), milestone(completions)}},
      {.sequence = 3, .document = "甲", .milestones = {milestone(mine), milestone(mine)}},
      {.sequence = 4, .document = "丙", .milestones = {milestone(starts)}}};
  const auto count = [&](const RollupQuery& query, Moment moment = {}) { return MilestoneView(state_, moment, state_.books(), documents).Of({3}, query).size(); };
  EXPECT_EQ(count({}), 5u);
  EXPECT_EQ(count({.programme = kMine}), 2u);
  EXPECT_EQ(count({.indicator = 5}), 1u);
  EXPECT_EQ(count({.period = k2017}), 3u);
  EXPECT_EQ(count({}, {.as_of = {}, .tree = {}, .known = Known{.plan = 2, .progress = {}}}), 3u) << "the earlier word";
  EXPECT_THAT(MilestoneView(state_, {}, state_.books(), documents).Of({2}, {}), IsEmpty());

  // "By now" is the newest date of the figures that they are about.
  MilestoneView silent(state_, {}, state_.books(), documents);
  EXPECT_THAT(silent.Of({3}, {}), SizeIs(5));
  EXPECT_EQ(silent.day(), std::nullopt);
  Report(starts, 10, kMay);
  Report(completions, 5, kJune);
  Report(mine, 5, MakeDate(2017, 2, 1));
  MilestoneView view(state_, {}, state_.books(), documents);
  for (const MilestoneLine& line : view.Of({3}, {})) EXPECT_EQ(line.standing.days_left, 121);
  EXPECT_EQ(view.day(), kJune);
}

TEST_F(ViewEdges, ARootAnswersToTheLevelAboveIt) {
  const RegionLevel levels[] = {RegionLevel::kCountry, RegionLevel::kProvince, RegionLevel::kCity, RegionLevel::kCounty, RegionLevel::kUnit};
  std::vector<PrintedTarget> targets;
  MilestonesOf document{.sequence = 1, .document = "甲", .milestones = {}};
  std::vector<RegionNumber> roots;
  for (size_t i = 0; i < std::size(levels); ++i) {
    roots.push_back(10 + static_cast<RegionNumber>(i));
    regions_.Put({MakeRegion(roots[i], "R" + std::to_string(i), 0, levels[i])});
  }
  roots.push_back(4);
  Register();
  for (const RegionNumber root : roots) {
    const CellKey cell{root, kUrban, kStarts, k2017};
    for (const Layer layer : {Layer::kNational, Layer::kProvince, Layer::kCity, Layer::kCounty}) {
      targets.push_back({.cell = cell, .layer = layer, .target = {.amount = 100 + static_cast<int64_t>(layer)}});
    }
    document.milestones.push_back({.cell = cell, .by = kJune, .share_digits = 100});
  }
  Print(targets);
  const std::vector<MilestonesOf> documents = {document};
  const auto bases = [&](const Books& books) {
    std::vector<int64_t> bases;
    for (const MilestoneLine& line : MilestoneView(state_, {.as_of = kMay}, books, documents).Of(roots, {})) bases.push_back(line.standing.base.value_or(-1));
    return bases;
  };
  EXPECT_THAT(bases(state_.books()), ElementsAre(100, 100, 101, 102, 103, 102));
  const RegionTree nowhere;
  EXPECT_THAT(bases({&nowhere, &state_.catalogue(), &boundaries_}), ElementsAre(100, 100, 100, 100, 100, 100)) << "nobody knows who is above";
}

TEST_F(ViewEdges, AShareIsOfTheLayerOrTheIndicatorThatItNames) {
  const CellKey cell{3, kUrban, kStarts, k2017};
  Print({{.cell = cell, .layer = Layer::kCity, .target = {.amount = 200}},
         {.cell = cell, .layer = Layer::kProvince, .target = {.amount = 300}},
         {.cell = cell, .layer = Layer::kNational, .target = {.missing = Missing::kNoTask}}});
  Report(cell, 120);
  Report({3, kUrban, 5, k2017}, 80);
  const auto stand = [&](Milestone milestone) {
    milestone.cell = cell;
    milestone.by = kJune;
    milestone.share_digits = 50;
    const std::vector<MilestonesOf> documents = {{.sequence = 1, .document = "甲", .milestones = {milestone}}};
    return MilestoneView(state_, {}, state_.books(), documents).Of({3}, {}).front().standing;
  };
  EXPECT_EQ(stand({}).required, 100) << "of the target of the city above";
  EXPECT_EQ(stand({}).state, MilestoneState::kMet);
  EXPECT_EQ(stand({.layer = Layer::kProvince}).required, 150);
  EXPECT_EQ(stand({.layer = Layer::kCounty}).required, 100) << "nobody printed that layer";
  EXPECT_EQ(stand({.layer = Layer::kNational}).required, 100) << "a word is no number";
  EXPECT_EQ(stand({.of = 5}).required, 40);
  EXPECT_EQ(stand({.of = 4}).required, std::nullopt) << "never reported";
  EXPECT_EQ(stand({.cohort = k2017}).required, 100);
  EXPECT_EQ(stand({.cohort = k2015}), (MilestoneStanding{.days_left = 31})) << "reported under another year";
}

TEST_F(ViewEdges, AnExplanationOfAStockShowsItsFiguresUnderTheYearOfItsTargets) {
  Report({3, kUrban, kBuilt, kAlways}, 10);
  Report({4, kUrban, kBuilt, kAlways}, 20);
  Print({{.cell = {2, kUrban, kBuilt, k2017}, .layer = Layer::kCity, .target = {.amount = 100}}});
  View view = Now();
  const Explanation stock = Explain(view, {2, kUrban, kBuilt, k2017});
  EXPECT_EQ(stock.cell.figures.actual, 30);
  EXPECT_EQ(stock.figure.rule, Rule::kChildren);
  EXPECT_THAT(KeysOf(stock.parts), ElementsAre((CellKey{3, kUrban, kBuilt, k2017}), (CellKey{4, kUrban, kBuilt, k2017})));
  ASSERT_THAT(stock.contributions, SizeIs(2));
  EXPECT_EQ(stock.contributions[1].fact.cell, (CellKey{4, kUrban, kBuilt, kAlways}));
  ASSERT_TRUE(stock.contributions[1].in_force.has_value());
  EXPECT_THAT(stock.contributions[1].in_force->entries, SizeIs(1));
  EXPECT_EQ(stock.targets[static_cast<size_t>(Layer::kCity)].rule, Rule::kOwn);
  // An indicator that the catalogue does not have adds nothing up: only what stands in the cell itself.
  const Catalogue empty;
  View earlier = WithBooks({&regions_, &empty, &boundaries_});
  const Explanation unknown = Explain(earlier, {3, kUrban, kBuilt, kAlways});
  EXPECT_EQ(unknown.figure.rule, Rule::kOwn);
  EXPECT_EQ(unknown.cell.figures.actual, 10);
  EXPECT_EQ(Explain(earlier, {2, kUrban, kBuilt, kAlways}).figure.rule, Rule::kNone);
}

TEST_F(ViewEdges, PartsOfOneRegionStandByProgramme) {
  Report({3, kMine, kStarts, k2017}, 10);
  Report({3, kUrban, kStarts, k2017}, 20);
  View view = Now();
  const Explanation explanation = Explain(view, {3, 2, kStarts, k2017});
  EXPECT_EQ(explanation.figure.rule, Rule::kProgrammes);
  EXPECT_THAT(KeysOf(explanation.parts), ElementsAre((CellKey{3, kUrban, kStarts, k2017}), (CellKey{3, kMine, kStarts, k2017})));
  EXPECT_EQ(explanation.cell.figures.actual, 30);
}

TEST_F(ViewEdges, AFigureThatWasPassedOnTwiceIsExplainedAllTheWay) {
  const CellKey first{3, kUrban, kStarts, k2017}, second{3, kMine, kStarts, k2017};
  Report(first, 10, MakeDate(2017, 1, 1));
  Report(second, 21, MakeDate(2017, 1, 1));
  Region gone = MakeRegion(3, "X3", 2), between = MakeRegion(5, "X5", 2), half = MakeRegion(6, "X6", 2), other = MakeRegion(7, "X7", 2);
  gone.valid_to = between.valid_from = MakeDate(2017, 3, 1);
  between.valid_to = half.valid_from = other.valid_from = MakeDate(2017, 4, 1);
  for (const Region& row : {gone, between, half, other}) regions_.Put({row});
  boundaries_.Add({.kind = BoundaryKind::kRecode, .date = gone.valid_to, .region = 3, .into = 5, .share = {1, 1}});
  boundaries_.Add({.kind = BoundaryKind::kSplit, .date = between.valid_to, .region = 5, .into = 6, .share = {1, 2}});
  boundaries_.Add({.kind = BoundaryKind::kSplit, .date = between.valid_to, .region = 5, .into = 7, .share = {1, 2}});
  Register();
  View view = Now();
  const Explanation explanation = Explain(view, {7, 2, kStarts, k2017});
  ASSERT_THAT(explanation.contributions, SizeIs(2));
  int64_t sum = 0;
  for (const Contribution& contribution : explanation.contributions) {
    EXPECT_THAT(contribution.fact.path, ElementsAre(0, 2));
    sum += contribution.fact.counted;
  }
  EXPECT_EQ(sum, explanation.cell.figures.actual);
  EXPECT_EQ(view.At({2, 2, kStarts, k2017}).actual, 31) << "what was passed on is counted once";
}

TEST_F(ViewEdges, ASharedSumIsHandedOutOverItsFiguresExactly) {
  // County 3 is split with its two units (8, 9), which end with it: their sum passes on as one fact.
  Region gone = MakeRegion(3, "X3", 2);
  gone.valid_to = kMay;
  regions_.Put({gone});
  for (const RegionNumber unit : {8u, 9u}) {
    Region row = MakeRegion(unit, "U" + std::to_string(unit), 3, RegionLevel::kUnit);
    row.valid_to = kMay;
    regions_.Put({row});
  }
  for (const RegionNumber part : {6u, 7u}) {
    Region row = MakeRegion(part, "X" + std::to_string(part), 2);
    row.valid_from = kMay;
    regions_.Put({row});
    boundaries_.Add({.kind = BoundaryKind::kSplit, .date = kMay, .region = 3, .into = part, .share = {1, 2}});
  }
  Register();
  const auto report = [&](ProgrammeNumber programme, int64_t eighth, int64_t ninth) {
    Report({8, programme, kStarts, k2017}, eighth, MakeDate(2017, 1, 1));
    Report({9, programme, kStarts, k2017}, ninth, MakeDate(2017, 1, 1));
  };
  report(kUrban, 10, 21);
  report(kMine, -10, 21);
  report(5, 10, -10);
  View view = Now();
  const auto counted = [&](RegionNumber region, ProgrammeNumber programme) {
    const Explanation explanation = Explain(view, {region, programme, kStarts, k2017});
    std::vector<int64_t> counted;
    int64_t sum = 0;
    for (const Contribution& contribution : explanation.contributions) sum += counted.emplace_back(contribution.fact.counted);
    EXPECT_EQ(sum, explanation.cell.figures.actual);
    return counted;
  };
  EXPECT_THAT(counted(6, kUrban), ElementsAre(5, 11)) << "16 of 31: what is left goes to the larger remainder";
  EXPECT_THAT(counted(7, kUrban), ElementsAre(5, 10)) << "15 of 31";
  EXPECT_THAT(counted(6, kMine), ElementsAre(-5, 11)) << "6 of 11, one figure below zero";
  EXPECT_THAT(counted(7, kMine), ElementsAre(-5, 10));
  EXPECT_THAT(counted(6, 5), ElementsAre(0, 0)) << "they cancel out";
  EXPECT_EQ(view.At({2, kUrban, kStarts, k2017}).actual, 31);
}

}  // namespace
}  // namespace anju::aggregator
