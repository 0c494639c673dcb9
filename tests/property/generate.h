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
  // Only reports of regions without children (for questions of conservation).
  bool leaves_only = false;
};

// Every event is one that plan and progress would have written: rows that follow from changes, series opened before use, and so on.
World Generate(const Recipe& recipe);

}  // namespace anju::worlds
