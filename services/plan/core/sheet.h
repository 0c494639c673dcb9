// A document as a sheet of cells: prints of the same cell gathered, one of them its figure, and what is printed at all.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "common/catalogue/catalogue.h"
#include "common/check/check.h"
#include "common/region/region_tree.h"
#include "common/status/status.h"
#include "services/plan/core/document.h"

namespace anju::plan {

// Everything the document prints for one key.
struct Cell {
  CellKey key;
  std::vector<const PrintedRow*> prints;  // in the document's order; empty for a cell that is only a sum
  const PrintedRow* figure = nullptr;     // the most precise number, then the first; nullptr when no number is printed
  Missing missing = Missing::kNumber;     // when there is no figure
  bool withdrawn = false;

  // The row that speaks for the cell: its figure, else the first that prints it.
  const PrintedRow* row() const { return figure != nullptr ? figure : prints.empty() ? nullptr : prints.front(); }
  uint32_t line() const { return row() == nullptr ? 0 : row()->line; }
  // Printed by a document that this one amends, and not restated here.
  bool earlier() const { return !prints.empty() && prints.front()->earlier; }
};

// True when `a` is printed with smaller steps than `b`. REQUIRES: both are numbers.
bool MorePrecise(const PrintedRow& a, const PrintedRow& b);

// REQUIRES: document, tree and catalogue outlive it.
class Sheet {
 public:
  Sheet(const Document& document, const RegionTree& tree, const Catalogue& catalogue);

  // In the document's order.
  const std::deque<Cell>& cells() const { return cells_; }
  const Cell* Find(const CellKey& key) const;
  // Whether the document prints this region, programme and indicator in any period or layer.
  bool Prints(const CellKey& key) const;
  // Periods printed for the region, programme, indicator and layer of `key`, that lie inside its period and are not the same; by their
  // last year, then the first.
  std::vector<Period> PeriodsInside(const CellKey& key) const;
  // Child regions of the cell's region on its day; cached, because every programme and year asks again.
  const std::vector<RegionNumber>& ChildrenOf(const CellKey& key) const;

  // The areas that the region, or one above it, is a member of on `day`.
  std::vector<RegionNumber> AreasAround(RegionNumber region, Date day) const;

  // The print as an operand in smallest units; exact when nothing in its column has decimals.
  CheckOperand OperandOf(const PrintedRow& row) const;

  const Document& document() const { return document_; }
  const RegionTree& tree() const { return tree_; }
  const Catalogue& catalogue() const { return catalogue_; }
  const Indicator& IndicatorOf(const CellKey& key) const;
  Date DayOf(const CellKey& key) const { return document_.header.DayOf(key.period); }

  // More of one cell than kPrintsMax or of one series than kPeriodsMax; nothing else may be asked of such a sheet.
  void CheckLimits(ErrorCollector& errors) const;
  // Twice the same key without differing places, and figures of an area beside those of its members. What earlier documents of a line
  // say among themselves was checked with them.
  void CheckDuplicates(ErrorCollector& errors) const;
  void CheckAreas(ErrorCollector& errors) const;

 private:
  const Document& document_;
  const RegionTree& tree_;
  const Catalogue& catalogue_;
  std::deque<Cell> cells_;  // stable addresses
  absl::flat_hash_map<CellKey, Cell*> by_key_;
  absl::flat_hash_set<CellKey> printed_;                            // keys without period and layer
  absl::flat_hash_map<CellKey, std::vector<Period>> periods_;       // keys without period
  absl::flat_hash_set<std::pair<IndicatorNumber, std::string>> decimal_columns_;
  mutable absl::flat_hash_map<std::pair<RegionNumber, int32_t>, std::vector<RegionNumber>> children_;
  mutable absl::flat_hash_map<std::pair<RegionNumber, int32_t>, std::vector<const Region*>> areas_;  // children that are areas
};

}  // namespace anju::plan
