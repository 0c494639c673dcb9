// Errors of the progress service, as sentences with reasons.
#include "services/progress/errors.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "services/progress/core/requests.h"
#include "services/progress/core/source_table.h"
#include "services/progress/limits.h"

namespace anju::progress {
namespace {

absl::string_view View(std::string_view text) { return absl::string_view(text.data(), text.size()); }

// What the reasons of items mean, after `field "value"`.
std::string_view Meaning(Reason reason) {
  switch (reason) {
    case Reason::MISSING_FIELD: return "is required";
    case Reason::BAD_NUMBER: return "is not a plain number";
    case Reason::NUMBER_TOO_LARGE: return "is larger than any figure can be, or would make one so large";
    case Reason::NUMBER_TOO_FINE: return "has more decimals than the indicator keeps";
    case Reason::NEGATIVE_NUMBER: return "is below zero, which this indicator does not allow";
    case Reason::BAD_DATE: return "is not a calendar date YYYY-MM-DD";
    case Reason::BAD_PERIOD: return "is not a plan year this indicator can have";
    case Reason::BAD_VALUE: return "is not a value allowed here";
    case Reason::DUPLICATE_ROW: return "was given another figure for the same date in this request";
    case Reason::UNKNOWN_REGION: return "is no region known at that date";
    case Reason::AMBIGUOUS_REGION: return "is the name of several regions";
    case Reason::UNKNOWN_PROGRAMME: return "is no programme of the catalogue";
    case Reason::UNKNOWN_INDICATOR: return "is no indicator of the catalogue";
    case Reason::UNKNOWN_UNIT: return "is no unit this indicator accepts";
    case Reason::REGION_CLOSED: return "does not exist at that date";
    case Reason::AREA_OVERLAP: return "has a figure already through an area and its members";
    case Reason::BEFORE_PLAN_YEAR: return "is before the plan year begins";
    case Reason::FUTURE_DATE: return "is after today";
    case Reason::EXPLANATION_REQUIRED: return "is required for a reduction";
    case Reason::NOTHING_TO_CORRECT: return "names no figure of this series that is in force at that date";
    case Reason::BELOW_ZERO: return "would leave less than nothing";
    case Reason::SOURCE_REQUIRED: return "needs a source that has a name: an edited file would count it twice";
    case Reason::NOT_ALLOWED: return "is not the caller's to report for";
    default: return "was refused";
  }
}

}  // namespace

absl::Status SourceMissing() { return MakeError(Reason::MISSING_FIELD, "source", "", "a source must be named"); }

absl::Status BadSourceName(std::string_view name) {
  return MakeError(Reason::BAD_CODE, "source", name.substr(0, kErrorValueBytesMax),
                   absl::StrCat("a source name has 1 to ", kSourceNameBytesMax, " characters of 0-9 A-Z a-z . _ : -"));
}

absl::Status NotOpened() { return MakeError(Reason::STREAM_NOT_OPENED, "open", "", "the first message of a stream opens a source"); }
absl::Status OpenedTwice() { return MakeError(Reason::STREAM_NOT_OPENED, "open", "", "a stream opens one source, once"); }
absl::Status EmptyMessage() { return MakeError(Reason::EMPTY_REQUEST, "items", "", "there is nothing in this message"); }

absl::Status TooManyItems(int count) {
  return MakeError(Reason::TOO_MANY_ROWS, "items", absl::StrCat(count), absl::StrCat("a message has at most ", kMessageItemsMax, " items"));
}

absl::Status MessageTooLarge(size_t bytes) {
  return MakeError(Reason::MESSAGE_TOO_LARGE, "items", absl::StrCat(bytes), absl::StrCat("a message has at most ", kMessageBytesMax, " bytes"));
}

absl::Status BadFirstSequence(uint64_t sent) {
  return MakeError(Reason::BAD_VALUE, "first_sequence", absl::StrCat(sent), "items of a source are numbered from 1, without ever running over");
}

absl::Status BadDefinition(uint32_t index, std::string_view why) {
  return MakeError(Reason::BAD_VALUE, "definitions", absl::StrCat(index), absl::StrCat("series definition ", index, " ", View(why)));
}

absl::Status UndefinedSeries(uint64_t number, uint32_t index, uint32_t line) {
  return MakeError({.reason = Reason::UNKNOWN_SERIES,
                    .field = "series",
                    .value = absl::StrCat(index),
                    .message = absl::StrCat("item ", number, " is of series ", index, ", which this stream never defined"),
                    .line = line});
}

absl::Status SequenceGap(uint64_t sent, uint64_t expected) {
  return MakeError({.reason = Reason::SEQUENCE_GAP,
                    .field = "first_sequence",
                    .value = absl::StrCat(sent),
                    .message = absl::StrCat("item ", sent, " came where ", expected, " is the next one of this source"),
                    .candidates = {absl::StrCat(expected)}});
}

absl::Status StreamReplaced(std::string_view source) {
  return MakeError(Reason::STREAM_REPLACED, "source", source, "another stream of this source took over");
}

absl::Status NotReady() {
  return MakeError(Reason::NOT_READY, "", "", "the registry has not come from the plan service yet; try again in a moment");
}

absl::Status PlanWasRolledBack(std::string_view position) {
  const absl::string_view at(position.data(), position.size());
  return MakeError(Reason::NOT_READY, "plan", position,
                   absl::StrCat("figures here were decided under plan position ", at,
                                ", which was lost when plan was restored; nothing is taken until progress is restored from the same backup"));
}

absl::Status PlanIsOlder(std::string_view position, std::string_view end) {
  const absl::string_view at(position.data(), position.size());
  return MakeError(Reason::NOT_READY, "plan", position,
                   absl::StrCat("ROLLED_BACK: an older copy of plan's journal was put back: ", at, " was taken here, and it ends at ",
                                absl::string_view(end.data(), end.size()),
                                "; nothing is taken until the newer copy is back, or plan and progress are restored from the same backup"));
}

absl::Status OtherPlan() {
  return MakeError(Reason::NOT_READY, "plan", "",
                   "the plan service has another journal than the one that figures were recorded under; nothing is taken until it is back");
}

absl::Status TooManyLists(size_t waiting_max) {
  return MakeError(Reason::OVERLOADED, "", "", absl::StrCat("more than ", waiting_max, " lists are waiting"));
}

absl::Status BadPageSize(int64_t size) {
  return MakeError(Reason::BAD_VALUE, "page_size", absl::StrCat(size), absl::StrCat("a page has 1 to ", kPageSizeMax, " updates"));
}

absl::Status BadPageToken(std::string_view token) {
  return MakeError(Reason::BAD_TOKEN, "page_token", token.substr(0, kErrorValueBytesMax), "this is not a token of an earlier page");
}

absl::Status UnknownSource(std::string_view name) {
  return MakeError(Reason::UNKNOWN_SOURCE, "source", name.substr(0, kErrorValueBytesMax), "no source of this name ever reported");
}

absl::Status NoSequences() { return MakeError(Reason::EMPTY_REQUEST, "sequences", "", "no update is named"); }

absl::Status TooManySequences(int count) {
  return MakeError(Reason::TOO_MANY_ROWS, "sequences", absl::StrCat(count), absl::StrCat("at most ", kPageSizeMax, " updates are given at once"));
}

absl::Status ReviewFieldMissing(std::string_view field) {
  return MakeError(Reason::MISSING_FIELD, field, "", absl::StrCat(View(field), " is required for a review"));
}

absl::Status BadReviewState(int state) {
  return MakeError({.reason = Reason::BAD_VALUE, .field = "state", .value = absl::StrCat(state), .message = "this is not what becomes of a figure in a review",
                    .candidates = {"returned", "reviewed", "confirmed"}});
}

absl::Status NamesAndSelects() {
  return MakeError(Reason::BAD_VALUE, "updates", "", "figures are named by their sequences or by what they are, not by both");
}

absl::Status TooManyUpdates(size_t count, size_t max) {
  return MakeError(Reason::TOO_MANY_ROWS, "updates", absl::StrCat(count), absl::StrCat("one request reviews at most ", max, " updates; select fewer"));
}

absl::Status RemarkTooLong(size_t bytes) {
  return MakeError(Reason::BAD_VALUE, "remark", absl::StrCat(bytes, " bytes"), absl::StrCat("a remark has at most ", kRemarkBytesMax, " bytes"));
}

absl::Status RequestIdTooLong(std::string_view request_id) {
  return MakeError(Reason::BAD_CODE, "request_id", request_id.substr(0, kErrorValueBytesMax), absl::StrCat("a request id has at most ", kRequestIdBytesMax, " bytes"));
}

absl::Status RequestConflict(std::string_view request_id) {
  return MakeError(Reason::REQUEST_CONFLICT, "request_id", request_id, "this request id was used before with another content");
}

absl::Status FutureAsOf(std::string_view as_of) { return MakeError(Reason::FUTURE_DATE, "as_of", as_of, "no figure is in force on a day to come"); }

absl::Status NoFiguresToReview(std::string_view region) {
  return MakeError(Reason::NO_FIGURES, "region", region, "no figure of this region, or below it, is in force for what was asked");
}

ErrorDetail UnknownUpdate(uint64_t sequence) {
  return {.reason = Reason::UNKNOWN_UPDATE, .field = "updates", .value = absl::StrCat(sequence),
          .message = absl::StrCat("no accepted update has the journal sequence ", sequence)};
}

ErrorDetail OfficeNotAbove(std::string_view office, std::string_view region, uint64_t sequence) {
  return {.reason = Reason::BAD_REVIEW, .field = "office", .value = std::string(office),
          .message = absl::StrCat("the office is not above region ", View(region), " on the date of update ", sequence)};
}

ErrorDetail StepNotAllowed(uint64_t sequence, ReviewState from, ReviewState to) {
  const absl::string_view why = from == ReviewState::kConfirmed ? "; what is wrong in it is corrected by a new update" : "; it has to be reviewed first";
  return {.reason = Reason::BAD_REVIEW, .field = "updates", .value = absl::StrCat(sequence),
          .message = absl::StrCat("update ", sequence, " is ", View(WordOf(from)), " and cannot become ", View(WordOf(to)), why)};
}

ErrorDetail FlaggedUnexplained(uint64_t sequence) {
  return {.reason = Reason::EXPLANATION_REQUIRED, .field = "updates", .value = absl::StrCat(sequence),
          .message = absl::StrCat("update ", sequence, " tripped a soft check and was never explained: it can only be returned")};
}

ErrorDetail Explain(const Refused& refused) {
  if (refused.reason == Reason::EXPLANATION_REQUIRED && !refused.value.empty()) {
    return {.reason = refused.reason, .field = refused.field, .value = refused.value,
            .message = absl::StrCat("the figure tripped the soft check \"", refused.value, "\", so it needs a written explanation")};
  }
  ErrorDetail detail{.reason = refused.reason, .field = refused.field, .value = refused.value, .candidates = refused.candidates};
  detail.message = refused.value.empty() ? absl::StrCat(refused.field, " ", View(Meaning(refused.reason)))
                                         : absl::StrCat(refused.field, " \"", refused.value, "\" ", View(Meaning(refused.reason)));
  return detail;
}

ErrorDetail NumberUsedBefore(uint64_t number) {
  return {.reason = Reason::SEQUENCE_CONFLICT,
          .field = "sequence",
          .value = absl::StrCat(number),
          .message = absl::StrCat("number ", number, " of this source was used before with other content; nothing changed")};
}

}  // namespace anju::progress
