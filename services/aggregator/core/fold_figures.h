// The half of a fold that is about reported figures; see fold.h for the rule.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/aggregator/core/fold.h"

namespace anju::aggregator {

// True when one of two programmes is the other, above it or below it, so that figures of both may hold the same work.
bool AreRelated(const Catalogue& catalogue, ProgrammeNumber a, ProgrammeNumber b);

// True when a report of `reported` can change a cell of `asked`: it is related to it or, as what was inherited under a part of `asked` may be replaced
// by a report of a group that the part is in, to one of its parts.
bool MayChange(const Catalogue& catalogue, ProgrammeNumber reported, ProgrammeNumber asked);

// Adds `region` and every region whose figures may depend on its own in this tree: above it, areas around it, its successors, those it was a child of.
void CollectDependents(const DatedTree& tree, RegionNumber region, std::set<RegionNumber>* all);

// Not thread-safe.
class FigureFold {
 public:
  // A sum over some direction: how many parts count, their total and the newest date among them.
  struct Sum {
    int32_t count = 0;
    Date newest = kDistantPast;
    int64_t amount = 0;
    void Add(const Sum& part);
  };
  // Cells of one programme, indicator and period at one date, by region: what has been computed of them.
  struct Plane {
    CellKey key;  // of region 0
    Date as_of;
    bool additive = false;
    const DatedTree* tree = nullptr;
    std::vector<Plane*> parts;  // of the parts of the programme
    std::vector<Sum> counted;   // by region; a count below zero: not computed yet
  };

  FigureFold(const FoldSources& sources, const Moment& moment);
  const DatedTree& TreeOf(Period period);
  // See Fold::MoveOn.
  void MoveOn(const Known& known, const std::vector<CellKey>& series);
  // The cell's figures; targets are left empty.
  CellFigures At(const CellKey& key);
  FigureRule RuleOf(const CellKey& key);
  std::vector<TracedFact> Trace(const CellKey& key);

 private:
  struct Fact {
    ProgrammeNumber programme = 0;
    int64_t amount = 0;
    Date newest;
    std::vector<TracedFact> leaves;  // only when traced
  };
  using Facts = std::vector<Fact>;
  struct PlaneKey {
    CellKey key;
    int32_t as_of = 0;
    friend bool operator==(const PlaneKey&, const PlaneKey&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const PlaneKey& plane) {
      return H::combine(std::move(h), plane.key, plane.as_of);
    }
  };

  Plane& PlaneOf(CellKey key, Date as_of);
  std::optional<Figure> Own(const Plane& plane, RegionNumber region) const;
  std::optional<Figure> OwnWithBase(const Plane& plane, RegionNumber region) const;
  Sum Counted(Plane& plane, RegionNumber region);
  Sum Compute(Plane& plane, RegionNumber region);
  Sum OverChildren(Plane& plane, RegionNumber region);
  Sum OverMembers(Plane& plane, RegionNumber region);
  Sum Shown(Plane& plane, RegionNumber region);
  // The facts of a cell; with `traced`, each with the series it is made of.
  Facts BaseFacts(Plane& plane, RegionNumber region, bool traced);
  Facts AllFacts(Plane& plane, RegionNumber region, bool traced);
  std::vector<TracedFact> Leaves(Plane& plane, RegionNumber region);
  // Whether the cell's own figure may include what a former child counts by now.
  bool IsIgnored(Plane& plane, RegionNumber region, const Figure& own);
  // Whether the region has reported the same programme, one above or one below for its territory since `date`.
  bool IsCovered(const Plane& plane, RegionNumber region, ProgrammeNumber programme, Date date);
  const std::vector<ProgrammeNumber>& RelatedTo(ProgrammeNumber programme);

  const FoldSources sources_;
  const Moment moment_;
  Known known_;
  absl::flat_hash_map<PlaneKey, std::unique_ptr<Plane>> planes_;
  Plane* last_ = nullptr;  // the last one asked for: mostly the next one too
  std::map<Date, std::shared_ptr<const DatedTree>> trees_;
  std::map<ProgrammeNumber, std::vector<ProgrammeNumber>> related_;
};

}  // namespace anju::aggregator
