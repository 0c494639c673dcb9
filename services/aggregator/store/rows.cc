// Packs and unpacks the state rows.
#include "services/aggregator/store/rows.h"

namespace anju::aggregator {
namespace {

void AppendVarint(uint64_t value, std::string* bytes) {
  for (; value >= 0x80; value >>= 7) bytes->push_back(static_cast<char>(value | 0x80));
  bytes->push_back(static_cast<char>(value));
}

uint64_t ZigZag(int64_t value) { return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63); }
int64_t UnZigZag(uint64_t value) { return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1); }

bool TakeVarint(std::string_view* bytes, uint64_t* value) {
  uint64_t result = 0;
  for (size_t i = 0; i < bytes->size() && i < 10; ++i) {
    const uint8_t byte = static_cast<uint8_t>((*bytes)[i]);
    result |= uint64_t{byte & 0x7fu} << (7 * i);
    if (byte < 0x80) {
      bytes->remove_prefix(i + 1);
      *value = result;
      return true;
    }
  }
  return false;
}

}  // namespace

RowWriter& RowWriter::Integer(uint64_t value, int width) {
  for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) bytes_.push_back(static_cast<char>(value >> shift));
  return *this;
}

uint64_t RowReader::Integer(int width) {
  uint64_t value = 0;
  for (const char byte : Bytes(width)) value = value << 8 | static_cast<uint8_t>(byte);
  return value;
}

std::string_view RowReader::Bytes(size_t count) {
  if (bytes_.size() < count) {
    bad_ = true;
    return {};
  }
  const std::string_view taken = bytes_.substr(0, count);
  bytes_.remove_prefix(count);
  return taken;
}

void AppendUpdate(uint32_t series, const SeriesEntry& entry, uint64_t previous_sequence, std::string* bytes) {
  AppendVarint(entry.sequence - previous_sequence, bytes);
  AppendVarint(series, bytes);
  AppendVarint(static_cast<uint64_t>(entry.kind), bytes);
  AppendVarint(ZigZag(entry.as_of.days), bytes);
  AppendVarint(ZigZag(entry.amount), bytes);
}

bool TakeUpdate(std::string_view* bytes, uint64_t previous_sequence, uint32_t* series, SeriesEntry* entry) {
  uint64_t step, number, kind, as_of, amount;
  if (!TakeVarint(bytes, &step) || !TakeVarint(bytes, &number) || !TakeVarint(bytes, &kind) || !TakeVarint(bytes, &as_of) ||
      !TakeVarint(bytes, &amount) || number > UINT32_MAX || kind > static_cast<uint64_t>(UpdateKind::kReduction)) {
    return false;
  }
  *series = static_cast<uint32_t>(number);
  *entry = {.as_of = {static_cast<int32_t>(UnZigZag(as_of))},
            .sequence = previous_sequence + step,
            .amount = UnZigZag(amount),
            .kind = static_cast<UpdateKind>(kind)};
  return true;
}

std::string PackCell(const CellKey& cell) {
  return RowWriter().U32(cell.region).U32(cell.programme).U32(cell.indicator).U16(cell.period.first).U16(cell.period.last).bytes();
}

std::optional<CellKey> ParseCell(std::string_view bytes) {
  RowReader reader(bytes);
  CellKey cell;
  cell.region = static_cast<RegionNumber>(reader.U32());
  cell.programme = static_cast<ProgrammeNumber>(reader.U32());
  cell.indicator = static_cast<IndicatorNumber>(reader.U32());
  cell.period.first = static_cast<int32_t>(reader.U16());
  cell.period.last = static_cast<int32_t>(reader.U16());
  if (!reader.Done()) return std::nullopt;
  return cell;
}

}  // namespace anju::aggregator
