// The hot half of the progress journal's wire form, by hand: an Event that holds an Update. A test compares it with protobuf.
//
// One update is encoded and decoded once on the decider's way, a million times a second; generated code costs ten times as much
// and a heap allocation or two each way. Everything else in the journal goes through protobuf.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "services/progress/core/item.h"
#include "services/progress/core/series_table.h"
#include "services/progress/core/source_table.h"

namespace anju::progress {

// progress.v1.Update. Views into the event's bytes, but for the flags.
struct UpdateEvent {
  SeriesNumber series = 0;
  SourceNumber source = 0;
  uint64_t source_sequence = 0;
  Figure figure;
  std::string_view actor;
  std::vector<Flag> flags;
};

// Bytes of progress.v1.Event { update }. The first form replaces what is in `event`, whose memory is used again.
void EncodeUpdate(const UpdateEvent& update, std::string* event);
std::string EncodeUpdate(const UpdateEvent& update);

enum class Decoded { kUpdate, kOther, kBroken };
// kOther: well-formed so far, but another kind of event (left to protobuf).
Decoded DecodeUpdate(std::string_view event, UpdateEvent* update);

// ---- Varints, also used by the rows of the state store ----
inline char* PutVarint(uint64_t value, char* to) {
  while (value >= 0x80) {
    *to++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *to++ = static_cast<char>(value);
  return to;
}
inline bool TakeVarint(std::string_view* bytes, uint64_t* value) {
  uint64_t result = 0;
  for (size_t i = 0; i < bytes->size() && i < 10; ++i) {
    const uint8_t byte = static_cast<uint8_t>((*bytes)[i]);
    result |= uint64_t{byte & 0x7Fu} << (7 * i);
    if (byte < 0x80) {
      bytes->remove_prefix(i + 1);
      *value = result;
      return true;
    }
  }
  return false;
}
inline uint64_t ZigZag(int64_t value) { return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63); }
inline int64_t UnZigZag(uint64_t value) { return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1); }

}  // namespace anju::progress
