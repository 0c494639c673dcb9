// The window of a source: where numbers stand, and what it remembers of them.
#include "services/progress/core/source_table.h"

#include <gtest/gtest.h>

#include "services/progress/core/series_table.h"

namespace anju::progress {
namespace {

TEST(WindowTest, NumbersAreDenseFromOne) {
  Window window;
  EXPECT_EQ(window.StandingOf(1), Standing::kNext);
  EXPECT_EQ(window.StandingOf(2), Standing::kGap);
  window.Push(11, Outcome::kAccepted, nullptr);
  EXPECT_EQ(window.StandingOf(1), Standing::kRepeat);
  EXPECT_EQ(window.StandingOf(2), Standing::kNext);
  EXPECT_EQ(window.StandingOf(UINT64_MAX), Standing::kGap);
}

TEST(WindowTest, RemembersTheLast4096AndNothingBefore) {
  Window window;
  for (uint64_t number = 1; number <= 3 * kWindow + 5; ++number) {
    const Refused refused{.reason = Reason::BAD_NUMBER, .field = "value", .value = std::to_string(number)};
    const Outcome outcome = number % 3 == 0 ? Outcome::kRefused : number % 3 == 1 ? Outcome::kAccepted : Outcome::kUnchanged;
    window.Push(number * 7, outcome, &refused);
    // Spot checks as it grows and wraps.
    if (number % 257 != 0 && number != 3 * kWindow + 5) continue;
    const uint64_t oldest = number > kWindow ? number - kWindow + 1 : 1;
    for (uint64_t known = oldest; known <= number; ++known) {
      ASSERT_EQ(window.StandingOf(known), Standing::kRepeat);
      ASSERT_EQ(window.At(known).digest, known * 7);
      if (known % 3 == 0) {
        ASSERT_EQ(window.RefusedAt(known).value, std::to_string(known));
      }
    }
    if (oldest > 1) {
      ASSERT_EQ(window.StandingOf(oldest - 1), Standing::kTooOld);
    }
  }
}

TEST(WindowTest, RemembersTheFlagsOfItsNumbers) {
  Window window;
  const auto flags_of = [](uint64_t number) {
    std::vector<Flag> flags;
    if (number % 2 == 0) flags.push_back({"late", SoftCheck::kLate, static_cast<int64_t>(number)});
    if (number % 6 == 0) flags.push_back({"jump", SoftCheck::kJump, -static_cast<int64_t>(number)});
    return flags;
  };
  for (uint64_t number = 1; number <= 4 * kWindow; ++number) {
    const Refused refused{.reason = Reason::EXPLANATION_REQUIRED};
    window.Push(number, number % 3 == 0 ? Outcome::kRefused : Outcome::kAccepted, &refused, flags_of(number));
    if (number % 509 != 0 && number != 4 * kWindow) continue;
    for (uint64_t known = number > kWindow ? number - kWindow + 1 : 1; known <= number; ++known) ASSERT_EQ(window.FlagsAt(known), flags_of(known)) << known;
  }
}

TEST(SourceTableTest, NamesAreOfAPlainForm) {
  for (const std::string& name : {std::string("a"), std::string("2017-06:row_1.csv"), std::string("AZaz09"), std::string(128, 'f')}) EXPECT_TRUE(IsSourceName(name)) << name;
  for (const std::string& name : {std::string(), std::string("a b"), std::string("县"), std::string("a/b"), std::string(129, 'f'), std::string("a\0b", 3), std::string("a[b"), std::string("a{b"), std::string("a@b")}) {
    EXPECT_FALSE(IsSourceName(name)) << name;
  }
}

TEST(SourceTableTest, NumbersAreThoseOfWhatWasOpened) {
  SourceTable sources;
  sources.Open(1, "a", "wu");
  EXPECT_EQ(sources.Find("a"), 1u);
  EXPECT_EQ(sources.Find("b"), 0u);
  for (const SourceNumber number : {0u, 2u}) EXPECT_FALSE(sources.Has(number)) << number;
  EXPECT_TRUE(sources.Has(1));
  SeriesTable series;
  EXPECT_FALSE(series.Open(2, {1, 1, 1, {}})) << "not the next one";
  EXPECT_TRUE(series.Open(1, {1, 1, 1, {}}));
  EXPECT_FALSE(series.Open(2, {1, 1, 1, {}})) << "open already";
  EXPECT_EQ(series.Find({1, 1, 1, {}}), 1u);
  EXPECT_EQ(series.Find({1, 1, 2, {}}), 0u);
  for (const SeriesNumber number : {0u, 2u}) EXPECT_FALSE(series.Has(number)) << number;
}

// Which of the refusals and flags leave with the numbers that leave the window.
TEST(WindowTest, GoesOnFromANumberInTheMiddle) {
  Window window;
  window.StartAfter(0);
  EXPECT_EQ(window.StandingOf(1), Standing::kNext);
  Window later;
  later.StartAfter(10'000);
  EXPECT_EQ(later.StandingOf(10'001), Standing::kNext);
  EXPECT_EQ(later.StandingOf(10'002), Standing::kGap);
  EXPECT_EQ(later.StandingOf(10'000 - kWindow), Standing::kTooOld);
  later.Push(1, Outcome::kAccepted, nullptr);
  EXPECT_EQ(later.StandingOf(10'001), Standing::kRepeat);
}

}  // namespace
}  // namespace anju::progress
