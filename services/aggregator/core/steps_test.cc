// Steps of columns over random histories: each against a fold at its basis, none missed, none twice, the same when resumed.
#include "services/aggregator/core/steps.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "services/aggregator/core/world_for_tests.h"

namespace anju::aggregator {
namespace {

using testing::MakeCatalogue;
using testing::MakeRegion;
using testing::RandomWorld;
using testing::SeriesBook;

struct PastRegistry {
  RegionTree regions;
  Catalogue catalogue;
  Boundaries boundaries;
};

// A random history that grows event by event.
class History {
 public:
  History(uint64_t seed, size_t slots) : world(seed), state(slots), books(slots), marks(slots), reviews(slots), known{.plan = 0, .progress = std::vector<uint64_t>(slots)} {
    Register();
  }
  void Grow() {
    const uint32_t dice = world.Below(20);
    if (dice == 0) {
      world.ChangeTree();
      world.ChangeBoundary();
      Register();
    } else if (dice == 1) {
      ++known.plan;  // an event that matters to nobody here
    } else if (dice <= 4) {
      const DocumentInfo info = world.AnyDocumentInfo(++known.plan);
      state.AddDocument(known.plan, info, world.AnyDocument());
      mattering.insert(known.plan);
    } else {
      const Slot slot = world.Below(static_cast<uint32_t>(books.size()));
      const std::vector<ProgressChange> changes =
          dice <= 7 ? books[slot].Review(world.Below(1000), static_cast<ReviewState>(1 + world.Below(3))) : books[slot].Update(AnyCell(), world.AnyEntry(0));
      if (changes.empty()) return;
      // Decided at some plan position between the last one and now.
      const uint64_t newest = marks[slot].PlanOf(UINT64_MAX);
      const uint64_t plan = lagging ? newest + world.Below(static_cast<uint32_t>(known.plan - newest) + 1) : known.plan;
      const uint64_t sequence = changes.back().entry.sequence;
      marks[slot].Add(sequence, std::max(plan, opened.empty() ? plan : opened.rbegin()->first));
      for (const ProgressChange& change : changes) {
        if (change.kind == ProgressChange::Kind::kReview) reviews[slot][sequence].push_back(change.update);
      }
      state.ApplyProgress(slot, slot == 0 ? "b" : "a", changes);
      known.progress[slot] = sequence;
    }
  }
  WalkSight Sight() const {
    WalkSight sight{.state = state, .marks = marks, .reviews = reviews,
                    .books = [this](uint64_t plan) {
                      const auto after = opened.upper_bound(plan);
                      const std::shared_ptr<const PastRegistry> found = after == opened.begin() ? nothing : std::prev(after)->second;
                      if (found == opened.rbegin()->second) return HeldBooks{state.books(), found};
                      return HeldBooks{{&found->regions, &found->catalogue, &found->boundaries}, found};
                    },
                    .matters = [this](uint64_t plan) { return mattering.contains(plan); },
                    .tells = [](uint64_t) { return false; },
                    .available = known,
                    .order = {}};
    if (books.size() == 1) sight.order = {0};
    if (books.size() == 2) sight.order = {1, 0};
    return sight;
  }
  // The column as a fold at a basis has it.
  std::vector<Cell> FoldAt(const Known& at, RegionNumber parent, const std::vector<ColumnQuery>& keys, ReviewFilter review) const {
    const HeldBooks held = Sight().books(at.plan);
    View view(state, {.as_of = {}, .tree = {}, .known = at, .review = review}, held.books);
    return ColumnOf(view, parent, keys).cells;
  }

  RandomWorld world;
  State state;
  std::vector<SeriesBook> books;
  std::vector<PlanMarks> marks;
  std::vector<std::map<uint64_t, std::vector<uint64_t>>> reviews;
  Known known;
  std::map<uint64_t, std::shared_ptr<const PastRegistry>> opened;
  std::set<uint64_t> mattering;
  std::shared_ptr<const PastRegistry> nothing = std::make_shared<const PastRegistry>();
  bool lagging = false;  // figures are decided at older plan positions than the newest

