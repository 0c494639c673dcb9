// What requests find on the decider's desk: the model, who is streaming, and how far the plan journal is applied.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/journal/pipeline.h"
#include "common/rpc/lineages.h"
#include "common/status/macros.h"
#include "common/thread/mutex.h"
#include "services/progress/errors.h"
#include "services/progress/store/model.h"

namespace anju::progress {

class Intake;

// What an answer was decided on; with the durable position it becomes the answer's basis.
struct Ground {
  PlanPosition plan;
  int64_t newest_time_us = 0;  // of the newest block, own or plan's
  int64_t complete_until_us = 0;  // everything recorded before, here or in plan, was there; 0: nobody asked
};

inline Ground GroundOf(const Model& model) { return {model.plan(), std::max(model.newest_time_us(), model.plan().block_time_us)}; }

// Outlives the pipeline, whose requests use it to the last.
class Desk {
 public:
  // ---- Decider thread ----
  Model model;
  // The current stream of each source by name; ended ones are swept out as new ones come.
  absl::flat_hash_map<std::string, std::weak_ptr<Intake>> streams;
  size_t streams_sweep_at = 64;
  // Whether anything may be decided now: NOT_READY while plan's feed does not continue what was recorded here, or has not brought all of it (again).
  absl::Status CheckPlan() const {
    RETURN_IF_ERROR(plan_refused());
    return model.plan_ready() ? absl::OkStatus() : NotReady();
  }

  // ---- Any thread ----
  // The plan position that answers may name: what the decider has applied.
  PlanPosition plan() const {
    const MutexLock lock(mutex_);
    return plan_;
  }
  // Until when everything recorded is in the model, for a request taken up at `now_us`: requests are taken up in order, so of our own journal
  // nothing is missing; of plan's, nothing that it had when it last told. 0 while it has not told anything.
  int64_t CompleteUntil(int64_t now_us) const {
    const MutexLock lock(mutex_);
    return std::min(now_us, plan_fresh_us_);
  }
  // Plan had nothing beyond `upstream` at `sent_us`.
  void MarkPlanFresh(const journal::Position& upstream, int64_t sent_us) {
    const MutexLock lock(mutex_);
    const bool applied = upstream.sequence == 0 || (upstream.journal_id == plan_.position.journal_id && upstream.sequence <= plan_.position.sequence);
    if (applied) plan_fresh_us_ = sent_us;
  }
  bool plan_is_other() const { return !plan_refused().ok(); }
  // NOT_READY while plan's feed does not continue the journal that our figures were recorded under; OK while it does.
  absl::Status plan_refused() const {
    const MutexLock lock(mutex_);
    return plan_refused_;
  }
  void SetPlanRefused(absl::Status refused) {
    const MutexLock lock(mutex_);
    plan_refused_ = std::move(refused);
  }
  // What plan's feed told of its journal; never null.
  std::shared_ptr<const rpc::Lineages> plan_lineages() const {
    const MutexLock lock(mutex_);
    return plan_lineages_;
  }
  void SetPlanLineage(const journal::Lineage& lineage) {
    auto lineages = std::make_shared<rpc::Lineages>();
    lineages->Add(lineage);
    const MutexLock lock(mutex_);
    plan_lineages_ = std::move(lineages);
  }
  void Publish(const PlanPosition& plan) {
    const MutexLock lock(mutex_);
    plan_ = plan;
  }

 private:
  mutable Mutex mutex_;
  PlanPosition plan_ GUARDED_BY(mutex_);
  int64_t plan_fresh_us_ GUARDED_BY(mutex_) = 0;
  absl::Status plan_refused_ GUARDED_BY(mutex_);
  std::shared_ptr<const rpc::Lineages> plan_lineages_ GUARDED_BY(mutex_) = std::make_shared<const rpc::Lineages>();
};

// The ground of a request that is being decided, with how fresh it is.
inline Ground GroundOf(const Desk& desk, const journal::Recorder& recorder) {
  Ground ground = GroundOf(desk.model);
  ground.complete_until_us = desk.CompleteUntil(recorder.time_us());
  return ground;
}

}  // namespace anju::progress
