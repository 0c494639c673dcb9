// Folding documents into revisions of cells.
#include "services/progress/core/plan_targets.h"

#include <algorithm>

namespace anju::progress {

using Kind = TargetRevision::Kind;

void CellTargets::Add(const TargetRevision& revision) {
  if (!revision.amendment) {
    for (TargetRevision& known : revisions_) {
      if (known.amendment || known.layer != revision.layer) continue;
      if (known.kind != Kind::kNumber && revision.kind == Kind::kNumber) known = revision;
      return;
    }
  }
  revisions_.push_back(revision);
}

const TargetRevision* CellTargets::InForce(uint8_t layer, Date day) const {
  const TargetRevision* found = nullptr;
  for (const TargetRevision& revision : revisions_) {
    if (revision.layer != layer || revision.effective > day) continue;
    // Amendments stand over first documents of the same day, and later ones over earlier ones.
    const bool later = found == nullptr || revision.effective > found->effective ||
                       (revision.effective == found->effective && (revision.amendment || !found->amendment));
    if (later) found = &revision;
  }
  return found;
}

std::optional<int64_t> CellTargets::LargestOn(Date day) const {
  std::optional<int64_t> largest;
  for (const TargetRevision& revision : revisions_) {
    const TargetRevision* holds = InForce(revision.layer, day);
    if (holds != nullptr && holds->kind == Kind::kNumber) largest = std::max(largest.value_or(holds->amount), holds->amount);
  }
  return largest;
}

bool CellTargets::StandsOn(Date day) const {
  return std::any_of(revisions_.begin(), revisions_.end(), [&](const TargetRevision& revision) {
    return revision.kind != Kind::kTakenBack && (revision.effective > day || InForce(revision.layer, day) == &revision);
  });
}

bool CellTargets::DependsOnDay() const {
  return std::any_of(revisions_.begin(), revisions_.end(), [](const TargetRevision& revision) { return revision.kind == Kind::kTakenBack; });
}

void PlanTargets::Add(const PlanDocument& document) {
  for (const PlanDocument::Cell& cell : document.cells) {
    const Date effective = document.amendment ? document.effective : FirstDay(cell.key.period);
    cells_[cell.key].Add({effective, cell.amount, cell.layer, cell.kind, document.amendment});
    if (cell.kind == Kind::kTakenBack) continue;
    SeriesKey anywhere = cell.key;
    anywhere.region = 0;
    somewhere_.insert(anywhere);
  }
}

}  // namespace anju::progress
