// `anju report`: checks a file of figures, streams it, and says what became of every row.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "anju/types/v1/basis.pb.h"
#include "common/csv/csv.h"
#include "services/cli/context.h"

namespace anju::cli {

inline constexpr size_t kReportRowsListed = 10'000;  // rows listed with their verdict; beyond it only those not accepted

struct ReportOptions {
  std::string file;          // or "-"
  std::string source;        // empty: the file's SHA-256
  std::string plan_at_least; // token; empty: what the plan service has now, where it answers
  std::string refused_file;  // refused rows with their reasons are written here; may be empty
  std::string outbox;        // directory: the rows are numbered and kept there until the service has answered; empty: the file is what is kept
  bool dry_run = false;
};

// What became of one row.
struct RowOutcome {
  uint32_t line = 0;
  std::string verdict;  // ACCEPTED (dry run: WOULD_SEND), UNCHANGED, ALREADY_RECORDED, REFUSED, CONFLICT
  ErrorDetail error;    // of refused and conflicting rows
  std::vector<std::string> checks = {};  // rules of soft checks that it tripped
  std::string checks_text = {};          // the same for people
  bool explained = false;                // with checks: whether the row has an explanation
};

struct ReportResult {
  std::string source;
  size_t accepted = 0, unchanged = 0, refused = 0, conflicts = 0;
  std::vector<RowOutcome> rows;  // in file order
  csv::Table table;              // the rows as read
  std::string token;
  types::v1::BasisStamp basis;   // what the token stands for
};

// Parses, checks what can be seen in the file, and sends it. An error means that nothing (or, when the service went away
// in the middle, only part) was sent; sending the same file again counts nothing twice.
absl::StatusOr<ReportResult> SendReport(const Context& context, const ReportOptions& options);
int Report(const Context& context, const ReportOptions& options);

void PrintReport(const Context& context, const ReportResult& result, const ReportOptions& options);
// The refused rows again, with the reasons. FILE_NOT_FOUND, STORAGE_FAILED.
absl::Status WriteRefused(const std::string& path, const Context& context, const ReportResult& result);
// What the plan service has now; "" when it does not answer. `plan import && report` must not be refused for reading an older plan.
std::string PlanToken(const Context& context);

}  // namespace anju::cli
