// Resolves the target of every cell, bottom up, so that what children hold sums exactly to what their parent holds.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/status/status.h"
#include "services/plan/core/document.h"
#include "services/plan/core/sheet.h"
#include "services/plan/core/standing.h"

namespace anju::plan {

class Targets {
 public:
  // Resolves everything. Layers go from above to below: an addition stands on what a layer above it resolved to, in this document
  // or in one in force.
  Targets(const Sheet& sheet, const TargetsInForce& standing, ErrorCollector& errors);

  // The target of a printed cell; nullopt when there is none.
  std::optional<int64_t> Of(const Cell& cell) const;
  // What a printed addition is added to; 0 for all other rows.
  int64_t BaseOf(const PrintedRow& row) const;
  // In the document's order; cells that only a complete relation with a reserve sets come last.
  std::vector<TargetCell> Cells() const;

 private:
  // The amount a print stands for: with what it is added to.
  int64_t AmountOf(const PrintedRow& row) const { return row.amount + BaseOf(row); }
  void FindBases(Layer layer, ErrorCollector& errors);
  std::optional<int64_t> Resolve(const Cell& cell, ErrorCollector& errors);
  // nullopt when neither children nor programmes are complete.
  std::optional<int64_t> SumOf(const CellKey& key, const std::vector<ProgrammeNumber>& total_of, uint32_t line, ErrorCollector& errors);

  const Sheet& sheet_;
  const TargetsInForce& standing_;
  absl::flat_hash_map<const PrintedRow*, int64_t> bases_;
  absl::flat_hash_map<const Cell*, std::optional<int64_t>> resolved_;
  absl::flat_hash_set<const Cell*> sums_;
  std::vector<TargetCell> unprinted_;
};

// Conflicts with documents of other lines in force: another figure for a cell, one that was taken back, or an area beside a member.
void CheckStanding(const Sheet& sheet, const std::vector<TargetCell>& cells, const TargetsInForce& standing, ErrorCollector& errors);

}  // namespace anju::plan
