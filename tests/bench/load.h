// A bounded load of reported figures over raw streams, as a county system would send them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "anju/progress/v1/progress.pb.h"

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
  // Fills the items from `first` on (items->items_size() of them, empty) of a stream, and defines the series that the stream names
  // for the first time. Called by one thread a stream; the default reports about each stream's own share of the counties.
  std::function<void(int stream, uint64_t first, progress::v1::Items* items)> fill;
};

struct LoadResult {
  uint64_t items = 0;
  double seconds = 0;  // from the first message to the last acknowledgement
  double per_second() const { return seconds > 0 ? static_cast<double>(items) / seconds : 0; }
};

// Runs it to the end; sources that exist go on where they are. An error when a stream ended early or an item was refused.
absl::StatusOr<LoadResult> Run(const Load& load);

// Reports a figure of region C1 as soon as progress knows the plan up to `token`: a load names regions.
absl::Status ReportFirst(const std::string& progress, const std::string& token);

}  // namespace anju::bench
