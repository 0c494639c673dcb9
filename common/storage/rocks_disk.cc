// The real disk: one RocksDB per store and POSIX files, in one locked directory; and the same for readers that change nothing.
#include <unistd.h>

#include <filesystem>
#include <utility>
#include <vector>

#include <rocksdb/file_system.h>

#include "common/faults/faults.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/storage/posix.h"
#include "common/storage/rocks.h"
#include "common/storage/storage.h"

namespace anju::storage {
namespace {
constexpr uint64_t kStartBytesMin = 4ull << 20;  // with less room than this nothing is opened to write

namespace fs = std::filesystem;
constexpr const char* kRemovedSuffix = ".removed";

constexpr size_t kReadBytes = 4096;

absl::StatusOr<std::optional<std::string>> ReadWholeFile(rocksdb::FileSystem& files, const std::string& path) {
  std::unique_ptr<rocksdb::FSSequentialFile> file;
  const rocksdb::IOStatus opened = files.NewSequentialFile(path, rocksdb::FileOptions(), &file, nullptr);
  if (opened.IsNotFound() || opened.IsPathNotFound()) return std::optional<std::string>();
  RETURN_IF_ERROR(FromRocks(opened, path));
  std::string bytes;
  char buffer[kReadBytes];
  while (true) {
    rocksdb::Slice got;
    RETURN_IF_ERROR(FromRocks(file->Read(sizeof(buffer), rocksdb::IOOptions(), &got, buffer, nullptr), path));
    if (got.empty()) return std::optional<std::string>(std::move(bytes));
    bytes.append(got.data(), got.size());
  }
}

absl::Status SyncDirectory(rocksdb::FileSystem& files, const std::string& path) {
  std::unique_ptr<rocksdb::FSDirectory> directory;
  RETURN_IF_ERROR(FromRocks(files.NewDirectory(path, rocksdb::IOOptions(), &directory, nullptr), path));
  return FromRocks(directory->Fsync(rocksdb::IOOptions(), nullptr), path);
}

// A store's directory; missing is fine.
absl::Status RemoveDirectory(rocksdb::FileSystem& files, const std::string& path) {
  std::vector<std::string> names;
  const rocksdb::IOStatus listed = files.GetChildren(path, rocksdb::IOOptions(), &names, nullptr);
  if (listed.IsNotFound() || listed.IsPathNotFound()) return absl::OkStatus();
  RETURN_IF_ERROR(FromRocks(listed, path));
  for (const std::string& name : names) {
    if (name == "." || name == "..") continue;
    RETURN_IF_ERROR(FromRocks(files.DeleteFile(path + "/" + name, rocksdb::IOOptions(), nullptr), path));
  }
  return FromRocks(files.DeleteDir(path, rocksdb::IOOptions(), nullptr), path);
}

std::string Join(const std::string& directory, std::string_view name) { return name.empty() ? directory : directory + "/" + std::string(name); }

class RocksDisk final : public Disk {
 public:
  RocksDisk(std::string path, files::Descriptor lock, RocksSettings settings)
      : path_(std::move(path)), lock_(std::move(lock)), settings_(settings),
        files_((settings.env != nullptr ? settings.env : rocksdb::Env::Default())->GetFileSystem()) {}

  absl::StatusOr<std::unique_ptr<Store>> OpenStore(std::string_view name, StoreKind kind) override {
    const std::string path = PathOf(name);
    const bool existed = ::access(path.c_str(), F_OK) == 0;
    ASSIGN_OR_RETURN(std::unique_ptr<Store> store, OpenRocksStore(path, kind, settings_));
    if (!existed) RETURN_IF_ERROR(SyncDirectory(*files_, path_));
    return store;
  }

  absl::StatusOr<std::unique_ptr<Store>> OpenStoreReadOnly(std::string_view name) override {
    return OpenRocksStoreReadOnly(PathOf(name), /*salvage=*/false, settings_);
  }

  // Renames first: a half-removed store must never be opened as one.
  absl::Status DestroyStore(std::string_view name) override {
    const std::string path = PathOf(name);
    const std::string removed = path + kRemovedSuffix;
    RETURN_IF_ERROR(RemoveDirectory(*files_, removed));
    const rocksdb::IOStatus renamed = files_->RenameFile(path, removed, rocksdb::IOOptions(), nullptr);
    if (renamed.IsNotFound() || renamed.IsPathNotFound()) return absl::OkStatus();
    RETURN_IF_ERROR(FromRocks(renamed, path));
    RETURN_IF_ERROR(SyncDirectory(*files_, path_));
    return RemoveDirectory(*files_, removed);
  }

  absl::StatusOr<std::optional<std::string>> ReadFile(std::string_view name) override { return ReadWholeFile(*files_, PathOf(name)); }

