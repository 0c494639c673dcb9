// Which cells an answer holds: a rollup of a region and its children, a column of a league table, and what the documents leave undivided.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "services/aggregator/core/state.h"

namespace anju::aggregator {

inline constexpr size_t kNotesMax = 50;

// What one question sees of a state: its running totals, or, at any other moment than now, a fold of what was known then. State and books
// must outlive it and stay unchanged. Not thread-safe.
class View {
 public:
  // `books`: the registry as known at the moment. state.books() for the newest saves building its trees again.
  View(const State& state, const Moment& moment, const Books& books);
  // The newest registry.
  View(const State& state, const Moment& moment) : View(state, moment, state.books()) {}

  // Goes on to another position of the progress journals, up to which only figures of these series moved: what has been computed of others stays.
  // REQUIRES: a moment that names what is known; the same plan position.
  void MoveOn(const Known& known, const std::vector<CellKey>& series);
  // A stock asked for a plan year shows its figure beside the targets that the documents give for that year.
  CellFigures At(const CellKey& key);
  // The cell with what is said about it.
  Cell CellAt(const CellKey& key);
  // What is said about the reported figure of this very cell.
  Remarks RemarksOf(const CellKey& key) const;
  // The children that a region has in the tree of a period, in official order.
  std::vector<RegionNumber> ChildrenOf(RegionNumber region, Period period);
  // With those that are closed on the day of that tree but count in the region's totals, by number.
  std::vector<RegionNumber> SummedChildrenOf(RegionNumber region, Period period);
  // The day whose names and children an answer about this period shows.
  Date DayOf(Period period) const { return moment_.tree ? *moment_.tree : moment_.as_of.value_or(TreeDate(period)); }
  const State& state() const { return state_; }
  const Moment& moment() const { return moment_; }
  const RegionTree& regions() const { return *books_.regions; }
  const Catalogue& catalogue() const { return *books_.catalogue; }
  const Boundaries& boundaries() const { return *books_.boundaries; }
  // The fold behind the answers, for asking how they came about. Current figures have one too: it says the same as the totals.
  Fold& fold();

 private:
  CellFigures Stored(const CellKey& key);
  const Trees& trees();

  const State& state_;
  Moment moment_;
  Books books_;
  std::unique_ptr<Trees> own_trees_;  // of books that are not the state's
  std::optional<Fold> fold_;
};

struct RollupQuery {
  RegionNumber region = 0;
  Period period;                 // {0, 0}: every period there is
  ProgrammeNumber programme = 0;  // 0: all
  IndicatorNumber indicator = 0;  // 0: all
};
// The region's cells, then its children's in official order; within a region by programme, indicator, period. Cells of which
// nothing is known are left out. Children that are closed by then are listed where they have figures, so that the rows add up.
std::vector<Cell> Rollup(View& view, const RollupQuery& query);
// One sentence for each region and indicator of which the asked year lies inside a period that is given only whole; at most kNotesMax.
std::vector<std::string> UndividedPeriods(View& view, const RollupQuery& query);

struct ColumnQuery {
  ProgrammeNumber programme = 0;
  IndicatorNumber indicator = 0;
  Period period;
};
struct ColumnAnswer {
  std::vector<RegionNumber> regions;  // the parent, then its children in official order
  std::vector<Cell> cells;            // in that order, each by the order of the queries
  Date day;                           // of the tree
};
// The period in whose tree a column lists its children when no day is asked for: that of the first query, which is the one that a table is about.
Period PeriodOfTree(const std::vector<ColumnQuery>& queries);
// The children are those of the day asked for; without one, of the tree of PeriodOfTree.
ColumnAnswer ColumnOf(View& view, RegionNumber parent, const std::vector<ColumnQuery>& queries);

}  // namespace anju::aggregator
