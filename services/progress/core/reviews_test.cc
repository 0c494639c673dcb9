// The steps of reviews, their history, and the memory of requests.
#include "services/progress/core/reviews.h"

#include <gtest/gtest.h>

#include "services/progress/core/requests.h"

namespace anju::progress {
namespace {

constexpr ReviewState kReported = ReviewState::kReported, kReturned = ReviewState::kReturned, kReviewed = ReviewState::kReviewed,
                      kConfirmed = ReviewState::kConfirmed;

TEST(ReviewStepTest, EveryStepFromEveryState) {
  using enum ReviewStep;
  struct Case {
    ReviewState from, to;
    ReviewStep step, unexplained;
  };
  const Case cases[] = {
      {kReported, kReturned, kChanges, kChanges},           {kReported, kReviewed, kChanges, kNeedsExplanation},
      {kReported, kConfirmed, kNotAllowed, kNotAllowed},    {kReturned, kReturned, kUnchanged, kUnchanged},
      {kReturned, kReviewed, kChanges, kNeedsExplanation},  {kReturned, kConfirmed, kNotAllowed, kNotAllowed},
      {kReviewed, kReturned, kChanges, kChanges},           {kReviewed, kReviewed, kUnchanged, kUnchanged},
      {kReviewed, kConfirmed, kChanges, kNeedsExplanation}, {kConfirmed, kReturned, kNotAllowed, kNotAllowed},
      {kConfirmed, kReviewed, kNotAllowed, kNotAllowed},    {kConfirmed, kConfirmed, kUnchanged, kUnchanged},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(WordOf(c.from)) + " to " + std::string(WordOf(c.to)));
    EXPECT_EQ(StepOf(c.from, c.to, false), c.step);
    EXPECT_EQ(StepOf(c.from, c.to, true), c.unexplained);
  }
}

TEST(ReviewBookTest, TellsTheStateAsOfAnyEarlierSequence) {
  ReviewBook book;
  book.Add({.sequence = 10, .state = kReturned, .remark = "缺附件"}, {3, 5});
  book.Add({.sequence = 12, .state = kReviewed}, {5, 7});
  book.Add({.sequence = 15, .state = kConfirmed}, {5});
  EXPECT_EQ(book.StateOf(5), kConfirmed);
  EXPECT_EQ(book.StateOf(5, 14), kReviewed);
  EXPECT_EQ(book.StateOf(5, 12), kReviewed);
  EXPECT_EQ(book.StateOf(5, 11), kReturned);
  EXPECT_EQ(book.StateOf(5, 9), kReported);
  EXPECT_EQ(book.StateOf(3), kReturned);
  EXPECT_EQ(book.Of(3)->remark, "缺附件");
  EXPECT_EQ(book.StateOf(7), kReviewed);
  EXPECT_EQ(book.Of(7, 11), nullptr);
  EXPECT_EQ(book.Of(4), nullptr);
}

TEST(RequestMemoryTest, EventsOfARequestAddUpAndTheOldestRequestGoes) {
  RequestMemory memory;
  memory.Add("li", "r", {.digest = "d", .changed = 1'000, .unchanged = 3, .sequence = 10});
  memory.Add("li", "r", {.digest = "d", .changed = 20, .sequence = 11});
  ASSERT_NE(memory.Find("li", "r"), nullptr);
  EXPECT_EQ(memory.Find("li", "r")->changed, 1'020u);
  EXPECT_EQ(memory.Find("li", "r")->unchanged, 3u);
  EXPECT_EQ(memory.Find("li", "r")->sequence, 11u);
  EXPECT_EQ(memory.Find("wu", "r"), nullptr);
  for (size_t i = 1; i < kRequestsRemembered; ++i) memory.Add("wu", std::to_string(i), {});
  EXPECT_NE(memory.Find("li", "r"), nullptr);
  memory.Add("wu", "last", {});
  EXPECT_EQ(memory.Find("li", "r"), nullptr);
  EXPECT_NE(memory.Find("wu", "1"), nullptr);
}

}  // namespace
}  // namespace anju::progress
