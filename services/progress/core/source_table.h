// Sources (writers) and the window that makes every item count once: the verdicts of the last 4,096 numbers of each.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/progress/core/item.h"

namespace anju::progress {

using SourceNumber = uint32_t;  // minted in the progress journal; 0 is "none"

inline constexpr uint64_t kWindow = 4'096;  // numbers whose original answer is kept
inline constexpr size_t kSourceNameBytesMax = 128;

// 1..128 bytes of [0-9A-Za-z._:-].
bool IsSourceName(std::string_view name);

// True for a source that stands for the bytes of one file. An edited file is another source, so only figures that stand by themselves
// may come from it: increments and reductions would count twice.
bool IsFileSource(std::string_view name);

// Where a number stands in its source.
enum class Standing { kNext, kRepeat, kTooOld, kGap };

// The numbers of one source: dense from 1. Grows with what it holds, up to kWindow entries of 16 bytes.
class Window {
 public:
  struct Entry {
    uint64_t digest = 0;
    Outcome outcome = Outcome::kAccepted;
    bool flagged = false;
  };
  // Highest number with a verdict; 0 at first.
  uint64_t last() const { return last_; }
  Standing StandingOf(uint64_t number) const;
  // REQUIRES: StandingOf(number) == kRepeat.
  const Entry& At(uint64_t number) const { return ring_[number & (ring_.size() - 1)]; }
  const Refused& RefusedAt(uint64_t number) const { return refused_.at(number); }
  // The soft checks that the item tripped. REQUIRES: as At.
  std::vector<Flag> FlagsAt(uint64_t number) const;
  // The verdict on number last() + 1. `refused` only for kRefused.
  void Push(uint64_t digest, Outcome outcome, const Refused* refused, const std::vector<Flag>& flags = {});
  // Makes an empty window go on after `number`, as if those up to it had left it: the next kWindow numbers are pushed at once.
  void StartAfter(uint64_t number);

 private:
  // 24 bytes: a source may trip a check with every item.
  struct KeptFlag {
    uint64_t number = 0;
    int64_t compared = 0;
    uint16_t rule = 0;  // index into rule_names_
    SoftCheck check = SoftCheck::kNone;
  };
  void Grow();
  void Keep(uint64_t number, const Flag& flag);
  std::vector<Entry> ring_;  // size 0 or a power of two; number n stands at n mod size
  uint64_t last_ = 0;
  absl::flat_hash_map<uint64_t, Refused> refused_;  // refusals within the window
  std::vector<KeptFlag> flags_;                     // by number; also some from before the window, until they are many
  std::vector<std::string> rule_names_;             // that flags_ ever named: as many as there are rules
};

struct Source {
  std::string name;
  std::string actor;  // who opened it
  Window window;
};

// All sources by number and by name. Not thread-safe.
class SourceTable {
 public:
  SourceNumber Find(std::string_view name) const;  // 0 if unknown
  // REQUIRES: number == next().
  void Open(SourceNumber number, std::string name, std::string actor);
  SourceNumber next() const { return static_cast<SourceNumber>(sources_.size()) + 1; }
  bool Has(SourceNumber number) const { return number >= 1 && number <= sources_.size(); }
  Source& at(SourceNumber number) { return sources_[number - 1]; }
  const Source& at(SourceNumber number) const { return sources_[number - 1]; }

 private:
  std::deque<Source> sources_;
  absl::flat_hash_map<std::string, SourceNumber> numbers_;
};

}  // namespace anju::progress
