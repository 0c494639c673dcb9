// `anju milestones status`: what was required by now, what is there, and what has to be added a day.
#include "common/client/client.h"
#include "services/cli/cells.h"
#include "services/cli/differences.h"
#include "services/cli/query.h"
#include "services/cli/words.h"

namespace anju::cli {

Json MilestoneJson(const Registry& names, const aggregator::v1::MilestoneStatus& status) {
  const plan::v1::Milestone& milestone = status.milestone();
  const Programme* programme = names.catalogue.FindProgramme(milestone.programme());
  const Indicator* found = names.catalogue.FindIndicator(milestone.indicator());
  const Indicator* of = names.catalogue.FindIndicator(milestone.of_indicator());
  const Indicator indicator = found == nullptr ? Indicator{} : *found;
  const Region* region = names.regions.Nearest(milestone.region(), Date{milestone.by_days()});
  return {{"document", status.document()},
          {"region", region == nullptr ? "" : region->code},
          {"name", region == nullptr ? "" : region->name},
          {"programme", programme == nullptr ? "" : programme->code},
          {"indicator", indicator.code},
          {"plan_year", FormatPeriod({milestone.period().first_year(), milestone.period().last_year()})},
          {"by", FormatDate(Date{milestone.by_days()})},
          {"share", FormatDecimal({milestone.share_digits(), static_cast<int>(milestone.share_scale())})},
          {"of", of == nullptr ? "target" : of->code},
          {"cohort", FormatPeriod({milestone.cohort().first_year(), milestone.cohort().last_year()})},
          {"strength", milestone.strive() ? "strive" : "must"},
          {"layer", std::string(LayerName(milestone.layer()))},
          {"unit", indicator.unit},
          {"base", AmountJson(indicator, status.has_base(), status.base())},
          {"required", AmountJson(indicator, status.has_required(), status.required())},
          {"actual", AmountJson(indicator, status.has_actual(), status.actual())},
          {"difference", AmountJson(indicator, status.has_difference(), status.difference())},
          {"as_of", status.as_of()},
          {"days_left", status.days_left()},
          {"daily_pace", AmountJson(indicator, status.has_daily_pace(), status.daily_pace())},
          {"state", std::string(MilestoneWord(status.state()))}};
}

Sheet MilestoneSheet(const Context& context, const Json& milestones) {
  const bool csv = context.output == Output::kCsv;
  Sheet sheet{{"name", "programme", "indicator", "plan_year", "by", "share", "strength", "required", "actual", "difference", "days_left", "daily_pace", "state", "document"},
              {false, false, false, false, false, true, false, true, true, true, true, true},
              {}};
  if (csv) {
    sheet.header = {"region", "name", "programme", "indicator", "plan_year", "by", "share", "of", "cohort", "strength", "layer", "unit", "base", "required", "actual", "difference",
                    "as_of", "days_left", "daily_pace", "state", "document"};
  }
  for (const Json& milestone : milestones) {
    std::vector<std::string> row;
    for (const std::string& key : sheet.header) {
      const Json& value = milestone[key];
      std::string text = value.is_number() ? std::to_string(value.get<int>()) : Text(value);
      if (!csv && (key == "state" || key == "strength")) text = Reading(text, context.lang);
      row.push_back(std::move(text));
    }
    sheet.rows.push_back(std::move(row));
  }
  if (!csv) sheet.header[9] = std::string(context.Say("差(−)/超(+)", "difference"));
  return sheet;
}

int MilestoneStatus(const Context& context, const RollupOptions& options) {
  auto response = FetchMilestones(context, options);
  if (!response.ok()) return FailQuestion(context, response.status());
  Registry names;
  for (const auto& record : response->programmes()) names.catalogue.Put(FromProto(record));
  for (const auto& record : response->indicators()) names.catalogue.Put(FromProto(record));
  for (const auto& record : response->regions()) names.regions.Put({FromProto(record)});
  Json list = Json::array();
  for (const auto& status : response->milestones()) list.push_back(MilestoneJson(names, status));
  if (context.output == Output::kJson) {
    PrintJson({{"basis", BasisJson(response->basis())}, {"milestones", std::move(list)}});
  } else {
    PrintSheet(context, MilestoneSheet(context, list));
  }
  return kOk;
}

}  // namespace anju::cli
