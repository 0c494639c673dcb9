// Questions at random moments against a brute force that knows nothing of the code under test; what a boundary change must leave as it was.
#include <gtest/gtest.h>

#include "services/aggregator/core/brute_force_for_tests.h"
#include "services/aggregator/core/view.h"
#include "services/aggregator/core/world_for_tests.h"

namespace anju::aggregator {
namespace {

using testing::BruteForce;
using testing::Events;
using testing::kIndicators;
using testing::MakeCatalogue;
using testing::RandomWorld;
using testing::SeriesBook;
using testing::Worlds;

// A random history, kept as raw lists and as a state.
struct History {
  explicit History(uint64_t seed, int steps) : world(seed), state(2) {
    events.journals = {"b", "a"};
    for (int i = 0; i < 3; ++i) world.ChangeBoundary();
    Register();
    for (int step = 0; step < steps; ++step) {
      const uint32_t dice = world.Below(20);
      if (dice == 0) {
        world.ChangeTree();
        world.ChangeBoundary();
        Register();
      } else if (dice <= 3) {
        const DocumentInfo info = world.AnyDocumentInfo(++plan);
        const std::vector<PrintedTarget> targets = world.AnyDocument();
        events.documents.push_back({plan, info, targets});
        state.AddDocument(plan, info, targets);
      } else {
        const Slot slot = world.Below(2);
        std::vector<ProgressChange> changes;
        if (dice <= 6) {
          changes = books[slot].Review(world.Below(1000), static_cast<ReviewState>(1 + world.Below(3)));
          for (const ProgressChange& change : changes) events.verdicts.push_back({slot, change.update, change.entry.sequence, change.review});
        } else {
          const CellKey cell = world.AnyCell();
          changes = books[slot].Update(cell, world.AnyEntry(0));
          events.updates.push_back({slot, cell, changes.back().entry});
        }
        state.ApplyProgress(slot, events.journals[slot], changes);
      }
    }
  }

  void Register() {
    registries.emplace_back(++plan, std::make_pair(world.regions(), world.boundaries()));
    state.ReplaceRegistry(world.regions(), MakeCatalogue(), world.boundaries());
  }
  Books BooksAt(const Moment& moment) const {
    if (!moment.known) return state.books();
    const std::pair<RegionTree, Boundaries>* found = nullptr;
    for (const auto& [sequence, registry] : registries) {
      if (sequence <= moment.known->plan) found = &registry;
    }
    return {&found->first, &state.catalogue(), &found->second};
  }
  Moment AnyMoment() {
    Moment moment;
    if (world.Below(3) != 0) moment.as_of = world.AnyDay();
    if (world.Below(3) == 0) moment.tree = world.AnyDay();
    if (world.Below(2) == 0) {
      moment.known = Known{.plan = 1 + world.Below(static_cast<uint32_t>(plan)), .progress = {}};
      for (const SeriesBook& book : books) moment.known->progress.push_back(world.Below(static_cast<uint32_t>(book.sequence()) + 1));
    }
    moment.review = static_cast<ReviewFilter>(world.Below(4) / 2 * world.Below(3));
    return moment;
  }

