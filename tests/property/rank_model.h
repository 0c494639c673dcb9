// League tables, movement and transitions of the model: counted one by one instead of sorted, fractions compared as such.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/property/model.h"

namespace anju::worlds {

enum class SortBy { kRate, kValue, kNetNew, kGap, kTargetGap };
enum class Ties { kCompetition, kModified, kDense };

struct TableQuestion {
  Number parent = 0, programme = 0, indicator = 0;
  Period year;
  SortBy by = SortBy::kRate;
  Number of = 0;  // indicator of the denominator; 0: the target of `layer`
  int layer = 2;
  Ties ties = Ties::kCompetition;
  bool ascending = false, zero_unranked = false;
};
std::string Describe(const TableQuestion& question);

// One child's line.
struct Seat {
  Number region = 0;
  std::string code;
  uint32_t rank = 0;                      // 0: unranked
  uint32_t behind = 0;                    // ranked ones strictly behind it
  std::optional<std::string> key, value;  // what is sorted; what is printed, with two decimals for rates
  std::string reason;
};
std::string Describe(const Seat& seat);

struct Ranking {
  std::vector<Seat> ranked;    // in the order of the table
  std::vector<Seat> unranked;  // in official order
  bool prints_rates = false;
  const Seat* Find(const std::string& code) const;
};

// The children are those of the tree of the figures that are ranked: a stock's have no period.
Period PeriodOfTree(const Model& model, const TableQuestion& question);
Ranking Rank(const Model& model, const TableQuestion& question, Mistake mistake = Mistake::kNone);

// Of a ranked region between two tables.
struct Moved {
  uint32_t previous_rank = 0;
  std::optional<std::string> previous_value, value_change;
  std::optional<int> rank_change;
};
Moved MovementOf(const TableQuestion& question, const Seat& now, const Ranking& after, const Ranking& before);

}  // namespace anju::worlds
