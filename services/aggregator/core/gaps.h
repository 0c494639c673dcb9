// Where a reported or printed whole differs from the sum of its parts.
#pragma once

#include <vector>

#include "services/aggregator/core/view.h"

namespace anju::aggregator {

// Cells of the region and of all below it (in the trees of the view) whose declared whole, of the figure or of a target in any layer, differs from
// the sum: the largest difference of the figure first, then of the targets, then by key.
std::vector<Cell> GapsOf(View& view, const RollupQuery& query);

// Whether `region` is `top` or stands below it in a tree.
bool StandsWithin(const DatedTree& tree, RegionNumber region, RegionNumber top);

}  // namespace anju::aggregator
