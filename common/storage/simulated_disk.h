// A disk in memory that forgets what was not synced and can fail or crash at any operation. For tests of recovery.
#pragma once

#include <map>
#include <memory>
#include <random>
#include <string>

#include "common/storage/storage.h"

namespace anju::storage {

// Survives "machines": open it, crash it, open it again. Safe for concurrent use.
class SimulatedMedium {
 public:
  explicit SimulatedMedium(uint64_t seed);

  // A machine's view; the previous one must be gone or crashed (its operations fail with STORAGE_FAILED).
  std::unique_ptr<Disk> Boot();
  // Power failure now: of unsynced writes each store keeps a random prefix, of an operation under way anything from nothing to
  // all; later operations of the booted disk fail.
  void Crash();
  // Crashes by itself after this many more operations (write, sync, flush); 0 turns it off.
  void CrashAfter(uint64_t operations);
  // The operation after `operations` - 1 more fails with STORAGE_FAILED and the machine lives on: of what it wrote anything from nothing to all is
  // there, unsynced. 0 turns it off.
  void FailAfter(uint64_t operations);
  uint64_t operations() const;
  // Test-only lie: syncs return OK without syncing. Tests show that the crash tests notice.
  void set_ignore_syncs(bool ignore);
  // Flips one bit of a stored value of a store, or of a file; for damage tests. False when there is nothing there.
  bool FlipBit(std::string_view name, uint64_t which);
  // Spoils one stored value of a store as a disk does, under a store that keeps checksums: who reads it is told DATA_LOSS, until it is written
  // again or the store is destroyed. False when there is nothing there.
  bool Spoil(std::string_view name, uint64_t which);
  // What was spoiled in a store can be read again: its disk was replaced by a good copy.
  void Mend(std::string_view name);
  // What FreeBytes says from now on, and what a write may not exceed (STORAGE_FAILED, nothing written); without it there is always room.
  void set_free_bytes(uint64_t bytes);
  // Removes the last record of a store: a cut exactly on a record boundary.
  bool DropLast(std::string_view name);
  // Undoes the newest DropLast of a store.
  void PutBack(std::string_view name);

 private:
  friend class SimulatedDisk;
  friend class SimulatedStore;
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace anju::storage
