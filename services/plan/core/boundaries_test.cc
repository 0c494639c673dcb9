// Boundary changes: what each kind does to rows, who goes on with whom, and everything that refuses them.
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/plan/core/core_fixture.h"
#include "services/plan/core/import_boundaries.h"
#include "services/plan/core/import_regions.h"

namespace anju::plan {
namespace {

using ::testing::ContainerEq;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// 某省 over 甲市, 乙市 and 丙市; 甲市 over 东县 (with 东镇 and 西镇), 西县, the zone 开发区 and the area 城区 of 东县; 乙市 over 南县; 丙市 reports for itself.
RegionTree Country() {
  RegionTree tree;
  const auto put = [&](RegionNumber number, std::string code, std::string name, RegionNumber parent, RegionLevel level,
                       RegionKind kind = RegionKind::kAdministrative, std::vector<RegionNumber> members = {}) {
    tree.Put({{.number = number, .code = std::move(code), .name = std::move(name), .parent = parent, .level = level, .kind = kind, .members = std::move(members)}});
  };
  put(1, "99", "某省", 0, RegionLevel::kProvince);
  put(2, "9901", "甲市", 1, RegionLevel::kCity);
  put(3, "9902", "乙市", 1, RegionLevel::kCity);
  put(4, "9903", "丙市", 1, RegionLevel::kCity);
  put(5, "990101", "东县", 2, RegionLevel::kCounty);
  put(6, "990102", "西县", 2, RegionLevel::kCounty);
  put(7, "9901-KFQ", "开发区", 2, RegionLevel::kUnit, RegionKind::kZone);
  put(8, "9901-CQ", "城区", 2, RegionLevel::kUnit, RegionKind::kArea, {5});
  put(9, "990201", "南县", 3, RegionLevel::kCounty);
  put(10, "990101-1", "东镇", 5, RegionLevel::kUnit);
  put(11, "990101-2", "西镇", 5, RegionLevel::kUnit);
  return tree;
}

// date,event,region,into,share,units,name,level,kind,parent,document,note
std::vector<BoundaryRowText> Text(std::string_view lines) {
  std::vector<BoundaryRowText> rows;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(absl::string_view(lines.data(), lines.size()), '\n', absl::SkipEmpty()))) {
    std::vector<std::string> f = absl::StrSplit(line, ',');
    f.resize(12);
    rows.push_back({static_cast<uint32_t>(rows.size() + 2), f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], f[8], f[9], f[10], f[11]});
  }
  return rows;
}

absl::StatusOr<BoundaryImport> Read(std::string_view lines, const RegionTree& tree = Country(), const Boundaries& recorded = {}, const RegionUse& use = {}) {
  return ReadBoundaries(Text(lines), tree, recorded, use);
}

// "code name <parent code level kind from..to", every changed row.
std::vector<std::string> Rows(const BoundaryImport& import) {
  std::vector<std::string> words;
  for (const std::vector<Region>& rows : import.changed) {
    for (const Region& row : rows) {
      words.push_back(absl::StrCat(row.code, " ", row.name, " <", row.parent == 0 ? "" : import.tree.Rows(row.parent)->front().code, " ",
                                   std::string(RegionLevelName(row.level)), " ", std::string(RegionKindName(row.kind)), " ", FormatDate(row.valid_from), "..",
                                   FormatDate(row.valid_to)));
    }
  }
  return words;
}

// "kind region>into share name units"
std::vector<std::string> Events(const BoundaryImport& import) {
  std::vector<std::string> words;
  for (const BoundaryEvent& event : import.events) {
    words.push_back(absl::StrCat(std::string(BoundaryKindName(event.kind)), " ", event.region, ">", event.into, " ", FormatFraction(event.share), " ",
                                 event.name, event.level, event.kind_word, " ", absl::StrJoin(event.units, ";")));
  }
  return words;
}

