// What was printed: the targets that plan documents set, by cell and layer, with every revision.
#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/aggregator/core/cell.h"

namespace anju::aggregator {

// What all cells of a document share.
struct DocumentInfo {
  std::string number;
  std::string amends;             // number of the document it amends; empty for a first one
  std::optional<Date> issued;     // unset when unknown
  std::optional<Date> effective;  // amendments: first day its targets hold
};

// One target cell of a document.
struct PrintedTarget {
  CellKey cell;
  Layer layer = Layer::kNational;
  Target target;      // `document` is filled in by Add
  std::string place;  // where it is printed; empty for a sum
  uint32_t line = 0;
};

// One document's word on a cell in a layer.
struct Revision {
  uint64_t sequence = 0;  // plan journal sequence of the document
  Date effective;         // first day it holds
  Date tree_day;          // the day in whose tree it was printed
  Target target;
  std::string amends;     // empty for a first document
  std::string place;
  uint32_t line = 0;
  bool is_amendment() const { return !amends.empty(); }
  // As if the cell had never been printed.
  bool taken_back() const { return !target.amount && target.missing == Missing::kAbsent; }
  friend bool operator==(const Revision&, const Revision&) = default;
};

// Revisions of one cell in one layer, in the order of the plan journal.
using Revisions = std::vector<Revision>;

// Not thread-safe; const methods may run concurrently. Documents are added in the order of the plan journal.
class Documents {
 public:
  // Adds a document's cells. Returns (cell, layer) of each.
  std::vector<std::pair<CellKey, Layer>> Add(uint64_t sequence, const DocumentInfo& document, std::vector<PrintedTarget> targets);
  // nullptr when no document prints the cell in any layer.
  const std::array<Revisions, kLayers>* Find(const CellKey& cell) const;
  // The revision in force on a day (unset: the last day of the cell's period) among documents up to a plan sequence; also one that takes
  // the target back. nullptr if there is none. The latest by (effective, sequence) holds, and an amendment holds over first documents;
  // among first documents the first that gives a number, else the first that prints anything.
  const Revision* InForceAt(const CellKey& cell, Layer layer, std::optional<Date> day, uint64_t plan) const;
  static const Revision* InForceIn(const Revisions& revisions, const CellKey& cell, std::optional<Date> day, uint64_t plan);
  // Layers in which any region's cell of this programme, indicator and period is printed, as bits.
  uint8_t LayersOf(ProgrammeNumber programme, IndicatorNumber indicator, Period period) const;
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const auto& [cell, revisions] : cells_) visit(cell, revisions);
  }

 private:
  absl::flat_hash_map<CellKey, std::array<Revisions, kLayers>> cells_;
  absl::flat_hash_map<CellKey, uint8_t> layers_;  // by column: a key of region 0
};

}  // namespace anju::aggregator
