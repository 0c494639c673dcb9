// The RPCs as functions of caller, request and desk: validate, convert, decide, record. The basis is stamped when it is durable.
#pragma once

#include "absl/status/statusor.h"
#include "anju/plan/v1/plan.pb.h"
#include "common/rpc/rpc.h"
#include "services/plan/desk.h"

namespace anju::plan {

absl::StatusOr<v1::ImportRegionsResponse> ImportRegions(const rpc::Caller& caller, const v1::ImportRegionsRequest& request, Desk& desk);
absl::StatusOr<v1::ImportCatalogueResponse> ImportCatalogue(const rpc::Caller& caller, const v1::ImportCatalogueRequest& request, Desk& desk);
absl::StatusOr<v1::ImportDocumentResponse> ImportDocument(const rpc::Caller& caller, const v1::ImportDocumentRequest& request, Desk& desk);
absl::StatusOr<v1::ImportMilestonesResponse> ImportMilestones(const rpc::Caller& caller, const v1::ImportMilestonesRequest& request, Desk& desk);
absl::StatusOr<v1::ImportBoundariesResponse> ImportBoundaries(const rpc::Caller& caller, const v1::ImportBoundariesRequest& request, Desk& desk);
absl::StatusOr<v1::ImportChecksResponse> ImportChecks(const rpc::Caller& caller, const v1::ImportChecksRequest& request, Desk& desk);

absl::StatusOr<v1::ListRegionsResponse> ListRegions(const rpc::Caller& caller, const v1::ListRegionsRequest& request, Desk& desk);
absl::StatusOr<v1::GetCatalogueResponse> GetCatalogue(const rpc::Caller& caller, const v1::GetCatalogueRequest& request, Desk& desk);
absl::StatusOr<v1::ListDocumentsResponse> ListDocuments(const rpc::Caller& caller, const v1::ListDocumentsRequest& request, Desk& desk);
absl::StatusOr<v1::GetDocumentResponse> GetDocument(const rpc::Caller& caller, const v1::GetDocumentRequest& request, Desk& desk);
absl::StatusOr<v1::ListMilestonesResponse> ListMilestones(const rpc::Caller& caller, const v1::ListMilestonesRequest& request, Desk& desk);
absl::StatusOr<v1::ListBoundariesResponse> ListBoundaries(const rpc::Caller& caller, const v1::ListBoundariesRequest& request, Desk& desk);
absl::StatusOr<v1::ListTargetRevisionsResponse> ListTargetRevisions(const rpc::Caller& caller, const v1::ListTargetRevisionsRequest& request, Desk& desk);
absl::StatusOr<v1::ListChecksResponse> ListChecks(const rpc::Caller& caller, const v1::ListChecksRequest& request, Desk& desk);

}  // namespace anju::plan
