// ListGaps and GetMilestoneStatus: what is off, and what is due.
#include <optional>
#include <set>
#include <utility>

#include "common/status/macros.h"
#include "services/aggregator/convert.h"
#include "services/aggregator/core/gaps.h"
#include "services/aggregator/core/milestone_view.h"
#include "services/aggregator/errors.h"
#include "services/aggregator/handlers.h"

namespace anju::aggregator {
namespace {

// The query that a request asks for, in the registry of its moment.
template <typename Request>
absl::StatusOr<RollupQuery> QueryOf(const rpc::Caller& caller, const Request& request, Period period, const Registry& registry, Date day) {
  ErrorCollector errors;
  RollupQuery query{.period = period};
  query.region = OrZero(registry.regions.Resolve(request.region(), 0, day), &errors);
  if (!request.programme().empty()) query.programme = OrZero(registry.catalogue.ResolveProgramme(request.programme()), &errors);
  if (!request.indicator().empty()) query.indicator = OrZero(registry.catalogue.ResolveIndicator(request.indicator()), &errors);
  if (!errors.empty()) return errors.ToStatus();
  RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kRead, query.region, &registry.regions, day));
  return query;
}

}  // namespace

v1::MilestoneStatus ToProto(const MilestoneLine& line, const std::optional<Date>& day) {
  v1::MilestoneStatus out;
  *out.mutable_milestone() = ToProto(*line.milestone);
  out.set_document(line.of->document);
  const MilestoneStanding& standing = line.standing;
  if (standing.base) out.set_base(*standing.base);
  if (standing.required) out.set_required(*standing.required);
  if (standing.actual) out.set_actual(*standing.actual);
  if (standing.difference) out.set_difference(*standing.difference);
  out.set_days_left(standing.days_left);
  if (standing.daily_pace) out.set_daily_pace(*standing.daily_pace);
  out.set_state(static_cast<v1::MilestoneState>(standing.state));
  if (day) out.set_as_of(FormatDate(*day));
  return out;
}

void Handlers::ListGaps(const rpc::Caller& caller, const v1::ListGapsRequest& request, Deadline deadline, rpc::Finish<v1::ListGapsResponse> finish) {
  Answer(caller, request, MomentOf(request), deadline, std::move(finish), &Handlers::Gaps);
}

void Handlers::GetMilestoneStatus(const rpc::Caller& caller, const v1::GetMilestoneStatusRequest& request, Deadline deadline,
                                  rpc::Finish<v1::GetMilestoneStatusResponse> finish) {
  Answer(caller, request, MomentOf(request), deadline, std::move(finish), &Handlers::Milestones);
}

absl::StatusOr<v1::ListGapsResponse> Handlers::Gaps(const rpc::Caller& caller, const v1::ListGapsRequest& request,
                                                    const std::vector<AskedMoment>& moments) const {
  if (request.region().empty()) return MissingField("region");
  ASSIGN_OR_RETURN(const Period period, ParseYear(request.year()));
  struct Look {
    std::vector<Cell> cells;
    Journals journals;
    v1::ListGapsResponse response;
  };
  auto look = LookAt(request.at_least(), [&](const Sight& sight) -> absl::StatusOr<Look> {
    ASSIGN_OR_RETURN(const ResolvedMoment resolved, ResolveMoment(moments.front(), sight));
    const Date day = DayOf(resolved.moment, period);
    ASSIGN_OR_RETURN(const RollupQuery query, QueryOf(caller, request, period, *resolved.registry, day));
    View view(sight.state, resolved.moment, BooksFor(sight, resolved));
    Look found;
    found.cells = GapsOf(view, query);
    if (found.cells.size() > kRowsMax) return TooManyRows("region", found.cells.size(), kRowsMax);
    std::set<RegionNumber> named;
    for (const Cell& cell : found.cells) {
      if (named.insert(cell.key.region).second) AddRegion(resolved.registry->regions, cell.key.region, day, found.response.mutable_regions());
    }
    AddCatalogue(resolved.registry->catalogue, &found.response);
    found.journals = sight.journals;
    *found.response.mutable_basis() = resolved.stamp;
    return found;
  });
  if (!look.ok()) return look.status();
  for (const Cell& cell : look->cells) *look->response.add_cells() = ToProto(cell, *look->journals);
  return std::move(look->response);
}

absl::StatusOr<v1::GetMilestoneStatusResponse> Handlers::Milestones(const rpc::Caller& caller, const v1::GetMilestoneStatusRequest& request,
                                                                    const std::vector<AskedMoment>& moments) const {
  if (request.region().empty()) return MissingField("region");
  ASSIGN_OR_RETURN(const Period period, ParseYear(request.year()));
  return LookAt(request.at_least(), [&](const Sight& sight) -> absl::StatusOr<v1::GetMilestoneStatusResponse> {
    ASSIGN_OR_RETURN(const ResolvedMoment resolved, ResolveMoment(moments.front(), sight));
    const Registry& registry = *resolved.registry;
    const Date day = DayOf(resolved.moment, period);
    ASSIGN_OR_RETURN(const RollupQuery query, QueryOf(caller, request, period, registry, day));
    std::vector<RegionNumber> regions = registry.regions.ChildrenAt(query.region, day);
    regions.insert(regions.begin(), query.region);
    MilestoneView view(sight.state, resolved.moment, BooksFor(sight, resolved), sight.past.milestones);
    const std::vector<MilestoneLine> lines = view.Of(regions, query);
    if (lines.size() > kRowsMax) return TooManyRows("region", lines.size(), kRowsMax);
    v1::GetMilestoneStatusResponse response;
    RegionNumber named = 0;
    for (const MilestoneLine& line : lines) {
      *response.add_milestones() = ToProto(line, view.day());
      const RegionNumber region = line.milestone->cell.region;
      if (region != named) AddRegion(registry.regions, named = region, day, response.mutable_regions());
    }
    AddCatalogue(registry.catalogue, &response);
    *response.mutable_basis() = resolved.stamp;
    return response;
  });
}

}  // namespace anju::aggregator
