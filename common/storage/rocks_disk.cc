// The real disk: one RocksDB per store and POSIX files, in one locked directory; and the same for readers that change nothing.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "common/faults/faults.h"
#include "common/faults/faults.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/storage/posix.h"
#include "common/storage/rocks.h"
#include "common/storage/storage.h"

namespace anju::storage {
namespace {

namespace fs = std::filesystem;
constexpr const char* kRemovedSuffix = ".removed";

absl::StatusOr<std::optional<std::string>> ReadWholeFile(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT) return std::optional<std::string>();
    return SystemError("open", path, errno);
  }
  std::string bytes;
  char buffer[4096];
  while (true) {
    ssize_t got = ::read(file.get(), buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError("read", path, errno);
    if (got == 0) return std::optional<std::string>(std::move(bytes));
    bytes.append(buffer, static_cast<size_t>(got));
  }
}

std::string Join(const std::string& directory, std::string_view name) { return name.empty() ? directory : directory + "/" + std::string(name); }

class RocksDisk final : public Disk {
 public:
  RocksDisk(std::string path, Descriptor lock, RocksSettings settings)
      : path_(std::move(path)), lock_(std::move(lock)), settings_(settings) {}

  absl::StatusOr<std::unique_ptr<Store>> OpenStore(std::string_view name, StoreKind kind) override {
    const std::string path = PathOf(name);
    const bool existed = ::access(path.c_str(), F_OK) == 0;
    ASSIGN_OR_RETURN(std::unique_ptr<Store> store, OpenRocksStore(path, kind, settings_));
    if (!existed) RETURN_IF_ERROR(SyncDirectory(path_));
    return store;
  }

  absl::StatusOr<std::unique_ptr<Store>> OpenStoreReadOnly(std::string_view name) override {
    return OpenRocksStoreReadOnly(PathOf(name), /*salvage=*/false, settings_);
  }

  // Renames first: a half-removed store must never be opened as one.
  absl::Status DestroyStore(std::string_view name) override {
    const std::string path = PathOf(name);
    const std::string removed = path + kRemovedSuffix;
    RETURN_IF_ERROR(RemoveTree(removed));
    if (::rename(path.c_str(), removed.c_str()) != 0) {
      return errno == ENOENT ? absl::OkStatus() : SystemError("rename", path, errno);
    }
    RETURN_IF_ERROR(SyncDirectory(path_));
    return RemoveTree(removed);
  }

  absl::StatusOr<std::optional<std::string>> ReadFile(std::string_view name) override { return ReadWholeFile(PathOf(name)); }

  absl::Status WriteFileSynced(std::string_view name, uint64_t offset, std::string_view bytes) override {
    const std::string path = PathOf(name);
    bool created = false;
    int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
      fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
      created = true;
    }
    Descriptor file(fd);
    if (file.get() < 0) return SystemError("open", path, errno);
    size_t done = 0;
    while (done < bytes.size()) {
      ssize_t wrote = ::pwrite(file.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return SystemError("write", path, errno);
      done += static_cast<size_t>(wrote);
    }
    if (!faults::IsDisabled(faults::Protection::kSync) && ::fdatasync(file.get()) != 0) return SystemError("fdatasync", path, errno);
    return created ? SyncDirectory(path_) : absl::OkStatus();
  }

  absl::StatusOr<uint64_t> FreeBytes() override { return FreeBytesOf(path_); }
  std::string PathOf(std::string_view name) const override { return Join(path_, name); }

 private:
  const std::string path_;
  Descriptor lock_;
  const RocksSettings settings_;
};

class ReadOnlyDisk final : public Disk {
 public:
  ReadOnlyDisk(std::string path, Descriptor lock, bool salvage) : path_(std::move(path)), lock_(std::move(lock)), salvage_(salvage) {}

  absl::StatusOr<std::unique_ptr<Store>> OpenStore(std::string_view name, StoreKind) override { return OpenStoreReadOnly(name); }
  absl::StatusOr<std::unique_ptr<Store>> OpenStoreReadOnly(std::string_view name) override {
    return OpenRocksStoreReadOnly(PathOf(name), salvage_, {});
  }
  absl::Status DestroyStore(std::string_view name) override { return Refuse(name); }
  absl::StatusOr<std::optional<std::string>> ReadFile(std::string_view name) override { return ReadWholeFile(PathOf(name)); }
  absl::Status WriteFileSynced(std::string_view name, uint64_t, std::string_view) override { return Refuse(name); }
  absl::StatusOr<uint64_t> FreeBytes() override { return FreeBytesOf(path_); }
  std::string PathOf(std::string_view name) const override { return Join(path_, name); }

 private:
  absl::Status Refuse(std::string_view name) const {
    return MakeError(Reason::STORAGE_FAILED, "", name, PathOf(name) + ": the directory is open for reading only");
  }

  const std::string path_;
  Descriptor lock_;
  const bool salvage_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Disk>> OpenRocksDisk(const std::string& path) { return OpenRocksDiskWith(path, {}); }

absl::StatusOr<std::unique_ptr<Disk>> OpenRocksDiskWith(const std::string& path, const RocksSettings& settings) {
  std::string normal = NormalPath(path);
  RETURN_IF_ERROR(CreateDirectories(normal));
  ASSIGN_OR_RETURN(Descriptor lock, LockDirectory(normal, Hold::kWrite));
  return std::unique_ptr<Disk>(std::make_unique<RocksDisk>(std::move(normal), std::move(lock), settings));
}

absl::StatusOr<std::unique_ptr<Disk>> OpenRocksDiskReadOnly(const std::string& path, bool salvage) {
  std::string normal = NormalPath(path);
  std::error_code error;
  if (!fs::is_directory(normal, error)) return MakeError(Reason::FILE_NOT_FOUND, "", normal, "there is no directory " + normal);
  ASSIGN_OR_RETURN(Descriptor lock, LockDirectory(normal, Hold::kRead));
  return std::unique_ptr<Disk>(std::make_unique<ReadOnlyDisk>(std::move(normal), std::move(lock), salvage));
}

}  // namespace anju::storage
