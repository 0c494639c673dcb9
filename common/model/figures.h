// What any figure is, by the rules alone: the one model of rollups and targets, which the auditor compares a suite's figures with and random worlds
// the services' answers.
//
// Plain lists and recursion over them, remembering what has been worked out: each cell once. It shares no code with the services and none with the
// libraries that they work figures out with; what it shares is common/time (days, periods and how they are written) and containers. So it and the
// services can only agree where both are right, or where whoever wrote both understood a rule wrongly.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "common/model/plan.h"
#include "common/model/reports.h"

namespace anju::model {

// Rules that a question may leave out, one at a time: a test does, to show that whoever compares with the model notices. Nothing else does.
enum class Rule {
  kFormerChildren,  // what those who stood below it report replaces a figure from before they left
  kCovered,         // what a successor reports since then replaces what was passed on to it
  kRemainders,      // shares of an amount make the whole
  kTargetsFollow,   // a printed target follows children and successors that come and go
  kAmendments,      // an amendment that holds on the day replaces what it amends
};

struct Question {
  std::optional<Date> as_of;  // absent: the newest figures
  std::optional<Date> tree;   // absent: of the as-of day, else of the period
  uint64_t plan = 0;          // events of the plan that are known
  std::optional<Rule> without;
  bool Holds(Rule rule) const { return without != rule; }
};

struct TargetFigure {
  std::optional<int64_t> amount, declared;
  int missing = 0;
  std::string document;  // empty: a sum of others' targets
  friend bool operator==(const TargetFigure&, const TargetFigure&) = default;
};

struct Cell {
  std::array<std::optional<TargetFigure>, 4> targets;  // national, province, city, county
  std::optional<int64_t> actual, declared, year_start;
  std::optional<Date> newest, own_as_of;
  bool own = false;  // more than a sum of others: printed or reported for this very cell, or of an area that adds to its parent
  bool empty() const;
  friend bool operator==(const Cell&, const Cell&) = default;
};

// A figure that was reported, as it counts in a sum: how much of it, and under which programme it was reported.
struct Counted {
  Key series;
  int64_t amount = 0;
};

// One moment. Everything it is made from must outlive it unchanged. Not thread-safe.
class Figures {
 public:
  // Series of one cell are of different journals: the newest figure counts, of equally new ones the first in the list.
  Figures(const std::vector<PlanEvent>& plan, const std::vector<Series>& series, Question question);

  // Figures and targets of exactly this key: of a stock the figures stand under no period, the targets under plan years.
  Cell At(const Key& key);
  // Every cell that may be known: reported or printed ones, with everything above, beside and after them.
  std::vector<Key> Reach() const;
  // What was reported of exactly this key, as of the day that is asked about.
  std::optional<Reported> ReportedOf(const Key& key) const { return Own(key, AsOf()); }

  // The tree of a day: the row that holds on it, or the last one before, else the first.
  const Row* RowOn(Number region, Date day) const;
  const Row* Nearest(Number region, Date day) const;

  // The directions of sums, for margins.
  Date TreeDay(Period period) const;
  std::vector<Number> ChildrenOf(Number region, Date tree);  // who is summed
  std::vector<Number> PartsOf(Number programme) const;
  bool IsArea(Number region, Date tree) const;
  bool Receives(Number region, Date tree) const;             // something was passed on to it by then
  bool Additive(Number indicator) const;
  bool IsGone(Number region, Date tree) const;               // taken over by another by then
  bool IsRoot(Number region, Date tree) { return ParentOf(region, tree) == 0 && !IsGone(region, tree); }
  bool CountsItself(const Key& key) { return Sum(key, AsOf()).known; }  // an area that does adds to its parent
  // The reported figures that a cell's figure is made of, found from the top down.
  std::vector<Counted> CountedIn(const Key& key);

