// The brute-force bitemporal model: what any figure is, as of any day, as known at any basis, written down as literally as possible.
//
// It answers every question from the plain lists of a world, by recursion that remembers nothing. It shares no code with the services and
// none with the libraries that they compute figures with, so that it and they can only agree by both being right.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/property/world.h"

namespace anju::worlds {

enum class Filter { kAll = 0, kReviewed = 1, kConfirmed = 2 };  // as on the wire

struct Question {
  std::optional<Date> as_of;  // absent: the newest figures
  std::optional<Date> tree;   // absent: of the as-of day, else of the period
  Known known;
  Filter review = Filter::kAll;
};

// Deliberate mistakes, for showing that the test finds them.
enum class Mistake { kNone, kFormerChildren, kReview, kCovered, kShares, kLateKnowledge, kTargetsFollow, kAmendments, kTies, kCount };

struct TargetAnswer {
  std::optional<int64_t> amount, declared;
  int missing = 0;
  std::string document;  // empty: a sum of others' targets
  friend bool operator==(const TargetAnswer&, const TargetAnswer&) = default;
};

struct CellAnswer {
  std::array<std::optional<TargetAnswer>, 4> targets;  // national, province, city, county
  std::optional<int64_t> actual, declared, year_start;
  std::optional<Date> newest, own_as_of;
  bool own = false;
  Review review = Review::kReported;                   // of the reported figure of this very cell
  std::vector<std::pair<size_t, uint64_t>> explained;  // progress journal and sequence of its explained updates in force, oldest first
  bool empty() const;
  friend bool operator==(const CellAnswer&, const CellAnswer&) = default;
};
std::string Describe(const CellAnswer& cell);

class Model {
 public:
  Model(const World& world, Question question, Mistake mistake = Mistake::kNone);

  CellAnswer At(Key key) const;
  // The day of the tree that a period is summed in.
  Date TreeDay(Period period) const;
  // Who is summed: regions that stand under `region` in the tree of that day, also closed ones that were not taken over by another.
  std::vector<Number> SummedChildren(Number region, Date tree) const;
  // Who exists under it on that day, in official order.
  std::vector<Number> ListedChildren(Number region, Date tree) const;
  bool Exists(Number region, Date day) const { return RowOn(region, day) != nullptr; }
  const Row* RowOn(Number region, Date day) const;
  const Row* Nearest(Number region, Date day) const;
  const std::map<Number, std::vector<Row>>& regions() const { return rows_; }
  const std::map<Number, Programme>& programmes() const { return programmes_; }
  const std::map<Number, Indicator>& indicators() const { return indicators_; }
  const std::vector<Change>& changes() const { return changes_; }
  // What change `index` hands over of an amount.
  int64_t ShareOf(size_t index, int64_t amount) const;

 private:
  struct Own {
    int64_t amount = 0;
    Date as_of, base;
    Review review = Review::kReported;
    std::vector<std::pair<size_t, uint64_t>> explained;
  };
  // Something counted: under which programme it was reported, how much, how new.
  struct Fact {
    Number programme = 0;
    int64_t amount = 0;
    Date newest;
  };
  struct Sum {
    bool known = false;
    int64_t amount = 0;
    Date newest = kDistantPast;
    void Add(const Sum& other);
  };
  struct Revision {
    PrintedCell cell;
    std::string document;
    Date effective, drawn;  // `drawn`: the day of the tree it was made for
    bool amendment = false;
    uint64_t sequence = 0;
  };

  // The tree.
  bool IsGone(Number region, Date tree) const;
  Number ParentOf(Number region, Date tree) const;
  std::vector<Number> Members(Number area, Date tree) const;
  bool IsArea(Number region, Date tree) const;

  // The catalogue.
  std::vector<Number> PartsOf(Number programme) const;
  bool IsAbove(Number above, Number programme) const;
  bool Additive(Number indicator) const;
  bool Stock(Number indicator) const;

  // Figures as of `day`.
  Review StateOf(size_t journal, uint64_t sequence) const;
  bool Passes(size_t journal, uint64_t sequence) const;
  std::optional<Own> OwnFigure(const Key& key, Date day) const;
  std::vector<Fact> BaseFacts(const Key& key, Date day) const;
  std::vector<Fact> InheritedFacts(const Key& key, Date day) const;
  std::vector<Fact> Facts(const Key& key, Date day) const;
  bool ReplacedByFormerChildren(const Key& key, const Own& own, Date day) const;
  bool Covered(const Key& key, Number programme, Date since, Date day) const;
  Sum Counted(const Key& key, Date day) const;
  Sum Shown(const Key& key, Date day) const;

  // Targets of one layer, in the tree of any day.
  std::optional<Revision> InForce(const Key& key, int layer) const;
  std::optional<int64_t> TargetIn(Date tree, const Key& key, int layer, bool with_inherited = true) const;
  std::optional<int64_t> TargetsOfChildren(Date tree, const Key& key, int layer) const;
  // By change: what it brings.
  std::map<size_t, int64_t> TargetsInherited(Date tree, const Key& key, int layer) const;
  std::optional<TargetAnswer> TargetAt(const Key& key, int layer) const;

  const World& world_;
  const Question question_;
  const Mistake mistake_;
  std::map<Number, std::vector<Row>> rows_;  // as known
  std::map<Number, Programme> programmes_;
  std::map<Number, Indicator> indicators_;
  std::vector<Change> changes_;
};

}  // namespace anju::worlds
