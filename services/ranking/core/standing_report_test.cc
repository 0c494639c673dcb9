// Standings: neighbours, exact gaps, ties, reasons.
#include "services/ranking/core/standing_report.h"

#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "services/ranking/core/table_fixture.h"

namespace anju::ranking {
namespace {

// A board that keeps what it points to.
struct Looked {
  Looked(const Country& country, Definition what) : definition(std::move(what)), catalogue(country.catalogue()) {
    plan = *MakePlan(definition, catalogue);
    input = country.Cut(plan);
    board = *MakeBoard(definition, plan, input);
  }
  StandingReport Report(uint32_t seat) const { return ReportStanding(definition, plan, catalogue, board, seat); }
  const Definition definition;
  const Catalogue catalogue;
  Plan plan;
  Input input;
  Board board;
};

Country Four() {
  Country country;
  for (const char* code : {"A", "B", "C", "D"}) country.AddChild(code, code);
  for (const char* code : {"A", "B", "C"}) country.SetTarget(code, kStarts, Layer::kCity, 300);
  country.SetTarget("D", kStarts, Layer::kCity, 7);
  country.Report("A", kStarts, 200);
  country.Report("B", kStarts, 100);
  country.Report("C", kStarts, 100);
  country.Report("D", kStarts, 1);
  return country;
}

std::string Words(const StandingReport& report) {
  std::string text;
  for (const RankReason& reason : report.reasons) {
    text += std::string(text.empty() ? "" : " ") + ReasonWordName(reason.word) + (reason.value.empty() ? "" : ":" + reason.value) +
            (reason.word == ReasonWord::kBetter || reason.word == ReasonWord::kTied ? ":" + std::to_string(reason.count) : "");
  }
  return text;
}

TEST(StandingReport, NamesNeighboursWithTheSmallestChangesThatPassThem) {
  const Looked looked(Four(), StartsByRate());
  const StandingReport second = looked.Report(1);  // B, tied with C at 100/300
  ASSERT_TRUE(second.above && second.below);
  EXPECT_EQ(second.above->seat, 0u);
  EXPECT_EQ(second.above->gap, 101);               // 201/300 > 200/300
  EXPECT_EQ(second.below->seat, 3u);
  EXPECT_EQ(second.below->gap, -58);               // 42/300 < 1/7 < 43/300
  EXPECT_EQ(second.tied, std::vector<uint32_t>{2});
  EXPECT_EQ(Words(second), "KEY:1/3 BETTER:1 TIED:1 STYLE:competition");
  EXPECT_FALSE(looked.Report(0).above);
  EXPECT_FALSE(looked.Report(3).below);
  EXPECT_EQ(looked.Report(3).above->seat, 2u);     // of the tied ones that which prints next to it
  EXPECT_EQ(looked.Report(3).above->gap, 2);       // 3/7 > 1/3 > 2/7
}

TEST(StandingReport, ThenByTellsTheTiedApartAndAnEqualKeyIsThenEnough) {
  Definition definition = StartsByRate();
  definition.by = SortKey::kValue;
  definition.then_by = SortKey::kTarget;
  definition.ties = TieStyle::kOrdinal;
  Country country = Four();
  country.SetTarget("B", kStarts, Layer::kCity, 400);
  const Looked looked(country, definition);
  const StandingReport third = looked.Report(2);   // C: 100 like B, whose target is larger
  EXPECT_EQ(looked.board.seats[2].rank, 3u);
  EXPECT_EQ(third.above->seat, 1u);
  EXPECT_EQ(third.above->gap, 1);
  EXPECT_EQ(looked.Report(1).below->gap, -1);
  EXPECT_EQ(looked.Report(1).above->gap, 100);     // equal to A's 200 is before A: its target is larger
  EXPECT_EQ(Words(third), "KEY:100 BETTER:1 TIED:1 THEN_BY:target STYLE:ordinal");
}

TEST(StandingReport, AnUnrankedRegionHasItsReasonAndNoNeighbours) {
  Country country = Four();
  country.SetMissing("B", kStarts, Layer::kCity, Missing::kNoTask);
  const Looked looked(country, StartsByRate());
  const StandingReport report = looked.Report(1);
  EXPECT_FALSE(report.above || report.below);
  EXPECT_EQ(Words(report), "UNRANKED:NO_TASK");
}

TEST(StandingReport, NoFigureBelowZeroIsProposedUnlessTheIndicatorAllowsIt) {
  Definition definition = StartsByRate();
  definition.by = SortKey::kValue;
  Country country = Four();
  country.Report("D", kStarts, 0);
  EXPECT_EQ(Looked(country, definition).Report(1).below->gap, std::nullopt);  // behind 0 there is no number of homes
  country.Report("D", kStarts, 1);
  definition.zero_unranked = true;
  EXPECT_EQ(Looked(country, definition).Report(1).below->gap, std::nullopt);  // 0 would not be ranked
}

TEST(StandingReport, AKeyThatDoesNotHangOnTheNumeratorHasNoGap) {
  Country country;
  for (const char* code : {"A", "B"}) country.AddChild(code, code);
  country.Report("A", kAllotted, 50);
  country.Report("B", kAllotted, 60);
  country.Report("A", kEntries, 9);
  country.Report("B", kEntries, 5);
  Definition definition = StartsByRate();
  definition.indicator = kAllotted;
  definition.by = SortKey::kNetNew;
  definition.then_by = SortKey::kValue;
  const Looked looked(country, definition);
  ASSERT_TRUE(looked.Report(1).above);
  EXPECT_EQ(looked.Report(1).above->gap, std::nullopt);
}

TEST(StandingReport, TheLargestFiguresDoNotOverflow) {
  Definition definition = StartsByRate();
  Country country;
  for (const char* code : {"A", "B"}) country.AddChild(code, code);
  country.SetTarget("A", kStarts, Layer::kCity, 1);
  country.SetTarget("B", kStarts, Layer::kCity, kAmountMax);
  country.Report("A", kStarts, kAmountMax);
  country.Report("B", kStarts, 1);
  EXPECT_EQ(Looked(country, definition).Report(1).above->gap, std::nullopt);  // 10^30 is no figure
  country.SetTarget("B", kStarts, Layer::kCity, 1000);
  EXPECT_EQ(Looked(country, definition).Report(1).above->gap, kAmountMax * 1000);
}

// Every gap against trying each numerator in turn with the table itself.
TEST(StandingReport, GapsAreThoseThatTryingEveryNumeratorFinds) {
  const uint32_t seed = 531;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  int found = 0, none = 0;
  for (int round = 0; round < 400; ++round) {
    SCOPED_TRACE(round);
    Country country;
    const char* codes[] = {"A", "B", "C", "D", "E"};
    for (const char* code : codes) {
      country.AddChild(code, code, 1 + random() % 3);
      country.SetTarget(code, kStarts, Layer::kCity, 1 + random() % 12).declared = random() % 20;
      country.Report(code, kStarts, random() % 15);
      country.Cell(code, kStarts).declared = random() % 20;
      country.Report(code, kCompletions, random() % 3);
    }
    Definition definition = StartsByRate();
    const SortKey mains[] = {SortKey::kRate, SortKey::kValue, SortKey::kGap, SortKey::kNetNew};
    const SortKey thens[] = {SortKey::kNone, SortKey::kRate, SortKey::kValue, SortKey::kTarget, SortKey::kOrder, SortKey::kIndicator, SortKey::kGap};
    definition.by = mains[random() % 4];
    definition.then_by = thens[random() % 7];
    if (definition.then_by == SortKey::kIndicator) definition.then_by_indicator = random() % 2 ? kCompletions : kStarts;
    definition.ascending = random() % 2;
    definition.ties = static_cast<TieStyle>(random() % 3);
    definition.zero_unranked = random() % 2;
    const Looked looked(country, definition);
    for (uint32_t seat = 0; seat < 5; ++seat) {
      const StandingReport report = looked.Report(seat);
      for (const bool above : {true, false}) {
        const std::optional<Beside>& beside = above ? report.above : report.below;
        if (!beside) continue;
        const int64_t now = *looked.input.children[seat].figures[looked.plan.needs.numerator].actual;
        std::optional<int64_t> expected;
        for (int64_t numerator = 0; numerator <= 400; ++numerator) {
          Input input = looked.input;
          input.children[seat].figures[looked.plan.needs.numerator].actual = numerator;
          const Board board = *MakeBoard(definition, looked.plan, input);
          const Seat &own = board.seats[seat], &other = board.seats[beside->seat];
          if (own.rank == 0) continue;
          const auto order = CompareSeats(definition, own.standing, other.standing);
          if (!(above ? order < 0 : order > 0)) continue;
          if (!expected || std::abs(numerator - now) < std::abs(*expected)) expected = numerator - now;
        }
        ++(expected ? found : none);
        ASSERT_EQ(beside->gap, expected) << "seat " << seat << (above ? " above" : " below");
      }
    }
  }
  EXPECT_GT(found, 500);
  EXPECT_GT(none, 20);
}

}  // namespace
}  // namespace anju::ranking