  absl::Status WriteFileSynced(std::string_view name, uint64_t offset, std::string_view bytes) override {
    const std::string path = PathOf(name);
    std::unique_ptr<rocksdb::FSRandomRWFile> file;
    rocksdb::IOStatus opened = files_->NewRandomRWFile(path, rocksdb::FileOptions(), &file, nullptr);
    const bool is_new = opened.IsNotFound() || opened.IsPathNotFound();
    if (is_new) {
      std::unique_ptr<rocksdb::FSWritableFile> created;
      RETURN_IF_ERROR(FromRocks(files_->NewWritableFile(path, rocksdb::FileOptions(), &created, nullptr), path));
      RETURN_IF_ERROR(FromRocks(created->Close(rocksdb::IOOptions(), nullptr), path));
      opened = files_->NewRandomRWFile(path, rocksdb::FileOptions(), &file, nullptr);
    }
    RETURN_IF_ERROR(FromRocks(opened, path));
    RETURN_IF_ERROR(FromRocks(file->Write(offset, {bytes.data(), bytes.size()}, rocksdb::IOOptions(), nullptr), path));
    if (faults::IsDisabled(faults::Protection::kSync)) return absl::OkStatus();
    RETURN_IF_ERROR(FromRocks(file->Sync(rocksdb::IOOptions(), nullptr), path));
    return is_new ? SyncDirectory(*files_, path_) : absl::OkStatus();
  }

  absl::StatusOr<uint64_t> FreeBytes() override { return FreeBytesOf(path_); }
  std::string PathOf(std::string_view name) const override { return Join(path_, name); }

 private:
  const std::string path_;
  files::Descriptor lock_;
  const RocksSettings settings_;
  const std::shared_ptr<rocksdb::FileSystem> files_;
};

class ReadOnlyDisk final : public Disk {
 public:
  ReadOnlyDisk(std::string path, files::Descriptor lock, bool salvage) : path_(std::move(path)), lock_(std::move(lock)), salvage_(salvage) {}

  absl::StatusOr<std::unique_ptr<Store>> OpenStore(std::string_view name, StoreKind) override { return OpenStoreReadOnly(name); }
  absl::StatusOr<std::unique_ptr<Store>> OpenStoreReadOnly(std::string_view name) override {
    return OpenRocksStoreReadOnly(PathOf(name), salvage_, {});
  }
  absl::Status DestroyStore(std::string_view name) override { return Refuse(name); }
  absl::StatusOr<std::optional<std::string>> ReadFile(std::string_view name) override { return ReadWholeFile(*rocksdb::FileSystem::Default(), PathOf(name)); }
  absl::Status WriteFileSynced(std::string_view name, uint64_t, std::string_view) override { return Refuse(name); }
  absl::StatusOr<uint64_t> FreeBytes() override { return FreeBytesOf(path_); }
  std::string PathOf(std::string_view name) const override { return Join(path_, name); }

 private:
  absl::Status Refuse(std::string_view name) const {
    return MakeError(Reason::STORAGE_FAILED, "", name, PathOf(name) + ": the directory is open for reading only");
  }

  const std::string path_;
  files::Descriptor lock_;
  const bool salvage_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Disk>> OpenRocksDisk(const std::string& path) { return OpenRocksDiskWith(path, {}); }

absl::StatusOr<std::unique_ptr<Disk>> OpenRocksDiskWith(const std::string& path, const RocksSettings& settings) {
  std::string normal = NormalPath(path);
  RETURN_IF_ERROR(files::CreateDirectories(normal));
  ASSIGN_OR_RETURN(files::Descriptor lock, LockDirectory(normal, Hold::kWrite));
  // Opening writes, and RocksDB does not survive every write that finds no room: it is said here, before anything is touched.
  if (const absl::StatusOr<uint64_t> free = FreeBytesOf(normal); free.ok() && *free < kStartBytesMin) {
    return MakeError(Reason::DISK_FULL, "", normal,
                     "the disk of " + normal + " is full: a start needs " + std::to_string(kStartBytesMin >> 20) + " MiB");
  }
  return std::unique_ptr<Disk>(std::make_unique<RocksDisk>(std::move(normal), std::move(lock), settings));
}

absl::StatusOr<std::unique_ptr<Disk>> OpenRocksDiskReadOnly(const std::string& path, bool salvage) {
  std::string normal = NormalPath(path);
  std::error_code error;
  const fs::file_status found = fs::status(normal, error);
  if (found.type() == fs::file_type::none) return files::FileError("stat", normal, error.value());  // there may be one
  if (!fs::is_directory(found)) return MakeError(Reason::FILE_NOT_FOUND, "", normal, "there is no directory " + normal);
  ASSIGN_OR_RETURN(files::Descriptor lock, LockDirectory(normal, Hold::kRead));
  return std::unique_ptr<Disk>(std::make_unique<ReadOnlyDisk>(std::move(normal), std::move(lock), salvage));
}

}  // namespace anju::storage
