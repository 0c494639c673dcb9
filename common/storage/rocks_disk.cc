// The real disk: one RocksDB per store and POSIX files, in one locked directory.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/storage/storage.h"

namespace anju::storage {
namespace {

namespace fs = std::filesystem;

// Four services idle together stay small: two stores each, every buffer named here.
constexpr size_t kJournalBufferBytes = 8 << 20;
constexpr size_t kStateBufferBytes = 16 << 20;
constexpr size_t kBlockCacheBytes = 8 << 20;
constexpr int kOpenFilesMax = 64;
constexpr int kBackgroundJobsMax = 2;
constexpr size_t kInfoLogBytesMax = 1 << 20;
constexpr size_t kInfoLogFiles = 2;
constexpr const char* kLockName = "lock";
constexpr const char* kRemovedSuffix = ".removed";

rocksdb::Slice ToSlice(std::string_view view) { return {view.data(), view.size()}; }
std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// The one map from RocksDB's errors to ours. Its messages name the file.
absl::Status FromRocks(const rocksdb::Status& status, const std::string& path) {
  if (status.ok()) return absl::OkStatus();
  std::string message = path + ": " + status.ToString();
  if (status.IsCorruption()) return MakeError(Reason::DATA_LOSS, "", path, message);
  if (status.IsIOError() && status.subcode() == rocksdb::Status::kPathNotFound) {
    return MakeError(Reason::DATA_LOSS, "", path, message + " (a file of the store is missing)");
  }
  return MakeError(Reason::STORAGE_FAILED, "", path, message);
}

absl::Status SystemError(std::string_view operation, const std::string& path, int error) {
  return MakeError(Reason::STORAGE_FAILED, "", path,
                   std::string(operation) + " " + path + ": " + std::generic_category().message(error));
}

// Closes a descriptor at the end of a scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

absl::Status SyncDirectory(const std::string& path) {
  Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0) return SystemError("open", path, errno);
  if (::fsync(directory.get()) != 0) return SystemError("fsync", path, errno);
  return absl::OkStatus();
}

absl::Status RemoveTree(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return SystemError("remove", path, error.value());
  return absl::OkStatus();
}

class RocksCursor final : public Cursor {
 public:
  RocksCursor(std::unique_ptr<rocksdb::Iterator> iterator, std::string path)
      : iterator_(std::move(iterator)), path_(std::move(path)) {}
  void Seek(std::string_view key) override { iterator_->Seek(ToSlice(key)); }
  void SeekForPrev(std::string_view key) override { iterator_->SeekForPrev(ToSlice(key)); }
  void SeekToLast() override { iterator_->SeekToLast(); }
  bool Valid() const override { return iterator_->Valid(); }
  void Next() override { iterator_->Next(); }
  std::string_view key() const override { return ToView(iterator_->key()); }
  std::string_view value() const override { return ToView(iterator_->value()); }
  absl::Status status() const override { return FromRocks(iterator_->status(), path_); }

 private:
  std::unique_ptr<rocksdb::Iterator> iterator_;
  std::string path_;
};

class RocksStore final : public Store {
 public:
  RocksStore(std::unique_ptr<rocksdb::DB> db, StoreKind kind, std::string path)
      : db_(std::move(db)), kind_(kind), path_(std::move(path)) {}

  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) override {
    std::string value;
    rocksdb::Status status = db_->Get(rocksdb::ReadOptions(), ToSlice(key), &value);
    if (status.IsNotFound()) return std::optional<std::string>();
    RETURN_IF_ERROR(FromRocks(status, path_));
    return std::optional<std::string>(std::move(value));
  }

  absl::Status Write(const Batch& batch) override {
    // Room for the tags and lengths of every operation, so that large batches are not copied while they grow.
    rocksdb::WriteBatch writes(batch.bytes() + batch.size() * 12 + 64);
    for (const Batch::Operation& operation : batch.operations()) {
      rocksdb::Status status = operation.value ? writes.Put(ToSlice(operation.key), ToSlice(*operation.value))
                                               : writes.Delete(ToSlice(operation.key));
      RETURN_IF_ERROR(FromRocks(status, path_));
    }
    rocksdb::WriteOptions options;
    options.sync = kind_ == StoreKind::kJournal;
    options.disableWAL = kind_ == StoreKind::kState;
    return FromRocks(db_->Write(options, &writes), path_);
  }

