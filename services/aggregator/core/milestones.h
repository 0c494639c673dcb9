// Milestones (节点): by a date a share of an indicator. Whether they are reached, how much is missing, and what that is a day. Exact.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "services/aggregator/core/cell.h"

namespace anju::aggregator {

// One as a document sets it.
struct Milestone {
  CellKey cell;                   // whose figure has to get there
  Date by;                        // last day
  int64_t share_digits = 0;       // percent: digits × 10^-scale
  uint32_t share_scale = 0;
  IndicatorNumber of = 0;         // what the share is of; 0: the target
  std::optional<Period> cohort;   // years in which the work was started, when they are named
  bool strive = false;            // hoped for, not demanded
  std::optional<Layer> layer;     // who set it
  std::string place;
};

// The milestones of one document.
struct MilestonesOf {
  uint64_t sequence = 0;  // of the plan journal
  std::string document;
  std::vector<Milestone> milestones;  // in the document's order
};

enum class MilestoneState : uint8_t { kUnknown = 0, kMet = 1, kMissed = 2, kAhead = 3 };  // as on the wire

struct MilestoneStanding {
  std::optional<int64_t> base, required, actual, difference;
  int32_t days_left = 0;
  std::optional<int64_t> daily_pace;
  MilestoneState state = MilestoneState::kUnknown;
  friend bool operator==(const MilestoneStanding&, const MilestoneStanding&) = default;
};

// How it stands on `day`. `base` is what the share is of, `actual` the figure dated up to min(its day, `day`).
MilestoneStanding Judge(const Milestone& milestone, std::optional<int64_t> base, std::optional<int64_t> actual, Date day);

// The target that a share is of when the milestone names no layer: of the layer addressed to the region, which is that of the level above it
// (`above`; a county answers to its city), else of the nearest layer above that has one, else of the nearest below.
std::optional<int64_t> AddressedTarget(const Targets& targets, RegionLevel above);

}  // namespace anju::aggregator
