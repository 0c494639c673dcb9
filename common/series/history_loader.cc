// Gives each part of the walk its place in every history.
#include "common/series/history_loader.h"

namespace anju {

void HistoryLoader::Allocate() {
  for (size_t series = 0; series < entries_.size(); ++series) {
    size_t count = 0;
    for (const std::vector<Place>& places : places_) count += places[series].left;
    entries_[series].resize(count);
    SeriesEntry* next = entries_[series].data();
    for (std::vector<Place>& places : places_) {
      places[series].next = next;
      next += places[series].left;
    }
  }
}

}  // namespace anju
