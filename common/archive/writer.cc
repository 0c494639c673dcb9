// Continuing an archive: what is there is verified first, what is torn behind the last backup is cut.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "common/archive/archive.h"
#include "common/checksum/crc32c.h"
#include "common/journal/hash.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::archive {
namespace {

constexpr size_t kPendingBytesMax = 1 << 20;  // a write at a time; one record may be larger

void PutInteger32(std::string& out, uint32_t value) {
  for (int i = 0; i < 4; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

std::string Header() {
  std::string header(kArchiveMagic);
  header.push_back(static_cast<char>(kArchiveFormat));
  header.resize(kArchiveHeaderBytes, '\0');
  return header;
}

std::string DirectoryOf(const std::string& path) { return path.substr(0, path.rfind('/')); }

absl::Status ReadToEnd(Reader& reader) {
  while (true) {
    ASSIGN_OR_RETURN(const bool more, reader.Next());
    if (!more) return absl::OkStatus();
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Writer>> Writer::Open(const std::string& path, const Entry* vouched) {
  ASSIGN_OR_RETURN(const std::optional<std::string> beginning, [&]() -> absl::StatusOr<std::optional<std::string>> {
    struct stat stat {};
    if (::stat(path.c_str(), &stat) != 0) {
      if (errno == ENOENT) return std::optional<std::string>();
      return files::FileError("stat", path, errno);
    }
    if (static_cast<uint64_t>(stat.st_size) >= kArchiveHeaderBytes) return std::optional<std::string>(Header());
    return files::ReadWhole(path, kArchiveHeaderBytes);
  }());
  // A kill while the very first bytes were written leaves a piece of the header.
  const bool is_new = vouched == nullptr && (!beginning || (beginning->size() < kArchiveHeaderBytes && Header().starts_with(*beginning)));
  std::unique_ptr<Reader> reader;
  if (!is_new) {
    // What a backup vouched for has to be there to its end, and to be of this service.
    if (vouched != nullptr) {
      ASSIGN_OR_RETURN(reader, Reader::Open(DirectoryOf(path), *vouched));
      RETURN_IF_ERROR(ReadToEnd(*reader));
      RETURN_IF_ERROR(reader->GoOnToTheEndOfTheFile());
    } else {
      ASSIGN_OR_RETURN(reader, Reader::Open(path));
    }
    // Behind it nothing was promised yet: what is torn is cut.
    const absl::Status rest = ReadToEnd(*reader);
    if (!rest.ok() && !anju::HasReason(rest, Reason::DATA_LOSS)) return rest;
  }
  std::unique_ptr<Writer> writer(new Writer(path));
  writer->keep_ = writer->offset_ = is_new ? 0 : reader->offset();
  if (is_new) {
    writer->pending_ = Header();
    writer->offset_ = writer->pending_.size();
  } else {
    writer->lineage_ = reader->lineage();
    const journal::Position end = reader->position();
    writer->sequence_ = end.sequence;
    writer->hash_ = end.block_hash;
  }
  return writer;
}

journal::Position Writer::position() const {
  return lineage_.empty() ? journal::Position{} : lineage_.PositionOf(sequence_, hash_);
}

absl::Status Writer::Continues(const journal::Lineage& lineage, const journal::Position& end) const {
  if (lineage_.empty()) return absl::OkStatus();
  const journal::Position here = position();
  if (!lineage.Knows(lineage_.current().id) || lineage.encoded().size() < lineage_.encoded().size() ||
      !std::equal(lineage_.encoded().begin(), lineage_.encoded().end(), lineage.encoded().begin())) {
    return MakeError(Reason::NOT_EMPTY, "backup", path_,
                     "this is a backup of another journal: " + journal::ToHex(lineage_.current().id) + ", the service has " + journal::ToHex(lineage.current().id));
  }
  if (here.sequence > end.sequence || !lineage.Contains(lineage_.current().id, here.sequence)) {
    return MakeError(Reason::ROLLED_BACK, "backup", path_, "the backup reaches " + Words(here) + ", the service only " + Words(end));
  }
  return absl::OkStatus();
}

absl::Status Writer::SetLineage(const journal::Lineage& lineage) {
  const size_t known = lineage_.encoded().size();
  CHECK(known <= lineage.encoded().size());
  for (size_t i = known; i < lineage.encoded().size(); ++i) RETURN_IF_ERROR(Put(lineage.encoded()[i]));
  lineage_ = lineage;
  return absl::OkStatus();
}

absl::Status Writer::Append(std::string_view bytes) {
  const auto damaged = [&](const std::string& where, std::string_view what) { return MakeError(Reason::DATA_LOSS, "journal", where, what); };
  CHECK(!lineage_.empty());
  const absl::StatusOr<journal::BlockView> block = journal::DecodeBlock(bytes, /*verify_root=*/true);
  if (!block.ok()) {
    if (anju::HasReason(block.status(), Reason::SCHEMA_TOO_NEW)) return block.status();
    return damaged(std::to_string(sequence_ + 1), ErrorsOf(block.status()).front().message);
  }
  const journal::BlockHeader& header = block->header;
  if (header.first_sequence != sequence_ + 1) return damaged(std::to_string(sequence_ + 1), "the journal leaves out or repeats events");
  if (!lineage_.Fits(hash_, *block)) return damaged(RangeOf(header), "this block or the one before it is not the one that was chained");
  RETURN_IF_ERROR(Put(bytes));
  sequence_ = header.last_sequence();
  hash_ = block->hash;
  return absl::OkStatus();
}

absl::Status Writer::Put(std::string_view record) {
  if (record.size() > kRecordBytesMax) return MakeError(Reason::MESSAGE_TOO_LARGE, "backup", path_, "a block is larger than a record may be");
  PutInteger32(pending_, static_cast<uint32_t>(record.size()));
  PutInteger32(pending_, Crc32c(record));
  pending_.append(record);
  offset_ += kRecordPrefixBytes + record.size();
  return pending_.size() >= kPendingBytesMax ? Flush() : absl::OkStatus();
}

// The first write opens the file and cuts what is torn: a backup that is refused before has changed nothing.
absl::Status Writer::Flush() {
  if (file_.get() < 0) {
    file_ = files::Descriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0640));
    if (file_.get() < 0) return files::FileError("open", path_, errno);
    if (::ftruncate(file_.get(), static_cast<off_t>(keep_)) != 0) return files::FileError("truncate", path_, errno);
    if (::lseek(file_.get(), static_cast<off_t>(keep_), SEEK_SET) < 0) return files::FileError("seek", path_, errno);
  }
  RETURN_IF_ERROR(files::WriteAll(file_, pending_, path_));
  pending_.clear();
  return absl::OkStatus();
}

absl::Status Writer::Sync() {
  RETURN_IF_ERROR(Flush());
  if (::fdatasync(file_.get()) != 0) return files::FileError("fdatasync", path_, errno);
  return absl::OkStatus();
}

}  // namespace anju::archive
