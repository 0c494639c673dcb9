// What was reported: the history of every series of every progress journal, and the figure of a cell at a date.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/series/series.h"
#include "services/aggregator/core/cell.h"

namespace anju::aggregator {

// Progress journals are told apart by their slot (0, 1, …) in the order of the command line.
using Slot = size_t;

// One series. `newest` is the figure in force now.
struct Leaf {
  CellKey cell;
  SeriesHistory history;
  std::optional<Figure> newest;
  bool shared = false;  // another journal reports the same cell
};

// Prefixes to look at: events of slot s up to known[s]. Empty: everything.
using Known = std::vector<uint64_t>;

// Not thread-safe.
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
  void Prefetch(Slot slot, uint32_t series) const { __builtin_prefetch(&slots_[slot].leaves[series - 1], 1); }
  // Records an update. REQUIRES: an open series, a sequence that is not in it.
  const Leaf& Record(Slot slot, uint32_t series, const SeriesEntry& entry);
  // The reported figure of a cell as of a date. Where two journals report one cell the newer as_of holds, then the smaller journal id.
  std::optional<Figure> FigureAt(const CellKey& cell, Date as_of, const Known& known = {}) const;
  // The same for the newest date and everything known; cheap.
  std::optional<Figure> Newest(const CellKey& cell) const;
  // Every cell that has a series.
  template <typename Visit>
  void ForEachCell(Visit visit) const {
    for (const auto& [cell, refs] : cells_) visit(cell);
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
  };
  template <typename FigureOf>
  std::optional<Figure> Best(const CellKey& cell, FigureOf figure_of) const;

  std::vector<Journal> slots_;
  absl::flat_hash_map<CellKey, std::vector<Ref>> cells_;
};

}  // namespace anju::aggregator
