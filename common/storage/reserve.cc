// Looking at the free space of a disk now and then.
#include "common/storage/reserve.h"

#include <string>

#include "common/status/status.h"

namespace anju::storage {

absl::Status Reserve::Check() {
  const int64_t now_us = clock_.NowMicros();
  const MutexLock lock(mutex_);
  // A clock that was set back does not make an old answer last.
  const bool fresh = looked_ && now_us >= looked_us_ && now_us - looked_us_ < kReserveLookUs && written_ < kReserveLookBytes;
  if (fresh) return found_;
  looked_ = true;
  looked_us_ = now_us;
  written_ = 0;
  const absl::StatusOr<uint64_t> free = disk_.FreeBytes();
  found_ = absl::OkStatus();
  if (free.ok() && *free < bytes_) {
    const std::string directory = disk_.PathOf("");
    found_ = MakeError(Reason::DISK_FULL, "", directory,
                       "the disk of " + directory + " has " + std::to_string(*free >> 20) + " MiB left, less than the reserve of " +
                           std::to_string(bytes_ >> 20) + " MiB: nothing is recorded until there is more room");
  }
  return found_;
}

void Reserve::NoteWritten(uint64_t bytes) {
  const MutexLock lock(mutex_);
  written_ += bytes;
}

}  // namespace anju::storage