 private:
  // Mostly what the column is about.
  CellKey AnyCell() {
    CellKey cell = world.AnyCell();
    if (world.Below(3) != 0) {
      cell.indicator = 1;
      cell.period = {2017, 2017};
    }
    return cell;
  }
  void Register() {
    opened[++known.plan] = std::make_shared<const PastRegistry>(PastRegistry{world.regions(), MakeCatalogue(), world.boundaries()});
    mattering.insert(known.plan);
    state.ReplaceRegistry(world.regions(), MakeCatalogue(), world.boundaries());
  }
};

const std::vector<ColumnQuery> kKeys = {{1, 1, {2017, 2017}}, {3, 1, {2017, 2017}}, {7, 1, {2017, 2017}}, {2, 3, {}}, {1, 3, {2017, 2017}}, {3, 4, {2016, 2016}}};

// A follower's copy, kept up to date by steps alone.
struct Copy {
  std::vector<RegionNumber> regions;
  std::map<std::pair<RegionNumber, size_t>, Cell> cells;

  void Take(const WalkStep& step) {
    if (step.full) {
      cells.clear();
      regions = step.regions;
    }
    for (const Cell& cell : step.cells) {
      for (size_t key = 0; key < kKeys.size(); ++key) {
        if (kKeys[key].programme == cell.key.programme && kKeys[key].indicator == cell.key.indicator && kKeys[key].period == cell.key.period) {
          cells[{cell.key.region, key}] = cell;
        }
      }
    }
  }
  std::vector<Cell> Column() const {
    std::vector<Cell> column;
    for (const RegionNumber region : regions) {
      for (size_t key = 0; key < kKeys.size(); ++key) {
        const auto found = cells.find({region, key});
        if (found != cells.end() && !found->second.figures.empty()) column.push_back(found->second);
      }
    }
    return column;
  }
};

bool Same(const std::vector<Cell>& a, const std::vector<Cell>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Cell& x, const Cell& y) { return x.key == y.key && x.figures == y.figures && x.remarks == y.remarks; });
}

class StepsTest : public ::testing::TestWithParam<uint64_t> {
 protected:
  // A single seed may have few steps, and has others with another compiler.
  static void TearDownTestSuite() {
    if (all_steps > 0) {
      EXPECT_GT(all_steps, 100u);
    }
  }
  RegionNumber parent() const { return GetParam() % 2 == 0 ? 1 : 2 + GetParam() % 3; }
  ReviewFilter review() const { return static_cast<ReviewFilter>(GetParam() % 3); }
  static inline size_t all_steps = 0;
};

TEST_P(StepsTest, EveryStepIsAFoldAtItsBasisAndNoEventThatChangesACellIsPassedOver) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  History history(GetParam(), 2);
  history.lagging = true;
  for (int i = 0; i < 140; ++i) history.Grow();
  const WalkSight sight = history.Sight();
  ColumnWalk walk(parent(), kKeys, review(), {.plan = 1, .progress = {0, 0}});
  Copy copy;
  copy.Take(walk.Start(sight));
  Known at = walk.at();
  std::vector<Cell> before = history.FoldAt(at, parent(), kKeys, review());
  EXPECT_TRUE(Same(copy.Column(), before));
  std::vector<WalkStep> steps;
  while (!walk.Done(sight)) {
    for (WalkStep& step : walk.Walk(sight, 1 + history.world.Below(20))) steps.push_back(std::move(step));
  }
  EXPECT_EQ(walk.at(), history.known);
  size_t next = 0;
  while (const auto event = NextEvent(at, sight.available, sight.order, sight.marks)) {
    const Known was = at;
    Pass(*event, &at);
    const bool stepped = next < steps.size() && steps[next].cause == event;
    if (stepped) {
      EXPECT_EQ(steps[next].before, was);
      EXPECT_EQ(steps[next].after, at);
      copy.Take(steps[next++]);
    }
    const std::vector<Cell> now = history.FoldAt(at, parent(), kKeys, review());
    ASSERT_TRUE(Same(copy.Column(), now)) << (event->plan ? "plan " : "progress ") << event->sequence;
    // A step that is not full changed something.
    if (stepped && !steps[next - 1].full) {
      EXPECT_FALSE(Same(before, now)) << event->sequence;
    }
    before = now;
  }
  EXPECT_EQ(next, steps.size());
  all_steps += steps.size();
}

