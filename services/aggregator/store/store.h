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
#include "common/journal/lineage.h"
#include "common/series/series.h"
#include "common/storage/reserve.h"
#include "common/storage/storage.h"
#include "common/time/date.h"
#include "services/aggregator/core/cell.h"
#include "services/aggregator/core/leaves.h"
#include "services/aggregator/store/schema.h"

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
  std::vector<journal::Lineage> lineages;                          // by feed; empty where it has not told
  std::vector<std::pair<uint64_t, plan::v1::Event>> plan_events;   // in plan order
  std::vector<Day> days;                                           // by feed, ascending
  std::vector<PlanMark> plan_marks;                                // by slot, ascending
  std::vector<Row<progress::v1::Update>> notes;                    // by slot, ascending; only explanation and flags
  std::vector<Row<progress::v1::Review>> reviews;                  // likewise; only updates and state
};

// While the disk is nearly full, rows wait in memory for room; beyond so many updates they are written after all.
inline constexpr size_t kWaitingUpdatesMax = 4'000'000;

// One thread at a time. Errors are STORAGE_FAILED: the outcome is unknown and the process must end.
class Store {
 public:
  // Opens or creates. A damaged state, one of an older schema version or of another number of feeds is removed: it is a cache. SCHEMA_TOO_NEW, and
  // nothing is removed, when a newer version of this program wrote it; NOT_EMPTY, likewise, when the directory is of a service that has a journal. `disk` must outlive it. Below `reserve_bytes` of free space Flush waits.
  static absl::StatusOr<std::unique_ptr<Store>> Open(storage::Disk& disk, size_t slots, uint64_t reserve_bytes = storage::kReserveBytes);
  // Fills `state` and `leaves`. DATA_LOSS when rows are not what was written: Clear and start over.
  absl::Status Load(StoredState* state, Leaves* leaves);
  // Removes everything, collected rows too.
  absl::Status Clear();

  // Rows for the next flush.
  void Put(uint64_t sequence, const plan::v1::Event& event);
  void PutLineage(size_t feed, const journal::Lineage& lineage);
  // The last event of a day of recording so far.
  void PutDay(size_t feed, Date day, uint64_t last) { days_[{feed, day}] = last; }
  void PutPlanMark(Slot slot, uint64_t first, uint64_t plan);
  void PutNote(Slot slot, uint64_t sequence, const progress::v1::Update& note);
  void PutReview(Slot slot, uint64_t sequence, const progress::v1::Review& review);
  void PutSeries(Slot slot, uint32_t series, const CellKey& cell);
  // REQUIRES: sequences ascending in a slot.
  void PutUpdate(Slot slot, uint32_t series, const SeriesEntry& entry);
  void PutPlanPosition(const FeedPosition& position) { positions_[0] = position; }
  void PutPosition(Slot slot, const FeedPosition& position) { positions_[slot + 1] = position; }
  // Updates that wait for a flush: they bound what a restart has to read again.
  size_t pending_updates() const { return pending_updates_; }
  bool dirty() const { return !positions_.empty() || pending_updates_ > 0 || !rows_.empty(); }
  // Everything put is on stable storage, positions included, when it returns; unless the disk is nearly full: then it may do nothing.
  absl::Status Flush();

 private:
  // A row of updates that is not full yet.
  struct OpenRow {
    uint64_t first = 0, last = 0;  // sequences
    size_t updates = 0;
    std::string packed;
  };
  Store(storage::Disk& disk, size_t slots, uint64_t reserve_bytes)
      : disk_(disk), slots_(slots), reserve_(disk, RealClock(), reserve_bytes), open_rows_(slots) {}
  absl::StatusOr<bool> IsUsable();
  absl::Status OpenState();
  absl::Status WriteForm();
  bool IsEmpty() const;
  // Tables from `first` up to but not `end`.
  absl::Status LoadTables(Table first, Table end, StoredState* state, Leaves* leaves) const;
  void CloseRow(Slot slot);

  storage::Disk& disk_;
  const size_t slots_;
  storage::Reserve reserve_;
  std::unique_ptr<storage::Store> store_;
  storage::Batch rows_;
  std::vector<OpenRow> open_rows_;  // by slot
  size_t pending_updates_ = 0;
  std::map<size_t, FeedPosition> positions_;  // by feed
  std::map<std::pair<size_t, Date>, uint64_t> days_;
};

}  // namespace anju::aggregator
