// Wire ↔ core: the only file that reads fields of both.
#pragma once

#include <string>
#include <vector>

#include "anju/plan/v1/plan.pb.h"
#include "services/plan/core/amend.h"
#include "services/plan/core/evaluate.h"
#include "services/plan/core/import_boundaries.h"
#include "services/plan/core/import_catalogue.h"
#include "services/plan/core/import_checks.h"
#include "services/plan/core/import_regions.h"
#include "services/plan/core/milestones.h"
#include "services/plan/core/read_document.h"
#include "services/plan/store/model.h"

namespace anju::plan {

std::vector<RegionRowText> RegionRows(const v1::ImportRegionsRequest& request);
std::vector<CatalogueRowText> CatalogueRows(const v1::ImportCatalogueRequest& request);
DocumentText DocumentOf(const v1::ImportDocumentRequest& request);
std::vector<MilestoneRowText> MilestoneRows(const v1::ImportMilestonesRequest& request);
std::vector<BoundaryRowText> BoundaryRows(const v1::ImportBoundariesRequest& request);
std::vector<CheckRowText> CheckRows(const v1::ImportChecksRequest& request);

v1::RegionsImported RegionsEvent(const RegionImport& import);
v1::CatalogueImported CatalogueEvent(const CatalogueImport& import);
v1::BoundariesChanged BoundariesEvent(const BoundaryImport& import);
v1::ChecksImported ChecksEvent(const CheckImport& import);
v1::DocumentImported DocumentEvent(const Document& document, const Evaluation& evaluation, const std::string& digest);
v1::MilestonesImported MilestonesEvent(const std::string& document, const std::vector<Milestone>& milestones, const std::string& digest);

// A stored document as values again. REQUIRES: the catalogue it was taken in with, or a later one.
LineDocument LineDocumentOf(const DocumentHeader& header, const v1::DocumentImported& event, const Catalogue& catalogue);

// What an import answers, from its event: a repeated request gets it from the same source.
v1::ImportDocumentResponse DocumentAnswer(const v1::DocumentImported& event);
// Numbers resolved to codes and names.
v1::ListedBoundary ListedOf(const BoundaryEvent& event, const BoundaryRecord& record, const RegionTree& tree);
v1::DocumentSummary SummaryOf(const StoredDocument& document, const RegionTree& tree);

}  // namespace anju::plan
