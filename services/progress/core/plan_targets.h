// What plan documents demand of each series, reduced to what soft checks ask: the revisions of its targets, layer by layer.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "common/time/date.h"
#include "services/progress/core/series_table.h"

namespace anju::progress {

// A printed cell of one layer, from `effective` on.
struct TargetRevision {
  enum class Kind : uint8_t {
    kNumber = 0,
    kNone = 1,       // printed without a number: the region is in the plan, nothing is demanded
    kTakenBack = 2,  // as if never printed
  };
  Date effective;  // first documents: the first day of the period
  int64_t amount = 0;
  uint8_t layer = 0;  // of the wire
  Kind kind = Kind::kNone;
  bool amendment = false;
};

// A document of the plan journal, reduced.
struct PlanDocument {
  struct Cell {
    SeriesKey key;
    uint8_t layer = 0;
    TargetRevision::Kind kind = TargetRevision::Kind::kNone;
    int64_t amount = 0;
  };
  uint64_t sequence = 0;  // in the plan journal
  bool amendment = false;
  Date effective;  // amendments only
  std::vector<Cell> cells;
};

// The revisions of one cell.
class CellTargets {
 public:
  // Documents come in journal order. Of first documents of a layer the first that gives a number holds, else the first that prints anything.
  void Add(const TargetRevision& revision);
  // The largest number in force over all layers.
  std::optional<int64_t> LargestOn(Date day) const;
  // True when something stands on this day that was not taken back, or will come.
  bool StandsOn(Date day) const;
  // False when StandsOn says the same on every day.
  bool DependsOnDay() const;
  // Asks memory for what the three look at, without waiting for it.
  void Prefetch() const {
    if (!revisions_.empty()) __builtin_prefetch(&revisions_.back());
  }

 private:
  // The one of its layer that holds on `day`; nullptr before the first.
  const TargetRevision* InForce(uint8_t layer, Date day) const;
  std::vector<TargetRevision> revisions_;  // in journal order; at most one first revision of each layer
};

// All cells of all documents. Pointers into it hold until the next Add. Not thread-safe.
class PlanTargets {
 public:
  void Add(const PlanDocument& document);
  const CellTargets* Find(const SeriesKey& key) const {  // nullptr if never printed
    const auto it = cells_.find(key);
    return it == cells_.end() ? nullptr : &it->second;
  }
  // True when some region has a target for this programme, indicator and period; the region of `key` does not matter.
  bool AnyRegionHas(SeriesKey key) const {
    key.region = 0;
    return somewhere_.contains(key);
  }
  size_t size() const { return cells_.size(); }

 private:
  absl::flat_hash_map<SeriesKey, CellTargets> cells_;
  absl::flat_hash_set<SeriesKey> somewhere_;  // keys without region
};

}  // namespace anju::progress
