// Properties of the running totals over random worlds: equal to the fold after every step, conserving, blind to the order of arrival.
#include "services/aggregator/core/state.h"

#include <gtest/gtest.h>

#include <functional>

#include "services/aggregator/core/view.h"
#include "services/aggregator/core/world_for_tests.h"

namespace anju::aggregator {
namespace {

using testing::kIndicators;
using testing::kProgrammes;
using testing::MakeCatalogue;
using testing::RandomWorld;
using testing::SeriesBook;
using testing::Worlds;

// Cells that the running totals or the fold could know anything about.
std::vector<CellKey> EveryCell(const State& state) {
  std::vector<CellKey> cells;
  for (const Totals::Column& column : state.totals().columns()) {
    for (const RegionNumber region : state.regions().Numbers()) {
      cells.push_back({region, column.programme, column.indicator, column.period});
    }
  }
  return cells;
}

void ExpectEqualsFold(const State& state) {
  Fold fold = state.DatedFold(Moment{});
  for (const CellKey& cell : EveryCell(state)) {
    const CellFigures running = state.Current(cell), folded = fold.At(cell);
    ASSERT_TRUE(running == folded) << "region " << cell.region << " programme " << cell.programme << " indicator " << cell.indicator
                                   << " period " << FormatPeriod(cell.period) << " running "
                                   << running.actual.value_or(-1) << " folded " << folded.actual.value_or(-1) << " newest "
                                   << (running.newest_as_of ? FormatDate(*running.newest_as_of) : "") << " "
                                   << (folded.newest_as_of ? FormatDate(*folded.newest_as_of) : "");
  }
}

TEST(StateTest, RunningTotalsEqualTheFoldAfterEveryStepAndNameEveryChangedCell) {
  for (uint64_t seed = 1; seed <= Worlds(10); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomWorld world(seed);
    for (int i = 0; i < 4; ++i) world.ChangeBoundary();
    State state(2);
    state.ReplaceRegistry(world.regions(), MakeCatalogue(), world.boundaries());
    SeriesBook books[2];
    std::map<CellKey, CellFigures> mirror;  // what a follower of the changes knows
    for (uint64_t step = 1; step <= 120; ++step) {
      const uint32_t dice = world.Below(20);
      if (dice == 0) {
        world.ChangeTree();
        state.ReplaceRegistry(world.regions(), MakeCatalogue(), world.boundaries());
      } else if (dice == 1) {
        world.ChangeBoundary();
        state.ReplaceRegistry(world.regions(), MakeCatalogue(), world.boundaries());
      } else if (dice <= 4) {
        state.AddDocument(step, world.AnyDocumentInfo(step), world.AnyDocument());
      } else {
        const Slot slot = world.Below(2);
        const auto changes = dice == 5 ? books[slot].Review(world.Below(1000), static_cast<ReviewState>(1 + world.Below(3)))
                                       : books[slot].Update(world.AnyCell(), world.AnyEntry(step));
        ASSERT_TRUE(state.CheckProgress(slot, changes).ok());
        state.ApplyProgress(slot, slot == 0 ? "b" : "a", changes);
      }
      ExpectEqualsFold(state);
      if (HasFatalFailure()) return;
      for (const State::ChangedCell& changed : state.TakeChanged()) mirror[State::KeyOf(changed)] = state.CurrentCell(changed).figures;
      for (const CellKey& cell : EveryCell(state)) ASSERT_TRUE(mirror[cell] == state.Current(cell)) << "step " << step;
    }
  }
}

TEST(StateTest, WhereASumWasTakenTheChildrenMakeTheParent) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomWorld world(seed);
    for (int i = 0; i < 3; ++i) world.ChangeTree();
    State state(1);
    state.ReplaceRegistry(world.regions(), MakeCatalogue());
    SeriesBook book;
    std::set<CellKey> reported;
    for (uint64_t i = 1; i <= 200; ++i) {
      const CellKey cell = world.AnyCell();
      reported.insert(cell);
      state.ApplyProgress(0, "j", book.Update(cell, world.AnyEntry(i)));
    }
    int sums = 0;
    for (const CellKey& cell : EveryCell(state)) {
      if (cell.indicator == 4) continue;
      std::optional<int64_t> sum;
      for (const RegionNumber child : state.totals().FindTree(cell.period)->Children(cell.region)) {
        // An area adds only what was reported for itself, under the programme or one below it.
        if (state.totals().FindTree(cell.period)->IsArea(child)) {
          static const std::vector<std::vector<ProgrammeNumber>> kBelow = {{}, {1, 2, 3, 4, 5, 6}, {2, 3, 4}, {3}, {4}, {5}, {6}, {5, 6, 7}};
          bool own = false;
          for (const ProgrammeNumber below : kBelow[cell.programme]) own |= reported.count({child, below, cell.indicator, cell.period}) > 0;
          if (!own) continue;
        }
        const auto part = state.Current({child, cell.programme, cell.indicator, cell.period}).actual;
        if (part) sum = sum.value_or(0) + *part;
      }
      if (!sum) continue;
      ++sums;
      ASSERT_EQ(state.Current(cell).actual, sum) << "region " << cell.region << " programme " << cell.programme;
    }
    EXPECT_GT(sums, 20);
  }
}

