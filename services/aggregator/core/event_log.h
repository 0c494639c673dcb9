// What every event of a progress journal did, by its sequence: four bytes an event, so that a walk through history needs no journal.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace anju::aggregator {

// Of one journal. Not thread-safe.
class EventLog {
 public:
  // Event `sequence` updated a series. Events may be added in any order.
  void Update(uint64_t sequence, uint32_t series) { At(sequence) = series; }
  // Event `sequence` was a review of these updates.
  void Review(uint64_t sequence, std::vector<uint64_t> updates) {
    At(sequence) = kReview;
    reviews_[sequence] = std::move(updates);
  }
  // Series of an update; 0 for every other event.
  uint32_t SeriesOf(uint64_t sequence) const {
    const uint32_t what = Find(sequence);
    return what == kReview ? 0 : what;
  }
  // Updates that a review is about; nullptr for every other event.
  const std::vector<uint64_t>* ReviewedBy(uint64_t sequence) const {
    const auto found = Find(sequence) == kReview ? reviews_.find(sequence) : reviews_.end();
    return found == reviews_.end() ? nullptr : &found->second;
  }

 private:
  static constexpr uint32_t kReview = UINT32_MAX;
  uint32_t& At(uint64_t sequence) {
    if (sequence > events_.size()) events_.resize(sequence);
    return events_[sequence - 1];
  }
  uint32_t Find(uint64_t sequence) const { return sequence < 1 || sequence > events_.size() ? 0 : events_[sequence - 1]; }

  std::vector<uint32_t> events_;  // by sequence less one: the series, kReview, or 0 for what changes no figure
  std::map<uint64_t, std::vector<uint64_t>> reviews_;
};

}  // namespace anju::aggregator
