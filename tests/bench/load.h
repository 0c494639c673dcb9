// A bounded load of reported figures over raw streams, as a county system would send them.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace anju::bench {

struct Load {
  std::string address;
  int streams = 16;
  int items_per_message = 100;
  int messages_per_stream = 100;
  int in_flight = 16;         // messages sent and not yet acknowledged, per stream
  int counties = 3000;        // regions C1 … Cn; each stream reports about its own share
  std::string source_prefix;  // sources are PREFIX.0, PREFIX.1 …
  int64_t amount_base = 0;    // another one for every round: the same figure again would be UNCHANGED and no update
};

struct LoadResult {
  uint64_t items = 0;
  double seconds = 0;  // from the first message to the last acknowledgement
  double per_second() const { return seconds > 0 ? static_cast<double>(items) / seconds : 0; }
};

// Runs it to the end. An error when a stream ended early or an item was refused.
absl::StatusOr<LoadResult> Run(const Load& load);

}  // namespace anju::bench
