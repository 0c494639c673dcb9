// The floors of the disk: appends of the same bytes with a sync, by RocksDB and by nothing at all.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/load.h"

namespace anju::bench {

// The items of a turn, serialized before the clock starts and written to a new RocksDB under DIRECTORY, one row a message, as many rows a synced batch as all
// streams together may have in flight; nothing is decided. The directory is removed.
absl::StatusOr<LoadResult> RocksAppends(const std::string& directory, const Turn& turn);

// So many times in turn: 4 KiB appended to a file under DIRECTORY, then fdatasync. Milliseconds, unsorted.
absl::StatusOr<std::vector<double>> SyncTimes(const std::string& directory, int count);

}  // namespace anju::bench
