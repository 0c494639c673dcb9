// Questions to the aggregator's handlers: rollups, columns and tables at tokens and days of record, the whole way from blocks to messages.
#pragma once

#include "tests/property/check.h"
#include "tests/property/world.h"

namespace anju::worlds {

// Adds what it compared to `outcome`, and the first difference.
void CheckShell(const World& world, Mistake mistake, Outcome* outcome);

}  // namespace anju::worlds
