// Every error the ranking service itself can say.
#include "services/ranking/errors.h"

#include <string>

namespace anju::ranking::errors {

absl::Status MissingField(std::string_view field) {
  return MakeError(Reason::MISSING_FIELD, field, "", std::string(field) + " is required");
}

absl::Status BadValue(std::string_view field, std::string_view value, std::string_view allowed) {
  return MakeError(Reason::BAD_VALUE, field, value, std::string(field) + " \"" + std::string(value) + "\" is not " + std::string(allowed));
}

absl::Status NotReady() {
  return MakeError(Reason::NOT_READY, "", "", "the ranking service has received nothing from the aggregator yet");
}

absl::Status AggregatorUnavailable(std::string_view address, std::string_view why) {
  return MakeError(Reason::UNAVAILABLE, "as_of", address,
                   "dated tables come from the aggregator at " + std::string(address) + ", which does not answer: " + std::string(why));
}

absl::Status WithPeriods(const absl::Status& status, const std::vector<Period>& periods) {
  ErrorDetail detail = ErrorsOf(status).front();
  detail.field = "year";
  for (const Period& period : periods) {
    if (detail.candidates.size() < kErrorCandidatesMax) detail.candidates.push_back(FormatPeriod(period));
  }
  return MakeError(std::move(detail));
}

absl::Status InField(const absl::Status& status, std::string_view field, std::string_view value) {
  ErrorDetail detail = ErrorsOf(status).front();
  detail.field = field;
  detail.value = value;
  return MakeError(std::move(detail));
}

}  // namespace anju::ranking::errors
