// Reading of the axes.
#include "services/cli/view.h"

#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/time/date.h"

namespace anju::cli {
namespace {

constexpr int64_t kDurationMsMax = 86'400'000;

}  // namespace

absl::StatusOr<types::v1::ReviewFilter> ParseReviewFilter(const std::string& word) {
  if (word.empty() || word == "all") return types::v1::REVIEW_FILTER_UNSPECIFIED;
  if (word == "reviewed") return types::v1::REVIEW_FILTER_REVIEWED;
  if (word == "confirmed") return types::v1::REVIEW_FILTER_CONFIRMED;
  return MakeError({.reason = Reason::BAD_VALUE, .field = "review", .value = word, .message = "not one of the words allowed here",
                    .candidates = {"all", "reviewed", "confirmed"}});
}

absl::StatusOr<int64_t> ParseDuration(std::string_view field, const std::string& text) {
  const size_t digits = text.find_first_not_of("0123456789");
  const std::string unit = digits == std::string::npos ? "" : text.substr(digits);
  const int64_t factor = unit == "ms" ? 1 : unit == "s" ? 1000 : unit == "m" ? 60'000 : unit == "h" ? 3'600'000 : 0;
  // Nine digits fit, and more are beyond the limit in every unit.
  const int64_t number = digits == 0 || digits == std::string::npos || digits > 9 ? 0 : std::stoll(text.substr(0, digits));
  if (factor == 0 || number == 0 || number * factor > kDurationMsMax) {
    return MakeError({.reason = Reason::BAD_VALUE, .field = std::string(field), .value = text, .message = "not a duration from 1ms to 24h",
                      .candidates = {"500ms", "5s", "2m", "1h"}});
  }
  return number * factor;
}

std::string DayOf(const std::string& word) { return word == "today" ? FormatDate(RealClock().Today()) : word; }

absl::StatusOr<types::v1::View> MakeView(const ViewOptions& options) {
  types::v1::View view;
  view.set_known_on(options.known_on);
  view.set_at(options.at);
  view.set_tree(DayOf(options.tree));
  ASSIGN_OR_RETURN(const auto review, ParseReviewFilter(options.review));
  view.set_review(review);
  if (!options.fresh_within.empty()) {
    ASSIGN_OR_RETURN(const int64_t ms, ParseDuration("fresh_within", options.fresh_within));
    view.set_max_staleness_ms(ms);
  }
  return view;
}

}  // namespace anju::cli
