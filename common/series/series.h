// The history of one series and its value at a date and position. Pure; shared by who decides and who derives.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/time/date.h"

namespace anju {

enum class UpdateKind : uint8_t { kCumulative = 0, kIncrement = 1, kCorrection = 2, kReduction = 3 };

// One accepted update. Amounts in smallest units; a reduction's amount is positive and is taken off.
struct SeriesEntry {
  Date as_of;
  uint64_t sequence = 0;  // journal sequence
  int64_t amount = 0;
  UpdateKind kind = UpdateKind::kCumulative;
  friend bool operator==(const SeriesEntry&, const SeriesEntry&) = default;
};

// A figure in force.
struct SeriesValue {
  int64_t amount = 0;
  Date as_of;             // of the newest entry that counts in it
  uint64_t sequence = 0;  // of that entry
  Date base = kDistantPast;  // as_of of the figure that stands by itself; kDistantPast when there are only increments and reductions.
                             // ValueAt and Latest leave it alone: ask ValueWhere or BaseAt
  friend bool operator==(const SeriesValue&, const SeriesValue&) = default;
};

// The value after `entry` when it was `before`; stops at the ends of int64.
int64_t ValueAfter(int64_t before, const SeriesEntry& entry);

// Entries ordered by (as_of, sequence). Value at (date D, position P): the latest cumulative or correction with as_of ≤ D and
// sequence ≤ P, plus increments and minus reductions that come after it in that order, up to D and P. At the same as_of the later
// sequence holds. Not thread-safe.
class SeriesHistory {
 public:
  SeriesHistory() = default;
  // The same as inserting each of them. REQUIRES: no sequence twice.
  explicit SeriesHistory(std::vector<SeriesEntry> entries);
  // Appends usually; late figures go where they belong. REQUIRES: a sequence not in it.
  void Insert(const SeriesEntry& entry);
  // nullopt when nothing counts.
  std::optional<SeriesValue> ValueAt(Date date, uint64_t position) const;
  // The same over the entries that `counts(entry)` lets through only, with `base` filled in.
  template <typename Counts>
  std::optional<SeriesValue> ValueWhere(Date date, Counts counts) const;
  // `base` of ValueAt(date, position).
  Date BaseAt(Date date, uint64_t position) const;
  // The entries that ValueWhere adds up, oldest first: the one that stands by itself, and what comes after it.
  template <typename Counts>
  std::vector<const SeriesEntry*> InForceWhere(Date date, Counts counts) const;
  // The newest value of all.
  std::optional<SeriesValue> Latest() const { return ValueAt(kDistantFuture, UINT64_MAX); }
  // Lowest value the series takes on any date from entry.as_of on, were `entry` in it; for the check that nothing falls below zero.
  int64_t LowestWith(const SeriesEntry& entry) const;
  // The highest one likewise, so that no sum grows beyond what a figure may be.
  int64_t HighestWith(const SeriesEntry& entry) const;
  // The entry of this sequence; nullptr if there is none.
  const SeriesEntry* Find(uint64_t sequence) const;
  const std::vector<SeriesEntry>& entries() const { return entries_; }
  // The last of entries(); nullptr when there are none.
  const SeriesEntry* newest() const { return entries_.empty() ? nullptr : &newest_; }
  // Asks memory for what Insert writes to, without waiting for it. What is asked of the newest day stands in the object itself.
  void Prefetch() const {
    if (!entries_.empty()) __builtin_prefetch(&entries_.back(), 1);
    if (running_ != nullptr) __builtin_prefetch(&running_->back(), 1);
  }

 private:
  size_t PlaceOf(const SeriesEntry& entry) const;
  // The value right after an entry, with all entries before it.
  int64_t RunningAt(size_t place) const { return running_ == nullptr ? entries_[place].amount : (*running_)[place]; }
  void BuildRunning();
  void NoteNewest();
  // Lowest and highest value on any date from entry.as_of on, were `entry` in it.
  std::pair<int64_t, int64_t> RangeWith(const SeriesEntry& entry) const;

  std::vector<SeriesEntry> entries_;
  std::unique_ptr<std::vector<int64_t>> running_;  // RunningAt; null while every entry stands by itself, as in most series
  uint64_t newest_sequence_ = 0;   // at or beyond it, RunningAt is the answer
  SeriesEntry newest_;             // a copy of the last entry, and the value after it: nearly every question is about it, and memory is slow
  int64_t newest_value_ = 0;
};

template <typename Counts>
std::vector<const SeriesEntry*> SeriesHistory::InForceWhere(Date date, Counts counts) const {
  std::vector<const SeriesEntry*> found;
  for (size_t i = entries_.size(); i > 0; --i) {
    const SeriesEntry& entry = entries_[i - 1];
    if (entry.as_of > date || !counts(entry)) continue;
    found.push_back(&entry);
    if (entry.kind == UpdateKind::kCumulative || entry.kind == UpdateKind::kCorrection) break;
  }
  std::reverse(found.begin(), found.end());
  return found;
}

template <typename Counts>
std::optional<SeriesValue> SeriesHistory::ValueWhere(Date date, Counts counts) const {
  const std::vector<const SeriesEntry*> found = InForceWhere(date, counts);
  if (found.empty()) return std::nullopt;
  SeriesValue value{.amount = 0, .as_of = found.back()->as_of, .sequence = found.back()->sequence, .base = kDistantPast};
  for (const SeriesEntry* entry : found) {
    value.amount = ValueAfter(value.amount, *entry);
    if (entry->kind == UpdateKind::kCumulative || entry->kind == UpdateKind::kCorrection) value.base = entry->as_of;
  }
  return value;
}

}  // namespace anju
