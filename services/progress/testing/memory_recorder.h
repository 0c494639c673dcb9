// A pipeline in memory for tests of what runs on the decider: applies events at once and keeps events and rows.
#pragma once

#include <string>
#include <vector>

#include "anju/plan/v1/event.pb.h"
#include "common/journal/pipeline.h"
#include "common/status/macros.h"
#include "services/progress/store/model.h"
#include "services/progress/testing/plan_stub.h"

namespace anju::progress::testing {

class MemoryRecorder final : public journal::Recorder {
 public:
  explicit MemoryRecorder(Model& model) : model_(model) {}

  uint64_t Record(std::string_view event) override {
    UpdateEvent update;
    v1::Event other;
    if (DecodeUpdate(event, &update) == Decoded::kUpdate || (other.ParseFromArray(event.data(), static_cast<int>(event.size())) && other.has_refusal())) ++updates_and_refusals_;
    CHECK_OK(model_.Apply({.sequence = ++last_, .time_us = time_us()}, event, rows_));
    events_.emplace_back(event);
    return last_;
  }
  storage::Batch& rows() override { return rows_; }
  uint64_t last_sequence() const override { return last_; }
  int64_t time_us() const override { return int64_t{MakeDate(2017, 7, 1).days} * 86'400'000'000; }

  void ApplyPlan(const std::vector<plan::v1::Event>& events) {
    PlanBlock block;
    for (const plan::v1::Event& event : events) AddPlanEvent(++plan_sequence_, event.SerializeAsString(), event, &block);
    block.after.position.sequence = plan_sequence_;
    CHECK_OK(model_.ApplyPlan(block, rows_));
  }
  void ApplyRegistry() { ApplyPlan({RegionsEvent(), CatalogueEvent(), ChecksOffEvent()}); }

  const std::vector<std::string>& events() const { return events_; }
  uint64_t updates_and_refusals() const { return updates_and_refusals_; }

 private:
  Model& model_;
  storage::Batch rows_;
  std::vector<std::string> events_;
  uint64_t last_ = 0;
  uint64_t plan_sequence_ = 0;
  uint64_t updates_and_refusals_ = 0;
};

}  // namespace anju::progress::testing
