// Places against a definition that counts: how many are better, how many are equal.
#include "services/ranking/core/places.h"

#include <random>
#include <set>

#include <gtest/gtest.h>

namespace anju::ranking {
namespace {

std::vector<bool> Starts(const std::vector<int>& sorted_keys) {
  std::vector<bool> starts;
  for (size_t i = 0; i < sorted_keys.size(); ++i) starts.push_back(i == 0 || sorted_keys[i] != sorted_keys[i - 1]);
  return starts;
}

TEST(Places, NumberTheExampleOfEachStyle) {
  const std::vector<bool> starts = Starts({9, 5, 5, 1});
  EXPECT_EQ(Places(starts, TieStyle::kCompetition), (std::vector<uint32_t>{1, 2, 2, 4}));
  EXPECT_EQ(Places(starts, TieStyle::kModified), (std::vector<uint32_t>{1, 3, 3, 4}));
  EXPECT_EQ(Places(starts, TieStyle::kDense), (std::vector<uint32_t>{1, 2, 2, 3}));
  EXPECT_EQ(Places(Starts({9, 5, 4, 1}), TieStyle::kOrdinal), (std::vector<uint32_t>{1, 2, 3, 4}));
  EXPECT_TRUE(Places({}, TieStyle::kDense).empty());
}

TEST(Places, AgreeWithCountingForRandomKeys) {
  const uint32_t seed = 20170630;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 500; ++round) {
    std::vector<int> keys(random() % 40);
    for (int& key : keys) key = static_cast<int>(random() % (1 + random() % 20));
    std::sort(keys.rbegin(), keys.rend());
    const auto competition = Places(Starts(keys), TieStyle::kCompetition);
    const auto modified = Places(Starts(keys), TieStyle::kModified);
    const auto dense = Places(Starts(keys), TieStyle::kDense);
    for (size_t i = 0; i < keys.size(); ++i) {
      uint32_t better = 0, equal = 0;
      std::set<int> better_keys;
      for (int key : keys) {
        better += key > keys[i];
        equal += key == keys[i];
        if (key > keys[i]) better_keys.insert(key);
      }
      ASSERT_EQ(competition[i], better + 1);
      ASSERT_EQ(modified[i], better + equal);
      ASSERT_EQ(dense[i], better_keys.size() + 1);
    }
  }
}

}  // namespace
}  // namespace anju::ranking
