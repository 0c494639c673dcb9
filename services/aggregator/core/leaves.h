// What was reported: the history of every series of every progress journal, what became of its updates, and the figure of a cell at a moment.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/types/span.h"
#include "common/series/series.h"
#include "services/aggregator/core/cell.h"
#include "services/aggregator/core/moment.h"

namespace anju::aggregator {

// Progress journals are told apart by their slot (0, 1, …) in the order of the command line.
using Slot = size_t;

// What few updates have: verdicts of the levels above, and notes. By the sequence of the update.
struct UpdateRemarks {
  // Verdicts on one update as (sequence of the review, state), in the order of the journal.
  absl::flat_hash_map<uint64_t, std::vector<std::pair<uint64_t, ReviewState>>> reviews;
  absl::flat_hash_map<uint64_t, Note> notes;
  uint64_t last_reviewed = 0;  // the newest update with a verdict: the many after it need not be looked up
};

// One series. `newest` is the figure in force now; its base is left out.
struct Leaf {
  // What an update touches comes first and fits two cache lines.
  SeriesHistory history;
  std::optional<Figure> newest;
  uint64_t last_sequence = 0;  // of the newest update or review that touched it
  std::unique_ptr<UpdateRemarks> remarks;  // nullptr for nearly all
  CellKey cell;
  bool shared = false;         // another journal reports the same cell

  // The state of an update as known at a sequence of the journal.
  ReviewState StateOf(uint64_t update, uint64_t known) const;
  // nullptr when the update came without one.
  const Note* NoteOf(uint64_t update) const;
};

// The updates that make up a cell's reported figure.
struct InForce {
  Slot slot = 0;
  uint32_t series = 0;
  const Leaf* leaf = nullptr;
  std::vector<const SeriesEntry*> entries;  // oldest first: the one that stands by itself, and what was added or taken off since
  Figure figure;
};

// Not thread-safe; const methods may run concurrently.
class Leaves {
 public:
  explicit Leaves(size_t slots) : slots_(slots) {}

  // Identity of a slot's journal; breaks ties between journals, so that the order of the command line does not matter.
  void SetJournal(Slot slot, std::string journal_id) { slots_[slot].journal_id = std::move(journal_id); }
  const std::string& JournalOf(Slot slot) const { return slots_[slot].journal_id; }
  // Opens the slot's next series (1, 2, 3 …) and returns its number.
  uint32_t Open(Slot slot, const CellKey& cell);
  size_t series_count(Slot slot) const { return slots_[slot].leaves.size(); }
  size_t slots() const { return slots_.size(); }
  const Leaf& At(Slot slot, uint32_t series) const { return slots_[slot].leaves[series - 1]; }
  // Tells the processor that a series is about to be changed.
  void Prefetch(Slot slot, uint32_t series) const { 
    const char* leaf = reinterpret_cast<const char*>(&slots_[slot].leaves[series - 1]);
    __builtin_prefetch(leaf, 1);
    __builtin_prefetch(leaf + 64, 1);
  }
  // Records an update. REQUIRES: an open series, a sequence that is not in it.
  const Leaf& Record(Slot slot, uint32_t series, const SeriesEntry& entry);
  // For filling from stored rows: the history of an open series without one (from one thread for each series), and the series of all
  // updates by sequence.
  void Fill(Slot slot, uint32_t series, SeriesHistory history);
  void FillSeriesOfUpdates(Slot slot, std::vector<uint32_t> series_by_sequence) { slots_[slot].series_by_sequence = std::move(series_by_sequence); }
  // Keeps what came along with a recorded update. An empty note is not kept.
  void Annotate(Slot slot, uint64_t update, Note note);
  // Records a verdict (review event `sequence`) on a recorded update, and returns its series. REQUIRES: SeriesOfUpdate(slot, update) != 0.
  const Leaf& Review(Slot slot, uint64_t update, uint64_t sequence, ReviewState state);
  // Number of the series of an update; 0 when there is no update of this sequence.
  uint32_t SeriesOfUpdate(Slot slot, uint64_t update) const {
    const std::vector<uint32_t>& series = slots_[slot].series_by_sequence;
    return update < series.size() ? series[update] : 0;
  }

  // The reported figure of a cell as of a date, from what is known and passes, with its base. Where two journals report one cell the
  // newer as_of holds, then the smaller journal id.
  std::optional<Figure> FigureAt(const CellKey& cell, Date as_of, const Known& known = {}, ReviewFilter review = ReviewFilter::kAll) const;
  // The same without the base, which few need and which has to be looked for.
  std::optional<Figure> QuickFigureAt(const CellKey& cell, Date as_of, const Known& known, ReviewFilter review) const;
  // The updates behind that figure.
  std::optional<InForce> InForceAt(const CellKey& cell, Date as_of, const Known& known = {}, ReviewFilter review = ReviewFilter::kAll) const;
  // Asks memory for what FigureAt looks at, without waiting for it, in steps from 0: each reads what the one before asked for.
  static constexpr int kForeseeSteps = 3;
  void Foresee(const CellKey& cell, int step) const;
  // What is said about them.
  Remarks RemarksAt(const CellKey& cell, Date as_of, const Known& known = {}, ReviewFilter review = ReviewFilter::kAll) const;
  // The figure for the newest date and everything known, without its base; cheap.
  std::optional<Figure> Newest(const CellKey& cell) const;
  // Every cell that has a series.
  template <typename Visit>
  void ForEachCell(Visit visit) const {
    for (const Journal& journal : slots_) {
      for (const Leaf& leaf : journal.leaves) {
        if (!leaf.shared) visit(leaf.cell);
      }
    }
    for (const auto& [cell, refs] : several_) {
      if (refs.size() > 1) visit(cell);
    }
  }
  // Series of a cell, by journal id.
  std::vector<const Leaf*> SeriesOf(const CellKey& cell) const;

 private:
  struct Ref {
    uint32_t slot = 0;
    uint32_t series = 0;
  };
  struct Journal {
    std::string journal_id;
    std::deque<Leaf> leaves;  // by series number less one
    std::vector<uint32_t> series_by_sequence;  // 0 where the event is no update
  };
  template <typename FigureOf>
  std::optional<Figure> Best(const CellKey& cell, FigureOf figure_of, Ref* best_ref = nullptr) const;
  static std::optional<Figure> FigureIn(const Leaf& leaf, Date as_of, uint64_t known, ReviewFilter review, bool with_base);
  UpdateRemarks& RemarksOf(Slot slot, uint64_t update);

  static uint32_t HashOf(const CellKey& cell) { return static_cast<uint32_t>(absl::Hash<CellKey>{}(cell)); }
  const Leaf& LeafOf(const Ref& ref) const { return slots_[ref.slot].leaves[ref.series - 1]; }
  // The series of a cell; valid until the next Open.
  absl::Span<const Ref> RefsOf(const CellKey& cell) const;

  std::vector<Journal> slots_;
  // The series of a cell, by the cell's hash: nearly all cells have one, and that knows its cell, so it need not stand here again. Cells that have several
  // (`shared`), or whose hash is another's too, stand in `several_` with all they have.
  absl::flat_hash_map<uint32_t, Ref> first_;
  absl::flat_hash_map<CellKey, std::vector<Ref>> several_;
};

}  // namespace anju::aggregator
