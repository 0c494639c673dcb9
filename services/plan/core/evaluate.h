// What a document says: its targets, whether it agrees with itself, and how it stands to the documents in force.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "common/catalogue/catalogue.h"
#include "common/region/region_tree.h"
#include "services/plan/core/document.h"
#include "services/plan/core/sheet.h"
#include "services/plan/core/standing.h"

namespace anju::plan {

struct Evaluation {
  std::vector<TargetCell> cells;         // one per cell, in the document's order
  uint32_t relations = 0;                // judged
  uint32_t relations_exact = 0;
  std::vector<Difference> differences;   // the others, by line
  std::vector<Allocation> allocations;   // where more or less is handed down than the upper layer demands
  bool has_errors() const;               // a difference of verdict ERROR or NOT_ADDITIVE
};

// TOO_MANY_ROWS of one cell, DUPLICATE_ROW, AREA_OVERLAP, TARGET_CONFLICT with another document in force, NUMBER_TOO_LARGE for a
// sum, an addition to nothing. Differences are no errors here: whether they refuse the document is for the caller, and the issuer, to say.
absl::StatusOr<Evaluation> Evaluate(const Document& document, const RegionTree& tree, const Catalogue& catalogue,
                                    const TargetsInForce& standing);

// The same for a sheet that an amendment stands on (amend.h): `was` are its targets without the amendment. Cells of earlier documents whose
// target stays as it was are left out; of others the printed total no longer holds. REQUIRES: rows of earlier documents are marked so.
absl::StatusOr<Evaluation> EvaluateChanges(const Document& merged, const absl::flat_hash_map<CellKey, TargetCell>& was, const RegionTree& tree,
                                           const Catalogue& catalogue, const TargetsInForce& standing);

// One error per difference that refuses a document.
absl::Status RefuseDifferences(const Evaluation& evaluation, const Catalogue& catalogue);

}  // namespace anju::plan
