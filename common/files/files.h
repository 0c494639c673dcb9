// Files that must be whole or not there: synced writes, atomic replacement, directory syncs, one writer at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace anju::files {

// An open file; closed with it.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  int get() const { return fd_; }

 private:
  int fd_;
};

// STORAGE_FAILED with field "path" and what the system says of `error`, naming the file: "write DIR/witness: No space left on device".
absl::Status FileError(std::string_view operation, const std::string& path, int error);

// The whole file; nullopt when there is none. DATA_LOSS when it is longer than `bytes_max`.
absl::StatusOr<std::optional<std::string>> ReadWhole(const std::string& path, size_t bytes_max);
// What comes next in the file, at most `size` bytes; 0 at its end.
absl::StatusOr<size_t> ReadSome(const Descriptor& file, char* bytes, size_t size, const std::string& path);
// All of `bytes` at the file's offset.
absl::Status WriteAll(const Descriptor& file, std::string_view bytes, const std::string& path);
// A reader sees the old file or the new one, whatever happens: PATH.part, sync, rename, sync of the directory.
absl::Status ReplaceFile(const std::string& path, std::string_view bytes);
// What was created, renamed or removed in it stays so.
absl::Status SyncDirectory(const std::string& path);
// With all its parents; what is there is fine. Each new name is synced.
absl::Status CreateDirectories(const std::string& path);
// Renames and syncs the directory of both. NOT_EMPTY when something stands there that is not an empty directory.
absl::Status RenameDirectory(const std::string& from, const std::string& to);
absl::Status RemoveTree(const std::string& path);
// Missing and empty directories count as empty; what is no directory does not.
absl::StatusOr<bool> IsEmptyOrMissing(const std::string& path);

// Holds `path` (a directory, or a file that is created) for this process until it is closed; the lock goes with the process. DIRECTORY_IN_USE with
// `who` in its sentence when somebody has it.
absl::StatusOr<Descriptor> TakeLock(const std::string& path, std::string_view who);

}  // namespace anju::files