Boundaries Recorded(const BoundaryImport& import) {
  Boundaries boundaries;
  for (const BoundaryEvent& event : import.events) boundaries.Add(event);
  return boundaries;
}

struct Case {
  std::string name;
  std::string lines;
  std::vector<std::string> events;
  std::vector<std::string> rows;
};

class BoundariesTest : public ::testing::TestWithParam<Case> {};

TEST_P(BoundariesTest, DoesToRowsWhatItSays) {
  const absl::StatusOr<BoundaryImport> import = Read(GetParam().lines);
  ASSERT_TRUE(import.ok()) << import.status();
  EXPECT_THAT(Events(*import), ContainerEq(GetParam().events));
  EXPECT_THAT(Rows(*import), ContainerEq(GetParam().rows));
  EXPECT_EQ(import->unchanged, 0u);
  // What was stays as it was until the day before.
  for (const RegionNumber number : Country().Numbers()) {
    const Date before = MakeDate(2015, 12, 31);
    EXPECT_EQ(import->tree.At(number, before)->parent, Country().At(number, before)->parent);
    EXPECT_EQ(import->tree.At(number, before)->name, Country().At(number, before)->name);
  }
  // The same file again changes nothing.
  const absl::StatusOr<BoundaryImport> again = Read(GetParam().lines, import->tree, Recorded(*import));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_THAT(again->events, IsEmpty());
  EXPECT_THAT(again->changed, IsEmpty());
  EXPECT_EQ(again->unchanged, import->events.size());
}

