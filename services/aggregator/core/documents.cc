// Keeps every revision of every printed target.
#include "services/aggregator/core/documents.h"

namespace anju::aggregator {
namespace {

// Whether `later`, which comes later in the journal, takes the place of `held` as the one in force.
bool Replaces(const Revision& later, const Revision& held) {
  if (!later.is_amendment() && !held.is_amendment()) {
    // The plan service lets a second first document only repeat a figure; what has no number holds only until one gives a number.
    if (held.target.amount) return false;
    return later.target.amount || (held.taken_back() && !later.taken_back());
  }
  if (later.effective != held.effective) return later.effective > held.effective;
  return later.is_amendment();
}

}  // namespace

std::vector<std::pair<CellKey, Layer>> Documents::Add(uint64_t sequence, const DocumentInfo& document, std::vector<PrintedTarget> targets) {
  std::vector<std::pair<CellKey, Layer>> touched;
  touched.reserve(targets.size());
  for (PrintedTarget& printed : targets) {
    const Date first_day = printed.cell.period.is_stock() ? kDistantPast : FirstDay(printed.cell.period);
    Revision revision{.sequence = sequence,
                      .effective = document.amends.empty() ? first_day : document.effective.value_or(first_day),
                      .tree_day = {},
                      .target = std::move(printed.target),
                      .amends = document.amends,
                      .place = std::move(printed.place),
                      .line = printed.line};
    revision.tree_day = document.amends.empty() ? document.issued.value_or(first_day) : revision.effective;
    revision.target.document = document.number;
    cells_[printed.cell][static_cast<size_t>(printed.layer)].push_back(std::move(revision));
    layers_[{0, printed.cell.programme, printed.cell.indicator, printed.cell.period}] |= 1U << static_cast<unsigned>(printed.layer);
    touched.emplace_back(printed.cell, printed.layer);
  }
  return touched;
}

const std::array<Revisions, kLayers>* Documents::Find(const CellKey& cell) const {
  const auto found = cells_.find(cell);
  return found == cells_.end() ? nullptr : &found->second;
}

uint8_t Documents::LayersOf(ProgrammeNumber programme, IndicatorNumber indicator, Period period) const {
  const auto found = layers_.find({0, programme, indicator, period});
  return found == layers_.end() ? 0 : found->second;
}

const Revision* Documents::InForceIn(const Revisions& revisions, const CellKey& cell, std::optional<Date> day, uint64_t plan) {
  const Date on = day ? *day : cell.period.is_stock() ? kDistantFuture : LastDay(cell.period);
  const Revision* held = nullptr;
  for (const Revision& revision : revisions) {
    if (revision.sequence > plan) break;
    if (revision.effective > on) continue;
    if (held == nullptr || Replaces(revision, *held)) held = &revision;
  }
  return held;
}

const Revision* Documents::InForceAt(const CellKey& cell, Layer layer, std::optional<Date> day, uint64_t plan) const {
  const auto* revisions = Find(cell);
  return revisions == nullptr ? nullptr : InForceIn((*revisions)[static_cast<size_t>(layer)], cell, day, plan);
}

}  // namespace anju::aggregator
