// Which byte of a block was changed, when one was: found by trying, proved by the root that the block names.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace anju::audit {

// How many steps of SHA-256 (64 bytes each) the search may cost; some twenty seconds. Beyond it nothing is found, and the whole block stays under suspicion.
inline constexpr uint64_t kPinpointStepsMax = 300'000'000;

struct Pinpointed {
  enum class Part { kEvent, kLength, kRoot, kHeader } part = Part::kEvent;
  uint32_t event = 0;  // index in the block, of kEvent and kLength
  size_t offset = 0;   // in the block's bytes
  uint8_t was = 0;
};

// REQUIRES: bytes that are not a block (DecodeBlock fails). nullopt when no single byte explains it.
std::optional<Pinpointed> Pinpoint(std::string_view bytes, uint64_t first_sequence, uint64_t steps_max = kPinpointStepsMax);

}  // namespace anju::audit
