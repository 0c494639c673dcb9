// What a machine would forget: the unsynced ends of files and the unsynced changes of directories. The memory behind FaultMedium.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <rocksdb/io_status.h>

#include "common/storage/fault_medium.h"
#include "common/thread/mutex.h"

namespace anju::storage {

// Safe for concurrent use. Paths are absolute.
class FaultMemory {
 public:
  FaultMemory(std::string directory, uint64_t seed);

  // ---- Faults ----
  void FailAt(uint64_t nth, DiskFault fault);
  std::string failed_at() const;
  uint64_t operations() const;
  // Counts one operation; not OK when it has to fail.
  rocksdb::IOStatus Begin(const char* operation, const std::string& path);

  // ---- What was done. Call after it was. ----
  void Created(const std::string& path);                                  // a new, empty file
  void Grown(const std::string& path, uint64_t size);                     // by appending
  void Synced(const std::string& path);
  void DirectorySynced(const std::string& directory);
  // ---- Before it is done: keeps what would come back. ----
  void BeforeOverwrite(const std::string& path);                          // in place
  rocksdb::IOStatus Rename(const std::string& from, const std::string& to);
  rocksdb::IOStatus Delete(const std::string& path);

  void LosePower();

 private:
  struct File {
    uint64_t size = 0, synced = 0;         // of one that is appended to
    std::optional<std::string> synced_bytes;  // of one that is overwritten, while it has unsynced bytes
  };
  struct Change {
    enum class Kind { kCreate, kRename, kDelete } kind;
    std::string path, to;
    std::string grave;  // where what was deleted or replaced lies; empty if nothing was
  };
  std::string NewGrave() REQUIRES(mutex_);
  void Undo(const Change& change) REQUIRES(mutex_);
  void MoveFile(const std::string& from, const std::string& to) REQUIRES(mutex_);

  const std::string graves_;  // a directory beside the one that is watched
  mutable Mutex mutex_;
  std::mt19937_64 random_ GUARDED_BY(mutex_);
  uint64_t operations_ GUARDED_BY(mutex_) = 0, nth_ GUARDED_BY(mutex_) = 0, buried_ GUARDED_BY(mutex_) = 0;
  DiskFault fault_ GUARDED_BY(mutex_) = DiskFault::kErrorOnce;
  bool dead_ GUARDED_BY(mutex_) = false;
  std::string failed_at_ GUARDED_BY(mutex_);
  std::map<std::string, File> files_ GUARDED_BY(mutex_);                   // those that are not wholly synced
  std::map<std::string, std::vector<Change>> changes_ GUARDED_BY(mutex_);  // by directory, oldest first
};

}  // namespace anju::storage
