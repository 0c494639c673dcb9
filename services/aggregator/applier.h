// The aggregator's state and the one way blocks go into it: whole, in turn, together with the position they lead to.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "anju/types/v1/basis.pb.h"
#include "common/journal/format.h"
#include "common/registry/registry.h"
#include "common/storage/reserve.h"
#include "common/storage/storage.h"
#include "common/thread/mutex.h"
#include "services/aggregator/core/state.h"
#include "services/aggregator/journals.h"
#include "services/aggregator/past.h"
#include "services/aggregator/store/store.h"

namespace anju::aggregator {

inline constexpr size_t kFlushUpdates = 250'000;  // what a restart has to read again at most, about
inline constexpr int kFlushIdleMs = 5'000;

// What changed since the last frame.
struct PendingChanges {
  bool started_over = false;  // everything before is void
  std::vector<State::ChangedCell> cells;
  std::set<RegionNumber> regions;
  std::set<ProgrammeNumber> programmes;
  std::set<IndicatorNumber> indicators;
};

// What one look sees.
struct Sight {
  const State& state;
  const Past& past;
  const FeedPosition& plan;
  const std::vector<FeedPosition>& progress;  // by slot
  const std::vector<std::atomic<int64_t>>& fresh_us;  // by feed; everything recorded before is applied, 0 while it has not told
  const std::vector<std::atomic<uint64_t>>& tellings;  // by feed; how often it has told that nothing of it is missing here
  types::v1::BasisStamp stamp;  // everything that is applied
  const Journals& journals;     // never null
};

// Safe for concurrent use. Appliers and whoever needs the state to stand still take `apply_mutex_`; answers only share `state_mutex_`,
// which an applier holds exclusively for no longer than one block takes in memory. Lock order: apply before state.
class Applier {
 public:
  // Opens state/ on `disk`, which must outlive it. Damaged or foreign rows are dropped: the feeds bring everything again.
  // `on_fatal` is called when a write fails: the outcome is unknown and the process must end.
  // `reserve_bytes` as in Store::Open.
  static absl::StatusOr<std::unique_ptr<Applier>> Open(storage::Disk& disk, size_t slots, std::function<void(const absl::Status&)> on_fatal,
                                                       uint64_t reserve_bytes = storage::kReserveBytes);
  // Flushes.
  ~Applier();

  // What feeds hand over. A block that is applied already changes nothing; one that is not the next is refused (DATA_LOSS).
  absl::Status ApplyPlan(const journal::BlockView& block, const journal::Position& after);
  absl::Status ApplyProgress(Slot slot, const journal::BlockView& block, const journal::Position& after);
  // True when the plan prefix that a block names has been applied.
  bool PlanReached(const journal::BlockHeader& header) const;
  // True when that prefix was lost by a restore of plan.
  bool PlanIsLost(const journal::BlockHeader& header) const;
  // NOT_READY: what such a block waits for, and whether it can come at all.
  absl::Status WhatItWaitsFor(const journal::BlockHeader& header) const;
  // Whose journal a feed is of, before its blocks and whenever it has become another one that continues it.
  void SetLineage(size_t feed, const journal::Lineage& lineage);
  // Whether this journal is the one that a feed was last of, or one that it continues.
  bool HasFollowed(size_t feed, const journal::JournalId& id) const;
  // Back to nothing: a feed lost our position. All feeds must start from zero then.
  void StartOver();
  // The plan service answered, if only to say that its journal is empty.
  void MarkPlanSeen();
  bool plan_seen() const;

  journal::Position plan_position() const;
  journal::Position position(Slot slot) const;
  size_t slots() const { return slots_; }
  // True when at least this much is applied.
  bool Includes(const types::v1::Basis& wanted) const;
  // ROLLED_BACK when what it names was lost by a restore, as far as the feeds have told.
  absl::Status CheckNotLost(const types::v1::Basis& wanted, std::string_view field) const;
  types::v1::BasisStamp Stamp() const;

  // One consistent look: `look(sight)` under the readers' lock. Keep it short.
  template <typename Look>
  auto Read(Look look) const {
    const ReaderLock lock(state_mutex_);
    return look(SightLocked());
  }
  // Runs `work(sight, take)` while nothing is applied; readers go on. `take()` hands over the pending changes and forgets them.
  using Work = std::function<void(const Sight&, const std::function<PendingChanges()>& take)>;
  void StandStill(const Work& work);

