// The room that is kept free: whoever writes asks here first, so that a disk is found full before a write fails, and found roomy again without a
// restart.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "common/storage/storage.h"
#include "common/thread/mutex.h"
#include "common/time/date.h"

namespace anju::storage {

inline constexpr uint64_t kReserveBytes = 256ull << 20;
inline constexpr uint64_t kReserveBytesMin = 16ull << 20;  // less would not hold what a service writes to start again
inline constexpr uint64_t kReserveBytesMax = 1ull << 50;
inline constexpr int64_t kReserveLookUs = 200'000;          // how long an answer of the disk is believed,
inline constexpr uint64_t kReserveLookBytes = 8ull << 20;   // and for how many bytes written

// Safe for concurrent use. `disk` and `clock` must outlive it.
class Reserve {
 public:
  Reserve(Disk& disk, Clock& clock, uint64_t bytes) : disk_(disk), clock_(clock), bytes_(bytes) {}
  // DISK_FULL, naming the directory and both numbers, while less than the reserve is free. A disk that cannot tell counts as roomy: a write will.
  absl::Status Check();
  bool IsLow() { return !Check().ok(); }
  // So much was written since the last call.
  void NoteWritten(uint64_t bytes);

 private:
  Disk& disk_;
  Clock& clock_;
  const uint64_t bytes_;
  Mutex mutex_;
  bool looked_ GUARDED_BY(mutex_) = false;
  int64_t looked_us_ GUARDED_BY(mutex_) = 0;
  uint64_t written_ GUARDED_BY(mutex_) = 0;  // since then
  absl::Status found_ GUARDED_BY(mutex_);
};

}  // namespace anju::storage
