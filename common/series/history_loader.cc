// Gives each part of the walk its place in every history.
#include "common/series/history_loader.h"

#include <algorithm>
#include <atomic>

namespace anju {
namespace {

std::atomic<bool> in_turn = false;

}  // namespace

void WorkPartsInTurn() { in_turn = true; }
bool PartsComeInTurn() { return in_turn; }

void HistoryLoader::Allocate() {
  InParts(parts_.size(), [this](size_t thread) {
    const size_t end = entries_.size() * (thread + 1) / parts_.size();
    for (size_t series = entries_.size() * thread / parts_.size(); series < end; ++series) {
      size_t count = 0;
      for (const Part& part : parts_) count += part.places[series].left;
      entries_[series].resize(count);
      SeriesEntry* next = entries_[series].data();
      for (Part& part : parts_) {
        part.places[series].next = next;
        next += part.places[series].left;
      }
    }
  });
}

bool HistoryLoader::Finish(size_t part) {
  Part& own = parts_[part];
  for (size_t i = own.put - std::min(own.put, kAhead); i < own.put; ++i) Write(own, own.ahead[i % kAhead]);
  own.put = 0;
  return !own.differs && std::all_of(own.places.begin(), own.places.end(), [](const Place& place) { return place.left == 0; });
}

}  // namespace anju
