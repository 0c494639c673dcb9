// Regions, catalogue and milestones read from text: numbers, order, changes, and what is refused with which line.
#include "services/plan/core/core_fixture.h"
#include "services/plan/core/import_catalogue.h"
#include "services/plan/core/import_regions.h"
#include "services/plan/core/milestones.h"

namespace anju::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

RegionRowText RegionRow(uint32_t line, std::string code, std::string parent, std::string from = "", std::string to = "") {
  return {.line = line, .code = code, .name = "名" + code, .parent = std::move(parent), .level = "county", .kind = "administrative",
          .valid_from = std::move(from), .valid_to = std::move(to)};
}

TEST(ReadRegionsTest, ParentsMayStandBelowAndNumbersFollowTheFile) {
  const auto import = ReadRegions({RegionRow(2, "B1", "A1"), RegionRow(3, "A1", "")}, {}, {}, {});
  ASSERT_TRUE(import.ok()) << import.status();
  ASSERT_THAT(import->changed, SizeIs(2));
  EXPECT_EQ(import->changed[0][0].code, "A1");  // parents first in the event
  EXPECT_EQ(import->changed[0][0].number, 2u);
  EXPECT_EQ(import->changed[1][0].number, 1u);
  EXPECT_EQ(import->changed[1][0].parent, 2u);
}

TEST(ReadRegionsTest, OnlyWhatChangedIsChanged) {
  const std::vector<RegionRowText> rows = {RegionRow(2, "A1", ""), RegionRow(3, "B1", "A1", "1990", "2016-05-01"), RegionRow(4, "B1", "A1", "2017")};
  const auto first = ReadRegions(rows, {}, {}, {});
  ASSERT_TRUE(first.ok());
  std::vector<RegionRowText> edited = rows;
  edited[2].name = "新名";
  const auto second = ReadRegions(edited, first->tree, {}, {});
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->unchanged, 1u);
  ASSERT_THAT(second->changed, SizeIs(1));
  EXPECT_THAT(second->changed[0], SizeIs(2));  // all rows of the code
  const auto third = ReadRegions({RegionRow(2, "B1", "A1", "1990")}, first->tree, {}, {});
  ASSERT_TRUE(third.ok());
  EXPECT_THAT(*third->tree.Rows(third->named[0]), SizeIs(1));  // replaced, not added
}

TEST(ReadRegionsTest, EveryErrorHasItsLine) {
  std::vector<RegionRowText> rows = {RegionRow(2, "A1", ""), RegionRow(3, "a", ""),        RegionRow(4, "A2", "XX"), RegionRow(5, "A3", "", "2001-02-30"),
                                     RegionRow(6, "A4", "", "2002", "2001"), RegionRow(7, "A1", ""), RegionRow(8, "A5", ""), RegionRow(9, "", "")};
  rows[6].level = "town";
  rows[6].kind = "";
  rows[6].name = "";
  rows[6].order = "0";
  rows[6].gb_code = "12";
  EXPECT_THAT(Words(ReadRegions(rows, {}, {}, {}).status()),
              UnorderedElementsAre("BAD_CODE 3", "BROKEN_TREE 4", "BAD_DATE 5", "BAD_DATE 6", "DUPLICATE_ROW 7", "BAD_VALUE 8", "MISSING_FIELD 8",
                                   "MISSING_FIELD 8", "BAD_VALUE 8", "BAD_CODE 8", "MISSING_FIELD 9"));
}

TEST(ReadRegionsTest, TheWholeTreeMustHoldWithWhatIsStored) {
  const auto stored = ReadRegions({RegionRow(2, "A1", ""), RegionRow(3, "B1", "A1")}, {}, {}, {});
  ASSERT_TRUE(stored.ok());
  // A circle through a stored row, a parent that ends under a stored child, members of no area, overlapping rows.
  EXPECT_THAT(Words(ReadRegions({RegionRow(2, "A1", "B1")}, stored->tree, {}, {}).status()), ::testing::Contains("BROKEN_TREE 2"));
  // The stored child's row is what breaks; the file has no line for it.
  EXPECT_THAT(Words(ReadRegions({RegionRow(2, "A1", "", "1990", "2000")}, stored->tree, {}, {}).status()), ElementsAre("BROKEN_TREE 0"));
  RegionRowText member = RegionRow(2, "C1", "A1");
  member.members = "B1";
  EXPECT_THAT(Words(ReadRegions({member}, stored->tree, {}, {}).status()), ElementsAre("BROKEN_TREE 2"));
  EXPECT_THAT(Words(ReadRegions({RegionRow(2, "D1", "A1", "1990", "2000"), RegionRow(3, "D1", "A1", "1999")}, stored->tree, {}, {}).status()),
              ElementsAre("BROKEN_TREE 2"));
}

