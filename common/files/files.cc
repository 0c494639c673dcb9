// POSIX calls in the order that survives a power failure.
#include "common/files/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::files {
namespace {

namespace fs = std::filesystem;

std::string ParentOf(const std::string& path) {
  const std::string parent = fs::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

absl::Status FileError(std::string_view operation, const std::string& path, int error) {
  return MakeError(Reason::STORAGE_FAILED, "path", path, std::string(operation) + " " + path + ": " + std::generic_category().message(error));
}

absl::StatusOr<std::optional<std::string>> ReadWhole(const std::string& path, size_t bytes_max) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<std::string>();
    return FileError("open", path, errno);
  }
  std::string bytes;
  char buffer[16'384];
  while (true) {
    ASSIGN_OR_RETURN(const size_t got, ReadSome(file, buffer, sizeof(buffer), path));
    if (got == 0) return std::optional<std::string>(std::move(bytes));
    bytes.append(buffer, got);
    if (bytes.size() > bytes_max) return MakeError(Reason::DATA_LOSS, "path", path, "the file is longer than it can be");
  }
}

absl::StatusOr<size_t> ReadSome(const Descriptor& file, char* bytes, size_t size, const std::string& path) {
  ssize_t got = ::read(file.get(), bytes, size);
  while (got < 0 && errno == EINTR) got = ::read(file.get(), bytes, size);
  if (got < 0) return FileError("read", path, errno);
  return static_cast<size_t>(got);
}

absl::Status WriteAll(const Descriptor& file, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(file.get(), bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return FileError("write", path, errno);
    bytes.remove_prefix(static_cast<size_t>(wrote));
  }
  return absl::OkStatus();
}

absl::Status ReplaceFile(const std::string& path, std::string_view bytes) {
  const std::string part = path + ".part";
  Descriptor file(::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
  if (file.get() < 0) return FileError("open", part, errno);
  RETURN_IF_ERROR(WriteAll(file, bytes, part));
  if (::fsync(file.get()) != 0) return FileError("fsync", part, errno);
  if (::rename(part.c_str(), path.c_str()) != 0) return FileError("rename", path, errno);
  return SyncDirectory(ParentOf(path));
}

absl::Status SyncDirectory(const std::string& path) {
  Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0) return FileError("open", path, errno);
  if (::fsync(directory.get()) != 0) return FileError("fsync", path, errno);
  return absl::OkStatus();
}

absl::Status CreateDirectories(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return absl::OkStatus();
  const std::string parent = ParentOf(path);
  if (parent != path) RETURN_IF_ERROR(CreateDirectories(parent));
  if (::mkdir(path.c_str(), 0750) != 0 && errno != EEXIST) return FileError("mkdir", path, errno);
  if (!fs::is_directory(path, error)) return FileError("mkdir", path, error ? error.value() : ENOTDIR);
  return SyncDirectory(parent);
}

absl::Status RenameDirectory(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR) return MakeError(Reason::NOT_EMPTY, "path", to, "something came into the directory meanwhile");
    return FileError("rename", to, errno);
  }
  return SyncDirectory(ParentOf(to));
}

absl::Status RemoveTree(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return FileError("remove", path, error.value());
  return absl::OkStatus();
}

absl::StatusOr<bool> IsEmptyOrMissing(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path, error);
  if (status.type() == fs::file_type::not_found) return true;
  if (error) return FileError("stat", path, error.value());
  if (!fs::is_directory(fs::status(path, error))) return false;
  const bool empty = fs::is_empty(path, error);
  if (error) return FileError("read", path, error.value());
  return empty;
}

absl::StatusOr<Descriptor> TakeLock(const std::string& path, std::string_view who) {
  std::error_code ignored;
  const bool is_directory = fs::is_directory(path, ignored);
  Descriptor lock(::open(path.c_str(), is_directory ? O_RDONLY | O_DIRECTORY | O_CLOEXEC : O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (lock.get() < 0) return FileError("open", path, errno);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return MakeError(Reason::DIRECTORY_IN_USE, "path", path, std::string(who) + " has " + path);
    return FileError("flock", path, errno);
  }
  return lock;
}

}  // namespace anju::files
