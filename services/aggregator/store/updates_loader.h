// Fills the histories of all series from the rows of updates, all at once.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "common/storage/storage.h"
#include "services/aggregator/core/leaves.h"

namespace anju::aggregator {

// REQUIRES: all series are open and have nothing yet. DATA_LOSS when rows are not what was written; then the leaves are half filled.
absl::Status LoadUpdates(storage::Store& state, Leaves* leaves);

// DATA_LOSS that names the row.
absl::Status BrokenRow(std::string_view key);

}  // namespace anju::aggregator