  const std::map<Number, std::vector<Row>>& regions() const { return rows_; }
  const std::map<Number, Programme>& programmes() const { return programmes_; }
  const std::map<Number, Indicator>& indicators() const { return indicators_; }
  const std::vector<Change>& changes() const { return changes_; }
  // "region programme indicator period" in codes, with tabs; numbers that nobody knows as "?".
  std::string Name(const Key& key) const;
  // False when recursion had to be cut off: trees that contain themselves.
  bool sound() const { return sound_; }

 private:
  // Something counted: under which programme it was reported, how much, how new.
  struct Fact {
    Number programme = 0;
    int64_t amount = 0;
    Date newest;
  };
  using Facts = std::vector<Fact>;
  struct Total {
    bool known = false;
    int64_t amount = 0;
    Date newest = kDistantPast;
    void Add(const Total& other);
  };
  struct Revision {
    const PrintedCell* cell = nullptr;
    const Document* document = nullptr;
    Date effective, drawn;  // `drawn`: the day of the tree it was made for
  };
  using Dated = std::pair<Key, int32_t>;
  using Layered = std::tuple<Key, int, int32_t, bool>;

  Date AsOf() const { return question_.as_of.value_or(kDistantFuture); }
  Number ParentOf(Number region, Date tree) const;
  std::vector<Number> Members(Number area, Date tree) const;
  bool IsAbove(Number above, Number programme) const;
  std::vector<size_t> PassedTo(Number region, Date tree) const;
  int64_t ShareOf(size_t change, int64_t amount) const;

  std::optional<Reported> Own(const Key& key, Date day) const;
  const Facts& Base(const Key& key, Date day);
  const Facts& All(const Key& key, Date day);
  Facts WorkOutBase(const Key& key, Date day);
  Facts WorkOutAll(const Key& key, Date day);
  bool ReplacedByFormerChildren(const Key& key, const Reported& own, Date day);
  bool Covered(const Key& key, Number programme, Date since, Date day) const;
  Total Sum(const Key& key, Date day);
  Total Shown(const Key& key, Date day);
  void FillFigures(const Key& key, Cell* cell);
  void CollectBase(const Key& key, std::vector<Counted>* to);
  void CollectAll(const Key& key, std::vector<Counted>* to);

  std::optional<Revision> InForce(const Key& key, int layer) const;
  std::optional<int64_t> TargetIn(Date tree, const Key& key, int layer, bool with_inherited = true);
  std::optional<int64_t> WorkOutTarget(Date tree, const Key& key, int layer, bool with_inherited);
  std::optional<int64_t> TargetsOfChildren(Date tree, const Key& key, int layer);
  std::map<size_t, int64_t> TargetsInherited(Date tree, const Key& key, int layer);
  std::optional<TargetFigure> TargetAt(const Key& key, int layer);

  // Counts how deep recursion stands.
  class Deeper;
  static constexpr int kDepthMax = 400;

  const Question question_;
  std::map<Number, std::vector<Row>> rows_;
  std::map<Number, Programme> programmes_;
  std::map<Number, Indicator> indicators_;
  std::vector<Change> changes_;
  absl::flat_hash_map<Number, std::vector<size_t>> changes_of_, changes_into_;       // passing ones
  absl::flat_hash_map<Number, std::vector<std::pair<Number, Row>>> rows_below_;      // by parent: who ever stood there
  absl::flat_hash_map<Number, std::vector<Number>> parts_;
  absl::flat_hash_map<Key, std::vector<const Series*>> by_key_;
  absl::flat_hash_map<std::pair<Key, int>, std::vector<Revision>> revisions_;        // in the order of the journal
  absl::flat_hash_set<std::tuple<Number, int, int, int>> planned_;                   // indicator, plan years, layer of whatever any document prints
  std::map<Date, absl::flat_hash_map<Number, std::vector<Number>>> children_;        // by tree, by parent
  absl::flat_hash_map<Dated, Facts> base_, all_;
  absl::flat_hash_map<Layered, std::optional<int64_t>> targets_;
  int depth_ = 0;
  bool sound_ = true;
};

}  // namespace anju::model
