// Remembering what is not synced, and forgetting it.
#include "common/storage/fault_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "common/status/macros.h"

namespace anju::storage {
namespace {

namespace fs = std::filesystem;

std::string ParentOf(const std::string& path) { return fs::path(path).parent_path().string(); }

std::string ReadBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

rocksdb::IOStatus FromSystem(const std::error_code& error, const std::string& path) {
  if (!error) return rocksdb::IOStatus::OK();
  if (error == std::errc::no_such_file_or_directory) return rocksdb::IOStatus::PathNotFound(path, error.message());
  return rocksdb::IOStatus::IOError(path, error.message());
}

}  // namespace

FaultMemory::FaultMemory(std::string directory, uint64_t seed) : graves_(std::move(directory) + ".graves"), random_(seed) {
  fs::remove_all(graves_);
  fs::create_directories(graves_);
}

void FaultMemory::FailAt(uint64_t nth, DiskFault fault) {
  const MutexLock lock(mutex_);
  operations_ = 0;
  nth_ = nth;
  fault_ = fault;
  dead_ = false;
  failed_at_.clear();
}

std::string FaultMemory::failed_at() const {
  const MutexLock lock(mutex_);
  return failed_at_;
}

uint64_t FaultMemory::operations() const {
  const MutexLock lock(mutex_);
  return operations_;
}

rocksdb::IOStatus FaultMemory::Begin(const char* operation, const std::string& path) {
  const MutexLock lock(mutex_);
  ++operations_;
  const bool hit = operations_ == nth_;
  if (!hit && !dead_) return rocksdb::IOStatus::OK();
  if (hit) failed_at_ = std::string(operation) + " " + path;
  if (hit && fault_ != DiskFault::kErrorOnce) dead_ = true;
  return rocksdb::IOStatus::IOError(std::string("While ") + operation + " " + path, "Input/output error");
}

void FaultMemory::Created(const std::string& path) {
  const MutexLock lock(mutex_);
  files_[path] = {};
  changes_[ParentOf(path)].push_back({Change::Kind::kCreate, path, "", ""});
}

void FaultMemory::Grown(const std::string& path, uint64_t size) {
  const MutexLock lock(mutex_);
  files_[path].size = size;
}

void FaultMemory::Synced(const std::string& path) {
  const MutexLock lock(mutex_);
  File& file = files_[path];
  file.synced = file.size;
  file.synced_bytes.reset();
}

void FaultMemory::BeforeOverwrite(const std::string& path) {
  const MutexLock lock(mutex_);
  File& file = files_[path];
  if (!file.synced_bytes) file.synced_bytes = ReadBytes(path);
}

std::string FaultMemory::NewGrave() { return graves_ + "/" + std::to_string(++buried_); }

void FaultMemory::MoveFile(const std::string& from, const std::string& to) {
  auto found = files_.find(from);
  if (found == files_.end()) {
    files_.erase(to);
    return;
  }
  files_[to] = std::move(found->second);
  files_.erase(found);
}

rocksdb::IOStatus FaultMemory::Rename(const std::string& from, const std::string& to) {
  const MutexLock lock(mutex_);
  std::error_code error;
  if (fs::is_directory(from, error)) {
    // Whatever is inside moves along and counts as there.
    std::erase_if(files_, [&](const auto& file) { return file.first.starts_with(from + "/"); });
    changes_.erase(from);
  }
  std::string grave;
  if (fs::is_regular_file(to, error)) {
    grave = NewGrave();
    fs::create_hard_link(to, grave, error);
  }
  error.clear();
  fs::rename(from, to, error);
  if (error) return FromSystem(error, from);
  MoveFile(from, to);
  changes_[ParentOf(to)].push_back({Change::Kind::kRename, from, to, grave});
  return rocksdb::IOStatus::OK();
}

rocksdb::IOStatus FaultMemory::Delete(const std::string& path) {
  const MutexLock lock(mutex_);
  std::error_code error;
  const std::string grave = NewGrave();
  fs::rename(path, grave, error);
  if (error) return FromSystem(error, path);
  changes_[ParentOf(path)].push_back({Change::Kind::kDelete, path, "", grave});
  return rocksdb::IOStatus::OK();
}

void FaultMemory::DirectorySynced(const std::string& directory) {
  const MutexLock lock(mutex_);
  const auto found = changes_.find(directory);
  if (found == changes_.end()) return;
  std::error_code ignored;
  for (const Change& change : found->second) {
    if (!change.grave.empty()) fs::remove(change.grave, ignored);
    if (change.kind == Change::Kind::kDelete) files_.erase(change.path);
  }
  changes_.erase(found);
}

void FaultMemory::Undo(const Change& change) {
  std::error_code ignored;
  switch (change.kind) {
    case Change::Kind::kCreate:
      fs::remove(change.path, ignored);
      files_.erase(change.path);
      break;
    case Change::Kind::kRename:
      fs::rename(change.to, change.path, ignored);
      MoveFile(change.to, change.path);
      if (!change.grave.empty()) fs::rename(change.grave, change.to, ignored);
      break;
    case Change::Kind::kDelete:
      fs::rename(change.grave, change.path, ignored);
      break;
  }
}

void FaultMemory::LosePower() {
  const MutexLock lock(mutex_);
  for (const auto& [directory, changes] : changes_) {
    if (!fs::is_directory(directory)) continue;  // removed with all that was in it
    const size_t kept = random_() % (changes.size() + 1);
    for (size_t i = changes.size(); i > kept; --i) Undo(changes[i - 1]);
  }
  for (const auto& [path, file] : files_) {
    if (!fs::is_regular_file(path)) continue;
    if (file.synced_bytes) {
      // A write in place reaches the disk from its front, as far as it does.
      const std::string now = ReadBytes(path);
      const size_t reached = random_() % (now.size() + 1);
      std::string left = *file.synced_bytes;
      if (left.size() < reached) left.resize(reached);
      std::copy_n(now.begin(), reached, left.begin());
      std::ofstream(path, std::ios::binary | std::ios::trunc) << left;
    } else if (file.size > file.synced && fs::file_size(path) > file.synced) {
      fs::resize_file(path, file.synced + random_() % (fs::file_size(path) - file.synced + 1));
    }
  }
  files_.clear();
  changes_.clear();
  fs::remove_all(graves_);
  fs::create_directories(graves_);
}

}  // namespace anju::storage
