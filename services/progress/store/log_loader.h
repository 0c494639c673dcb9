// Fills the histories of series and the windows of sources from the log of the state store, all at once.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "common/storage/storage.h"
#include "services/progress/core/series_table.h"
#include "services/progress/core/source_table.h"

namespace anju::progress {

// REQUIRES: all series and sources are open and have nothing yet. `unexplained` gets the updates that tripped a soft check and came without
// explanation, ascending. DATA_LOSS when the log is not what was written; then everything here is half filled.
absl::Status LoadLog(storage::Store& state, SeriesTable* series, SourceTable* sources, std::vector<uint64_t>* unexplained);

}  // namespace anju::progress