const Case kCases[] = {
    {"Rename", "2016-01-01,rename,西县,,,,西安县\n", {"rename 6>0 0 西安县 "},
     {"990102 西县 <9901 county administrative ..2016-01-01", "990102 西安县 <9901 county administrative 2016-01-01.."}},
    {"RecodeToANewCodeTakesChildrenAndMembershipAlong", "2016-01-01,recode,东县,990111,,,东区\n", {"recode 5>12 1 东区 "},
     {"990101 东县 <9901 county administrative ..2016-01-01", "990111 东区 <9901 county administrative 2016-01-01..",
      "9901-CQ 城区 <9901 unit area ..2016-01-01", "9901-CQ 城区 <9901 unit area 2016-01-01..",
      "990101-1 东镇 <990101 unit administrative ..2016-01-01", "990101-1 东镇 <990111 unit administrative 2016-01-01..",
      "990101-2 西镇 <990101 unit administrative ..2016-01-01", "990101-2 西镇 <990111 unit administrative 2016-01-01.."}},
    {"RecodeMayKeepTheName", "2016-01-01,改代码,西县,990112\n", {"recode 6>12 1 西县 "},
     {"990102 西县 <9901 county administrative ..2016-01-01", "990112 西县 <9901 county administrative 2016-01-01.."}},
    {"AZoneBecomesADistrictWithACodeOfItsOwn", "2016-01-01,recode,开发区,990113,,,新区,county,administrative\n", {"recode 7>12 1 新区countyadministrative "},
     {"9901-KFQ 开发区 <9901 unit zone ..2016-01-01", "990113 新区 <9901 county administrative 2016-01-01.."}},
    {"AZoneBecomesADistrictUnderItsCode", "2016-01-01,convert,开发区,,,,,county,administrative\n", {"convert 7>0 0 countyadministrative "},
     {"9901-KFQ 开发区 <9901 unit zone ..2016-01-01", "9901-KFQ 开发区 <9901 county administrative 2016-01-01.."}},
    {"Move", "2016-01-01,move,西县,乙市\n", {"move 6>3 0  "},
     {"990102 西县 <9901 county administrative ..2016-01-01", "990102 西县 <9902 county administrative 2016-01-01.."}},
    {"Abolish", "2016-01-01,撤销,西县\n", {"abolish 6>0 0  "}, {"990102 西县 <9901 county administrative ..2016-01-01"}},
    {"Merge", "2016-01-01,merge,西县,南县\n", {"merge 6>9 1  "}, {"990102 西县 <9901 county administrative ..2016-01-01"}},
    {"MergeTakesChildrenAlong", "2016-01-01,merge,乙市,甲市\n", {"merge 3>2 1  "},
     {"9902 乙市 <99 city administrative ..2016-01-01", "990201 南县 <9902 county administrative ..2016-01-01",
      "990201 南县 <9901 county administrative 2016-01-01.."}},
    {"TwoMergeIntoANewOne", "2016-01-01,merge,西县,990199,,,大县\n2016-01-01,merge,开发区,990199,,,大县\n", {"merge 6>12 1  ", "merge 7>12 1  "},
     {"990102 西县 <9901 county administrative ..2016-01-01", "9901-KFQ 开发区 <9901 unit zone ..2016-01-01",
      "990199 大县 <9901 county administrative 2016-01-01.."}},
    {"SplitByShares", "2016-01-01,split,西县,南县,1/3\n2016-01-01,split,990102,990199,2/3,,大县,,,9902\n",
     {"split 6>9 1/3  ", "split 6>12 2/3  "},
     {"990102 西县 <9901 county administrative ..2016-01-01", "990199 大县 <9902 county administrative 2016-01-01.."}},
    {"SharesAsPercentAndDecimal", "2016-01-01,split,西县,南县,37.5%\n2016-01-01,split,西县,东县,0.625\n", {"split 6>9 3/8  ", "split 6>5 5/8  "},
     {"990102 西县 <9901 county administrative ..2016-01-01"}},
    {"SplitByUnits", "2016-01-01,split,东县,990199,,东镇,大县\n2016-01-01,split,东县,乙市,,990101-2\n", {"split 5>12 0  10", "split 5>3 0  11"},
     {"990101 东县 <9901 county administrative ..2016-01-01", "990199 大县 <9901 county administrative 2016-01-01..",
      "990101-1 东镇 <990101 unit administrative ..2016-01-01", "990101-1 东镇 <990199 unit administrative 2016-01-01..",
      "990101-2 西镇 <990101 unit administrative ..2016-01-01", "990101-2 西镇 <9902 unit administrative 2016-01-01.."}},
    {"RowsAreDecidedInTheirOrder", "2016-01-01,rename,西县,,,,西安县\n2017-01-01,move,西安县,乙市\n2018-01-01,merge,西安县,南县\n",
     {"rename 6>0 0 西安县 ", "move 6>3 0  ", "merge 6>9 1  "},
     {"990102 西县 <9901 county administrative ..2016-01-01", "990102 西安县 <9901 county administrative 2016-01-01..2017-01-01",
      "990102 西安县 <9902 county administrative 2017-01-01..2018-01-01"}},
    {"SeveralThingsOnOneDay", "2016-01-01,convert,开发区,,,,,county,administrative\n2016-01-01,rename,开发区,,,,新区\n2016-01-01,move,开发区,乙市\n",
     {"convert 7>0 0 countyadministrative ", "rename 7>0 0 新区 ", "move 7>3 0  "},
     {"9901-KFQ 开发区 <9901 unit zone ..2016-01-01", "9901-KFQ 新区 <9902 county administrative 2016-01-01.."}},
    {"ANewCodeIsARegionLikeAnyOther", "2016-01-01,split,西县,990299,100%,,北县,,,9902\n2016-01-02,move,990299,甲市\n",
     {"split 6>12 1  ", "move 12>2 0  "},
     {"990102 西县 <9901 county administrative ..2016-01-01", "990299 北县 <9902 county administrative 2016-01-01..2016-01-02",
      "990299 北县 <9901 county administrative 2016-01-02.."}},
};
INSTANTIATE_TEST_SUITE_P(Kinds, BoundariesTest, ::testing::ValuesIn(kCases), [](const auto& info) { return info.param.name; });

