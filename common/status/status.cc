// Errors with stable reasons: details travel as one payload of absl::Status, in a small encoding of our own.
#include "common/status/status.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "common/status/macros.h"

namespace anju {
namespace {

// The payload never leaves the process (rpc converts to proto at the edge), so its encoding may change freely.
constexpr char kTypeUrl[] = "anju/errors";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

struct ReasonEntry {
  std::string_view name;
  absl::StatusCode code;
};

constexpr ReasonEntry kReasons[] = {
#define ANJU_REASON(name, code) {#name, absl::StatusCode::k##code},
#include "common/status/reasons.inc"
#undef ANJU_REASON
};

const ReasonEntry& EntryOf(Reason reason) {
  const auto index = static_cast<size_t>(reason);
  CHECK(index < std::size(kReasons));
  return kReasons[index];
}

// Length of the well-formed UTF-8 character at the start of `text`; 0 when there is none.
size_t CharacterLength(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xC2 && first <= 0xDF ? 2 : (first & 0xF0) == 0xE0 ? 3 : first >= 0xF0 && first <= 0xF4 ? 4 : 0;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Overlong forms, surrogates and what lies beyond U+10FFFF.
  if (first == 0xE0 && byte(1) < 0xA0) return 0;
  if (first == 0xED && byte(1) > 0x9F) return 0;
  if (first == 0xF0 && byte(1) < 0x90) return 0;
  if (first == 0xF4 && byte(1) > 0x8F) return 0;
  return length;
}

// Valid UTF-8 of at most `bytes_max` bytes, cut between characters.
std::string Sanitized(std::string_view text, size_t bytes_max) {
  std::string out;
  while (!text.empty()) {
    const size_t length = CharacterLength(text);
    const std::string_view piece = length == 0 ? kReplacement : text.substr(0, length);
    if (out.size() + piece.size() > bytes_max) break;
    out += piece;
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

ErrorDetail Normalized(ErrorDetail detail) {
  detail.field = Sanitized(detail.field, kErrorValueBytesMax);
  detail.value = Sanitized(detail.value, kErrorValueBytesMax);
  detail.message = Sanitized(detail.message, kErrorMessageBytesMax);
  if (detail.candidates.size() > kErrorCandidatesMax) detail.candidates.resize(kErrorCandidatesMax);
  for (std::string& candidate : detail.candidates) candidate = Sanitized(candidate, kErrorValueBytesMax);
  return detail;
}

void PutNumber(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void PutText(std::string& out, std::string_view text) {
  PutNumber(out, text.size());
  out += text;
}

bool TakeNumber(std::string_view& in, uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    *value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool TakeText(std::string_view& in, std::string* text) {
  uint64_t size = 0;
  if (!TakeNumber(in, &size) || size > in.size()) return false;
  text->assign(in.substr(0, size));
  in.remove_prefix(size);
  return true;
}

std::string Encode(const std::vector<ErrorDetail>& details, size_t total) {
  std::string out;
  PutNumber(out, total);
  PutNumber(out, details.size());
  for (const ErrorDetail& detail : details) {
    PutNumber(out, static_cast<uint64_t>(detail.reason));
    PutText(out, detail.field);
    PutText(out, detail.value);
    PutText(out, detail.message);
    PutNumber(out, detail.line);
    PutNumber(out, detail.candidates.size());
    for (const std::string& candidate : detail.candidates) PutText(out, candidate);
  }
  return out;
}

struct Payload {
  std::vector<ErrorDetail> details;
  uint64_t total = 0;
};

// nullopt when the status carries no payload of ours.
std::optional<Payload> PayloadOf(const absl::Status& status) {
  const auto cord = status.GetPayload(kTypeUrl);
  if (!cord.has_value()) return std::nullopt;
  const std::string bytes(*cord);
  std::string_view in = bytes;
  Payload payload;
  uint64_t count = 0;
  if (!TakeNumber(in, &payload.total) || !TakeNumber(in, &count)) return std::nullopt;
  for (uint64_t i = 0; i < count; ++i) {
    ErrorDetail detail;
    uint64_t reason = 0;
    uint64_t line = 0;
    uint64_t candidates = 0;
    if (!TakeNumber(in, &reason) || reason >= std::size(kReasons) || !TakeText(in, &detail.field) || !TakeText(in, &detail.value) ||
        !TakeText(in, &detail.message) || !TakeNumber(in, &line) || !TakeNumber(in, &candidates)) {
      return std::nullopt;
    }
    detail.reason = static_cast<Reason>(reason);
    detail.line = static_cast<uint32_t>(line);
    for (uint64_t c = 0; c < candidates; ++c) {
      if (!TakeText(in, &detail.candidates.emplace_back())) return std::nullopt;
    }
    payload.details.push_back(std::move(detail));
  }
  return payload;
}

// The nearest reason for a status that some library made without one.
Reason NearestReason(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return Reason::BAD_VALUE;
    case absl::StatusCode::kNotFound:
      return Reason::NO_FIGURES;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return Reason::NOT_ALLOWED;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
      return Reason::UNAVAILABLE;
    case absl::StatusCode::kResourceExhausted:
      return Reason::OVERLOADED;
    case absl::StatusCode::kDataLoss:
      return Reason::DATA_LOSS;
    default:
      return Reason::INTERNAL;
  }
}

}  // namespace

std::string_view ReasonName(Reason reason) { return EntryOf(reason).name; }

absl::StatusCode ReasonCode(Reason reason) { return EntryOf(reason).code; }

bool ParseReason(std::string_view name, Reason* reason) {
  for (size_t i = 0; i < std::size(kReasons); ++i) {
    if (kReasons[i].name == name) {
      *reason = static_cast<Reason>(i);
      return true;
    }
  }
  return false;
}

absl::Status MakeErrors(std::vector<ErrorDetail> details, size_t total) {
  if (details.empty() && total == 0) return absl::OkStatus();
  CHECK(!details.empty());
  total = std::max(total, details.size());
  if (details.size() > kErrorsMax) details.resize(kErrorsMax);
  for (ErrorDetail& detail : details) detail = Normalized(std::move(detail));
  const std::string& first = details.front().message;
  std::string message = total == 1 ? first : absl::StrCat(first, " (and ", total - 1, total == 2 ? " more error)" : " more errors)");
  absl::Status status(ReasonCode(details.front().reason), message);
  status.SetPayload(kTypeUrl, absl::Cord(Encode(details, total)));
  return status;
}

absl::Status MakeError(ErrorDetail detail) {
  std::vector<ErrorDetail> details;
  details.push_back(std::move(detail));
  return MakeErrors(std::move(details), 1);
}

absl::Status MakeError(Reason reason, std::string_view field, std::string_view value, std::string_view message) {
  ErrorDetail detail;
  detail.reason = reason;
  detail.field = field;
  // Cut early: a value may be a whole oversized field.
  detail.value = value.substr(0, kErrorValueBytesMax + 4);
  detail.message = message;
  return MakeError(std::move(detail));
}

absl::Status WithField(const absl::Status& status, std::string_view field) {
  if (status.ok()) return status;
  std::vector<ErrorDetail> details = ErrorsOf(status);
  for (ErrorDetail& detail : details) {
    if (detail.field.empty()) detail.field = field;
  }
  return MakeErrors(std::move(details), ErrorTotal(status));
}

void ErrorCollector::Add(ErrorDetail detail) {
  ++total_;
  if (details_.size() < kErrorsMax) details_.push_back(Normalized(std::move(detail)));
}

void ErrorCollector::Add(const absl::Status& status, uint32_t line) {
  if (status.ok()) return;
  const size_t total = total_ + ErrorTotal(status);
  for (ErrorDetail& detail : ErrorsOf(status)) {
    if (detail.line == 0) detail.line = line;
    Add(std::move(detail));
  }
  total_ = total;  // counts also what `status` itself had already cut
}

absl::Status ErrorCollector::ToStatus() const { return MakeErrors(details_, total_); }

std::vector<ErrorDetail> ErrorsOf(const absl::Status& status) {
  if (status.ok()) return {};
  if (std::optional<Payload> payload = PayloadOf(status); payload.has_value()) return std::move(payload->details);
  ErrorDetail detail;
  detail.reason = NearestReason(status.code());
  detail.message = std::string(status.message().data(), status.message().size());
  return {Normalized(std::move(detail))};
}

size_t ErrorTotal(const absl::Status& status) {
  if (status.ok()) return 0;
  const std::optional<Payload> payload = PayloadOf(status);
  return payload.has_value() ? payload->total : 1;
}

bool HasReason(const absl::Status& status, Reason reason) {
  if (status.ok()) return false;
  const std::vector<ErrorDetail> details = ErrorsOf(status);
  return !details.empty() && details.front().reason == reason;
}

}  // namespace anju
