// Why a cell is what it is: the rule, the parts, the reported figures behind it with the updates in force, and its targets.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "services/aggregator/core/view.h"

namespace anju::aggregator {

// A reported figure in the cell. Points into the state.
struct Contribution {
  TracedFact fact;
  std::optional<InForce> in_force;
};

struct Explanation {
  Cell cell;
  FigureRule figure;
  std::vector<Cell> parts;                  // that were summed; child regions in official order
  std::vector<Contribution> contributions;  // by region (depth first, in official order), programme, journal
  std::array<TargetRule, kLayers> targets;
};

// REQUIRES: the state stays unchanged while the explanation is in use.
Explanation Explain(View& view, const CellKey& key);

}  // namespace anju::aggregator
