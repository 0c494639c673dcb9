// League tables asked for one after another: current, dated, known at an earlier basis, and both.
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "anju/types/v1/basis.pb.h"

namespace anju::bench {

struct Queries {
  std::string ranking;         // address
  std::string region;          // whose children are ranked
  int expected = 0;            // ranked rows that every current answer must have
  types::v1::Basis basis;      // of everything: earlier ones are prefixes of its progress journal
  int count = 100;             // of each kind
};

// Prints a line of median and 99th percentile in milliseconds for each kind, as a client sees them, and returns them. An error when an answer is one or
// a current table is short of rows.
absl::StatusOr<nlohmann::ordered_json> RunQueries(const Queries& queries);

}  // namespace anju::bench
