// Stores over RocksDB: opening with a name for whatever is wrong, reading, writing.
#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include <rocksdb/cache.h>
#include <rocksdb/file_system.h>
#include <rocksdb/metadata.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include "common/faults/faults.h"
#include "common/faults/faults.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/storage/rocks.h"
#include "common/thread/mutex.h"

namespace anju::storage {
namespace {

namespace fs = std::filesystem;

// Four services idle together stay small: two stores each, every buffer named here or in RocksSettings.
constexpr size_t kBlockCacheBytes = 8 << 20;
constexpr int kOpenFilesMax = 64;
constexpr int kBackgroundJobsMax = 2;
constexpr size_t kInfoLogBytesMax = 1 << 20;
constexpr size_t kInfoLogFiles = 2;
constexpr size_t kLogLineBytesMax = 1024;

rocksdb::Slice ToSlice(std::string_view view) { return {view.data(), view.size()}; }
std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// Passes RocksDB's log on (or drops it) and remembers which file it complained of last: the status of a damaged log does not name it.
class ListeningLogger final : public rocksdb::Logger {
 public:
  explicit ListeningLogger(std::shared_ptr<rocksdb::Logger> target)
      : rocksdb::Logger(target == nullptr ? rocksdb::InfoLogLevel::WARN_LEVEL : target->GetInfoLogLevel()), target_(std::move(target)) {}
  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override { Logv(rocksdb::InfoLogLevel::INFO_LEVEL, format, arguments); }
  void Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (level < GetInfoLogLevel()) return;
    char line[kLogLineBytesMax];
    va_list again;
    va_copy(again, arguments);
    std::vsnprintf(line, sizeof(line), format, again);
    va_end(again);
    if (const char* end = std::strstr(line, ": dropping "); end != nullptr) {
      const std::string_view before(line, static_cast<size_t>(end - line));
      const size_t space = before.rfind(' ');
      const MutexLock lock(mutex_);
      file_ = before.substr(space == std::string_view::npos ? 0 : space + 1);
    }
    if (target_ != nullptr) target_->Logv(level, format, arguments);
  }
  void Flush() override {
    if (target_ != nullptr) target_->Flush();
  }
  std::string file() const {
    const MutexLock lock(mutex_);
    return file_;
  }

