// Walking the blocks of the journal.
#include "services/progress/journal_scan.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/progress/limits.h"

namespace anju::progress {
namespace {

absl::Status CannotBeRead(uint64_t sequence) {
  return MakeError(Reason::DATA_LOSS, "journal", std::to_string(sequence), "an event cannot be read");
}

absl::Status AddCandidate(uint64_t sequence, int64_t time_us, std::string_view bytes, bool refusals, Scan* scan) {
  Candidate candidate{.sequence = sequence, .time_us = time_us};
  const Decoded decoded = DecodeUpdate(bytes, &candidate.update);
  if (decoded == Decoded::kOther) {
    if (!refusals) return absl::OkStatus();
    v1::Event event;
    if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return CannotBeRead(sequence);
    if (!event.has_refusal()) return absl::OkStatus();
    candidate.refusal = std::move(*event.mutable_refusal());
  } else if (decoded == Decoded::kBroken) {
    return CannotBeRead(sequence);
  }
  scan->candidates.push_back(std::move(candidate));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Scan> ScanJournal(const journal::Journal& journal, uint64_t after, size_t wanted, bool refusals) {
  Scan scan;
  scan.last = after;
  const uint64_t durable = journal.durable().sequence;
  size_t looked_at = 0;
  while (scan.last < durable && looked_at < kScanEventsMax && scan.candidates.size() < wanted) {
    ASSIGN_OR_RETURN(std::vector<std::string> blocks, journal.ReadBlocksContaining(scan.last + 1, kScanBytesMax));
    CHECK(!blocks.empty());
    for (std::string& bytes : blocks) {
      scan.blocks.push_back(std::move(bytes));
      // RocksDB's own checksums cover the events; hashing a whole block for one page would cost more than the page.
      ASSIGN_OR_RETURN(const journal::BlockView block, journal::DecodeBlock(scan.blocks.back(), false));
      const uint64_t first = block.header.first_sequence;
      for (uint64_t sequence = std::max(first, scan.last + 1); sequence <= block.header.last_sequence(); ++sequence) {
        if (looked_at >= kScanEventsMax || scan.candidates.size() >= wanted || sequence > durable) break;
        RETURN_IF_ERROR(AddCandidate(sequence, block.header.time_us, block.events[sequence - first], refusals, &scan));
        scan.last = sequence;
        ++looked_at;
      }
    }
  }
  scan.at_end = scan.last >= durable;
  return scan;
}

std::vector<uint64_t> Ascending(const google::protobuf::RepeatedField<uint64_t>& sequences) {
  std::vector<uint64_t> ascending(sequences.begin(), sequences.end());
  std::sort(ascending.begin(), ascending.end());
  ascending.erase(std::unique(ascending.begin(), ascending.end()), ascending.end());
  return ascending;
}

absl::StatusOr<Scan> ReadUpdates(const journal::Journal& journal, const std::vector<uint64_t>& sequences) {
  Scan scan;
  scan.blocks.reserve(sequences.size());  // views point into short strings, too
  // Of a block only its wanted events are kept: a thousand updates may stand in a thousand blocks.
  for (size_t i = 0; i < sequences.size();) {
    if (sequences[i] == 0) {  // names nothing
      ++i;
      continue;
    }
    ASSIGN_OR_RETURN(const std::vector<std::string> blocks, journal.ReadBlocksContaining(sequences[i], 1));
    if (blocks.empty()) break;  // beyond the end, like all after it
    ASSIGN_OR_RETURN(const journal::BlockView block, journal::DecodeBlock(blocks.front(), false));
    for (; i < sequences.size() && sequences[i] <= block.header.last_sequence(); ++i) {
      scan.blocks.emplace_back(block.events[sequences[i] - block.header.first_sequence]);
      RETURN_IF_ERROR(AddCandidate(sequences[i], block.header.time_us, scan.blocks.back(), false, &scan));
    }
  }
  return scan;
}

}  // namespace anju::progress
