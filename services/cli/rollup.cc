// `anju rollup`: the cells of a region and its children; `anju gaps`: those where a whole differs from its parts.
#include "common/client/client.h"
#include "common/status/macros.h"
#include "services/cli/cells.h"
#include "services/cli/differences.h"
#include "services/cli/query.h"

namespace anju::cli {
namespace {

// Rollups, gaps and milestones ask in the same words.
template <typename Request>
absl::StatusOr<Request> MakeRequest(const RollupOptions& options) {
  Request request;
  request.set_region(options.region);
  request.set_year(options.year);
  request.set_as_of(options.as_of);
  request.set_at_least(options.at_least);
  request.set_programme(options.programme);
  request.set_indicator(options.indicator);
  ASSIGN_OR_RETURN(*request.mutable_view(), MakeView(options.view));
  return request;
}

}  // namespace

absl::StatusOr<aggregator::v1::GetRollupResponse> FetchRollup(const Context& context, const RollupOptions& options) {
  ASSIGN_OR_RETURN(const auto request, MakeRequest<aggregator::v1::GetRollupRequest>(options));
  return client::AggregatorClient(context.endpoints.aggregator).GetRollup(request, {.deadline_ms = context.deadline_ms});
}

absl::StatusOr<aggregator::v1::GetMilestoneStatusResponse> FetchMilestones(const Context& context, const RollupOptions& options) {
  ASSIGN_OR_RETURN(const auto request, MakeRequest<aggregator::v1::GetMilestoneStatusRequest>(options));
  return client::AggregatorClient(context.endpoints.aggregator).GetMilestoneStatus(request, {.deadline_ms = context.deadline_ms});
}

Json RollupJson(const aggregator::v1::GetRollupResponse& response) {
  Json notes = Json::array();
  for (const std::string& note : response.notes()) notes.push_back(note);
  return {{"basis", BasisJson(response.basis())},
          {"tree", response.tree()},
          {"cells", CellsJson(NamesOf(response), response.cells())},
          {"notes", std::move(notes)}};
}

int Rollup(const Context& context, const RollupOptions& options) {
  auto response = FetchRollup(context, options);
  if (!response.ok()) return FailQuestion(context, response.status());
  const Json json = RollupJson(*response);
  if (context.output == Output::kJson) {
    PrintJson(json);
  } else {
    PrintSheet(context, CellSheet(context, json["cells"]));
    for (const Json& note : json["notes"]) Talk(context, RuleWords(note.get<std::string>(), context.lang));
  }
  return kOk;
}

int Gaps(const Context& context, const RollupOptions& options) {
  auto request = MakeRequest<aggregator::v1::ListGapsRequest>(options);
  if (!request.ok()) return Fail(context, request.status());
  auto response = client::AggregatorClient(context.endpoints.aggregator).ListGaps(*request, {.deadline_ms = context.deadline_ms});
  if (!response.ok()) return FailQuestion(context, response.status());
  const Json cells = CellsJson(NamesOf(*response), response->cells());
  if (context.output == Output::kJson) {
    PrintJson({{"basis", BasisJson(response->basis())}, {"cells", cells}});
  } else {
    PrintSheet(context, CellSheet(context, cells));
    if (cells.empty()) Talk(context, context.Say("没有合计与分项不符的数据。", "No whole differs from the sum of its parts."));
  }
  return kOk;
}

}  // namespace anju::cli
