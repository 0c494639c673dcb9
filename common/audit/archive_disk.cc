// A backup's archive as a disk that holds one journal: blocks are found by reading the file once and mapped from there on.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/archive/archive.h"
#include "common/audit/sources.h"
#include "common/checksum/crc32c.h"
#include "common/journal/hash.h"
#include "common/journal/journal.h"
#include "common/journal/lineage.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::audit {
namespace {

absl::Status ReadOnly() { return MakeError(Reason::STORAGE_FAILED, "", "", "a backup is only read"); }

// Bytes of the file for as long as it lives.
class Mapped {
 public:
  Mapped(const char* data, size_t size) : bytes_(data, size) {}
  ~Mapped() {
    if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
  }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;
  std::string_view bytes() const { return bytes_; }

 private:
  std::string_view bytes_;
};

using Records = std::vector<std::pair<std::string, std::string_view>>;  // key, value; sorted by key

class ArchiveCursor final : public storage::Cursor {
 public:
  explicit ArchiveCursor(const Records& records) : records_(records), at_(records.end()) {}
  void Seek(std::string_view key) override { at_ = std::lower_bound(records_.begin(), records_.end(), key, [](const auto& record, std::string_view asked) { return record.first < asked; }); }
  void SeekForPrev(std::string_view key) override {
    at_ = std::upper_bound(records_.begin(), records_.end(), key, [](std::string_view asked, const auto& record) { return asked < record.first; });
    at_ = at_ == records_.begin() ? records_.end() : std::prev(at_);
  }
  void SeekToLast() override { at_ = records_.empty() ? records_.end() : std::prev(records_.end()); }
  bool Valid() const override { return at_ != records_.end(); }
  void Next() override { ++at_; }
  std::string_view key() const override { return at_->first; }
  std::string_view value() const override { return at_->second; }
  absl::Status status() const override { return absl::OkStatus(); }

 private:
  const Records& records_;
  Records::const_iterator at_;
};

class ArchiveStore final : public storage::Store {
 public:
  explicit ArchiveStore(const Records& records) : records_(records) {}
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) override {
    ArchiveCursor cursor(records_);
    cursor.Seek(key);
    if (!cursor.Valid() || cursor.key() != key) return std::optional<std::string>();
    return std::optional<std::string>(std::string(cursor.value()));
  }
  absl::Status Write(const storage::Batch&) override { return ReadOnly(); }
  absl::Status Flush() override { return ReadOnly(); }
  std::unique_ptr<storage::Cursor> NewCursor() override { return std::make_unique<ArchiveCursor>(records_); }

 private:
  const Records& records_;
};

class ArchiveDisk final : public storage::Disk {
 public:
  ArchiveDisk(std::string path, std::unique_ptr<Mapped> file, Records records, std::string witness)
      : path_(std::move(path)), file_(std::move(file)), records_(std::move(records)), witness_(std::move(witness)) {}
  absl::StatusOr<std::unique_ptr<storage::Store>> OpenStore(std::string_view name, storage::StoreKind) override { return OpenStoreReadOnly(name); }
  absl::StatusOr<std::unique_ptr<storage::Store>> OpenStoreReadOnly(std::string_view name) override {
    if (name != journal::kJournalStore) return MakeError(Reason::FILE_NOT_FOUND, "", name, "a backup holds journals only");
    return std::unique_ptr<storage::Store>(std::make_unique<ArchiveStore>(records_));
  }
  absl::Status DestroyStore(std::string_view) override { return ReadOnly(); }
  absl::StatusOr<std::optional<std::string>> ReadFile(std::string_view name) override {
    return name == journal::kWitnessFile ? std::optional<std::string>(witness_) : std::nullopt;
  }
  absl::Status WriteFileSynced(std::string_view, uint64_t, std::string_view) override { return ReadOnly(); }
  absl::StatusOr<uint64_t> FreeBytes() override { return 0; }
  std::string PathOf(std::string_view) const override { return path_; }

 private:
  const std::string path_;
  std::unique_ptr<Mapped> file_;
  Records records_;
  std::string witness_;
};

uint32_t NumberAt(std::string_view bytes, size_t at) {
  uint32_t number = 0;
  std::memcpy(&number, bytes.data() + at, sizeof(number));
  return number;
}

