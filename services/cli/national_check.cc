// Three ways to the same number, compared in smallest units.
#include "services/cli/national_check.h"

#include <map>
#include <optional>
#include <utility>

#include "common/catalogue/catalogue.h"
#include "common/decimal/decimal.h"
#include "common/status/macros.h"
#include "services/cli/cells.h"
#include "services/cli/query.h"

namespace anju::cli {
namespace {

using Key = std::pair<std::string, std::string>;  // programme, indicator

struct Sums {
  std::optional<int64_t> country, country_target;  // the country's own cell
  int64_t provinces = 0, provinces_target = 0;     // summed over its children
  int64_t sent = 0;
};

const aggregator::v1::LayerTarget* NationalTarget(const aggregator::v1::Cell& cell) {
  for (const auto& target : cell.targets()) {
    if (target.layer() == types::v1::LAYER_NATIONAL && target.has_target()) return &target;
  }
  return nullptr;
}

void AddCell(const aggregator::v1::Cell& cell, bool is_country, Sums& sums) {
  const aggregator::v1::LayerTarget* target = NationalTarget(cell);
  if (is_country) {
    if (cell.has_actual()) sums.country = cell.actual();
    if (target != nullptr) sums.country_target = target->target();
    return;
  }
  if (cell.has_actual()) sums.provinces += cell.actual();
  if (target != nullptr) sums.provinces_target += target->target();
}

}  // namespace

absl::StatusOr<NationalConservation> CompareConservation(const NationalPlan& plan, const std::vector<int64_t>& in_force,
                                                         const aggregator::v1::GetRollupResponse& response) {
  const AnswerNames names = NamesOf(response);
  std::map<Key, Sums> sums;
  for (size_t i = 0; i < in_force.size(); ++i) {
    const Measure& measure = NationalMeasures()[plan.series()[i].measure];
    sums[{measure.programme, measure.indicator}].sent += in_force[i];
  }
  // The units sent are the display units; amounts are in smallest ones. Totals over all programmes are summed by the service alone.
  std::map<std::string, int64_t> all;
  for (auto& [key, sum] : sums) {
    const auto number = names.catalogue.ResolveIndicator(key.second);
    RETURN_IF_ERROR(number.status());
    for (int digits = names.catalogue.FindIndicator(*number)->scale; digits > 0; --digits) sum.sent *= 10;
    all[key.second] += sum.sent;
  }
  NationalConservation result;
  for (const auto& cell : response.cells()) {
    const Programme* programme = names.catalogue.FindProgramme(cell.programme());
    const Indicator* indicator = names.catalogue.FindIndicator(cell.indicator());
    const auto region = names.regions.find(cell.region());
    if (programme == nullptr || indicator == nullptr || region == names.regions.end()) continue;
    const bool is_country = region->second.code() == plan.country().code, is_all = programme->code == "all";
    const auto it = sums.find({programme->code, indicator->code});
    if (it == sums.end() && !is_all) continue;
    Sums& sum = it != sums.end() ? it->second : sums[{programme->code, indicator->code}];
    if (is_all) sum.sent = all[indicator->code];
    AddCell(cell, is_country, sum);
    if (is_country && is_all && indicator->code == "starts" && cell.has_actual()) result.starts = FormatAmount(*indicator, cell.actual());
  }
  for (const auto& [key, sum] : sums) {
    ++result.indicators;
    const std::string what = key.first + " " + key.second + ": ";
    const auto compare = [&](const char* words, std::optional<int64_t> one, int64_t other) {
      if (one != other) result.violations.push_back(what + words + " " + (one ? std::to_string(*one) : "-") + " ≠ " + std::to_string(other));
    };
    compare("country ≠ provinces", sum.country, sum.provinces);
    compare("country ≠ sent", sum.country, sum.sent);
    // A total over all programmes has a target only where a document prints it.
    if (key.first != "all" || sum.country_target) compare("target of the country ≠ targets of the provinces", sum.country_target, sum.provinces_target);
  }
  return result;
}

absl::StatusOr<NationalConservation> CheckConservation(const Context& context, const NationalPlan& plan, const std::vector<int64_t>& in_force,
                                                       const std::string& at_least) {
  ASSIGN_OR_RETURN(const auto response, FetchRollup(context, {.region = plan.country().code, .year = std::to_string(kNationalYear), .at_least = at_least}));
  return CompareConservation(plan, in_force, response);
}

}  // namespace anju::cli
