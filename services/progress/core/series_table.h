// Series (reporting region, programme, indicator, plan period), their numbers and their histories.
#pragma once

#include <cstdint>
#include <deque>
#include <tuple>

#include "absl/container/flat_hash_map.h"
#include "common/catalogue/catalogue.h"
#include "common/region/region_tree.h"
#include "common/series/series.h"
#include "common/time/date.h"

namespace anju::progress {

using SeriesNumber = uint32_t;  // minted in the progress journal; 0 is "none"

struct SeriesKey {
  RegionNumber region = 0;
  ProgrammeNumber programme = 0;
  IndicatorNumber indicator = 0;
  Period period;  // {0, 0} for a stock
  friend bool operator==(const SeriesKey&, const SeriesKey&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const SeriesKey& key) {
    return H::combine(std::move(state), key.region, key.programme, key.indicator, key.period.first, key.period.last);
  }
};

// Not thread-safe.
class SeriesTable {
 public:
  SeriesNumber Find(const SeriesKey& key) const {  // 0 if never opened
    const auto it = numbers_.find(key);
    return it == numbers_.end() ? 0 : it->second;
  }
  // REQUIRES: number == next(), a key not in it. False when that does not hold (an event that cannot be ours).
  bool Open(SeriesNumber number, const SeriesKey& key) {
    if (number != next() || !numbers_.emplace(key, number).second) return false;
    series_.push_back({.key = key});
    return true;
  }
  SeriesNumber next() const { return static_cast<SeriesNumber>(series_.size()) + 1; }
  bool Has(SeriesNumber number) const { return number >= 1 && number <= series_.size(); }
  const SeriesKey& KeyOf(SeriesNumber number) const { return series_[number - 1].key; }
  SeriesHistory& HistoryOf(SeriesNumber number) { return series_[number - 1].history; }
  const SeriesHistory& HistoryOf(SeriesNumber number) const { return series_[number - 1].history; }
  // Asks memory for a series without waiting for it. REQUIRES: Has(number).
  void Prefetch(SeriesNumber number) const {
    const Series* const series = &series_[number - 1];
    __builtin_prefetch(series);
    __builtin_prefetch(reinterpret_cast<const char*>(series + 1) - 1);
  }

 private:
  // Two lines of the processor's cache, which a decision about the newest day looks at and at nothing else.
  struct alignas(64) Series {
    SeriesHistory history;
    SeriesKey key;
  };
  static_assert(sizeof(Series) == 128);
  std::deque<Series> series_;
  absl::flat_hash_map<SeriesKey, SeriesNumber> numbers_;
};

}  // namespace anju::progress