// Where the next record begins when the length of this one cannot be believed: at the next block whose own checksum holds.
size_t NextWhole(std::string_view bytes, size_t from) {
  for (size_t at = bytes.find("ANJB", from); at != std::string_view::npos; at = bytes.find("ANJB", at + 1)) {
    if (at < from + archive::kRecordPrefixBytes) continue;
    const uint32_t length = NumberAt(bytes, at - 8);
    if (length <= bytes.size() - at && Crc32c(bytes.substr(at, length)) == NumberAt(bytes, at - 4)) return at - 8;
  }
  return bytes.size();
}

Records ReadRecords(std::string_view bytes) {
  Records blocks;
  std::vector<std::string_view> identities;
  size_t at = archive::kArchiveHeaderBytes;
  uint64_t next = 1;
  while (at + archive::kRecordPrefixBytes <= bytes.size()) {
    const uint32_t length = NumberAt(bytes, at);
    const size_t begin = at + archive::kRecordPrefixBytes;
    const bool fits = length <= bytes.size() - begin;
    const std::string_view record = bytes.substr(begin, fits ? length : bytes.size() - begin);
    const bool whole = fits && Crc32c(record) == NumberAt(bytes, at + 4);
    // A damaged record ends where the next whole one begins, whatever its length says.
    const size_t end = whole ? begin + length : NextWhole(bytes, begin);
    const std::string_view value = whole ? record : bytes.substr(begin, end - begin);
    if (value.rfind("ANJUJRNL", 0) == 0) {
      identities.push_back(value);
    } else {
      blocks.emplace_back(journal::BlockKey(next), value);
      const auto prefix = journal::DecodeBlockPrefix(value);
      // What follows a damaged block says itself where it stands.
      if (end + archive::kRecordPrefixBytes < bytes.size()) {
        const auto following = journal::DecodeBlockPrefix(bytes.substr(end + archive::kRecordPrefixBytes, NumberAt(bytes, end)));
        if (following.ok()) next = following->header.first_sequence;
        else if (prefix.ok()) next = prefix->header.last_sequence() + 1;
        else ++next;
      }
    }
    at = end;
  }
  for (size_t i = 0; i + 1 < identities.size(); ++i) blocks.emplace_back(journal::AncestorKey(static_cast<uint32_t>(i)), identities[i]);
  if (!identities.empty()) blocks.emplace_back(journal::IdentityKey(), identities.back());
  std::stable_sort(blocks.begin(), blocks.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return blocks;
}

}  // namespace

absl::StatusOr<std::unique_ptr<storage::Disk>> OpenArchiveDisk(const Source& source) {
  const int fd = ::open(source.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return MakeError(Reason::FILE_NOT_FOUND, "", source.path, "there is no archive " + source.path);
  struct stat status {};
  const bool known = ::fstat(fd, &status) == 0;
  // What lies beyond the manifest belongs to a backup that never finished.
  const size_t size = known ? std::min(static_cast<size_t>(status.st_size), static_cast<size_t>(source.vouched_bytes)) : 0;
  void* mapped = size > 0 ? ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
  ::close(fd);
  if (mapped == MAP_FAILED) return MakeError(Reason::DATA_LOSS, "backup", source.path, source.path + " is empty or cannot be read");
  auto file = std::make_unique<Mapped>(static_cast<const char*>(mapped), size);
  const std::string_view bytes = file->bytes();
  if (size < archive::kArchiveHeaderBytes || bytes.substr(0, archive::kArchiveMagic.size()) != archive::kArchiveMagic) {
    return MakeError(Reason::DATA_LOSS, "backup", source.path, source.path + " does not begin as an archive does");
  }
  if (static_cast<uint8_t>(bytes[archive::kArchiveMagic.size()]) > archive::kArchiveFormat) return MakeError(Reason::SCHEMA_TOO_NEW, "backup", source.path, source.path + " was written by a newer version");
  Records records = ReadRecords(bytes);
  return std::unique_ptr<storage::Disk>(std::make_unique<ArchiveDisk>(source.path, std::move(file), std::move(records), source.vouched ? journal::EncodeWitnessSlot(*source.vouched) : ""));
}

}  // namespace anju::audit
