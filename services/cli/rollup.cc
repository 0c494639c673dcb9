// `anju rollup`: the cells of a region and its children.
#include <algorithm>
#include <unordered_map>

#include "common/client/client.h"
#include "common/decimal/decimal.h"
#include "common/registry/registry.h"
#include "services/cli/differences.h"
#include "services/cli/query.h"

namespace anju::cli {
namespace {

Json Amount(const Indicator& indicator, bool known, int64_t amount) {
  return known ? Json(FormatAmount(indicator, amount)) : Json(nullptr);
}

std::string Text(const Json& value) { return value.is_null() ? "" : value.get<std::string>(); }

}  // namespace

absl::StatusOr<aggregator::v1::GetRollupResponse> FetchRollup(const Context& context, const RollupOptions& options) {
  aggregator::v1::GetRollupRequest request;
  request.set_region(options.region);
  request.set_year(options.year);
  request.set_as_of(options.as_of);
  request.set_at_least(options.at_least);
  request.set_programme(options.programme);
  request.set_indicator(options.indicator);
  return client::AggregatorClient(context.endpoints.aggregator).GetRollup(request, {.deadline_ms = context.deadline_ms});
}

Json RollupJson(const aggregator::v1::GetRollupResponse& response) {
  Catalogue catalogue;
  for (const auto& record : response.programmes()) catalogue.Put(FromProto(record));
  for (const auto& record : response.indicators()) catalogue.Put(FromProto(record));
  std::unordered_map<uint32_t, const types::v1::RegionRecord*> regions;
  for (const auto& record : response.regions()) regions.emplace(record.number(), &record);

  Json cells = Json::array();
  for (const aggregator::v1::Cell& cell : response.cells()) {
    const Indicator* indicator = catalogue.FindIndicator(cell.indicator());
    const Programme* programme = catalogue.FindProgramme(cell.programme());
    auto region = regions.find(cell.region());
    if (indicator == nullptr || programme == nullptr || region == regions.end()) continue;  // a newer service's record
    auto add = [&](const aggregator::v1::LayerTarget* target) {
      Json json;
      json["region"] = region->second->code();
      json["name"] = region->second->name();
      json["programme"] = programme->code;
      json["indicator"] = indicator->code;
      json["plan_year"] = FormatPeriod({cell.period().first_year(), cell.period().last_year()});
      json["layer"] = target == nullptr ? "" : std::string(LayerName(target->layer()));
      json["unit"] = indicator->unit;
      const bool has_target = target != nullptr && target->has_target();
      const bool has_declared = target != nullptr && target->has_declared();
      json["target"] = Amount(*indicator, has_target, has_target ? target->target() : 0);
      json["declared_target"] = Amount(*indicator, has_declared, has_declared ? target->declared() : 0);
      json["target_gap"] = Amount(*indicator, has_target && has_declared, has_target && has_declared ? target->declared() - target->target() : 0);
      json["actual"] = Amount(*indicator, cell.has_actual(), cell.actual());
      json["declared"] = Amount(*indicator, cell.has_declared(), cell.declared());
      json["gap"] = Amount(*indicator, cell.has_actual() && cell.has_declared(), cell.declared() - cell.actual());
      const bool rate = has_target && target->target() > 0 && cell.has_actual() && indicator->is_additive();
      json["value"] = rate ? Json(FormatPercent(MakeFraction(cell.actual(), target->target()), 2, Rounding::kHalfUp, false)) : Json(nullptr);
      if (target != nullptr && !has_target) json["missing"] = std::string(MissingName(target->missing()));
      json["own"] = cell.own();  // printed or reported itself, and not only summed
      json["as_of"] = cell.has_newest_as_of_days() ? FormatDate(Date{cell.newest_as_of_days()}) : "";
      cells.push_back(std::move(json));
    };
    for (const auto& target : cell.targets()) add(&target);
    if (cell.targets().empty()) add(nullptr);
  }
  Json notes = Json::array();
  for (const std::string& note : response.notes()) notes.push_back(note);
  return {{"basis", BasisJson(response.basis())},
          {"cells", std::move(cells)},
          {"notes", std::move(notes)}};
}

Sheet RollupSheet(const Context& context, const Json& rollup) {
  Sheet sheet{{"name", "programme", "indicator", "plan_year", "layer", "unit", "target", "declared_target", "target_gap", "actual", "declared", "gap", "value", "as_of"},
              {false, false, false, false, false, false, true, true, true, true, true, true, true, false},
              {}};
  const bool csv = context.output == Output::kCsv;
  if (csv) {
    // Programs need the code of a region, and why a cell has no target.
    sheet.header.insert(sheet.header.begin(), "region");
    sheet.header.push_back("missing");
  }
  for (const Json& cell : rollup["cells"]) {
    std::vector<std::string> row;
    for (const std::string& key : sheet.header) row.push_back(cell.contains(key) ? Text(cell[key]) : "");
    sheet.rows.push_back(std::move(row));
  }
  if (!csv) *std::find(sheet.header.begin(), sheet.header.end(), "value") = std::string(context.Say("比例%", "value %"));
  return sheet;
}

int Rollup(const Context& context, const RollupOptions& options) {
  auto response = FetchRollup(context, options);
  if (!response.ok()) return FailQuestion(context, response.status());
  const Json json = RollupJson(*response);
  if (context.output == Output::kJson) {
    PrintJson(json);
  } else {
    PrintSheet(context, RollupSheet(context, json));
    for (const Json& note : json["notes"]) Talk(context, RuleWords(note.get<std::string>(), context.lang));
  }
  return kOk;
}

}  // namespace anju::cli
