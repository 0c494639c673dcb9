// Every revision of every target, in the order they were recorded: what was demanded, from when, by which document.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/plan/core/document.h"

namespace anju::plan {

// What one document says about a cell.
struct Revision {
  size_t document = 0;  // its place among all documents
  size_t cell = 0;      // its place among the cells of the document
  std::optional<int64_t> target;
  std::optional<int64_t> declared;
  Missing missing = Missing::kNumber;
  uint32_t line = 0;
};

inline constexpr size_t kRevisionsMax = 10'000;  // of one cell, that are listed

using Revisions = absl::flat_hash_map<CellKey, std::vector<Revision>>;

}  // namespace anju::plan