// One journal's events as closures, each with the number of plan events it needs.
struct Step {
  size_t plan_needed = 0;
  std::function<void(State&)> apply;
};

TEST(StateTest, EveryInterleavingOfTheFeedsGivesTheSameDump) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomWorld world(seed);
    std::vector<Step> plan, progress[2];
    SeriesBook books[2];
    const auto registry = [&] {
      return [regions = world.regions(), boundaries = world.boundaries()](State& state) {
        state.ReplaceRegistry(regions, MakeCatalogue(), boundaries);
      };
    };
    plan.push_back({0, registry()});
    for (uint64_t i = 0; i < 150; ++i) {
      const uint32_t dice = world.Below(12);
      if (dice == 0) {
        world.ChangeTree();
        world.ChangeBoundary();
        plan.push_back({0, registry()});
      } else if (dice == 1) {
        plan.push_back({0, [i, info = world.AnyDocumentInfo(i + 1), document = world.AnyDocument()](State& state) {
                          state.AddDocument(i + 1, info, document);
                        }});
      } else {
        const Slot slot = world.Below(2);
        auto changes = dice == 2 ? books[slot].Review(world.Below(1000), static_cast<ReviewState>(1 + world.Below(3)))
                                 : books[slot].Update(world.AnyCell(), world.AnyEntry(i));
        if (dice == 3) changes.back().note = std::make_shared<Note>(Note{{{"jump", 4, 7}}, "原因\t说明"});
        progress[slot].push_back({plan.size(), [slot, changes = std::move(changes)](State& state) {
                                    state.ApplyProgress(slot, slot == 0 ? "b" : "a", changes);
                                  }});
      }
    }
    std::vector<std::string> expected;
    for (int round = 0; round < 6; ++round) {
      State state(2);
      size_t planned = 0, done[2] = {0, 0};
      while (planned < plan.size() || done[0] < progress[0].size() || done[1] < progress[1].size()) {
        // Round 0 applies the whole plan first, the others at random.
        const uint32_t dice = round == 0 && planned < plan.size() ? 2 : world.Below(3);
        if (dice == 2) {
          if (planned < plan.size()) plan[planned++].apply(state);
        } else if (done[dice] < progress[dice].size() && progress[dice][done[dice]].plan_needed <= planned) {
          progress[dice][done[dice]++].apply(state);
        }
      }
      const std::vector<std::string> dump = Dump(state);
      if (round == 0) expected = dump;
      ASSERT_EQ(dump, expected) << "round " << round;
    }
    EXPECT_GT(expected.size(), 50U);
  }
}

