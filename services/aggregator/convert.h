// Wire ↔ core: the only place that reads fields of both.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "anju/aggregator/v1/aggregator.pb.h"
#include "anju/plan/v1/event.pb.h"
#include "anju/progress/v1/event.pb.h"
#include "common/journal/format.h"
#include "services/aggregator/core/milestones.h"
#include "services/aggregator/core/state.h"
#include "services/aggregator/journals.h"

namespace anju::aggregator {

v1::Cell ToProto(const Cell& cell, const FeedJournals& journals);
void ToProto(const Cell& cell, const FeedJournals& journals, v1::Cell* out);  // the same into an empty one
types::v1::Period ToProto(Period period);
Period FromProto(const types::v1::Period& period);
progress::v1::Flag ToProto(const Flag& flag);

// What all cells of a document share, and the targets it sets. DATA_LOSS when a cell has no layer.
DocumentInfo InfoOf(const plan::v1::DocumentImported& document);
absl::StatusOr<std::vector<PrintedTarget>> TargetsOf(const plan::v1::DocumentImported& document);
MilestonesOf MilestonesFrom(uint64_t sequence, const plan::v1::MilestonesImported& event);
plan::v1::Milestone ToProto(const Milestone& milestone);

// What a block of a progress journal changes; refusals and sources change nothing here. DATA_LOSS when an event cannot be read.
absl::StatusOr<std::vector<ProgressChange>> ChangesOf(const journal::BlockView& block);
// Flags and explanation of an update, and back: an update with nothing else.
Note NoteOf(const progress::v1::Update& update);
progress::v1::Update ToProto(const Note& note);
// What a review says. DATA_LOSS when it is no state that a review can give.
absl::StatusOr<ReviewState> StateOf(uint64_t sequence, const progress::v1::Review& review);

}  // namespace anju::aggregator
