// Regions and plan of the made-up country.
#include "tests/bench/nation_import.h"

#include <string>
#include <vector>

#include "common/client/client.h"
#include "common/status/macros.h"
#include "tests/bench/nation.h"

namespace anju::bench {
namespace {

absl::Status ImportRegions(const client::PlanClient& plan) {
  plan::v1::ImportRegionsRequest request;
  auto add = [&](std::string code, std::string parent, const char* level) {
    auto* row = request.add_rows();
    row->set_line(request.rows_size());
    row->set_name("地区" + code);
    row->set_code(std::move(code));
    row->set_parent(std::move(parent));
    row->set_level(level);
    row->set_kind("administrative");
  };
  add(kCountry, "", "country");
  for (int province = 0; province < kProvinces; ++province) add(ProvinceCode(province), kCountry, "province");
  for (int city = 0; city < kCities; ++city) add(CityCode(city), ProvinceCode(ProvinceOfCity(city)), "city");
  for (int county = 0; county < kCounties; ++county) add(PlaceCode(county), CityCode(CityOfCounty(county)), "county");
  add(kDirectRegion, kCountry, "province");
  for (int unit = 0; unit < kDirectUnits; ++unit) add(PlaceCode(kCounties + unit), kDirectRegion, "county");
  return plan.ImportRegions(request, {.deadline_ms = 60'000}).status();
}

absl::Status ImportTargets(const client::PlanClient& plan, int year, int programme) {
  plan::v1::ImportDocumentRequest document;
  document.set_document("nation-" + std::to_string(year) + "-" + ProgrammeCode(programme));
  document.set_issuer(kCountry);
  document.set_issued("unknown");
  const int places = programme == kRankedProgramme ? kCounties + kDirectUnits : kCounties;
  for (int place = 0; place < places; ++place) {
    auto* row = document.add_rows();
    row->set_line(document.rows_size());
    row->set_region(PlaceCode(place));
    row->set_programme(ProgrammeCode(programme));
    row->set_indicator(IndicatorCode(kRankedIndicator));
    row->set_plan_year(std::to_string(year));
    row->set_value(std::to_string(TargetOf(place)));
    row->set_unit("套");
  }
  return plan.ImportDocument(document, {.deadline_ms = 60'000}).status();
}

// A figure that only a progress service can accept that has applied the plan up to `token`: a load names regions.
absl::Status ReportFirst(const std::string& progress, const std::string& token) {
  progress::v1::ReportBatchRequest request;
  request.mutable_open()->set_source("warm-up");
  request.mutable_open()->set_plan_at_least(token);
  request.mutable_items()->set_first_sequence(1);
  auto* definition = request.mutable_items()->add_definitions();
  definition->set_region(PlaceCode(0));
  definition->set_programme("all");
  definition->set_indicator("subsidy_paid");
  definition->set_plan_year(std::to_string(kYear));
  auto* item = request.mutable_items()->add_items();
  item->set_as_of("2017-06-30");
  item->set_text("1");
  return client::ProgressClient(progress).ReportBatch(request, {.deadline_ms = 60'000}).status();
}

}  // namespace

absl::Status ImportNation(const Suite& suite, const std::vector<int>& years) {
  const client::PlanClient plan(suite.address("plan"));
  RETURN_IF_ERROR(ImportRegions(plan));
  for (const int year : years) {
    for (int programme = 0; programme < kProgrammes; ++programme) RETURN_IF_ERROR(ImportTargets(plan, year, programme));
  }
  // The load replays past years, which is late by nature: marks on every figure would be measured, not figures.
  plan::v1::ImportChecksRequest checks;
  auto* late = checks.add_rows();
  late->set_line(1);
  late->set_name("late");
  late->set_check("late");
  late->set_limit("45");
  late->set_action("off");
  ASSIGN_OR_RETURN(const auto response, plan.ImportChecks(checks));
  return ReportFirst(suite.address("progress"), response.basis().token());
}

}  // namespace anju::bench
