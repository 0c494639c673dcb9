// Grows a world, drives the real code through it and compares every answer with the model's.
#pragma once

#include <cstddef>
#include <string>

#include "tests/property/generate.h"
#include "tests/property/model.h"

namespace anju::worlds {

struct Outcome {
  std::string failure;  // empty: everything agreed
  size_t events = 0, questions = 0, cells = 0, tables = 0, steps = 0;  // that were compared
  size_t conserved = 0;  // figures looked at on both sides of a boundary change
};

// `mistake` goes into the model.
Outcome CheckWorld(const Recipe& recipe, Mistake mistake = Mistake::kNone);

// The same failing world with as many steps left out as possible; `seconds` bounds the search.
Recipe Shrink(Recipe recipe, Mistake mistake, int seconds);

}  // namespace anju::worlds
