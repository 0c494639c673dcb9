// Cells: an edit never changes what others hold.
#include "services/ranking/core/cells.h"

#include <map>
#include <random>
#include <tuple>

#include <gtest/gtest.h>

namespace anju::ranking {
namespace {

Figures Actual(int64_t amount) {
  Figures figures;
  figures.actual = amount;
  return figures;
}

TEST(Cells, AnEditLeavesTheEarlierStateAsItWas) {
  const ColumnKey column{1, {2, {2017, 2017}}};
  Cells first;
  first.Put(column, 7, Actual(10));
  Cells second = first.Edit();
  second.Put(column, 7, Actual(20));
  second.Put(column, 8, Actual(30));
  EXPECT_EQ(first.Find(column, 7)->actual, 10);
  EXPECT_EQ(first.Find(column, 8), nullptr);
  EXPECT_EQ(second.Find(column, 7)->actual, 20);
  EXPECT_EQ(second.Find(column, 8)->actual, 30);
  EXPECT_EQ(first.size(), 1u);
  EXPECT_EQ(second.size(), 2u);
}

TEST(Cells, EveryEditionKeepsItsOwnFiguresUnderRandomEdits) {
  const uint32_t seed = 15;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  using Model = std::map<std::tuple<ColumnKey, RegionNumber>, int64_t>;
  std::vector<std::pair<Cells, Model>> editions(1);
  for (int edit = 0; edit < 60; ++edit) {
    Cells cells = editions.back().first.Edit();
    Model model = editions.back().second;
    for (int put = 0; put < 40; ++put) {
      const ColumnKey column{1 + static_cast<uint32_t>(random() % 2), {1 + static_cast<uint32_t>(random() % 3), {}}};
      const RegionNumber region = 1 + static_cast<uint32_t>(random() % 200);
      const int64_t amount = random();
      cells.Put(column, region, Actual(amount));
      model[{column, region}] = amount;
    }
    editions.emplace_back(std::move(cells), std::move(model));
  }
  for (const auto& [cells, model] : editions) {
    ASSERT_EQ(cells.size(), model.size());
    for (const auto& [key, amount] : model) ASSERT_EQ(cells.Find(std::get<0>(key), std::get<1>(key))->actual, amount);
  }
}

TEST(Cells, NameThePeriodsARegionHas) {
  Cells cells;
  cells.Put({1, {2, {2012, 2015}}}, 3, Actual(1));
  cells.Put({1, {2, {2011, 2011}}}, 3, Actual(1));
  cells.Put({1, {2, {2017, 2017}}}, 4, Actual(1));
  cells.Put({1, {2, {}}}, 3, Actual(1));
  cells.Put({1, {3, {2016, 2016}}}, 3, Actual(1));
  EXPECT_EQ(cells.PeriodsOf(1, 2, 3), (std::vector<Period>{{2011, 2011}, {2012, 2015}}));
  EXPECT_TRUE(cells.PeriodsOf(2, 2, 3).empty());
}

}  // namespace
}  // namespace anju::ranking
