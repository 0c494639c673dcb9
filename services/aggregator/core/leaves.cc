// Keeps series histories and what became of their updates, and answers what a cell's reported figure was.
#include "services/aggregator/core/leaves.h"

#include <algorithm>

#include "common/status/macros.h"

namespace anju::aggregator {
namespace {

// A figure given back is further from being settled than one that nobody has looked at.
int AdvanceOf(ReviewState state) {
  switch (state) {
    case ReviewState::kReturned: return 0;
    case ReviewState::kReported: return 1;
    case ReviewState::kReviewed: return 2;
    case ReviewState::kConfirmed: return 3;
  }
  return 1;
}

}  // namespace

ReviewState Leaf::StateOf(uint64_t update, uint64_t known) const {
  if (remarks == nullptr || update > remarks->last_reviewed) return ReviewState::kReported;
  const auto found = remarks->reviews.find(update);
  if (found == remarks->reviews.end()) return ReviewState::kReported;
  for (auto verdict = found->second.rbegin(); verdict != found->second.rend(); ++verdict) {
    if (verdict->first <= known) return verdict->second;
  }
  return ReviewState::kReported;
}

const Note* Leaf::NoteOf(uint64_t update) const {
  if (remarks == nullptr) return nullptr;
  const auto found = remarks->notes.find(update);
  return found == remarks->notes.end() ? nullptr : &found->second;
}

uint32_t Leaves::Open(Slot slot, const CellKey& cell) {
  std::deque<Leaf>& leaves = slots_[slot].leaves;
  leaves.emplace_back().cell = cell;
  const uint32_t number = static_cast<uint32_t>(leaves.size());
  const Ref opened{static_cast<uint32_t>(slot), number};
  const auto [first, is_first] = first_.try_emplace(HashOf(cell), opened);
  if (is_first) return number;
  std::vector<Ref>& refs = several_[cell];
  if (refs.empty() && LeafOf(first->second).cell == cell) refs.push_back(first->second);
  refs.push_back(opened);
  if (refs.size() > 1) {
    for (const Ref& ref : refs) slots_[ref.slot].leaves[ref.series - 1].shared = true;
  }
  return number;
}

absl::Span<const Leaves::Ref> Leaves::RefsOf(const CellKey& cell) const {
  const auto first = first_.find(HashOf(cell));
  if (first == first_.end()) return {};
  const Leaf& leaf = LeafOf(first->second);
  if (leaf.cell == cell && !leaf.shared) return {&first->second, 1};
  const auto several = several_.find(cell);
  return several == several_.end() ? absl::Span<const Ref>() : several->second;
}

const Leaf& Leaves::Record(Slot slot, uint32_t series, const SeriesEntry& entry) {
  Journal& journal = slots_[slot];
  CHECK(series >= 1 && series <= journal.leaves.size());
  Leaf& leaf = journal.leaves[series - 1];
  leaf.history.Insert(entry);
  if (const auto value = leaf.history.Latest()) leaf.newest = Figure{value->amount, value->as_of};
  leaf.last_sequence = std::max(leaf.last_sequence, entry.sequence);
  if (entry.sequence > journal.series_by_sequence.size()) journal.series_by_sequence.resize(entry.sequence);
  if (entry.sequence == journal.series_by_sequence.size()) {
    journal.series_by_sequence.push_back(series);
  } else {
    journal.series_by_sequence[entry.sequence] = series;
  }
  return leaf;
}

void Leaves::Fill(Slot slot, uint32_t series, SeriesHistory history) {
  Leaf& leaf = slots_[slot].leaves[series - 1];
  leaf.history = std::move(history);
  if (const auto value = leaf.history.Latest()) leaf.newest = Figure{value->amount, value->as_of};
  for (const SeriesEntry& entry : leaf.history.entries()) leaf.last_sequence = std::max(leaf.last_sequence, entry.sequence);
}

UpdateRemarks& Leaves::RemarksOf(Slot slot, uint64_t update) {
  const uint32_t series = SeriesOfUpdate(slot, update);
  CHECK(series != 0);
  Leaf& leaf = slots_[slot].leaves[series - 1];
  if (leaf.remarks == nullptr) leaf.remarks = std::make_unique<UpdateRemarks>();
  return *leaf.remarks;
}

void Leaves::Annotate(Slot slot, uint64_t update, Note note) {
  if (note.flags.empty() && note.explanation.empty()) return;
  RemarksOf(slot, update).notes[update] = std::move(note);
}

const Leaf& Leaves::Review(Slot slot, uint64_t update, uint64_t sequence, ReviewState state) {
  UpdateRemarks& remarks = RemarksOf(slot, update);
  remarks.last_reviewed = std::max(remarks.last_reviewed, update);
  auto& verdicts = remarks.reviews[update];
  // Stored rows may bring them in another order than the journal did.
  const auto place = std::upper_bound(verdicts.begin(), verdicts.end(), sequence, [](uint64_t at, const auto& verdict) { return at < verdict.first; });
  verdicts.insert(place, {sequence, state});
  Leaf& leaf = slots_[slot].leaves[SeriesOfUpdate(slot, update) - 1];
  leaf.last_sequence = std::max(leaf.last_sequence, sequence);
  return leaf;
}

template <typename FigureOf>
std::optional<Figure> Leaves::Best(const CellKey& cell, FigureOf figure_of, Ref* best_ref) const {
  std::optional<Figure> best;
  const std::string* best_journal = nullptr;
  for (const Ref& ref : RefsOf(cell)) {
    const Journal& journal = slots_[ref.slot];
    const std::optional<Figure> figure = figure_of(ref.slot, journal.leaves[ref.series - 1]);
    if (!figure) continue;
    if (!best || figure->as_of > best->as_of || (figure->as_of == best->as_of && journal.journal_id < *best_journal)) {
      best = figure;
      best_journal = &journal.journal_id;
      if (best_ref != nullptr) *best_ref = ref;
    }
  }
  return best;
}

std::optional<Figure> Leaves::FigureIn(const Leaf& leaf, Date as_of, uint64_t known, ReviewFilter review, bool with_base) {
  if (review == ReviewFilter::kAll) {
    const auto value = leaf.history.ValueAt(as_of, known);
    if (!value) return std::nullopt;
    return Figure{value->amount, value->as_of, with_base ? leaf.history.BaseAt(as_of, known) : kDistantPast};
  }
  if (leaf.remarks == nullptr || leaf.remarks->reviews.empty()) return std::nullopt;
  const auto value = leaf.history.ValueWhere(as_of, [&](const SeriesEntry& entry) {
    return entry.sequence <= known && Passes(leaf.StateOf(entry.sequence, known), review);
  });
  if (!value) return std::nullopt;
  return Figure{value->amount, value->as_of, with_base ? value->base : kDistantPast};
}

std::optional<Figure> Leaves::FigureAt(const CellKey& cell, Date as_of, const Known& known, ReviewFilter review) const {
  return Best(cell, [&](Slot slot, const Leaf& leaf) { return FigureIn(leaf, as_of, known.progress_of(slot), review, true); });
}

std::optional<Figure> Leaves::QuickFigureAt(const CellKey& cell, Date as_of, const Known& known, ReviewFilter review) const {
  return Best(cell, [&](Slot slot, const Leaf& leaf) { return FigureIn(leaf, as_of, known.progress_of(slot), review, false); });
}

std::optional<InForce> Leaves::InForceAt(const CellKey& cell, Date as_of, const Known& known, ReviewFilter review) const {
  Ref ref;
  const auto figure = Best(
      cell, [&](Slot slot, const Leaf& leaf) { return FigureIn(leaf, as_of, known.progress_of(slot), review, true); }, &ref);
  if (!figure) return std::nullopt;
  InForce found{.slot = ref.slot, .series = ref.series, .leaf = &LeafOf(ref), .entries = {}, .figure = *figure};
  const uint64_t last = known.progress_of(ref.slot);
  found.entries = found.leaf->history.InForceWhere(as_of, [&](const SeriesEntry& entry) {
    return entry.sequence <= last && (review == ReviewFilter::kAll || Passes(found.leaf->StateOf(entry.sequence, last), review));
  });
  return found;
}

void Leaves::Foresee(const CellKey& cell, int step) const {
  const uint32_t hash = HashOf(cell);
  if (step == 0) return first_.prefetch(hash);
  const auto first = first_.find(hash);
  if (first == first_.end()) return;
  const Leaf& leaf = LeafOf(first->second);  // the one that nearly every cell has
  if (step == 2) return leaf.history.Prefetch();
  const char* lines = reinterpret_cast<const char*>(&leaf);
  for (size_t line = 0; line < sizeof(leaf); line += 64) __builtin_prefetch(lines + line);
}

Remarks Leaves::RemarksAt(const CellKey& cell, Date as_of, const Known& known, ReviewFilter review) const {
  Remarks remarks;
  const absl::Span<const Ref> refs = RefsOf(cell);
  // Nearly every cell has nothing to say, and then its updates need not be looked for.
  const bool silent = std::none_of(refs.begin(), refs.end(), [&](const Ref& ref) { return LeafOf(ref).remarks != nullptr; });
  if (silent) return remarks;
  const auto found = InForceAt(cell, as_of, known, review);
  if (!found) return remarks;
  remarks.review = ReviewState::kConfirmed;
  for (const SeriesEntry* entry : found->entries) {
    const ReviewState state = found->leaf->StateOf(entry->sequence, known.progress_of(found->slot));
    if (AdvanceOf(state) < AdvanceOf(remarks.review)) remarks.review = state;
    if (const Note* note = found->leaf->NoteOf(entry->sequence)) remarks.notes.push_back({found->slot, entry->sequence, entry->kind, *note});
  }
  return remarks;
}

std::optional<Figure> Leaves::Newest(const CellKey& cell) const {
  return Best(cell, [](Slot, const Leaf& leaf) { return leaf.newest; });
}

std::vector<const Leaf*> Leaves::SeriesOf(const CellKey& cell) const {
  const absl::Span<const Ref> found = RefsOf(cell);
  std::vector<Ref> refs(found.begin(), found.end());
  std::sort(refs.begin(), refs.end(),
            [&](const Ref& a, const Ref& b) { return slots_[a.slot].journal_id < slots_[b.slot].journal_id; });
  std::vector<const Leaf*> leaves;
  for (const Ref& ref : refs) leaves.push_back(&LeafOf(ref));
  return leaves;
}

}  // namespace anju::aggregator
