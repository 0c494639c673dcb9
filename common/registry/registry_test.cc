// Tests of the registry: records without loss, the fold of both events, and the shipped regions and catalogue as a registry.
#include "common/registry/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "absl/strings/str_split.h"
#include "common/csv/csv.h"

namespace anju {
namespace {

using ::testing::ElementsAre;

Region FullRegion() {
  Region region;
  region.number = 7;
  region.code = "130400-ZXCQ";
  region.name = "邯郸市中心城区";
  region.parent = 2;
  region.level = RegionLevel::kUnit;
  region.kind = RegionKind::kArea;
  region.valid_from = MakeDate(1960, 1, 1);  // before 1970: negative days
  region.valid_to = MakeDate(2030, 1, 1);
  region.aliases = {"中心城区", "主城区"};
  region.gb_code = "130499";
  region.order = 3;
  region.members = {4, 5};
  region.note = "规划区域";
  return region;
}

Indicator FullIndicator() {
  Indicator indicator;
  indicator.number = 3;
  indicator.code = "allotted_total";
  indicator.name = "累计分配入住";
  indicator.unit = "套";
  indicator.scale = 2;
  indicator.units = {{"套", 100, 1}, {"分", 1, 7}};
  indicator.over_regions = OverRegions::kNone;
  indicator.over_time = OverTime::kLast;
  indicator.part_of = 1;
  indicator.part_kind = PartKind::kSubset;
  indicator.entries = 4;
  indicator.exits = 5;
  indicator.negative = true;
  return indicator;
}

TEST(Records, KeepEveryField) {
  EXPECT_EQ(FromProto(ToProto(FullRegion())), FullRegion());
  Region unbounded = FullRegion();
  unbounded.valid_from = kDistantPast;
  unbounded.valid_to = kDistantFuture;
  EXPECT_FALSE(ToProto(unbounded).has_valid_from_days());
  EXPECT_FALSE(ToProto(unbounded).has_valid_to_days());
  EXPECT_EQ(FromProto(ToProto(unbounded)), unbounded);
  EXPECT_EQ(FromProto(ToProto(Region{.number = 1, .code = "00"})), (Region{.number = 1, .code = "00"}));

  const Programme group{9, "policy", "政策性保障性住房", 0, true, {2, 3}};
  EXPECT_EQ(FromProto(ToProto(group)), group);
  const Programme leaf{2, "low_rent", "廉租住房", 1, false, {}};
  EXPECT_EQ(FromProto(ToProto(leaf)), leaf);

  EXPECT_EQ(FromProto(ToProto(FullIndicator())), FullIndicator());
  for (const OverTime over : {OverTime::kSum, OverTime::kLast, OverTime::kNone}) {
    for (const PartKind kind : {PartKind::kNone, PartKind::kPartition, PartKind::kSubset}) {
      Indicator indicator = FullIndicator();
      indicator.over_time = over;
      indicator.part_kind = kind;
      indicator.over_regions = OverRegions::kSum;
      EXPECT_EQ(FromProto(ToProto(indicator)), indicator);
    }
  }
}

TEST(Apply, RowsOfACodeReplaceAllItsEarlierRows) {
  Registry registry;
  plan::v1::RegionsImported first;
  Region parent;
  parent.number = 1;
  parent.code = "36";
  parent.name = "江西省";
  Region early = parent;
  early.number = 2;
  early.code = "361121";
  early.name = "上饶县";
  early.parent = 1;
  early.valid_to = MakeDate(2019, 6, 27);
  Region late = early;
  late.name = "广信";
  late.valid_from = early.valid_to;
  late.valid_to = kDistantFuture;
  *first.add_regions() = ToProto(late);  // rows of a code need not stand together or in order
  *first.add_regions() = ToProto(parent);
  *first.add_regions() = ToProto(early);
  Apply(first, &registry);
  EXPECT_EQ(registry.regions.Rows(2)->size(), 2u);
  EXPECT_EQ(registry.regions.At(2, MakeDate(2019, 6, 26))->name, "上饶县");
  EXPECT_EQ(registry.regions.At(2, MakeDate(2019, 6, 27))->name, "广信");

  plan::v1::RegionsImported second;
  early.valid_to = kDistantFuture;
  *second.add_regions() = ToProto(early);
  Apply(second, &registry);
  EXPECT_EQ(registry.regions.Rows(2)->size(), 1u);
  EXPECT_EQ(registry.regions.size(), 2u);
  EXPECT_THAT(registry.regions.ChildrenAt(1, MakeDate(2023, 1, 1)), ElementsAre(2));
}

TEST(Records, KeepEveryFieldOfABoundaryChange) {
  BoundaryEvent split;
  split.kind = BoundaryKind::kSplit;
  split.date = MakeDate(1969, 12, 1);
  split.region = 6;
  split.into = 7;
  split.share = {3, 7};
  split.units = {11, 12};
  split.name = "新名";
  split.level = "county";
  split.kind_word = "administrative";
  split.document = "国函〔2019〕59号";
  split.note = "按人口";
  split.line = 4;
  EXPECT_EQ(FromProto(ToProto(split)), split);
  for (int kind = 1; kind <= 7; ++kind) {
    split.kind = static_cast<BoundaryKind>(kind);
    EXPECT_TRUE(plan::v1::BoundaryKind_IsValid(kind));
    EXPECT_EQ(FromProto(ToProto(split)), split);
  }
  EXPECT_FALSE(plan::v1::BoundaryKind_IsValid(8)) << "a kind that the registry does not know";
  const BoundaryEvent nothing = FromProto(plan::v1::BoundaryEvent());
  EXPECT_FALSE(nothing.passes());
  EXPECT_EQ(nothing.share, (Fraction{0, 1}));
}

TEST(Apply, BoundaryChangesBringTheirRowsAndTheirSequence) {
  Registry registry;
  plan::v1::RegionsImported before;
  Region old;
  old.number = 1;
  old.code = "361121";
  old.name = "上饶县";
  *before.add_regions() = ToProto(old);
  Apply(before, &registry);

  plan::v1::BoundariesChanged event;
  const Date day = MakeDate(2019, 6, 27);
  Region fresh = old;
  fresh.number = 2;
  fresh.code = "361104";
  fresh.name = "广信区";
  fresh.valid_from = day;
  old.valid_to = day;
  *event.add_regions() = ToProto(old);
  *event.add_regions() = ToProto(fresh);
  BoundaryEvent recode;
  recode.kind = BoundaryKind::kRecode;
  recode.date = day;
  recode.region = 1;
  recode.into = 2;
  recode.share = {1, 1};
  *event.add_events() = ToProto(recode);
  Apply(17, event, &registry);

  EXPECT_EQ(registry.regions.At(1, day), nullptr);
  EXPECT_EQ(registry.regions.At(2, day)->name, "广信区");
  ASSERT_THAT(registry.boundaries.ReceivedBy(2), ElementsAre(0));
  recode.sequence = 17;
  EXPECT_EQ(registry.boundaries.all()[0], recode);
  EXPECT_TRUE(registry.boundaries.IsGone(1, day));
}

TEST(Apply, CatalogueRecordsReplaceByNumber) {
  Registry registry;
  plan::v1::CatalogueImported event;
  *event.add_programmes() = ToProto(Programme{1, "all", "保障性安居工程", 0, false, {}});
  *event.add_programmes() = ToProto(Programme{2, "low_rent", "廉租住房", 1, false, {}});
  *event.add_indicators() = ToProto(FullIndicator());
  Apply(event, &registry);
  Apply(event, &registry);
  EXPECT_THAT(registry.catalogue.PartsOf(1), ElementsAre(2));
  EXPECT_EQ(*registry.catalogue.FindIndicator(3), FullIndicator());
}

// The shipped files, read as plainly as possible.
class ShippedData : public ::testing::Test {
 protected:
  static csv::Table Read(const std::string& name, const std::vector<csv::Column>& columns) {
    const char* root = std::getenv("ANJU_SOURCE_DIR");
    std::ifstream file(std::string(root == nullptr ? "." : root) + "/deploy/data/" + name);
    std::stringstream bytes;
    bytes << file.rdbuf();
    auto table = csv::Parse(bytes.str(), columns);
    EXPECT_TRUE(table.ok()) << name << ": " << table.status();
    return table.ok() ? *table : csv::Table();
  }

