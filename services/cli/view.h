// The axes of a question beside the date of its data: known when, in which tree, from which figures, how fresh.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "anju/types/v1/view.pb.h"

namespace anju::cli {

// As written on the command line.
struct ViewOptions {
  std::string known_on;      // YYYY-MM-DD
  std::string at;            // token
  std::string tree;          // YYYY-MM-DD or "today"
  std::string review;        // all, reviewed or confirmed
  std::string fresh_within;  // 500ms, 5s, 2m, 1h
};

// BAD_VALUE for a word or a duration that is none; dates and tokens are left to the service.
absl::StatusOr<types::v1::View> MakeView(const ViewOptions& options);
absl::StatusOr<types::v1::ReviewFilter> ParseReviewFilter(const std::string& word);
// A whole number followed by ms, s, m or h, 1 ms to 24 h, in milliseconds. BAD_VALUE with `field`.
absl::StatusOr<int64_t> ParseDuration(std::string_view field, const std::string& text);
// "today" is the day in Asia/Shanghai; other words come back as they are.
std::string DayOf(const std::string& word);

}  // namespace anju::cli
