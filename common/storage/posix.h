// What both disks of files share beyond common/files: names, room, who holds a data directory.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/files/files.h"

namespace anju::storage {

// Without "." and "..", doubled and trailing slashes.
std::string NormalPath(const std::string& path);
// What an ordinary process may still write there.
absl::StatusOr<uint64_t> FreeBytesOf(const std::string& path);

// Who holds a data directory: the one process that writes, or any number that only read.
enum class Hold { kWrite, kRead };
// Takes the lock file of the data directory `path` for as long as the descriptor lives; DIRECTORY_IN_USE. A reader creates nothing: where
// there is no lock file, nobody has ever written there, and it gets a descriptor of the directory itself.
absl::StatusOr<files::Descriptor> LockDirectory(const std::string& path, Hold hold);

}  // namespace anju::storage
