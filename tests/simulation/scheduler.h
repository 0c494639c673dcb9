// Simulated time: one queue of events, one source of chance, one trace. Everything that happens in a simulation happens in one of its events.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/time/date.h"

namespace anju::simulation {

// xoshiro256**: the same numbers everywhere, unlike the distributions of the standard library.
class Random {
 public:
  explicit Random(uint64_t seed) {
    for (uint64_t& word : state_) {
      seed += 0x9E3779B97F4A7C15;
      uint64_t z = seed;
      z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
      z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
      word = z ^ (z >> 31);
    }
  }
  uint64_t Next() {
    const auto rotate = [](uint64_t x, int k) { return (x << k) | (x >> (64 - k)); };
    const uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotate(state_[3], 45);
    return result;
  }
  uint64_t Below(uint64_t end) { return end == 0 ? 0 : Next() % end; }
  int64_t Between(int64_t first, int64_t last) { return first + static_cast<int64_t>(Below(static_cast<uint64_t>(last - first + 1))); }
  // True once in `n` times.
  bool OneIn(uint64_t n) { return n > 0 && Below(n) == 0; }
  // True in `permille` of a thousand.
  bool Permille(uint64_t permille) { return Below(1000) < permille; }

 private:
  uint64_t state_[4];
};

class Scheduler {
 public:
  explicit Scheduler(uint64_t seed) : random(seed) {}

  Random random;

  int64_t now_us() const { return now_us_; }
  uint64_t events() const { return events_; }  // that did something: a message came, a block was written, a machine died
  uint64_t turns() const { return turns_; }    // of the queue, also those in which nothing was to be done
  uint64_t trace() const { return trace_; }
  void After(int64_t delay_us, std::function<void()> what) {
    queue_.push({now_us_ + (delay_us < 0 ? 0 : delay_us), next_++, std::move(what)});
  }
  // One event; false when there is none.
  bool Step() {
    if (queue_.empty()) return false;
    // The queue's top is constant, but it is gone right after.
    Entry entry = std::move(const_cast<Entry&>(queue_.top()));
    queue_.pop();
    now_us_ = entry.at_us;
    ++turns_;
    Mix(static_cast<uint64_t>(now_us_));
    entry.what();
    return true;
  }
  // What happened goes into the trace; printed when somebody wants to read it.
  void Trace(std::string_view what, uint64_t number = 0) {
    ++events_;
    for (const char c : what) Mix(static_cast<uint8_t>(c));
    Mix(number);
    if (on_trace) on_trace(what, number);
  }
  std::function<void(std::string_view what, uint64_t number)> on_trace;

 private:
  struct Entry {
    int64_t at_us = 0;
    uint64_t order = 0;
    std::function<void()> what;
    bool operator<(const Entry& other) const { return at_us != other.at_us ? at_us > other.at_us : order > other.order; }
  };
  void Mix(uint64_t number) { trace_ = (trace_ ^ number) * 0x100000001B3 + (trace_ >> 29); }

  int64_t now_us_ = 0;
  uint64_t next_ = 0;
  uint64_t events_ = 0, turns_ = 0;
  uint64_t trace_ = 0xCBF29CE484222325;
  std::priority_queue<Entry> queue_;
};

// The clock of one machine: simulated time with an error of its own.
class SkewedClock final : public Clock {
 public:
  SkewedClock(const Scheduler& scheduler, int64_t start_us) : scheduler_(scheduler), offset_us_(start_us) {}
  int64_t NowMicros() override { return offset_us_ + scheduler_.now_us(); }
  void Shift(int64_t by_us) { offset_us_ += by_us; }
  void Set(int64_t offset_us) { offset_us_ = offset_us; }

 private:
  const Scheduler& scheduler_;
  int64_t offset_us_;
};

}  // namespace anju::simulation
