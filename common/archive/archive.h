// The archive of one journal: what a backup keeps of it, the bytes of its identities and blocks and nothing else. FROZEN: backups are read in years.
//
//   file    "ANJUARCH" | u8 format=1 | 7 bytes 0 | records
//   record  u32 length | u32 CRC-32C of the bytes | bytes: an encoded Identity or an encoded Block (common/journal/format.h)
//
// Integers are little-endian. Identities come oldest first, each before the blocks that its journal recorded, most of them at the beginning: a journal
// that was restored and goes on in the same archive brings its own later. Blocks are dense from sequence 1. Files only grow, so that a backup costs what
// is new; what a killed backup leaves beyond the last manifest is taken over as far as it is whole, and the torn rest is cut.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/files/files.h"
#include "common/archive/manifest.h"
#include "common/journal/format.h"
#include "common/journal/lineage.h"

namespace anju::archive {

inline constexpr std::string_view kArchiveMagic = "ANJUARCH";
inline constexpr uint8_t kArchiveFormat = 1;
inline constexpr size_t kArchiveHeaderBytes = 16;
inline constexpr size_t kRecordPrefixBytes = 8;
inline constexpr uint32_t kRecordBytesMax = 256u << 20;  // a block of one request's events may be large; a damaged length must not eat the memory

// Reads an archive from its beginning and believes nothing: every checksum, root, hash and link is recomputed. Memory is that of one block. Errors are
// DATA_LOSS or SCHEMA_TOO_NEW with field "backup", value "FILE SEQUENCES" and a sentence; FILE_NOT_FOUND when there is none.
class Reader {
 public:
  // Reads `bytes` of the file (what a manifest vouches for), or all of it.
  static absl::StatusOr<std::unique_ptr<Reader>> Open(const std::string& path, std::optional<uint64_t> bytes = std::nullopt);
  // The archive of a backup's entry: another service's is DATA_LOSS as soon as that is read, and Next is false only where everything is as the
  // manifest says.
  static absl::StatusOr<std::unique_ptr<Reader>> Open(const std::string& directory, const Entry& entry);

  // For a caller that recomputes roots itself: they are not recomputed here, links still are.
  void LeaveRootsToCaller() { verify_roots_ = false; }
  // Goes to the next block; false at the end. After an error only what was read before it holds.
  absl::StatusOr<bool> Next();
  // The block Next went to. Views hold until the next call.
  const journal::BlockView& block() const { return block_; }
  std::string_view bytes() const { return bytes_; }

  // What was read so far. The lineage is empty before the first call of Next.
  const journal::Lineage& lineage() const { return lineage_; }
  // The end of the last block; before the first one sequence 0 of the journal.
  journal::Position position() const;
  uint64_t blocks() const { return blocks_; }
  // Where the record after the last whole one begins.
  uint64_t offset() const { return offset_; }
  // The sequences of the record that Next refused: "17", or "17..20" for a block of several events.
  const std::string& wrong() const { return wrong_; }

 private:
  friend class Writer;
  absl::Status GoOnToTheEndOfTheFile();  // beyond what the entry vouched for
  Reader(std::string path, files::Descriptor file, uint64_t bytes) : path_(std::move(path)), file_(std::move(file)), bytes_left_(bytes) {}
  // False when the file ends before.
  absl::StatusOr<bool> Read(char* bytes, size_t size);
  absl::Status ReadHeader();
  absl::Status ReadRecord();
  absl::Status TakeIdentity();
  absl::Status TakeBlock();
  absl::Status CompareWithEntry() const;
  absl::Status Damaged(std::string_view what) const;

  const std::string path_;
  const files::Descriptor file_;
  uint64_t bytes_left_;  // not read yet
  std::vector<char> buffer_;
  size_t buffered_ = 0, taken_ = 0;  // bytes of the file in it, and of those already read
  std::optional<Entry> entry_;
  bool verify_roots_ = true;
  uint64_t offset_ = 0;
  std::string bytes_;
  journal::BlockView block_;
  std::vector<std::string> identities_;
  journal::Lineage lineage_;
  uint64_t sequence_ = 0;
  journal::Hash hash_{};
  uint64_t blocks_ = 0;
  std::string wrong_;
};

// Continues an archive. One at a time: a backup holds the lock of its directory.
class Writer {
 public:
  // Opens or creates, and verifies all that is there. `vouched`: what the last finished backup says of this file; damage before its end is DATA_LOSS, what
  // is torn behind it is cut off. Nothing is changed when this fails. `path` names a directory.
  static absl::StatusOr<std::unique_ptr<Writer>> Open(const std::string& path, const Entry* vouched);

  // Empty when nothing is there yet.
  const journal::Lineage& lineage() const { return lineage_; }
  journal::Position position() const;
  uint64_t bytes() const { return offset_; }
  const std::string& path() const { return path_; }

  // OK when a journal with this lineage, which ends at `end`, can be what this archive has the beginning of. NOT_EMPTY for another journal, ROLLED_BACK when
  // the archive has more than the journal; both positions are named.
  absl::Status Continues(const journal::Lineage& lineage, const journal::Position& end) const;
  // Records the identities that are new. REQUIRES: Continues said OK.
  absl::Status SetLineage(const journal::Lineage& lineage);
  // The next block, encoded; it is checked like one that is read.
  absl::Status Append(std::string_view block);
  // Everything appended is on stable storage when it returns.
  absl::Status Sync();

 private:
  explicit Writer(std::string path) : path_(std::move(path)) {}
  absl::Status Put(std::string_view record);
  absl::Status Flush();

  const std::string path_;
  files::Descriptor file_;      // open from the first write on
  uint64_t keep_ = 0;    // bytes of the file that stay
  std::string pending_;  // written together
  uint64_t offset_ = 0;  // with what is pending
  journal::Lineage lineage_;
  uint64_t sequence_ = 0;
  journal::Hash hash_{};
};

// Reads an archive to its end and compares it with its entry: what `anju backup list` and `anju verify` begin with.
absl::Status VerifyArchive(const std::string& directory, const Entry& entry);

// "17", or "17..20" for a block of several events.
std::string RangeOf(const journal::BlockHeader& header);
// "journal id/sequence": how people read a position.
std::string Words(const journal::Position& position);

}  // namespace anju::archive
