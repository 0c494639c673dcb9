// What the national demonstration makes up adds up, and what it prints fits where it is printed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <tuple>

#include "common/text/table.h"
#include "services/cli/national_check.h"
#include "services/cli/national_feed.h"
#include "services/cli/national_plan.h"
#include "services/cli/national_table.h"
#include "services/cli/screen.h"

namespace anju::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Region MakeRegion(RegionNumber number, std::string code, std::string name, RegionNumber parent, RegionLevel level) {
  return {.number = number, .code = std::move(code), .name = std::move(name), .parent = parent, .level = level, .order = number};
}

// Three provinces: one of two cities, one of districts right below it, one that is a region without others below.
RegionTree SmallCountry() {
  RegionTree tree;
  RegionNumber number = 0;
  const auto add = [&](const std::string& name, RegionNumber parent, RegionLevel level) {
    const RegionNumber next = ++number;
    tree.Put({MakeRegion(next, "R" + std::to_string(100 + next), name, parent, level)});
    return next;
  };
  const RegionNumber country = add("全国", 0, RegionLevel::kCountry);
  const RegionNumber first = add("甲省", country, RegionLevel::kProvince);
  for (const char* name : {"子市", "丑市"}) {
    const RegionNumber city = add(name, first, RegionLevel::kCity);
    for (int i = 0; i < 20; ++i) add(name + std::string(i % 2 == 0 ? "区" : "县") + std::to_string(i), city, RegionLevel::kCounty);
  }
  const RegionNumber second = add("乙市", country, RegionLevel::kProvince);
  for (int i = 0; i < 15; ++i) add("乙" + std::to_string(i) + "区", second, RegionLevel::kCounty);
  add("丙省", country, RegionLevel::kProvince);
  return tree;
}

