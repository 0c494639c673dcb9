// A catalogue file: programmes, groups and indicators read in any order, numbers minted, the whole catalogue checked.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/catalogue/catalogue.h"

namespace anju::plan {

// A row as it came over the wire.
struct CatalogueRowText {
  uint32_t line = 0;
  std::string type, code, name, parent, unit, scale, units_accepted, over_regions, over_time, part_of, part_kind, entries, exits, negative;
};

struct CatalogueImport {
  std::vector<Programme> programmes;  // new or changed; parents and members first
  std::vector<Indicator> indicators;  // new or changed; wholes before parts
  uint32_t changed = 0;               // rows of the file
  uint32_t unchanged = 0;
};

// All errors at once. What the file does not name stays as it is. IMMUTABLE when the unit, scale, way of adding or a unit's factor
// of a stored indicator would change: figures anywhere in the suite may have been taken in with them.
absl::StatusOr<CatalogueImport> ReadCatalogue(const std::vector<CatalogueRowText>& rows, const Catalogue& stored);

}  // namespace anju::plan
