// What was printed: the targets that plan documents set, by cell and layer.
#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/aggregator/core/cell.h"

namespace anju::aggregator {

// One target cell of a document.
struct PrintedTarget {
  CellKey cell;
  Layer layer = Layer::kNational;
  Target target;  // `document` is filled in by Add
};

// Not thread-safe. Documents are added in the order of the plan journal.
class Documents {
 public:
  // Adds a document's cells. The first document that gives a cell a number holds (the plan service lets a later one only repeat it);
  // a document that prints it without a number holds only until one gives a number. Returns the cells that changed.
  std::vector<PrintedTarget> Add(const std::string& document, std::vector<PrintedTarget> targets);
  // nullptr when no document prints the cell in any layer.
  const Targets* Find(const CellKey& cell) const;
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const auto& [cell, targets] : targets_) visit(cell, targets);
  }

 private:
  absl::flat_hash_map<CellKey, Targets> targets_;
};

}  // namespace anju::aggregator
