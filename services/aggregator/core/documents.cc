// Keeps the printed target of every cell and layer.
#include "services/aggregator/core/documents.h"

namespace anju::aggregator {

std::vector<PrintedTarget> Documents::Add(const std::string& document, std::vector<PrintedTarget> targets) {
  std::vector<PrintedTarget> changed;
  for (PrintedTarget& printed : targets) {
    std::optional<Target>& held = targets_[printed.cell][static_cast<size_t>(printed.layer)];
    if (held && (held->amount || !printed.target.amount)) continue;
    printed.target.document = document;
    held = printed.target;
    changed.push_back(std::move(printed));
  }
  return changed;
}

const Targets* Documents::Find(const CellKey& cell) const {
  const auto found = targets_.find(cell);
  return found == targets_.end() ? nullptr : &found->second;
}

}  // namespace anju::aggregator
