// Where the days of a journal end, and which plan position its events were decided at: two short lists instead of every block's header.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "common/time/date.h"

namespace anju::aggregator {

// Days of recording (Asia/Shanghai) of one journal, each with its last event. Clocks may be set back; a journal's days never go back.
class DayIndex {
 public:
  // Events up to `last` were recorded by `day`. REQUIRES: `last` never falls. Returns the day they count for: `day`, or the newest if that is later.
  Date Add(Date day, uint64_t last);
  // Last event recorded by the end of `day`; 0 when nothing was.
  uint64_t LastUpTo(Date day) const;
  // True when nothing that is still to come can count for `day`: something was recorded on a later one.
  bool IsPast(Date day) const { return !days_.empty() && days_.back().first > day; }
  bool empty() const { return days_.empty(); }

 private:
  std::vector<std::pair<Date, uint64_t>> days_;  // ascending in both
};

// Which plan position the events of a progress journal name.
class PlanMarks {
 public:
  // Events from `first` on were decided at plan position `plan`. A position below the newest counts as the newest: what is decided later knows no
  // less. True when that is news worth storing. REQUIRES: `first` ascends.
  bool Add(uint64_t first, uint64_t plan);
  // The position that event `sequence` names; 0 for none.
  uint64_t PlanOf(uint64_t sequence) const;
  // The first event that names more than `plan`; UINT64_MAX when none does yet.
  uint64_t FirstBeyond(uint64_t plan) const;

 private:
  std::vector<std::pair<uint64_t, uint64_t>> marks_;  // first event → plan position, ascending in both
};

}  // namespace anju::aggregator
