// A disk of which one call fails, whatever is behind it: opening, reading, writing, flushing a store, each step of a cursor, reading and writing files.
// Beside fault_medium.h (which fails below RocksDB) for reaching every call that a piece of code makes, one after the other. For tests.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "common/status/status.h"
#include "common/storage/storage.h"

namespace anju::storage {

// What fails, and what was called. One thread at a time.
struct FaultCalls {
  uint64_t nth = 0;  // from 1; 0: none fails
  Reason reason = Reason::STORAGE_FAILED;
  uint64_t calls = 0;
  std::string failed;  // e.g. "next journal"; empty while nothing has
  // OK, or what the call has to say.
  absl::Status Begin(const char* operation, std::string_view name);
};

// `target` seen through the fault. A cursor whose step fails is not valid and says why until it seeks again. Both must outlive it.
std::unique_ptr<Disk> DiskWithFault(Disk& target, FaultCalls& calls);

// Runs `work` again and again, each time on the disk that `boot` gives, while its first, second, … call fails, until one run makes no more calls.
// Hands each outcome to `judge` with the name of the call that failed; of the last run, in which none did, with an empty one. How many calls failed.
uint64_t FailEachCall(Reason reason, const std::function<std::unique_ptr<Disk>()>& boot, const std::function<absl::Status(Disk&)>& work,
                      const std::function<void(const std::string& failed, const absl::Status&)>& judge);

}  // namespace anju::storage
