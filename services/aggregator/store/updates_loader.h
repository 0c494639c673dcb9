// Fills the histories of all series from the rows of updates, all at once.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/storage/storage.h"
#include "services/aggregator/core/leaves.h"

namespace anju::aggregator {

// `ends`: by slot, the sequence that was applied last; no update stands behind it. REQUIRES: all series are open and have nothing yet. DATA_LOSS when rows are not what was written; then the leaves are half filled.
absl::Status LoadUpdates(storage::Store& state, const std::vector<uint64_t>& ends, Leaves* leaves);

// DATA_LOSS that names the row.
absl::Status BrokenRow(std::string_view key);

}  // namespace anju::aggregator
