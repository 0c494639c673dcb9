// A bounded load of reported figures over raw streams, as county systems would send them: as fast as acknowledgements allow, or paced.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/nation.h"

namespace anju::bench {

struct LoadResult {
  uint64_t items = 0;
  uint64_t acks = 0;   // messages of the server, each acknowledging one message or several
  double seconds = 0;  // from the first message to the last acknowledgement, all streams being open and their series named before
  double per_second() const { return seconds > 0 ? static_cast<double>(items) / seconds : 0; }
};

// Sends a turn through one thread a stream that writes and one that reads. `items_per_second` paces all streams together; 0: as fast as the window
// of unacknowledged messages allows. An error when a stream ended early or an item was not plainly accepted.
absl::StatusOr<LoadResult> Run(const std::string& address, const Turn& turn, double items_per_second = 0);

// Open loop: item after item is due at its moment whatever became of those before, and its latency counts from that moment to its acknowledgement, so that
// a server that stalls is charged for everything that became due meanwhile. Milliseconds, unsorted. REQUIRES: one item a message.
absl::StatusOr<std::vector<double>> RunOpenLoop(const std::string& address, const Turn& turn, double items_per_second);

}  // namespace anju::bench
