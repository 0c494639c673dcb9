// The write-behind state: rows folded from durable blocks, each batch with the position it stands for.
//
//   store state/ (StoreKind::kState)
//     key 00 'meta' → u8 form=1 | u32 schema version | 16 bytes journal id | u64 sequence | 32 bytes block hash
//     other keys    → rows of the model (first byte never 00)
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "common/journal/journal.h"
#include "common/storage/reserve.h"
#include "common/storage/storage.h"

namespace anju::journal {

class Model;

// Open on the opening thread, the rest from the writer thread.
class StateWriter {
 public:
  // Whether what state/ says of itself can be of `journal` (nullptr: there is none yet); changes nothing. Rows are written after the events that they
  // fold are durable, so a state that stands where the journal never was tells that the journal is not the one it was: DATA_LOSS naming both
  // positions. NOT_EMPTY when another service wrote it, SCHEMA_TOO_NEW when a newer version of this program did. A state that is not there or
  // cannot be read says nothing.
  static absl::Status CheckAgrees(storage::Disk& disk, std::string_view service, const Journal* journal, uint32_t schema_version);
  // Opens state/, loads `model` from it and replays the journal after its position. One that cannot be read, that has an older schema version or
  // no position is removed first: it is a cache. What CheckAgrees refuses is refused, and nothing is removed; so is SCHEMA_TOO_NEW of a row.
  // STORAGE_FAILED when rows turn out to be damaged while they are loaded: they have been removed, the model is half filled, and the next process
  // rebuilds them. Events that cannot be applied are told with journal and sequence. `reserve` must outlive the writer.
  static absl::StatusOr<std::unique_ptr<StateWriter>> Open(storage::Disk& disk, std::string_view service, storage::Reserve& reserve, const Journal& journal,
                                                           uint32_t schema_version, Model& model, uint64_t flush_events);
  // Takes the rows of a block that ends at `durable`. They are written when enough came together, sorted and each key once, and
  // flushed every `flush_events` events. While the disk is nearly full they wait in memory, each key once.
  absl::Status Add(storage::Batch rows, uint64_t events, const Position& durable);
  // Everything added is on stable storage when it returns, unless the disk is nearly full: then it does nothing.
  absl::Status Flush();
  // True when there is something to flush.
  bool dirty() const { return dirty_; }

 private:
  StateWriter(std::unique_ptr<storage::Store> store, storage::Reserve& reserve, uint32_t schema_version, uint64_t flush_events);
  absl::Status Replay(const Journal& journal, const std::string& path, Position from, Model& model);
  absl::Status WritePending();

  std::unique_ptr<storage::Store> store_;
  storage::Reserve& reserve_;
  const uint32_t schema_version_;
  const uint64_t flush_events_;
  storage::Batch pending_;     // of whole blocks, up to pending_end_
  Position pending_end_;
  uint64_t unflushed_events_ = 0;
  size_t waiting_rows_max_ = 0;  // while there is no room: above it rows that are overtaken are dropped
  bool dirty_ = false;
};

// For a service that records nothing: NOT_EMPTY when the directory holds a journal, a witness or the state beside a journal. Changes nothing.
absl::Status CheckUnowned(storage::Disk& disk, std::string_view service);

}  // namespace anju::journal
