// The three annexes of Diqing's bulletin of June 2017, cell by cell as printed.
#include <gtest/gtest.h>

#include "common/status/status.h"
#include "services/ranking/core/table_fixture.h"

namespace anju::ranking {
namespace {

class Diqing : public ::testing::Test {
 protected:
  Diqing() {
    diqing_.SetRegion("533400", "迪庆州", RegionLevel::kCity);
    // In the order of the tree: no official order is given, so by code.
    diqing_.AddChild("533400-BJ", "州本级", 0, RegionKind::kOwnLevel);
    diqing_.AddChild("533400-KFQ", "开发区", 0, RegionKind::kZone);
    diqing_.AddChild("533401", "香格里拉市");
    diqing_.AddChild("533422", "德钦县");
    diqing_.AddChild("533423", "维西县");
  }
  Country diqing_;
};

TEST_F(Diqing, AnnexOneRanksStartsByRateOfTheCitysTargets) {
  for (auto [code, target, starts] : {std::tuple{"533401", 2000, 1241}, {"533422", 250, 153}, {"533423", 1475, 900}, {"533400", 3725, 2294}}) {
    diqing_.SetTarget(code, kStarts, Layer::kCity, target);
    diqing_.Report(code, kStarts, starts);
  }
  diqing_.SetTarget("533400", kStarts, Layer::kProvince, 3725);
  auto table = diqing_.Rank(StartsByRate());
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(Ranked(*table), "1 香格里拉市 62.05|2 德钦县 61.20|3 维西县 61.02");
  EXPECT_EQ(UnrankedOf(*table), "");
  EXPECT_EQ(table->rows[0].key, "1241/2000");
  EXPECT_EQ(table->rows[1].key, "153/250");
  EXPECT_EQ(table->rows[2].key, "36/59");  // 900/1475 in lowest terms
  EXPECT_EQ(table->rows[0].numerator, "1241");
  EXPECT_EQ(table->rows[0].denominator, "2000");
  EXPECT_EQ(table->total.numerator, "2294");
  EXPECT_EQ(table->total.denominator, "3725");
  EXPECT_EQ(table->total.value, "61.58");
  EXPECT_EQ(table->layer, Layer::kCity);
  EXPECT_EQ(table->expected, 3u);
  EXPECT_EQ(table->reported, 3u);
  EXPECT_EQ(FormatDate(*table->as_of), "2017-06-30");
}

TEST_F(Diqing, AnnexTwoLeavesEverybodyUnrankedAndStillHasATotal) {
  for (auto [code, target] : {std::pair{"533401", 2000}, {"533422", 250}, {"533423", 1475}, {"533400", 3725}}) {
    diqing_.SetTarget(code, kCompletions, Layer::kCity, target);
    diqing_.Report(code, kCompletions, 0);
  }
  diqing_.SetMissing("533400-KFQ", kCompletions, Layer::kCity, Missing::kBlank);
  diqing_.Report("533400-KFQ", kCompletions, 172);
  diqing_.Report("533400", kCompletions, 172);
  diqing_.Report("533400-KFQ", kInvestment, 71'262);
  diqing_.Report("533400", kInvestment, 1'626'762);
  Definition definition = StartsByRate();
  definition.indicator = kCompletions;
  definition.zero_unranked = true;
  definition.total_digits = 1;
  definition.columns = {{kInvestment, ColumnKind::kFigure}};
  auto table = diqing_.Rank(definition);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(Ranked(*table), "");
  EXPECT_EQ(UnrankedOf(*table), "开发区 NO_TARGET|香格里拉市 ZERO_VALUE|德钦县 ZERO_VALUE|维西县 ZERO_VALUE");
  EXPECT_EQ(table->unranked[0].numerator, "172");
  EXPECT_EQ(table->unranked[0].denominator, std::nullopt);
  EXPECT_EQ(table->unranked[0].value, std::nullopt);
  EXPECT_EQ(table->unranked[0].columns, std::vector<std::string>{"712.62"});
  EXPECT_EQ(table->unranked[1].columns, std::vector<std::string>{""});
  EXPECT_EQ(table->total.numerator, "172");
  EXPECT_EQ(table->total.value, "4.6");
  EXPECT_EQ(table->total.columns, std::vector<std::string>{"16267.62"});
  EXPECT_EQ(table->expected, 3u);
}

class AnnexThree : public Diqing {
 protected:
  struct Line {
    const char* code;
    int target, built, entries, allotted;
  };
  AnnexThree() {
    for (const Line& line : {Line{"533423", 4026, 4030, 40, 3552}, {"533422", 2385, 2180, 34, 2074}, {"533401", 4242, 4242, 0, 2226},
                             {"533400-KFQ", 640, 644, 0, 200}, {"533400-BJ", 3558, 3584, 40, 1332}, {"533400", 14851, 14680, 114, 9384}}) {
      diqing_.SetTarget(line.code, kBuilt, Layer::kCity, line.target);
      diqing_.Report(line.code, kBuilt, line.built);
      diqing_.Report(line.code, kEntries, line.entries);
      diqing_.Report(line.code, kAllotted, line.allotted);
    }
    diqing_.Report("533400-BJ", kExits, 95);
    diqing_.Report("533400", kExits, 95);
    definition_ = StartsByRate();
    definition_.indicator = kAllotted;
    definition_.by = SortKey::kNetNew;
    definition_.of = kBuilt;
    definition_.then_by = SortKey::kRate;
    definition_.ties = TieStyle::kOrdinal;
    definition_.total_digits = 1;
    definition_.columns = {{kBuilt, ColumnKind::kTarget}, {kBuilt, ColumnKind::kFigure}, {kEntries, ColumnKind::kFigure}, {kExits, ColumnKind::kFigure}};
  }
  Definition definition_;
};

TEST_F(AnnexThree, IsOrderedByNetNewAndPrintsTheRatioOfBuilt) {
  auto table = diqing_.Rank(definition_);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(Ranked(*table), "1 维西县 88.14|2 德钦县 95.14|3 香格里拉市 52.48|4 开发区 31.06|5 州本级 37.17");
  std::vector<std::string> keys;
  for (const Row& row : table->rows) keys.push_back(*row.key);
  EXPECT_EQ(keys, (std::vector<std::string>{"40", "34", "0", "0", "-55"}));
  EXPECT_EQ(table->rows[4].columns, (std::vector<std::string>{"3558", "3584", "40", "95"}));
  EXPECT_EQ(table->rows[0].columns, (std::vector<std::string>{"4026", "4030", "40", ""}));
  EXPECT_EQ(table->total.key, "19");
  EXPECT_EQ(table->total.value, "63.9");
  EXPECT_EQ(table->total.columns, (std::vector<std::string>{"14851", "14680", "114", "95"}));
  EXPECT_EQ(table->expected, 5u);  // a stock: all peers
  EXPECT_EQ(table->reported, 5u);
}

TEST_F(AnnexThree, TruncatingPrintsTheRatioOfDeqinAsTheBulletinDid) {
  definition_.rounding = Rounding::kTruncate;
  auto table = diqing_.Rank(definition_);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->rows[1].value, "95.13");
  EXPECT_EQ(table->rows[0].value, "88.13");  // and every other row shows that the bulletin did not truncate
}

TEST_F(AnnexThree, WithoutAThenByOrdinalPlacesAreRefused) {
  definition_.then_by = SortKey::kNone;
  EXPECT_TRUE(HasReason(diqing_.Rank(definition_).status(), Reason::TIE_NOT_BROKEN));
  definition_.then_by = SortKey::kOrder;  // no region has an official order: nothing tells the two zeros apart
  const absl::Status refused = diqing_.Rank(definition_).status();
  ASSERT_TRUE(HasReason(refused, Reason::TIE_NOT_BROKEN));
  EXPECT_EQ(ErrorsOf(refused)[0].candidates, (std::vector<std::string>{"533400-KFQ 开发区", "533401 香格里拉市"}));
}

TEST_F(AnnexThree, TheTotalOfNetNewFallsBackToThePeersWhenTheRegionsOwnCellsAreUnknown) {
  diqing_.Cell("533400", kEntries) = Figures{};
  diqing_.Cell("533400", kExits) = Figures{};
  auto table = diqing_.Rank(definition_);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->total.key, "19");
}

}  // namespace
}  // namespace anju::ranking
