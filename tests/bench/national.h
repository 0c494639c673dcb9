// A load of the country's shape: 3,000 counties of 30 provinces report ten indicators of eight programmes, date by date.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "tests/bench/suite.h"

namespace anju::bench {

inline constexpr int kProvinces = 30;
inline constexpr int kCitiesOfProvince = 10;
inline constexpr int kCountiesOfCity = 10;

// Regions, a plan and checks, into a plan service that has none. REQUIRES: plan and progress run.
absl::Status ImportNation(const Suite& suite);
// Reports some `updates` more, one source a province; goes on where an earlier load ended. Mostly cumulative figures, an indicator
// of increments, now and then a late figure: every series gets one by one, scattered over the province's 8,000.
absl::Status LoadNation(const Suite& suite, uint64_t updates);

}  // namespace anju::bench
