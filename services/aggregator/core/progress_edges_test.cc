// Figures and targets at their edges: leaves without anything to say, blocks that cannot be of their journal, walks over events that change little, and
// printed targets that go round.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/aggregator/core/leaves.h"
#include "services/aggregator/core/steps.h"
#include "services/aggregator/core/world_for_tests.h"

namespace anju::aggregator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::MakeCatalogue;
using testing::MakeRegion;

constexpr Period k2016{2016, 2016}, k2017{2017, 2017};
constexpr CellKey kCell{2, 3, 1, k2017}, kOther{2, 4, 1, k2017};
const Date kMay = MakeDate(2017, 5, 1), kJune = MakeDate(2017, 6, 1);

TEST(LeavesEdges, WhatIsNotReportedHasNoFigureAndNothingIsSaidOfIt) {
  Leaves leaves(1);
  EXPECT_EQ(leaves.RemarksAt(kCell, kJune), Remarks{});
  EXPECT_THAT(leaves.SeriesOf(kCell), IsEmpty());
  EXPECT_FALSE(leaves.InForceAt(kCell, kJune).has_value());
  leaves.Open(0, kCell);
  leaves.Record(0, 1, {.as_of = kMay, .sequence = 5, .amount = 10});
  leaves.Annotate(0, 5, {.flags = {}, .explanation = "说明"});
  EXPECT_FALSE(leaves.InForceAt(kCell, Date{kMay.days - 1}).has_value()) << "not yet";
  EXPECT_EQ(leaves.RemarksAt(kCell, Date{kMay.days - 1}), Remarks{});
  EXPECT_THAT(leaves.RemarksAt(kCell, kMay).notes, SizeIs(1));
  EXPECT_EQ(leaves.FigureAt(kCell, kMay, {}, ReviewFilter::kReviewed), std::nullopt) << "a note is no review";
  leaves.Review(0, 5, 6, ReviewState::kReviewed);
  EXPECT_EQ(leaves.FigureAt(kCell, kMay, {}, ReviewFilter::kReviewed)->amount, 10);
  EXPECT_EQ(leaves.FigureAt(kCell, kMay, {}, ReviewFilter::kConfirmed), std::nullopt);
}

TEST(LeavesEdges, UpdatesAreFoundBySequenceInWhateverOrderTheyCame) {
  Leaves leaves(1);
  leaves.Open(0, kCell);
  leaves.Open(0, kOther);
  leaves.Record(0, 2, {.as_of = kMay, .sequence = 5, .amount = 10});
  leaves.Record(0, 1, {.as_of = kJune, .sequence = 3, .amount = 20});
  const auto series = [&](uint64_t sequence) { return leaves.SeriesOfUpdate(0, sequence); };
  EXPECT_EQ(series(3), 1u);
  EXPECT_EQ(series(5), 2u);
  EXPECT_EQ(series(4), 0u);
  EXPECT_EQ(series(6), 0u);
  EXPECT_EQ(leaves.Newest(kCell)->amount, 20);
}

TEST(MomentEdges, WhichUpdatesCount) {
  const ReviewState states[] = {ReviewState::kReported, ReviewState::kReturned, ReviewState::kReviewed, ReviewState::kConfirmed};
  const auto passing = [&](ReviewFilter filter) {
    std::vector<ReviewState> passing;
    for (const ReviewState state : states) {
      if (Passes(state, filter)) passing.push_back(state);
    }
    return passing;
  };
  EXPECT_THAT(passing(ReviewFilter::kAll), SizeIs(4));
  EXPECT_THAT(passing(ReviewFilter::kReviewed), ElementsAre(ReviewState::kReviewed, ReviewState::kConfirmed));
  EXPECT_THAT(passing(ReviewFilter::kConfirmed), ElementsAre(ReviewState::kConfirmed));
}

