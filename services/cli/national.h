// `anju demo --national`: the whole country moving live, with made-up plans and progress on the real region tree.
#pragma once

#include <cstdint>
#include <string>

#include "services/cli/context.h"

namespace anju::cli {

inline constexpr uint64_t kNationalRateDefault = 2'000;
inline constexpr uint64_t kNationalRateMax = 1'000'000;

struct NationalOptions {
  bool once = false;       // two rounds of reports, one table, and the sums compared
  uint64_t rate = kNationalRateDefault;  // updates a second of the live form, 1 .. kNationalRateMax
  std::string regions;     // file; empty: national/regions.csv of this build, as deploy/national leaves it
};

// Exit code: kOk; kRefused when the country does not add up; else that of the first error.
int NationalDemo(const Context& context, const NationalOptions& options);

}  // namespace anju::cli
