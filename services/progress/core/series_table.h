// Series (reporting region, programme, indicator, plan period), their numbers and their histories.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <tuple>
#include <vector>

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
    if (count_ % kPage == 0) pages_.push_back(std::make_unique<std::array<Series, kPage>>());
    At(++count_).key = key;
    return true;
  }
  SeriesNumber next() const { return count_ + 1; }
  bool Has(SeriesNumber number) const { return number >= 1 && number <= count_; }
  const SeriesKey& KeyOf(SeriesNumber number) const { return At(number).key; }
  SeriesHistory& HistoryOf(SeriesNumber number) { return At(number).history; }
  const SeriesHistory& HistoryOf(SeriesNumber number) const { return At(number).history; }
  // Asks memory for a series without waiting for it. REQUIRES: Has(number).
  void Prefetch(SeriesNumber number) const {
    __builtin_prefetch(&At(number));
    __builtin_prefetch(reinterpret_cast<const char*>(&At(number)) + sizeof(Series) - 1);
  }

 private:
  static constexpr size_t kPage = 1024;  // a table of pages that stays in the processor's cache, and series that never move
  struct Series {
    SeriesKey key;
    SeriesHistory history;
  };
  Series& At(SeriesNumber number) const { return (*pages_[(number - 1) / kPage])[(number - 1) % kPage]; }
  std::vector<std::unique_ptr<std::array<Series, kPage>>> pages_;
  SeriesNumber count_ = 0;
  absl::flat_hash_map<SeriesKey, SeriesNumber> numbers_;
};

}  // namespace anju::progress
