// Reading updates out of the journal: a stretch of it, or named ones. On a thread that may wait for a disk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "anju/progress/v1/event.pb.h"
#include "common/journal/journal.h"
#include "services/progress/store/event_codec.h"

namespace anju::progress {

// An update or a refusal. Views into Scan::blocks.
struct Candidate {
  uint64_t sequence = 0;
  int64_t time_us = 0;
  UpdateEvent update;
  std::optional<v1::Refusal> refusal;
};

struct Scan {
  std::vector<std::string> blocks;
  std::vector<Candidate> candidates;  // by sequence
  uint64_t last = 0;                  // the last sequence looked at
  bool at_end = false;                // nothing durable comes after it
};

// Events after `after` until there are `wanted` candidates, or kScanEventsMax were looked at.
absl::StatusOr<Scan> ScanJournal(const journal::Journal& journal, uint64_t after, size_t wanted, bool refusals);
// Each of the sequences of a request once, ascending.
std::vector<uint64_t> Ascending(const google::protobuf::RepeatedField<uint64_t>& sequences);
// The updates with these sequences; others are left out. Reads only the blocks that hold them. `sequences` ascending.
absl::StatusOr<Scan> ReadUpdates(const journal::Journal& journal, const std::vector<uint64_t>& sequences);

}  // namespace anju::progress
