// Names, room, locks.
#include "common/storage/posix.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/storage/storage.h"

namespace anju::storage {
namespace {

namespace fs = std::filesystem;
constexpr const char* kLockName = "lock";

}  // namespace

void EndProcess(std::string_view what, const absl::Status& status) {
  std::string line = std::string(what) + " cannot be written, the service stops and has to be started again: " + std::string(status.message());
  for (char& c : line) {
    if (c == '\n') c = ' ';
  }
  std::fprintf(stderr, "%s\n", line.c_str());
  ::_exit(kExitDiskFailed);
}

std::string NormalPath(const std::string& path) {
  std::string normal = fs::path(path).lexically_normal().string();
  while (normal.size() > 1 && normal.back() == '/') normal.pop_back();
  return normal;
}

absl::StatusOr<uint64_t> FreeBytesOf(const std::string& path) {
  struct statvfs space {};
  if (::statvfs(path.c_str(), &space) != 0) return files::FileError("statvfs", path, errno);
  return static_cast<uint64_t>(space.f_bavail) * space.f_frsize;
}

absl::StatusOr<files::Descriptor> LockDirectory(const std::string& path, Hold hold) {
  const std::string lock_path = path + "/" + kLockName;
  const bool writes = hold == Hold::kWrite;
  int fd = ::open(lock_path.c_str(), writes ? O_RDWR | O_CREAT | O_CLOEXEC : O_RDONLY | O_CLOEXEC, 0640);
  if (fd < 0 && errno == ENOENT && !writes) fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return files::FileError("open", lock_path, errno);
  files::Descriptor lock(fd);
  if (::flock(lock.get(), (writes ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return MakeError(Reason::DIRECTORY_IN_USE, "", path, "another process has the data directory " + path + " open");
    }
    return files::FileError("flock", lock_path, errno);
  }
  return lock;
}

}  // namespace anju::storage
