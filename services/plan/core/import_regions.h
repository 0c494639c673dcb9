// A regions file: rows read, numbers minted, the whole tree checked with what is stored already.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/region/region_tree.h"
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
// a stored document names would no longer exist on that document's day, or would become or stop being an area there.
absl::StatusOr<RegionImport> ReadRegions(const std::vector<RegionRowText>& rows, const RegionTree& stored, const RegionUse& use);

}  // namespace anju::plan
