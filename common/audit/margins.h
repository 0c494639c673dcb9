// Does everything add up: children to parents, parts to programmes, and what was reported to what the roots show.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/model/figures.h"

namespace anju::audit {

using model::Cell;
using model::Figures;
using model::Key;

struct MarginReport {
  uint64_t over_children = 0, over_programmes = 0, conserved = 0;  // sums that were looked at
  std::vector<std::string> wrong;                                  // "region programme indicator period: …"; the first few
  uint64_t wrong_total = 0;
};

// The figures looked at are what `actual` gives for a cell: the suite's, or the model's own. `cells`: as Figures::Reach.
MarginReport CheckMargins(Figures& figures, const std::vector<Key>& cells, const std::function<std::optional<int64_t>(const Key&)>& actual);

// A cell as the canonical dump of an aggregator prints it: "cell", codes, four targets, figures, dates, with tabs.
std::string DumpLine(const Figures& figures, const Key& key, const Cell& cell);

// Lines of a dump against those of the model, both sorted: the first differences in words, and how many.
struct DumpReport {
  uint64_t cells = 0;
  std::vector<std::string> wrong;
  uint64_t wrong_total = 0;
};
DumpReport CompareDump(const std::vector<std::string>& model, const std::vector<std::string>& dump);
// Actual figures of a dump by the name of their cell, as Figures::Name gives it.
std::map<std::string, int64_t> ActualsOf(const std::vector<std::string>& dump);

}  // namespace anju::audit
