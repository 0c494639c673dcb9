// Cells in JSON and as tables.
#include "services/cli/cells.h"

#include <algorithm>

#include "common/decimal/decimal.h"
#include "common/registry/registry.h"
#include "services/cli/differences.h"
#include "services/cli/words.h"

namespace anju::cli {

AnswerNames MakeNames(const google::protobuf::RepeatedPtrField<types::v1::RegionRecord>& regions,
                      const google::protobuf::RepeatedPtrField<types::v1::ProgrammeRecord>& programmes,
                      const google::protobuf::RepeatedPtrField<types::v1::IndicatorRecord>& indicators) {
  AnswerNames names;
  for (const auto& record : programmes) names.catalogue.Put(FromProto(record));
  for (const auto& record : indicators) names.catalogue.Put(FromProto(record));
  for (const auto& record : regions) names.regions.emplace(record.number(), record);
  return names;
}

Json AmountJson(const Indicator& indicator, bool known, int64_t amount) {
  return known ? Json(FormatAmount(indicator, amount)) : Json(nullptr);
}

std::string Text(const Json& value) { return value.is_null() ? "" : value.get<std::string>(); }

Json CellsJson(const AnswerNames& names, const google::protobuf::RepeatedPtrField<aggregator::v1::Cell>& cells) {
  Json list = Json::array();
  for (const aggregator::v1::Cell& cell : cells) {
    const Indicator* indicator = names.catalogue.FindIndicator(cell.indicator());
    const Programme* programme = names.catalogue.FindProgramme(cell.programme());
    auto region = names.regions.find(cell.region());
    if (indicator == nullptr || programme == nullptr || region == names.regions.end()) continue;  // a newer service's record
    auto add = [&](const aggregator::v1::LayerTarget* target) {
      Json json;
      json["region"] = region->second.code();
      json["name"] = region->second.name();
      json["programme"] = programme->code;
      json["indicator"] = indicator->code;
      json["plan_year"] = FormatPeriod({cell.period().first_year(), cell.period().last_year()});
      json["layer"] = target == nullptr ? "" : std::string(LayerName(target->layer()));
      json["unit"] = indicator->unit;
      const bool has_target = target != nullptr && target->has_target();
      const bool has_declared = target != nullptr && target->has_declared();
      json["target"] = AmountJson(*indicator, has_target, has_target ? target->target() : 0);
      json["declared_target"] = AmountJson(*indicator, has_declared, has_declared ? target->declared() : 0);
      json["target_gap"] = AmountJson(*indicator, has_target && has_declared, has_target && has_declared ? target->declared() - target->target() : 0);
      json["actual"] = AmountJson(*indicator, cell.has_actual(), cell.actual());
      json["declared"] = AmountJson(*indicator, cell.has_declared(), cell.declared());
      json["gap"] = AmountJson(*indicator, cell.has_actual() && cell.has_declared(), cell.declared() - cell.actual());
      const bool rate = has_target && target->target() > 0 && cell.has_actual() && indicator->is_additive();
      json["value"] = rate ? Json(FormatPercent(MakeFraction(cell.actual(), target->target()), 2, Rounding::kHalfUp, false)) : Json(nullptr);
      if (target != nullptr && !has_target) json["missing"] = std::string(MissingName(target->missing()));
      if (target != nullptr && !target->document().empty()) json["document"] = target->document();
      json["own"] = cell.own();  // printed or reported itself, and not only summed
      json["as_of"] = cell.has_newest_as_of_days() ? FormatDate(Date{cell.newest_as_of_days()}) : "";
      json["notes"] = NotesJson(cell.notes());
      json["review"] = cell.has_own_as_of_days() ? std::string(ReviewWord(cell.review())) : "";
      list.push_back(std::move(json));
    };
    for (const auto& target : cell.targets()) add(&target);
    if (cell.targets().empty()) add(nullptr);
  }
  return list;
}

Sheet CellSheet(const Context& context, const Json& cells) {
  Sheet sheet{{"name", "programme", "indicator", "plan_year", "layer", "unit", "target", "declared_target", "target_gap", "actual", "declared", "gap", "value", "as_of"},
              {false, false, false, false, false, false, true, true, true, true, true, true, true, false},
              {}};
  const bool csv = context.output == Output::kCsv;
  // Programs need the code of a region, and why a cell has no target; people the marks, where there are any.
  const bool marks = !csv && std::any_of(cells.begin(), cells.end(), [](const Json& cell) { return !cell["notes"].empty() || (cell["review"] != "" && cell["review"] != "reported"); });
  if (csv) {
    sheet.header.insert(sheet.header.begin(), "region");
    sheet.header.insert(sheet.header.end(), {"missing", "review"});
  }
  for (const Json& cell : cells) {
    std::vector<std::string> row;
    for (const std::string& key : sheet.header) row.push_back(cell.contains(key) ? Text(cell[key]) : "");
    sheet.rows.push_back(std::move(row));
  }
  if (marks) {
    sheet.header.insert(sheet.header.end(), {"review", "explanation"});
    for (size_t i = 0; i < sheet.rows.size(); ++i) {
      std::string text;
      for (const Json& note : cells[i]["notes"]) {
        std::string checks;
        for (const Json& check : note["checks"]) checks += (checks.empty() ? "" : std::string(context.Say("、", ", "))) + Reading(check.get<std::string>(), context.lang);
        if (checks.empty()) checks = Reading(note["kind"].get<std::string>(), context.lang);
        const std::string explanation = note["explanation"];
        text += (text.empty() ? "※ " : std::string(context.Say("；", "; "))) + checks +
                (explanation.empty() ? std::string(context.Say("（未说明）", " (not explained)")) : std::string(context.Say("：", ": ")) + explanation);
      }
      sheet.rows[i].push_back(Reading(cells[i]["review"].get<std::string>(), context.lang));
      sheet.rows[i].push_back(std::move(text));
    }
  }
  if (!csv) *std::find(sheet.header.begin(), sheet.header.end(), "value") = std::string(context.Say("比例%", "value %"));
  return sheet;
}

}  // namespace anju::cli
