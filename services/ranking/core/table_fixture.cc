// A small country for tests of tables.
#include "services/ranking/core/table_fixture.h"

#include "common/status/macros.h"

namespace anju::ranking {

Catalogue TestCatalogue() {
  Catalogue catalogue;
  catalogue.Put(Programme{.number = kProgramme, .code = "all", .name = "全部"});
  auto put = [&](IndicatorNumber number, const char* code, const char* unit, int scale, std::vector<Unit> units, OverTime over_time) {
    Indicator indicator{.number = number, .code = code, .name = code, .unit = unit, .scale = scale, .units = std::move(units)};
    indicator.over_time = over_time;
    catalogue.Put(indicator);
  };
  const std::vector<Unit> homes = {{"套", 1, 1}, {"户", 1, 1}, {"万套", 10'000, 1}};
  put(kStarts, "starts", "套", 0, homes, OverTime::kSum);
  put(kCompletions, "completions", "套", 0, homes, OverTime::kSum);
  put(kBuilt, "built", "套", 0, homes, OverTime::kLast);
  put(kEntries, "allotment_entries", "套", 0, homes, OverTime::kSum);
  put(kExits, "allotment_exits", "套", 0, homes, OverTime::kSum);
  Indicator allotted{.number = kAllotted, .code = "allotted_total", .name = "累计分配", .unit = "套", .scale = 0, .units = homes};
  allotted.over_time = OverTime::kLast;
  allotted.entries = kEntries;
  allotted.exits = kExits;
  catalogue.Put(allotted);
  put(kInvestment, "investment", "万元", 2, {{"万元", 100, 1}, {"亿元", 1'000'000, 1}, {"元", 1, 100}}, OverTime::kSum);
  put(kBudget, "budget", "元", 0, {{"元", 1, 1}, {"万元", 10'000, 1}}, OverTime::kSum);
  put(kPlotRatio, "plot_ratio", "", 2, {{"", 100, 1}}, OverTime::kNone);
  return catalogue;
}

Country::Country() : catalogue_(TestCatalogue()) { SetRegion("533400", "迪庆州", RegionLevel::kCity); }

void Country::SetRegion(std::string code, std::string name, RegionLevel level) {
  region_.number = 1;
  region_.code = std::move(code);
  region_.name = std::move(name);
  region_.level = level;
}

void Country::AddChild(std::string code, std::string name, uint32_t order, RegionKind kind) {
  Place child;
  child.number = static_cast<RegionNumber>(children_.size() + 2);
  child.code = std::move(code);
  child.name = std::move(name);
  child.level = RegionLevel::kCounty;
  child.kind = kind;
  child.order = order;
  children_.push_back(std::move(child));
}

Figures& Country::Cell(const std::string& code, IndicatorNumber indicator) {
  const bool stock = catalogue_.FindIndicator(indicator)->is_stock();
  return cells_[{code, {indicator, stock ? Period{} : kYear}}];
}

Target& Country::SetTarget(const std::string& code, IndicatorNumber indicator, Layer layer, int64_t amount) {
  return cells_[{code, {indicator, kYear}}].mutable_target(layer) = {amount, Missing::kNumber, std::nullopt};
}

Target& Country::SetMissing(const std::string& code, IndicatorNumber indicator, Layer layer, Missing missing) {
  return cells_[{code, {indicator, kYear}}].mutable_target(layer) = {0, missing, std::nullopt};
}

void Country::Report(const std::string& code, IndicatorNumber indicator, int64_t amount, Date as_of) {
  Figures& cell = Cell(code, indicator);
  cell.actual = amount;
  cell.newest_as_of = as_of;
}

Place Country::With(Place place, const Needs& needs) const {
  place.figures.resize(needs.keys.size());
  for (size_t i = 0; i < needs.keys.size(); ++i) {
    auto cell = cells_.find({place.code, needs.keys[i]});
    if (cell != cells_.end()) place.figures[i] = cell->second;
  }
  return place;
}

Input Country::Cut(const Plan& plan, std::optional<Date> as_of) const {
  Input input{.region = With(region_, plan.needs), .children = {}, .as_of = as_of};
  for (const Place& child : children_) input.children.push_back(With(child, plan.needs));
  return input;
}

absl::StatusOr<Table> Country::Rank(const Definition& definition, std::optional<Date> as_of) const {
  ASSIGN_OR_RETURN(const Plan plan, MakePlan(definition, catalogue_));
  return ComputeTable(definition, plan, Cut(plan, as_of));
}

Definition StartsByRate() {
  Definition definition;
  definition.programme = kProgramme;
  definition.indicator = kStarts;
  definition.period = kYear;
  return definition;
}

std::string Ranked(const Table& table) {
  std::string text;
  for (const Row& row : table.rows) {
    text += (text.empty() ? "" : "|") + std::to_string(row.rank) + " " + row.name + " " + row.value.value_or("-");
  }
  return text;
}

std::string UnrankedOf(const Table& table) {
  std::string text;
  for (const Row& row : table.unranked) text += (text.empty() ? "" : "|") + row.name + " " + UnrankedName(row.reason);
  return text;
}

}  // namespace anju::ranking
