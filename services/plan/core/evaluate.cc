// Sheet, targets, judgement, documents in force: in this order, each on what the one before found.
#include "services/plan/core/evaluate.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "services/plan/core/judge.h"
#include "services/plan/core/targets.h"
#include "services/plan/errors.h"

namespace anju::plan {
namespace {

bool Refuses(const Difference& difference) {
  return difference.verdict == Verdict::kError || difference.verdict == Verdict::kNotAdditive;
}

// The document above may be this one: a notice prints what the province set beside what the city does.
class Allocations {
 public:
  Allocations(const Sheet& sheet, const std::vector<TargetCell>& cells, const TargetsInForce& standing)
      : sheet_(sheet), cells_(cells), standing_(standing) {
    for (const TargetCell& cell : cells) {
      if (cell.target) here_[cell.key] = *cell.target;
    }
  }

  std::vector<Allocation> Find() const {
    std::vector<Allocation> allocations;
    const auto add = [&](const CellKey& key, int64_t allocated) {
      const std::optional<std::pair<Layer, int64_t>> upper = Above(key);
      if (upper && upper->second != allocated) allocations.push_back({key, upper->first, allocated, upper->second});
    };
    // What is handed down to children of a region that the document gives no figure of its own.
    std::map<CellKey, int128> handed_down;
    for (const TargetCell& cell : cells_) {
      if (!cell.target || !sheet_.IndicatorOf(cell.key).is_additive()) continue;
      CellKey parent = cell.key;
      parent.region = sheet_.tree().ParentAt(cell.key.region, sheet_.DayOf(cell.key));
      const bool within = sheet_.tree().IsWithin(parent.region, sheet_.document().header.issuer, sheet_.DayOf(cell.key));
      if (parent.region != 0 && within && !here_.contains(parent)) handed_down[parent] += *cell.target;
    }
    for (const TargetCell& cell : cells_) {
      if (cell.target) add(cell.key, *cell.target);
    }
    for (const auto& [key, sum] : handed_down) {
      if (sum <= kAmountMax && sum >= -int128{kAmountMax}) add(key, static_cast<int64_t>(sum));
    }
    return allocations;
  }

 private:
  // The next layer above that has a target for the cell, in this document or in one in force.
  std::optional<std::pair<Layer, int64_t>> Above(CellKey key) const {
    for (int above = static_cast<int>(key.layer) - 1; above >= static_cast<int>(Layer::kNational); --above) {
      key.layer = static_cast<Layer>(above);
      if (const auto it = here_.find(key); it != here_.end()) return std::pair(key.layer, it->second);
      const Standing* standing = standing_.Find(key);
      if (standing != nullptr && standing->target) return std::pair(key.layer, *standing->target);
    }
    return std::nullopt;
  }

  const Sheet& sheet_;
  const std::vector<TargetCell>& cells_;
  const TargetsInForce& standing_;
  absl::flat_hash_map<CellKey, int64_t> here_;
};

// Of a sheet with an amendment, the cells that it prints or changes. All cells of a first document.
std::vector<TargetCell> ChangedCells(const Sheet& sheet, const std::vector<TargetCell>& cells, const absl::flat_hash_map<CellKey, TargetCell>& was) {
  std::vector<TargetCell> changed;
  absl::flat_hash_set<CellKey> still;
  for (const TargetCell& cell : cells) {
    still.insert(cell.key);
    const Cell* printed = sheet.Find(cell.key);
    if (printed != nullptr && !printed->earlier()) {
      changed.push_back(cell);
      continue;
    }
    const auto before = was.find(cell.key);
    if (before != was.end() && before->second.target == cell.target) continue;
    // It follows its parts: what was printed for it is no longer so.
    changed.push_back({.key = cell.key, .target = cell.target, .missing = cell.missing});
  }
  std::vector<TargetCell> gone;
  for (const auto& [key, cell] : was) {
    if (!still.contains(key)) gone.push_back({.key = key, .missing = Missing::kAbsent});
  }
  std::sort(gone.begin(), gone.end(), [](const TargetCell& a, const TargetCell& b) { return a.key < b.key; });
  changed.insert(changed.end(), gone.begin(), gone.end());
  return changed;
}

// Allocations of the cells given, and of the regions right above them where they have no cell themselves.
void KeepAllocationsOf(const Sheet& sheet, const std::vector<TargetCell>& cells, std::vector<Allocation>* allocations) {
  absl::flat_hash_set<CellKey> near;
  for (const TargetCell& cell : cells) {
    CellKey key = cell.key;
    near.insert(key);
    key.region = sheet.tree().ParentAt(key.region, sheet.DayOf(key));
    near.insert(key);
  }
  std::erase_if(*allocations, [&](const Allocation& allocation) { return !near.contains(allocation.cell); });
}

}  // namespace

bool Evaluation::has_errors() const { return std::any_of(differences.begin(), differences.end(), Refuses); }

absl::StatusOr<Evaluation> Evaluate(const Document& document, const RegionTree& tree, const Catalogue& catalogue,
                                    const TargetsInForce& standing) {
  return EvaluateChanges(document, {}, tree, catalogue, standing);
}

absl::StatusOr<Evaluation> EvaluateChanges(const Document& document, const absl::flat_hash_map<CellKey, TargetCell>& was, const RegionTree& tree,
                                           const Catalogue& catalogue, const TargetsInForce& standing) {
  ErrorCollector errors;
  const Sheet sheet(document, tree, catalogue);
  sheet.CheckLimits(errors);
  if (!errors.empty()) return errors.ToStatus();
  sheet.CheckDuplicates(errors);
  sheet.CheckAreas(errors);
  const Targets targets(sheet, standing, errors);
  Evaluation evaluation;
  const std::vector<TargetCell> cells = targets.Cells();
  evaluation.cells = document.header.is_amendment() ? ChangedCells(sheet, cells, was) : cells;
  CheckStanding(sheet, evaluation.cells, standing, errors);
  if (!errors.empty()) return errors.ToStatus();

  Judgement judgement = Judge(sheet, targets);
  evaluation.relations = judgement.relations;
  evaluation.relations_exact = judgement.exact;
  evaluation.differences = std::move(judgement.differences);
  evaluation.allocations = Allocations(sheet, cells, standing).Find();
  if (document.header.is_amendment()) KeepAllocationsOf(sheet, evaluation.cells, &evaluation.allocations);
  // A cell that says nothing does not stand against another document's figure for it.
  std::erase_if(evaluation.cells, [&](const TargetCell& cell) {
    const Standing* other = standing.Find(cell.key);
    return !cell.target && other != nullptr && other->target && other->line != document.header.line();
  });
  return evaluation;
}

absl::Status RefuseDifferences(const Evaluation& evaluation, const Catalogue& catalogue) {
  ErrorCollector errors;
  for (const Difference& difference : evaluation.differences) {
    if (difference.verdict == Verdict::kError) {
      errors.Add(Unbalanced(difference.line, difference.printed, difference.unit, difference.relation, difference.rule, difference.computed));
    } else if (difference.verdict == Verdict::kNotAdditive) {
      errors.Add(NotAdditive(difference.line, difference.printed, catalogue.FindIndicator(difference.cell.indicator)->code,
                             difference.relation, difference.rule));
    }
  }
  return errors.ToStatus();
}

}  // namespace anju::plan
