// The progress journal folded by the rules alone: every number of a source once, every series, every figure, every review.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/audit/findings.h"
#include "common/audit/plan_facts.h"
#include "common/journal/format.h"
#include "common/model/reports.h"

namespace anju::audit {

using model::Series;

class ProgressFacts {
 public:
  // Both must outlive it. `plan` is complete.
  ProgressFacts(const PlanFacts& plan, Findings* findings) : plan_(plan), findings_(*findings) {}

  // One event, in order, with what its block says.
  void Take(uint64_t sequence, const journal::BlockHeader& block, std::string_view event);

  const std::vector<Series>& series() const { return series_; }
  struct Counts {
    uint64_t sources = 0, updates = 0, refusals = 0, reviews = 0;
  };
  const Counts& counts() const { return counts_; }

 private:
  // An update as it stands in its event; what is only for people is left in the event.
  struct Update {
    uint32_t series = 0, source = 0;
    int32_t as_of_days = 0;
    int64_t amount = 0;
    uint64_t source_sequence = 0, corrects = 0;
    uint32_t kind = 0;
    bool explained = false, flagged = false;
  };
  static bool Decode(std::string_view event, Update* update);
  void TakeUpdate(uint64_t sequence, const journal::BlockHeader& block, const Update& update);
  void TakeOther(uint64_t sequence, const journal::BlockHeader& block, std::string_view event);
  void TakeSeries(uint64_t sequence, const journal::BlockHeader& block, Number number, const Key& key);
  void TakeNumber(uint64_t sequence, uint32_t source, uint64_t number);
  bool StaysInRange(const Series& series, Date from, bool negative) const;
  bool StepAllowed(uint64_t sequence, int state);

  const PlanFacts& plan_;
  Findings& findings_;
  uint64_t next_ = 1;
  std::vector<uint64_t> sources_;  // by number less one: its last number
  absl::flat_hash_map<std::string, uint32_t> names_;
  std::vector<Series> series_;
  std::vector<bool> negative_;       // by series: may fall below zero
  absl::flat_hash_map<Key, uint32_t> keys_;
  std::vector<uint32_t> series_of_;  // by sequence: of an update; 0 for every other event
  std::vector<uint8_t> states_;      // by sequence: review state of an update, and whether its flags are unexplained
  Counts counts_;
};

}  // namespace anju::audit
