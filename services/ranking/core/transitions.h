// What changed between two boards of one definition, for somebody who watches one side of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/ranking/core/board.h"

namespace anju::ranking {

enum class SubjectKind { kTable, kStanding, kTop, kBottom, kThreshold, kMilestone };

// What a watcher is told of.
struct Subject {
  SubjectKind kind = SubjectKind::kTable;
  RegionNumber region = 0;    // kStanding
  uint32_t border = 0;        // kTop, kBottom
  Decimal threshold;          // kThreshold: percent for rates, display units for amounts
};

// Where a region stood on one side of a step.
struct SeatState {
  uint32_t rank = 0;
  std::optional<std::string> key, value;
  std::string reason;         // of an unranked row; kAbsent for one that is no peer
  bool inside = false;        // on the near side of the border
};
inline constexpr std::string_view kAbsent = "ABSENT";

struct Transition {
  RegionNumber region = 0;
  std::string code, name;
  SeatState from, to;
};

// Regions that changed for the subject, in the order of the table `after` (ranked, then unranked, then absent ones by code). kTable and
// kStanding: place, printed value or reason. kTop, kBottom, kThreshold: `inside`. Nothing for kMilestone, see TellsOf.
// Seats that stand at the same index for the same region and have the same figures cost a comparison and nothing more.
std::vector<Transition> Transitions(const Definition& definition, const Plan& plan, const Board& before, const Board& after, const Subject& subject);

// One region's state, e.g. for a milestone of it; `seat` nullptr: no child at all.
SeatState StateOf(const Definition& definition, const Plan& plan, const Board& board, const Seat* seat, const Subject& subject);

// Milestones: a watcher is told when one becomes missed, and when a missed one is met after all.
enum class MilestoneState { kUnknown, kMet, kMissed, kAhead };
bool TellsOf(MilestoneState before, MilestoneState after);

}  // namespace anju::ranking
