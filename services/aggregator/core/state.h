// Everything derived: registry, leaves, documents and the running totals over them, and the one way each kind of change goes in.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/aggregator/core/cell.h"
#include "services/aggregator/core/documents.h"
#include "services/aggregator/core/fold.h"
#include "services/aggregator/core/leaves.h"
#include "services/aggregator/core/totals.h"

namespace anju::aggregator {

// One event of a progress journal, as far as totals care.
struct ProgressChange {
  enum class Kind : uint8_t { kOpenSeries, kUpdate, kReview };
  Kind kind = Kind::kUpdate;
  uint32_t series = 0;  // kOpenSeries, kUpdate
  CellKey cell;         // kOpenSeries
  SeriesEntry entry;    // kUpdate; of kReview only the sequence, that of the review
  std::shared_ptr<const Note> note;  // kUpdate; nullptr for updates that have neither flags nor an explanation
  uint64_t update = 0;               // kReview: sequence of the update; a review of several updates is as many changes
  ReviewState review = ReviewState::kReported;  // kReview
};

// A function of (plan prefix, progress prefixes): the order in which the feeds arrive leaves no trace. Not thread-safe; const
// methods may run concurrently.
class State {
 public:
  explicit State(size_t slots);
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // The registry after regions, boundaries or catalogue rows changed. Totals are computed anew.
  void ReplaceRegistry(RegionTree regions, Catalogue catalogue, Boundaries boundaries = {});
  // `sequence`: of the plan journal.
  void AddDocument(uint64_t sequence, const DocumentInfo& document, std::vector<PrintedTarget> targets);
  // DATA_LOSS when a block cannot be one of this journal: a series that is not the next one or not open, an unknown region,
  // programme or indicator, a review of an unknown update. Nothing has been applied then.
  absl::Status CheckProgress(Slot slot, const std::vector<ProgressChange>& changes) const;
  // REQUIRES: CheckProgress said OK.
  void ApplyProgress(Slot slot, const std::string& journal_id, const std::vector<ProgressChange>& changes);

  // For filling from stored rows: leaves, documents and the registry first, then one Build.
  Leaves& leaves() { return leaves_; }
  Documents& documents() { return documents_; }
  void SetRegistry(RegionTree regions, Catalogue catalogue, Boundaries boundaries = {});
  // Builds all totals of a state that has none. Nothing counts as changed.
  void Build();

  const RegionTree& regions() const { return regions_; }
  const Catalogue& catalogue() const { return catalogue_; }
  const Boundaries& boundaries() const { return boundaries_; }
  // The newest registry.
  Books books() const { return {&regions_, &catalogue_, &boundaries_}; }
  const Trees& trees() const { return *trees_; }
  const Leaves& leaves() const { return leaves_; }
  const Documents& documents() const { return documents_; }
  const Totals& totals() const { return totals_; }
  CellFigures Current(const CellKey& cell) const { return totals_.At(cell); }
  // What is said about the newest reported figure of a cell.
  Remarks CurrentRemarks(const CellKey& cell) const { return leaves_.RemarksAt(cell, kDistantFuture); }
  // A fold over leaves and documents at a moment, with this catalogue and these trees. State, catalogue and trees must outlive it, unchanged.
  Fold DatedFold(const Moment& moment, const Catalogue& catalogue, const Trees& trees) const;
  Fold DatedFold(const Moment& moment) const { return DatedFold(moment, catalogue_, *trees_); }
  // A cell that may have changed. Its node is good until the next change, and nullptr for what a new registry has changed.
  struct ChangedCell {
    const Totals::Node* node = nullptr;
    CellKey key;  // of a cell without a node
  };
  static const CellKey& KeyOf(const ChangedCell& changed) { return changed.node != nullptr ? Totals::CellOf(changed.node) : changed.key; }
  // What is known of it, and what is said about it.
  Cell CurrentCell(const ChangedCell& changed) const;
  // Cells that may have changed since the last call, each once.
  std::vector<ChangedCell> TakeChanged();
  size_t changed_count() const { return vanished_.size() + totals_.changed_count(); }

 private:
  // Builds all totals anew. Cells that come out differently count as changed.
  void Recompute();
  void BuildTotals();
  void Publish(Slot slot, uint32_t series, const Leaf& leaf, Date as_of);
  // The newest figure of a leaf's cell, as its node needs it.
  std::optional<Figure> NewestOf(const Totals::Node* node, const Leaf& leaf) const;
  void PublishYearEnd(const CellKey& cell, const Totals::Node* node, int year);
  void PublishYearEnds(const CellKey& cell, const Totals::Node* node, int from_year);
  // Carries the printed target in force into the totals.
  void PublishTarget(const CellKey& cell, Layer layer);
  // Works out the targets that do not follow from what is printed and from the nodes below alone.
  void FixTargets(const std::set<Totals::Subject>& subjects);

  RegionTree regions_;
  Catalogue catalogue_;
  Boundaries boundaries_;
  std::unique_ptr<Trees> trees_;
  Leaves leaves_;
  Documents documents_;
  Totals totals_;
  std::vector<std::vector<Totals::Node*>> nodes_;  // by slot and series number less one; of the running totals
  // Years at whose end some stock may be asked for: those before a year that any stock has a figure in. Nodes exist for each.
  std::set<int> year_ends_;
  std::set<CellKey> stocks_;         // cells of stocks that have a series
  // Printed targets of cells whose territory differs between the day they were printed for and the day of the totals' tree.
  std::map<Totals::Subject, std::set<std::pair<Totals::Node*, Layer>>> moved_targets_;
  std::set<CellKey> vanished_;       // changed cells whose node went with an old tree
};

}  // namespace anju::aggregator