// A province (1) over a county (2), told at plan sequence 1.
class ProgressEdges : public ::testing::Test {
 protected:
  ProgressEdges() {
    RegionTree regions;
    regions.Put({MakeRegion(1, "P", 0, RegionLevel::kProvince)});
    regions.Put({MakeRegion(2, "X", 1)});
    state_.ReplaceRegistry(regions, MakeCatalogue());
    marks_[0].Add(1, 1);
  }
  static ProgressChange Open(uint32_t series, const CellKey& cell) { return {.kind = ProgressChange::Kind::kOpenSeries, .series = series, .cell = cell}; }
  static ProgressChange Update(uint32_t series, uint64_t sequence, int64_t amount) {
    return {.series = series, .entry = {.as_of = kMay, .sequence = sequence, .amount = amount}};
  }
  static ProgressChange Review(uint64_t sequence, uint64_t update) {
    return {.kind = ProgressChange::Kind::kReview, .entry = {.sequence = sequence}, .update = update, .review = ReviewState::kConfirmed};
  }
  std::string Refused(const std::vector<ProgressChange>& changes) {
    const absl::Status status = state_.CheckProgress(0, changes);
    EXPECT_TRUE(status.ok() || status.code() == absl::StatusCode::kDataLoss) << status;
    return std::string(status.message());
  }
  WalkSight Sight(Known available) {
    return {.state = state_, .marks = marks_, .reviews = reviews_, .books = [this](uint64_t) { return HeldBooks{state_.books(), nullptr}; },
            .matters = [](uint64_t) { return true; }, .tells = [](uint64_t plan) { return plan == 2; }, .available = std::move(available), .order = {0}};
  }

  State state_{1};
  std::vector<PlanMarks> marks_{1};
  std::vector<std::map<uint64_t, std::vector<uint64_t>>> reviews_{1};
};

TEST_F(ProgressEdges, BlocksThatCannotBeOfTheJournalAreRefused) {
  EXPECT_EQ(Refused({Open(1, kCell), Update(1, 1, 5), Review(2, 1)}), "") << "a review may follow in the same block";
  EXPECT_THAT(Refused({Open(1, kCell), Review(1, 2), Update(1, 2, 5)}), HasSubstr("does not follow"));
  EXPECT_THAT(Refused({Open(1, kCell), Update(1, 1, 5), Review(2, 9)}), HasSubstr("does not follow"));
  EXPECT_THAT(Refused({Open(1, kCell), Update(0, 1, 5)}), HasSubstr("not open"));
  EXPECT_THAT(Refused({Open(1, kCell), Update(2, 1, 5)}), HasSubstr("not open"));
  EXPECT_THAT(Refused({Open(2, kCell)}), HasSubstr("out of turn"));
  EXPECT_THAT(Refused({Open(1, {900, 3, 1, k2017})}), HasSubstr("does not have"));
  EXPECT_THAT(Refused({Open(1, {2, 99, 1, k2017})}), HasSubstr("does not have"));
  EXPECT_THAT(Refused({Open(1, {2, 3, 99, k2017})}), HasSubstr("does not have"));
  EXPECT_THAT(Refused({Open(1, {2, 3, 3, k2017})}), HasSubstr("does not have")) << "a stock under a year";
  EXPECT_EQ(state_.leaves().series_count(0), 0u);
}

