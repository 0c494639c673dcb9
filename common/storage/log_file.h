// RocksDB's write-ahead log read by ourselves and past its checksums: RocksDB leaves damaged records out, and often what follows them; an auditor wants to see them.
//
//   file      blocks of 32 KiB; no header begins in the last 6 bytes of one
//   fragment  u32 masked CRC-32C of what follows the length | u16 length of the payload | u8 type | types 5..8: u32 log number | payload
//   type      0 room taken ahead · 1 a whole record, 2 its first, 3 a middle, 4 its last fragment · 5..8 the same in a log file used again
//   record    u64 sequence | u32 count | entries: u8 1 | varint length, key | varint length, value, or u8 0 | varint length, key of a deleted one
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anju::storage {

inline constexpr size_t kLogBlockBytes = 32'768;

// One byte that is not what was written, as a fragment's checksum tells.
struct LogChange {
  uint64_t offset = 0;  // in the file
  uint8_t was = 0, is = 0;
};

// One put or delete. Later rows of the same key count, in the order of the file.
struct LogRow {
  struct Piece {
    size_t begin = 0;     // in the value
    uint64_t offset = 0;  // in the file
  };
  std::string key;                   // as it was written, where the checksum tells
  std::optional<std::string> value;  // as it stands in the file; nullopt when the key was deleted
  std::vector<Piece> pieces;         // where it stands there
  size_t record = 0;                 // index of its record in the file
  // Where byte `at` of the value stands. REQUIRES: at < value->size().
  uint64_t OffsetOf(size_t at) const;
};

struct LogDamage {
  uint64_t begin = 0, end = 0;      // bytes of the file
  size_t record = 0;                // index of the record they belong to
  bool read = false;                // the rows of that record were found nevertheless
  std::optional<LogChange> change;  // where one changed byte explains it
};

struct LogContents {
  std::vector<LogRow> rows;
  std::vector<LogDamage> damages;
  // The file ends inside a record that begins here: a write that was never finished, or a file that was cut.
  std::optional<uint64_t> cut_at;
};

// Reads any bytes; takes time and memory in proportion to them.
LogContents ReadLog(std::string_view bytes);

}  // namespace anju::storage
