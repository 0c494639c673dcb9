// What updates take in the journal.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace anju::bench {

struct JournalBytes {
  uint64_t events = 0, blocks = 0, bytes = 0;
  double per_event() const { return events > 0 ? static_cast<double>(bytes) / static_cast<double>(events) : 0; }
};

// The journal's blocks behind a sequence, which has to be the end of a block, as the feed hands them over: whole, with headers, hashes and lengths. A stored
// row has a key of 8 bytes more, which are counted too.
absl::StatusOr<JournalBytes> CountJournalBytes(const std::string& address, uint64_t after_sequence);

}  // namespace anju::bench
