// The rules of targets: revisions, what they are made of, and how they follow children and successors that come and go.
#include "common/model/depth.h"
#include "common/model/figures.h"

namespace anju::model {
namespace {

void AddTo(std::optional<int64_t>* sum, const std::optional<int64_t>& part) {
  if (part) *sum = sum->value_or(0) + *part;
}

}  // namespace

// The newest amendment that holds on the day, else the first document that gives a number.
std::optional<Figures::Revision> Figures::InForce(const Key& key, int layer) const {
  const auto found = revisions_.find({key, layer});
  if (found == revisions_.end()) return std::nullopt;
  const Date day = question_.as_of.value_or(LastDay(key.period));
  std::optional<Revision> first, amended;
  for (const Revision& revision : found->second) {
    if (revision.effective > day) continue;
    if (revision.document->amends.empty()) {
      if (!first || (!first->cell->target && revision.cell->target)) first = revision;
    } else if (question_.Holds(Rule::kAmendments) && (!amended || revision.effective >= amended->effective)) {
      amended = revision;
    }
  }
  const std::optional<Revision> held = amended ? amended : first;
  if (held && !held->cell->target && held->cell->missing == 1) return std::nullopt;  // taken back
  return held;
}

std::optional<int64_t> Figures::TargetsOfChildren(Date tree, const Key& key, int layer) {
  std::optional<int64_t> sum;
  for (const Number child : ChildrenOf(key.region, tree)) AddTo(&sum, TargetIn(tree, In(key, child), layer));
  return sum;
}

// By change: what it brings.
std::map<size_t, int64_t> Figures::TargetsInherited(Date tree, const Key& key, int layer) {
  std::map<size_t, int64_t> brought;
  for (const size_t i : PassedTo(key.region, tree)) {
    if (const auto target = TargetIn(tree, In(key, changes_[i].region), layer)) brought[i] = ShareOf(i, *target);
  }
  return brought;
}

std::optional<int64_t> Figures::TargetIn(Date tree, const Key& key, int layer, bool with_inherited) {
  // A target comes from what is printed for the same indicator, years and layer, of whatever region and programme: most cells have none to come from.
  if (!planned_.contains({key.indicator, key.period.first, key.period.last, layer})) return std::nullopt;
  const Layered asked{key, layer, tree.days, with_inherited};
  if (const auto found = targets_.find(asked); found != targets_.end()) return found->second;
  const std::optional<int64_t> target = WorkOutTarget(tree, key, layer, with_inherited);
  targets_[asked] = target;
  return target;
}

std::optional<int64_t> Figures::WorkOutTarget(Date tree, const Key& key, int layer, bool with_inherited) {
  const Deeper deeper(*this);
  if (!deeper.fine()) return std::nullopt;
  const std::optional<Revision> printed = InForce(key, layer);
  const bool additive = Additive(key.indicator);
  if (printed && !additive) return printed->cell->target;
  if (printed) {
    if (!question_.Holds(Rule::kTargetsFollow)) return printed->cell->target;
    // What was there on the day of the document is in the printed figure.
    int64_t inherited = 0;
    bool brings = false;
    const std::map<size_t, int64_t> then = TargetsInherited(printed->drawn, key, layer);
    for (const auto& [change, amount] : then) inherited -= amount;
    if (with_inherited) {
      for (const auto& [change, amount] : TargetsInherited(tree, key, layer)) {
        inherited += amount;
        brings = brings || !then.contains(change);
      }
    }
    if (!printed->cell->target) return brings ? std::optional<int64_t>(inherited) : std::nullopt;
    const int64_t children = TargetsOfChildren(tree, key, layer).value_or(0) - TargetsOfChildren(printed->drawn, key, layer).value_or(0);
    return *printed->cell->target + children + inherited;
  }
  if (!additive) return std::nullopt;
  std::optional<int64_t> sum = TargetsOfChildren(tree, key, layer);
  if (!sum) {
    for (const Number part : PartsOf(key.programme)) AddTo(&sum, TargetIn(tree, Of(key, part), layer, false));
  }
  if (with_inherited) {
    for (const auto& [change, amount] : TargetsInherited(tree, key, layer)) AddTo(&sum, amount);
  }
  return sum;
}

std::optional<TargetFigure> Figures::TargetAt(const Key& key, int layer) {
  const Date tree = TreeDay(key.period);
  const std::optional<Revision> printed = InForce(key, layer);
  std::optional<int64_t> amount = TargetIn(tree, key, layer);
  if (printed) {
    return TargetFigure{.amount = amount, .declared = printed->cell->declared, .missing = amount ? 0 : printed->cell->missing, .document = printed->document->number};
  }
  if (!amount && Additive(key.indicator)) {
    for (const Number member : Members(key.region, tree)) AddTo(&amount, TargetIn(tree, In(key, member), layer));
  }
  if (!amount) return std::nullopt;
  return TargetFigure{.amount = amount, .declared = {}, .missing = 0, .document = ""};
}

}  // namespace anju::model
