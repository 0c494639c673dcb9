// Every error the ranking service itself can say. (The core names those of a definition and of a table.)
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/status/status.h"
#include "common/time/date.h"

namespace anju::ranking::errors {

// A required field is empty.
absl::Status MissingField(std::string_view field);
// A word or number that is not one of those allowed.
absl::Status BadValue(std::string_view field, std::string_view value, std::string_view allowed);
// Nothing was ever received from the aggregator: not even the regions are known.
absl::Status NotReady();
// A dated table needs the aggregator, and it does not answer.
absl::Status AggregatorUnavailable(std::string_view address, std::string_view why);
// `status` (NO_FIGURES) with the periods there are figures for.
absl::Status WithPeriods(const absl::Status& status, const std::vector<Period>& periods);
// The process is stopping.
absl::Status Ending();

// ---- Templates and bulletins ----
absl::Status TooLarge(std::string_view field, size_t bytes, size_t bytes_max);
// No more of these are kept, or taken at once.
absl::Status TooMany(std::string_view field, size_t count_max, std::string_view what);
absl::Status TooManyCompositions(size_t count_max);
absl::Status UnknownTemplate(std::string_view code, uint32_t version);
absl::Status UnknownBulletin(std::string_view number);
absl::Status UnknownDraft(uint64_t draft);
// The number is taken.
absl::Status NumberTaken(std::string_view number);
absl::Status AlreadyIssued(uint64_t draft, std::string_view number);
absl::Status DraftOutdated(std::string_view what);
absl::Status NothingToCorrect(std::string_view number);
absl::Status BadPageToken(std::string_view token);
absl::Status RequestConflict(std::string_view request_id);
absl::Status FutureDate(std::string_view field, Date date, Date today);
absl::Status IssuedBeforeFigures(std::string_view date, Date as_of);

// `status` as it reads for the field it came from.
absl::Status InField(const absl::Status& status, std::string_view field, std::string_view value);

}  // namespace anju::ranking::errors
