// Running totals: the rule of fold.h kept up to date as leaves change, in as many steps as the trees are deep.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "services/aggregator/core/cell.h"
#include "services/aggregator/core/dated_tree.h"

namespace anju::aggregator {

// One node per cell that anything is known of, and per cell above it. A node keeps for each direction how many parts count and
// what they add up to, so a changed leaf moves only its own wholes. Not thread-safe; const methods may run concurrently.
class Totals {
 public:
  // A cell's place in the totals; valid until the next Reset.
  struct Node;

  Totals();
  ~Totals();
  // Forgets all nodes and goes on in these trees. Both must outlive the totals and stay unchanged until the next Reset.
  void Reset(const RegionTree& regions, const Catalogue& catalogue);

  // Tells the processor that a node is about to be changed.
  static void Prefetch(const Node* node);
  // Finds or makes the node of a cell, with everything above it.
  Node* Touch(const CellKey& cell) { return Touch(NodeKey{cell, 0}); }
  // Sets the reported figure.
  void SetFigure(Node* node, const std::optional<Figure>& figure);
  // Sets the reported figure of a stock as it stood at the end of 31 December of `year`.
  void SetYearEnd(const CellKey& cell, int year, const std::optional<Figure>& figure);
  // Sets the printed target.
  void SetTarget(Node* node, Layer layer, const Target& target);

  CellFigures At(const CellKey& cell) const;
  // Visits every cell that has a node (some may have nothing known), in no order.
  template <typename Visit>
  void ForEach(Visit visit) const;
  // Plan periods and (programme, indicator) pairs that occur.
  struct Column {
    ProgrammeNumber programme = 0;
    IndicatorNumber indicator = 0;
    Period period;
    friend auto operator<=>(const Column&, const Column&) = default;
  };
  const std::set<Column>& columns() const { return columns_; }
  // The tree that current figures of a period are summed in; nullptr while nothing of that period has occurred.
  const DatedTree* FindTree(Period period) const;
  // Cells that may have changed since the last call, each once, in no order.
  std::vector<CellKey> TakeChanged();
  size_t changed_count() const { return changed_.size(); }

 private:
  // `year_end` is 0 for the figures themselves, else the year whose end the node stands for.
  struct NodeKey {
    CellKey cell;
    int year_end = 0;
    friend bool operator==(const NodeKey&, const NodeKey&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const NodeKey& key) {
      return H::combine(std::move(h), key.cell, key.year_end);
    }
  };
  // What counts upwards.
  struct Value {
    bool has = false;
    int64_t amount = 0;
    Date newest = kDistantPast;
    friend bool operator==(const Value&, const Value&) = default;
  };
  struct Sum {
    int32_t count = 0;
    Date newest = kDistantPast;
    int64_t amount = 0;
  };
  struct TargetSums;

  Node* Touch(const NodeKey& key);
  const Node* Find(const NodeKey& key) const;
  void Link(Node* node);
  const DatedTree& TreeOf(Period period);
  static Value CountedOf(const Node& node);
  static Value ShownOf(const Node& node);
  // A part's value went from `before` to `after`: moves the sum of its whole. `parts` are all parts in that direction.
  static void Shift(Sum& sum, const std::vector<Node*>& parts, const Value& before, const Value& after);
  void Refresh(Node* node);
  void RefreshTarget(Node* node, size_t layer);
  static TargetSums& TargetsOf(Node* node, size_t layer);
  void MarkChanged(Node* node);
  CellFigures FiguresOf(const Node& node) const;

  const RegionTree* regions_ = nullptr;
  const Catalogue* catalogue_ = nullptr;
  std::deque<Node> nodes_;
  absl::flat_hash_map<NodeKey, Node*> index_;
  std::set<Column> columns_;
  std::map<Date, std::unique_ptr<DatedTree>> trees_;
  std::vector<Node*> changed_;
};

// Node is public by name only; nobody outside looks into it.
struct Totals::TargetSums {
  std::optional<Target> printed;
  Sum children, parts, members;
  Value counted;
};

struct Totals::Node {
  // What a change on its way up touches comes first and fits two cache lines.
  Value counted;
  std::optional<Figure> own;
  Sum by_children, by_parts;
  bool changed = false;
  bool additive = false;
  bool is_area = false;
  int year_end = 0;
  Node* parent = nullptr;
  absl::InlinedVector<Node*, 2> wholes;  // most programmes have one, some a group too
  std::vector<Node*> areas;
  Sum by_members;
  CellKey cell;
  // Downwards, for finding the newest date again when the newest part goes back.
  std::vector<Node*> children, parts, members;
  std::unique_ptr<std::array<TargetSums, kLayers>> targets;
};

inline void Totals::Prefetch(const Node* node) {
  __builtin_prefetch(node, 1);
  __builtin_prefetch(reinterpret_cast<const char*>(node) + 64, 1);
}

template <typename Visit>
void Totals::ForEach(Visit visit) const {
  for (const Node& node : nodes_) {
    if (node.year_end == 0) visit(node.cell, FiguresOf(node));
  }
}

}  // namespace anju::aggregator
