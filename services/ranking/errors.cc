// Every error the ranking service itself can say.
#include "services/ranking/errors.h"

#include <string>

namespace anju::ranking::errors {

absl::Status MissingField(std::string_view field) {
  return MakeError(Reason::MISSING_FIELD, field, "", std::string(field) + " is required");
}

absl::Status BadValue(std::string_view field, std::string_view value, std::string_view allowed) {
  return MakeError(Reason::BAD_VALUE, field, value, std::string(field) + " \"" + std::string(value) + "\" is not " + std::string(allowed));
}

absl::Status NotReady() {
  return MakeError(Reason::NOT_READY, "", "", "the ranking service has received nothing from the aggregator yet");
}

absl::Status AggregatorUnavailable(std::string_view address, std::string_view why) {
  return MakeError(Reason::UNAVAILABLE, "as_of", address,
                   "dated tables come from the aggregator at " + std::string(address) + ", which does not answer: " + std::string(why));
}

absl::Status WithPeriods(const absl::Status& status, const std::vector<Period>& periods) {
  ErrorDetail detail = ErrorsOf(status).front();
  detail.field = "year";
  for (const Period& period : periods) {
    if (detail.candidates.size() < kErrorCandidatesMax) detail.candidates.push_back(FormatPeriod(period));
  }
  return MakeError(std::move(detail));
}

absl::Status Ending() { return MakeError(Reason::UNAVAILABLE, "", "", "the service is stopping"); }

absl::Status TooLarge(std::string_view field, size_t bytes, size_t bytes_max) {
  return MakeError(Reason::MESSAGE_TOO_LARGE, field, std::to_string(bytes),
                   std::string(field) + " has " + std::to_string(bytes) + " bytes; at most " + std::to_string(bytes_max) + " are taken");
}

absl::Status TooMany(std::string_view field, size_t count_max, std::string_view what) {
  return MakeError(Reason::TOO_MANY_ROWS, field, "", "more than " + std::to_string(count_max) + " " + std::string(what));
}

absl::Status TooManyCompositions(size_t count_max) {
  return MakeError(Reason::OVERLOADED, "", "", "more than " + std::to_string(count_max) + " bulletins are being composed at once");
}

absl::Status UnknownTemplate(std::string_view code, uint32_t version) {
  const std::string name = std::string(code) + (version == 0 ? "" : " " + std::to_string(version));
  return MakeError(Reason::UNKNOWN_TEMPLATE, "template_code", name, "no bulletin template is " + name);
}

absl::Status UnknownBulletin(std::string_view number) {
  return MakeError(Reason::UNKNOWN_BULLETIN, "number", number, "no bulletin has the number " + std::string(number));
}

absl::Status UnknownDraft(uint64_t draft) {
  return MakeError(Reason::UNKNOWN_BULLETIN, "draft", std::to_string(draft), "there is no draft " + std::to_string(draft));
}

absl::Status NumberTaken(std::string_view number) {
  return MakeError(Reason::BULLETIN_CONFLICT, "number", number, "a bulletin with the number " + std::string(number) + " is issued already");
}

absl::Status AlreadyIssued(uint64_t draft, std::string_view number) {
  return MakeError(Reason::BULLETIN_CONFLICT, "draft", number, "draft " + std::to_string(draft) + " is issued already, as " + std::string(number));
}

absl::Status DraftOutdated(std::string_view what) {
  return MakeError(Reason::DRAFT_OUTDATED, "draft", what, "what the draft says has changed since its basis: " + std::string(what));
}

absl::Status NothingToCorrect(std::string_view number) {
  return MakeError(Reason::NOTHING_TO_CORRECT, "number", number, "every figure of " + std::string(number) + " still reads the same");
}

absl::Status BadPageToken(std::string_view token) {
  return MakeError(Reason::BAD_TOKEN, "page_token", token, "page_token does not come from a previous page");
}

absl::Status RequestConflict(std::string_view request_id) {
  return MakeError(Reason::REQUEST_CONFLICT, "request_id", request_id, "this request id was used for a request with other content");
}

absl::Status FutureDate(std::string_view field, Date date, Date today) {
  return MakeError(Reason::FUTURE_DATE, field, FormatDate(date), std::string(field) + " " + FormatDate(date) + " is after today, " + FormatDate(today));
}

absl::Status IssuedBeforeFigures(std::string_view date, Date as_of) {
  return MakeError(Reason::BAD_VALUE, "date", date, "a bulletin with figures of " + FormatDate(as_of) + " cannot be issued on " + std::string(date));
}

absl::Status InField(const absl::Status& status, std::string_view field, std::string_view value) {
  ErrorDetail detail = ErrorsOf(status).front();
  detail.field = field;
  detail.value = value;
  return MakeError(std::move(detail));
}

}  // namespace anju::ranking::errors
