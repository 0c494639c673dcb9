// A real directory under real RocksDB whose input and output can be made to fail: at the Nth operation once, from then on, or as when the power
// goes, which forgets what was not synced. For tests.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/storage/storage.h"

namespace anju::storage {

enum class DiskFault {
  kErrorOnce,     // one operation fails; a write that fails has written half
  kErrorForEver,  // and everything after it
  kPowerFailure,  // the same for the process; LosePower then takes away what was not synced
};

// Survives "machines", one at a time. Opens, reads, writes, syncs, closes, renames, truncations, deletions and listings count, of stores and of files
// (the witness) alike. Safe for concurrent use while a disk is open.
class FaultMedium {
 public:
  // What is in `directory` counts as synced.
  FaultMedium(const std::string& directory, uint64_t seed);
  ~FaultMedium();
  // The directory as a disk, with buffers so small that a short load flushes and compacts. REQUIRES: the disk before it is gone.
  absl::StatusOr<std::unique_ptr<Disk>> Boot();
  // The `nth` operation from now on fails (from 1); 0: none does.
  void FailAt(uint64_t nth, DiskFault fault);
  // What failed first since FailAt, e.g. "sync DIR/journal/000004.log"; empty while nothing has.
  std::string failed_at() const;
  // Operations since FailAt.
  uint64_t operations() const;
  // Of what was not synced, each file keeps some beginning and each directory the first of its changes. REQUIRES: no disk is open.
  void LosePower();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace anju::storage