TEST_F(ProgressEdges, AWalkStopsAtItsStepsAndSaysEachCellOnce) {
  state_.ApplyProgress(0, "a", {Open(1, kCell), Open(2, {2, 3, 1, k2016}), Update(1, 1, 5), Update(1, 2, 6), Review(3, 1), Review(3, 2), Update(2, 4, 7)});
  reviews_[0][3] = {1, 2};
  const WalkSight sight = Sight({.plan = 2, .progress = {4}});
  ColumnWalk walk(1, {{3, 1, k2017}, {3, 1, k2016}}, ReviewFilter::kAll, {.plan = 1, .progress = {0}});
  EXPECT_THAT(walk.Start(sight).cells, IsEmpty());
  const std::vector<WalkStep> first = walk.Walk(sight, 100, 2);
  ASSERT_THAT(first, SizeIs(2));
  EXPECT_EQ(walk.at(), (Known{.plan = 1, .progress = {2}}));
  EXPECT_FALSE(walk.Done(sight));
  ASSERT_THAT(first[1].cells, SizeIs(2)) << "the county and the province above it";
  EXPECT_EQ(first[1].cells[0].figures.actual, 6);
  const std::vector<WalkStep> rest = walk.Walk(sight, 100);
  ASSERT_THAT(rest, SizeIs(3));
  ASSERT_THAT(rest[0].cells, SizeIs(1)) << "a review of two updates of one cell";
  EXPECT_EQ(rest[0].cells[0].key, kCell);
  EXPECT_EQ(rest[0].cells[0].remarks.review, ReviewState::kConfirmed);
  for (const Cell& cell : rest[1].cells) EXPECT_EQ(cell.key.period, k2016) << "the other year stays as it was";
  EXPECT_THAT(rest[1].cells, SizeIs(2));
  EXPECT_TRUE(rest[2].full) << "told, though nothing changed";
  EXPECT_EQ(rest[2].cause, (JournalEvent{.plan = true, .slot = 0, .sequence = 2}));
  EXPECT_THAT(rest[2].cells, SizeIs(4));
  EXPECT_TRUE(walk.Done(sight));
}

TEST_F(ProgressEdges, AColumnOfARegionThatNobodyHasIsEmpty) {
  ColumnWalk walk(900, {{3, 1, k2017}}, ReviewFilter::kAll, {.plan = 1, .progress = {0}});
  const WalkStep step = walk.Start(Sight({.plan = 1, .progress = {0}}));
  EXPECT_THAT(step.regions, ElementsAre(900));
  EXPECT_THAT(step.cells, IsEmpty());
  EXPECT_EQ(step.newest, std::nullopt);
}

// A county that was above another and is below it since: what is printed of either in its own tree goes round in the other's.
TEST(TargetEdges, PrintedTargetsThatGoRoundStandForThemselvesInWhateverOrderTheyAreAsked) {
  const Date turned = MakeDate(2017, 7, 1);
  RegionTree regions;
  regions.Put({MakeRegion(1, "P", 0, RegionLevel::kProvince)});
  const auto put = [&](RegionNumber number, RegionNumber before, RegionNumber since) {
    Region first = MakeRegion(number, "X" + std::to_string(number), before), second = MakeRegion(number, "X" + std::to_string(number), since);
    first.valid_to = second.valid_from = turned;
    regions.Put({first, second});
  };
  put(2, 1, 3);
  put(3, 2, 1);
  State state(1);
  state.ReplaceRegistry(regions, MakeCatalogue());
  const CellKey lower{2, 3, 1, k2017}, upper{3, 3, 1, k2017};
  state.AddDocument(1, {.number = "1号"}, {{.cell = lower, .layer = Layer::kCity, .target = {.amount = 100}}});
  state.AddDocument(2, {.number = "2号", .issued = MakeDate(2017, 8, 1)}, {{.cell = upper, .layer = Layer::kCity, .target = {.amount = 30}}});
  const auto target = [](const CellFigures& figures) {
    const std::optional<Target>& target = figures.targets[static_cast<size_t>(Layer::kCity)];
    return target ? target->amount : std::nullopt;
  };
  for (const Date day : {turned, Date{turned.days - 1}}) {
    const Moment moment{.as_of = {}, .tree = day, .known = Known{}};
    View down(state, moment), up(state, moment);
    for (int again = 0; again < 2; ++again) {
      const auto of_lower = target(down.At(lower)), of_upper = target(down.At(upper));
      EXPECT_EQ(target(up.At(upper)), of_upper);
      EXPECT_EQ(target(up.At(lower)), of_lower);
      EXPECT_EQ(day == turned ? of_upper : of_lower, day == turned ? 30 : 100) << "printed in this very tree";
    }
  }
  View now(state, {.as_of = {}, .tree = {}, .known = Known{}});
  for (const CellKey& cell : {lower, upper}) EXPECT_EQ(target(state.Current(cell)), target(now.At(cell))) << "the running totals say the same";
}

}  // namespace
}  // namespace anju::aggregator
