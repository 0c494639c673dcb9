// The targets in force, of all documents together: what a new document is compared with.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "services/plan/core/document.h"

namespace anju::plan {

// The newest that is known about a cell, and which document said it first.
struct Standing {
  std::optional<int64_t> target;
  Missing missing = Missing::kNumber;
  std::string document;
  std::string line;  // first document of its line
};

struct TargetsInForce {
  absl::flat_hash_map<CellKey, Standing> cells;

  const Standing* Find(const CellKey& key) const {
    const auto it = cells.find(key);
    return it == cells.end() ? nullptr : &it->second;
  }
};

// The days in whose trees stored documents are read, by the regions they name.
using RegionUse = std::map<RegionNumber, std::set<Date>>;

}  // namespace anju::plan
