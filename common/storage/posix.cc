// Descriptors, directories, locks.
#include "common/storage/posix.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/storage/storage.h"

namespace anju::storage {
namespace {

namespace fs = std::filesystem;
constexpr const char* kLockName = "lock";

}  // namespace

absl::Status SystemError(std::string_view operation, const std::string& path, int error) {
  return MakeError(Reason::STORAGE_FAILED, "", path,
                   std::string(operation) + " " + path + ": " + std::generic_category().message(error));
}

void EndProcess(std::string_view what, const absl::Status& status) {
  std::string line = std::string(what) + " cannot be written, the service stops and has to be started again: " + std::string(status.message());
  for (char& c : line) {
    if (c == '\n') c = ' ';
  }
  std::fprintf(stderr, "%s\n", line.c_str());
  ::_exit(kExitDiskFailed);
}

Descriptor::Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

std::string NormalPath(const std::string& path) {
  std::string normal = fs::path(path).lexically_normal().string();
  while (normal.size() > 1 && normal.back() == '/') normal.pop_back();
  return normal;
}

absl::Status CreateDirectories(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return absl::OkStatus();
  const std::string parent = fs::path(path).parent_path().string();
  if (!parent.empty() && parent != path) RETURN_IF_ERROR(CreateDirectories(parent));
  if (::mkdir(path.c_str(), 0750) != 0 && errno != EEXIST) return SystemError("mkdir", path, errno);
  return SyncDirectory(parent.empty() ? "." : parent);
}

absl::Status SyncDirectory(const std::string& path) {
  Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0) return SystemError("open", path, errno);
  if (::fsync(directory.get()) != 0) return SystemError("fsync", path, errno);
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> FreeBytesOf(const std::string& path) {
  struct statvfs space {};
  if (::statvfs(path.c_str(), &space) != 0) return SystemError("statvfs", path, errno);
  return static_cast<uint64_t>(space.f_bavail) * space.f_frsize;
}

absl::StatusOr<Descriptor> LockDirectory(const std::string& path, Hold hold) {
  const std::string lock_path = path + "/" + kLockName;
  const bool writes = hold == Hold::kWrite;
  int fd = ::open(lock_path.c_str(), writes ? O_RDWR | O_CREAT | O_CLOEXEC : O_RDONLY | O_CLOEXEC, 0640);
  if (fd < 0 && errno == ENOENT && !writes) fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return SystemError("open", lock_path, errno);
  Descriptor lock(fd);
  if (::flock(lock.get(), (writes ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return MakeError(Reason::DIRECTORY_IN_USE, "", path, "another process has the data directory " + path + " open");
    }
    return SystemError("flock", lock_path, errno);
  }
  return lock;
}

}  // namespace anju::storage
