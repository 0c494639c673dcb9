// What both disks of files share: descriptors, directories, errors of the system that name the file.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace anju::storage {

// STORAGE_FAILED: "write DIR/witness: No space left on device".
absl::Status SystemError(std::string_view operation, const std::string& path, int error);

// Closes a descriptor at the end of a scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor();
  int get() const { return fd_; }

 private:
  int fd_;
};

// Without "." and "..", doubled and trailing slashes.
std::string NormalPath(const std::string& path);
// Creates missing directories and syncs the parent of each, so that a power failure does not take the new tree away.
absl::Status CreateDirectories(const std::string& path);
absl::Status SyncDirectory(const std::string& path);
// What an ordinary process may still write there.
absl::StatusOr<uint64_t> FreeBytesOf(const std::string& path);

// Who holds a data directory: the one process that writes, or any number that only read.
enum class Hold { kWrite, kRead };
// Takes the lock file of the data directory `path` for as long as the descriptor lives; DIRECTORY_IN_USE. A reader creates nothing: where
// there is no lock file, nobody has ever written there, and it gets a descriptor of the directory itself.
absl::StatusOr<Descriptor> LockDirectory(const std::string& path, Hold hold);

}  // namespace anju::storage
