// The manifest of a backup: which archives make it up and where each of them ends. It is the backup's own witness, replaced as a whole after the archives
// are synced: a killed backup leaves the one before it valid, with the same files.
//
//   BACKUP/manifest.json     {"format":1,"made_time_us":…,"services":[{"name","service","file","journal","sequence","hash","bytes"}],"sha256":…}
//   BACKUP/<name>.journal    the archives (archive.h)
//
// FROZEN. The text is exactly what Encode makes of what it says, and "sha256" is that of the text with that value empty: any changed byte is found.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/journal/format.h"

namespace anju::archive {

inline constexpr int kManifestFormat = 1;
inline constexpr size_t kManifestBytesMax = 1 << 20;
inline constexpr size_t kEntriesMax = 256;

// Where the archive of one journal ends.
struct Entry {
  std::string name;      // of the directory it is restored to: plan, progress, ranking; progress-2 … where there are several
  std::string service;   // plan, progress, ranking
  std::string file;      // in the backup's directory: NAME.journal
  journal::JournalId journal{};  // the journal's own id; those it continues are in the archive
  uint64_t sequence = 0;
  journal::Hash hash{};  // of the block that ends there; zeros at sequence 0
  uint64_t bytes = 0;    // of the file
  friend bool operator==(const Entry&, const Entry&) = default;
};

struct Manifest {
  int64_t made_us = 0;
  std::vector<Entry> entries;  // none: a first backup was begun and has not finished
  const Entry* Find(std::string_view name) const;  // nullptr when there is none
  friend bool operator==(const Manifest&, const Manifest&) = default;
};

std::string ManifestPath(const std::string& directory);
std::string EncodeManifest(const Manifest& manifest);
// DATA_LOSS naming `path`, SCHEMA_TOO_NEW.
absl::StatusOr<Manifest> DecodeManifest(std::string_view text, const std::string& path);

// FILE_NOT_FOUND naming the manifest when there is none; DATA_LOSS and SCHEMA_TOO_NEW as above. Entries may be none.
absl::StatusOr<Manifest> ReadManifest(const std::string& directory);
// The same of a backup that has finished at least once (else FILE_NOT_FOUND).
absl::StatusOr<Manifest> ReadFinishedManifest(const std::string& directory);
// Replaces it; synced when it returns.
absl::Status WriteManifest(const std::string& directory, const Manifest& manifest);

}  // namespace anju::archive