TEST(ReadRegionsTest, WhatADocumentNamesCannotBeTakenAway) {
  const auto stored = ReadRegions({RegionRow(2, "A1", ""), RegionRow(3, "B1", "A1")}, {}, {}, {});
  ASSERT_TRUE(stored.ok());
  const RegionUse use = {{stored->tree.FindCode("B1"), {MakeDate(2012, 1, 1)}}};
  EXPECT_THAT(Words(ReadRegions({RegionRow(2, "B1", "A1", "2013")}, stored->tree, {}, use).status()), ElementsAre("IMMUTABLE 2"));
  EXPECT_TRUE(ReadRegions({RegionRow(2, "B1", "A1", "2012")}, stored->tree, {}, use).ok());
  RegionRowText area = RegionRow(2, "B1", "A1");
  area.kind = "area";
  EXPECT_THAT(Words(ReadRegions({area}, stored->tree, {}, use).status()), ElementsAre("IMMUTABLE 2"));
}

CatalogueRowText IndicatorRow(uint32_t line, std::string code) {
  return {.line = line, .type = "indicator", .code = code, .name = "名" + code, .unit = "套", .scale = "0", .units_accepted = "万套=10000",
          .over_regions = "sum", .over_time = "sum"};
}

CatalogueRowText ProgrammeRow(uint32_t line, std::string code, std::string parent = "", std::string groups = "") {
  return {.line = line, .type = "programme", .code = code, .name = "名" + code, .parent = std::move(parent), .part_of = std::move(groups)};
}

Catalogue Stored(const std::vector<CatalogueRowText>& rows) {
  const auto import = ReadCatalogue(rows, {});
  EXPECT_TRUE(import.ok()) << import.status();
  Catalogue catalogue;
  for (const Programme& programme : import->programmes) catalogue.Put(programme);
  for (const Indicator& indicator : import->indicators) catalogue.Put(indicator);
  return catalogue;
}

TEST(ReadCatalogueTest, RowsComeInAnyOrder) {
  CatalogueRowText group{.line = 5, .type = "group", .code = "g", .name = "组"};
  CatalogueRowText part = IndicatorRow(6, "i.part");
  part.part_of = "i";
  part.part_kind = "partition";
  const auto import = ReadCatalogue({ProgrammeRow(2, "a.b", "a", "g"), ProgrammeRow(3, "a"), ProgrammeRow(4, "c", "a", "g"), group, part, IndicatorRow(7, "i")}, {});
  ASSERT_TRUE(import.ok()) << import.status();
  ASSERT_THAT(import->programmes, SizeIs(4));
  EXPECT_EQ(import->programmes[0].code, "a");
  EXPECT_EQ(import->programmes[0].number, 2u);
  EXPECT_EQ(import->programmes[3].code, "g");
  EXPECT_THAT(import->programmes[3].members, ElementsAre(1u, 3u));
  ASSERT_THAT(import->indicators, SizeIs(2));
  EXPECT_EQ(import->indicators[0].code, "i");
  EXPECT_EQ(import->indicators[1].part_of, import->indicators[0].number);
}

TEST(ReadCatalogueTest, AFactorIsAnExactDecimalInDisplayUnits) {
  CatalogueRowText row = IndicatorRow(2, "investment");
  row.unit = "万元";
  row.scale = "2";
  row.units_accepted = "亿元=10000;元=0.0001";
  const auto import = ReadCatalogue({row}, {});
  ASSERT_TRUE(import.ok()) << import.status();
  EXPECT_THAT(import->indicators[0].units,
              ElementsAre(Unit{"万元", 100, 1}, Unit{"亿元", 1000000, 1}, Unit{"元", 1, 100}));
}

TEST(ReadCatalogueTest, AProgrammeThatLeavesAGroupChangesTheGroup) {
  const CatalogueRowText group{.line = 2, .type = "group", .code = "g", .name = "组"};
  const Catalogue stored = Stored({group, ProgrammeRow(3, "a", "", "g"), ProgrammeRow(4, "b", "", "g")});
  const auto import = ReadCatalogue({ProgrammeRow(2, "a")}, stored);
  ASSERT_TRUE(import.ok()) << import.status();
  ASSERT_THAT(import->programmes, SizeIs(1));
  EXPECT_EQ(import->programmes[0].code, "g");
  EXPECT_THAT(import->programmes[0].members, ElementsAre(3u));
  EXPECT_THAT(ReadCatalogue({group}, stored)->programmes, IsEmpty());
}

