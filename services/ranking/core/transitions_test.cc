// Transitions: what each subject is told of, and that boards updated step by step are those computed anew.
#include "services/ranking/core/transitions.h"

#include <chrono>
#include <cstdio>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "services/ranking/core/movement.h"
#include "services/ranking/core/printer.h"
#include "services/ranking/core/table_fixture.h"

namespace anju::ranking {
namespace {

struct Looked {
  Looked(const Country& country, const Definition& what) : definition(what), catalogue(country.catalogue()) {
    plan = *MakePlan(definition, catalogue);
    input = country.Cut(plan);
    board = *MakeBoard(definition, plan, input);
  }
  const Definition definition;
  const Catalogue catalogue;
  Plan plan;
  Input input;
  Board board;
};

// A 80, B 70, C 60, D 60 of 100 each; E has no target.
Country Five() {
  Country country;
  for (const char* code : {"A", "B", "C", "D", "E"}) country.AddChild(code, code);
  for (const char* code : {"A", "B", "C", "D"}) country.SetTarget(code, kStarts, Layer::kCity, 100);
  const int64_t starts[] = {80, 70, 60, 60, 5};
  for (int i = 0; i < 5; ++i) country.Report(std::string(1, static_cast<char>('A' + i)), kStarts, starts[i]);
  return country;
}

// "B 2→1 in|A 1→2 out" and the like.
std::string Told(const Country& before, const Country& after, const Subject& subject, const Definition& definition = StartsByRate()) {
  const Looked from(before, definition), to(after, definition);
  std::string text;
  for (const Transition& transition : Transitions(definition, to.plan, from.board, to.board, subject)) {
    const auto state = [](const SeatState& s) { return s.reason.empty() ? std::to_string(s.rank) : s.reason; };
    text += (text.empty() ? "" : "|") + transition.code + " " + state(transition.from) + ">" + state(transition.to);
    if (subject.kind != SubjectKind::kTable && subject.kind != SubjectKind::kStanding) text += transition.to.inside ? " in" : " out";
  }
  return text;
}

TEST(Transitions, ATableTellsOfEveryRowThatChangesPlaceValueOrReason) {
  Country after = Five();
  after.Report("C", kStarts, 75);
  EXPECT_EQ(Told(Five(), after, {}), "C 3>2|B 2>3|D 3>4");
  EXPECT_EQ(Told(Five(), Five(), {}), "");
  after = Five();
  after.SetTarget("E", kStarts, Layer::kCity, 100);
  EXPECT_EQ(Told(Five(), after, {}), "E NO_TARGET>5");
  after = Five();
  after.Report("A", kStarts, 81);  // the same place, another value
  EXPECT_EQ(Told(Five(), after, {}), "A 1>1");
  Definition coarse = StartsByRate();
  coarse.digits = 0;
  Country large = Five();
  large.SetTarget("A", kStarts, Layer::kCity, 100'000);
  large.Report("A", kStarts, 80'000);
  Country larger = large;
  larger.Report("A", kStarts, 80'001);  // the printed value is the same
  EXPECT_EQ(Told(large, larger, {}, coarse), "");
}

TEST(Transitions, ARegionThatComesOrGoesIsAbsentOnTheOtherSide) {
  Country after = Five();
  after.AddChild("F", "F");
  after.SetTarget("F", kStarts, Layer::kCity, 100);
  after.Report("F", kStarts, 90);
  EXPECT_EQ(Told(Five(), after, {}), "F ABSENT>1|A 1>2|B 2>3|C 3>4|D 3>4");
  EXPECT_EQ(Told(after, Five(), {}), "A 2>1|B 3>2|C 4>3|D 4>3|F 1>ABSENT");
}

TEST(Transitions, AStandingTellsOfItsRegionOnly) {
  Country after = Five();
  after.Report("C", kStarts, 75);
  const Looked looked(after, StartsByRate());
  EXPECT_EQ(Told(Five(), after, {.kind = SubjectKind::kStanding, .region = looked.input.children[1].number}), "B 2>3");
  EXPECT_EQ(Told(Five(), after, {.kind = SubjectKind::kStanding, .region = looked.input.children[0].number}), "");
}

TEST(Transitions, TopAndBottomTellOfWhoComesInOrLeaves) {
  Country after = Five();
  after.Report("C", kStarts, 75);
  EXPECT_EQ(Told(Five(), after, {.kind = SubjectKind::kTop, .border = 2}), "C 3>2 in|B 2>3 out");
  EXPECT_EQ(Told(Five(), after, {.kind = SubjectKind::kTop, .border = 1}), "");
  // Before, C and D are the last two together: nobody is strictly behind either. Afterwards B has one behind it.
  EXPECT_EQ(Told(Five(), after, {.kind = SubjectKind::kBottom, .border = 1}), "C 3>2 out");
  EXPECT_EQ(Told(Five(), after, {.kind = SubjectKind::kBottom, .border = 2}), "C 3>2 out|B 2>3 in");
}

TEST(Transitions, AThresholdIsJudgedBeforeRounding) {
  Country before = Five(), after = Five();
  before.SetTarget("A", kStarts, Layer::kCity, 300'000);
  after.SetTarget("A", kStarts, Layer::kCity, 300'000);
  before.Report("A", kStarts, 199'999);  // prints 66.67, is less
  after.Report("A", kStarts, 200'001);
  const Subject subject{.kind = SubjectKind::kThreshold, .threshold = {666'667, 4}};
  EXPECT_EQ(Told(before, after, subject), "A 2>2 in");
  EXPECT_EQ(Told(after, before, subject), "A 2>2 out");
  Definition by_value = StartsByRate();
  by_value.by = SortKey::kValue;
  EXPECT_EQ(Told(before, after, {.kind = SubjectKind::kThreshold, .threshold = {200'000, 0}}, by_value), "A 1>1 in");
  EXPECT_EQ(Told(before, after, {.kind = SubjectKind::kThreshold, .threshold = {200'002, 0}}, by_value), "");
}

TEST(Transitions, AMilestoneTellsWhenItIsMissedAndWhenAMissedOneIsMetAfterAll) {
  using enum MilestoneState;
  EXPECT_TRUE(TellsOf(kAhead, kMissed));
  EXPECT_TRUE(TellsOf(kMet, kMissed));
  EXPECT_TRUE(TellsOf(kUnknown, kMissed));
  EXPECT_TRUE(TellsOf(kMissed, kMet));
  EXPECT_FALSE(TellsOf(kAhead, kMet));
  EXPECT_FALSE(TellsOf(kMissed, kMissed));
  EXPECT_FALSE(TellsOf(kMissed, kAhead));
}

// One world that changes step by step: the updated board prints what a fresh one prints, and the table's transitions turn the old
// printed table into the new one.
TEST(Transitions, StepsEqualTablesComputedAnew) {
  const uint32_t seed = 64;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 40; ++round) {
    SCOPED_TRACE(round);
    Definition definition = StartsByRate();
    const SortKey mains[] = {SortKey::kRate, SortKey::kValue, SortKey::kNetNew, SortKey::kGap};
    definition.by = mains[random() % 4];
    definition.then_by = random() % 2 ? SortKey::kNone : SortKey::kOrder;
    definition.ties = static_cast<TieStyle>(random() % 3);
    definition.zero_unranked = random() % 2;
    Country country;
    for (int i = 0; i < 40; ++i) {
      const std::string code = "R" + std::to_string(i);
      country.AddChild(code, code, random() % 5);
      if (random() % 5) country.SetTarget(code, kStarts, Layer::kCity, 1 + random() % 30);
    }
    Looked looked(country, definition);
    for (int step = 0; step < 60; ++step) {
      SCOPED_TRACE(step);
      std::vector<uint32_t> changed;
      for (size_t i = 0; i < 1 + random() % 2; ++i) {
        changed.push_back(random() % 40);
        Figures& figures = looked.input.children[changed.back()].figures[looked.plan.needs.numerator];
        figures.actual = random() % 4 ? std::optional<int64_t>(random() % 25) : std::nullopt;
        figures.declared = random() % 3 ? std::optional<int64_t>(random() % 25) : std::nullopt;
        if (random() % 2) figures.newest_as_of = MakeDate(2017, 6, 30);
      }
      const Board before = looked.board;
      looked.board = *UpdateBoard(definition, looked.plan, looked.input, changed, before);
      const Board fresh = *MakeBoard(definition, looked.plan, looked.input);
      ASSERT_EQ(looked.board.order, fresh.order);
      std::map<std::string, std::string> rows;
      const auto line = [](uint32_t rank, const std::optional<std::string>& value, const std::string& reason) {
        return std::to_string(rank) + " " + value.value_or("-") + " " + reason;
      };
      const auto print = [&](const Board& board) {
        std::map<std::string, std::string> lines;
        for (const Seat& seat : board.seats) {
          if (!seat.is_peer) continue;
          const Row row = PrintRow(definition, looked.plan, board, seat);
          lines[row.code] = line(row.rank, row.value, UnrankedName(row.reason));
        }
        return lines;
      };
      for (uint32_t i = 0; i < 40; ++i) ASSERT_EQ(looked.board.seats[i].behind, fresh.seats[i].behind);
      ASSERT_EQ(print(looked.board), print(fresh));
      rows = print(before);
      for (const Transition& transition : Transitions(definition, looked.plan, before, looked.board, {})) {
        const SeatState &from = transition.from, &to = transition.to;
        if (from.reason == kAbsent) {
          ASSERT_EQ(rows.count(transition.code), 0u);
        } else {
          ASSERT_EQ(rows[transition.code], line(from.rank, from.value, from.reason));
        }
        const std::string after = line(to.rank, to.value, to.reason);
        ASSERT_NE(rows[transition.code], after);
        if (to.reason == kAbsent) rows.erase(transition.code); else rows[transition.code] = after;
      }
      ASSERT_EQ(rows, print(fresh));
    }
  }
}

TEST(Transitions, MeasuresAStepOfThreeThousandPeers) {
  std::mt19937 random(3000);
  Country country;
  for (int i = 0; i < 3000; ++i) {
    const std::string code = "R" + std::to_string(i);
    country.AddChild(code, code);
    country.SetTarget(code, kStarts, Layer::kCity, 1'000 + random() % 5'000);
    country.Report(code, kStarts, random() % 5'000);
  }
  Looked looked(country, StartsByRate());
  constexpr int kSteps = 200;
  for (const bool large : {false, true}) {
    size_t told = 0;
    const auto start = std::chrono::steady_clock::now();
    for (int step = 0; step < kSteps; ++step) {
      const uint32_t seat = random() % 3000;
      int64_t& actual = *looked.input.children[seat].figures[looked.plan.needs.numerator].actual;
      actual = large ? static_cast<int64_t>(random() % 5'000) : actual + 1 + static_cast<int64_t>(random() % 20);
      Board after = *UpdateBoard(looked.definition, looked.plan, looked.input, {seat}, looked.board);
      told += Transitions(looked.definition, looked.plan, looked.board, after, {}).size();
      looked.board = std::move(after);
    }
    const auto spent = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start).count();
    std::printf("a step of a table of 3000 peers, %s changes: %lld us, %zu rows told of\n", large ? "any" : "small",
                static_cast<long long>(spent / kSteps), told / kSteps);
    EXPECT_GT(told, 0u);
  }
}

}  // namespace
}  // namespace anju::ranking