TEST(BoundaryErrorsTest, EachIsNamedAtItsLine) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases = {
      // Rows that cannot be read.
      {",rename,西县,,,,新县\n", {"MISSING_FIELD 2"}},
      {"2016-02-30,rename,西县,,,,新县\n", {"BAD_DATE 2"}},
      {"2016-01-01,,西县\n", {"MISSING_FIELD 2"}},
      {"2016-01-01,swap,西县\n", {"BAD_VALUE 2"}},
      {"2016-01-01,rename,西县\n", {"MISSING_FIELD 2"}},
      {"2016-01-01,rename,,,,,新县\n", {"MISSING_FIELD 2"}},
      {"2016-01-01,rename,西县,南县,,,新县\n", {"BAD_VALUE 2"}},
      {"2016-01-01,move,西县,乙市,1/2\n", {"BAD_VALUE 2"}},
      {"2016-01-01,move,西县,乙市,,东镇\n", {"BAD_VALUE 2"}},
      {"2016-01-01,convert,开发区\n", {"MISSING_FIELD 2"}},
      {"2016-01-01,convert,开发区,,,,,district\n", {"BAD_VALUE 2"}},
      {"2016-01-01,split,西县,南县\n", {"MISSING_FIELD 2"}},
      {"2016-01-01,split,西县,南县,half\n", {"BAD_NUMBER 2"}},
      {"2016-01-01,split,西县,南县,1/0\n", {"BAD_SHARES 2"}},
      {"2016-01-01,split,西县,南县,3/2\n", {"BAD_SHARES 2"}},
      {"2016-01-01,split,西县,南县,0\n", {"BAD_SHARES 2"}},
      {"2016-01-01,split,西县,南县,-1/2\n", {"BAD_SHARES 2"}},
      {"2016-01-01,split,东县,南县,1/2,东镇\n", {"BAD_SHARES 2"}},
      // Regions.
      {"2016-01-01,rename,北县,,,,新县\n", {"UNKNOWN_REGION 2"}},
      {"2016-01-01,move,西县,丁市\n", {"UNKNOWN_REGION 2"}},
      {"2016-01-01,recode,西县,新县\n", {"BAD_CODE 2"}},
      {"2016-01-01,merge,西县,990199\n", {"UNKNOWN_REGION 2"}},
      {"2016-01-01,merge,西县,南县,,,北县\n", {"BAD_VALUE 2"}},
      {"2016-01-01,merge,西县,南县,,,,,,甲市\n", {"BAD_VALUE 2"}},
      {"2016-01-01,rename,西县,,,,西县\n", {"BAD_VALUE 2"}},
      {"2016-01-01,move,西县,甲市\n", {"BAD_VALUE 2"}},
      {"2016-01-01,abolish,西县\n2016-06-01,rename,西县,,,,新县\n", {"REGION_CLOSED 3"}},
      // The tree.
      {"2016-01-01,merge,甲市,东县\n", {"BROKEN_TREE 2"}},
      {"2016-01-01,merge,西县,西县\n", {"BROKEN_TREE 2"}},
      {"2016-01-01,recode,东县,东镇\n", {"BROKEN_TREE 2"}},
      {"2016-01-01,move,甲市,东镇\n", {"BROKEN_TREE 2"}},
      {"2016-01-01,abolish,乙市\n", {"BROKEN_TREE 0"}},
      {"2016-01-01,split,东县,西县,1/2\n2016-01-01,split,东县,南县,1/2\n", {"BROKEN_TREE 0", "BROKEN_TREE 0"}},
      // Parts that are not the whole.
      {"2016-01-01,split,西县,南县,1/2\n", {"BAD_SHARES 2"}},
      {"2016-01-01,split,西县,南县,1/2\n2016-01-01,split,西县,东县,33%\n", {"BAD_SHARES 2"}},
      {"2016-01-01,split,西县,南县,1/999999999989\n2016-01-01,split,西县,东县,1/999999999961\n", {"BAD_SHARES 2"}},
      {"2016-01-01,split,西县,南县,1/2\n2016-01-01,split,西县,南县,1/2\n", {"DUPLICATE_ROW 3"}},
      {"2016-01-01,split,东县,990199,,东镇,大县\n", {"BAD_SHARES 2"}},
      {"2016-01-01,split,东县,990199,,东镇;西镇,大县\n2016-01-01,split,东县,乙市,,西镇\n", {"BAD_SHARES 3"}},
      {"2016-01-01,split,甲市,乙市,,东镇\n", {"BAD_SHARES 2", "BAD_SHARES 2", "BAD_SHARES 2", "BAD_SHARES 2", "BAD_SHARES 2"}},
      {"2016-01-01,split,东县,990199,1/2,,大县\n2016-01-01,split,东县,乙市,,西镇\n", {"BAD_SHARES 3", "BAD_SHARES 2"}},
      // Figures that would stop counting.
      {"2016-01-01,move,西县,丙市\n", {"NOT_CONSERVED 2"}},
      {"2016-01-01,merge,乙市,丙市\n", {"NOT_CONSERVED 2"}},
      {"2016-01-01,split,东县,西县,,东镇;西镇\n", {"NOT_CONSERVED 2"}},
      // Twice.
      {"2016-01-01,rename,西县,,,,新县\n2016-01-01,rename,西县,,,,北县\n", {"BOUNDARY_CONFLICT 3"}},
      {"2017-01-01,merge,西县,南县\n2016-01-01,abolish,西县\n", {"BOUNDARY_CONFLICT 3"}},
      {"2017-01-01,move,西县,乙市\n2016-01-01,abolish,西县\n", {"BOUNDARY_CONFLICT 3"}},
  };
  for (const auto& [lines, errors] : cases) {
    SCOPED_TRACE(lines);
    EXPECT_THAT(Words(Read(lines).status()), ContainerEq(errors));
  }
}

