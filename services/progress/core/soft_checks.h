// Soft checks (软校验) of an accepted figure: which rules it trips. Pure. A figure that trips one is probably wrong, but may be right: it is
// taken and marked, or has to come with a written explanation.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"

#include "common/checks/default_rules.h"
#include "common/region/succession.h"
#include "services/progress/core/decision.h"
#include "services/progress/core/item.h"
#include "services/progress/core/plan_targets.h"

namespace anju::progress {

// What plan says that soft checks look at.
struct PlanBooks {
  const std::vector<CheckRule>& rules;  // in force, by name
  const PlanTargets& targets;
  const Boundaries& boundaries;
};

// What rules ask of the series of one programme, indicator and plan period, in whatever region.
struct SharedChecks {
  // Another series of the region whose figure bounds ours.
  struct Bound {
    const CheckRule* rule = nullptr;
    IndicatorNumber indicator = 0;
    bool above = false;  // ours may not exceed it; else it may not exceed ours
  };
  std::vector<const CheckRule*> rules;  // that look at the series itself and at its targets
  std::vector<Bound> bounds;
  bool looks_before = false;  // some rule asks for the figure before
  bool has_target = false;    // some rule asks for the series' own target
  bool asks_plan = false;     // some rule asks whether the series is in the plan
  int64_t unit = 1;           // smallest units in one display unit
};

// The rules that can apply to one series, with all that they look at found beforehand: an item costs a few comparisons, and nothing
// where no rule applies. Holds until plan says something new. Points into PlanBooks, Books and the table it is of.
class alignas(64) SeriesChecks {
 public:
  // Appends what the figure, judged and accepted by Judge, trips; returns the rule that refuses it for want of an explanation, or nullptr.
  const CheckRule* Trips(const Books& books, const Meaning& meaning, const Figure& figure, std::vector<Flag>* flags);
  // Asks memory for what Trips will look at, without waiting for it, in two steps (1 and 2): each reads what the one before asked for.
  void Foresee(const SeriesTable& series, int step) const;

 private:
  friend class CheckTable;
  // What one figure is compared with.
  struct Case;

  void Find(const SharedChecks* shared, const Books& books, const PlanBooks& plan, const Meaning& meaning);
  void FindPlanned(const Books& books, const PlanBooks& plan, const Meaning& meaning);
  void FindOpened(const SeriesTable& series, const SeriesKey& key);
  bool Trip(const CheckRule& rule, const Case& figure, int64_t* compared) const;

  const SharedChecks* shared_ = nullptr;
  uint64_t version_ = 0;  // of the table, that it was found in; 0: never
  const CellTargets* target_ = nullptr;
  Date target_until_ = kDistantFuture;  // from here on it is not the whole target
  SeriesNumber opened_before_ = 0;      // series from this number on were not there when `bounds_` were last looked up
  absl::InlinedVector<SeriesNumber, 4> bounds_;  // as in SharedChecks; 0: not opened yet
  // Every cell by which the series is in the plan; null when that it is not in the plan can never trip.
  std::unique_ptr<std::vector<const CellTargets*>> planned_;
};
static_assert(sizeof(SeriesChecks) == 64, "one line of the processor's cache");

// The checks of all series, whoever reports them, each found when it is first asked for after plan said something new. Not thread-safe.
class CheckTable {
 public:
  // What plan says is not what it was: everything is found anew.
  void Forget();
  // REQUIRES: `books` and `plan` are the same, but for series, until Forget. Holds until the next call for a series that is not opened.
  SeriesChecks& Of(const Books& books, const PlanBooks& plan, const Meaning& meaning);
  // Of an opened series, if they were found already; else nullptr.
  const SeriesChecks* Known(SeriesNumber series) const {
    if (series == 0 || series > checks_.size() || checks_[series - 1].version_ != version_) return nullptr;
    return &checks_[series - 1];
  }
  // Asks memory for what Known looks at, without waiting for it.
  void Prefetch(SeriesNumber series) const {
    if (series != 0 && series <= checks_.size()) __builtin_prefetch(&checks_[series - 1]);
  }

 private:
  // Of a programme, an indicator and a period: a key without region.
  const SharedChecks& SharedOf(const Books& books, const PlanBooks& plan, const Meaning& meaning);

  uint64_t version_ = 1;
  std::deque<SeriesChecks> checks_;  // of series number n at n - 1
  SeriesChecks unopened_;
  absl::flat_hash_map<SeriesKey, std::unique_ptr<SharedChecks>> shared_;
};

}  // namespace anju::progress
