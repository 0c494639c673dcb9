// Soft checks (软校验) of an accepted figure: which rules it trips. Pure. A figure that trips one is probably wrong, but may be right: it is
// taken and marked, or has to come with a written explanation.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

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

// The rules that can apply to one series, with all that they look at found beforehand: an item costs a few comparisons, and nothing
// where no rule applies. Holds until plan says something new. Points into PlanBooks and Books.
class SeriesChecks {
 public:
  SeriesChecks() = default;
  SeriesChecks(const Books& books, const PlanBooks& plan, const Meaning& meaning);

  // Of the series it was made for.
  const SeriesKey& key() const { return key_; }
  // Appends what the figure, judged and accepted by Judge, trips; returns the rule that refuses it for want of an explanation, or nullptr.
  const CheckRule* Trips(const Books& books, const Meaning& meaning, const Figure& figure, std::vector<Flag>* flags);
  // Asks memory for what Trips will look at, without waiting for it, in three steps (1 to 3): each reads what the one before asked for.
  void Foresee(const SeriesTable& series, int step) const;

 private:
  // Another series whose figure bounds ours.
  struct Bound {
    const CheckRule* rule = nullptr;
    SeriesKey key;
    SeriesNumber series = 0;  // 0: not opened yet
    bool above = false;       // ours may not exceed it; else it may not exceed ours
  };
  // What one figure is compared with.
  struct Case;

  void AddRule(const Books& books, const PlanBooks& plan, const Meaning& meaning, const CheckRule& rule);
  void AddBounds(const Books& books, const CheckRule& rule, const Meaning& meaning);
  void AddBound(const Books& books, const CheckRule& rule, const Indicator& ours, IndicatorNumber other, bool above);
  // Finds every cell by which the series is in the plan; false when NOT_IN_PLAN can never trip.
  bool FindPlanned(const Books& books, const PlanBooks& plan, const Meaning& meaning);
  bool IsPlannedOn(Date day) const;
  void FindOpened(const SeriesTable& series);
  bool Trip(const CheckRule& rule, const Case& figure, int64_t* compared) const;

  SeriesKey key_;
  std::vector<const CheckRule*> rules_;  // that look at the series itself and at its targets
  std::vector<Bound> bounds_;
  SeriesNumber opened_before_ = 0;       // series from this number on were not there when `bounds_` were last looked up
  bool looks_before_ = false;            // some rule asks for the figure before
  const CellTargets* target_ = nullptr;
  Date target_until_ = kDistantFuture;  // from here on it is not the whole target
  std::vector<const CellTargets*> planned_;
  int64_t unit_ = 1;                     // smallest units in one display unit
};

}  // namespace anju::progress
