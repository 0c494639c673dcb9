// The histories of many series at once, from updates in the order of their journal: counted in a first walk, placed in a second.
//
// A history that grows update by update is moved whenever it outgrows its memory, and each update waits for memory that no cache holds:
// ten million take seconds. Counted first, every history is allocated once, and placing is a write that nothing waits for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

#include "common/series/series.h"

namespace anju {

// A walk may be divided into parts, stretches of the journal that follow each other, each by a thread of its own. The walks themselves
// come after each other.
class HistoryLoader {
 public:
  HistoryLoader(size_t series, size_t parts) : entries_(series), places_(parts, std::vector<Place>(series)) {}
  size_t series() const { return entries_.size(); }

  // First walk. REQUIRES: 1 ≤ series ≤ series().
  void Count(size_t part, uint32_t series) { ++places_[part][series - 1].left; }
  // Between the walks.
  void Allocate();
  // Second walk. False for an update that the first one did not see.
  bool Put(size_t part, uint32_t series, const SeriesEntry& entry) {
    Place& place = places_[part][series - 1];
    if (place.left == 0) return false;
    --place.left;
    *place.next++ = entry;
    return true;
  }
  // After it, once for a series; any thread.
  SeriesHistory Take(uint32_t series) { return SeriesHistory(std::move(entries_[series - 1])); }

 private:
  // Where the next update of a series goes that a part brings, and how many it brings yet.
  struct Place {
    SeriesEntry* next = nullptr;
    size_t left = 0;
  };
  std::vector<std::vector<SeriesEntry>> entries_;  // by series
  std::vector<std::vector<Place>> places_;         // by part, by series
};

// Calls work(0) … work(parts - 1), each in a thread of its own, and waits for all.
template <typename Work>
void InParts(size_t parts, Work work) {
  std::vector<std::thread> threads;
  for (size_t part = 1; part < parts; ++part) threads.emplace_back([&work, part] { work(part); });
  work(0);
  for (std::thread& thread : threads) thread.join();
}

}  // namespace anju
