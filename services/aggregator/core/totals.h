// Running totals: the rule of fold.h kept up to date as leaves change, in as many steps as the trees are deep. Regions that a boundary change
// concerns are kept too, but a little slower: all their cells of an indicator and period are worked out again when one of them changes.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/hash/hash.h"
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
  void Reset(const Trees& trees, const Catalogue& catalogue);

  // Room for the nodes of this many reported cells and those above them, when so many are about to come.
  void Expect(size_t cells) { index_.reserve(cells + cells / 2); }
  // Tells the processor that a node is about to be changed.
  static void Prefetch(const Node* node);
  // Finds or makes the node of a cell, with everything above it.
  Node* Touch(const CellKey& cell) { return Touch(NodeKey{cell, 0}); }
  // Whether the reported figure of a node must come with its base.
  static bool NeedsBase(const Node* node);
  // Sets the reported figure.
  void SetFigure(Node* node, const std::optional<Figure>& figure);
  // Sets the reported figure of a stock as it stood at the end of 31 December of `year`.
  void SetYearEnd(const CellKey& cell, int year, const std::optional<Figure>& figure);
  // Sets the printed target, or that there is none any more.
  void SetTarget(Node* node, Layer layer, const std::optional<Target>& printed);
  // Says that the target of a node is not what follows from the printed one and the nodes below it, but this; LetTargetFollow undoes it.
  void FixTarget(Node* node, Layer layer, std::optional<int64_t> target);
  void LetTargetFollow(Node* node, Layer layer);
  // What something is about, whatever region and programme.
  struct Subject {
    IndicatorNumber indicator = 0;
    Period period;
    friend auto operator<=>(const Subject&, const Subject&) = default;
  };
  // Nodes of regions that received by a boundary change: their targets have to be fixed.
  const std::map<Subject, std::vector<Node*>>& receiving() const { return receiving_; }
  static const CellKey& CellOf(const Node* node);
  // Something about the cell changed that the totals do not hold.
  void MarkChanged(Node* node);

  CellFigures At(const CellKey& cell) const;
  CellFigures Of(const Node* node) const { return FiguresOf(*node); }
  // Asks memory for what Of looks at, without waiting for it.
  static void Foresee(const Node* node);
  // That something is, or may be, said about the reported figure of a cell. Few cells have that, and the node saves looking for it.
  static void SetRemarked(Node* node);
  static bool IsRemarked(const Node* node);
  // Visits the node of every cell (some may have nothing known), in no order.
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
  // Nodes of cells that may have changed since the last call, each once, in no order.
  std::vector<const Node*> TakeChanged();
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
  struct Links;
  using LayerSums = std::array<std::unique_ptr<TargetSums>, kLayers>;  // nullptr where a layer has nothing: most have one
  struct Family;
  // A part of a figure that is passed on by itself.
  struct Fact {
    ProgrammeNumber programme = 0;
    int64_t amount = 0;
    Date newest;
  };

  Node* Touch(const NodeKey& key);
  Node* Find(const NodeKey& key) const;
  static uint32_t HashOf(const NodeKey& key) { return static_cast<uint32_t>(absl::Hash<NodeKey>{}(key)); }
  void Link(Node* node);
  const DatedTree& TreeOf(Period period);
  // The family of a new node of an involved region, made if need be; the node joins it, and the region's successors get nodes too.
  void Join(Node* node, const DatedTree& tree);
  // Works out what all cells of a family count, and carries on what changed: up, and to who depends on the region otherwise.
  void RefreshFamily(Family* family);
  bool IsIgnored(const Node& node) const;
  void AddBaseFacts(const Node& node, std::vector<Fact>* facts) const;
  void AddFacts(const Node& node, std::vector<Fact>* facts) const;
  bool IsCovered(const Family& family, ProgrammeNumber programme, Date date) const;
  // Whether the reported figure is beside a sum, or left out because it may include what a former child counts.
  bool IsDeclared(const Node& node) const;
  static Value CountedOf(const Node& node);
  static Value ShownOf(const Node& node);
  static Links& LinksToChange(Node* node);
  static const Links& LinksOf(const Node& node);
  // A part's value went from `before` to `after`: moves the sum of its whole. `parts` are all parts in that direction.
  static void Shift(Sum& sum, const std::vector<Node*>& parts, const Value& before, const Value& after);
  void Refresh(Node* node);
  // Moves the sums of the parent and of the areas.
  void CarryUp(Node* node, const Value& before, const Value& after);
  void RefreshTarget(Node* node, size_t layer);
  void MoveTarget(Node* node, size_t layer, const Value& after);
  static TargetSums& TargetsOf(Node* node, size_t layer);
  CellFigures FiguresOf(const Node& node) const;

  const Trees* all_trees_ = nullptr;
  const Catalogue* catalogue_ = nullptr;
  std::deque<Node> nodes_;
  // By the hash of the key: a node knows its own. Those whose hash is another's too stand in `alike_`.
  absl::flat_hash_map<uint32_t, Node*> index_;
  absl::flat_hash_map<NodeKey, Node*> alike_;
  std::set<Column> columns_;
  std::map<Date, std::shared_ptr<const DatedTree>> trees_;
  std::deque<Family> families_;
  absl::flat_hash_map<NodeKey, Family*> family_index_;  // programme 0
  std::map<Subject, std::vector<Node*>> receiving_;
  std::vector<Node*> changed_;
};

// What most nodes have nothing of: they stand for a county and one programme, and nothing is below them.
struct Totals::Links {
  std::vector<Node*> areas;
  Sum by_members;
  // Downwards, for finding the newest date again when the newest part goes back.
  std::vector<Node*> children, parts, members;
};

// Node is public by name only; nobody outside looks into it.
struct Totals::TargetSums {
  std::optional<Target> printed;
  Sum children, parts, members;
  Value counted;
  bool fixed = false;  // `counted` is what FixTarget said
};

struct Totals::Node {
  // What a change on its way up touches comes first and fits two cache lines.
  Value counted;
  std::optional<Figure> own;
  Sum by_children, by_parts;
  bool changed = false;
  bool remarked = false;
  bool additive = false;
  bool is_area = false;
  int year_end = 0;
  Family* family = nullptr;  // of involved regions; nullptr for nearly all
  Node* parent = nullptr;
  absl::InlinedVector<Node*, 2> wholes;  // most programmes have one, some a group too
  std::unique_ptr<Links> links;          // nullptr for nearly all
  CellKey cell;
  std::unique_ptr<LayerSums> targets;  // nullptr for nearly all
};

// All cells of an involved region of one indicator and period (and year's end).
struct Totals::Family {
  RegionNumber region = 0;
  const DatedTree* tree = nullptr;
  std::vector<Node*> nodes;
};

inline bool Totals::NeedsBase(const Node* node) { return node->family != nullptr; }
inline const CellKey& Totals::CellOf(const Node* node) { return node->cell; }
inline void Totals::SetRemarked(Node* node) { node->remarked = true; }
inline bool Totals::IsRemarked(const Node* node) { return node->remarked; }

inline void Totals::Foresee(const Node* node) {
  for (size_t line = 0; line < sizeof(Node); line += 64) __builtin_prefetch(reinterpret_cast<const char*>(node) + line);
}

inline void Totals::Prefetch(const Node* node) {
  __builtin_prefetch(node, 1);
  __builtin_prefetch(reinterpret_cast<const char*>(node) + 64, 1);
}

template <typename Visit>
void Totals::ForEach(Visit visit) const {
  for (const Node& node : nodes_) {
    if (node.year_end == 0) visit(&node);
  }
}

}  // namespace anju::aggregator
