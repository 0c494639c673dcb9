// The half of a fold that is about targets; see fold.h for the rule.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/aggregator/core/fold.h"

namespace anju::aggregator {

// A printed target P belongs to the tree of the day it was printed for. In the tree of day t it is P + what the region has got in t (children's
// targets, and shares of what was passed on to it) − what it had got in the tree of its own day: it follows who comes and goes. For those
// differences cells of other trees are computed; should two trees lead round in a circle, a cell that is being computed already counts as
// printed. Not thread-safe.
class TargetFold {
 public:
  struct Value {
    bool has = false;
    bool only_inherited = false;  // nothing but shares of what was passed on
    int64_t amount = 0;
  };

  TargetFold(const FoldSources& sources, const Moment& moment);
  // What the cell shows.
  std::optional<Target> At(const CellKey& key, Layer layer);
  // What it adds to the cells above it.
  Value Counted(const CellKey& key, Layer layer);
  TargetRule RuleOf(const CellKey& key, Layer layer);

 private:
  // Cells of one programme, indicator, period and layer in one tree, by region.
  struct Plane {
    CellKey key;  // of region 0
    Layer layer = Layer::kNational;
    Date day;     // of the tree
    size_t epoch = 0;
    bool additive = false;
    bool printed = false;  // in any region, for this programme or one below it; otherwise no cell has a value
    const DatedTree* tree = nullptr;
    std::vector<Plane*> parts;
    std::vector<std::pair<bool, Value>> done;  // by region; values that no circle was cut for
  };
  struct PlaneKey {
    CellKey key;
    Layer layer;
    size_t epoch = 0;
    friend bool operator==(const PlaneKey&, const PlaneKey&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const PlaneKey& plane) {
      return H::combine(std::move(h), plane.key, static_cast<int>(plane.layer), plane.epoch);
    }
  };
  // A sum over some direction.
  struct Sum {
    int32_t count = 0;
    int64_t amount = 0;
    void Add(const Value& part);
  };
  using Place = std::pair<const Plane*, RegionNumber>;
  // One walk: a cell of the asked tree with all it needs of other trees. What a circle was cut for is remembered only here, so that every
  // cell's value depends on the cell alone and not on what was asked before.
  struct Walk {
    std::set<Place> open;
    std::map<Place, Value> cut;
    size_t cuts = 0;
  };

  Plane& PlaneOf(CellKey key, Layer layer, Date day);
  Plane& AskedPlane(const CellKey& key, Layer layer);
  const Revision* Printed(const Plane& plane, RegionNumber region) const;
  bool Differs(const Plane& plane, const Revision& revision, RegionNumber region);
  // The value of a cell of the asked tree; of any cell on a walk.
  Value Asked(Plane& plane, RegionNumber region);
  Value Walked(Plane& plane, RegionNumber region, Walk& walk);
  // `of(plane, region)` gives the values of other cells of the same tree.
  template <typename Of>
  Value Compute(Plane& plane, RegionNumber region, Walk& walk, Of of);
  template <typename Of>
  Sum OverChildren(Plane& plane, RegionNumber region, Of of);
  // Sums the shares that have been passed on to the region; puts the changes that brought something into `events`.
  template <typename Of>
  Sum Inherited(Plane& plane, RegionNumber region, Of of, std::set<size_t>* events = nullptr);

  const FoldSources sources_;
  const Moment moment_;
  const uint64_t known_;
  absl::flat_hash_map<PlaneKey, std::unique_ptr<Plane>> planes_;
  std::array<Plane*, kLayers> last_{};  // by layer, the last one asked for: mostly the next one too
  std::map<size_t, std::shared_ptr<const DatedTree>> trees_;  // by epoch
  std::map<std::pair<size_t, size_t>, std::shared_ptr<const std::vector<bool>>> differences_;
  std::map<Place, Value> asked_cut_;  // cells of the asked tree that a circle was cut for
  size_t asked_cuts_ = 0;
};

}  // namespace anju::aggregator