TEST_P(StepsTest, WhatIsFollowedLiveIsTheSameWhenItIsResumedLaterFromAnyBasis) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  History history(GetParam(), 1);
  ColumnWalk live(parent(), kKeys, review(), {.plan = 1, .progress = {0}});
  live.Start(history.Sight());
  std::vector<WalkStep> steps;
  for (int i = 0; i < 120; ++i) {
    history.Grow();
    for (WalkStep& step : live.Walk(history.Sight(), 1'000)) steps.push_back(std::move(step));
  }
  all_steps += steps.size();
  for (size_t from = 0; from < steps.size(); from += 1 + history.world.Below(10)) {
    ColumnWalk resumed(parent(), kKeys, review(), steps[from].after);
    resumed.Start(history.Sight());
    const std::vector<WalkStep> rest = resumed.Walk(history.Sight(), 1'000);
    ASSERT_EQ(rest.size(), steps.size() - from - 1);
    for (size_t i = 0; i < rest.size(); ++i) {
      const WalkStep& then = steps[from + 1 + i];
      EXPECT_EQ(rest[i].cause, then.cause);
      EXPECT_EQ(rest[i].after, then.after);
      EXPECT_EQ(rest[i].full, then.full);
      EXPECT_TRUE(Same(rest[i].cells, then.cells));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, StepsTest, ::testing::Range<uint64_t>(1, 25));

TEST(NextEventTest, FiguresComeAfterThePlanTheyWereDecidedAtAndBeforeTheNextOne) {
  std::vector<PlanMarks> marks(2);
  marks[0].Add(1, 2);
  marks[1].Add(1, 1);
  marks[1].Add(2, 3);
  Known at{.plan = 0, .progress = {0, 0}};
  const Known available{.plan = 3, .progress = {2, 2}};
  std::vector<JournalEvent> walked;
  while (const auto event = NextEvent(at, available, {1, 0}, marks)) {
    walked.push_back(*event);
    Pass(*event, &at);
  }
  const std::vector<JournalEvent> expected = {{true, 0, 1}, {false, 1, 1}, {true, 0, 2}, {false, 0, 1}, {false, 0, 2}, {true, 0, 3}, {false, 1, 2}};
  EXPECT_EQ(walked, expected);
}

TEST(StepsSpeedTest, PrintsHowManyStepsASecondAColumnOfACountryTakes) {
  State state(1);
  RegionTree regions;
  RegionNumber number = 1;
  std::vector<RegionNumber> counties;
  regions.Put({MakeRegion(1, "N", 0, RegionLevel::kCountry)});
  for (int province = 0; province < 30; ++province) {
    const RegionNumber above = ++number;
    regions.Put({MakeRegion(above, "P" + std::to_string(above), 1, RegionLevel::kProvince)});
    for (int county = 0; county < 100; ++county, counties.push_back(number)) {
      ++number;
      regions.Put({MakeRegion(number, "X" + std::to_string(number), above)});
    }
  }
  state.ReplaceRegistry(regions, MakeCatalogue());
  SeriesBook book;
  constexpr int kUpdates = 30'000;
  for (int i = 0; i < kUpdates; ++i) {
    state.ApplyProgress(0, "a", book.Update({counties[i % counties.size()], 3, 1, {2017, 2017}}, {.as_of = MakeDate(2017, 1 + i / 3000, 1), .amount = i}));
  }
  const std::vector<PlanMarks> marks(1);
  const std::vector<std::map<uint64_t, std::vector<uint64_t>>> reviews(1);
  const auto holder = std::make_shared<const int>(0);
  const WalkSight sight{.state = state, .marks = marks, .reviews = reviews, .books = [&](uint64_t) { return HeldBooks{state.books(), holder}; },
                        .matters = [](uint64_t) { return false; }, .tells = [](uint64_t) { return false; },
                        .available = {.plan = 1, .progress = {kUpdates}}, .order = {0}};
  ColumnWalk walk(1, {{1, 1, {2017, 2017}}}, ReviewFilter::kAll, {.plan = 1, .progress = {0}});
  walk.Start(sight);
  const auto begin = std::chrono::steady_clock::now();
  size_t steps = 0;
  while (!walk.Done(sight)) steps += walk.Walk(sight, 1'000).size();
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin).count();
  std::printf("%zu steps of a country's column of provinces over %zu counties in %lld ms: %lld steps/s\n", steps, counties.size(),
              static_cast<long long>(us / 1000), static_cast<long long>(steps * 1'000'000 / std::max<int64_t>(us, 1)));
  EXPECT_EQ(steps, static_cast<size_t>(kUpdates));
}

}  // namespace
}  // namespace anju::aggregator