 private:
  const std::shared_ptr<rocksdb::Logger> target_;
  mutable Mutex mutex_;
  std::string file_ GUARDED_BY(mutex_);
};

// The environment for reading only: whatever would change something is refused here, whoever asks for it.
class ReadOnlyFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  using rocksdb::FileSystemWrapper::FileSystemWrapper;
  static const char* kClassName() { return "ReadOnlyFileSystem"; }
  const char* Name() const override { return kClassName(); }
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions&, std::unique_ptr<rocksdb::FSWritableFile>*,
                                    rocksdb::IODebugContext*) override { return Refuse(name); }
  rocksdb::IOStatus ReopenWritableFile(const std::string& name, const rocksdb::FileOptions&, std::unique_ptr<rocksdb::FSWritableFile>*,
                                       rocksdb::IODebugContext*) override { return Refuse(name); }
  rocksdb::IOStatus ReuseWritableFile(const std::string& name, const std::string&, const rocksdb::FileOptions&,
                                      std::unique_ptr<rocksdb::FSWritableFile>*, rocksdb::IODebugContext*) override { return Refuse(name); }
  rocksdb::IOStatus NewRandomRWFile(const std::string& name, const rocksdb::FileOptions&, std::unique_ptr<rocksdb::FSRandomRWFile>*,
                                    rocksdb::IODebugContext*) override { return Refuse(name); }
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions&, rocksdb::IODebugContext*) override { return Refuse(name); }
  rocksdb::IOStatus Truncate(const std::string& name, size_t, const rocksdb::IOOptions&, rocksdb::IODebugContext*) override { return Refuse(name); }
  rocksdb::IOStatus CreateDir(const std::string& name, const rocksdb::IOOptions&, rocksdb::IODebugContext*) override { return Refuse(name); }
  // Asked for on opening whatever the mode; an existing directory needs nothing.
  rocksdb::IOStatus CreateDirIfMissing(const std::string& name, const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    bool is_directory = false;
    return IsDirectory(name, options, &is_directory, debug).ok() && is_directory ? rocksdb::IOStatus::OK() : Refuse(name);
  }
  rocksdb::IOStatus DeleteDir(const std::string& name, const rocksdb::IOOptions&, rocksdb::IODebugContext*) override { return Refuse(name); }
  rocksdb::IOStatus RenameFile(const std::string& name, const std::string&, const rocksdb::IOOptions&, rocksdb::IODebugContext*) override { return Refuse(name); }
  rocksdb::IOStatus LinkFile(const std::string&, const std::string& name, const rocksdb::IOOptions&, rocksdb::IODebugContext*) override { return Refuse(name); }
  rocksdb::IOStatus LockFile(const std::string& name, const rocksdb::IOOptions&, rocksdb::FileLock**, rocksdb::IODebugContext*) override { return Refuse(name); }
  rocksdb::IOStatus NewLogger(const std::string& name, const rocksdb::IOOptions&, std::shared_ptr<rocksdb::Logger>*, rocksdb::IODebugContext*) override { return Refuse(name); }

 private:
  static rocksdb::IOStatus Refuse(const std::string& name) { return rocksdb::IOStatus::IOError(name, "the store is open for reading only"); }
};

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
  enum class Mode { kSynced, kBehind, kReadOnly };
  // `env` is the one the database was opened with when it is this store's own, else null.
  RocksStore(std::unique_ptr<rocksdb::Env> env, std::unique_ptr<rocksdb::DB> db, Mode mode, bool verify_checksums, std::string path)
      : env_(std::move(env)), db_(std::move(db)), mode_(mode), path_(std::move(path)) {
    read_options_.verify_checksums = verify_checksums;
    // We delete no ranges. And while RocksDB 7.8 looks for deleted ones, a cursor that enters the next table of a level forgets that this table could
    // not be read: it goes on behind the whole level, and its status is OK.
    read_options_.ignore_range_deletions = true;
  }

  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) override {
    std::string value;
    rocksdb::Status status = db_->Get(read_options_, ToSlice(key), &value);
    if (status.IsNotFound()) return std::optional<std::string>();
    RETURN_IF_ERROR(FromRocks(status, path_));
    return std::optional<std::string>(std::move(value));
  }

  absl::Status Write(const Batch& batch) override {
    if (mode_ == Mode::kReadOnly) return ReadOnly();
    // Room for the tags and lengths of every operation, so that large batches are not copied while they grow.
    rocksdb::WriteBatch writes(batch.bytes() + batch.size() * 12 + 64);
    for (const Batch::Operation& operation : batch.operations()) {
      rocksdb::Status status = operation.value ? writes.Put(ToSlice(operation.key), ToSlice(*operation.value))
                                               : writes.Delete(ToSlice(operation.key));
      RETURN_IF_ERROR(FromRocks(status, path_));
    }
    rocksdb::WriteOptions options;
    options.sync = mode_ == Mode::kSynced && !faults::IsDisabled(faults::Protection::kSync);
    options.disableWAL = mode_ == Mode::kBehind;
    return FromRocks(db_->Write(options, &writes), path_);
  }

  absl::Status Flush() override {
    if (mode_ == Mode::kReadOnly) return ReadOnly();
    rocksdb::FlushOptions options;
    options.wait = true;
    return FromRocks(db_->Flush(options), path_);
  }

  std::vector<std::string> FileEnds() override {
    std::vector<rocksdb::LiveFileMetaData> files;
    db_->GetLiveFilesMetaData(&files);
    std::vector<std::string> ends;
    ends.reserve(files.size());
    for (const rocksdb::LiveFileMetaData& file : files) ends.push_back(file.largestkey);
    std::sort(ends.begin(), ends.end());
    return ends;
  }

  std::unique_ptr<Cursor> NewCursor() override {
    return std::make_unique<RocksCursor>(std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(read_options_)), path_);
  }

 private:
  absl::Status ReadOnly() const { return MakeError(Reason::STORAGE_FAILED, "", path_, path_ + " is open for reading only"); }

  const std::unique_ptr<rocksdb::Env> env_;
  const std::unique_ptr<rocksdb::DB> db_;
  const Mode mode_;
  const std::string path_;
  rocksdb::ReadOptions read_options_;
};

