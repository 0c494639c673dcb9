// The words of the aggregator's errors.
#include "services/aggregator/errors.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace anju::aggregator {
namespace {

absl::string_view View(std::string_view text) { return absl::string_view(text.data(), text.size()); }

}  // namespace

absl::Status MissingField(std::string_view field) {
  return MakeError(Reason::MISSING_FIELD, field, "", absl::StrCat("The request names no ", View(field), "."));
}

absl::Status NotReady() {
  return MakeError(Reason::NOT_READY, "", "", "The aggregator has not seen the plan journal yet.");
}

absl::Status TooManyRows(std::string_view field, size_t rows, size_t rows_max) {
  return MakeError(Reason::TOO_MANY_ROWS, field, absl::StrCat(rows),
                   absl::StrCat("The answer would have ", rows, " rows; at most ", rows_max, " are given. Name a year, a programme or an indicator."));
}

absl::Status NoKeys() { return MakeError(Reason::EMPTY_REQUEST, "keys", "", "The request names no keys."); }

absl::Status BadKeyPeriod(Period period, std::string_view indicator, bool is_stock) {
  const std::string text = period.first == period.last ? absl::StrCat(period.first) : absl::StrCat(period.first, "-", period.last);
  return MakeError(Reason::BAD_PERIOD, "period", text,
                   is_stock ? absl::StrCat("\"", text, "\" is not a plan year for the targets of ", View(indicator), ".")
                            : absl::StrCat("\"", text, "\" is not a plan year, and ", View(indicator), " has no figures without one."));
}

absl::Status Stopping() { return MakeError(Reason::UNAVAILABLE, "", "", "The aggregator is stopping."); }

absl::Status TooManyDumps() { return MakeError(Reason::OVERLOADED, "", "", "Too many dumps are waiting already."); }

absl::Status TooManyFollowers() { return MakeError(Reason::OVERLOADED, "", "", "Too many followers read frames already."); }

absl::Status TooManyExplanations() { return MakeError(Reason::OVERLOADED, "", "", "Too many explanations are waiting for a progress service already."); }

absl::Status TooManyHeads() { return MakeError(Reason::OVERLOADED, "", "", "Too many positions are being looked up with their owners already."); }

absl::Status OwnerUnavailable(std::string_view address, std::string_view why) {
  return MakeError(Reason::UNAVAILABLE, "basis", address,
                   absl::StrCat("The hash of a position of the past comes from the owner of its journal, which does not answer: ", absl::string_view(why.data(), why.size())));
}

absl::Status TooManyMoments(size_t moments, size_t moments_max) {
  return MakeError(moments == 0 ? Reason::EMPTY_REQUEST : Reason::TOO_MANY_ROWS, "moments", absl::StrCat(moments),
                   absl::StrCat("The request names ", moments, " moments; it may name 1 to ", moments_max, "."));
}

absl::Status BadPageSize(int64_t size, int64_t size_max) {
  return MakeError(Reason::BAD_VALUE, "page_size", absl::StrCat(size), absl::StrCat("A page has 1 to ", size_max, " rows; 0 leaves it open."));
}

absl::Status BadPageToken(std::string_view token) {
  return MakeError(Reason::BAD_TOKEN, "page_token", token, "The page token is not one that this service gave for this question.");
}

absl::Status FutureDay(std::string_view field, Date day, Date today) {
  return MakeError(Reason::FUTURE_DATE, field, FormatDate(day), absl::StrCat(FormatDate(day), " is after today, ", FormatDate(today), "."));
}

absl::Status TwoMoments(std::string_view at) {
  return MakeError(Reason::BAD_VALUE, "at", at, "A question is asked as known on a day or at a basis, not both.");
}

absl::Status BadReviewFilter(int filter) {
  return MakeError(Reason::BAD_VALUE, "review", absl::StrCat(filter), "The review filter is none of the contract: all, reviewed, confirmed.");
}

absl::Status NothingRecorded(Date day) {
  return MakeError(Reason::BEFORE_FIRST_RECORD, "known_on", FormatDate(day), absl::StrCat("Nothing had been recorded by the end of ", FormatDate(day), "."));
}

absl::Status DayNotComplete(Date day) {
  return MakeError(Reason::BEHIND, "known_on", FormatDate(day),
                   absl::StrCat("Not everything that was recorded by the end of ", FormatDate(day),
                                " is known here yet: journals are still being read, or a service that is followed does not answer."));
}

absl::Status UnknownJournal(std::string_view service, std::string_view journal_id) {
  return MakeError(Reason::UNKNOWN_BASIS, "at", journal_id,
                   absl::StrCat("The basis names ", View(service), " journal ", View(journal_id), ", which is not followed here."));
}

absl::Status BasisAhead(std::string_view service, uint64_t sequence, uint64_t applied, bool caught_up) {
  return MakeError(caught_up ? Reason::UNKNOWN_BASIS : Reason::BEHIND, "at", absl::StrCat(sequence),
                   absl::StrCat("The basis names event ", sequence, " of the ", View(service), " journal; ", applied, " are known here."));
}

absl::Status BasisNeverWas(uint64_t plan, uint64_t needed) {
  return MakeError(Reason::UNKNOWN_BASIS, "at", absl::StrCat(plan),
                   absl::StrCat("The basis never was: its figures were decided at plan event ", needed, ", and it names ", plan, "."));
}

absl::Status UnreadableEvent(uint64_t sequence) {
  return MakeError(Reason::DATA_LOSS, "event", absl::StrCat(sequence), absl::StrCat("Event ", sequence, " of the feed cannot be read."));
}

absl::Status StrayRow(uint64_t sequence) {
  return MakeError(Reason::DATA_LOSS, "state", absl::StrCat(sequence), "A row of the state is about an update that is not there.");
}

absl::Status NotTheNextBlock(uint64_t first_sequence, uint64_t expected) {
  return MakeError(Reason::DATA_LOSS, "block", absl::StrCat(first_sequence),
                   absl::StrCat("The feed brought event ", first_sequence, " where ", expected, " is the next."));
}

absl::Status WaitsForPlan(std::string_view journal_id, uint64_t sequence, std::string_view have_journal_id) {
  std::string message = absl::StrCat("A block waits for position ", sequence, " of plan journal ", View(journal_id), ".");
  if (!have_journal_id.empty() && have_journal_id != journal_id) {
    absl::StrAppend(&message, " The plan service has journal ", View(have_journal_id), ", whose numbers mean other things; nothing of it is added up.");
  }
  return MakeError(Reason::NOT_READY, "plan", absl::StrCat(View(journal_id), "/", sequence), message);
}

absl::Status PlanWasRolledBack(std::string_view journal_id, uint64_t sequence) {
  return MakeError(Reason::NOT_READY, "plan", absl::StrCat(View(journal_id), "/", sequence),
                   absl::StrCat("Figures were decided under position ", sequence, " of plan journal ", View(journal_id),
                                ", which was lost when plan was restored: restore progress from the same backup."));
}

}  // namespace anju::aggregator
