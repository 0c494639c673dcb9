// Questions to the core of the aggregator: every cell of a moment, running totals against the fold, one dump whatever the order of the feeds.
#pragma once

#include <cstddef>
#include <vector>

#include "tests/property/check.h"
#include "tests/property/random.h"
#include "tests/property/world.h"

namespace anju::worlds {

// Adds what it compared to `outcome`, and the first difference.
void CheckCore(const World& world, Mistake mistake, Outcome* outcome);

// A random order in which the blocks of a world can be applied: each journal in turn, none before the plan that it names. Indexes into
// world.blocks.
std::vector<size_t> AnyOrder(const World& world, Random& random);

}  // namespace anju::worlds
