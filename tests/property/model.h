// The model's answers about a world: what any figure is, as of any day, as known at any basis, of what has been reviewed.
//
// The rules are those of common/model, the same that the auditor goes by. Here the world is only cut down to what a question may know, in the
// simplest way there is: update by update, forgetting the rest; and the marks of reviews are read off what is in force.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/model/figures.h"
#include "tests/property/world.h"

namespace anju::worlds {

enum class Filter { kAll = 0, kReviewed = 1, kConfirmed = 2 };  // as on the wire

struct Question {
  std::optional<Date> as_of;  // absent: the newest figures
  std::optional<Date> tree;   // absent: of the as-of day, else of the period
  Known known;
  Filter review = Filter::kAll;
};

// Deliberate mistakes, for showing that the test finds them. Some leave out a rule of the model, the others are made here.
enum class Mistake { kNone, kFormerChildren, kReview, kCovered, kShares, kLateKnowledge, kTargetsFollow, kAmendments, kTies, kCount };
// The rule that the model goes without.
std::optional<model::Rule> RuleLeftOut(Mistake mistake);

using TargetAnswer = model::TargetFigure;

struct CellAnswer : model::Cell {
  Review review = Review::kReported;                   // of the reported figure of this very cell
  std::vector<std::pair<size_t, uint64_t>> explained;  // progress journal and sequence of its explained updates in force, oldest first
  friend bool operator==(const CellAnswer&, const CellAnswer&) = default;
};
std::string Describe(const CellAnswer& cell);

class Model {
 public:
  Model(const World& world, Question question, Mistake mistake = Mistake::kNone);
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  CellAnswer At(const Key& key) const;
  // The day of the tree that a period is summed in.
  Date TreeDay(Period period) const { return figures_.TreeDay(period); }
  // Who is summed: regions that stand under `region` in the tree of that day, also closed ones that were not taken over by another.
  std::vector<Number> SummedChildren(Number region, Date tree) const { return figures_.ChildrenOf(region, tree); }
  // Who exists under it on that day, in official order.
  std::vector<Number> ListedChildren(Number region, Date tree) const;
  bool Exists(Number region, Date day) const { return RowOn(region, day) != nullptr; }
  const Row* RowOn(Number region, Date day) const { return figures_.RowOn(region, day); }
  const Row* Nearest(Number region, Date day) const { return figures_.Nearest(region, day); }
  const std::map<Number, std::vector<Row>>& regions() const { return figures_.regions(); }
  const std::map<Number, Programme>& programmes() const { return figures_.programmes(); }
  const std::map<Number, Indicator>& indicators() const { return figures_.indicators(); }
  const std::vector<Change>& changes() const { return figures_.changes(); }

 private:
  // What the question may know of the world, one journal after the other, in the order of their ids.
  std::vector<model::Series> KnownSeries(const World& world, const Question& question, Mistake mistake) const;

  const std::vector<std::vector<Review>> states_;  // by progress journal and sequence less one
  const std::vector<model::Series> series_;
  mutable model::Figures figures_;                 // remembers what it has worked out
};

}  // namespace anju::worlds
