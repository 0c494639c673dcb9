// Reading a service's journal through its feed as an auditor does: from the first block on, believing nothing that can be recomputed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/journal/format.h"
#include "common/journal/lineage.h"

namespace anju::client {

struct AuditOptions {
  // Hex id of the journal that must be there, or be continued by the one that is; "": whatever is.
  std::string journal_id;
  // Read until the block that holds the largest of these; the others are looked at on the way. Empty: up to what is durable now.
  std::set<uint64_t> positions;
  // How long the feed may say nothing new.
  int silence_ms_max = 10'000;
  // One event with its sequence, in order. Views hold during the call. An error ends the audit with it. Optional.
  std::function<absl::Status(uint64_t sequence, std::string_view event)> on_event;
  // After each message: the last sequence that was proved. Optional.
  std::function<void(uint64_t sequence)> on_progress;
};

// What was proved.
struct JournalAudit {
  std::string journal_id;              // hex, of the service's own; "" when not even that was said
  journal::Lineage lineage;            // the journals it continues, and itself; empty from servers that do not say
  uint64_t sequence = 0;               // of the last event: the end of a block
  uint64_t blocks = 0;
  // Of each position asked for: the hash of the block that ends there; absent where the position is inside a block.
  std::map<uint64_t, journal::Hash> hashes;
  // Of the same positions: the head of the RFC 6962 tree over the hashes of all blocks up to there.
  struct Tree {
    uint64_t size = 0;
    journal::Hash root{};
    friend bool operator==(const Tree&, const Tree&) = default;
  };
  std::map<uint64_t, Tree> trees;
};

// Recomputes every root and every hash and the chain they make; memory is that of one message. Asks once and never retries. `audit` holds what was
// proved, also when it ends early: DATA_LOSS whose value is the first sequence that is wrong ("17..20" for a block of several events), UNKNOWN_BASIS
// for another journal or one that ends before a position, UNAVAILABLE, BEHIND.
absl::Status AuditJournal(const std::string& address, const AuditOptions& options, JournalAudit* audit);

}  // namespace anju::client
