// Reported figures as recorded: in JSON and as tables; and the review of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "anju/progress/v1/progress.pb.h"
#include "services/cli/context.h"

namespace anju::cli {

// One update with everything that is known of it.
Json UpdateJson(const progress::v1::ListedUpdate& update);

struct UpdatesOptions {
  std::string region, programme, indicator, source;
  uint64_t after = 0;
  int limit = 100;
  bool refusals = false;
};
int ListUpdates(const Context& context, const UpdatesOptions& options);

struct ReviewOptions {
  std::string state;  // returned, reviewed or confirmed
  std::string region, year, programme, indicator, as_of;
  std::string updates;  // journal sequences, comma-separated; then the fields above are empty
  std::string office, remark, request_id;
  bool dry_run = false;
};
absl::StatusOr<progress::v1::ReviewFiguresResponse> SendReview(const Context& context, const ReviewOptions& options);
int Review(const Context& context, const ReviewOptions& options);

}  // namespace anju::cli
