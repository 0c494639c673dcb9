// Putting journals back from a backup: each into a new directory, as a new journal that continues the old one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/archive/backup.h"
#include "common/archive/manifest.h"
#include "common/time/date.h"

namespace anju::archive {

// While DATA has this file, or a directory with this ending, a restore into it has not finished.
inline constexpr char kRestoringFile[] = "restoring.json";
inline constexpr char kRestoringSuffix[] = ".restoring";

struct Restored {
  Entry entry;                   // where the journal continued ends
  journal::JournalId journal{};  // the new one
  journal::JournalId continued{};  // whose last sequence the new one goes on after: the entry's journal, or one that it continued without adding anything
  std::string directory;         // DATA/<name>
};

// Restores the journals of the backup (those of `names`; none: all) into DATA/<name>, which must not exist or be empty (NOT_EMPTY). All archives are
// verified before anything is written, and again as it is written. The directories come about under other names; when all are complete, one file says so
// and they are renamed. Killed at any moment it leaves nothing under a service's name that is not complete; run again it finishes, with the same new
// journals if they were complete. Refused, with nothing changed: DATA_LOSS, SCHEMA_TOO_NEW, FILE_NOT_FOUND naming a file of the backup; DIRECTORY_IN_USE
// while a suite runs in DATA or another restore does; BAD_VALUE with field "service" for a name that the backup does not have.
absl::StatusOr<std::vector<Restored>> Restore(const std::string& backup, const std::string& data, const std::vector<std::string>& names, Clock& clock,
                                              const OnProgress& on_progress);

// The path that shows that a restore into DATA has not finished; "" when none has been begun.
std::string UnfinishedRestore(const std::string& data);

}  // namespace anju::archive
