// Tests of the region tree: dated rows, names as people write them, and everything that makes a tree unusable.
#include "common/region/region_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "common/status/status.h"

namespace anju {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Date k2010 = MakeDate(2010, 1, 1);
const Date k2017 = MakeDate(2017, 6, 30);
const Date k2023 = MakeDate(2023, 1, 1);

Region Row(RegionNumber number, std::string code, std::string name, RegionNumber parent, uint32_t order = 0) {
  Region row;
  row.number = number;
  row.code = std::move(code);
  row.name = std::move(name);
  row.parent = parent;
  row.order = order;
  return row;
}

Region Between(Region row, Date from, Date to) {
  row.valid_from = from;
  row.valid_to = to;
  return row;
}

// Two cities with a district of the same name each, a county that became a district, and one that moved.
RegionTree Sample() {
  RegionTree tree;
  Region province = Row(1, "360000", "江西省", 0);
  province.valid_from = MakeDate(1981, 1, 1);
  tree.Put({province});
  tree.Put({Row(2, "361100", "上饶市", 1)});
  tree.Put({Row(3, "360100", "南昌市", 1)});
  tree.Put({Row(4, "361102", "城区", 2, 2)});
  tree.Put({Row(5, "360102", "城区", 3)});
  tree.Put({Between(Row(6, "361121", "上饶县", 2, 1), MakeDate(2000, 1, 1), MakeDate(2019, 6, 27))});
  tree.Put({Between(Row(7, "361104", "广信区", 2, 1), MakeDate(2019, 6, 27), kDistantFuture)});
  Region own = Row(8, "361100-BJ", "上饶市本级", 2);
  own.kind = RegionKind::kOwnLevel;
  own.aliases = {"市本级"};
  tree.Put({own});
  tree.Put({Between(Row(9, "360199", "进贤县", 3), MakeDate(1990, 1, 1), MakeDate(2015, 1, 1)),
            Between(Row(9, "360199", "进贤县", 2), MakeDate(2015, 1, 1), kDistantFuture)});
  Region area = Row(10, "361100-SXX", "上饶市所辖县(市)", 2);
  area.kind = RegionKind::kArea;
  area.aliases = {"所辖县（市）"};
  area.members = {9};
  area.gb_code = "361199";
  tree.Put({area});
  return tree;
}

TEST(RegionTree, ResolvesCodesNamesAliasesAndGbCodes) {
  const RegionTree tree = Sample();
  ASSERT_TRUE(tree.Validate().ok()) << tree.Validate();
  const std::pair<std::string, RegionNumber> cases[] = {
      {"361102", 4}, {"广信区", 7}, {"市本级", 8}, {"361100-BJ", 8}, {"361199", 10}, {" 上饶市 ", 2},
      {"上饶市所辖县(市)", 10}, {"上饶市所辖县（市）", 10}, {"所辖县(市)", 10}, {"所辖县（市）", 10},
  };
  for (const auto& [text, number] : cases) {
    const auto found = tree.Resolve(text, 2, k2023);
    ASSERT_TRUE(found.ok()) << text << ": " << found.status();
    EXPECT_EQ(*found, number) << text;
  }
}

TEST(RegionTree, LooksOnlyInsideTheAskedSubtree) {
  const RegionTree tree = Sample();
  EXPECT_EQ(*tree.Resolve("城区", 2, k2017), 4u);
  EXPECT_EQ(*tree.Resolve("城区", 3, k2017), 5u);
  EXPECT_TRUE(HasReason(tree.Resolve("360102", 2, k2017).status(), Reason::UNKNOWN_REGION));
  EXPECT_EQ(*tree.Resolve("360102", 0, k2017), 5u);
}

TEST(RegionTree, AmbiguousNameListsCandidates) {
  const auto found = Sample().Resolve("城区", 0, k2017);
  ASSERT_TRUE(HasReason(found.status(), Reason::AMBIGUOUS_REGION));
  EXPECT_THAT(ErrorsOf(found.status())[0].candidates, ElementsAre("360102 城区", "361102 城区"));
}

TEST(RegionTree, ClosedRegionIsNotUnknown) {
  const RegionTree tree = Sample();
  EXPECT_EQ(*tree.Resolve("上饶县", 2, k2017), 6u);
  EXPECT_TRUE(HasReason(tree.Resolve("上饶县", 2, k2023).status(), Reason::REGION_CLOSED));
  EXPECT_TRUE(HasReason(tree.Resolve("361121", 2, k2023).status(), Reason::REGION_CLOSED));
  EXPECT_TRUE(HasReason(tree.Resolve("广信区", 2, k2017).status(), Reason::REGION_CLOSED));
  EXPECT_TRUE(HasReason(tree.Resolve("上饶县", 3, k2023).status(), Reason::UNKNOWN_REGION));
  EXPECT_TRUE(HasReason(tree.Resolve("没有县", 0, k2023).status(), Reason::UNKNOWN_REGION));
  EXPECT_TRUE(HasReason(tree.Resolve("", 0, k2023).status(), Reason::UNKNOWN_REGION));
}

TEST(RegionTree, AnOpenCodeWinsOverAName) {
  RegionTree tree;
  tree.Put({Row(1, "361100", "上饶市", 0)});
  tree.Put({Row(2, "AB", "甲县", 1)});
  tree.Put({Row(3, "CD", "AB", 1)});
  EXPECT_EQ(*tree.Resolve("AB", 0, k2017), 2u);
}

TEST(RegionTree, RenameKeepsTheNumberAndEachNameItsDays) {
  RegionTree tree;
  tree.Put({Between(Row(1, "533421", "中甸县", 0), kDistantPast, MakeDate(2001, 12, 17)),
            Between(Row(1, "533421", "香格里拉县", 0), MakeDate(2001, 12, 17), kDistantFuture)});
  EXPECT_EQ(*tree.Resolve("中甸县", 0, MakeDate(2000, 1, 1)), 1u);
  EXPECT_TRUE(HasReason(tree.Resolve("中甸县", 0, k2017).status(), Reason::REGION_CLOSED));
  EXPECT_EQ(tree.At(1, MakeDate(2001, 12, 16))->name, "中甸县");
  EXPECT_EQ(tree.At(1, MakeDate(2001, 12, 17))->name, "香格里拉县");
}

TEST(RegionTree, ChildrenComeInOfficialOrderThenByCode) {
  const RegionTree tree = Sample();
  EXPECT_THAT(tree.ChildrenAt(2, k2017), ElementsAre(6, 4, 9, 8, 10));
  EXPECT_THAT(tree.ChildrenAt(2, k2023), ElementsAre(7, 4, 9, 8, 10));
  EXPECT_THAT(tree.ChildrenAt(2, k2010), ElementsAre(6, 4, 8, 10));
  EXPECT_THAT(tree.ChildrenAt(3, k2010), ElementsAre(5, 9));
  EXPECT_THAT(tree.ChildrenAt(4, k2010), IsEmpty());
  EXPECT_THAT(tree.ChildrenAt(0, k2010), ElementsAre(1));
}

TEST(RegionTree, ParentsAndAncestryAreThoseOfTheDay) {
  const RegionTree tree = Sample();
  EXPECT_EQ(tree.ParentAt(9, k2010), 3u);
  EXPECT_EQ(tree.ParentAt(9, k2017), 2u);
  EXPECT_TRUE(tree.IsWithin(9, 3, k2010));
  EXPECT_FALSE(tree.IsWithin(9, 3, k2017));
  EXPECT_TRUE(tree.IsWithin(9, 1, k2017));
  EXPECT_TRUE(tree.IsWithin(9, 9, k2017));
  EXPECT_EQ(tree.ParentAt(6, k2023), 0u);
  EXPECT_EQ(tree.At(6, k2023), nullptr);
  EXPECT_EQ(tree.Nearest(6, k2023)->name, "上饶县");
  EXPECT_EQ(tree.Nearest(7, k2010)->name, "广信区");
  EXPECT_EQ(tree.Nearest(77, k2010), nullptr);
}

TEST(RegionTree, PutReplacesEveryTraceOfTheOldRows) {
  RegionTree tree = Sample();
  Region moved = Row(4, "361102", "信州区", 3);
  tree.Put({moved});
  EXPECT_THAT(tree.ChildrenAt(2, k2017), ElementsAre(6, 9, 8, 10));
  EXPECT_THAT(tree.ChildrenAt(3, k2017), ElementsAre(5, 4));
  EXPECT_EQ(*tree.Resolve("城区", 0, k2017), 5u);
  EXPECT_EQ(tree.size(), 10u);
}

TEST(RegionTree, ValidateNamesEveryFault) {
  struct Case {
    std::string what;
    std::vector<std::vector<Region>> rows;
    size_t errors;
  };
  const Date y2016 = MakeDate(2016, 9, 14);
  Region member_of_city = Row(1, "A0", "甲", 0);
  member_of_city.members = {2};
  Region area = Row(1, "A0", "甲", 0);
  area.kind = RegionKind::kArea;
  area.members = {7};
  const Case cases[] = {
      {"unknown parent", {{Row(1, "A0", "甲", 9)}}, 1},
      {"above itself", {{Row(1, "A0", "甲", 1)}}, 1},
      {"circle of two", {{Row(1, "A0", "甲", 2)}, {Row(2, "B0", "乙", 1)}}, 2},
      {"circle on some days only",
       {{Between(Row(1, "A0", "甲", 0), kDistantPast, y2016), Between(Row(1, "A0", "甲", 2), y2016, kDistantFuture)}, {Row(2, "B0", "乙", 1)}},
       2},
      {"overlapping rows", {{Between(Row(1, "A0", "甲", 0), kDistantPast, y2016), Between(Row(1, "A0", "乙", 0), k2010, kDistantFuture)}}, 1},
      {"ends before it begins", {{Between(Row(1, "A0", "甲", 0), y2016, k2010)}}, 1},
      {"parent closed", {{Between(Row(1, "A0", "甲", 0), kDistantPast, y2016)}, {Row(2, "B0", "乙", 1)}}, 1},
      {"parent not yet there", {{Between(Row(1, "A0", "甲", 0), y2016, kDistantFuture)}, {Between(Row(2, "B0", "乙", 1), k2010, kDistantFuture)}}, 1},
      {"parent with a gap",
       {{Between(Row(1, "A0", "甲", 0), kDistantPast, k2010), Between(Row(1, "A0", "甲", 0), y2016, kDistantFuture)}, {Row(2, "B0", "乙", 1)}},
       1},
      {"members of no area", {{member_of_city}, {Row(2, "B0", "乙", 0)}}, 1},
      {"unknown member", {{area}}, 1},
      {"a child without a first day goes back as far as its parent",
       {{Between(Row(1, "A0", "甲", 0), k2010, kDistantFuture)}, {Row(2, "B0", "乙", 1)}},
       0},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    RegionTree tree;
    for (const auto& rows : c.rows) tree.Put(rows);
    const absl::Status status = tree.Validate();
    EXPECT_EQ(ErrorTotal(status), c.errors) << status;
    if (c.errors > 0) {
      EXPECT_TRUE(HasReason(status, Reason::BROKEN_TREE)) << status;
    }
  }
}

TEST(RegionTree, ChainsBeyondTheLimitAreRefusedAndWalksEnd) {
  RegionTree tree;
  for (RegionNumber n = 1; n <= kRegionDepthMax + 10; ++n) tree.Put({Row(n, "R" + std::to_string(n), "区", n - 1)});
  EXPECT_TRUE(HasReason(tree.Validate(), Reason::BROKEN_TREE));
  RegionTree circle;
  circle.Put({Row(1, "A0", "甲", 2)});
  circle.Put({Row(2, "B0", "乙", 1)});
  EXPECT_FALSE(circle.IsWithin(1, 7, k2017));
}

// Random dated trees against answers read off the plain rows.
TEST(RegionTree, AgreesWithAScanOfTheRowsOnRandomTrees) {
  for (uint32_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    RegionTree tree;
    std::vector<Region> all;
    const int count = 2 + random() % 12;
    for (int n = 1; n <= count; ++n) {
      std::vector<Region> rows;
      int from = random() % 5;
      for (int i = 0; i <= static_cast<int>(random() % 3); ++i) {
        const int to = from + 1 + random() % 10;
        rows.push_back(Between(Row(n, "R" + std::to_string(100 - n), "名" + std::to_string(random() % 5), random() % n, random() % 3),
                               Date{from}, Date{to}));
        from = to + random() % 3;
      }
      if (random() % 3 == 0) {  // an earlier version that must leave no trace
        std::vector<Region> old = rows;
        for (Region& row : old) row.parent = 0, row.name = "旧";
        tree.Put(old);
      }
      tree.Put(rows);
      all.insert(all.end(), rows.begin(), rows.end());
    }
    for (int day = 0; day < 40; ++day) {
      for (int parent = 0; parent <= count; ++parent) {
        std::vector<Region> expected;
        for (const Region& row : all) {
          if (row.parent == static_cast<RegionNumber>(parent) && row.HoldsOn(Date{day})) expected.push_back(row);
        }
        std::sort(expected.begin(), expected.end(), [](const Region& a, const Region& b) {
          return std::pair(a.order - 1, a.code) < std::pair(b.order - 1, b.code);  // 0 wraps round to the last place
        });
        std::vector<RegionNumber> numbers;
        for (const Region& row : expected) numbers.push_back(row.number);
        ASSERT_EQ(tree.ChildrenAt(parent, Date{day}), numbers) << "day " << day << " parent " << parent;
      }
      for (int name = 0; name < 5; ++name) {
        std::set<RegionNumber> holders;
        for (const Region& row : all) {
          if (row.name == "名" + std::to_string(name) && row.HoldsOn(Date{day})) holders.insert(row.number);
        }
        const auto found = tree.Resolve("名" + std::to_string(name), 0, Date{day});
        ASSERT_EQ(found.ok(), holders.size() == 1);
        if (found.ok()) {
          ASSERT_EQ(*found, *holders.begin());
        }
        ASSERT_EQ(HasReason(found.status(), Reason::AMBIGUOUS_REGION), holders.size() > 1);
      }
    }
    EXPECT_TRUE(HasReason(tree.Resolve("旧", 0, Date{1}).status(), Reason::UNKNOWN_REGION));
  }
}

TEST(RegionTree, HoldsTenThousandRows) {
  RegionTree tree;
  tree.Put({Row(1, "100000", "全国", 0)});
  for (RegionNumber n = 2; n <= 10'000; ++n) tree.Put({Row(n, std::to_string(900'000 - n), "县" + std::to_string(n), n <= 32 ? 1 : 2 + n % 31)});
  EXPECT_TRUE(tree.Validate().ok());
  EXPECT_EQ(tree.Numbers().size(), 10'000u);
  EXPECT_EQ(*tree.Resolve("县9999", 0, k2017), 9'999u);
}

}  // namespace
}  // namespace anju
