// The relations of a document: one step in one direction from a cell to the cells it should be the sum of.
#pragma once

#include <string>
#include <vector>

#include "services/plan/core/sheet.h"

namespace anju::plan {

enum class RelationKind { kChildren, kProgrammes, kParts, kYears };
std::string_view RelationName(RelationKind kind);

// The parts of a whole. There is no relation where the document prints no part at all.
struct Relation {
  RelationKind kind = RelationKind::kChildren;
  std::vector<const Cell*> parts;  // those printed for exactly this cell
  size_t expected = 0;             // how many the document prints in any period or layer
  bool has_reserve = false;        // a reserve is one of them
  // Every expected part is printed here, none of them is unpublished and at least one is a number.
  bool complete = false;

  bool exists() const { return expected > 0; }
  // "sum of 3 child regions", "sum of 1 of 2 programmes".
  std::string Rule() const;
};

// Child regions in the tree of the cell's day, areas and own levels included, and the reserve of the region.
Relation ChildrenOf(const Sheet& sheet, const CellKey& whole);
// The programmes printed below the cell's: the nearest ones in the tree, a group in place of its members where it alone is
// printed; or exactly `total_of` where that is given.
Relation ProgrammesOf(const Sheet& sheet, const CellKey& whole, const std::vector<ProgrammeNumber>& total_of);
// The of-which indicators that partition the cell's.
Relation PartsOf(const Sheet& sheet, const CellKey& whole);
// The coarsest printed periods that tile the cell's; where none do, those that do not overlap and together come to most.
Relation YearsOf(const Sheet& sheet, const CellKey& whole);
// Cells of subset indicators: each must stay within the whole.
std::vector<const Cell*> SubsetsOf(const Sheet& sheet, const CellKey& whole);

}  // namespace anju::plan
