// The aggregator's own state: rows collected in memory and written behind, each batch together with the positions it stands for.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "anju/plan/v1/event.pb.h"
#include "anju/progress/v1/event.pb.h"
#include "common/journal/format.h"
#include "common/series/series.h"
#include "common/storage/storage.h"
#include "common/time/date.h"
#include "services/aggregator/core/cell.h"
#include "services/aggregator/core/leaves.h"

namespace anju::aggregator {

// How far a feed has been applied.
struct FeedPosition {
  journal::Position position;
  int64_t time_us = 0;  // of its newest block
};

// Everything stored, beside the leaves.
struct StoredState {
  struct Day {
    size_t feed = 0;
    Date day;
    uint64_t last = 0;
  };
  struct PlanMark {
    Slot slot = 0;
    uint64_t first = 0, plan = 0;
  };
  template <typename Message>
  struct Row {
    Slot slot = 0;
    uint64_t sequence = 0;
    Message message;
  };
  FeedPosition plan;
  std::vector<FeedPosition> progress;                              // by slot
  std::vector<std::pair<uint64_t, plan::v1::Event>> plan_events;   // in plan order
  std::vector<Day> days;                                           // by feed, ascending
  std::vector<PlanMark> plan_marks;                                // by slot, ascending
  std::vector<Row<progress::v1::Update>> notes;                    // by slot, ascending; only explanation and flags
  std::vector<Row<progress::v1::Review>> reviews;                  // likewise; only updates and state
};

// One thread at a time. Errors are STORAGE_FAILED: the outcome is unknown and the process must end.
class Store {
 public:
  // Opens or creates. A state of another schema version or another number of feeds is removed: it is a cache. `disk` must outlive it.
  static absl::StatusOr<std::unique_ptr<Store>> Open(storage::Disk& disk, size_t slots);
  // Fills `state` and `leaves`. DATA_LOSS when rows are not what was written: Clear and start over.
  absl::Status Load(StoredState* state, Leaves* leaves);
  // Removes everything, collected rows too.
  absl::Status Clear();

  // Rows for the next flush.
  void Put(uint64_t sequence, const plan::v1::Event& event);
  // The last event of a day of recording so far.
  void PutDay(size_t feed, Date day, uint64_t last) { days_[{feed, day}] = last; }
  void PutPlanMark(Slot slot, uint64_t first, uint64_t plan);
  void PutNote(Slot slot, uint64_t sequence, const progress::v1::Update& note);
  void PutReview(Slot slot, uint64_t sequence, const progress::v1::Review& review);
  void PutSeries(Slot slot, uint32_t series, const CellKey& cell);
  void PutUpdate(Slot slot, uint32_t series, const SeriesEntry& entry) { updates_.push_back({slot, series, entry}); }
  void PutPlanPosition(const FeedPosition& position) { positions_[0] = position; }
  void PutPosition(Slot slot, const FeedPosition& position) { positions_[slot + 1] = position; }
  // Updates that wait for a flush: they bound what a restart has to read again.
  size_t pending_updates() const { return updates_.size(); }
  bool dirty() const { return !positions_.empty() || !updates_.empty() || !rows_.empty(); }
  // Everything put is on stable storage, positions included, when it returns.
  absl::Status Flush();

 private:
  struct PendingUpdate {
    Slot slot = 0;
    uint32_t series = 0;
    SeriesEntry entry;
  };
  Store(storage::Disk& disk, size_t slots) : disk_(disk), slots_(slots) {}
  absl::Status OpenState();
  absl::Status WriteForm();
  bool IsEmpty() const;
  void PackUpdates(storage::Batch* batch);

  storage::Disk& disk_;
  const size_t slots_;
  std::unique_ptr<storage::Store> store_;
  storage::Batch rows_;
  std::vector<PendingUpdate> updates_;  // in the order of their journals
  std::map<size_t, FeedPosition> positions_;  // by feed
  std::map<std::pair<size_t, Date>, uint64_t> days_;
};

}  // namespace anju::aggregator
