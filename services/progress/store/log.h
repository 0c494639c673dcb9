// The log of the state store: verdicts in journal order, many in a row (schema.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/storage/storage.h"
#include "services/progress/core/item.h"
#include "services/progress/core/series_table.h"
#include "services/progress/core/source_table.h"

namespace anju::progress {

// One verdict as the log keeps it.
struct LogRecord {
  uint64_t sequence = 0;
  Outcome outcome = Outcome::kAccepted;
  SourceNumber source = 0;
  uint64_t digest = 0;
  bool digest_stored = false;  // accepted only: the record alone does not give the digest
  SeriesNumber series = 0;     // accepted only, like the rest
  Date as_of;
  int64_t amount = 0;
  UpdateKind kind = UpdateKind::kCumulative;
  bool explained = false;      // accepted only
  Refused refused;             // refused only
  std::vector<Flag> flags;     // accepted, or refused for want of an explanation
};

// Appends verdicts to the log: one row for a run of them, as long as they follow each other in one batch. A run that its batch left short
// is written again, longer, by the next batch: verdicts that come one by one would else be a row each, which are slow to load.
class LogWriter {
 public:
  void Append(const LogRecord& record, storage::Batch& rows);

 private:
  std::string run_key_;
  uint64_t run_first_ = 0;
  size_t run_records_ = 0;
  std::string short_run_;  // the run as it is, while it is short
  std::string scratch_;
};

// Walks the log upwards.
class LogReader {
 public:
  // Runs whose first sequence is in [from, until).
  LogReader(storage::Store& state, uint64_t from, uint64_t until);
  // The next verdict; its texts keep their memory. False at the end, and when a row cannot be read: then status() names it.
  bool Next(LogRecord* record);
  const absl::Status& status() const { return status_; }

 private:
  bool NextRun();

  std::unique_ptr<storage::Cursor> cursor_;
  const uint64_t until_;
  bool begun_ = false;
  uint64_t run_first_ = 0;
  uint64_t last_ = 0;      // sequence of the last verdict
  std::string_view left_;  // of the run under the cursor
  absl::Status status_;
};

// A sequence that divides the log into two parts of about the same length.
uint64_t MiddleOfLog(storage::Store& state);

}  // namespace anju::progress
