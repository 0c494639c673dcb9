// Readers that ask again as soon as they have their answer, for a while, each on a thread of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"

namespace anju::bench {

// `read(i, end, answers)` asks until `end` and counts what it got. Answers of all readers a second, until the last one has stopped; or why one broke off.
using Reader = std::function<absl::Status(int reader, std::chrono::steady_clock::time_point end, uint64_t* answers)>;
absl::StatusOr<double> AnswersPerSecond(int readers, double seconds, const Reader& read);

}  // namespace anju::bench
