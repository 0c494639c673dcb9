// Amendments (调整文件): what a line of documents says together, and what a new document of the line changes in it.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "common/catalogue/catalogue.h"
#include "common/region/region_tree.h"
#include "common/region/succession.h"
#include "services/plan/core/document.h"
#include "services/plan/core/evaluate.h"
#include "services/plan/core/standing.h"

namespace anju::plan {

// A stored document of a line.
struct LineDocument {
  Document document;
  std::vector<TargetCell> cells;  // as recorded: of an amendment only those that it changed
};

// The rows in force on `day`, marked as earlier ones: of each cell those of the newest document that prints it. A total that followed its
// parts stands as what it became, an addition as what it came to when it was issued: both were recorded. What regions held that have
// passed it on by `day` stands with those that took it over, beside figures of their children like a reserve. REQUIRES: the line's documents in
// their order.
std::vector<PrintedRow> MergeLine(const std::vector<LineDocument>& line, Date day, const RegionTree& tree, const Catalogue& catalogue,
                                  const Boundaries& boundaries);

// Evaluates an amendment on top of `earlier` (MergeLine on its effective day), in the tree of that day. `cells` of the result are those it
// prints and those whose target differs because of it; only its own prints are judged. Errors as of Evaluate.
absl::StatusOr<Evaluation> EvaluateAmendment(const Document& amendment, const std::vector<PrintedRow>& earlier, const RegionTree& tree,
                                             const Catalogue& catalogue, const TargetsInForce& standing);

}  // namespace anju::plan