rocksdb::Options OptionsFor(StoreKind kind, const RocksSettings& settings) {
  rocksdb::Options options;
  if (settings.env != nullptr) options.env = settings.env;
  options.create_if_missing = true;
  options.paranoid_checks = true;
  // Crash-only: no write is retried behind our back, and a damaged log is an error unless only its tail was being written.
  options.max_bgerror_resume_count = 0;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.write_buffer_size = kind == StoreKind::kJournal ? settings.journal_buffer_bytes : settings.state_buffer_bytes;
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

// What is known about the files of a database from its directory alone.
struct Listing {
  bool exists = false;
  bool current = false;   // the file that names the manifest
  bool records = false;   // tables or a log
  std::string manifest;   // the newest one's path
};

Listing List(const std::string& path) {
  Listing listing;
  std::error_code error;
  fs::directory_iterator entries(path, error);
  if (error) return listing;
  listing.exists = true;
  for (; entries != fs::directory_iterator(); entries.increment(error)) {
    const fs::path file = entries->path();
    const std::string name = file.filename().string(), extension = file.extension().string();
    if (name == "CURRENT") listing.current = true;
    if (extension == ".sst" || extension == ".log") listing.records = true;
    if (name.starts_with("MANIFEST-") && file.string() > listing.manifest) listing.manifest = file.string();
  }
  return listing;
}

absl::Status CurrentIsMissing(const std::string& path) {
  return MakeError(Reason::DATA_LOSS, "", path, path + "/CURRENT is missing: the store holds records, but nothing tells which of its files count");
}

// What went wrong while opening, with the file that was being read where RocksDB does not name one.
absl::Status FailedToOpen(const rocksdb::Status& status, const std::string& path, const ListeningLogger& log) {
  const std::string words = status.ToString();
  if (status.ok() || words.find('/') != std::string::npos) return FromRocks(status, path);
  if (words.find("CURRENT") != std::string::npos) return FromRocks(status, path + "/CURRENT");
  if (!log.file().empty()) return FromRocks(status, log.file());
  // Reading the log would have told its name, and tables are named: it is the manifest.
  const Listing listing = List(path);
  return FromRocks(status, status.IsCorruption() && !listing.manifest.empty() ? listing.manifest : path);
}

}  // namespace

absl::Status FromRocks(const rocksdb::Status& status, const std::string& path) {
  if (status.ok()) return absl::OkStatus();
  std::string message = path + ": " + status.ToString();
  // Where a table is missing, RocksDB names the last file it tried in its place, under an extension of ten years ago.
  if (const size_t old = message.find(".ldb"); old != std::string::npos) message.replace(old, 4, ".sst");
  std::replace(message.begin(), message.end(), '\n', ' ');
  while (message.ends_with(' ')) message.pop_back();
  // While it opens, RocksDB calls also a table that cannot be looked at just now corrupt. Only one that is not there is.
  const bool unreadable = message.find("IO error") != std::string::npos && message.find("No such file") == std::string::npos;
  if (status.IsCorruption() && !unreadable) return MakeError(Reason::DATA_LOSS, "", path, message);
  if (status.IsIOError() && status.subcode() == rocksdb::Status::kPathNotFound) {
    return MakeError(Reason::DATA_LOSS, "", path, message + " (a file of the store is missing)");
  }
  return MakeError(Reason::STORAGE_FAILED, "", path, message);
}

absl::StatusOr<std::unique_ptr<Store>> OpenRocksStore(const std::string& path, StoreKind kind, const RocksSettings& settings) {
  rocksdb::Options options = OptionsFor(kind, settings);
  // CURRENT comes before the first log, so a process that died while it created the store left none: that one is simply created again.
  if (const Listing listing = List(path); !listing.current && listing.records) return CurrentIsMissing(path);
  std::shared_ptr<rocksdb::Logger> file;
  RETURN_IF_ERROR(FromRocks(options.env->CreateDirIfMissing(path), path));
  RETURN_IF_ERROR(FromRocks(rocksdb::CreateLoggerFromOptions(path, options, &file), path));
  const auto log = std::make_shared<ListeningLogger>(std::move(file));
  options.info_log = log;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened = rocksdb::DB::Open(options, path, &db);
  std::unique_ptr<rocksdb::DB> owned(db);
  RETURN_IF_ERROR(FailedToOpen(opened, path, *log));
  const RocksStore::Mode mode = kind == StoreKind::kJournal ? RocksStore::Mode::kSynced : RocksStore::Mode::kBehind;
  return std::unique_ptr<Store>(std::make_unique<RocksStore>(nullptr, std::move(owned), mode, true, path));
}

absl::StatusOr<std::unique_ptr<Store>> OpenRocksStoreReadOnly(const std::string& path, bool salvage, const RocksSettings& settings) {
  const Listing listing = List(path);
  if (!listing.current && listing.records) return CurrentIsMissing(path);
  if (!listing.current) return MakeError(Reason::FILE_NOT_FOUND, "", path, "there is no store in " + path);
  rocksdb::Options options = OptionsFor(StoreKind::kState, settings);
  options.create_if_missing = false;
  auto file_system = std::make_shared<ReadOnlyFileSystem>(options.env->GetFileSystem());
  std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(std::move(file_system));
  options.env = env.get();
  const auto log = std::make_shared<ListeningLogger>(nullptr);
  options.info_log = log;
  if (salvage) {
    options.paranoid_checks = false;
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords;
  }
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened = rocksdb::DB::OpenForReadOnly(options, path, &db);
  std::unique_ptr<rocksdb::DB> owned(db);
  RETURN_IF_ERROR(FailedToOpen(opened, path, *log));
  return std::unique_ptr<Store>(std::make_unique<RocksStore>(std::move(env), std::move(owned), RocksStore::Mode::kReadOnly, !salvage, path));
}

}  // namespace anju::storage