TEST(BoundaryErrorsTest, TooManyPartsAreRefused) {
  std::string lines;
  for (size_t i = 0; i <= kSplitPartsMax; ++i) absl::StrAppend(&lines, "2016-01-01,split,西县,99", 1000 + i, ",1/101,,第", i, "县\n");
  EXPECT_THAT(Words(Read(lines).status()), ElementsAre(absl::StrCat("TOO_MANY_ROWS ", kSplitPartsMax + 2)));
}

TEST(BoundaryErrorsTest, AnAreaGoesOnWithTheSameTerritory) {
  const absl::StatusOr<BoundaryImport> import = Read("2016-01-01,recode,东县,990111\n");
  ASSERT_TRUE(import.ok()) << import.status();
  EXPECT_THAT(import->tree.At(8, MakeDate(2015, 12, 31))->members, ElementsAre(5u));
  EXPECT_THAT(import->tree.At(8, MakeDate(2016, 1, 1))->members, ElementsAre(12u));
}

TEST(BoundaryErrorsTest, AnOwnLevelMakesRoomForTheFirstChild) {
  RegionTree tree = Country();
  tree.Put({{.number = 12, .code = "9903-BJ", .name = "丙市本级", .parent = 4, .level = RegionLevel::kUnit, .kind = RegionKind::kOwnLevel}});
  EXPECT_TRUE(Read("2016-01-01,move,西县,丙市\n", tree).ok());
}

TEST(BoundaryErrorsTest, WhatDocumentsNameStays) {
  const RegionUse use = {{6, {MakeDate(2017, 3, 1)}}};
  EXPECT_THAT(Words(Read("2016-01-01,merge,西县,南县\n", Country(), {}, use).status()), ElementsAre("IMMUTABLE 2"));
  EXPECT_TRUE(Read("2017-03-02,merge,西县,南县\n", Country(), {}, use).ok());
}