  absl::Status Flush() override {
    rocksdb::FlushOptions options;
    options.wait = true;
    return FromRocks(db_->Flush(options), path_);
  }

  std::unique_ptr<Cursor> NewCursor() override {
    return std::make_unique<RocksCursor>(std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(rocksdb::ReadOptions())), path_);
  }

 private:
  std::unique_ptr<rocksdb::DB> db_;
  const StoreKind kind_;
  const std::string path_;
};

rocksdb::Options OptionsFor(StoreKind kind) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.paranoid_checks = true;
  // Crash-only: no write is retried behind our back, and a damaged log is an error unless only its tail was being written.
  options.max_bgerror_resume_count = 0;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.write_buffer_size = kind == StoreKind::kJournal ? kJournalBufferBytes : kStateBufferBytes;
  options.max_write_buffer_number = 2;
  options.allow_concurrent_memtable_write = false;  // one writer: sorted batches then go in next to each other
  options.max_background_jobs = kBackgroundJobsMax;
  options.max_open_files = kOpenFilesMax;
  options.skip_stats_update_on_db_open = true;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.compression = rocksdb::kNoCompression;
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.keep_log_file_num = kInfoLogFiles;
  options.max_log_file_size = kInfoLogBytesMax;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(kBlockCacheBytes);
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

class RocksDisk final : public Disk {
 public:
  RocksDisk(std::string path, Descriptor lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  absl::StatusOr<std::unique_ptr<Store>> OpenStore(std::string_view name, StoreKind kind) override {
    const std::string path = PathOf(name);
    const bool existed = ::access(path.c_str(), F_OK) == 0;
    rocksdb::DB* db = nullptr;
    RETURN_IF_ERROR(FromRocks(rocksdb::DB::Open(OptionsFor(kind), path, &db), path));
    std::unique_ptr<rocksdb::DB> owned(db);
    if (!existed) RETURN_IF_ERROR(SyncDirectory(path_));
    return std::unique_ptr<Store>(std::make_unique<RocksStore>(std::move(owned), kind, path));
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

  absl::StatusOr<std::optional<std::string>> ReadFile(std::string_view name) override {
    const std::string path = PathOf(name);
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
    if (::fdatasync(file.get()) != 0) return SystemError("fdatasync", path, errno);
    return created ? SyncDirectory(path_) : absl::OkStatus();
  }

 private:
  std::string PathOf(std::string_view name) const { return path_ + "/" + std::string(name); }

  const std::string path_;
  Descriptor lock_;
};

// Creates missing directories and syncs the parent of each, so that a power failure does not take the new tree away.
absl::Status CreateDirectories(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return absl::OkStatus();
  const fs::path parent = path.parent_path();
  if (!parent.empty() && parent != path) RETURN_IF_ERROR(CreateDirectories(parent));
  if (::mkdir(path.c_str(), 0750) != 0 && errno != EEXIST) return SystemError("mkdir", path.string(), errno);
  return SyncDirectory(parent.empty() ? "." : parent.string());
}

}  // namespace

absl::StatusOr<std::unique_ptr<Disk>> OpenRocksDisk(const std::string& path) {
  std::string normal = fs::path(path).lexically_normal().string();
  while (normal.size() > 1 && normal.back() == '/') normal.pop_back();
  RETURN_IF_ERROR(CreateDirectories(normal));
  const std::string lock_path = normal + "/" + kLockName;
  Descriptor lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (lock.get() < 0) return SystemError("open", lock_path, errno);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return MakeError(Reason::DIRECTORY_IN_USE, "", path, "another process has the data directory " + normal + " open");
    }
    return SystemError("flock", lock_path, errno);
  }
  return std::unique_ptr<Disk>(std::make_unique<RocksDisk>(std::move(normal), std::move(lock)));
}

}  // namespace anju::storage
