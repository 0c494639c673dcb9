// The writing RPCs of registry, catalogue, boundaries and checks. Each decides on values and records at most one event, so an import is whole or nothing.
#include "services/plan/handlers.h"

#include <string>
#include <utility>

#include "common/status/macros.h"
#include "services/plan/convert.h"
#include "services/plan/imports.h"

namespace anju::plan {
absl::StatusOr<v1::ImportRegionsResponse> ImportRegions(const rpc::Caller& caller, const v1::ImportRegionsRequest& request, Desk& desk) {
  RETURN_IF_ERROR(CheckRowCount(request.rows_size()));
  const std::string digest = DigestOf(request);
  ASSIGN_OR_RETURN(const RememberedRequest* earlier, FindEarlier(caller, request.request_id(), request.dry_run(), digest, desk));
  v1::ImportRegionsResponse response;
  if (earlier != nullptr) {
    response.set_changed(earlier->changed);
    response.set_unchanged(earlier->unchanged);
    return response;
  }
  const RegionTree& stored = desk.model().registry().regions;
  ASSIGN_OR_RETURN(const RegionImport import, ReadRegions(RegionRows(request), stored, desk.model().registry().boundaries, desk.model().region_use()));
  // Both as it was and as it would be: nobody moves a region out of, or into, a subtree that is not theirs.
  for (const RegionNumber region : import.named) {
    for (const RegionTree* tree : {&stored, &import.tree}) {
      if (tree->Rows(region) == nullptr) continue;
      const Region* row = tree->Nearest(region, desk.today());
      const Date day = row->HoldsOn(desk.today()) ? desk.today() : row->valid_from;
      RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kPlan, region, tree, day));
    }
  }
  response.set_changed(static_cast<uint32_t>(import.changed.size()));
  response.set_unchanged(import.unchanged);
  if (request.dry_run() || import.changed.empty()) return response;
  v1::Event event;
  *event.mutable_regions() = RegionsEvent(import);
  RETURN_IF_ERROR(Record(caller, request.request_id(), digest, std::move(event), desk));
  return response;
}

absl::StatusOr<v1::ImportCatalogueResponse> ImportCatalogue(const rpc::Caller& caller, const v1::ImportCatalogueRequest& request, Desk& desk) {
  RETURN_IF_ERROR(CheckRowCount(request.rows_size()));
  RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kPlan, 0, nullptr, desk.today()));
  const std::string digest = DigestOf(request);
  ASSIGN_OR_RETURN(const RememberedRequest* earlier, FindEarlier(caller, request.request_id(), request.dry_run(), digest, desk));
  v1::ImportCatalogueResponse response;
  if (earlier != nullptr) {
    response.set_changed(earlier->changed);
    response.set_unchanged(earlier->unchanged);
    return response;
  }
  ASSIGN_OR_RETURN(const CatalogueImport import, ReadCatalogue(CatalogueRows(request), desk.model().registry().catalogue));
  response.set_changed(import.changed);
  response.set_unchanged(import.unchanged);
  if (request.dry_run() || import.changed == 0) return response;
  v1::Event event;
  *event.mutable_catalogue() = CatalogueEvent(import);
  RETURN_IF_ERROR(Record(caller, request.request_id(), digest, std::move(event), desk));
  return response;
}

absl::StatusOr<v1::ImportBoundariesResponse> ImportBoundaries(const rpc::Caller& caller, const v1::ImportBoundariesRequest& request, Desk& desk) {
  RETURN_IF_ERROR(CheckRowCount(request.rows_size()));
  const std::string digest = DigestOf(request);
  ASSIGN_OR_RETURN(const RememberedRequest* earlier, FindEarlier(caller, request.request_id(), request.dry_run(), digest, desk));
  v1::ImportBoundariesResponse response;
  if (earlier != nullptr) {
    response.set_changed(earlier->changed);
    response.set_unchanged(earlier->unchanged);
    return response;
  }
  const Registry& registry = desk.model().registry();
  ASSIGN_OR_RETURN(const BoundaryImport import, ReadBoundaries(BoundaryRows(request), registry.regions, registry.boundaries, desk.model().region_use()));
  // Whoever changes a boundary must be allowed on both sides of it.
  RETURN_IF_ERROR(AuthorizeRows(caller, import.named, import.tree, [](const std::pair<RegionNumber, Date>& named) { return named; }));
  response.set_changed(static_cast<uint32_t>(import.events.size()));
  response.set_unchanged(import.unchanged);
  if (request.dry_run() || import.events.empty()) return response;
  v1::Event event;
  *event.mutable_boundaries() = BoundariesEvent(import);
  RETURN_IF_ERROR(Record(caller, request.request_id(), digest, std::move(event), desk));
  return response;
}

absl::StatusOr<v1::ImportChecksResponse> ImportChecks(const rpc::Caller& caller, const v1::ImportChecksRequest& request, Desk& desk) {
  RETURN_IF_ERROR(CheckRowCount(request.rows_size(), kCheckRulesMax));
  RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kPlan, 0, nullptr, desk.today()));
  const std::string digest = DigestOf(request);
  ASSIGN_OR_RETURN(const RememberedRequest* earlier, FindEarlier(caller, request.request_id(), request.dry_run(), digest, desk));
  v1::ImportChecksResponse response;
  if (earlier != nullptr) {
    response.set_changed(earlier->changed);
    response.set_unchanged(earlier->unchanged);
    return response;
  }
  ASSIGN_OR_RETURN(const CheckImport import, ReadChecks(CheckRows(request), desk.model().registry().catalogue, desk.model().checks()));
  response.set_changed(static_cast<uint32_t>(import.rules.size()));
  response.set_unchanged(import.unchanged);
  if (request.dry_run() || import.rules.empty()) return response;
  v1::Event event;
  *event.mutable_checks() = ChecksEvent(import);
  RETURN_IF_ERROR(Record(caller, request.request_id(), digest, std::move(event), desk));
  return response;
}

}  // namespace anju::plan