  static std::vector<std::string> List(const std::string& text) { return absl::StrSplit(text, ';', absl::SkipEmpty()); }

  void SetUp() override {
    std::map<std::string, uint32_t> numbers;
    const csv::Table regions = Read("regions.csv", {{"code", {}}, {"name", {}}, {"parent", {}}, {"level", {}}, {"kind", {}}, {"valid_from", {}},
                                                    {"valid_to", {}}, {"aliases", {}}, {"gb_code", {}}, {"order", {}}, {"members", {}}, {"note", {}}});
    for (const csv::Row& row : regions.rows) numbers.emplace(row.fields[0], numbers.size() + 1);
    for (const csv::Row& row : regions.rows) {
      const auto& f = row.fields;
      Region region;
      region.number = numbers.at(f[0]);
      region.code = f[0];
      region.name = f[1];
      if (!f[2].empty()) region.parent = numbers.at(f[2]);
      region.level = ParseRegionLevel(f[3]).value();
      region.kind = ParseRegionKind(f[4]).value();
      if (!f[5].empty()) region.valid_from = *ParseDateOrYear(f[5]);
      if (!f[6].empty()) region.valid_to = *ParseDateOrYear(f[6]);
      region.aliases = List(f[7]);
      region.gb_code = f[8];
      region.order = f[9].empty() ? 0 : std::stoi(f[9]);
      for (const std::string& member : List(f[10])) region.members.push_back(numbers.at(member));
      registry_.regions.Put({region});
    }

    const csv::Table catalogue =
        Read("catalogue.csv", {{"type", {}}, {"code", {}}, {"name", {}}, {"parent", {}}, {"unit", {}}, {"scale", {}}, {"units_accepted", {}},
                               {"over_regions", {}}, {"over_time", {}}, {"part_of", {}}, {"part_kind", {}}, {"entries", {}}, {"exits", {}}, {"negative", {}}});
    std::map<std::string, uint32_t> codes;
    for (const csv::Row& row : catalogue.rows) codes.emplace(row.fields[1], codes.size() + 1);
    std::map<std::string, std::vector<uint32_t>> members;
    for (const csv::Row& row : catalogue.rows) {
      if (row.fields[0] != "programme") continue;
      for (const std::string& group : List(row.fields[9])) members[group].push_back(codes.at(row.fields[1]));
    }
    for (const csv::Row& row : catalogue.rows) {
      const auto& f = row.fields;
      const auto number = [&](const std::string& code) { return code.empty() ? 0 : codes.at(code); };
      if (f[0] != "indicator") {
        registry_.catalogue.Put(Programme{number(f[1]), f[1], f[2], number(f[3]), f[0] == "group", members[f[1]]});
        continue;
      }
      types::v1::IndicatorRecord record;
      record.set_number(number(f[1]));
      record.set_code(f[1]);
      record.set_name(f[2]);
      record.set_unit(f[4]);
      record.set_scale(std::stoi(f[5]));
      record.set_over_regions(f[7]);
      record.set_over_time(f[8]);
      record.set_part_of(number(f[9]));
      record.set_part_kind(f[10]);
      record.set_entries(number(f[11]));
      record.set_exits(number(f[12]));
      Indicator indicator = FromProto(record);
      const auto units = ParseUnits(f[4], std::stoi(f[5]), f[6]);
      ASSERT_TRUE(units.ok()) << f[1] << ": " << units.status();
      indicator.units = *units;
      registry_.catalogue.Put(indicator);
    }
  }

