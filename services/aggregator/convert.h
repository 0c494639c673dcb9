// Wire ↔ core: the only place that reads fields of both.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "anju/aggregator/v1/aggregator.pb.h"
#include "anju/plan/v1/event.pb.h"
#include "common/journal/format.h"
#include "services/aggregator/core/state.h"

namespace anju::aggregator {

v1::Cell ToProto(const Cell& cell);
types::v1::Period ToProto(Period period);
Period FromProto(const types::v1::Period& period);

// The targets a document sets. DATA_LOSS when a cell has no layer.
absl::StatusOr<std::vector<PrintedTarget>> TargetsOf(const plan::v1::DocumentImported& document);
// What a block of a progress journal changes; refusals and sources change nothing here. DATA_LOSS when an event cannot be read.
absl::StatusOr<std::vector<ProgressChange>> ChangesOf(const journal::BlockView& block);

}  // namespace anju::aggregator
