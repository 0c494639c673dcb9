// The history of one series: entries in (as_of, sequence) order beside the value after each of them.
#include "common/series/series.h"

#include <algorithm>
#include <limits>

#include "common/status/macros.h"

namespace anju {
namespace {

constexpr int kLooksBack = 4;  // entries, before searching by halves

bool IsBase(UpdateKind kind) { return kind == UpdateKind::kCumulative || kind == UpdateKind::kCorrection; }

// Stops at the ends of int64: a sum that far out is refused by whoever asks, and must not wrap round to a plausible figure.
int64_t SaturatingAdd(int64_t a, int64_t b) {
  int64_t sum;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b > 0 ? std::numeric_limits<int64_t>::max() : std::numeric_limits<int64_t>::min();
}

bool Precedes(const SeriesEntry& a, const SeriesEntry& b) {
  return a.as_of != b.as_of ? a.as_of < b.as_of : a.sequence < b.sequence;
}

}  // namespace

int64_t ValueAfter(int64_t before, const SeriesEntry& entry) {
  if (IsBase(entry.kind)) return entry.amount;
  return SaturatingAdd(before, entry.kind == UpdateKind::kReduction ? -entry.amount : entry.amount);
}

size_t SeriesHistory::PlaceOf(const SeriesEntry& entry) const {
  // Nearly every update is the newest.
  if (entries_.empty() || Precedes(newest_, entry)) return entries_.size();
  return std::lower_bound(entries_.begin(), entries_.end(), entry, Precedes) - entries_.begin();
}

void SeriesHistory::Insert(const SeriesEntry& entry) {
  const size_t place = PlaceOf(entry);
  CHECK(place == entries_.size() || entries_[place].as_of != entry.as_of || entries_[place].sequence != entry.sequence);
  newest_sequence_ = std::max(newest_sequence_, entry.sequence);
  if (place == entries_.size()) {
    entries_.push_back(entry);
    if (running_ != nullptr) {
      running_->push_back(ValueAfter(newest_value_, entry));
    } else if (!IsBase(entry.kind)) {
      BuildRunning();
    }
    newest_value_ = ValueAfter(newest_value_, entry);
    newest_ = entry;
    return;
  }
  entries_.insert(entries_.begin() + place, entry);
  if (running_ == nullptr) {
    if (!IsBase(entry.kind)) BuildRunning();
    return NoteNewest();
  }
  std::vector<int64_t>& running = *running_;
  running.insert(running.begin() + place, ValueAfter(place == 0 ? 0 : running[place - 1], entry));
  // What comes after builds on the new value up to the next figure that stands by itself.
  for (size_t i = place + 1; i < entries_.size() && !IsBase(entries_[i].kind); ++i) running[i] = ValueAfter(running[i - 1], entries_[i]);
  NoteNewest();
}

SeriesHistory::SeriesHistory(std::vector<SeriesEntry> entries) : entries_(std::move(entries)) {
  if (!std::is_sorted(entries_.begin(), entries_.end(), Precedes)) std::sort(entries_.begin(), entries_.end(), Precedes);
  bool standalone = true;
  for (const SeriesEntry& entry : entries_) {
    newest_sequence_ = std::max(newest_sequence_, entry.sequence);
    standalone = standalone && IsBase(entry.kind);
  }
  if (!standalone) BuildRunning();
  NoteNewest();
}

void SeriesHistory::NoteNewest() {
  if (entries_.empty()) return;
  newest_ = entries_.back();
  newest_value_ = RunningAt(entries_.size() - 1);
}

void SeriesHistory::BuildRunning() {
  running_ = std::make_unique<std::vector<int64_t>>();
  running_->reserve(entries_.size());
  int64_t value = 0;
  for (const SeriesEntry& entry : entries_) running_->push_back(value = ValueAfter(value, entry));
}

std::optional<SeriesValue> SeriesHistory::ValueAt(Date date, uint64_t position) const {
  size_t end = entries_.size();
  if (end == 0) return std::nullopt;
  if (newest_.as_of <= date) {
    if (position >= newest_sequence_) return SeriesValue{.amount = newest_value_, .as_of = newest_.as_of, .sequence = newest_.sequence};
  } else {
    // Mostly it is a day shortly before: what is last in memory comes together.
    for (int back = 0; back < kLooksBack && end > 0 && entries_[end - 1].as_of > date; ++back) --end;
    if (end > 0 && entries_[end - 1].as_of > date) {
      end = std::upper_bound(entries_.begin(), entries_.begin() + end, date, [](Date day, const SeriesEntry& entry) { return day < entry.as_of; }) - entries_.begin();
    }
    if (end == 0) return std::nullopt;
  }
  if (position >= newest_sequence_) return SeriesValue{.amount = RunningAt(end - 1), .as_of = entries_[end - 1].as_of, .sequence = entries_[end - 1].sequence};

  // Back to the figure that stands by itself, then forward over what adds to it.
  size_t first = end;
  const SeriesEntry* newest = nullptr;
  while (first > 0) {
    const SeriesEntry& entry = entries_[--first];
    if (entry.sequence > position) continue;
    if (newest == nullptr) newest = &entry;
    if (IsBase(entry.kind)) break;
  }
  if (newest == nullptr) return std::nullopt;
  int64_t amount = 0;
  for (size_t i = first; i < end; ++i) {
    if (entries_[i].sequence <= position) amount = ValueAfter(amount, entries_[i]);
  }
  return SeriesValue{.amount = amount, .as_of = newest->as_of, .sequence = newest->sequence};
}

Date SeriesHistory::BaseAt(Date date, uint64_t position) const {
  for (size_t i = entries_.size(); i > 0; --i) {
    const SeriesEntry& entry = entries_[i - 1];
    if (entry.as_of <= date && entry.sequence <= position && IsBase(entry.kind)) return entry.as_of;
  }
  return kDistantPast;
}

std::pair<int64_t, int64_t> SeriesHistory::RangeWith(const SeriesEntry& entry) const {
  const size_t place = PlaceOf(entry);
  const int64_t before = place == entries_.size() ? newest_value_ : place == 0 ? 0 : RunningAt(place - 1);
  int64_t value = ValueAfter(before, entry);
  Date day = entry.as_of;
  std::optional<std::pair<int64_t, int64_t>> range;
  // A date shows only the value after its last entry.
  const auto close = [&] {
    if (!range) range = {value, value};
    range = {std::min(range->first, value), std::max(range->second, value)};
  };
  for (size_t i = place; i < entries_.size(); ++i) {
    if (entries_[i].as_of != day) close();
    day = entries_[i].as_of;
    value = ValueAfter(value, entries_[i]);
  }
  close();
  return *range;
}

int64_t SeriesHistory::LowestWith(const SeriesEntry& entry) const { return RangeWith(entry).first; }
int64_t SeriesHistory::HighestWith(const SeriesEntry& entry) const { return RangeWith(entry).second; }

const SeriesEntry* SeriesHistory::Find(uint64_t sequence) const {
  const auto it = std::find_if(entries_.rbegin(), entries_.rend(), [&](const SeriesEntry& entry) { return entry.sequence == sequence; });
  return it == entries_.rend() ? nullptr : &*it;
}

}  // namespace anju
