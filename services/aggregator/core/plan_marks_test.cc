// Days and plan positions of a journal.
#include "services/aggregator/core/plan_marks.h"

#include <gtest/gtest.h>

namespace anju::aggregator {
namespace {

TEST(DayIndexTest, ADayEndsWithItsLastEventAndNeverGoesBack) {
  DayIndex days;
  EXPECT_EQ(days.LastUpTo(MakeDate(2030, 1, 1)), 0u);
  EXPECT_EQ(days.Add(MakeDate(2017, 3, 1), 5), MakeDate(2017, 3, 1));
  days.Add(MakeDate(2017, 3, 1), 7);
  days.Add(MakeDate(2017, 3, 4), 9);
  EXPECT_EQ(days.Add(MakeDate(2017, 3, 2), 11), MakeDate(2017, 3, 4));  // the clock was set back
  EXPECT_EQ(days.LastUpTo(MakeDate(2017, 2, 28)), 0u);
  EXPECT_EQ(days.LastUpTo(MakeDate(2017, 3, 1)), 7u);
  EXPECT_EQ(days.LastUpTo(MakeDate(2017, 3, 3)), 7u);
  EXPECT_EQ(days.LastUpTo(MakeDate(2017, 3, 4)), 11u);
}

TEST(PlanMarksTest, AnEventNamesThePositionOfTheNewestMarkBeforeIt) {
  PlanMarks marks;
  EXPECT_EQ(marks.PlanOf(1), 0u);
  EXPECT_FALSE(marks.Add(1, 0));
  EXPECT_TRUE(marks.Add(3, 2));
  EXPECT_FALSE(marks.Add(5, 2));
  EXPECT_TRUE(marks.Add(7, 6));
  EXPECT_FALSE(marks.Add(8, 4));
  EXPECT_EQ(marks.PlanOf(2), 0u);
  EXPECT_EQ(marks.PlanOf(3), 2u);
  EXPECT_EQ(marks.PlanOf(6), 2u);
  EXPECT_EQ(marks.PlanOf(100), 6u);
  EXPECT_EQ(marks.FirstBeyond(0), 3u);
  EXPECT_EQ(marks.FirstBeyond(1), 3u);
  EXPECT_EQ(marks.FirstBeyond(2), 7u);
  EXPECT_EQ(marks.FirstBeyond(6), UINT64_MAX);
}

}  // namespace
}  // namespace anju::aggregator