TEST(Apportion, GivesEverythingAndLargestRemaindersFirst) {
  EXPECT_THAT(Apportion(10, {1, 1, 1}), ElementsAre(4, 3, 3));
  EXPECT_THAT(Apportion(10, {5, 0, 3, 3}), ElementsAre(4, 0, 3, 3));
  EXPECT_THAT(Apportion(1, {1, 2}), ElementsAre(0, 1));
  EXPECT_THAT(Apportion(0, {1, 2}), ElementsAre(0, 0));
  EXPECT_THAT(Apportion(0, {}), ElementsAre());
  const std::vector<int64_t> parts = Apportion(58'000'000, {123'456, 1, 789'012'345, 0, 7});
  EXPECT_EQ(58'000'000, std::accumulate(parts.begin(), parts.end(), int64_t{0}));
}

TEST(NationalPlan, DocumentsAddUpFromTheCountiesToTheCountry) {
  const RegionTree tree = SmallCountry();
  const auto plan = NationalPlan::Make(tree, 7);
  ASSERT_TRUE(plan.ok()) << plan.status();
  const auto documents = plan->Documents();
  ASSERT_EQ(4U, documents.size());
  std::map<std::string, int64_t> of_provinces, of_leaves;  // by programme and indicator
  for (size_t i = 0; i < documents.size(); ++i) {
    EXPECT_THAT(documents[i].document(), HasSubstr("示例数据"));
    EXPECT_LE(documents[i].rows_size(), 10'000);
    std::map<std::string, int64_t> children, whole;  // by parent, programme and indicator
    for (const auto& row : documents[i].rows()) {
      const RegionNumber region = tree.FindCode(row.region());
      const std::string what = row.programme() + "/" + row.indicator();
      const int64_t value = std::stoll(row.value());
      EXPECT_GE(value, 0);
      whole[row.region() + "/" + what] += value;
      const Region* parent = tree.At(tree.ParentAt(region, MakeDate(kNationalYear, 6, 1)), MakeDate(kNationalYear, 6, 1));
      if (parent != nullptr && (i == 0 || parent->level != RegionLevel::kCountry)) children[parent->code + "/" + what] += value;
      if (i == 0 && parent != nullptr) of_provinces[what] += value;
      if (i > 0 && tree.ChildrenAt(region, MakeDate(kNationalYear, 6, 1)).empty()) of_leaves[what] += value;
    }
    for (const auto& [key, sum] : children) EXPECT_EQ(whole.at(key), sum) << key;
  }
  EXPECT_EQ(of_provinces, of_leaves);
  for (const Measure& measure : NationalMeasures()) {
    const auto it = of_provinces.find(measure.programme + std::string("/") + measure.indicator);
    if (it == of_provinces.end()) continue;  // nobody here has it
    EXPECT_EQ(measure.national, it->second) << it->first;
  }
  // Twice the same; with another seed otherwise.
  EXPECT_EQ(documents[1].SerializeAsString(), NationalPlan::Make(tree, 7)->Documents()[1].SerializeAsString());
  EXPECT_NE(documents[1].SerializeAsString(), NationalPlan::Make(tree, 8)->Documents()[1].SerializeAsString());
}

TEST(NationalPlan, WantsOneCountry) {
  RegionTree tree;
  EXPECT_FALSE(NationalPlan::Make(tree, 1).ok());
  tree.Put({MakeRegion(1, "100000", "全国", 0, RegionLevel::kCountry)});
  EXPECT_FALSE(NationalPlan::Make(tree, 1).ok()) << "nothing below it";
  tree.Put({MakeRegion(2, "110000", "北京市", 1, RegionLevel::kProvince)});
  EXPECT_TRUE(NationalPlan::Make(tree, 1).ok());
  tree.Put({MakeRegion(3, "200000", "另一国", 0, RegionLevel::kCountry)});
  EXPECT_FALSE(NationalPlan::Make(tree, 1).ok()) << "a second one";
}

TEST(NationalPlan, FiguresRiseAndStayNearTheTarget) {
  const RegionTree tree = SmallCountry();
  const auto plan = NationalPlan::Make(tree, 7);
  for (const NationalSeries& series : plan->series()) {
    int64_t before = 0;
    for (Date day = MakeDate(kNationalYear, 1, 1); day <= MakeDate(kNationalYear, 12, 31); ++day.days) {
      const int64_t figure = FigureOn(series, day);
      ASSERT_GE(figure, before);
      before = figure;
    }
    EXPECT_LE(before, series.target * 115 / 100);
    EXPECT_GE(before * 100, series.target * 60 - 300) << series.region;
  }
}

TEST(NationalProgress, KeepsWhatIsInForceAndGoesOnAfterTheYear) {
  const RegionTree tree = SmallCountry();
  const auto plan = NationalPlan::Make(tree, 7);
  const std::vector<Date> dates = {MakeDate(kNationalYear, 5, 31), MakeDate(kNationalYear, 6, 30)};
  NationalProgress progress(*plan, 7, dates);
  std::vector<int64_t> in_force(plan->series().size(), 0);
  std::map<int, int> kinds;
  const auto take = [&] {
    const NationalUpdate update = progress.Next();
    ++kinds[update.kind];
    int64_t& value = in_force[update.series];
    value = update.kind == progress::v1::UPDATE_KIND_REDUCTION ? value - update.value : update.value;
    EXPECT_GE(value, 0);
    return update;
  };
  size_t updates = 0;
  while (progress.InWave(0)) {
    EXPECT_EQ(dates[0], take().as_of);
    ++updates;
  }
  EXPECT_GE(updates, plan->series().size());
  while (progress.InWave(1)) EXPECT_EQ(dates[1], take().as_of);
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(dates[1], take().as_of);
  EXPECT_EQ(in_force, progress.in_force());
  EXPECT_GT(kinds[progress::v1::UPDATE_KIND_CORRECTION], 0);
  EXPECT_GT(kinds[progress::v1::UPDATE_KIND_REDUCTION], 0);
}

// What the aggregator would answer after every series was sent once: the country's cells, then those of its three children.
aggregator::v1::GetRollupResponse RollupOf(const NationalPlan& plan, const std::vector<int64_t>& in_force) {
  aggregator::v1::GetRollupResponse response;
  std::map<std::string, uint32_t> numbers;  // of programmes and indicators
  const auto number = [&](const std::string& code, bool indicator) {
    const auto [it, added] = numbers.emplace(code, numbers.size() + 1);
    if (added && indicator) {
      auto* record = response.add_indicators();
      record->set_number(it->second);
      record->set_code(code);
      record->set_name(code);
      record->set_unit("套");
      record->set_scale(code == "investment" ? 2 : 0);
      record->set_over_regions("sum");
      record->set_over_time("sum");
    } else if (added) {
      auto* record = response.add_programmes();
      record->set_number(it->second);
      record->set_code(code);
      record->set_name(code);
    }
    return it->second;
  };
  std::map<std::tuple<uint32_t, uint32_t, uint32_t>, std::pair<int64_t, int64_t>> cells;  // region, programme, indicator: figure, target
  for (size_t i = 0; i < in_force.size(); ++i) {
    const NationalSeries& series = plan.series()[i];
    const Measure& measure = NationalMeasures()[series.measure];
    const int64_t unit = std::string(measure.indicator) == "investment" ? 100 : 1;
    for (const uint32_t region : {1U, 2 + series.province}) {
      for (const char* programme : {measure.programme, "all"}) {
        auto& [figure, target] = cells[{region, number(programme, false), number(measure.indicator, true)}];
        figure += in_force[i] * unit;
        target += series.target * unit;
      }
    }
  }
  for (uint32_t region = 1; region <= 1 + plan.provinces().size(); ++region) {
    auto* record = response.add_regions();
    record->set_number(region);
    record->set_code(region == 1 ? plan.country().code : plan.provinces()[region - 2].code);
  }
  for (const auto& [key, sums] : cells) {
    auto* cell = response.add_cells();
    cell->set_region(std::get<0>(key));
    cell->set_programme(std::get<1>(key));
    cell->set_indicator(std::get<2>(key));
    cell->set_actual(sums.first);
    auto* target = cell->add_targets();
    target->set_layer(types::v1::LAYER_NATIONAL);
    target->set_target(sums.second);
  }
  return response;
}

TEST(NationalConservation, HoldsExactlyAndSaysWhatDoesNot) {
  const RegionTree tree = SmallCountry();
  const auto plan = NationalPlan::Make(tree, 7);
  std::vector<int64_t> in_force;
  for (const NationalSeries& series : plan->series()) in_force.push_back(FigureOn(series, MakeDate(kNationalYear, 6, 30)));
  const aggregator::v1::GetRollupResponse whole = RollupOf(*plan, in_force);
  const auto held = CompareConservation(*plan, in_force, whole);
  ASSERT_TRUE(held.ok()) << held.status();
  EXPECT_THAT(held->violations, ElementsAre());
  EXPECT_GT(held->indicators, 15);
  EXPECT_NE("", held->starts);
  // One unit anywhere is seen: in what was sent, in the country, in a province, in a target, in a cell that is not there.
  std::vector<int64_t> sent = in_force;
  sent[sent.size() / 2] += 1;
  EXPECT_FALSE(CompareConservation(*plan, sent, whole)->violations.empty());
  for (int i = 0; i < whole.cells_size(); ++i) {
    aggregator::v1::GetRollupResponse other = whole;
    other.mutable_cells(i)->set_actual(whole.cells(i).actual() + 1);
    EXPECT_FALSE(CompareConservation(*plan, in_force, other)->violations.empty()) << i;
    other = whole;
    other.mutable_cells(i)->mutable_targets(0)->set_target(whole.cells(i).targets(0).target() - 1);
    EXPECT_FALSE(CompareConservation(*plan, in_force, other)->violations.empty()) << i;
    other = whole;
    other.mutable_cells()->DeleteSubrange(i, 1);
    EXPECT_FALSE(CompareConservation(*plan, in_force, other)->violations.empty()) << i;
  }
}

TEST(ClipToWidth, CutsBetweenCharactersByTheirWidth) {
  EXPECT_EQ("全国", ClipToWidth("全国省", 4));
  EXPECT_EQ("全国", ClipToWidth("全国省", 5));
  EXPECT_EQ("a全", ClipToWidth("a全国", 4));
  EXPECT_EQ("", ClipToWidth("全", 1));
  EXPECT_EQ("abc", ClipToWidth("abc", 80));
}

TEST(NationalLines, FitWhereTheyArePrinted) {
  NationalView view;
  for (uint32_t i = 1; i <= 31; ++i) {
    auto* row = view.table.add_rows();
    row->set_rank(i);
    row->set_name("新疆维吾尔自治区");
    row->set_numerator("123456");
    row->set_denominator("234567");
    row->set_value("52.63");
    row->set_previous_rank(32 - i);
    row->set_rank_change(static_cast<int>(32 - i) - static_cast<int>(i));
    row->set_value_change("1.23");
    row->set_as_of("2024-06-30");
    row->add_columns("65432");
    row->add_columns("7654321");
  }
  *view.table.mutable_total() = view.table.rows(0);
  view.table.mutable_rows(4)->set_name("\033[2J省");
  view.table.set_region_name("全\033[31m国");
  view.below.push_back(view.table);
  const Context context;
  const std::vector<std::string> whole = NationalLines(context, view, 1 << 20, 1 << 20);
  EXPECT_EQ(1U + 2 + 31 + 1 + 2 + 1, whole.size());
  EXPECT_THAT(whole[1], HasSubstr("投资"));
  for (const int columns : {200, 120, 80, 60, 40, 20, 1}) {
    for (const int rows : {100, 40, 30, 24, 10, 5, 1}) {
      const std::vector<std::string> lines = NationalLines(context, view, columns, rows);
      EXPECT_LE(lines.size(), static_cast<size_t>(rows));
      for (const std::string& line : lines) {
        EXPECT_LE(DisplayWidth(line), columns) << line;
        EXPECT_EQ(std::string::npos, line.find('\033'));
      }
    }
  }
  // A usual terminal keeps the places of both ends, the rate and the total.
  const std::vector<std::string> usual = NationalLines(context, view, 80, 24);
  EXPECT_EQ(24U, usual.size());
  EXPECT_THAT(usual[1], HasSubstr("开工率%"));
  const std::string text = std::accumulate(usual.begin(), usual.end(), std::string());
  for (const char* words : {"↑30", "↓30", "…", "合计"}) EXPECT_THAT(text, HasSubstr(words));
}

}  // namespace
}  // namespace anju::cli
