// Reading an archive record by record, and the checks that every one of them passes.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/archive/archive.h"
#include "common/checksum/crc32c.h"
#include "common/journal/hash.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::archive {
namespace {

constexpr size_t kBufferBytes = 1 << 20;

uint32_t Integer32(const char* bytes) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value |= static_cast<uint32_t>(static_cast<uint8_t>(bytes[i])) << (8 * i);
  return value;
}

// A block and an identity say themselves what they are.
bool IsIdentity(std::string_view record) { return record.starts_with("ANJUJRNL"); }

}  // namespace

std::string RangeOf(const journal::BlockHeader& header) {
  std::string range = std::to_string(header.first_sequence);
  if (header.count > 1) range += ".." + std::to_string(header.last_sequence());
  return range;
}

std::string Words(const journal::Position& position) { return journal::ToHex(position.journal_id) + "/" + std::to_string(position.sequence); }

absl::StatusOr<std::unique_ptr<Reader>> Reader::Open(const std::string& path, std::optional<uint64_t> bytes) {
  files::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat stat {};
  const bool there = file.get() >= 0 && ::fstat(file.get(), &stat) == 0;
  if (!there && errno != ENOENT && errno != ENOTDIR) return files::FileError("open", path, errno);
  if (!there || !S_ISREG(stat.st_mode)) return MakeError(Reason::FILE_NOT_FOUND, "backup", path, "the archive is missing or is not a file");
  const uint64_t size = static_cast<uint64_t>(stat.st_size);
  std::unique_ptr<Reader> reader(new Reader(path, std::move(file), bytes.value_or(size)));
  if (bytes && size < *bytes) {
    return MakeError(Reason::DATA_LOSS, "backup", path, "the archive has " + std::to_string(size) + " bytes, its manifest names " + std::to_string(*bytes));
  }
  RETURN_IF_ERROR(reader->ReadHeader());
  return reader;
}

absl::StatusOr<std::unique_ptr<Reader>> Reader::Open(const std::string& directory, const Entry& entry) {
  ASSIGN_OR_RETURN(std::unique_ptr<Reader> reader, Open(directory + "/" + entry.file, entry.bytes));
  reader->entry_ = entry;
  return reader;
}

absl::StatusOr<bool> Reader::Read(char* bytes, size_t size) {
  buffer_.resize(kBufferBytes);
  while (size > 0) {
    if (taken_ == buffered_) {
      ASSIGN_OR_RETURN(buffered_, files::ReadSome(file_, buffer_.data(), buffer_.size(), path_));
      taken_ = 0;
      if (buffered_ == 0) return false;
    }
    const size_t piece = std::min(size, buffered_ - taken_);
    std::memcpy(bytes, buffer_.data() + taken_, piece);
    taken_ += piece;
    bytes += piece;
    size -= piece;
  }
  return true;
}

absl::Status Reader::ReadHeader() {
  char header[kArchiveHeaderBytes];
  if (bytes_left_ < sizeof(header)) return Damaged("the archive is cut short");
  ASSIGN_OR_RETURN(const bool whole, Read(header, sizeof(header)));
  if (!whole) return Damaged("the archive is cut short");
  if (std::string_view(header, kArchiveMagic.size()) != kArchiveMagic) return Damaged("this is not an archive of a journal");
  const uint8_t format = static_cast<uint8_t>(header[kArchiveMagic.size()]);
  if (format > kArchiveFormat) return MakeError(Reason::SCHEMA_TOO_NEW, "backup", path_, "the archive was written by a newer version");
  static constexpr char kZeros[kArchiveHeaderBytes] = {};
  const size_t known = kArchiveMagic.size() + 1;
  if (format != kArchiveFormat || std::memcmp(header + known, kZeros, kArchiveHeaderBytes - known) != 0) return Damaged("the archive has a damaged header");
  offset_ = kArchiveHeaderBytes;
  bytes_left_ -= kArchiveHeaderBytes;
  return absl::OkStatus();
}

// Sets bytes_. `wrong_` is at least the next sequence until the record is known to be right.
absl::Status Reader::ReadRecord() {
  char prefix[kRecordPrefixBytes] = {};
  if (bytes_left_ < sizeof(prefix)) return Damaged("the archive ends within a record");
  ASSIGN_OR_RETURN(const bool has_prefix, Read(prefix, sizeof(prefix)));
  const uint32_t length = Integer32(prefix);
  if (!has_prefix || length > kRecordBytesMax || length > bytes_left_ - sizeof(prefix)) return Damaged("the archive ends within a record, or its length is damaged");
  bytes_.resize(length);
  ASSIGN_OR_RETURN(const bool has_record, Read(bytes_.data(), length));
  if (!has_record) return Damaged("the archive ends within a record");
  if (Integer32(prefix + 4) != Crc32c(bytes_)) return Damaged("the record is not what was written (checksum)");
  bytes_left_ -= sizeof(prefix) + length;
  return absl::OkStatus();
}

