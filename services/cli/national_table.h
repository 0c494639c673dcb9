// The national table as people see it: every number in it comes from an answer of the ranking service.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "anju/ranking/v1/ranking.pb.h"
#include "services/cli/context.h"
#include "services/cli/national_plan.h"

namespace anju::cli {

struct NationalView {
  ranking::v1::GetLeagueTableResponse table;                // the provinces
  std::vector<ranking::v1::GetLeagueTableResponse> below;   // what some provinces are made of
  std::string since_words;   // since when places have moved
  uint64_t updates = 0;      // durable so far
  uint64_t per_second = 0;   // of late; 0: not shown
  int64_t now_us = 0;        // for the age of the figures
  std::string date;          // that is being reported; may be empty
};

// Start rates of the provinces by the national targets; movement since the basis of `since_token`.
absl::StatusOr<ranking::v1::GetLeagueTableResponse> FetchProvinces(const Context& context, const NationalPlan& plan, const std::string& since_token,
                                                                   const std::string& at_least);
// The same of the regions directly below one province, by its own targets.
absl::StatusOr<ranking::v1::GetLeagueTableResponse> FetchBelow(const Context& context, const std::string& province, const std::string& at_least);

// Title, table, totals and what stands below it, at most `rows` lines, none wider than `columns`: where the place is short, the less important
// columns go first, then provinces in the middle of the ranking.
std::vector<std::string> NationalLines(const Context& context, const NationalView& view, int columns, int rows);

}  // namespace anju::cli
