// Reads a journal from its store: one thread reads and hashes, another folds what was proved.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/audit/chain.h"
#include "common/storage/storage.h"

namespace anju::audit {

struct WalkOptions {
  std::string service;       // whose journal it must be
  std::set<uint64_t> heads;  // sequences whose hashes and tree heads are wanted
  // Each block that holds, in order, on a thread of its own. Views hold during the call. Optional.
  std::function<void(const journal::BlockHeader& header, const std::vector<std::string_view>& events)> on_block;
  Chain::Suspect suspect = nullptr;  // optional
  // The last sequence that was proved, now and then. Optional.
  std::function<void(uint64_t sequence)> on_progress;
};

struct Walked {
  journal::Lineage lineage;         // empty when not even the identity could be read
  Head last;                        // of what holds
  std::map<uint64_t, Head> heads;
  uint64_t blocks = 0, bytes = 0;
  std::optional<Wrong> wrong;
  std::optional<journal::Position> remembered;  // by the witness
  std::string witness_note;         // a slot of the witness that is damaged where the other one holds; "" when both do
};

// Reads the whole store. `witness`: the bytes of the witness file; nullopt when there is none.
Walked Walk(storage::Store& store, const std::optional<std::string>& witness, const WalkOptions& options);

}  // namespace anju::audit