absl::StatusOr<bool> Reader::Next() {
  while (bytes_left_ > 0) {
    wrong_ = std::to_string(sequence_ + 1);
    RETURN_IF_ERROR(ReadRecord());
    const bool identity = IsIdentity(bytes_);
    RETURN_IF_ERROR(identity ? TakeIdentity() : TakeBlock());
    offset_ += kRecordPrefixBytes + bytes_.size();
    wrong_.clear();
    if (!identity) return true;
  }
  if (entry_) RETURN_IF_ERROR(CompareWithEntry());
  return false;
}

absl::Status Reader::TakeIdentity() {
  identities_.push_back(bytes_);
  absl::StatusOr<journal::Lineage> lineage = journal::Lineage::FromIdentities(identities_);
  if (!lineage.ok()) {
    identities_.pop_back();
    if (anju::HasReason(lineage.status(), Reason::SCHEMA_TOO_NEW)) return MakeError(Reason::SCHEMA_TOO_NEW, "backup", path_, "the journal was written by a newer version");
    return Damaged(ErrorsOf(lineage.status()).front().message);
  }
  const journal::Identity& identity = lineage->current();
  if (entry_ && identity.service != entry_->service) {
    return MakeError(Reason::DATA_LOSS, "backup", path_, "this is a backup of another service: " + identity.service + ", not " + entry_->service);
  }
  // What was read already beyond the fork would be of no journal.
  if (identity.continues.sequence < sequence_ || (identity.continues.sequence == sequence_ && sequence_ > 0 && identity.continues.block_hash != hash_)) {
    return Damaged("a journal continues another before the end of what the archive has of it");
  }
  lineage_ = *std::move(lineage);
  return absl::OkStatus();
}

absl::Status Reader::TakeBlock() {
  if (lineage_.empty()) return Damaged("the archive does not begin with a journal's identity");
  absl::StatusOr<journal::BlockView> block = journal::DecodeBlock(bytes_, verify_roots_);
  if (!block.ok()) {
    if (anju::HasReason(block.status(), Reason::SCHEMA_TOO_NEW)) return MakeError(Reason::SCHEMA_TOO_NEW, "backup", path_, "a block was written by a newer version");
    return Damaged(ErrorsOf(block.status()).front().message);
  }
  const journal::BlockHeader& header = block->header;
  if (header.first_sequence != sequence_ + 1) return Damaged("the archive leaves out or repeats events");
  wrong_ = RangeOf(header);
  if (!lineage_.Fits(hash_, *block)) return Damaged("this block or the one before it is not the one that was chained");
  sequence_ = header.last_sequence();
  hash_ = block->hash;
  ++blocks_;
  block_ = *std::move(block);
  return absl::OkStatus();
}

// The archive is whole; is it the one that was backed up?
absl::Status Reader::CompareWithEntry() const {
  const Entry& entry = *entry_;
  const auto differs = [&](const std::string& what) { return MakeError(Reason::DATA_LOSS, "backup", path_, what); };
  if (lineage_.empty()) return differs("the archive does not begin with a journal's identity");
  if (lineage_.current().id != entry.journal) {
    return differs("this is the archive of journal " + journal::ToHex(lineage_.current().id) + ", the manifest names " + journal::ToHex(entry.journal));
  }
  if (sequence_ != entry.sequence || hash_ != entry.hash) {
    return differs("the archive ends at sequence " + std::to_string(sequence_) + ", the manifest says " + std::to_string(entry.sequence) +
                   (sequence_ == entry.sequence ? " with another hash" : ""));
  }
  if (sequence_ < lineage_.fork()) return differs("the archive ends before the position that its journal continues");
  return absl::OkStatus();
}

journal::Position Reader::position() const {
  return lineage_.empty() ? journal::Position{} : lineage_.PositionOf(sequence_, hash_);
}

absl::Status Reader::Damaged(std::string_view what) const {
  return MakeError(Reason::DATA_LOSS, "backup", wrong_.empty() ? path_ : path_ + " " + wrong_, what);
}

absl::Status Reader::GoOnToTheEndOfTheFile() {
  struct stat stat {};
  if (::fstat(file_.get(), &stat) != 0) return files::FileError("stat", path_, errno);
  bytes_left_ = std::max(static_cast<uint64_t>(stat.st_size), offset_) - offset_;
  entry_.reset();
  return absl::OkStatus();
}

absl::Status VerifyArchive(const std::string& directory, const Entry& entry) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Reader> reader, Reader::Open(directory, entry));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, reader->Next());
    if (!more) return absl::OkStatus();
  }
}

}  // namespace anju::archive
