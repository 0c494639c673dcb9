// The fold of the progress journal: sources with their windows, series with their histories; beside it the registry followed from plan.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "anju/progress/v1/event.pb.h"
#include "common/journal/pipeline.h"
#include "common/registry/registry.h"
#include "services/progress/core/decision.h"
#include "services/progress/core/source_table.h"
#include "services/progress/store/event_codec.h"
#include "services/progress/store/store.h"

namespace anju::progress {

// A block of the plan journal, reduced to what this service needs.
struct PlanBlock {
  struct RegistryEvent {
    uint64_t sequence = 0;
    std::string bytes;  // plan.v1.Event
  };
  std::vector<RegistryEvent> events;
  PlanPosition after;
};

// Decider thread only (before the pipeline runs: the opening thread).
class Model final : public journal::Model {
 public:
  absl::Status Load(storage::Store& state) override;
  absl::Status Apply(const journal::EventContext& context, std::string_view event, storage::Batch& rows) override;

  // Folds what the plan feed brought, and caches it in rows: no event of our own journal carries it.
  absl::Status ApplyPlan(const PlanBlock& block, storage::Batch& rows);
  const PlanPosition& plan() const { return plan_; }
  // False until the registry is at least as new as the one that recorded events were decided with: deciding with an older one could
  // refuse for ever what is fine. After a loss of the state store the feed brings it back.
  bool plan_ready() const { return plan_.position.sequence > 0 && plan_.position.sequence >= plan_needed_; }
  // The plan journal that everything here was decided under; zeros if nothing was yet. Numbers in our events were minted in it.
  const journal::JournalId& plan_journal() const { return plan_journal_; }
  // Changes whenever the registry does; what was resolved before holds no longer.
  uint64_t registry_version() const { return registry_version_; }

  const Registry& registry() const { return registry_; }
  const SourceTable& sources() const { return sources_; }
  const SeriesTable& series() const { return series_; }
  // Of the newest event; 0 if none since the start.
  int64_t newest_time_us() const { return newest_time_us_; }
  Books BooksOn(Date today) const { return {registry_.regions, registry_.catalogue, areas_, series_, today}; }

 private:
  absl::Status ApplyUpdate(uint64_t sequence, const UpdateEvent& update, storage::Batch& rows);
  absl::Status ApplyOther(uint64_t sequence, const v1::Event& event, storage::Batch& rows);
  absl::Status Record(const LogRecord& record);
  absl::Status FoldPlanEvent(std::string_view bytes);

  Registry registry_;
  AreaIndex areas_;
  PlanPosition plan_;
  uint64_t plan_needed_ = 0;
  journal::JournalId plan_journal_{};
  uint64_t registry_version_ = 1;
  SourceTable sources_;
  SeriesTable series_;
  LogWriter log_;
  LogRecord record_;  // reused: its texts keep their memory
  v1::Event event_;   // reused likewise
  int64_t newest_time_us_ = 0;
};

}  // namespace anju::progress