  RandomWorld world;
  State state;
  SeriesBook books[2];
  Events events;
  uint64_t plan = 0;
  std::vector<std::pair<uint64_t, std::pair<RegionTree, Boundaries>>> registries;
};

std::optional<int64_t> AmountOf(const std::optional<Target>& target) { return target ? target->amount : std::nullopt; }

TEST(MomentTest, AnyQuestionIsAnsweredAsABruteForceOverRawEventsDoes) {
  size_t figures = 0, targets = 0;
  for (uint64_t seed = 1; seed <= Worlds(12); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(seed, 150);
    for (int question = 0; question < 4; ++question) {
      const Moment moment = question == 0 ? Moment{} : history.AnyMoment();
      const Books books = history.BooksAt(moment);
      View view(history.state, moment, books);
      BruteForce brute(history.events, books, moment);
      for (const Totals::Column& column : history.state.totals().columns()) {
        for (const RegionNumber region : books.regions->Numbers()) {
          const CellKey cell{region, column.programme, column.indicator, column.period};
          const CellFigures answer = moment.is_current() ? history.state.Current(cell) : view.fold().At(cell);
          const std::string what = "question " + std::to_string(question) + " region " + std::to_string(region) + " programme " +
                                   std::to_string(column.programme) + " indicator " + std::to_string(column.indicator) + " period " +
                                   FormatPeriod(column.period);
          const auto shown = brute.Shown(cell);
          ASSERT_EQ(answer.actual, shown ? std::optional<int64_t>(shown->amount) : std::nullopt) << what;
          ASSERT_EQ(answer.newest_as_of, shown ? std::optional<Date>(shown->newest) : std::nullopt) << what;
          ASSERT_EQ(answer.declared, brute.Declared(cell)) << what;
          if (shown && column.period.is_stock()) {
            const auto start = brute.Shown(cell, LastDayOfPreviousYear(shown->newest));
            ASSERT_EQ(answer.year_start, start ? std::optional<int64_t>(start->amount) : std::nullopt) << what;
          }
          figures += shown.has_value();
          for (size_t layer = 0; layer < kLayers; ++layer) {
            const auto expected = brute.TargetShown(cell, static_cast<Layer>(layer));
            ASSERT_EQ(AmountOf(answer.targets[layer]), expected) << what << " layer " << layer;
            targets += expected.has_value();
          }
        }
      }
    }
  }
  EXPECT_GT(figures, 1000U);
  EXPECT_GT(targets, 1000U);
}

TEST(MomentTest, TracedFactsAddUpToTheFigureAndNameWhereItCameFrom) {
  size_t inherited = 0;
  for (uint64_t seed = 1; seed <= Worlds(12); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(seed, 150);
    const Moment moment = seed % 2 == 0 ? Moment{} : history.AnyMoment();
    const Books books = history.BooksAt(moment);
    View view(history.state, moment, books);
    for (const Totals::Column& column : history.state.totals().columns()) {
      for (const RegionNumber region : books.regions->Numbers()) {
        const CellKey cell{region, column.programme, column.indicator, column.period};
        const CellFigures figures = view.fold().At(cell);
        int64_t sum = 0;
        bool any = false, declared = false;
        for (const TracedFact& fact : view.fold().Trace(cell)) {
          declared |= fact.declared;
          if (fact.declared) continue;
          any = true;
          sum += fact.counted;
          inherited += !fact.path.empty();
          Date last = kDistantPast;
          for (const size_t event : fact.path) {
            ASSERT_LE(last, books.boundaries->all()[event].date);
            last = books.boundaries->all()[event].date;
          }
        }
        ASSERT_EQ(any, figures.actual.has_value());
        ASSERT_EQ(sum, figures.actual.value_or(0));
        ASSERT_EQ(declared, figures.declared.has_value());
        ASSERT_EQ(view.fold().RuleOf(cell).rule == Rule::kNone, !any);
        for (size_t layer = 0; layer < kLayers; ++layer) {
          const TargetRule rule = view.fold().TargetRuleOf(cell, static_cast<Layer>(layer));
          ASSERT_TRUE(rule.target == figures.targets[layer]);
          ASSERT_EQ(rule.rule == Rule::kNone, !figures.targets[layer].has_value());
        }
      }
    }
  }
  EXPECT_GT(inherited, 100U);
}

TEST(MomentTest, ABoundaryChangeInsideARegionLeavesItsTotalsAsTheyWere) {
  size_t compared = 0;
  for (uint64_t seed = 1; seed <= Worlds(40); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomWorld world(seed);
    State state(1);
    state.ReplaceRegistry(world.regions(), MakeCatalogue());
    SeriesBook book;
    for (int i = 0; i < 60; ++i) {
      CellKey cell = world.AnyCell();
      cell.programme = 3 + world.Below(4);  // no figure beside a sum: leaves of both trees only
      bool is_leaf = world.regions().Rows(cell.region)->front().kind != RegionKind::kArea && cell.region >= 5;
      for (const RegionNumber other : world.regions().Numbers()) is_leaf &= world.regions().Rows(other)->front().parent != cell.region;
      SeriesEntry entry = world.AnyEntry(0);
      entry.as_of = MakeDate(2013, 1 + static_cast<int>(world.Below(12)), 1);  // nothing is reported for a new territory
      if (is_leaf) state.ApplyProgress(0, "j", book.Update(cell, entry));
    }
    View before(state, Moment{.tree = MakeDate(2013, 1, 1)});
    std::vector<std::pair<CellKey, std::optional<int64_t>>> totals;
    for (const Totals::Column& column : state.totals().columns()) {
      if (column.indicator == 4) continue;
      const CellKey cell{1, column.programme, column.indicator, column.period};
      totals.emplace_back(cell, before.fold().At(cell).actual);
    }
    for (int i = 0; i < 4; ++i) {
      world.ChangeBoundary();
      world.ChangeTree();
    }
    state.ReplaceRegistry(world.regions(), MakeCatalogue(), world.boundaries());
    for (int i = 0; i < 4; ++i) {
      View after(state, Moment{.tree = world.AnyDay()});
      for (const auto& [cell, total] : totals) {
        ASSERT_EQ(after.fold().At(cell).actual, total) << cell.programme << " " << cell.indicator;
        ++compared;
      }
    }
  }
  EXPECT_GT(compared, 1000U);
}

}  // namespace
}  // namespace anju::aggregator
