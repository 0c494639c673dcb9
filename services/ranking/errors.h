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
// `status` as it reads for the field it came from.
absl::Status InField(const absl::Status& status, std::string_view field, std::string_view value);

}  // namespace anju::ranking::errors
