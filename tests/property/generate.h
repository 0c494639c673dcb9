// Random worlds: a dated tree, documents and amendments, boundary changes with the rows that follow, updates, reviews, block times.
#pragma once

#include <cstdint>
#include <set>

#include "tests/property/world.h"

namespace anju::worlds {

// What a world is made from. Every step draws from its own random numbers, so that leaving some out disturbs the others little: that is
// how a failing world is made smaller.
struct Recipe {
  uint64_t seed = 1;
  size_t steps = 50;
  std::set<size_t> dropped;
};

// In every fourth world only regions without children report, so that it can be asked whether changes conserve what there is.
inline bool OnlyLeavesReport(const World& world) { return world.seed % 4 == 3; }

// Events hang together as plan and progress would have written them: rows that follow from changes, series opened before use, and so on. Amounts
// and days are freer than those services let through: what is shown must be right also of figures ahead of their year or below zero.
World Generate(const Recipe& recipe);

}  // namespace anju::worlds
