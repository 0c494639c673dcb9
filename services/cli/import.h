// Commands that send plans and registries: regions, catalogue, plan, milestones, boundary changes and rules of soft checks.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "anju/plan/v1/plan.pb.h"
#include "services/cli/context.h"

namespace anju::cli {

struct ImportOptions {
  std::string file;
  bool dry_run = false;
};
int ImportRegions(const Context& context, const ImportOptions& options);
int ImportCatalogue(const Context& context, const ImportOptions& options);

struct PlanImportOptions {
  std::string file;
  std::string document;
  std::string issuer;
  std::string issued;
  std::string layer;
  bool dry_run = false;
  bool accept_differences = false;
  std::string amends;     // an amendment: the document it amends
  std::string effective;  // an amendment: first day it holds
};
// The import without printing, for `anju demo`.
absl::StatusOr<plan::v1::ImportDocumentResponse> SendPlan(const Context& context, const PlanImportOptions& options);
int ImportPlan(const Context& context, const PlanImportOptions& options);
// `plan amend`: issuer and layer may be empty, then they are those of the amended document.
int AmendPlan(const Context& context, PlanImportOptions options);

struct MilestoneImportOptions {
  std::string file;
  std::string document;
  bool dry_run = false;
};
absl::StatusOr<plan::v1::ImportMilestonesResponse> SendMilestones(const Context& context, const MilestoneImportOptions& options);
int ImportMilestones(const Context& context, const MilestoneImportOptions& options);

// Registry imports without printing, for `anju demo`.
absl::StatusOr<plan::v1::ImportRegionsResponse> SendRegions(const Context& context, const ImportOptions& options);
absl::StatusOr<plan::v1::ImportCatalogueResponse> SendCatalogue(const Context& context, const ImportOptions& options);
absl::StatusOr<plan::v1::ImportBoundariesResponse> SendBoundaries(const Context& context, const ImportOptions& options);
absl::StatusOr<plan::v1::ImportChecksResponse> SendChecks(const Context& context, const ImportOptions& options);

int ImportBoundaries(const Context& context, const ImportOptions& options);
int ImportChecks(const Context& context, const ImportOptions& options);

}  // namespace anju::cli
