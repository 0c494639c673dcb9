// Keeps series histories and answers what a cell's reported figure was.
#include "services/aggregator/core/leaves.h"

#include <algorithm>

#include "common/status/macros.h"

namespace anju::aggregator {

uint32_t Leaves::Open(Slot slot, const CellKey& cell) {
  std::deque<Leaf>& leaves = slots_[slot].leaves;
  leaves.push_back({.cell = cell});
  const uint32_t number = static_cast<uint32_t>(leaves.size());
  std::vector<Ref>& refs = cells_[cell];
  refs.push_back({static_cast<uint32_t>(slot), number});
  if (refs.size() > 1) {
    for (const Ref& ref : refs) slots_[ref.slot].leaves[ref.series - 1].shared = true;
  }
  return number;
}

const Leaf& Leaves::Record(Slot slot, uint32_t series, const SeriesEntry& entry) {
  CHECK(series >= 1 && series <= slots_[slot].leaves.size());
  Leaf& leaf = slots_[slot].leaves[series - 1];
  leaf.history.Insert(entry);
  if (const auto value = leaf.history.Latest()) leaf.newest = Figure{value->amount, value->as_of};
  return leaf;
}

template <typename FigureOf>
std::optional<Figure> Leaves::Best(const CellKey& cell, FigureOf figure_of) const {
  const auto found = cells_.find(cell);
  if (found == cells_.end()) return std::nullopt;
  std::optional<Figure> best;
  const std::string* best_journal = nullptr;
  for (const Ref& ref : found->second) {
    const Journal& journal = slots_[ref.slot];
    const std::optional<Figure> figure = figure_of(ref.slot, journal.leaves[ref.series - 1]);
    if (!figure) continue;
    if (!best || figure->as_of > best->as_of || (figure->as_of == best->as_of && journal.journal_id < *best_journal)) {
      best = figure;
      best_journal = &journal.journal_id;
    }
  }
  return best;
}

std::optional<Figure> Leaves::FigureAt(const CellKey& cell, Date as_of, const Known& known) const {
  return Best(cell, [&](Slot slot, const Leaf& leaf) -> std::optional<Figure> {
    const auto value = leaf.history.ValueAt(as_of, known.empty() ? UINT64_MAX : known[slot]);
    if (!value) return std::nullopt;
    return Figure{value->amount, value->as_of};
  });
}

std::optional<Figure> Leaves::Newest(const CellKey& cell) const {
  return Best(cell, [](Slot, const Leaf& leaf) { return leaf.newest; });
}

std::vector<const Leaf*> Leaves::SeriesOf(const CellKey& cell) const {
  std::vector<Ref> refs;
  if (const auto found = cells_.find(cell); found != cells_.end()) refs = found->second;
  std::sort(refs.begin(), refs.end(),
            [&](const Ref& a, const Ref& b) { return slots_[a.slot].journal_id < slots_[b.slot].journal_id; });
  std::vector<const Leaf*> leaves;
  for (const Ref& ref : refs) leaves.push_back(&slots_[ref.slot].leaves[ref.series - 1]);
  return leaves;
}

}  // namespace anju::aggregator
