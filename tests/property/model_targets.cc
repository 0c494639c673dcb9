// The rules of targets: revisions, what they are made of, and how they follow children and successors that come and go.
#include "tests/property/model.h"

namespace anju::worlds {
namespace {

Key In(Key key, Number region) {
  key.region = region;
  return key;
}

Key Of(Key key, Number programme) {
  key.programme = programme;
  return key;
}

void AddTo(std::optional<int64_t>* sum, const std::optional<int64_t>& part) {
  if (part) *sum = sum->value_or(0) + *part;
}

}  // namespace

std::optional<Model::Revision> Model::InForce(const Key& key, int layer) const {
  const Date day = question_.as_of.value_or(LastDay(key.period));
  std::optional<Revision> first, amended;
  for (size_t i = 0; i < world_.plan.size() && i < question_.known.plan; ++i) {
    if (!world_.plan[i].document) continue;
    const Document& document = *world_.plan[i].document;
    for (const PrintedCell& cell : document.cells) {
      if (cell.key != key || cell.layer != layer) continue;
      const bool amendment = !document.amends.empty();
      const Date effective = amendment ? *document.effective : FirstDay(key.period);
      const Date drawn = amendment ? *document.effective : document.issued.value_or(FirstDay(key.period));
      const Revision revision{cell, document.number, effective, drawn, amendment, i + 1};
      if (effective > day) continue;
      if (!amendment) {
        if (!first || (!first->cell.target && cell.target)) first = revision;
      } else if (mistake_ != Mistake::kAmendments && (!amended || effective >= amended->effective)) {
        amended = revision;
      }
    }
  }
  const std::optional<Revision> held = amended ? amended : first;
  if (held && !held->cell.target && held->cell.missing == 1) return std::nullopt;  // taken back
  return held;
}

std::optional<int64_t> Model::TargetsOfChildren(Date tree, const Key& key, int layer) const {
  std::optional<int64_t> sum;
  for (const Number child : SummedChildren(key.region, tree)) AddTo(&sum, TargetIn(tree, In(key, child), layer));
  return sum;
}

std::map<size_t, int64_t> Model::TargetsInherited(Date tree, const Key& key, int layer) const {
  std::map<size_t, int64_t> brought;
  for (size_t i = 0; i < changes_.size(); ++i) {
    if (changes_[i].into != key.region || !changes_[i].passes() || changes_[i].date > tree) continue;
    if (const auto target = TargetIn(tree, In(key, changes_[i].region), layer)) brought[i] = ShareOf(i, *target);
  }
  return brought;
}

std::optional<int64_t> Model::TargetIn(Date tree, const Key& key, int layer, bool with_inherited) const {
  const std::optional<Revision> printed = InForce(key, layer);
  const bool additive = Additive(key.indicator);
  if (printed && !additive) return printed->cell.target;
  if (printed) {
    if (mistake_ == Mistake::kTargetsFollow) return printed->cell.target;
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
    if (!printed->cell.target) return brings ? std::optional<int64_t>(inherited) : std::nullopt;
    const int64_t children = TargetsOfChildren(tree, key, layer).value_or(0) - TargetsOfChildren(printed->drawn, key, layer).value_or(0);
    return *printed->cell.target + children + inherited;
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

std::optional<TargetAnswer> Model::TargetAt(const Key& key, int layer) const {
  const Date tree = TreeDay(key.period);
  const std::optional<Revision> printed = InForce(key, layer);
  std::optional<int64_t> amount = TargetIn(tree, key, layer);
  if (printed) {
    return TargetAnswer{.amount = amount, .declared = printed->cell.declared, .missing = amount ? 0 : printed->cell.missing, .document = printed->document};
  }
  if (!amount && Additive(key.indicator)) {
    for (const Number member : Members(key.region, tree)) AddTo(&amount, TargetIn(tree, In(key, member), layer));
  }
  if (!amount) return std::nullopt;
  return TargetAnswer{.amount = amount, .declared = {}, .missing = 0, .document = ""};
}

}  // namespace anju::worlds
