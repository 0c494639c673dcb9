// The rule of summation, written once as plain recursion: questions about other moments than now are answered by it, and the running totals
// are tested against it.
//
//   facts(r, k)   = base facts ++ inherited facts; counted(r, k) = their sum
//   base facts    : Σ counted(c, k) over the child regions c of r, if any of them counts: one fact
//                 | the base facts of (r, p) over the parts p of the programme (tree children, or members of a group), if there are any
//                 | the reported figure of (r, k) itself: one fact, unless it may include what a former child counts by now
//   inherited     : the shares of the facts of each region that passed on to r, unless r has reported the same for its new territory since
// It goes in one direction only, and never over of-which parts. An indicator that does not add has only its own figure, else that of the
// region it was recoded from. An area (中心城区) that counts by this rule adds to its parent like any child; one that does not shows the sum
// of its members, and that sum is added nowhere.
//
// A target of a layer is the printed one, moved by what came and went between the day it was printed for and the day of the tree; else a
// sum by the same directions, with what was inherited.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/aggregator/core/cell.h"
#include "services/aggregator/core/dated_tree.h"
#include "services/aggregator/core/documents.h"
#include "services/aggregator/core/leaves.h"
#include "services/aggregator/core/moment.h"

namespace anju::aggregator {

// Where a fold takes its facts from. Everything must outlive the fold and stay unchanged meanwhile.
struct FoldSources {
  const Leaves* leaves = nullptr;
  const Documents* documents = nullptr;
  const Catalogue* catalogue = nullptr;
  const Trees* trees = nullptr;
};

// How a figure came about; same numbers as on the wire.
enum class Rule : uint8_t { kNone = 0, kChildren = 1, kProgrammes = 2, kOwn = 3, kMembers = 4, kInherited = 5 };

// How the figure of a cell came about.
struct FigureRule {
  Rule rule = Rule::kNone;
  std::vector<CellKey> parts;  // that were summed: cells of child regions, sub-programmes or members
};

// A reported figure on its way into a cell.
struct TracedFact {
  CellKey cell;                 // whose figure it is
  Figure figure;                // the figure in force
  int64_t counted = 0;          // what of it is in the asked cell; over all facts that are not declared these add up to its actual exactly
  std::vector<size_t> path;     // boundary changes on its way, oldest first: indexes into Boundaries::all()
  bool declared = false;        // the asked cell's own figure beside a sum: compared, and not in it
};

// How the target of a cell in one layer came about.
struct TargetRule {
  Rule rule = Rule::kNone;            // kOwn: printed
  std::optional<Target> target;
  uint32_t parts = 0;                 // how many were summed
  int64_t moved = 0;                  // what boundary changes added since the day it was printed for, or, unprinted, what was inherited
  std::vector<const Revision*> revisions;  // known ones, by effective day, then sequence
  const Revision* in_force = nullptr;
};

class FigureFold;
class TargetFold;

// Remembers what it has computed, so that asking for many cells of one moment costs one walk. Not thread-safe.
class Fold {
 public:
  Fold(const FoldSources& sources, Moment moment);
  ~Fold();
  Fold(Fold&&) noexcept;
  // Goes on to another position of the progress journals, up to which only figures of these series moved. The plan stays where it is.
  void MoveOn(const Known& known, const std::vector<CellKey>& series);
  // All that is known about a cell.
  CellFigures At(const CellKey& key);
  // The target that a cell adds to the cells above it.
  std::optional<int64_t> CountedTarget(const CellKey& key, Layer layer);
  FigureRule RuleOf(const CellKey& key);
  std::vector<TracedFact> Trace(const CellKey& key);
  TargetRule TargetRuleOf(const CellKey& key, Layer layer);
  // The tree that figures of a period are summed in.
  const DatedTree& TreeOf(Period period);
  const Moment& moment() const { return moment_; }

 private:
  Moment moment_;
  std::unique_ptr<FigureFold> figures_;
  std::unique_ptr<TargetFold> targets_;
};

}  // namespace anju::aggregator
