// What requests find on the decider's desk: the model, who is streaming, and how far the plan journal is applied.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "services/progress/store/model.h"

namespace anju::progress {

class Intake;

// What an answer was decided on; with the durable position it becomes the answer's basis.
struct Ground {
  PlanPosition plan;
  int64_t newest_time_us = 0;  // of the newest block, own or plan's
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

  // ---- Any thread ----
  // The plan position that answers may name: what the decider has applied.
  PlanPosition plan() const {
    std::lock_guard lock(mutex_);
    return plan_;
  }
  // Plan's feed does not continue the journal that our figures were recorded under.
  bool plan_is_other() const { return plan_is_other_; }
  void SetPlanIsOther(bool other) { plan_is_other_ = other; }
  void Publish(const PlanPosition& plan) {
    std::lock_guard lock(mutex_);
    plan_ = plan;
  }

 private:
  mutable std::mutex mutex_;
  PlanPosition plan_;
  std::atomic<bool> plan_is_other_ = false;
};

}  // namespace anju::progress
