// Cells: an edit never changes what others hold.
#include "services/ranking/core/cells.h"

#include <map>
#include <random>
#include <string>
#include <tuple>

#include <gtest/gtest.h>

namespace anju::ranking {
namespace {

Figures Actual(int64_t amount) {
  Figures figures;
  figures.actual = amount;
  return figures;
}

// Anything that a cell may have, or nothing of it.
Figures RandomFigures(std::mt19937& random) {
  Figures figures;
  const auto maybe = [&] { return random() % 2 == 0; };
  if (maybe()) figures.actual = static_cast<int64_t>(random());
  if (maybe()) figures.declared = -static_cast<int64_t>(random());
  if (maybe()) figures.year_start = 0;
  if (maybe()) figures.newest_as_of = Date{static_cast<int32_t>(random() % 20'000)};
  figures.own = maybe();
  figures.review = static_cast<ReviewState>(random() % 4);
  if (random() % 4 == 0) figures.notes.assign(1 + random() % 2, std::to_string(random()));
  for (Target& target : figures.targets) {
    if (random() % 8 != 0) continue;
    target = {.amount = static_cast<int64_t>(random()), .missing = static_cast<Missing>(random() % 5), .declared = {}};
    if (maybe()) target.declared = 7;
  }
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
  EXPECT_EQ(first.Find(column, 8), std::nullopt);
  EXPECT_EQ(second.Find(column, 7)->actual, 20);
  EXPECT_EQ(second.Find(column, 8)->actual, 30);
  EXPECT_EQ(first.size(), 1u);
  EXPECT_EQ(second.size(), 2u);
}

TEST(Cells, EveryEditionKeepsItsOwnFiguresUnderRandomEdits) {
  const uint32_t seed = 15;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  using Model = std::map<std::tuple<ColumnKey, RegionNumber>, Figures>;
  std::vector<std::pair<Cells, Model>> editions(1);
  for (int edit = 0; edit < 60; ++edit) {
    Cells cells = editions.back().first.Edit();
    Model model = editions.back().second;
    for (int put = 0; put < 40; ++put) {
      const ColumnKey column{1 + static_cast<uint32_t>(random() % 2), {1 + static_cast<uint32_t>(random() % 3), {}}};
      const RegionNumber region = 1 + static_cast<uint32_t>(random() % 200);
      const Figures figures = RandomFigures(random);
      cells.Put(column, region, figures);
      model[{column, region}] = figures;
    }
    editions.emplace_back(std::move(cells), std::move(model));
  }
  for (const auto& [cells, model] : editions) {
    ASSERT_EQ(cells.size(), model.size());
    for (const auto& [key, figures] : model) ASSERT_TRUE(cells.Find(std::get<0>(key), std::get<1>(key)) == figures);
    size_t visited = 0;
    cells.ForEachPage([&](const ColumnKey& column, uint32_t, const Cells::PageCells& page) {
      for (const auto& [region, figures] : page) ASSERT_TRUE(model.at({column, region}) == figures);
      visited += page.size();
    });
    ASSERT_EQ(visited, model.size());
  }
}

// States are let go in any order, while the next ones are made of the memory they leave.
TEST(Cells, AStateThatIsHeldKeepsItsFiguresWhicheverOthersAreLetGo) {
  const uint32_t seed = 16;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const ColumnKey column{1, {2, {2017, 2017}}};
  using Model = std::map<RegionNumber, std::pair<int64_t, std::string>>;
  Cells newest;
  Model model;
  std::vector<std::pair<Cells, Model>> held;
  for (int edit = 0; edit < 3'000; ++edit) {
    Cells next = newest.Edit();
    if (random() % 3 == 0) newest = Cells();  // nobody holds the one before while the next is made
    for (int put = 0; put < 5; ++put) {
      const RegionNumber region = 1 + static_cast<uint32_t>(random() % 60);
      Figures figures = Actual(random());
      figures.notes = {std::to_string(*figures.actual)};
      next.Put(column, region, figures);
      model[region] = {*figures.actual, figures.notes.front()};
    }
    newest = std::move(next);
    if (random() % 4 == 0) held.emplace_back(newest, model);
    if (held.size() > 8) held.erase(held.begin() + static_cast<ptrdiff_t>(random() % held.size()));
    if (edit % 50 != 0) continue;
    for (const auto& [cells, expected] : held) {
      for (const auto& [region, said] : expected) {
        const std::optional<Figures> found = cells.Find(column, region);
        ASSERT_TRUE(found);
        ASSERT_EQ(*found->actual, said.first);
        ASSERT_EQ(found->notes, std::vector<std::string>{said.second});
      }
    }
  }
  // A long line of states that one holder kept goes without going deep.
  Cells first;
  Cells last = first;
  for (int edit = 0; edit < 200'000; ++edit) {
    Cells next = last.Edit();
    last = std::move(next);
  }
}

TEST(Cells, TellWhichPagesAnEditHasTouched) {
  const ColumnKey column{1, {2, {2017, 2017}}}, other{1, {3, {2017, 2017}}};
  const std::vector<uint32_t> first = {Cells::PageOf(7)}, second = {Cells::PageOf(70)}, absent = {Cells::PageOf(7'000)};
  ASSERT_NE(first, second);
  Cells cells;
  cells.Put(column, 7, Actual(1));
  cells.Put(column, 70, Actual(2));
  const uint64_t before = cells.edition();
  EXPECT_FALSE(cells.WereTouchedSince(before, column, first));
  Cells later = cells.Edit();
  later.Put(column, 70, Actual(2));  // the same figure again counts as well
  later.Put(other, 7, Actual(3));
  EXPECT_FALSE(later.WereTouchedSince(before, column, first));
  EXPECT_TRUE(later.WereTouchedSince(before, column, second));
  EXPECT_TRUE(later.WereTouchedSince(before, column, {first[0], second[0]}));
  EXPECT_TRUE(later.WereTouchedSince(before, other, first));  // a column that was not there before
  EXPECT_FALSE(later.WereTouchedSince(before, other, absent));
  EXPECT_FALSE(later.WereTouchedSince(later.edition(), column, second));
  EXPECT_FALSE(cells.WereTouchedSince(before, column, second));
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