  // Upstream had nothing beyond `position` at `time_us`. Counts as soon as that position is applied, which it is when the feed says so.
  void MarkFresh(size_t feed, const journal::Position& position, int64_t time_us);
  // By feed, how often MarkFresh has counted.
  std::vector<uint64_t> tellings() const;
  // Everything recorded before this moment is applied; 0 while some feed has not told. Microseconds since the Unix epoch.
  int64_t complete_until_us() const;

  // Called after every change of the basis, without locks held. Set once, before the feeds start.
  void set_on_applied(std::function<void()> on_applied) { on_applied_ = std::move(on_applied); }
  // Called when only the freshness moved on. Set once, before the feeds start.
  void set_on_fresh(std::function<void()> on_fresh) { on_fresh_ = std::move(on_fresh); }
  // Writes rows behind if there are any and nothing has come for kFlushIdleMs, or at once.
  void FlushIfIdle();
  void Flush();

 private:
  Applier(std::unique_ptr<Store> store, size_t slots, std::function<void(const absl::Status&)> on_fatal);
  absl::Status Load();
  void Clear() REQUIRES(apply_mutex_, state_mutex_);
  // What a plan event does to the past, and whether it changes the registry. For replayed rows as for new events.
  bool Remember(uint64_t sequence, const plan::v1::Event& event) REQUIRES(state_mutex_);
  void FillFrom(StoredState stored) REQUIRES(apply_mutex_, state_mutex_);
  void ApplyPlanEvent(uint64_t sequence, const plan::v1::Event& event, std::vector<PrintedTarget> targets, bool* registry_changed)
      REQUIRES(apply_mutex_, state_mutex_);
  void ReplaceRegistry() REQUIRES(state_mutex_);
  void NoteChanged(const plan::v1::Event& event) REQUIRES(apply_mutex_);
  // The lineage of a feed, or what a block says of it where nobody else has.
  const journal::Lineage& LineageFor(size_t feed, const journal::Position& after) REQUIRES(apply_mutex_, state_mutex_);
  // The day that a block was recorded on, kept and put into the next flush.
  void MarkDay(size_t feed, const journal::BlockHeader& header) REQUIRES(apply_mutex_, state_mutex_);
  void FlushLocked() REQUIRES(apply_mutex_);
  void Fatal(const absl::Status& status);
  Sight SightLocked() const REQUIRES_SHARED(state_mutex_);
  int64_t CompleteUntilLocked() const REQUIRES_SHARED(state_mutex_);
  types::v1::BasisStamp StampLocked() const REQUIRES_SHARED(state_mutex_);
  types::v1::Basis BasisLocked() const REQUIRES_SHARED(state_mutex_);

  const size_t slots_;
  const std::function<void(const absl::Status&)> on_fatal_;
  std::function<void()> on_applied_;
  std::function<void()> on_fresh_;

  Mutex apply_mutex_ ANJU_THREAD_ANNOTATION(acquired_before(state_mutex_));
  const std::unique_ptr<Store> store_ PT_GUARDED_BY(apply_mutex_);
  PendingChanges noted_ GUARDED_BY(apply_mutex_);  // its cells stay in the state until they are taken
  int64_t last_applied_ms_ GUARDED_BY(apply_mutex_) = 0;

  mutable SharedMutex state_mutex_;
  std::unique_ptr<State> state_ GUARDED_BY(state_mutex_);
  std::unique_ptr<Past> past_ GUARDED_BY(state_mutex_);
  Journals journals_ GUARDED_BY(state_mutex_);
  // By feed; 0 while it has not told. Written under the readers' lock too: news of freshness alone never makes answers wait.
  std::vector<std::atomic<int64_t>> fresh_us_;
  std::vector<std::atomic<uint64_t>> tellings_;
  FeedPosition plan_ GUARDED_BY(state_mutex_);
  std::vector<FeedPosition> progress_ GUARDED_BY(state_mutex_);
  bool plan_seen_ GUARDED_BY(state_mutex_) = false;
};

}  // namespace anju::aggregator
