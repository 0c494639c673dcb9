// A column's history as steps: which event of which journal comes next after a basis, whether it changes a cell, and which.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "services/aggregator/core/plan_marks.h"
#include "services/aggregator/core/view.h"

namespace anju::aggregator {

// One event of one journal.
struct JournalEvent {
  bool plan = false;  // else a progress journal
  Slot slot = 0;
  uint64_t sequence = 0;
  friend bool operator==(const JournalEvent&, const JournalEvent&) = default;
};

// The next event after `at` among those up to `available`, in canonical causal order: events of progress journals that were decided at the walk's plan
// position first (slots in `order`), then one event of the plan journal. nullopt when everything available has been walked. REQUIRES: `at` names a
// number for every slot.
std::optional<JournalEvent> NextEvent(const Known& at, const Known& available, const std::vector<Slot>& order, const std::vector<PlanMarks>& marks);
// The position after the event.
void Pass(const JournalEvent& event, Known* at);

// A registry of the past, with whatever keeps it alive. The same registry has the same holder.
struct HeldBooks {
  Books books;
  std::shared_ptr<const void> holder;
};

// What one look at a state lends a walk.
struct WalkSight {
  const State& state;
  const std::vector<PlanMarks>& marks;                                    // by slot
  const std::vector<std::map<uint64_t, std::vector<uint64_t>>>& reviews;  // by slot: updates of each review event
  std::function<HeldBooks(uint64_t plan)> books;                          // the registry as known at a plan position
  std::function<bool(uint64_t plan)> matters;                             // whether a plan event can change a column at all
  std::function<bool(uint64_t plan)> tells;                               // whether a plan event is told even when no cell changes
  Known available;                                                        // what is applied
  std::vector<Slot> order;                                                // slots by journal id
};

// One step: an event and what it changed.
struct WalkStep {
  Known before, after;
  std::optional<JournalEvent> cause;  // unset: only the column as it stands
  bool full = false;                  // `cells` is the whole column
  std::vector<Cell> cells;            // those that changed, whole (one of which nothing is known any more is empty); when full, those with anything known
  std::vector<RegionNumber> regions;  // when full: the parent, then its children in official order
  Date day;                           // of the tree
  std::shared_ptr<const void> registry;
  std::optional<Date> newest;         // date of data among the cells of the first key after the step; unset when there is none
};

// Walks one column from a basis to whatever is available. Keeps the column as it stands, so that each event costs the few cells it can change.
// Not thread-safe; looks may lie apart, as long as the state's history only grows.
class ColumnWalk {
 public:
  ColumnWalk(RegionNumber parent, std::vector<ColumnQuery> keys, ReviewFilter review, Known from);

  // The column as it stands, whole. Call once before Walk.
  WalkStep Start(const WalkSight& sight);
  // Walks on over at most `events_max` events and `steps_max` steps. Events that changed nothing are not listed; at() tells how far it came.
  std::vector<WalkStep> Walk(const WalkSight& sight, size_t events_max, size_t steps_max = SIZE_MAX);
  const Known& at() const { return at_; }
  // True when everything available has been walked.
  bool Done(const WalkSight& sight) const;

 private:
  // Newest date of data among the cells of the first key; unset when there is none.
  std::optional<Date> newest() const;
  class Looking;
  Cell& CellAt(size_t region, size_t key) { return cells_[region * keys_.size() + key]; }
  // Reads the whole column; true when anything is not as it was.
  bool ReadAll(Looking& looking);
  // Reads the cells that figures of these series can be in; those that changed.
  std::vector<Cell> ReadChanged(Looking& looking, const std::vector<CellKey>& series);
  std::vector<CellKey> SeriesOf(const WalkSight& sight, const JournalEvent& event) const;
  WalkStep Whole(Known before, std::optional<JournalEvent> cause, const Looking& looking) const;

  const RegionNumber parent_;
  const std::vector<ColumnQuery> keys_;
  const ReviewFilter review_;
  Known at_;
  std::vector<RegionNumber> regions_;
  std::vector<Region> rows_;  // of those regions, to see names and orders change
  std::vector<Cell> cells_;   // regions × keys, with those of which nothing is known
  Date day_;
};

}  // namespace anju::aggregator
