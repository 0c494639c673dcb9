// A running service's journal as a backup takes it: up to where it is durable when it is opened, through the feed.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/archive/source.h"

namespace anju::client {

// Asks the service at `address` whose journal it has. UNAVAILABLE; BAD_VALUE with field `service` when another service answers there. Copy asks once and
// never retries: UNAVAILABLE, or BEHIND when nothing came for `silence_ms_max`, which is also how long the first answer may take.
absl::StatusOr<std::unique_ptr<archive::Source>> OpenRunningService(const std::string& address, std::string_view service, int silence_ms_max);

}  // namespace anju::client
