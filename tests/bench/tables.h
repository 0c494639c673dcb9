// League tables of the 3,000 direct units, asked for one after another, each with a question that nobody has asked before.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/world.h"

namespace anju::bench {

// Milliseconds of each question, as a client sees them.
struct TableTimes {
  std::vector<double> first;        // newest figures, another definition each time
  std::vector<double> dated;        // as of another day each time
  std::vector<double> known;        // newest figures at another basis each time
  std::vector<double> dated_known;  // both
};

// So many of each kind. An error when an answer is one or has no rows.
absl::StatusOr<TableTimes> AskTables(const World& world, int count);

}  // namespace anju::bench
