// Bytes of the state store's rows: keys with big-endian numbers; varints, little-endian numbers and texts in values.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "services/progress/store/event_codec.h"
#include "services/progress/store/schema.h"

namespace anju::progress {

template <typename Int>
std::string KeyOf(Table table, Int number) {
  std::string key(1, static_cast<char>(table));
  for (int shift = 8 * (sizeof number - 1); shift >= 0; shift -= 8) key.push_back(static_cast<char>(number >> shift));
  return key;
}

template <typename Int>
bool NumberOf(std::string_view key, Int* number) {
  if (key.size() != 1 + sizeof *number) return false;
  *number = 0;
  for (const char c : key.substr(1)) *number = static_cast<Int>(*number << 8) | static_cast<uint8_t>(c);
  return true;
}

inline void AppendVarint(uint64_t value, std::string* to) {
  char buffer[10];
  to->append(buffer, PutVarint(value, buffer) - buffer);
}

inline void AppendFixed(uint64_t value, std::string* to) { to->append(reinterpret_cast<const char*>(&value), sizeof value); }

inline void AppendText(std::string_view text, std::string* to) {
  AppendVarint(text.size(), to);
  to->append(text);
}

inline bool TakeByte(std::string_view* bytes, uint8_t* value) {
  if (bytes->empty()) return false;
  *value = static_cast<uint8_t>(bytes->front());
  bytes->remove_prefix(1);
  return true;
}

inline bool TakeU32(std::string_view* bytes, uint32_t* value) {
  uint64_t wide = 0;
  if (!TakeVarint(bytes, &wide) || wide > UINT32_MAX) return false;
  *value = static_cast<uint32_t>(wide);
  return true;
}

inline bool TakeFixed(std::string_view* bytes, uint64_t* value) {
  if (bytes->size() < sizeof *value) return false;
  std::memcpy(value, bytes->data(), sizeof *value);
  bytes->remove_prefix(sizeof *value);
  return true;
}

inline bool TakeText(std::string_view* bytes, std::string* text) {
  uint64_t size = 0;
  if (!TakeVarint(bytes, &size) || size > bytes->size()) return false;
  text->assign(bytes->substr(0, size));
  bytes->remove_prefix(size);
  return true;
}

// DATA_LOSS that names the row.
absl::Status BrokenRow(std::string_view key);

}  // namespace anju::progress
