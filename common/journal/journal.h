// An append-only journal: hash-chained blocks on a synced store, and a witness that remembers how far it reached.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/journal/format.h"
#include "common/journal/lineage.h"
#include "common/storage/storage.h"
#include "common/thread/mutex.h"
#include "common/time/date.h"

namespace anju::journal {

// Names of what a journal owns on its disk.
inline constexpr std::string_view kJournalStore = "journal";
inline constexpr std::string_view kWitnessFile = "witness";

// Positions are named canonically: by the journal that recorded them, be it this one or one it continues (lineage.h).
// Append from one thread; everything else from any thread.
class Journal {
 public:
  // Opens or creates. Walks the last block, those where it continues others and those at the ends of the store's files, and compares the end with the
  // witness: a journal that ends before its witness or has a broken chain is DATA_LOSS (nothing is changed). A journal one block ahead of its witness
  // is fine: the process died between the two syncs; the witness is caught up. NOT_EMPTY for another service's journal.
  // `agrees` is asked before anything is written, a new journal included: what stands beside the journal may contradict it. It is told the journal as
  // it was found, for reading only, or nullptr where there is none yet; its error is the answer.
  using Agrees = std::function<absl::Status(const Journal*)>;
  static absl::StatusOr<std::unique_ptr<Journal>> Open(storage::Disk& disk, std::string_view service, Clock& clock, const Agrees& agrees = nullptr);

  // Appends one block and syncs it, then the witness. On error the outcome is unknown and the journal refuses further appends.
  // The block's time is `time_us` (not before the last block's), or the clock's; times never go backwards.
  // REQUIRES: at least one event.
  absl::StatusOr<Position> Append(const EventList& events, const JournalId& plan_id, uint64_t plan_sequence,
                                  std::optional<int64_t> time_us = std::nullopt);

  // The last durable position: readers see nothing beyond it.
  Position durable() const;
  const Identity& identity() const { return lineage_.current(); }
  const Lineage& lineage() const { return lineage_; }
  // Time of the last durable block; when the journal was created if there is none of its own or of one it continues.
  int64_t last_time_us() const;

  // Encoded blocks after `after` (a block end, or 0), oldest first, up to `bytes_max` (at least one block if there is any).
  // DATA_LOSS with field "after" when `after` is not a block end of this journal (of one it continues: up to where it does) or its hash
  // differs (a hash of zeros is not compared); DATA_LOSS without a field when the journal itself is damaged.
  absl::StatusOr<std::vector<std::string>> ReadBlocks(const Position& after, size_t bytes_max) const;
  // Encoded blocks from the one that contains `sequence` on; none when it is beyond the durable position.
  absl::StatusOr<std::vector<std::string>> ReadBlocksContaining(uint64_t sequence, size_t bytes_max) const;

  // Calls back (from the appending thread, after the sync) whenever the durable position grew. Keep it short.
  using Listener = std::function<void(const Position&)>;
  uint64_t AddListener(Listener listener);
  void RemoveListener(uint64_t id);  // after it returns the listener runs no more; not from within a listener

 private:
  Journal(storage::Disk& disk, std::unique_ptr<storage::Store> store, Lineage lineage, Clock& clock);
  static absl::Status Look(storage::Disk& disk, std::string_view service, Clock& clock, const Agrees& agrees);
  static absl::StatusOr<std::unique_ptr<Journal>> OpenToWrite(storage::Disk& disk, std::string_view service, Clock& clock);
  absl::Status Recover() REQUIRES(mutex_);
  absl::Status RecoverLastBlock(Position* before_last) REQUIRES(mutex_);
  absl::Status CheckForks() const REQUIRES(mutex_);
  absl::Status CheckSeams() const;
  absl::Status CompareWitness(const Position& before_last) REQUIRES(mutex_);
  absl::Status WriteWitness(const Position& position);
  absl::StatusOr<BlockView> PrefixAt(const storage::Cursor& cursor) const;
  absl::StatusOr<std::vector<std::string>> ReadFrom(storage::Cursor& cursor, Position after, uint64_t until, size_t bytes_max) const;
  absl::Status Damaged(std::string_view what) const;

  storage::Disk& disk_;
  std::unique_ptr<storage::Store> store_;
  const Lineage lineage_;
  Clock& clock_;
  mutable Mutex mutex_;
  Position durable_ GUARDED_BY(mutex_);
  int64_t last_time_us_ GUARDED_BY(mutex_) = 0;
  bool only_looks_ = false;  // nothing is written
  bool failed_ = false;      // appending thread only
  size_t witness_slot_ = 0;  // to be written next; appending thread only
  Mutex listeners_mutex_;
  std::vector<std::pair<uint64_t, Listener>> listeners_ GUARDED_BY(listeners_mutex_);
  uint64_t next_listener_ GUARDED_BY(listeners_mutex_) = 1;
};

}  // namespace anju::journal