  Registry registry_;
};

TEST_F(ShippedData, TreeAndCatalogueAreSound) {
  EXPECT_TRUE(registry_.regions.Validate().ok()) << registry_.regions.Validate();
  EXPECT_TRUE(registry_.catalogue.Validate().ok()) << registry_.catalogue.Validate();
  EXPECT_GE(registry_.regions.size(), 70u);
  EXPECT_GE(registry_.catalogue.indicators().size(), 40u);
}

TEST_F(ShippedData, EveryRowOfEveryPlanResolves) {
  const std::tuple<const char*, const char*, Date> plans[] = {
      {"zhengzhou_2017.plan.csv", "410100", MakeDate(2017, 4, 12)},
      {"diqing_2017_06.plan.csv", "533400", MakeDate(2017, 1, 1)},
      {"handan_2011_2015.plan.csv", "130400", MakeDate(2011, 1, 1)},
      {"shangrao_2023.plan.csv", "361100", MakeDate(2023, 1, 1)},
  };
  for (const auto& [file, issuer, day] : plans) {
    const csv::Table table = Read(file, {{"region", {}}, {"programme", {}}, {"indicator", {}}, {"plan_year", {}}, {"value", {}},
                                         {"unit", {}}, {"note", {}}, {"role", {}}, {"layer", {}}, {"place", {}}});
    EXPECT_FALSE(table.rows.empty()) << file;
    const RegionNumber within = registry_.regions.FindCode(issuer);
    ASSERT_NE(within, 0u);
    for (const csv::Row& row : table.rows) {
      SCOPED_TRACE(std::string(file) + ":" + std::to_string(row.line));
      const auto region = registry_.regions.Resolve(row.fields[0], within, day);
      EXPECT_TRUE(region.ok()) << region.status();
      EXPECT_TRUE(registry_.catalogue.ResolveProgramme(row.fields[1]).ok());
      const auto indicator = registry_.catalogue.ResolveIndicator(row.fields[2]);
      ASSERT_TRUE(indicator.ok()) << indicator.status();
      if (row.fields[4].empty() || row.fields[4] == "not_published") continue;
      const auto decimal = ParseDecimal(row.fields[4]);
      ASSERT_TRUE(decimal.ok()) << decimal.status();
      const auto amount = ToAmount(*registry_.catalogue.FindIndicator(*indicator), *decimal, row.fields[5]);
      EXPECT_TRUE(amount.ok()) << amount.status();
    }
  }
}

TEST_F(ShippedData, OfficialOrderIsTheDocuments) {
  const auto names = [&](const char* code, Date day) {
    std::vector<std::string> result;
    for (const RegionNumber child : registry_.regions.ChildrenAt(registry_.regions.FindCode(code), day)) {
      result.push_back(registry_.regions.At(child, day)->name);
    }
    return result;
  };
  EXPECT_THAT(names("533400", MakeDate(2017, 6, 30)), ElementsAre("香格里拉市", "维西傈僳族自治县", "德钦县", "迪庆开发区", "迪庆州本级"));
  const auto shangrao = names("361100", MakeDate(2023, 1, 1));
  ASSERT_GE(shangrao.size(), 4u);
  EXPECT_THAT(std::vector<std::string>(shangrao.begin(), shangrao.begin() + 4), ElementsAre("上饶市本级", "信州区", "广信区", "广丰区"));
}

}  // namespace
}  // namespace anju
