// Differences and allocations in words and in JSON.
#include "services/cli/differences.h"

#include "common/client/client.h"
#include "common/status/macros.h"

namespace anju::cli {
namespace {

Period PeriodOf(const types::v1::Period& period) { return {period.first_year(), period.last_year()}; }

Date DayOf(Period period) { return period.is_stock() ? Date{kDistantFuture.days - 1} : LastDay(period); }

std::string CodeOf(const Registry& names, RegionNumber region) {
  const Region* row = names.regions.Nearest(region, Date{kDistantFuture.days - 1});
  return row == nullptr ? "" : row->code;
}

std::string ProgrammeCode(const Registry& names, ProgrammeNumber number) {
  const Programme* programme = names.catalogue.FindProgramme(number);
  return programme == nullptr ? "" : programme->code;
}

std::string IndicatorCode(const Registry& names, IndicatorNumber number) {
  const Indicator* indicator = names.catalogue.FindIndicator(number);
  return indicator == nullptr ? "" : indicator->code;
}

std::string VerdictWords(const Context& context, types::v1::Verdict verdict) {
  switch (verdict) {
    case types::v1::VERDICT_EXACT: return std::string(context.Say("相符", "exact"));
    case types::v1::VERDICT_ROUNDING: return std::string(context.Say("尾差", "rounding"));
    case types::v1::VERDICT_ERROR: return std::string(context.Say("错误", "error"));
    case types::v1::VERDICT_NOT_ADDITIVE: return std::string(context.Say("不可相加", "not additive"));
    case types::v1::VERDICT_NOTE: return std::string(context.Say("提示", "note"));
    default: return "";
  }
}

}  // namespace

absl::StatusOr<Registry> FetchNames(const Context& context) {
  client::PlanClient plan(context.endpoints.plan);
  const client::CallOptions options{.deadline_ms = context.deadline_ms};
  Registry names;
  ASSIGN_OR_RETURN(const plan::v1::GetCatalogueResponse catalogue, plan.GetCatalogue({}, options));
  for (const auto& record : catalogue.programmes()) names.catalogue.Put(FromProto(record));
  for (const auto& record : catalogue.indicators()) names.catalogue.Put(FromProto(record));
  plan::v1::ListRegionsRequest request;
  request.set_page_size(10'000);
  std::vector<Region> rows;  // pages are ordered by code, so the rows of a region stand together, perhaps over two pages
  do {
    ASSIGN_OR_RETURN(const plan::v1::ListRegionsResponse page, plan.ListRegions(request, options));
    for (const auto& record : page.regions()) {
      Region row = FromProto(record);
      if (!rows.empty() && rows.back().number != row.number) {
        names.regions.Put(rows);
        rows.clear();
      }
      rows.push_back(std::move(row));
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  if (!rows.empty()) names.regions.Put(rows);
  return names;
}

std::string_view LayerName(types::v1::Layer layer) {
  switch (layer) {
    case types::v1::LAYER_NATIONAL: return "national";
    case types::v1::LAYER_PROVINCE: return "provincial";
    case types::v1::LAYER_CITY: return "city";
    case types::v1::LAYER_COUNTY: return "county";
    default: return "";
  }
}

Json BasisJson(const types::v1::BasisStamp& stamp) {
  auto text = [](const types::v1::Position& position) {
    return position.journal_id().empty() ? std::string() : position.journal_id() + "/" + std::to_string(position.sequence());
  };
  Json progress = Json::array();
  for (const types::v1::Position& position : stamp.basis().progress()) progress.push_back(text(position));
  return {{"token", stamp.token()}, {"plan", text(stamp.basis().plan())}, {"progress", std::move(progress)}, {"recorded_time_us", stamp.recorded_time_us()},
          {"complete_until_us", stamp.complete_until_us()}};
}

std::string_view MissingName(types::v1::Missing missing) {
  switch (missing) {
    case types::v1::MISSING_ABSENT: return "absent";
    case types::v1::MISSING_BLANK: return "blank";
    case types::v1::MISSING_NO_TASK: return "no_task";
    case types::v1::MISSING_NOT_PUBLISHED: return "not_published";
    default: return "";
  }
}

std::string_view VerdictName(types::v1::Verdict verdict) {
  switch (verdict) {
    case types::v1::VERDICT_EXACT: return "exact";
    case types::v1::VERDICT_ROUNDING: return "rounding";
    case types::v1::VERDICT_ERROR: return "error";
    case types::v1::VERDICT_NOT_ADDITIVE: return "not_additive";
    case types::v1::VERDICT_NOTE: return "note";
    default: return "";
  }
}

std::string RegionName(const Registry& names, RegionNumber region, Date day) {
  const Region* row = names.regions.Nearest(region, day);
  return row == nullptr ? "" : row->name;
}

Json DifferenceJson(const Registry& names, const plan::v1::Difference& difference) {
  const Period period = PeriodOf(difference.period());
  return {{"line", difference.line()},
          {"relation", difference.relation()},
          {"region", CodeOf(names, difference.region())},
          {"name", RegionName(names, difference.region(), DayOf(period))},
          {"programme", ProgrammeCode(names, difference.programme())},
          {"indicator", IndicatorCode(names, difference.indicator())},
          {"plan_year", FormatPeriod(period)},
          {"layer", std::string(LayerName(difference.layer()))},
          {"place", difference.place()},
          {"printed", difference.printed()},
          {"unit", difference.unit()},
          {"computed", difference.computed()},
          {"verdict", std::string(VerdictName(difference.verdict()))},
          {"rule", difference.rule()}};
}

Json AllocationJson(const Registry& names, const plan::v1::Allocation& allocation) {
  const Indicator* indicator = names.catalogue.FindIndicator(allocation.indicator());
  auto amount = [&](int64_t value) { return indicator == nullptr ? std::to_string(value) : FormatAmount(*indicator, value); };
  return {{"region", CodeOf(names, allocation.region())},
          {"programme", ProgrammeCode(names, allocation.programme())},
          {"indicator", IndicatorCode(names, allocation.indicator())},
          {"plan_year", FormatPeriod(PeriodOf(allocation.period()))},
          {"layer", std::string(LayerName(allocation.layer()))},
          {"upper_layer", std::string(LayerName(allocation.upper_layer()))},
          {"unit", indicator == nullptr ? "" : indicator->unit},
          {"allocated", amount(allocation.allocated())},
          {"upper", amount(allocation.upper())},
          {"over", amount(allocation.over())}};
}

Sheet DifferenceSheet(const Context& context, const Registry& names, const google::protobuf::RepeatedPtrField<plan::v1::Difference>& differences) {
  Sheet sheet{{"line", "verdict", "region", "programme", "indicator", "plan_year", "printed", "computed", "unit", "rule", "place"},
              {true, false, false, false, false, false, true, true},
              {}};
  for (const auto& difference : differences) {
    const Period period = PeriodOf(difference.period());
    sheet.rows.push_back({std::to_string(difference.line()), VerdictWords(context, difference.verdict()),
                          RegionName(names, difference.region(), DayOf(period)), ProgrammeCode(names, difference.programme()),
                          IndicatorCode(names, difference.indicator()), FormatPeriod(period), difference.printed(), difference.computed(),
                          difference.unit(), RuleWords(difference.rule(), context.lang), difference.place()});
  }
  return sheet;
}

Sheet AllocationSheet(const Registry& names, const google::protobuf::RepeatedPtrField<plan::v1::Allocation>& allocations) {
  Sheet sheet{{"region", "programme", "indicator", "plan_year", "upper_layer", "upper", "allocated", "over"},
              {false, false, false, false, false, true, true, true},
              {}};
  for (const auto& allocation : allocations) {
    const Json json = AllocationJson(names, allocation);
    sheet.rows.push_back({RegionName(names, allocation.region(), DayOf(PeriodOf(allocation.period()))), json["programme"], json["indicator"],
                          json["plan_year"], json["upper_layer"], json["upper"], json["allocated"], json["over"]});
  }
  return sheet;
}

}  // namespace anju::cli
