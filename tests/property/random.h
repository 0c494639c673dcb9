// Random numbers that are the same on every machine.
#pragma once

#include <cstdint>
#include <vector>

namespace anju::worlds {

// SplitMix64. Plain value.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) { Next(); }
  // One of several independent streams of a seed.
  Random(uint64_t seed, uint64_t stream) : Random(seed * 0x9E3779B97F4A7C15ULL + stream * 0xD1342543DE82EF95ULL + 1) {}
  uint64_t Next() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  // 0 … limit − 1.
  uint64_t Below(uint64_t limit) { return Next() % limit; }
  // lowest … highest.
  int64_t Between(int64_t lowest, int64_t highest) { return lowest + static_cast<int64_t>(Below(static_cast<uint64_t>(highest - lowest + 1))); }
  // True in so many of a hundred cases.
  bool Percent(uint64_t share) { return Below(100) < share; }
  template <typename T>
  const T& OneOf(const std::vector<T>& values) {
    return values[Below(values.size())];
  }

 private:
  uint64_t state_;
};

}  // namespace anju::worlds