TEST(ReadCatalogueTest, WhatFiguresWereTakenInWithCannotChange) {
  const Catalogue stored = Stored({IndicatorRow(2, "i")});
  struct Change {
    std::string CatalogueRowText::*field;
    std::string value;
  };
  for (const Change& change : {Change{&CatalogueRowText::unit, "栋"}, Change{&CatalogueRowText::scale, "1"}, Change{&CatalogueRowText::over_regions, "none"},
                               Change{&CatalogueRowText::over_time, "last"}, Change{&CatalogueRowText::units_accepted, "万套=1000"}}) {
    CatalogueRowText row = IndicatorRow(2, "i");
    row.*change.field = change.value;
    EXPECT_THAT(Words(ReadCatalogue({row}, stored).status()), ElementsAre("IMMUTABLE 2")) << change.value;
  }
  CatalogueRowText row = IndicatorRow(2, "i");
  row.units_accepted = "万套=10000;户=1";
  row.name = "新名";
  EXPECT_TRUE(ReadCatalogue({row}, stored).ok());
}

TEST(ReadCatalogueTest, EntriesAndExitsOfAnIndicatorCannotChange) {
  CatalogueRowText stock = IndicatorRow(2, "stock");
  stock.over_time = "last";
  stock.entries = "in";
  stock.exits = "out";
  const std::vector<CatalogueRowText> flows = {IndicatorRow(3, "in"), IndicatorRow(4, "out"), IndicatorRow(5, "other")};
  const Catalogue stored = Stored({stock, flows[0], flows[1], flows[2]});
  CatalogueRowText changed = stock;
  changed.entries = "other";
  changed.exits = "";
  const absl::Status refused = ReadCatalogue({changed}, stored).status();
  EXPECT_THAT(Words(refused), ElementsAre("IMMUTABLE 2", "IMMUTABLE 2"));
  EXPECT_EQ(ErrorsOf(refused)[0].field, "entries");
  EXPECT_EQ(ErrorsOf(refused)[1].field, "exits");
  CatalogueRowText declared = IndicatorRow(5, "other");
  declared.over_time = "last";
  const Catalogue plain = Stored({declared, flows[0], flows[1]});
  declared.entries = "in";
  EXPECT_THAT(Words(ReadCatalogue({declared}, plain).status()), ElementsAre("IMMUTABLE 5")) << "nor be declared later";
  EXPECT_TRUE(ReadCatalogue({stock}, stored).ok());
}

TEST(ReadCatalogueTest, EveryErrorHasItsLine) {
  CatalogueRowText scale = IndicatorRow(2, "a1"), factor = IndicatorRow(3, "a2"), whole = IndicatorRow(4, "a3"), adds = IndicatorRow(5, "a4");
  scale.scale = "9";
  factor.units_accepted = "万套=x";
  whole.part_of = "none";
  adds.over_regions = "mean";
  EXPECT_THAT(Words(ReadCatalogue({scale, factor, whole, adds, ProgrammeRow(6, "p", "q"), ProgrammeRow(7, "r", "", "p")}, {}).status()),
              UnorderedElementsAre("BAD_VALUE 2", "BROKEN_CATALOGUE 3", "BROKEN_CATALOGUE 4", "BAD_VALUE 5", "BROKEN_CATALOGUE 6", "BROKEN_CATALOGUE 7"));
  EXPECT_THAT(Words(ReadCatalogue({{.line = 2, .type = "thing", .code = "a", .name = "n"}, IndicatorRow(3, "A"), IndicatorRow(4, "b"), IndicatorRow(5, "b"),
                                   {.line = 6}}, {}).status()),
              ElementsAre("BAD_VALUE 2", "BAD_CODE 3", "DUPLICATE_ROW 5", "MISSING_FIELD 6", "MISSING_FIELD 6"));
  // A row that cannot be told does not hide what is wrong in the others.
  EXPECT_THAT(Words(ReadCatalogue({{.line = 2, .type = "thing", .code = "a", .name = "n"}, IndicatorRow(3, "b"), ProgrammeRow(4, "p", "q")}, {}).status()),
              ElementsAre("BAD_VALUE 2", "BROKEN_CATALOGUE 4"));
  EXPECT_THAT(Words(ReadCatalogue({ProgrammeRow(2, "a", "b"), ProgrammeRow(3, "b", "a")}, {}).status()),
              ElementsAre("BROKEN_CATALOGUE 2", "BROKEN_CATALOGUE 3"));
}

