// The fold of the progress journal: sources with their windows, series with their histories, reviews; beside it what is followed from
// plan: the registry, targets, and rules of soft checks.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "anju/plan/v1/event.pb.h"
#include "anju/progress/v1/event.pb.h"
#include "common/checks/default_rules.h"
#include "common/journal/pipeline.h"
#include "common/registry/registry.h"
#include "services/progress/core/decision.h"
#include "services/progress/core/plan_targets.h"
#include "services/progress/core/requests.h"
#include "services/progress/core/reviews.h"
#include "services/progress/core/soft_checks.h"
#include "services/progress/core/source_table.h"
#include "services/progress/store/event_codec.h"
#include "services/progress/store/log.h"
#include "services/progress/store/store.h"

namespace anju::progress {

// A block of the plan journal, reduced to what this service needs.
struct PlanBlock {
  struct RegistryEvent {
    uint64_t sequence = 0;
    std::string bytes;  // plan.v1.Event
  };
  std::vector<RegistryEvent> events;    // regions, catalogue, boundaries, rules of soft checks
  std::vector<PlanDocument> documents;
  PlanPosition after;
};

// Puts what matters of an event of the plan journal into the block.
void AddPlanEvent(uint64_t sequence, std::string_view bytes, const plan::v1::Event& event, PlanBlock* block);

// Decider thread only (before the pipeline runs: the opening thread).
class Model final : public journal::Model {
 public:
  absl::Status Load(storage::Store& state) override;
  absl::Status Apply(const journal::EventContext& context, std::string_view event, storage::Batch& rows) override;

  // What the last event that was recorded before this start was decided under. Before anything is applied beyond what was loaded and replayed.
  void SetDecidedUnder(const journal::JournalId& plan_id, uint64_t plan_sequence);
  // The last plan position that anything recorded here was decided under; zeros if nothing was yet. Numbers in our events were minted up to there.
  journal::Position decided_under() const { return {plan_journal_, plan_needed_, {}}; }
  // Forgets what the plan feed brought, here and in the rows: it comes again.
  void DropPlan(storage::Batch& rows);
  // Folds what the plan feed brought, and caches it in rows: no event of our own journal carries it.
  absl::Status ApplyPlan(const PlanBlock& block, storage::Batch& rows);
  const PlanPosition& plan() const { return plan_; }
  // False until the registry is at least as new as the one that recorded events were decided with: deciding with an older one could
  // refuse for ever what is fine. After a loss of the state store the feed brings it back.
  bool plan_ready() const { return plan_.position.sequence > 0 && plan_.position.sequence >= plan_needed_; }
  // Changes whenever the registry does; what was resolved before holds no longer.
  uint64_t registry_version() const { return registry_version_; }

  const Registry& registry() const { return registry_; }
  const SourceTable& sources() const { return sources_; }
  const SeriesTable& series() const { return series_; }
  const ReviewBook& reviews() const { return reviews_; }
  const RequestMemory& requests() const { return requests_; }
  // True for an accepted update that tripped a soft check and came without explanation.
  bool IsUnexplained(uint64_t update) const { return std::binary_search(unexplained_.begin(), unexplained_.end(), update); }
  // Of the newest event; 0 if none since the start.
  int64_t newest_time_us() const { return newest_time_us_; }
  Books BooksOn(Date today) const { return {registry_.regions, registry_.catalogue, areas_, series_, today}; }
  PlanBooks plan_books() const { return {rules_, targets_, registry_.boundaries}; }
  // Soft checks under what plan says now.
  SeriesChecks& ChecksOf(const Books& books, const Meaning& meaning) { return checks_.Of(books, plan_books(), meaning); }
  const CheckTable& checks() const { return checks_; }

 private:
  absl::Status ApplyUpdate(uint64_t sequence, UpdateEvent& update, storage::Batch& rows);
  absl::Status ApplyOther(const journal::EventContext& context, const v1::Event& event, storage::Batch& rows);
  absl::Status ApplyReview(const journal::EventContext& context, const v1::Review& event, storage::Batch& rows);
  absl::Status Record(const LogRecord& record);
  void Record(ReviewRecord record);
  absl::Status FoldPlanEvent(uint64_t sequence, std::string_view bytes);

  Registry registry_;
  AreaIndex areas_;
  PlanPosition plan_;
  std::vector<uint64_t> plan_rows_;  // sequences of the cached events and documents
  storage::Batch dropped_;           // rows that loading found to be of no use: they go with the first block that comes instead
  uint64_t plan_needed_ = 0;
  journal::JournalId plan_journal_{};
  uint64_t registry_version_ = 1;
  PlanTargets targets_;
  std::map<std::string, CheckRule> imported_rules_;
  std::vector<CheckRule> rules_;  // in force
  CheckTable checks_;
  SourceTable sources_;
  SeriesTable series_;
  ReviewBook reviews_;
  RequestMemory requests_;
  std::vector<uint64_t> unexplained_;  // ascending, as the journal grows
  LogWriter log_;
  LogRecord record_;  // reused: its texts keep their memory
  v1::Event event_;   // reused likewise
  int64_t newest_time_us_ = 0;
};

}  // namespace anju::progress
