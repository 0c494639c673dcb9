// Targets from the top down by weights, totals from the bottom up; so every document adds up by construction.
#include "services/cli/national_plan.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <string_view>

#include "common/status/status.h"

namespace anju::cli {
namespace {

using int128 = __int128;

const Date kTreeDay = MakeDate(kNationalYear, 12, 31);
constexpr const char* kAll = "all";

uint64_t HashOf(uint64_t seed, std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325ULL ^ Mix(seed);
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return Mix(hash);
}

// How much building there is in a region, roughly: districts most, zones least, a city that reports for itself like some counties together.
int64_t SizeOf(const Region& region) {
  if (region.level == RegionLevel::kProvince) return 900;
  if (region.level == RegionLevel::kCity) return 600;
  if (region.kind != RegionKind::kAdministrative) return 50;
  if (region.name.ends_with("区")) return 170;
  return region.name.ends_with("市") ? 140 : 100;
}

// 0 where the region does not have the programme.
int64_t WeightOf(uint64_t seed, const Measure& measure, const Region& region) {
  const uint64_t hash = HashOf(seed, region.code + "/" + measure.programme);
  if (static_cast<int>(hash % 1000) >= measure.reach_permille) return 0;
  return SizeOf(region) * static_cast<int64_t>(60 + (hash >> 20) % 81);
}

void AddRow(const std::string& region, const char* programme, const char* indicator, int64_t value, const char* unit, bool whole,
            plan::v1::ImportDocumentRequest* request) {
  plan::v1::PlanRow* row = request->add_rows();
  row->set_line(static_cast<uint32_t>(request->rows_size() + 1));
  row->set_region(region);
  row->set_programme(programme);
  row->set_indicator(indicator);
  row->set_plan_year(std::to_string(kNationalYear));
  row->set_value(std::to_string(value));
  row->set_unit(unit);
  if (whole) row->set_role("declared_total");
}

plan::v1::ImportDocumentRequest Document(const std::string& code, const std::string& name, const char* issued, const char* layer) {
  plan::v1::ImportDocumentRequest request;
  request.set_document(name + "住房保障" + std::to_string(kNationalYear) + "年度计划（示例数据）");
  request.set_issuer(code);
  request.set_issued(issued);
  request.set_layer(layer);
  return request;
}

}  // namespace

const std::vector<Measure>& NationalMeasures() {
  static const std::vector<Measure> measures = {
      {"public_rental", "starts", "套", 96'000, 1000, 0},
      {"public_rental", "completions", "套", 69'000, 1000, 40},
      {"public_rental", "investment", "万元", 1'900'000, 1000, 15},
      {"affordable_rental", "starts", "套", 1'120'000, 1000, 0},
      {"affordable_rental", "completions", "套", 760'000, 1000, 40},
      {"affordable_rental", "investment", "万元", 21'500'000, 1000, 15},
      {"shantytown.urban", "starts", "套", 1'460'000, 1000, 0},
      {"shantytown.urban", "completions", "套", 1'050'000, 1000, 40},
      {"shantytown.urban", "investment", "万元", 58'000'000, 1000, 15},
      {"shantytown.mine", "starts", "套", 42'000, 150, 0},
      {"shantytown.mine", "completions", "套", 30'000, 150, 40},
      {"shantytown.forest", "starts", "套", 31'000, 120, 0},
      {"shantytown.forest", "completions", "套", 24'000, 120, 40},
      {"shantytown.coal", "starts", "套", 26'000, 80, 0},
      {"shantytown.coal", "completions", "套", 19'000, 80, 40},
      {"old_estate", "started_estates", "个", 54'000, 1000, 5},
      {"old_estate", "started_households", "户", 8'500'000, 1000, 5},
      {"old_estate", "investment", "万元", 19'800'000, 1000, 15},
      {"rent_subsidy", "subsidised_households", "户", 1'720'000, 1000, 10},
      {"rent_subsidy", "subsidy_paid", "万元", 620'000, 1000, 10},
  };
  return measures;
}

uint64_t Mix(uint64_t value) {  // splitmix64
  value += 0x9e3779b97f4a7c15ULL;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

std::vector<int64_t> Apportion(int64_t total, const std::vector<int64_t>& weights) {
  const int64_t sum = std::accumulate(weights.begin(), weights.end(), int64_t{0});
  std::vector<int64_t> parts(weights.size(), 0);
  if (sum == 0) return parts;
  std::vector<std::pair<int64_t, size_t>> remainders;
  int64_t left = total;
  for (size_t i = 0; i < weights.size(); ++i) {
    const int128 share = int128{total} * weights[i];
    parts[i] = static_cast<int64_t>(share / sum);
    left -= parts[i];
    remainders.emplace_back(-static_cast<int64_t>(share % sum), i);
  }
  std::sort(remainders.begin(), remainders.end());
  for (size_t i = 0; left > 0; ++i, --left) ++parts[remainders[i].second];
  return parts;
}

absl::StatusOr<NationalPlan> NationalPlan::Make(const RegionTree& tree, uint64_t seed) {
  const Region* country = nullptr;
  for (const RegionNumber number : tree.Numbers()) {
    const Region* region = tree.At(number, kTreeDay);
    if (region == nullptr || region->level != RegionLevel::kCountry || region->parent != 0) continue;
    if (country != nullptr) return MakeError(Reason::BAD_VALUE, "level", region->code, "a second country beside " + country->code);
    country = region;
  }
  if (country == nullptr) return MakeError(Reason::BAD_VALUE, "level", "country", "no region of the level country stands at the top of the tree");
  NationalPlan plan;
  plan.country_ = {country->code, country->name};
  plan.Walk(tree, *country, 0, 0, 0);
  if (plan.provinces_.empty()) return MakeError(Reason::BAD_VALUE, "region", country->code, "the country has no regions below it");
  plan.Decompose(seed);
  plan.MakeSeries(seed);
  return plan;
}

void NationalPlan::Walk(const RegionTree& tree, const Region& region, size_t parent, uint32_t province, int depth) {
  const size_t index = nodes_.size();
  nodes_.push_back({.region = &region, .parent = parent, .province = province});
  for (const RegionNumber number : tree.ChildrenAt(region.number, kTreeDay)) {
    const Region& child = *tree.At(number, kTreeDay);
    if (child.kind == RegionKind::kArea) continue;  // an area is made of regions that are there already
    nodes_[index].leaf = false;
    if (depth == 0) {
      province = static_cast<uint32_t>(provinces_.size());
      provinces_.push_back({child.code, child.name});
    }
    Walk(tree, child, index, province, depth + 1);
  }
}

// The country's target goes to the provinces and theirs to the regions that report, each by weight; what stands in between is the sum.
void NationalPlan::Decompose(uint64_t seed) {
  for (const Measure& measure : NationalMeasures()) {
    std::vector<std::vector<int64_t>> weights(provinces_.size());
    std::vector<std::vector<size_t>> leaves(provinces_.size());
    std::vector<int64_t> province_weights(provinces_.size(), 0);
    for (size_t i = 0; i < nodes_.size(); ++i) {
      Node& node = nodes_[i];
      node.targets.push_back(-1);
      if (!node.leaf) continue;
      const int64_t weight = WeightOf(seed, measure, *node.region);
      if (weight == 0) continue;
      weights[node.province].push_back(weight);
      leaves[node.province].push_back(i);
      province_weights[node.province] += weight;
    }
    const std::vector<int64_t> shares = Apportion(measure.national, province_weights);
    for (size_t province = 0; province < provinces_.size(); ++province) {
      const std::vector<int64_t> parts = Apportion(shares[province], weights[province]);
      for (size_t i = 0; i < parts.size(); ++i) {
        size_t at = leaves[province][i];
        while (true) {
          int64_t& target = nodes_[at].targets.back();
          target = std::max<int64_t>(target, 0) + parts[i];
          if (at == 0) break;
          at = nodes_[at].parent;
        }
      }
    }
  }
}

// A province is early or late as a whole, and each of its regions a little by itself; so places change as the year goes on.
void NationalPlan::MakeSeries(uint64_t seed) {
  for (const Node& node : nodes_) {
    if (!node.leaf) continue;
    const std::string& code = node.region->code;
    const uint64_t of_province = HashOf(seed + 1, provinces_[node.province].code), of_region = HashOf(seed + 2, code);
    for (uint32_t m = 0; m < NationalMeasures().size(); ++m) {
      if (node.targets[m] < 0) continue;
      const Measure& measure = NationalMeasures()[m];
      const uint64_t of_series = HashOf(seed + 3, code + "/" + measure.programme);
      series_.push_back({.province = node.province,
                         .measure = m,
                         .region = code,
                         .target = node.targets[m],
                         .start_day = static_cast<int32_t>(of_province % 26 + of_region % 11 + of_series % 5) + measure.lag_days,
                         .days = static_cast<int32_t>(255 + (of_province >> 8) % 61 + (of_region >> 8) % 31),
                         .reach = static_cast<int32_t>(9'000 + (of_province >> 16) % 1'401 + (of_region >> 16) % 801)});
    }
  }
}

void NationalPlan::AddRows(const Node& node, bool whole, plan::v1::ImportDocumentRequest* request) const {
  std::map<std::string_view, std::pair<int64_t, const char*>> all;  // by indicator: the sum over programmes, and its unit
  const std::vector<Measure>& measures = NationalMeasures();
  for (size_t m = 0; m < measures.size(); ++m) {
    if (node.targets[m] < 0) continue;
    AddRow(node.region->code, measures[m].programme, measures[m].indicator, node.targets[m], measures[m].unit, whole, request);
    auto& [sum, unit] = all[measures[m].indicator];
    sum += node.targets[m];
    unit = measures[m].unit;
  }
  for (const char* indicator : {"starts", "completions", "investment"}) {
    if (const auto it = all.find(indicator); it != all.end()) AddRow(node.region->code, kAll, indicator, it->second.first, it->second.second, true, request);
  }
}

std::vector<plan::v1::ImportDocumentRequest> NationalPlan::Documents() const {
  std::vector<plan::v1::ImportDocumentRequest> documents = {Document(country_.code, country_.name, "2024-01-12", "national")};
  for (const Place& province : provinces_) documents.push_back(Document(province.code, province.name, "2024-02-20", "provincial"));
  for (size_t i = 0; i < nodes_.size(); ++i) {
    const Node& node = nodes_[i];
    if (i == 0 || node.parent == 0) AddRows(node, i == 0, &documents[0]);
    if (i > 0) AddRows(node, !node.leaf, &documents[1 + node.province]);
  }
  return documents;
}

int64_t FigureOn(const NationalSeries& series, Date day) {
  const int64_t since = day.days - MakeDate(kNationalYear, 1, 1).days - series.start_day;
  const int64_t x = std::clamp<int64_t>(since * 10'000 / series.days, 0, 10'000);
  const int64_t share = x * x / 100 * (30'000 - 2 * x) / 1'000'000;  // 3x² − 2x³, in 1/10,000
  return series.target * share / 10'000 * series.reach / 10'000;
}

}  // namespace anju::cli
