// Every error the aggregator can say, as a named function with its stable reason.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "common/time/date.h"

namespace anju::aggregator {

// Requests.
absl::Status MissingField(std::string_view field);
absl::Status NotReady();
absl::Status TooManyRows(std::string_view field, size_t rows, size_t rows_max);
absl::Status NoKeys();
absl::Status BadKeyPeriod(Period period, std::string_view indicator, bool is_stock);
absl::Status Stopping();
absl::Status TooManyDumps();
absl::Status TooManyFollowers();
absl::Status TooManyExplanations();
absl::Status TooManyHeads();
absl::Status OwnerUnavailable(std::string_view address, std::string_view why);
absl::Status TooManyMoments(size_t moments, size_t moments_max);
absl::Status BadPageSize(int64_t size, int64_t size_max);
absl::Status BadPageToken(std::string_view token);

// Moments.
absl::Status FutureDay(std::string_view field, Date day, Date today);
absl::Status TwoMoments(std::string_view at);
absl::Status BadReviewFilter(int filter);
absl::Status NothingRecorded(Date day);
// BEHIND: what was known on a day that is over cannot be told yet.
absl::Status DayNotComplete(Date day);
absl::Status UnknownJournal(std::string_view service, std::string_view journal_id);
// UNKNOWN_BASIS; BEHIND while the journals are still being read for the first time since the start (not `caught_up`): it may have come about.
absl::Status BasisAhead(std::string_view service, uint64_t sequence, uint64_t applied, bool caught_up);
absl::Status BasisNeverWas(uint64_t plan, uint64_t needed);

// Feeds. The follower goes on trying; the status of the service shows what was wrong.
absl::Status UnreadableEvent(uint64_t sequence);
absl::Status StrayRow(uint64_t sequence);
absl::Status NotTheNextBlock(uint64_t first_sequence, uint64_t expected);
absl::Status WaitsForPlan(std::string_view journal_id, uint64_t sequence, std::string_view have_journal_id);
// NOT_READY: plan was restored to before what figures were decided under.
absl::Status PlanWasRolledBack(std::string_view journal_id, uint64_t sequence);

}  // namespace anju::aggregator
