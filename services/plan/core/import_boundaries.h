// A boundaries file (区划调整): each row decided in its order on a working copy of the tree; what follows for regions, and who goes on with whom.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/region/region_tree.h"
#include "common/region/succession.h"
#include "services/plan/core/boundary_rows.h"
#include "services/plan/core/standing.h"

namespace anju::plan {

struct BoundaryImport {
  std::vector<BoundaryEvent> events;         // new ones, in the order of the file
  std::vector<std::vector<Region>> changed;  // all rows of the codes that are new or changed, parents and members first
  uint32_t unchanged = 0;                    // events of the file that are recorded already
  // Every region that the file names, on the day it is named for: what the caller must be allowed to touch.
  std::vector<std::pair<RegionNumber, Date>> named;
  RegionTree tree;  // as it is afterwards
};

// All errors at once, but what is unreadable comes before what cannot be. BAD_SHARES for parts that are not the whole, NOT_CONSERVED where a
// region that may have figures of its own would become a sum, BOUNDARY_CONFLICT with what is recorded, BROKEN_TREE, IMMUTABLE as of ReadRegions.
absl::StatusOr<BoundaryImport> ReadBoundaries(const std::vector<BoundaryRowText>& rows, const RegionTree& stored, const Boundaries& recorded,
                                              const RegionUse& use);

}  // namespace anju::plan