TEST(BoundaryErrorsTest, RegionsFilesDoNotUndoWhatIsRecorded) {
  const absl::StatusOr<BoundaryImport> import = Read("2016-01-01,merge,西县,南县\n2016-01-01,rename,东县,,,,东安县\n");
  ASSERT_TRUE(import.ok()) << import.status();
  const auto regions = [&](std::vector<RegionRowText> rows) { return Words(ReadRegions(rows, import->tree, Recorded(*import), {}).status()); };
  const RegionRowText west{.line = 2, .code = "990102", .name = "西县", .parent = "9901", .level = "county", .kind = "administrative"};
  const RegionRowText east{.line = 3, .code = "990101", .name = "东县", .parent = "9901", .level = "county", .kind = "administrative"};
  EXPECT_THAT(regions({west, east}), ElementsAre("IMMUTABLE 2", "IMMUTABLE 3"));
  RegionRowText ended = west, before = east, after = east;
  ended.valid_to = before.valid_to = after.valid_from = "2016-01-01";
  after.name = "东安县";
  EXPECT_THAT(regions({ended, before, after}), IsEmpty());
}

TEST(BoundaryErrorsTest, RowsThatAreThereAlreadyStay) {
  RegionTree tree = Country();
  Region west = tree.Rows(6)->front();
  west.valid_to = MakeDate(2016, 1, 1);
  tree.Put({west});
  tree.Put({{.number = 12, .code = "990112", .name = "西区", .parent = 2, .level = RegionLevel::kCounty, .valid_from = MakeDate(2016, 1, 1)}});
  const absl::StatusOr<BoundaryImport> import = Read("2016-01-01,recode,西县,990112\n", tree);
  ASSERT_TRUE(import.ok()) << import.status();
  EXPECT_THAT(Events(*import), ElementsAre("recode 6>12 1 西区 "));
  EXPECT_THAT(import->changed, IsEmpty());
  // On another day it is not what the rows say.
  EXPECT_THAT(Words(Read("2015-01-01,recode,西县,990112\n", tree).status()), ElementsAre("REGION_CLOSED 2"));
  EXPECT_THAT(Words(Read("2016-01-02,recode,西县,990112\n", tree).status()), ElementsAre("REGION_CLOSED 2"));
}

// Random shares of random counts: exact sums are taken, everything else is refused, and what is handed over adds up.
TEST(BoundaryPropertyTest, SharesThatSumToOneDivideEveryAmountExactly) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    std::mt19937_64 random(seed);
    const int64_t denominator = 1 + static_cast<int64_t>(random() % 1000);
    std::string lines;
    int64_t left = denominator;
    for (int i = 0; left > 0 && i < 50; ++i) {
      const int64_t share = i == 49 ? left : 1 + static_cast<int64_t>(random() % static_cast<uint64_t>(left));
      left -= share;
      absl::StrAppend(&lines, "2016-01-01,split,西县,99", 1000 + i, ",", share, "/", denominator, ",,第", i, "县\n");
    }
    const absl::StatusOr<BoundaryImport> import = Read(lines);
    ASSERT_TRUE(import.ok()) << import.status();
    const Boundaries boundaries = Recorded(*import);
    const int64_t amount = static_cast<int64_t>(random() % kAmountMax);
    int64_t sum = 0;
    for (size_t i = 0; i < import->events.size(); ++i) sum += boundaries.ShareOf(i, amount);
    EXPECT_EQ(sum, amount);
    EXPECT_TRUE(boundaries.IsGone(6, MakeDate(2016, 1, 1)));
    EXPECT_FALSE(boundaries.IsGone(6, MakeDate(2015, 12, 31)));
    absl::StrAppend(&lines, "2016-01-01,split,西县,南县,1/1000000007\n");
    EXPECT_THAT(Words(Read(lines).status()), ElementsAre("BAD_SHARES 2"));
  }
}

}  // namespace
}  // namespace anju::plan
