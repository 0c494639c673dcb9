// Running totals of regions that a boundary change concerns: those that passed on or received, and those that children left.
#include <algorithm>

#include "services/aggregator/core/fold_figures.h"
#include "services/aggregator/core/totals.h"

namespace anju::aggregator {

void Totals::Join(Node* node, const DatedTree& tree) {
  NodeKey key{node->cell, node->year_end};
  key.cell.programme = 0;
  Family*& family = family_index_[key];
  if (family == nullptr) {
    family = &families_.emplace_back();
    family->region = node->cell.region;
    family->tree = &tree;
  }
  family->nodes.push_back(node);
  node->family = family;
  if (!tree.Received(node->cell.region).empty() && node->year_end == 0) {
    receiving_[{node->cell.indicator, node->cell.period}].push_back(node);
  }
  // What the region counts will be passed on.
  for (const RegionNumber dependent : tree.Dependents(node->cell.region)) {
    const auto& received = tree.Received(dependent);
    const bool receives = std::any_of(received.begin(), received.end(), [&](const DatedTree::Receipt& receipt) {
      return receipt.from == node->cell.region && (node->additive || receipt.recode);
    });
    NodeKey successor{node->cell, node->year_end};
    successor.cell.region = dependent;
    if (receives) Touch(successor);
  }
}

bool Totals::IsIgnored(const Node& node) const {
  if (!node.additive) return false;
  const auto& former = node.family->tree->FormerChildren(node.cell.region);
  return std::any_of(former.begin(), former.end(), [&](const DatedTree::FormerChild& child) {
    if (node.own->base >= child.left) return false;
    NodeKey key{node.cell, node.year_end};
    key.cell.region = child.region;
    const Node* found = Find(key);
    return found != nullptr && found->counted.has;
  });
}

void Totals::AddBaseFacts(const Node& node, std::vector<Fact>* facts) const {
  if (node.by_children.count > 0) {
    facts->push_back({node.cell.programme, node.by_children.amount, node.by_children.newest});
    return;
  }
  const size_t before = facts->size();
  for (const Node* part : LinksOf(node).parts) AddBaseFacts(*part, facts);
  if (facts->size() > before) return;
  if (node.own && !IsIgnored(node)) facts->push_back({node.cell.programme, node.own->amount, node.own->as_of});
}

bool Totals::IsCovered(const Family& family, ProgrammeNumber programme, Date date) const {
  return std::any_of(family.nodes.begin(), family.nodes.end(), [&](const Node* node) {
    return node->own && node->own->base >= date && AreRelated(*catalogue_, programme, node->cell.programme);
  });
}

void Totals::AddFacts(const Node& node, std::vector<Fact>* facts) const {
  const size_t before = facts->size();
  AddBaseFacts(node, facts);
  for (const DatedTree::Receipt& receipt : node.family->tree->Received(node.cell.region)) {
    if (!node.additive && (!receipt.recode || facts->size() > before)) continue;
    NodeKey key{node.cell, node.year_end};
    key.cell.region = receipt.from;
    const Node* from = Find(key);
    if (from == nullptr) continue;
    std::vector<Fact> passed;
    AddFacts(*from, &passed);
    for (Fact& fact : passed) {
      if (node.additive) {
        if (IsCovered(*node.family, fact.programme, receipt.date)) continue;
        fact.amount = all_trees_->boundaries().ShareOf(receipt.event, fact.amount);
      }
      facts->push_back(fact);
    }
  }
}

bool Totals::IsDeclared(const Node& node) const {
  if (node.family == nullptr) return node.by_children.count > 0 || node.by_parts.count > 0;
  if (!node.additive) return false;
  if (node.by_children.count > 0) return true;
  std::vector<Fact> facts;
  for (const Node* part : LinksOf(node).parts) AddBaseFacts(*part, &facts);
  return !facts.empty() || IsIgnored(node);
}

void Totals::RefreshFamily(Family* family) {
  std::vector<Fact> facts;
  // What one cell of the family counts does not depend on what the others count, only on what is reported and what children count.
  for (size_t i = 0; i < family->nodes.size(); ++i) {
    Node* node = family->nodes[i];
    facts.clear();
    AddFacts(*node, &facts);
    Value after;
    for (const Fact& fact : facts) {
      after = {true, WrapAdd(after.amount, fact.amount), std::max(after.newest, fact.newest)};
    }
    // A figure may become a declared one, or no longer be one, while the total stays.
    if (node->own) MarkChanged(node);
    const Value before = node->counted;
    if (after == before) continue;
    node->counted = after;
    MarkChanged(node);
    CarryUp(node, before, after);
  }
  for (const RegionNumber dependent : family->tree->Dependents(family->region)) {
    NodeKey key{family->nodes.front()->cell, family->nodes.front()->year_end};
    key.cell.programme = 0;
    key.cell.region = dependent;
    if (const auto found = family_index_.find(key); found != family_index_.end()) RefreshFamily(found->second);
  }
}

}  // namespace anju::aggregator
