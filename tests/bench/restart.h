// How long until each service serves again with so many updates in the journal, and how much memory it then takes.
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"

namespace anju::bench {

struct Restarts {
  std::string directory;  // filled up to `updates` of national shape first, if it holds fewer; kept
  uint64_t updates = 1'000'000;
  int rounds = 5;         // of each kind of end
};

// Ends every service in turn, by kill -9 under the rest of a load and in order, and starts it again. Prints the median and the slowest
// time of each, and gives them as JSON.
absl::StatusOr<nlohmann::ordered_json> MeasureRestarts(const Restarts& restarts);

}  // namespace anju::bench
