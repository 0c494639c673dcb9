// Errors: absl::Status that carries one or more details with stable reasons. Texts of a detail are always valid UTF-8 (bytes that
// are not are replaced by U+FFFD), so that they can go onto the wire and into JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace anju {

// The closed list (reasons.inc).
enum class Reason {
#define ANJU_REASON(name, code) name,
#include "common/status/reasons.inc"
#undef ANJU_REASON
};

// Stable name, e.g. "UNKNOWN_REGION".
std::string_view ReasonName(Reason reason);
// Status code of a reason.
absl::StatusCode ReasonCode(Reason reason);
// False when `name` is not in the list.
bool ParseReason(std::string_view name, Reason* reason);

// One thing wrong with a request.
struct ErrorDetail {
  Reason reason = Reason::INTERNAL;
  std::string field;                    // request field or column; may be empty
  std::string value;                    // as sent, at most kErrorValueBytesMax bytes
  std::string message;                  // one English sentence
  uint32_t line = 0;                    // line of the caller's file; 0 when not about one row
  std::vector<std::string> candidates;  // what would have been accepted, at most kErrorCandidatesMax

  friend bool operator==(const ErrorDetail&, const ErrorDetail&) = default;
};

inline constexpr size_t kErrorsMax = 100;            // errors listed for one request or file
inline constexpr size_t kErrorValueBytesMax = 200;   // longer values are cut (at a UTF-8 boundary)
inline constexpr size_t kErrorCandidatesMax = 10;
inline constexpr size_t kErrorMessageBytesMax = 1000;

// A status with one detail. Its code is ReasonCode(reason), its message the detail's.
absl::Status MakeError(ErrorDetail detail);
absl::Status MakeError(Reason reason, std::string_view field, std::string_view value, std::string_view message);
// A status with all these details, made from `total` errors (at least as many as details). OK when both are none.
// This is how errors that crossed the wire become a status again.
absl::Status MakeErrors(std::vector<ErrorDetail> details, size_t total);
// `status` with `field` put in where a detail has none: parsers of values do not know the column they read for.
absl::Status WithField(const absl::Status& status, std::string_view field);

// Collects the errors of one request; keeps the first kErrorsMax and counts the rest.
class ErrorCollector {
 public:
  void Add(ErrorDetail detail);
  // Adds every detail of `status` with `line` put in where the detail has none; OK is ignored.
  void Add(const absl::Status& status, uint32_t line = 0);
  bool empty() const { return total_ == 0; }
  size_t total() const { return total_; }
  // OK when empty; else a status with all details. The code is that of the first error.
  absl::Status ToStatus() const;

 private:
  std::vector<ErrorDetail> details_;
  size_t total_ = 0;
};

// The details a status carries. A non-OK status without any yields one detail made from its code and message.
std::vector<ErrorDetail> ErrorsOf(const absl::Status& status);
// How many errors there were in all (more than ErrorsOf returns when the list was cut).
size_t ErrorTotal(const absl::Status& status);

// True when the first detail of `status` has this reason.
bool HasReason(const absl::Status& status, Reason reason);

}  // namespace anju
