// Whether the country adds up: what was sent, the provinces' sums and the country's rollup are the same numbers.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "anju/aggregator/v1/aggregator.pb.h"
#include "services/cli/context.h"
#include "services/cli/national_plan.h"

namespace anju::cli {

struct NationalConservation {
  int indicators = 0;                   // programme × indicator compared, totals over programmes among them
  std::vector<std::string> violations;  // one line each
  std::string starts;                   // the country's starts of all programmes, as the service gave them
};

// Compares the country's rollup with what was sent. `in_force`: by series.
absl::StatusOr<NationalConservation> CompareConservation(const NationalPlan& plan, const std::vector<int64_t>& in_force,
                                                         const aggregator::v1::GetRollupResponse& response);
// Asks for the country's rollup at `at_least` and compares it.
absl::StatusOr<NationalConservation> CheckConservation(const Context& context, const NationalPlan& plan, const std::vector<int64_t>& in_force,
                                                       const std::string& at_least);

}  // namespace anju::cli
