// Bytes of the state rows: big-endian keys, packed updates.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/series/series.h"
#include "services/aggregator/core/cell.h"
#include "services/aggregator/store/schema.h"

namespace anju::aggregator {

// Writes a key or a fixed-width value piece by piece.
class RowWriter {
 public:
  RowWriter() = default;
  explicit RowWriter(Table table) { bytes_.push_back(static_cast<char>(table)); }
  RowWriter& U16(uint64_t value) { return Integer(value, 2); }
  RowWriter& U32(uint64_t value) { return Integer(value, 4); }
  RowWriter& U64(uint64_t value) { return Integer(value, 8); }
  RowWriter& Bytes(std::string_view bytes) {
    bytes_.append(bytes);
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  RowWriter& Integer(uint64_t value, int width);
  std::string bytes_;
};

// Reads it back. Reading beyond the end makes it bad and yields zeros.
class RowReader {
 public:
  explicit RowReader(std::string_view bytes) : bytes_(bytes) {}
  uint64_t U16() { return Integer(2); }
  uint64_t U32() { return Integer(4); }
  uint64_t U64() { return Integer(8); }
  std::string_view Bytes(size_t count);
  // True when everything was there and nothing is left.
  bool Done() const { return !bad_ && bytes_.empty(); }

 private:
  uint64_t Integer(int width);
  std::string_view bytes_;
  bool bad_ = false;
};

// A row of updates in the order of their journal, the first one's sequence in its key.
void AppendUpdate(uint32_t series, const SeriesEntry& entry, uint64_t previous_sequence, std::string* bytes);
// Takes the next update of a row. `previous_sequence`: as it was appended with. False when the bytes are no update.
bool TakeUpdate(std::string_view* bytes, uint64_t previous_sequence, uint32_t* series, SeriesEntry* entry);

std::string PackCell(const CellKey& cell);
std::optional<CellKey> ParseCell(std::string_view bytes);

}  // namespace anju::aggregator
