// CRC-32C (Castagnoli), as iSCSI and RocksDB have it: against accidents, never against somebody.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace anju {

uint32_t Crc32c(std::string_view bytes);

// The checksum of each single byte, reflected: the step by which a checksum goes forward, and can be followed backwards.
constexpr std::array<uint32_t, 256> MakeCrc32cTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? 0x82F63B78u : 0);
    table[i] = crc;
  }
  return table;
}
inline constexpr std::array<uint32_t, 256> kCrc32cTable = MakeCrc32cTable();

}  // namespace anju
