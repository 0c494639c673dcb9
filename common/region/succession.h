// Who goes on with a region that ended: recodes, merges and splits with their exact shares. Beside the dated rows of the region tree.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/decimal/decimal.h"
#include "common/region/region_tree.h"
#include "common/time/date.h"

namespace anju {

enum class BoundaryKind : uint8_t { kNone = 0, kRename = 1, kRecode = 2, kMove = 3, kAbolish = 4, kMerge = 5, kSplit = 6, kConvert = 7 };  // as on the wire

// One boundary change, as recorded (anju.plan.v1.BoundaryEvent).
struct BoundaryEvent {
  BoundaryKind kind = BoundaryKind::kNone;
  Date date;                          // first day of the new state
  RegionNumber region = 0;
  RegionNumber into = 0;
  Fraction share{0, 1};               // > 0: `into` goes on with this share of what `region` reported and was set
  std::vector<RegionNumber> units;
  std::string name, level, kind_word, document, note;
  uint32_t line = 0;
  uint64_t sequence = 0;              // plan journal sequence of the event it came in
  // Whether figures and targets pass from `region` to `into`.
  bool passes() const { return share.numerator > 0; }
  friend bool operator==(const BoundaryEvent&, const BoundaryEvent&) = default;
};

// All boundary changes, in the order they were recorded. Copyable value; const methods are safe for concurrent use.
class Boundaries {
 public:
  void Add(const BoundaryEvent& event);
  const std::vector<BoundaryEvent>& all() const { return events_; }
  // Changes by which `region` passes on what it had; those of one event have shares that are 1 together. Empty if it never did. A region passes on once.
  const std::vector<size_t>& PassedOnBy(RegionNumber region) const;  // indexes into all(), in the order of the split
  // Changes by which `region` receives, by date, then in the order recorded.
  const std::vector<size_t>& ReceivedBy(RegionNumber region) const;
  // True when `region` has passed everything on by `day`: it stands nowhere in the tree of that day.
  bool IsGone(RegionNumber region, Date day) const;
  // The part of `amount` that change `index` (one that passes) hands over: exact shares, largest remainders first, ties to the earlier part, so
  // that the parts of one split (the changes of the region that came in one event) always add up to the amount; below zero likewise on the absolute amount.
  int64_t ShareOf(size_t index, int64_t amount) const;
  bool empty() const { return events_.empty(); }

 private:
  std::vector<BoundaryEvent> events_;
  std::unordered_map<RegionNumber, std::vector<size_t>> passed_on_, received_;
};

}  // namespace anju
