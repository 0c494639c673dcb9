// Making a backup of several journals: a directory of archives and the manifest that vouches for them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/archive/manifest.h"
#include "common/archive/source.h"
#include "common/time/date.h"

namespace anju::archive {

// How far one journal is: sequences of `total`.
using OnProgress = std::function<void(const std::string& name, uint64_t sequence, uint64_t total)>;

struct BackedUp {
  Entry entry;
  std::string from;           // the source's name
  uint64_t added_events = 0;  // since the backup before this one
  uint64_t added_bytes = 0;
};

// Brings the backup in `directory` (created if it is missing) up to the ends of `sources`, and vouches for all of them at once. Only what is new is
// copied. Refused, with nothing changed: DIRECTORY_IN_USE while another backup runs; a damaged backup; NOT_EMPTY for one of other journals; ROLLED_BACK
// for one that has more than its service. Killed at any moment it leaves the backup before it valid; the next one goes on.
absl::StatusOr<std::vector<BackedUp>> BackUp(const std::string& directory, const std::vector<std::unique_ptr<Source>>& sources, Clock& clock,
                                             const OnProgress& on_progress);

}  // namespace anju::archive
