// The country's regions, targets and rules, imported into a suite.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/bench/suite.h"

namespace anju::bench {

// Regions, targets of starts for every programme of each of these years, and checks, into a plan service that has none. Returns when progress has
// applied them all. REQUIRES: plan and progress run.
absl::Status ImportNation(const Suite& suite, const std::vector<int>& years);

}  // namespace anju::bench
