// The storage seam: ordered byte stores and small synced files in one directory. Real (RocksDB) and simulated (tests that crash).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace anju::storage {

// Puts and deletes applied together. Later operations on a key win.
class Batch {
 public:
  struct Operation {
    std::string key;
    std::optional<std::string> value;  // nullopt deletes
  };
  void Put(std::string_view key, std::string_view value) { operations_.push_back({std::string(key), std::string(value)}); bytes_ += key.size() + value.size(); }
  void Delete(std::string_view key) { operations_.push_back({std::string(key), std::nullopt}); bytes_ += key.size(); }
  // Appends to the value of the last operation if that puts `key`; false (and nothing done) otherwise. For rows that grow in
  // small pieces while their block is open.
  bool ExtendLast(std::string_view key, std::string_view more) {
    if (operations_.empty() || !operations_.back().value || operations_.back().key != key) return false;
    operations_.back().value->append(more);
    bytes_ += more.size();
    return true;
  }
  void Append(Batch&& other);
  // Sorts by key and keeps only the last operation on each: the same effect, and much cheaper to write when there are many.
  void Sort();
  void Clear() { operations_.clear(); bytes_ = 0; }
  bool empty() const { return operations_.empty(); }
  size_t size() const { return operations_.size(); }
  size_t bytes() const { return bytes_; }
  const std::vector<Operation>& operations() const { return operations_; }

 private:
  std::vector<Operation> operations_;
  size_t bytes_ = 0;
};

// Walks keys upwards from a bound. Sees the store as it was when the cursor was made. Not thread-safe.
class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual void Seek(std::string_view key) = 0;        // first key ≥ `key`
  virtual void SeekForPrev(std::string_view key) = 0; // last key ≤ `key`
  virtual void SeekToLast() = 0;
  virtual bool Valid() const = 0;
  virtual void Next() = 0;
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
  virtual absl::Status status() const = 0;  // check after the walk
};

// What a store promises about writes.
enum class StoreKind {
  kJournal,  // every Write is on stable storage when it returns (WAL, fsync)
  kState,    // writes are durable only after Flush; a crash keeps a prefix of the batches, each whole
};

// With what a process ends after a write of unknown outcome: whoever started it starts it again, and recovery finds out what is there.
inline constexpr int kExitDiskFailed = 74;
// Says so on stderr, in one line: what could not be written, the file and the system's word for it.
[[noreturn]] void EndProcess(std::string_view what, const absl::Status& status);

// One ordered byte store. Reads are safe from any thread; Write and Flush from one thread at a time.
// A failed Write or Flush leaves the outcome unknown: the caller must stop using the store (crash-only).
class Store {
 public:
  virtual ~Store() = default;
  virtual absl::StatusOr<std::optional<std::string>> Get(std::string_view key) = 0;
  virtual absl::Status Write(const Batch& batch) = 0;
  virtual absl::Status Flush() = 0;
  virtual std::unique_ptr<Cursor> NewCursor() = 0;
  // The largest key of each file that holds rows, ascending; what lies behind the last is only in the log so far. Where a file is lost, rows are
  // missing behind one of these keys. None where nothing is known.
  virtual std::vector<std::string> FileEnds() { return {}; }
};

// A directory of stores and small files, held by one process (DIRECTORY_IN_USE).
class Disk {
 public:
  virtual ~Disk() = default;
  // Opens or creates. `name` is a plain file name, e.g. "journal".
  virtual absl::StatusOr<std::unique_ptr<Store>> OpenStore(std::string_view name, StoreKind kind) = 0;
  // Opens an existing store and changes no byte of it; its writes are refused. FILE_NOT_FOUND when there is none. Not while it is open otherwise.
  virtual absl::StatusOr<std::unique_ptr<Store>> OpenStoreReadOnly(std::string_view name) = 0;
  // Deletes a store that is not open. Missing is fine.
  virtual absl::Status DestroyStore(std::string_view name) = 0;
  // nullopt when the file does not exist.
  virtual absl::StatusOr<std::optional<std::string>> ReadFile(std::string_view name) = 0;
  // Overwrites `bytes.size()` bytes at `offset` in place and syncs before it returns; creates the file.
  virtual absl::Status WriteFileSynced(std::string_view name, uint64_t offset, std::string_view bytes) = 0;
  // What may still be written here before the disk is full.
  virtual absl::StatusOr<uint64_t> FreeBytes() = 0;
  // Where `name` lies, for messages; "" gives the directory itself.
  virtual std::string PathOf(std::string_view name) const = 0;
};

// The real one: RocksDB and POSIX files under `path` (created, with parents). Takes a lock file for the life of the Disk.
absl::StatusOr<std::unique_ptr<Disk>> OpenRocksDisk(const std::string& path);

// The same directory for auditors: nothing on the disk is changed, not even a log is written; stores and files are only read. Any number of readers
// at once, but DIRECTORY_IN_USE while a service holds it. FILE_NOT_FOUND naming the directory or the store that is not there. `salvage`
// reads past damage (damaged records of a write-ahead log are left out, checksums are not compared), so that the reader sees which record
// is wrong; without it damage is DATA_LOSS.
absl::StatusOr<std::unique_ptr<Disk>> OpenRocksDiskReadOnly(const std::string& path, bool salvage);

}  // namespace anju::storage