TEST(StateTest, ABlockThatCannotBeOfThisJournalChangesNothing) {
  RandomWorld world(1);
  State state(1);
  state.ReplaceRegistry(world.regions(), MakeCatalogue());
  const ProgressChange open{.kind = ProgressChange::Kind::kOpenSeries, .series = 1, .cell = {5, 1, 1, {2017, 2017}}};
  ProgressChange unknown = open, out_of_turn = open, stock_with_year = open;
  unknown.cell.region = 99;
  out_of_turn.series = 2;
  stock_with_year.cell.indicator = 3;
  for (const ProgressChange& bad : {unknown, out_of_turn, stock_with_year, ProgressChange{.series = 1}}) {
    EXPECT_EQ(state.CheckProgress(0, {bad}).code(), absl::StatusCode::kDataLoss);
  }
  EXPECT_TRUE(state.CheckProgress(0, {open, ProgressChange{.series = 1}}).ok());
}

TEST(ViewTest, ARollupListsTheRegionThenItsChildrenInOfficialOrderWithStocksOfTheAskedYear) {
  RegionTree regions;
  regions.Put({testing::MakeRegion(1, "C", 0, RegionLevel::kCity)});
  Region first = testing::MakeRegion(3, "B", 1), second = testing::MakeRegion(2, "A", 1);
  first.order = 1;
  second.order = 2;
  regions.Put({first});
  regions.Put({second});
  State state(1);
  state.ReplaceRegistry(regions, MakeCatalogue());
  SeriesBook book;
  const auto report = [&](const CellKey& cell, int64_t amount) {
    state.ApplyProgress(0, "j", book.Update(cell, {.as_of = MakeDate(2017, 6, 30), .amount = amount}));
  };
  report({2, 3, 1, {2017, 2017}}, 4);
  report({3, 3, 1, {2017, 2017}}, 5);
  report({3, 3, 1, {2016, 2016}}, 50);
  report({3, 5, 3, {}}, 7);
  state.AddDocument(1, {.number = "D"}, {{.cell = {3, 5, 3, {2017, 2017}}, .layer = Layer::kCity, .target = {.amount = 9}},
                          {.cell = {2, 4, 5, {2015, 2018}}, .layer = Layer::kCity, .target = {.amount = 11}}});
  for (const bool dated : {false, true}) {
    View view(state, Moment{.as_of = dated ? std::optional<Date>(MakeDate(2017, 7, 1)) : std::nullopt});
    const std::vector<Cell> cells = Rollup(view, {.region = 1, .period = {2017, 2017}, .programme = 0, .indicator = 1});
    std::vector<RegionNumber> order;
    for (const Cell& cell : cells) {
      if (cell.key.programme == 3) order.push_back(cell.key.region);
    }
    EXPECT_EQ(order, (std::vector<RegionNumber>{1, 3, 2}));
    const std::vector<Cell> stocks = Rollup(view, {.region = 3, .period = {2017, 2017}, .programme = 5, .indicator = 3});
    ASSERT_EQ(stocks.size(), 1U);
    EXPECT_EQ(stocks[0].key.period, (Period{2017, 2017}));
    EXPECT_EQ(stocks[0].figures.actual, 7);
    EXPECT_EQ(stocks[0].figures.targets[2]->amount, 9);
    EXPECT_EQ(UndividedPeriods(view, {.region = 2, .period = {2017, 2017}}),
              (std::vector<std::string>{"A 名A, completions: 2017 lies inside a period that is given only whole: 2015-2018 (all, shantytown, "
                                        "shantytown.mine)."}));
    const ColumnAnswer column = ColumnOf(view, 1, {{3, 1, {2017, 2017}}, {5, 3, {2017, 2017}}});
    EXPECT_EQ(column.regions, (std::vector<RegionNumber>{1, 3, 2}));
    EXPECT_EQ(column.cells.size(), 5U);  // parent 2, first child 2, second child 1
  }
}

}  // namespace
}  // namespace anju::aggregator
