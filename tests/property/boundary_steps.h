// Boundary changes as the plan service would record them: the changes and the rows that follow, written anew so that plan's importer is not
// what is trusted.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "tests/property/random.h"
#include "tests/property/world.h"

namespace anju::worlds {

// All rows as they are while a world grows.
struct Regions {
  std::map<Number, std::vector<Row>> rows;  // by first day
  std::map<Number, uint64_t> born;          // plan sequence of its first row
  std::map<Number, Date> received;          // the newest day on which somebody went into it
  Number next = 1;

  const Row* RowOn(Number region, Date day) const;
  std::vector<Number> ChildrenOn(Number region, Date day) const;  // areas too
  bool EverHasChildren(Number region) const;
  // The regions without a birthday yet were born in this event.
  void Settle(uint64_t sequence);
};

// Adds one random change on that day, with its rows, to `event`; nothing when none is possible.
void AddBoundaryStep(Date day, Random& random, Regions* regions, PlanEvent* event);

}  // namespace anju::worlds
