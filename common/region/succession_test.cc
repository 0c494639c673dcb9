// Tests of who goes on with a region that ended, and of the exact shares of a split.
#include "common/region/succession.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace anju {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

BoundaryEvent Event(BoundaryKind kind, Date date, RegionNumber region, RegionNumber into, Fraction share) {
  BoundaryEvent event;
  event.kind = kind;
  event.date = date;
  event.region = region;
  event.into = into;
  event.share = share;
  return event;
}

const Date kDay = MakeDate(2017, 7, 1);

// Region 1 divided into regions 2, 3, … with these shares.
Boundaries Split(const std::vector<Fraction>& shares) {
  Boundaries boundaries;
  for (size_t i = 0; i < shares.size(); ++i) boundaries.Add(Event(BoundaryKind::kSplit, kDay, 1, static_cast<RegionNumber>(2 + i), shares[i]));
  return boundaries;
}

std::vector<int64_t> SharesOf(const Boundaries& boundaries, int64_t amount) {
  std::vector<int64_t> shares;
  for (const size_t index : boundaries.PassedOnBy(1)) shares.push_back(boundaries.ShareOf(index, amount));
  return shares;
}

TEST(Succession, OnlyChangesWithAShareArePassedOn) {
  Boundaries boundaries;
  EXPECT_TRUE(boundaries.empty());
  boundaries.Add(Event(BoundaryKind::kRename, kDay, 1, 0, {0, 1}));
  boundaries.Add(Event(BoundaryKind::kMove, kDay, 1, 9, {0, 1}));
  boundaries.Add(Event(BoundaryKind::kMerge, kDay, 2, 9, {1, 1}));
  EXPECT_FALSE(boundaries.empty());
  EXPECT_EQ(boundaries.all().size(), 3u);
  EXPECT_THAT(boundaries.PassedOnBy(1), IsEmpty());
  EXPECT_THAT(boundaries.PassedOnBy(2), ElementsAre(2));
  EXPECT_THAT(boundaries.ReceivedBy(9), ElementsAre(2));
  EXPECT_THAT(boundaries.ReceivedBy(2), IsEmpty());
}

TEST(Succession, ReceivedInTheOrderOfDaysThenOfRecording) {
  Boundaries boundaries;
  boundaries.Add(Event(BoundaryKind::kMerge, kDay, 1, 9, {1, 1}));
  boundaries.Add(Event(BoundaryKind::kMerge, MakeDate(2016, 1, 1), 2, 9, {1, 1}));
  boundaries.Add(Event(BoundaryKind::kMerge, kDay, 3, 9, {1, 1}));
  boundaries.Add(Event(BoundaryKind::kMerge, MakeDate(2018, 1, 1), 4, 8, {1, 1}));
  EXPECT_THAT(boundaries.ReceivedBy(9), ElementsAre(1, 0, 2));
}

TEST(Succession, GoneFromTheDayOfTheChangeOn) {
  Boundaries boundaries = Split({{1, 2}, {1, 2}});
  EXPECT_FALSE(boundaries.IsGone(1, Date{kDay.days - 1}));
  EXPECT_TRUE(boundaries.IsGone(1, kDay));
  EXPECT_TRUE(boundaries.IsGone(1, kDistantFuture));
  EXPECT_FALSE(boundaries.IsGone(2, kDistantFuture));
  boundaries.Add(Event(BoundaryKind::kAbolish, kDay, 5, 0, {0, 1}));
  EXPECT_FALSE(boundaries.IsGone(5, kDistantFuture));  // its figures stay where it last stood
}

TEST(Shares, AreExactWithTheLargestRemaindersFirst) {
  struct Case {
    std::vector<Fraction> shares;
    int64_t amount;
    std::vector<int64_t> expected;
  };
  const Case cases[] = {
      {{{1, 1}}, 7, {7}},
      {{{1, 1}}, INT64_MIN, {INT64_MIN}},
      {{{1, 2}, {1, 2}}, 7, {4, 3}},              // a tie goes to the earlier part
      {{{1, 2}, {1, 2}}, -7, {-4, -3}},           // and below zero likewise
      {{{1, 3}, {1, 3}, {1, 3}}, 2, {1, 1, 0}},
      {{{1, 3}, {1, 3}, {1, 3}}, -4, {-2, -1, -1}},
      {{{1, 10}, {3, 5}, {3, 10}}, 3, {0, 2, 1}},  // 0.3, 1.8, 0.9
      {{{1, 6}, {1, 2}, {1, 3}}, 1, {0, 1, 0}},
      {{{1, 1000}, {999, 1000}}, 499, {0, 499}},
      {{{2, 7}, {5, 7}}, 0, {0, 0}},
      {{{1, 2}, {1, 2}}, INT64_MAX, {INT64_MAX / 2 + 1, INT64_MAX / 2}},
      {{{1, 2}, {1, 2}}, INT64_MIN, {INT64_MIN / 2, INT64_MIN / 2}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.amount);
    EXPECT_EQ(SharesOf(Split(c.shares), c.amount), c.expected);
  }
}

