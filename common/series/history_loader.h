// The histories of many series at once, from updates in the order of their journal: counted in a first walk, placed in a second.
//
// A history that grows update by update is moved whenever it outgrows its memory, and each update waits for memory that no cache holds:
// ten million take seconds. Counted first, every history is allocated once; and of what is placed, the memory is asked for some updates
// ahead.
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
  HistoryLoader(size_t series, size_t parts) : entries_(series), parts_(parts) {
    for (Part& part : parts_) part.places.resize(series);
  }
  size_t series() const { return entries_.size(); }

  // First walk. REQUIRES: 1 ≤ series ≤ series().
  void Count(size_t part, uint32_t series) { ++parts_[part].places[series - 1].left; }
  // Between the walks.
  void Allocate();
  // Second walk, the same updates as in the first one.
  void Put(size_t part, uint32_t series, const SeriesEntry& entry) {
    Part& own = parts_[part];
    // Two steps ahead of the write: first the place of the series, then the memory that it points to.
    Ahead& slot = own.ahead[own.put % kAhead];
    if (own.put >= kAhead) Write(own, slot);
    slot = {series, entry};
    __builtin_prefetch(&own.places[series - 1], 1);
    if (own.put >= kAhead / 2) __builtin_prefetch(own.places[own.ahead[(own.put - kAhead / 2) % kAhead].series - 1].next, 1);
    ++own.put;
  }
  // Ends a part's second walk. False when it brought other updates than the first one.
  bool Finish(size_t part);
  // After both, once for a series; any thread.
  SeriesHistory Take(uint32_t series) { return SeriesHistory(std::move(entries_[series - 1])); }

 private:
  static constexpr size_t kAhead = 16;
  // Where the next update of a series goes that a part brings, and how many it brings yet.
  struct Place {
    SeriesEntry* next = nullptr;
    size_t left = 0;
  };
  struct Ahead {
    uint32_t series = 0;
    SeriesEntry entry;
  };
  struct Part {
    std::vector<Place> places;  // by series
    Ahead ahead[kAhead];        // not written yet
    size_t put = 0;
    bool differs = false;       // from the first walk
  };
  static void Write(Part& part, const Ahead& update) {
    Place& place = part.places[update.series - 1];
    if (place.left == 0) {
      part.differs = true;
      return;
    }
    --place.left;
    *place.next++ = update.entry;
  }
  std::vector<std::vector<SeriesEntry>> entries_;  // by series
  std::vector<Part> parts_;
};

// From now on in this process parts come one after another, on the caller's thread: for simulations, in which a disk that fails has to fail the same part
// each time.
void WorkPartsInTurn();
bool PartsComeInTurn();

// Calls work(0) … work(parts - 1), each in a thread of its own, and waits for all.
template <typename Work>
void InParts(size_t parts, Work work) {
  if (PartsComeInTurn()) {
    for (size_t part = 0; part < parts; ++part) work(part);
    return;
  }
  std::vector<std::thread> threads;
  for (size_t part = 1; part < parts; ++part) threads.emplace_back([&work, part] { work(part); });
  work(0);
  for (std::thread& thread : threads) thread.join();
}

}  // namespace anju
