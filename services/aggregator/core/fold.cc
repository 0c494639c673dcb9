// Puts the two halves of a fold together.
#include "services/aggregator/core/fold.h"

#include "services/aggregator/core/fold_figures.h"
#include "services/aggregator/core/fold_targets.h"

namespace anju::aggregator {

Fold::Fold(const FoldSources& sources, Moment moment)
    : moment_(std::move(moment)),
      figures_(std::make_unique<FigureFold>(sources, moment_)),
      targets_(std::make_unique<TargetFold>(sources, moment_)) {}

Fold::~Fold() = default;
Fold::Fold(Fold&&) noexcept = default;

const DatedTree& Fold::TreeOf(Period period) { return figures_->TreeOf(period); }

void Fold::MoveOn(const Known& known, const std::vector<CellKey>& series) {
  moment_.known = known;
  figures_->MoveOn(known, series);
}

CellFigures Fold::At(const CellKey& key) {
  CellFigures cell = figures_->At(key);
  const bool is_area = TreeOf(key.period).IsArea(key.region);
  for (size_t layer = 0; layer < kLayers; ++layer) {
    cell.targets[layer] = targets_->At(key, static_cast<Layer>(layer));
    if (!cell.targets[layer]) continue;
    // An area that counts by itself is more than the sum of its members.
    cell.own |= !cell.targets[layer]->document.empty() || (is_area && targets_->Counted(key, static_cast<Layer>(layer)).has);
  }
  return cell;
}

std::optional<int64_t> Fold::CountedTarget(const CellKey& key, Layer layer) {
  const TargetFold::Value value = targets_->Counted(key, layer);
  return value.has ? std::optional<int64_t>(value.amount) : std::nullopt;
}

FigureRule Fold::RuleOf(const CellKey& key) { return figures_->RuleOf(key); }
std::vector<TracedFact> Fold::Trace(const CellKey& key) { return figures_->Trace(key); }
TargetRule Fold::TargetRuleOf(const CellKey& key, Layer layer) { return targets_->RuleOf(key, layer); }

}  // namespace anju::aggregator