TEST(Shares, WideFractionsOfWideAmountsStayExact) {
  const int64_t wide = 1'000'000'000'000'000'003;
  const Boundaries boundaries = Split({MakeFraction(1, wide), MakeFraction(wide - 2, wide), MakeFraction(1, wide)});
  for (const int64_t amount : {kAmountMax, -kAmountMax, INT64_MAX, INT64_MIN}) {
    const std::vector<int64_t> shares = SharesOf(boundaries, amount);
    EXPECT_EQ(std::accumulate(shares.begin(), shares.end(), int128{0}), int128{amount});
  }
}

TEST(Shares, SplitsOfOthersDoNotCount) {
  Boundaries boundaries;
  boundaries.Add(Event(BoundaryKind::kSplit, kDay, 1, 3, {1, 2}));
  boundaries.Add(Event(BoundaryKind::kSplit, kDay, 2, 3, {1, 3}));
  boundaries.Add(Event(BoundaryKind::kSplit, kDay, 1, 4, {1, 2}));
  boundaries.Add(Event(BoundaryKind::kSplit, kDay, 2, 4, {2, 3}));
  EXPECT_EQ(boundaries.ShareOf(0, 9) + boundaries.ShareOf(2, 9), 9);
  EXPECT_EQ(boundaries.ShareOf(1, 9), 3);
  EXPECT_EQ(boundaries.ShareOf(3, 9), 6);
}

// No plan service records it, but a journal may say it: each event's shares are 1 together, and nothing looks at two of them.
TEST(Shares, ARegionPassedOnByTwoEventsIsDividedByEachForItself) {
  Boundaries boundaries;
  const auto add = [&](uint64_t sequence, RegionNumber into, Fraction share) {
    BoundaryEvent event = Event(BoundaryKind::kSplit, kDay, 1, into, share);
    event.sequence = sequence;
    boundaries.Add(event);
  };
  add(5, 2, {1, 3});
  add(5, 3, {2, 3});
  add(8, 4, {1, 1});
  add(9, 2, {1, 2});
  add(9, 3, {1, 2});
  for (const int64_t amount : {int64_t{7}, int64_t{-7}, INT64_MAX, INT64_MIN}) {
    SCOPED_TRACE(amount);
    const std::vector<int64_t> shares = SharesOf(boundaries, amount);
    ASSERT_EQ(shares.size(), 5u);
    EXPECT_EQ(int128{shares[0]} + shares[1], int128{amount});
    EXPECT_EQ(shares[2], amount);
    EXPECT_EQ(int128{shares[3]} + shares[4], int128{amount});
  }
  EXPECT_EQ(boundaries.ShareOf(1, 7), 5);
}

// Any split of any amount adds up; every part is the exact share rounded down or up; and of two parts, the one with the larger remainder is
// never the one that went without.
TEST(Shares, PartsOfAnySplitAddUpToTheAmount) {
  for (uint32_t seed = 1; seed <= 20'000; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const size_t count = 1 + random() % 12;
    const int64_t range = std::vector<int64_t>{3, 100, 1'000'003, 50'000'000'000'000'000}[random() % 4];
    std::vector<int64_t> weights;
    for (size_t i = 0; i < count; ++i) weights.push_back(1 + static_cast<int64_t>(random() % range));
    const int64_t sum = std::accumulate(weights.begin(), weights.end(), int64_t{0});
    std::vector<Fraction> fractions;
    for (const int64_t weight : weights) fractions.push_back(MakeFraction(weight, sum));
    const Boundaries boundaries = Split(fractions);

    const int64_t amounts[] = {0, static_cast<int64_t>(random() % 20), static_cast<int64_t>(random() % kAmountMax), kAmountMax,
                               static_cast<int64_t>(random()), INT64_MAX, INT64_MIN};
    for (const int64_t amount : amounts) {
      SCOPED_TRACE(amount);
      const std::vector<int64_t> shares = SharesOf(boundaries, amount);
      ASSERT_EQ(std::accumulate(shares.begin(), shares.end(), int128{0}), int128{amount});
      const int128 size = amount < 0 ? -int128{amount} : int128{amount};
      std::vector<std::pair<int128, bool>> remainders;  // over the common denominator, and whether it got one more
      for (size_t i = 0; i < count; ++i) {
        const int128 mine = shares[i] < 0 ? -int128{shares[i]} : int128{shares[i]};
        const int128 whole = size * weights[i] / sum;
        ASSERT_TRUE(mine == whole || mine == whole + 1) << "part " << i;
        remainders.emplace_back(size * weights[i] % sum, mine > whole);
      }
      for (size_t i = 0; i < count; ++i) {
        for (size_t j = i + 1; j < count; ++j) {
          const bool earlier_first = remainders[i].first >= remainders[j].first;
          const auto& [first, second] = earlier_first ? std::pair(remainders[i], remainders[j]) : std::pair(remainders[j], remainders[i]);
          ASSERT_TRUE(first.second || !second.second) << "parts " << i << " and " << j;
        }
      }
    }
  }
}

}  // namespace
}  // namespace anju
