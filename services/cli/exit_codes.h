// Exit codes scripts rely on (README "What others script against").
#pragma once

#include "absl/status/status.h"

namespace anju::cli {

inline constexpr int kOk = 0;
inline constexpr int kRefused = 1;      // some rows of a report were refused
inline constexpr int kWouldChange = 2;  // a dry run that would change something; a comparison that differs
inline constexpr int kNotFound = 3;
inline constexpr int kInvalid = 4;      // the input is not acceptable; nothing was changed
inline constexpr int kConflict = 5;
inline constexpr int kUnavailable = 6;  // no answer, or not within the deadline
inline constexpr int kUsage = 64;
inline constexpr int kDamaged = 70;
inline constexpr int kDiskFailed = 74;  // of services and `anju up`: a write failed or there was no room; start again

// The exit code a failed call leads to.
int ExitCodeOf(const absl::Status& status);

}  // namespace anju::cli
