// Every error the plan service can say, as a named function with its stable reason. Line 0 means "not about one row".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/status/status.h"

namespace anju::plan {

// ---- What a row or request says is not readable ----
ErrorDetail MissingField(uint32_t line, std::string_view field);
ErrorDetail BadValue(uint32_t line, std::string_view field, std::string_view value, std::string_view allowed);
ErrorDetail BadCode(uint32_t line, std::string_view field, std::string_view value, std::string_view form);
ErrorDetail BadDates(uint32_t line, std::string_view from, std::string_view to);
ErrorDetail BadShare(uint32_t line, std::string_view value);
ErrorDetail TextTooLong(uint32_t line, std::string_view field, std::string_view value, size_t bytes_max);
ErrorDetail DuplicateRow(uint32_t line, std::string_view field, std::string_view value, uint32_t first_line);
ErrorDetail EmptyRequest();
ErrorDetail TooManyRows(size_t rows, size_t rows_max);
ErrorDetail TooManyOf(uint32_t line, std::string_view field, size_t count_max, std::string_view what);
ErrorDetail TooLarge(size_t bytes, size_t bytes_max);
ErrorDetail BadPageSize(int32_t value, int32_t page_max);
ErrorDetail BadPageToken(std::string_view token);

// ---- What it names does not exist, or does not hold together ----
ErrorDetail BrokenTree(uint32_t line, std::string_view field, std::string_view value, std::string_view what);
ErrorDetail BrokenCatalogue(uint32_t line, std::string_view field, std::string_view value, std::string_view what);
ErrorDetail Immutable(uint32_t line, std::string_view field, std::string_view value, std::string_view why);
ErrorDetail SumTooLarge(uint32_t line, std::string_view value);

// ---- What it says contradicts itself ----
// `relation` is the judged one, `rule` its other side in words, both figures in the printed unit.
ErrorDetail Unbalanced(uint32_t line, std::string_view printed, std::string_view unit, std::string_view relation, std::string_view rule,
                       std::string_view computed);
ErrorDetail NotAdditive(uint32_t line, std::string_view printed, std::string_view indicator, std::string_view relation,
                        std::string_view rule);
ErrorDetail AreaOverlap(uint32_t line, std::string_view region, std::string_view area, std::string_view where);
ErrorDetail AdditionWithoutBase(uint32_t line, std::string_view value);

// ---- Boundary changes ----
ErrorDetail BadShares(uint32_t line, std::string_view field, std::string_view value, std::string_view what);
ErrorDetail NotConserved(uint32_t line, std::string_view value, std::string_view parent);
ErrorDetail BoundaryConflict(uint32_t line, std::string_view field, std::string_view value, std::string_view what);
ErrorDetail ClosedOn(uint32_t line, std::string_view field, std::string_view value, std::string_view what);

// ---- Conflicts with what is stored ----
ErrorDetail DocumentConflict(std::string_view number, std::string_view remedy);
ErrorDetail TargetConflict(uint32_t line, std::string_view here, std::string_view there, std::string_view document);
// Taken back by an amendment of another line.
ErrorDetail TargetTakenBack(uint32_t line, std::string_view here, std::string_view document);
ErrorDetail RequestConflict(std::string_view request_id);
ErrorDetail UnknownDocument(std::string_view number, std::string_view field = "document");
// The newest document of the line is the candidate.
ErrorDetail Superseded(std::string_view number, std::string_view newest);
ErrorDetail EffectiveOutsidePeriod(uint32_t line, std::string_view effective, std::string_view period);
ErrorDetail EffectiveTooEarly(std::string_view effective, std::string_view amended, std::string_view since);
ErrorDetail NotTheIssuer(std::string_view issuer, std::string_view amended, std::string_view issuer_of_it);

// Adds the details of a library's status for one field of one row: the libraries do not know either.
void AddAt(ErrorCollector& errors, const absl::Status& status, uint32_t line, std::string_view field, std::string_view value = {});

}  // namespace anju::plan
