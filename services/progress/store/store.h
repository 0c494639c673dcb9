// Typed rows of the state store but for the log: writing them into a batch, and reading all of them back.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/journal/format.h"
#include "common/storage/storage.h"
#include "services/progress/core/item.h"
#include "services/progress/core/plan_targets.h"
#include "services/progress/core/reviews.h"
#include "services/progress/core/series_table.h"
#include "services/progress/core/source_table.h"

namespace anju::progress {

// How far the plan journal has been applied.
struct PlanPosition {
  journal::Position position;
  int64_t block_time_us = 0;
};

// A review as its event has it.
struct ReviewRecord {
  Review review;
  std::vector<uint64_t> updates;  // ascending
  std::string request_id, request_digest;
  uint32_t unchanged = 0;
};

void PutSource(SourceNumber number, std::string_view name, std::string_view actor, storage::Batch& rows);
void PutSeries(SeriesNumber number, const SeriesKey& key, storage::Batch& rows);
void PutPlanEvent(uint64_t sequence, std::string_view event, storage::Batch& rows);
void PutPlanDocument(const PlanDocument& document, storage::Batch& rows);
void PutReview(const ReviewRecord& review, storage::Batch& rows);
void PutPlanPosition(const PlanPosition& plan, storage::Batch& rows);
void DeletePlanRows(uint64_t sequence, storage::Batch& rows);  // the event or document of that sequence
void DeletePlanPosition(storage::Batch& rows);

// Receives all rows but those of the log, table by table: plan position, events and documents first, then sources, series and reviews.
struct RowReader {
  std::function<void(const PlanPosition& plan)> on_plan_position;
  std::function<absl::Status(uint64_t sequence, std::string_view event)> on_plan_event;
  std::function<void(const PlanDocument& document)> on_plan_document;
  std::function<absl::Status(SourceNumber number, std::string name, std::string actor)> on_source;
  std::function<absl::Status(SeriesNumber number, const SeriesKey& key)> on_series;
  std::function<void(ReviewRecord review)> on_review;
};
// DATA_LOSS names the table and key of a row that cannot be read.
absl::Status ReadRows(storage::Store& state, const RowReader& reader);

}  // namespace anju::progress
