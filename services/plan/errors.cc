// The sentences of the plan service's errors.
#include "services/plan/errors.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace anju::plan {
namespace {

absl::string_view View(std::string_view text) { return absl::string_view(text.data(), text.size()); }

ErrorDetail Detail(Reason reason, uint32_t line, std::string_view field, std::string_view value, std::string message) {
  return {.reason = reason, .field = std::string(field), .value = std::string(value), .message = std::move(message), .line = line};
}

}  // namespace

ErrorDetail MissingField(uint32_t line, std::string_view field) {
  return Detail(Reason::MISSING_FIELD, line, field, "", absl::StrCat(View(field), " is empty"));
}

ErrorDetail BadValue(uint32_t line, std::string_view field, std::string_view value, std::string_view allowed) {
  return Detail(Reason::BAD_VALUE, line, field, value, absl::StrCat(View(field), " \"", View(value), "\" is not ", View(allowed)));
}

ErrorDetail BadCode(uint32_t line, std::string_view field, std::string_view value, std::string_view form) {
  return Detail(Reason::BAD_CODE, line, field, value, absl::StrCat(View(field), " \"", View(value), "\" is not ", View(form)));
}

ErrorDetail BadDates(uint32_t line, std::string_view from, std::string_view to) {
  return Detail(Reason::BAD_DATE, line, "valid_to", to, absl::StrCat("a row that holds from ", View(from), " cannot end on ", View(to)));
}

ErrorDetail BadShare(uint32_t line, std::string_view value) {
  return Detail(Reason::BAD_VALUE, line, "share", value,
                absl::StrCat("a share of ", View(value), " % is not more than 0 and at most 1000"));
}

ErrorDetail TextTooLong(uint32_t line, std::string_view field, std::string_view value, size_t bytes_max) {
  return Detail(Reason::BAD_VALUE, line, field, value, absl::StrCat(View(field), " is longer than ", bytes_max, " bytes"));
}

ErrorDetail DuplicateRow(uint32_t line, std::string_view field, std::string_view value, uint32_t first_line) {
  return Detail(Reason::DUPLICATE_ROW, line, field, value, absl::StrCat("line ", first_line, " says the same already"));
}

ErrorDetail EmptyRequest() { return Detail(Reason::EMPTY_REQUEST, 0, "rows", "", "there are no rows"); }

ErrorDetail TooManyRows(size_t rows, size_t rows_max) {
  return Detail(Reason::TOO_MANY_ROWS, 0, "rows", absl::StrCat(rows), absl::StrCat(rows, " rows; at most ", rows_max, " are taken at once"));
}

ErrorDetail TooManyOf(uint32_t line, std::string_view field, size_t count_max, std::string_view what) {
  return Detail(Reason::TOO_MANY_ROWS, line, field, "", absl::StrCat("more than ", count_max, " ", View(what)));
}

ErrorDetail TooLarge(size_t bytes, size_t bytes_max) {
  return Detail(Reason::MESSAGE_TOO_LARGE, 0, "rows", absl::StrCat(bytes),
                absl::StrCat("this would be an event of ", bytes, " bytes; at most ", bytes_max, " are stored as one"));
}

ErrorDetail BadPageSize(int32_t value, int32_t page_max) {
  return Detail(Reason::BAD_VALUE, 0, "page_size", absl::StrCat(value), absl::StrCat("page_size ", value, " is not 0 to ", page_max));
}

ErrorDetail BadPageToken(std::string_view token) {
  return Detail(Reason::BAD_TOKEN, 0, "page_token", token, "page_token does not come from a previous page");
}

ErrorDetail BrokenTree(uint32_t line, std::string_view field, std::string_view value, std::string_view what) {
  return Detail(Reason::BROKEN_TREE, line, field, value, absl::StrCat(View(field), " \"", View(value), "\" ", View(what)));
}

ErrorDetail BrokenCatalogue(uint32_t line, std::string_view field, std::string_view value, std::string_view what) {
  return Detail(Reason::BROKEN_CATALOGUE, line, field, value, absl::StrCat(View(field), " \"", View(value), "\" ", View(what)));
}

ErrorDetail Immutable(uint32_t line, std::string_view field, std::string_view value, std::string_view why) {
  return Detail(Reason::IMMUTABLE, line, field, value, absl::StrCat(View(field), " cannot change to \"", View(value), "\": ", View(why)));
}

ErrorDetail SumTooLarge(uint32_t line, std::string_view value) {
  return Detail(Reason::NUMBER_TOO_LARGE, line, "value", value, "the sum of the parts is larger than any figure may be");
}

ErrorDetail Unbalanced(uint32_t line, std::string_view printed, std::string_view unit, std::string_view relation, std::string_view rule,
                       std::string_view computed) {
  return Detail(Reason::UNBALANCED, line, "value", printed,
                absl::StrCat(View(relation), ": ", View(printed), View(unit), " is printed, the ", View(rule), " is ", View(computed),
                             View(unit)));
}

