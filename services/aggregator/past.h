// How the state came about: what a look back needs beside the state itself.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/registry/history.h"
#include "services/aggregator/core/leaves.h"
#include "services/aggregator/core/milestones.h"
#include "services/aggregator/core/plan_marks.h"

namespace anju::aggregator {

// An event of the plan journal, by what it was about.
struct PlanNote {
  std::string kind;      // document, regions, boundaries, catalogue or milestones, as in anju.aggregator.v1.Cause
  std::string document;  // number, where it is one
};

// Changed together with the state, under the same locks.
struct Past {
  explicit Past(size_t slots) : days(slots + 1), plan_marks(slots), reviews(slots) {}

  RegistryHistory registries;
  std::vector<DayIndex> days;         // by feed: plan, then the slots
  std::vector<PlanMarks> plan_marks;  // by slot
  // By slot: the updates that a review event is about, by its sequence. Which series an update is of, the leaves know.
  std::vector<std::map<uint64_t, std::vector<uint64_t>>> reviews;
  std::map<uint64_t, PlanNote> plan_events;  // those that matter here, by sequence
  std::vector<MilestonesOf> milestones;      // in plan order

  uint64_t newest_plan_event() const { return plan_events.empty() ? 0 : plan_events.rbegin()->first; }
};

}  // namespace anju::aggregator
