// What there is to audit: a suite's data directory, one service's, or a backup; and where on the disk a block stands.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/audit/logs.h"
#include "common/journal/format.h"
#include "common/storage/storage.h"

namespace anju::audit {

// One journal.
struct Source {
  std::string service;  // plan, progress, ranking
  std::string name;     // of its directory or archive: usually the service
  std::string path;     // of the service's directory, or of the archive file
  bool archive = false;
  std::optional<journal::Position> vouched;  // where a backup's manifest says that the archive ends
  uint64_t vouched_bytes = 0;
};

struct Sources {
  std::vector<Source> journals;      // plan, progress …, ranking
  std::vector<std::string> services; // directories of services that own nothing: what they hold are caches
  bool backup = false;
};

// FILE_NOT_FOUND when nothing there is a journal; DATA_LOSS for a manifest that is damaged.
absl::StatusOr<Sources> FindSources(const std::string& directory);

// The journal's store and the bytes of its witness. An archive is a store too: its blocks under their sequences, its manifest as the witness.
struct Opened {
  std::unique_ptr<storage::Disk> disk;
  std::unique_ptr<const Logs> logs;  // where damage is read past; the store holds their rows too
  std::unique_ptr<storage::Store> store;
  std::optional<std::string> witness;
};
absl::StatusOr<Opened> OpenSource(const Source& source, bool salvage);
// The disk of an archive alone. Reads past damage; what cannot be read is left out.
absl::StatusOr<std::unique_ptr<storage::Disk>> OpenArchiveDisk(const Source& source);

// The file below `directory` that holds these bytes, and where in it; nullopt when none does.
struct Place {
  std::string file;
  uint64_t offset = 0;
};
std::optional<Place> FindBytes(const std::string& directory, std::string_view bytes);

// Stores of a service's directory that are caches: every subdirectory that is a store but the journal.
std::vector<std::string> CachesOf(const std::string& service_directory);

}  // namespace anju::audit