absl::StatusOr<std::vector<Milestone>> Milestones(const std::vector<MilestoneRowText>& rows) {
  const DocumentHeader header{.number = "文", .issuer = 2, .issued = MakeDate(2012, 3, 1), .layer = Layer::kCity};
  return ReadMilestones(rows, header, SmallTree(), SmallCatalogue());
}

MilestoneRowText MilestoneRow(uint32_t line) {
  return {.line = line, .region = "某市", .programme = "low", .indicator = "starts", .plan_year = "2012", .by = "2012-06-30", .share = "62.5"};
}

TEST(ReadMilestonesTest, ListsMultiplyOut) {
  MilestoneRowText row = MilestoneRow(2);
  row.programme = "low;rent";
  row.by = "2012-06-30;2012-10-31";
  row.cohort = "2009-2010;2011";
  row.strength = "力争";
  row.of = "built";
  const auto milestones = Milestones({row});
  ASSERT_TRUE(milestones.ok()) << milestones.status();
  ASSERT_THAT(*milestones, SizeIs(8));
  const Milestone& last = milestones->back();
  EXPECT_EQ(last.programme, 4u);
  EXPECT_EQ(FormatDate(last.by), "2012-10-31");
  EXPECT_EQ(last.cohort, (Period{2011, 2011}));
  EXPECT_EQ(last.share, (Decimal{625, 1}));
  EXPECT_EQ(last.of, 6u);
  EXPECT_TRUE(last.strive);
  EXPECT_EQ(last.layer, Layer::kCity);
}

TEST(ReadMilestonesTest, RegionsMayBeAListToo) {
  MilestoneRowText row = MilestoneRow(2);
  row.region = "甲县；乙县";
  row.indicator = "starts;built";
  const auto milestones = Milestones({row});
  ASSERT_TRUE(milestones.ok()) << milestones.status();
  ASSERT_THAT(*milestones, SizeIs(4));
  EXPECT_NE(milestones->front().region, milestones->back().region);
  row.region = "甲县;丁县";
  EXPECT_THAT(Words(Milestones({row}).status()), ElementsAre("UNKNOWN_REGION 2"));
  row.region = " ; ";
  EXPECT_THAT(Words(Milestones({row}).status()), ElementsAre("MISSING_FIELD 2"));
}

TEST(ReadMilestonesTest, EveryErrorHasItsLine) {
  std::vector<MilestoneRowText> rows;
  for (uint32_t line = 2; line <= 10; ++line) rows.push_back(MilestoneRow(line));
  rows[1].share = "0";
  rows[2].share = "1000.1";
  rows[3].by = "2012-06-31";
  rows[4].by = "";
  rows[5].strength = "maybe";
  rows[6].of = "x";
  rows[7].cohort = "x";
  rows[8].region = "丁县";
  for (size_t i = 1; i < rows.size(); ++i) rows[i].place = std::to_string(i);
  EXPECT_THAT(Words(Milestones(rows).status()), ElementsAre("BAD_VALUE 3", "BAD_VALUE 4", "BAD_DATE 5", "MISSING_FIELD 6", "BAD_VALUE 7",
                                                            "UNKNOWN_INDICATOR 8", "BAD_PERIOD 9", "UNKNOWN_REGION 10"));
  EXPECT_THAT(Words(Milestones({MilestoneRow(2), MilestoneRow(3)}).status()), ElementsAre("DUPLICATE_ROW 3"));
}

TEST(ReadMilestonesTest, AHostileRowIsNotMultipliedOut) {
  MilestoneRowText row = MilestoneRow(2);
  for (int year = 1900; year < 2100; ++year) row.cohort += std::to_string(year) + ";";
  for (int day = 1; day <= 28; ++day) row.by += ";2012-07-" + std::string(day < 10 ? "0" : "") + std::to_string(day);
  row.programme = "low;rent";
  EXPECT_THAT(Words(Milestones({row}).status()), ElementsAre("TOO_MANY_ROWS 0"));
}

}  // namespace
}  // namespace anju::plan
