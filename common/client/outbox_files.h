// The small files of an outbox: one checked message each, replaced whole.
#pragma once

#include <optional>
#include <string>

#include <google/protobuf/message_lite.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace anju::client {

// Writes beside, syncs, renames over `path` and syncs the directory: readers and crashes see the old file or the new one.
absl::Status WriteChecked(const std::string& path, const google::protobuf::MessageLite& message);
// False when the file does not exist. DATA_LOSS naming the file when it is not what was written, SCHEMA_TOO_NEW, STORAGE_FAILED.
absl::StatusOr<bool> ReadChecked(const std::string& path, google::protobuf::MessageLite* message);

}  // namespace anju::client
