// Sheet, targets, judgement, documents in force: in this order, each on what the one before found.
#include "services/plan/core/evaluate.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
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

}  // namespace

bool Evaluation::has_errors() const { return std::any_of(differences.begin(), differences.end(), Refuses); }

absl::StatusOr<Evaluation> Evaluate(const Document& document, const RegionTree& tree, const Catalogue& catalogue,
                                    const TargetsInForce& standing) {
  ErrorCollector errors;
  const Sheet sheet(document, tree, catalogue);
  sheet.CheckLimits(errors);
  if (!errors.empty()) return errors.ToStatus();
  sheet.CheckDuplicates(errors);
  sheet.CheckAreas(errors);
  const Targets targets(sheet, standing, errors);
  Evaluation evaluation;
  evaluation.cells = targets.Cells();
  CheckStanding(sheet, evaluation.cells, standing, errors);
  if (!errors.empty()) return errors.ToStatus();

  Judgement judgement = Judge(sheet, targets);
  evaluation.relations = judgement.relations;
  evaluation.relations_exact = judgement.exact;
  evaluation.differences = std::move(judgement.differences);
  evaluation.allocations = Allocations(sheet, evaluation.cells, standing).Find();
  // A cell that says nothing does not stand against another document's figure for it.
  std::erase_if(evaluation.cells, [&](const TargetCell& cell) {
    const Standing* other = standing.Find(cell.key);
    return !cell.target && other != nullptr && other->target;
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
