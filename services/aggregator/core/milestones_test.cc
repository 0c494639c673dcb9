// Milestones: met, missed, ahead, and what cannot be said; shares rounded up exactly.
#include "services/aggregator/core/milestones.h"

#include <gtest/gtest.h>

namespace anju::aggregator {
namespace {

Milestone Share(int64_t digits, uint32_t scale, Date by = MakeDate(2017, 9, 30)) {
  return {.cell = {1, 2, 3, {2017, 2017}}, .by = by, .share_digits = digits, .share_scale = scale};
}

TEST(MilestonesTest, AShareIsRoundedUpToAWholeSmallestUnit) {
  struct Case {
    int64_t digits;
    uint32_t scale;
    int64_t base, required;
  };
  for (const Case& c : {Case{60, 0, 1000, 600}, Case{60, 0, 1001, 601}, Case{333, 1, 1000, 333}, Case{333, 1, 1001, 334}, Case{100, 0, 7, 7},
                        Case{0, 0, 7, 0}, Case{1, 8, 1, 1}, Case{99'99999999, 8, 1'000'000'000'000'000, 999'999'999'900'000}}) {
    const MilestoneStanding standing = Judge(Share(c.digits, c.scale), c.base, 0, MakeDate(2017, 6, 30));
    EXPECT_EQ(standing.required, c.required) << c.digits << "/" << c.scale << " of " << c.base;
  }
}

TEST(MilestonesTest, ItIsMetMissedOrAheadAndTheDayItselfIsNotPast) {
  const Milestone milestone = Share(60, 0);
  const auto at = [&](int64_t actual, Date day) { return Judge(milestone, 1000, actual, day); };
  EXPECT_EQ(at(600, MakeDate(2017, 6, 30)).state, MilestoneState::kMet);
  EXPECT_EQ(at(600, MakeDate(2017, 12, 31)).state, MilestoneState::kMet);
  EXPECT_EQ(at(599, MakeDate(2017, 9, 30)).state, MilestoneState::kAhead);
  EXPECT_EQ(at(599, MakeDate(2017, 9, 30)).daily_pace, std::nullopt);
  EXPECT_EQ(at(599, MakeDate(2017, 10, 1)).state, MilestoneState::kMissed);
  EXPECT_EQ(at(599, MakeDate(2017, 10, 1)).days_left, -1);
  EXPECT_EQ(at(599, MakeDate(2017, 10, 1)).difference, -1);
  const MilestoneStanding ahead = at(501, MakeDate(2017, 9, 20));
  EXPECT_EQ(ahead.state, MilestoneState::kAhead);
  EXPECT_EQ(ahead.days_left, 10);
  EXPECT_EQ(ahead.daily_pace, 10);  // 99 in ten days
}

TEST(MilestonesTest, WithoutABaseOrAFigureNothingIsSaid) {
  EXPECT_EQ(Judge(Share(60, 0), std::nullopt, 5, MakeDate(2017, 6, 30)).state, MilestoneState::kUnknown);
  const MilestoneStanding nothing = Judge(Share(60, 0), 10, std::nullopt, MakeDate(2017, 12, 30));
  EXPECT_EQ(nothing.state, MilestoneState::kUnknown);
  EXPECT_EQ(nothing.required, 6);
  EXPECT_EQ(nothing.difference, std::nullopt);
}

TEST(MilestonesTest, TheTargetIsThatOfTheLevelAboveElseOfTheNearestLayer) {
  Targets targets;
  EXPECT_EQ(AddressedTarget(targets, RegionLevel::kCity), std::nullopt);
  targets[3] = Target{.amount = 4};
  EXPECT_EQ(AddressedTarget(targets, RegionLevel::kCity), 4);
  targets[0] = Target{.amount = 1};
  EXPECT_EQ(AddressedTarget(targets, RegionLevel::kCity), 1);
  targets[1] = Target{.amount = 2};
  EXPECT_EQ(AddressedTarget(targets, RegionLevel::kCity), 2);
  targets[2] = Target{.missing = Missing::kNoTask};
  EXPECT_EQ(AddressedTarget(targets, RegionLevel::kCity), 2);
  targets[2] = Target{.amount = 3};
  EXPECT_EQ(AddressedTarget(targets, RegionLevel::kCity), 3);
  EXPECT_EQ(AddressedTarget(targets, RegionLevel::kCountry), 1);
}

}  // namespace
}  // namespace anju::aggregator