ErrorDetail NotAdditive(uint32_t line, std::string_view printed, std::string_view indicator, std::string_view relation,
                        std::string_view rule) {
  return Detail(Reason::NOT_ADDITIVE, line, "value", printed,
                absl::StrCat(View(relation), ": ", View(printed), " is the ", View(rule), ", but ", View(indicator), " does not add"));
}

ErrorDetail AreaOverlap(uint32_t line, std::string_view region, std::string_view area, std::string_view where) {
  return Detail(Reason::AREA_OVERLAP, line, "region", region,
                absl::StrCat(View(region), " is in the area ", View(area), ", which has a figure for the same cell in ", View(where)));
}

ErrorDetail AdditionWithoutBase(uint32_t line, std::string_view value) {
  return Detail(Reason::BAD_VALUE, line, "role", value, "an addition needs a target of an upper layer for the same cell to be added to");
}

ErrorDetail BadShares(uint32_t line, std::string_view field, std::string_view value, std::string_view what) {
  return Detail(Reason::BAD_SHARES, line, field, value, value.empty() ? std::string(what) : absl::StrCat("\"", View(value), "\": ", View(what)));
}

ErrorDetail NotConserved(uint32_t line, std::string_view value, std::string_view parent) {
  return Detail(Reason::NOT_CONSERVED, line, "into", value,
                absl::StrCat(View(parent), " has no region below it and may report for itself; with a first one its own figures would stop "
                             "counting: give it a child of kind own_level first"));
}

ErrorDetail BoundaryConflict(uint32_t line, std::string_view field, std::string_view value, std::string_view what) {
  return Detail(Reason::BOUNDARY_CONFLICT, line, field, value, std::string(what));
}

ErrorDetail ClosedOn(uint32_t line, std::string_view field, std::string_view value, std::string_view what) {
  return Detail(Reason::REGION_CLOSED, line, field, value, std::string(what));
}

ErrorDetail DocumentConflict(std::string_view number, std::string_view remedy) {
  return Detail(Reason::DOCUMENT_CONFLICT, 0, "document", number,
                absl::StrCat(View(number), " is stored with other content; ", View(remedy)));
}

ErrorDetail TargetConflict(uint32_t line, std::string_view here, std::string_view there, std::string_view document) {
  return Detail(Reason::TARGET_CONFLICT, line, "value", here,
                absl::StrCat("document ", View(document), " sets this cell to ", View(there), " and is in force; amend it with `plan amend`"));
}

ErrorDetail TargetTakenBack(uint32_t line, std::string_view here, std::string_view document) {
  return Detail(Reason::TARGET_CONFLICT, line, "value", here,
                absl::StrCat("document ", View(document), " took this target back; amend it with `plan amend`"));
}

ErrorDetail RequestConflict(std::string_view request_id) {
  return Detail(Reason::REQUEST_CONFLICT, 0, "request_id", request_id, "this request id was used for a request with other content");
}

ErrorDetail UnknownDocument(std::string_view number, std::string_view field) {
  return Detail(Reason::UNKNOWN_DOCUMENT, 0, field, number, absl::StrCat("no document has the number ", View(number)));
}

ErrorDetail Superseded(std::string_view number, std::string_view newest) {
  ErrorDetail detail = Detail(Reason::SUPERSEDED, 0, "amends", number,
                              absl::StrCat(View(number), " has been amended already; the newest of its line is ", View(newest)));
  detail.candidates.emplace_back(newest);
  return detail;
}

ErrorDetail EffectiveOutsidePeriod(uint32_t line, std::string_view effective, std::string_view period) {
  return Detail(Reason::BAD_EFFECTIVE, line, "effective", effective,
                absl::StrCat("targets of ", View(period), " cannot change on ", View(effective), ", which is not in that period"));
}

ErrorDetail EffectiveTooEarly(std::string_view effective, std::string_view amended, std::string_view since) {
  return Detail(Reason::BAD_EFFECTIVE, 0, "effective", effective,
                absl::StrCat(View(amended), " holds from ", View(since), "; what amends it cannot hold from ", View(effective)));
}

ErrorDetail NotTheIssuer(std::string_view issuer, std::string_view amended, std::string_view issuer_of_it) {
  return Detail(Reason::BAD_VALUE, 0, "issuer", issuer,
                absl::StrCat(View(amended), " was issued by ", View(issuer_of_it), "; only it, or an office above it, amends it"));
}

void AddAt(ErrorCollector& errors, const absl::Status& status, uint32_t line, std::string_view field, std::string_view value) {
  if (status.ok()) return;
  for (ErrorDetail& detail : ErrorsOf(status)) {
    detail.line = line;
    detail.field = std::string(field);
    if (detail.value.empty()) detail.value = std::string(value);
    errors.Add(std::move(detail));
  }
}

}  // namespace anju::plan
