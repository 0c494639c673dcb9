// Every error this service can say beside those of the libraries it uses, each with its stable reason.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "common/status/status.h"
#include "services/progress/core/item.h"
#include "services/progress/core/reviews.h"

namespace anju::progress {

// ---- The stream or call as a whole ----
absl::Status SourceMissing();
absl::Status BadSourceName(std::string_view name);
absl::Status NotOpened();                     // items before Open
absl::Status OpenedTwice();
absl::Status EmptyMessage();
absl::Status TooManyItems(int count);
absl::Status MessageTooLarge(size_t bytes);
absl::Status BadFirstSequence(uint64_t sent);  // 0, or so high that numbers would run over
absl::Status BadDefinition(uint32_t index, std::string_view why);
absl::Status UndefinedSeries(uint64_t number, uint32_t index, uint32_t line);
absl::Status SequenceGap(uint64_t sent, uint64_t expected);
absl::Status StreamReplaced(std::string_view source);
absl::Status NotReady();                      // no plan journal seen yet, or not enough of it
// Plan was restored to before what figures here were decided under.
absl::Status PlanWasRolledBack(std::string_view position);
absl::Status PlanIsOlder(std::string_view position, std::string_view end);
absl::Status OtherPlan();                     // plan's journal was replaced: its numbers mean other things than ours
absl::Status TooManyLists(size_t waiting_max);
absl::Status BadPageSize(int64_t size);
absl::Status BadPageToken(std::string_view token);
absl::Status UnknownSource(std::string_view name);

absl::Status NoSequences();
absl::Status TooManySequences(int count);

// ---- Reviews ----
absl::Status ReviewFieldMissing(std::string_view field);
absl::Status BadReviewState(int state);
absl::Status NamesAndSelects();
absl::Status TooManyUpdates(size_t count, size_t max);
absl::Status RemarkTooLong(size_t bytes);
absl::Status RequestIdTooLong(std::string_view request_id);
absl::Status RequestConflict(std::string_view request_id);
absl::Status FutureAsOf(std::string_view as_of);
absl::Status NoFiguresToReview(std::string_view region);
ErrorDetail UnknownUpdate(uint64_t sequence);
ErrorDetail OfficeNotAbove(std::string_view office, std::string_view region, uint64_t sequence);
ErrorDetail StepNotAllowed(uint64_t sequence, ReviewState from, ReviewState to);
ErrorDetail FlaggedUnexplained(uint64_t sequence);

// ---- One item ----
// The whole answer from what is stored of it, so that a repeat says the same as the first time.
ErrorDetail Explain(const Refused& refused);
ErrorDetail NumberUsedBefore(uint64_t number);

}  // namespace anju::progress
