// Keeps the running totals: links nodes along both trees and carries changes upwards.
#include "services/aggregator/core/totals.h"

#include <algorithm>

#include "common/status/macros.h"

namespace anju::aggregator {

Totals::Totals() = default;
Totals::~Totals() = default;

void Totals::Reset(const Trees& trees, const Catalogue& catalogue) {
  all_trees_ = &trees;
  catalogue_ = &catalogue;
  changed_.clear();
  index_.clear();
  alike_.clear();
  columns_.clear();
  nodes_.clear();
  family_index_.clear();
  families_.clear();
  receiving_.clear();
  trees_.clear();
}

const DatedTree* Totals::FindTree(Period period) const {
  const auto found = trees_.find(TreeDate(period));
  return found == trees_.end() ? nullptr : found->second.get();
}

const DatedTree& Totals::TreeOf(Period period) {
  std::shared_ptr<const DatedTree>& tree = trees_[TreeDate(period)];
  if (tree == nullptr) tree = all_trees_->At(TreeDate(period));
  return *tree;
}

Totals::Node* Totals::Find(const NodeKey& key) const {
  const auto found = index_.find(HashOf(key));
  if (found == index_.end()) return nullptr;
  if (found->second->cell == key.cell && found->second->year_end == key.year_end) return found->second;
  const auto alike = alike_.find(key);
  return alike == alike_.end() ? nullptr : alike->second;
}

Totals::Node* Totals::Touch(const NodeKey& key) {
  if (Node* found = Find(key)) return found;
  Node* node = &nodes_.emplace_back();
  node->cell = key.cell;
  node->year_end = key.year_end;
  if (!index_.try_emplace(HashOf(key), node).second) alike_.emplace(key, node);
  if (key.year_end == 0) {
    columns_.insert({key.cell.programme, key.cell.indicator, key.cell.period});
    TreeOf(key.cell.period);
  }
  const Indicator* indicator = catalogue_->FindIndicator(key.cell.indicator);
  node->additive = indicator != nullptr && indicator->is_additive();
  const DatedTree& tree = TreeOf(key.cell.period);
  node->is_area = tree.IsArea(key.cell.region);
  if (node->additive) Link(node);
  if (tree.IsInvolved(key.cell.region)) Join(node, tree);
  return node;
}

void Totals::Link(Node* node) {
  const DatedTree& tree = TreeOf(node->cell.period);
  NodeKey key{node->cell, node->year_end};
  if (const RegionNumber parent = tree.Parent(node->cell.region); parent != 0) {
    key.cell.region = parent;
    node->parent = Touch(key);
    LinksToChange(node->parent).children.push_back(node);
  }
  for (const RegionNumber area : tree.Areas(node->cell.region)) {
    key.cell.region = area;
    Node* above = Touch(key);
    LinksToChange(node).areas.push_back(above);
    LinksToChange(above).members.push_back(node);
  }
  key.cell.region = node->cell.region;
  for (const ProgrammeNumber whole : catalogue_->WholesOf(node->cell.programme)) {
    key.cell.programme = whole;
    Node* above = Touch(key);
    node->wholes.push_back(above);
    LinksToChange(above).parts.push_back(node);
  }
}

Totals::Value Totals::CountedOf(const Node& node) {
  if (node.by_children.count > 0) return {true, node.by_children.amount, node.by_children.newest};
  if (node.by_parts.count > 0) return {true, node.by_parts.amount, node.by_parts.newest};
  if (node.own) return {true, node.own->amount, node.own->as_of};
  return {};
}

Totals::Value Totals::ShownOf(const Node& node) {
  const Sum& by_members = LinksOf(node).by_members;
  if (node.counted.has || by_members.count == 0) return node.counted;
  return {true, by_members.amount, by_members.newest};
}

Totals::Links& Totals::LinksToChange(Node* node) {
  if (node->links == nullptr) node->links = std::make_unique<Links>();
  return *node->links;
}

const Totals::Links& Totals::LinksOf(const Node& node) {
  static const Links none;
  return node.links == nullptr ? none : *node.links;
}

void Totals::Shift(Sum& sum, const std::vector<Node*>& parts, const Value& before, const Value& after) {
  if (before.has) {
    --sum.count;
    sum.amount = WrapSubtract(sum.amount, before.amount);
  }
  if (after.has) {
    ++sum.count;
    sum.amount = WrapAdd(sum.amount, after.amount);
  }
  if (after.has && after.newest >= sum.newest) {
    sum.newest = after.newest;
  } else if (before.has && before.newest == sum.newest) {
    // The newest part went back (its whole changed direction): rare, so looking at all parts again is fine.
    sum.newest = kDistantPast;
    for (const Node* part : parts) {
      if (part->counted.has) sum.newest = std::max(sum.newest, part->counted.newest);
    }
  }
}

void Totals::CarryUp(Node* node, const Value& before, const Value& after) {
  if (node->parent != nullptr) {
    // The first child that counts turns a figure of the parent into a declared one even when the total stays the same.
    const bool first = node->parent->by_children.count == 0;
    Shift(node->parent->by_children, LinksOf(*node->parent).children, before, after);
    if (first) MarkChanged(node->parent);
    Refresh(node->parent);
  }
  for (Node* area : LinksOf(*node).areas) {
    Links& links = LinksToChange(area);
    Shift(links.by_members, links.members, before, after);
    if (!area->counted.has) MarkChanged(area);
  }
}

void Totals::Refresh(Node* node) {
  if (node->family != nullptr) return RefreshFamily(node->family);
  const Value before = node->counted;
  const Value after = CountedOf(*node);
  if (after == before) return;
  node->counted = after;
  MarkChanged(node);
  CarryUp(node, before, after);
  for (Node* whole : node->wholes) {
    const bool first = whole->by_parts.count == 0;
    Shift(whole->by_parts, LinksOf(*whole).parts, before, after);
    if (first) MarkChanged(whole);
    Refresh(whole);
  }
}

void Totals::SetFigure(Node* node, const std::optional<Figure>& figure) {
  if (node->own == figure) return;
  node->own = figure;
  MarkChanged(node);
  Refresh(node);
}

void Totals::SetYearEnd(const CellKey& cell, int year, const std::optional<Figure>& figure) {
  SetFigure(Touch(NodeKey{cell, year}), figure);
}

Totals::TargetSums& Totals::TargetsOf(Node* node, size_t layer) {
  if (node->targets == nullptr) node->targets = std::make_unique<LayerSums>();
  std::unique_ptr<TargetSums>& sums = (*node->targets)[layer];
  if (sums == nullptr) sums = std::make_unique<TargetSums>();
  return *sums;
}

void Totals::SetTarget(Node* node, Layer layer, const std::optional<Target>& printed) {
  TargetsOf(node, static_cast<size_t>(layer)).printed = printed;
  MarkChanged(node);
  RefreshTarget(node, static_cast<size_t>(layer));
}

void Totals::FixTarget(Node* node, Layer layer, std::optional<int64_t> target) {
  TargetSums& sums = TargetsOf(node, static_cast<size_t>(layer));
  sums.fixed = true;
  MoveTarget(node, static_cast<size_t>(layer), {target.has_value(), target.value_or(0)});
}

void Totals::LetTargetFollow(Node* node, Layer layer) {
  TargetSums& sums = TargetsOf(node, static_cast<size_t>(layer));
  if (!sums.fixed) return;
  sums.fixed = false;
  RefreshTarget(node, static_cast<size_t>(layer));
}

void Totals::RefreshTarget(Node* node, size_t layer) {
  TargetSums& sums = TargetsOf(node, layer);
  if (sums.fixed) return;
  Value after;
  if (sums.printed) {
    after = {sums.printed->amount.has_value(), sums.printed->amount.value_or(0)};
  } else if (sums.children.count > 0) {
    after = {true, sums.children.amount};
  } else if (sums.parts.count > 0) {
    after = {true, sums.parts.amount};
  }
  MoveTarget(node, layer, after);
}

void Totals::MoveTarget(Node* node, size_t layer, const Value& after) {
  TargetSums& sums = TargetsOf(node, layer);
  const Value before = sums.counted;
  if (after == before) return;
  sums.counted = after;
  MarkChanged(node);
  static const std::vector<Node*> no_dates;  // targets have no date of data
  if (node->parent != nullptr) {
    Shift(TargetsOf(node->parent, layer).children, no_dates, before, after);
    RefreshTarget(node->parent, layer);
  }
  for (Node* whole : node->wholes) {
    Shift(TargetsOf(whole, layer).parts, no_dates, before, after);
    RefreshTarget(whole, layer);
  }
  for (Node* area : LinksOf(*node).areas) {
    Shift(TargetsOf(area, layer).members, no_dates, before, after);
    MarkChanged(area);
  }
}

void Totals::MarkChanged(Node* node) {
  if (node->year_end != 0) {
    // A year's start is shown in the cell itself.
    node = Find(NodeKey{node->cell, 0});
    if (node == nullptr) return;
  }
  if (node->changed) return;
  node->changed = true;
  changed_.push_back(node);
}

std::vector<const Totals::Node*> Totals::TakeChanged() {
  constexpr size_t kAhead = 16;
  for (size_t i = 0; i < changed_.size(); ++i) {
    if (i + kAhead < changed_.size()) __builtin_prefetch(&changed_[i + kAhead]->changed, 1);
    changed_[i]->changed = false;
  }
  std::vector<const Node*> nodes(changed_.begin(), changed_.end());
  changed_.clear();
  return nodes;
}

CellFigures Totals::FiguresOf(const Node& node) const {
  CellFigures cell;
  for (size_t layer = 0; node.targets != nullptr && layer < kLayers; ++layer) {
    if ((*node.targets)[layer] == nullptr) continue;
    const TargetSums& sums = *(*node.targets)[layer];
    if (sums.printed) {
      cell.targets[layer] = sums.printed;
      cell.own = true;
      if (sums.fixed && sums.counted.has) {
        cell.targets[layer]->amount = sums.counted.amount;
        cell.targets[layer]->missing = Missing::kNone;
      }
    } else if (sums.counted.has) {
      cell.targets[layer] = Target{.amount = sums.counted.amount};
      cell.own |= node.is_area;
    } else if (sums.members.count > 0) {
      cell.targets[layer] = Target{.amount = sums.members.amount};
    }
  }
  if (node.own) {
    cell.own = true;
    cell.own_as_of = node.own->as_of;
    if (IsDeclared(node)) cell.declared = node.own->amount;
  }
  cell.own |= node.is_area && node.counted.has;
  const Value shown = ShownOf(node);
  if (!shown.has) return cell;
  cell.actual = shown.amount;
  cell.newest_as_of = shown.newest;
  if (node.cell.period.is_stock()) {
    const Node* start = Find({node.cell, YearOf(LastDayOfPreviousYear(shown.newest))});
    if (start != nullptr) {
      if (const Value value = ShownOf(*start); value.has) cell.year_start = value.amount;
    }
  }
  return cell;
}

CellFigures Totals::At(const CellKey& cell) const {
  const Node* node = Find({cell, 0});
  return node == nullptr ? CellFigures{} : FiguresOf(*node);
}

}  // namespace anju::aggregator
