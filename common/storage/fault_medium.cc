// RocksDB's file system with a memory for faults.
#include "common/storage/fault_medium.h"

#include <filesystem>
#include <utility>

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include "common/storage/fault_files.h"
#include "common/storage/posix.h"
#include "common/storage/rocks.h"

namespace anju::storage {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

// RocksDB allows no write buffer smaller than this.
constexpr size_t kBufferBytes = 64 << 10;

#define RETURN_IF_FAULTY(expression)              \
  if (IOStatus faulty = (expression); !faulty.ok()) \
  return faulty

class FaultyWritableFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyWritableFile(std::unique_ptr<rocksdb::FSWritableFile> target, std::string path, std::shared_ptr<FaultMemory> memory)
      : FSWritableFileOwnerWrapper(std::move(target)), path_(std::move(path)), memory_(std::move(memory)) {}
  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    const IOStatus begun = memory_->Begin("append", path_);
    const Slice written(data.data(), begun.ok() ? data.size() : data.size() / 2);
    RETURN_IF_FAULTY(target()->Append(written, options, debug));
    size_ += written.size();
    memory_->Grown(path_, size_);
    return begun;
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&, IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  // Synced to our memory only: this process does not die.
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    RETURN_IF_FAULTY(memory_->Begin("sync", path_));
    memory_->Synced(path_);
    return IOStatus::OK();
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override { return Sync(options, debug); }
  IOStatus RangeSync(uint64_t, uint64_t, const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    const IOStatus begun = memory_->Begin("close", path_);
    RETURN_IF_FAULTY(target()->Close(options, debug));
    return begun;
  }
  // Files are as long as what was written to them.
  void PrepareWrite(size_t, size_t, const IOOptions&, IODebugContext*) override {}
  IOStatus Allocate(uint64_t, uint64_t, const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }

 private:
  const std::string path_;
  const std::shared_ptr<FaultMemory> memory_;
  uint64_t size_ = 0;
};

class FaultyRandomRWFile final : public rocksdb::FSRandomRWFileOwnerWrapper {
 public:
  FaultyRandomRWFile(std::unique_ptr<rocksdb::FSRandomRWFile> target, std::string path, std::shared_ptr<FaultMemory> memory)
      : FSRandomRWFileOwnerWrapper(std::move(target)), path_(std::move(path)), memory_(std::move(memory)) {}
  IOStatus Write(uint64_t offset, const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    const IOStatus begun = memory_->Begin("write", path_);
    memory_->BeforeOverwrite(path_);
    RETURN_IF_FAULTY(target()->Write(offset, Slice(data.data(), begun.ok() ? data.size() : data.size() / 2), options, debug));
    return begun;
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    RETURN_IF_FAULTY(memory_->Begin("sync", path_));
    memory_->Synced(path_);
    return IOStatus::OK();
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override { return Sync(options, debug); }

 private:
  const std::string path_;
  const std::shared_ptr<FaultMemory> memory_;
};

class FaultySequentialFile final : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  FaultySequentialFile(std::unique_ptr<rocksdb::FSSequentialFile> target, std::string path, std::shared_ptr<FaultMemory> memory)
      : FSSequentialFileOwnerWrapper(std::move(target)), path_(std::move(path)), memory_(std::move(memory)) {}
  IOStatus Read(size_t n, const IOOptions& options, Slice* result, char* scratch, IODebugContext* debug) override {
    RETURN_IF_FAULTY(memory_->Begin("read", path_));
    return target()->Read(n, options, result, scratch, debug);
  }

 private:
  const std::string path_;
  const std::shared_ptr<FaultMemory> memory_;
};

class FaultyRandomAccessFile final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  FaultyRandomAccessFile(std::unique_ptr<rocksdb::FSRandomAccessFile> target, std::string path, std::shared_ptr<FaultMemory> memory)
      : FSRandomAccessFileOwnerWrapper(std::move(target)), path_(std::move(path)), memory_(std::move(memory)) {}
  IOStatus Read(uint64_t offset, size_t n, const IOOptions& options, Slice* result, char* scratch, IODebugContext* debug) const override {
    RETURN_IF_FAULTY(memory_->Begin("read", path_));
    return target()->Read(offset, n, options, result, scratch, debug);
  }
  IOStatus MultiRead(rocksdb::FSReadRequest* requests, size_t count, const IOOptions& options, IODebugContext* debug) override {
    return FSRandomAccessFile::MultiRead(requests, count, options, debug);  // one Read each
  }
  IOStatus Prefetch(uint64_t, size_t, const IOOptions&, IODebugContext*) override { return IOStatus::NotSupported("Prefetch"); }

 private:
  const std::string path_;
  const std::shared_ptr<FaultMemory> memory_;
};

class FaultyDirectory final : public rocksdb::FSDirectoryWrapper {
 public:
  FaultyDirectory(std::unique_ptr<rocksdb::FSDirectory> target, std::string path, std::shared_ptr<FaultMemory> memory)
      : FSDirectoryWrapper(std::move(target)), path_(std::move(path)), memory_(std::move(memory)) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    RETURN_IF_FAULTY(memory_->Begin("sync", path_));
    memory_->DirectorySynced(path_);
    return IOStatus::OK();
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug, const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, debug);
  }

 private:
  const std::string path_;
  const std::shared_ptr<FaultMemory> memory_;
};

// Opens `name` through the target and wraps it.
template <typename Faulty, typename File, typename Opener>
IOStatus OpenFaulty(const std::shared_ptr<FaultMemory>& memory, const std::string& path, std::unique_ptr<File>* result, const Opener& open) {
  RETURN_IF_FAULTY(memory->Begin("open", path));
  std::unique_ptr<File> target;
  RETURN_IF_FAULTY(open(&target));
  *result = std::make_unique<Faulty>(std::move(target), path, memory);
  return IOStatus::OK();
}

class FaultyFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  FaultyFileSystem(std::shared_ptr<rocksdb::FileSystem> target, std::shared_ptr<FaultMemory> memory)
      : FileSystemWrapper(std::move(target)), memory_(std::move(memory)) {}
  static const char* kClassName() { return "FaultyFileSystem"; }
  const char* Name() const override { return kClassName(); }

  IOStatus NewSequentialFile(const std::string& path, const FileOptions& options, std::unique_ptr<rocksdb::FSSequentialFile>* result,
                             IODebugContext* debug) override {
    return OpenFaulty<FaultySequentialFile>(memory_, path, result, [&](auto* file) { return target()->NewSequentialFile(path, options, file, debug); });
  }
  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions& options, std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                               IODebugContext* debug) override {
    return OpenFaulty<FaultyRandomAccessFile>(memory_, path, result, [&](auto* file) { return target()->NewRandomAccessFile(path, options, file, debug); });
  }
  IOStatus NewWritableFile(const std::string& path, const FileOptions& options, std::unique_ptr<rocksdb::FSWritableFile>* result,
                           IODebugContext* debug) override {
    RETURN_IF_FAULTY(OpenFaulty<FaultyWritableFile>(memory_, path, result, [&](auto* file) { return target()->NewWritableFile(path, options, file, debug); }));
    memory_->Created(path);
    return IOStatus::OK();
  }
  IOStatus NewRandomRWFile(const std::string& path, const FileOptions& options, std::unique_ptr<rocksdb::FSRandomRWFile>* result,
                           IODebugContext* debug) override {
    return OpenFaulty<FaultyRandomRWFile>(memory_, path, result, [&](auto* file) { return target()->NewRandomRWFile(path, options, file, debug); });
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions& options, std::unique_ptr<rocksdb::FSDirectory>* result, IODebugContext* debug) override {
    return OpenFaulty<FaultyDirectory>(memory_, NormalPath(path), result, [&](auto* directory) { return target()->NewDirectory(path, options, directory, debug); });
  }
  // Nothing here uses them, so nothing remembers what they would do.
  IOStatus ReopenWritableFile(const std::string&, const FileOptions&, std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) override {
    return IOStatus::NotSupported("ReopenWritableFile");
  }
  IOStatus ReuseWritableFile(const std::string&, const std::string&, const FileOptions&, std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) override {
    return IOStatus::NotSupported("ReuseWritableFile");
  }
  IOStatus LinkFile(const std::string&, const std::string&, const IOOptions&, IODebugContext*) override { return IOStatus::NotSupported("LinkFile"); }
  IOStatus Truncate(const std::string&, size_t, const IOOptions&, IODebugContext*) override { return IOStatus::NotSupported("Truncate"); }

  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions&, IODebugContext*) override {
    RETURN_IF_FAULTY(memory_->Begin("rename", from));
    return memory_->Rename(from, to);
  }
  IOStatus DeleteFile(const std::string& path, const IOOptions&, IODebugContext*) override {
    RETURN_IF_FAULTY(memory_->Begin("delete", path));
    return memory_->Delete(path);
  }
  IOStatus GetChildren(const std::string& path, const IOOptions& options, std::vector<std::string>* names, IODebugContext* debug) override {
    RETURN_IF_FAULTY(memory_->Begin("list", path));
    return target()->GetChildren(path, options, names, debug);
  }
  IOStatus GetFileSize(const std::string& path, const IOOptions& options, uint64_t* size, IODebugContext* debug) override {
    RETURN_IF_FAULTY(memory_->Begin("stat", path));
    return target()->GetFileSize(path, options, size, debug);
  }
  IOStatus CreateDirIfMissing(const std::string& path, const IOOptions& options, IODebugContext* debug) override {
    RETURN_IF_FAULTY(memory_->Begin("mkdir", path));
    return target()->CreateDirIfMissing(path, options, debug);
  }
  IOStatus DeleteDir(const std::string& path, const IOOptions& options, IODebugContext* debug) override {
    RETURN_IF_FAULTY(memory_->Begin("rmdir", path));
    return target()->DeleteDir(path, options, debug);
  }

 private:
  const std::shared_ptr<FaultMemory> memory_;
};

#undef RETURN_IF_FAULTY

}  // namespace

struct FaultMedium::Impl {
  std::string directory;
  std::shared_ptr<FaultMemory> memory;
  std::unique_ptr<rocksdb::Env> env;
};

FaultMedium::FaultMedium(const std::string& directory, uint64_t seed) : impl_(std::make_unique<Impl>()) {
  impl_->directory = NormalPath(directory);
  impl_->memory = std::make_shared<FaultMemory>(impl_->directory, seed);
  impl_->env = rocksdb::NewCompositeEnv(std::make_shared<FaultyFileSystem>(rocksdb::FileSystem::Default(), impl_->memory));
}

FaultMedium::~FaultMedium() {
  std::error_code ignored;
  std::filesystem::remove_all(impl_->directory + ".graves", ignored);
}

absl::StatusOr<std::unique_ptr<Disk>> FaultMedium::Boot() {
  return OpenRocksDiskWith(impl_->directory, {.env = impl_->env.get(), .journal_buffer_bytes = kBufferBytes, .state_buffer_bytes = kBufferBytes});
}

void FaultMedium::FailAt(uint64_t nth, DiskFault fault) { impl_->memory->FailAt(nth, fault); }
std::string FaultMedium::failed_at() const { return impl_->memory->failed_at(); }
uint64_t FaultMedium::operations() const { return impl_->memory->operations(); }
void FaultMedium::LosePower() { impl_->memory->LosePower(); }

}  // namespace anju::storage
