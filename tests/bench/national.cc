// Regions, plan and reported figures of a made-up country.
#include "tests/bench/national.h"

#include <string>
#include <vector>

#include "common/client/client.h"
#include "common/status/macros.h"
#include "common/time/date.h"
#include "tests/bench/load.h"

namespace anju::bench {
namespace {

constexpr const char* kProgrammes[] = {"low_rent", "economical", "public_rental", "price_capped", "shantytown.urban", "shantytown.mine", "affordable_rental", "old_estate"};
struct ReportedIndicator {
  const char* code;
  int64_t scale;  // figures are multiples of it; parts stay below their wholes
};
constexpr ReportedIndicator kIndicators[] = {{"starts", 10},  {"starts.physical", 4}, {"starts.monetised", 4}, {"completions", 8}, {"completions.physical", 4},
                                             {"finished", 3}, {"allotted", 5},        {"built", 7},            {"investment", 500}, {"floor_area", 50}};
constexpr int kIncrements = 6;  // allotted: reported as what came newly
constexpr int kStock = 7;       // built: belongs to no plan year
constexpr int kCountiesOfProvince = kCitiesOfProvince * kCountiesOfCity;
constexpr int kSeriesOfCounty = std::size(kProgrammes) * std::size(kIndicators);
constexpr int kSeriesOfProvince = kCountiesOfProvince * kSeriesOfCounty;
constexpr int kStride = 7'919;       // prime: the next series is never the neighbour, which caches would make too easy
constexpr int kDaysBetween = 4;
constexpr int kLateEvery = 97;
constexpr int kLateRounds = 3;
constexpr int kMessageItems = 100;

std::string County(int province, int county) { return "C" + std::to_string(province * kCountiesOfProvince + county + 1); }

void FillProvince(int province, uint64_t first, std::vector<bool>* defined, progress::v1::Items* items) {
  static const int32_t kFirstDay = MakeDate(2017, 1, 1).days;
  for (auto& item : *items->mutable_items()) {
    const uint64_t number = first++ - 1;
    const int series = static_cast<int>(number % kSeriesOfProvince * kStride % kSeriesOfProvince);
    const int indicator = series % static_cast<int>(std::size(kIndicators));
    if (!(*defined)[series]) {
      (*defined)[series] = true;
      auto* definition = items->add_definitions();
      definition->set_index(series);
      definition->set_region(County(province, series / kSeriesOfCounty));
      definition->set_programme(kProgrammes[series % kSeriesOfCounty / std::size(kIndicators)]);
      definition->set_indicator(kIndicators[indicator].code);
      if (indicator != kStock) definition->set_plan_year("2017");
    }
    const int64_t round = static_cast<int64_t>(number / kSeriesOfProvince);
    const bool late = number % kLateEvery == 0 && round >= kLateRounds;
    const int64_t told = late ? round - kLateRounds : round;
    item.set_series(series);
    item.set_as_of_days(kFirstDay + static_cast<int32_t>(told * kDaysBetween % 364));
    if (indicator == kIncrements) {
      item.set_kind(progress::v1::UPDATE_KIND_INCREMENT);
      item.set_amount(kIndicators[indicator].scale);
    } else {
      item.set_amount(kIndicators[indicator].scale * (1'000 + told) + (late ? 1 : 0));
    }
  }
}

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
  add("N0", "", "country");
  for (int p = 0; p < kProvinces; ++p) {
    const std::string province = "P" + std::to_string(p + 1);
    add(province, "N0", "province");
    for (int c = 0; c < kCountiesOfProvince; ++c) {
      const std::string city = "T" + std::to_string(p * kCitiesOfProvince + c / kCountiesOfCity + 1);
      if (c % kCountiesOfCity == 0) add(city, province, "city");
      add(County(p, c), city, "county");
    }
  }
  return plan.ImportRegions(request).status();
}

}  // namespace

absl::Status ImportNation(const Suite& suite) {
  const client::PlanClient plan(suite.address("plan"));
  RETURN_IF_ERROR(ImportRegions(plan));
  plan::v1::ImportDocumentRequest document;
  document.set_document("nation");
  document.set_issuer("N0");
  document.set_issued("unknown");
  for (int p = 0; p < kProvinces; ++p) {
    for (int c = 0; c < kCountiesOfProvince; ++c) {
      auto* row = document.add_rows();
      row->set_line(document.rows_size());
      row->set_region(County(p, c));
      row->set_programme("shantytown.urban");
      row->set_indicator("starts");
      row->set_plan_year("2017");
      row->set_value(std::to_string(20'000 + c));
      row->set_unit("套");
    }
  }
  RETURN_IF_ERROR(plan.ImportDocument(document).status());
  // The load replays 2017 for one planned programme of eight: these two would mark every figure.
  plan::v1::ImportChecksRequest checks;
  for (const char* check : {"late", "not_in_plan"}) {
    auto* row = checks.add_rows();
    row->set_line(checks.rows_size());
    row->set_name(check);
    row->set_check(check);
    if (std::string_view(check) == "late") row->set_limit("45");
    row->set_action("off");
  }
  ASSIGN_OR_RETURN(const auto response, plan.ImportChecks(checks));
  return ReportFirst(suite.address("progress"), response.basis().token());
}

absl::Status LoadNation(const Suite& suite, uint64_t updates) {
  std::vector<std::vector<bool>> defined(kProvinces, std::vector<bool>(kSeriesOfProvince));
  Load load{.address = suite.address("progress"), .streams = kProvinces, .items_per_message = kMessageItems};
  load.messages_per_stream = static_cast<int>((updates + kProvinces * kMessageItems - 1) / (kProvinces * kMessageItems));
  load.source_prefix = "province";
  load.fill = [&](int stream, uint64_t first, progress::v1::Items* items) { FillProvince(stream, first, &defined[stream], items); };
  return Run(load).status();
}

}  // namespace anju::bench
