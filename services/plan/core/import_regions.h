// A regions file: rows read, numbers minted, the whole tree checked with what is stored already.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/region/region_tree.h"
#include "common/region/succession.h"
#include "common/status/status.h"
#include "services/plan/core/standing.h"

namespace anju::plan {

// A row as it came over the wire.
struct RegionRowText {
  uint32_t line = 0;
  std::string code, name, parent, level, kind, valid_from, valid_to, aliases, gb_code, order, members, note;
};

struct RegionImport {
  // Rows of the codes that are new or changed; all rows of a code together, parents and members first.
  std::vector<std::vector<Region>> changed;
  uint32_t unchanged = 0;           // codes
  std::vector<RegionNumber> named;  // every code of the file, for the check of what the caller may touch
  RegionTree tree;                  // as it is after the import
};

// All errors at once. For each code the rows given replace all earlier ones; a code is never removed. IMMUTABLE when a region that
// a stored document names would no longer exist on that document's day, or would become or stop being an area there; or when rows would no
// longer be what a recorded boundary change made them.
absl::StatusOr<RegionImport> ReadRegions(const std::vector<RegionRowText>& rows, const RegionTree& stored, const Boundaries& boundaries,
                                         const RegionUse& use);

// IMMUTABLE when the rows of `region` in `tree` would falsify stored figures.
void CheckUse(RegionNumber region, uint32_t line, const RegionTree& stored, const RegionTree& tree, const RegionUse& use, ErrorCollector& errors);
// IMMUTABLE when the rows of a region of `lines` are not what recorded boundary changes made them.
void CheckBoundaries(const std::map<RegionNumber, uint32_t>& lines, const RegionTree& tree, const Boundaries& boundaries, ErrorCollector& errors);
// Parents and members before those that name them, else in the order given.
std::vector<RegionNumber> ParentsFirst(const std::vector<RegionNumber>& regions, const RegionTree& tree);

}  // namespace anju::plan
