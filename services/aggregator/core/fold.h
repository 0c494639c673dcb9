// The rule of summation, written once as plain recursion: dated answers are computed by it, and the running totals are tested against it.
//
//   counted(r, p) = Σ counted(c, p) over the child regions c of r, if any of them counts
//                 | Σ counted(r, q) over the parts q of p (tree children, or members of a group), if any counts
//                 | the reported figure of (r, p) itself
// It goes in one direction only, and never over of-which parts. An indicator that does not add has only its own figure. An area (中心城区)
// that counts by this rule adds to its parent like any child; one that does not shows the sum of its members, and that sum is added
// nowhere. A target of a layer is the printed one where anything is printed (also "no task"), else a sum by the same two directions.
#pragma once

#include <functional>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "services/aggregator/core/cell.h"
#include "services/aggregator/core/dated_tree.h"

namespace anju::aggregator {

// Where a fold takes its leaves and links from. Everything must outlive the fold and stay unchanged meanwhile.
struct FoldInputs {
  const Catalogue* catalogue = nullptr;
  std::function<const DatedTree&(Period)> tree;                               // the tree that figures of a period are summed in
  std::function<std::optional<Figure>(const CellKey&, Date as_of)> figure;    // reported figures
  std::function<const Targets*(const CellKey&)> printed;                      // printed targets; nullptr for none
};

// Remembers what it has computed, so that asking for many cells of one tree costs one walk. Not thread-safe.
class Fold {
 public:
  explicit Fold(FoldInputs inputs) : inputs_(std::move(inputs)) {}
  // All that is known about a cell from figures dated up to `as_of`.
  CellFigures At(const CellKey& key, Date as_of);

 private:
  // A sum over some direction: how many parts count, their total and the newest date among them.
  struct Sum {
    int count = 0;
    int64_t amount = 0;
    Date newest = kDistantPast;
    void Add(const Sum& part);
  };
  struct DatedKey {
    CellKey cell;
    Date as_of;
    friend bool operator==(const DatedKey&, const DatedKey&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const DatedKey& key) {
      return H::combine(std::move(h), key.cell, key.as_of.days);
    }
  };
  struct TargetKey {
    CellKey cell;
    Layer layer;
    friend bool operator==(const TargetKey&, const TargetKey&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const TargetKey& key) {
      return H::combine(std::move(h), key.cell, static_cast<int>(key.layer));
    }
  };

  bool Additive(IndicatorNumber indicator) const;
  // Sums of what counts, over child regions, over programmes, over members.
  Sum OverChildren(const CellKey& key, Date as_of);
  Sum OverParts(const CellKey& key, Date as_of);
  Sum OverMembers(const CellKey& key, Date as_of);
  Sum Counted(const CellKey& key, Date as_of);
  Sum Shown(const CellKey& key, Date as_of);
  std::optional<Target> PrintedOf(const CellKey& key, Layer layer) const;
  Sum CountedTarget(const CellKey& key, Layer layer);
  std::optional<Target> TargetAt(const CellKey& key, Layer layer);

  FoldInputs inputs_;
  absl::flat_hash_map<DatedKey, Sum> counted_;
  absl::flat_hash_map<TargetKey, Sum> counted_targets_;
};

}  // namespace anju::aggregator
