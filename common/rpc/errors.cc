// The only map between absl and gRPC: codes one to one, details as a serialized ErrorList, and reasons for bare gRPC codes.
#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/rpc/rpc.h"

namespace anju::rpc {
namespace {

// Everything a client can be sent must fit kMetadataBytesMax with room to spare: 100 errors of at most these sizes do.
constexpr size_t kMessageBytesMax = 512;
constexpr size_t kCandidateBytesMax = 200;
// A peer cannot make us count for ever.
constexpr uint32_t kTotalMax = 1'000'000;

absl::string_view View(std::string_view text) { return absl::string_view(text.data(), text.size()); }

// Cuts at a UTF-8 boundary: protobuf refuses strings that are not UTF-8.
std::string Cut(const std::string& text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

// Codes that no handler of ours chose: the library, the network or a server of another kind did.
Reason ReasonOf(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::CANCELLED:      // a draining server cancels what is still open
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::UNIMPLEMENTED:  // something else listens at that address
      return Reason::UNAVAILABLE;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return Reason::BEHIND;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return status.error_message().find("larger than max") != std::string::npos ? Reason::MESSAGE_TOO_LARGE : Reason::OVERLOADED;
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::UNAUTHENTICATED:
      return Reason::NOT_ALLOWED;
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::OUT_OF_RANGE:
      return Reason::BAD_VALUE;
    case grpc::StatusCode::DATA_LOSS:
      return Reason::DATA_LOSS;
    default:
      return Reason::INTERNAL;
  }
}

}  // namespace

types::v1::ErrorDetail ToProto(const ErrorDetail& detail) {
  types::v1::ErrorDetail out;
  out.set_reason(std::string(ReasonName(detail.reason)));
  out.set_field(Cut(detail.field, kErrorValueBytesMax));
  out.set_value(Cut(detail.value, kErrorValueBytesMax));
  out.set_message(Cut(detail.message, kMessageBytesMax));
  out.set_line(detail.line);
  for (size_t i = 0; i < std::min(detail.candidates.size(), kErrorCandidatesMax); ++i) {
    out.add_candidates(Cut(detail.candidates[i], kCandidateBytesMax));
  }
  return out;
}

ErrorDetail FromProto(const types::v1::ErrorDetail& detail) {
  ErrorDetail out;
  out.field = detail.field();
  out.value = detail.value();
  out.message = detail.message();
  out.line = detail.line();
  out.candidates.assign(detail.candidates().begin(), detail.candidates().end());
  if (!ParseReason(detail.reason(), &out.reason)) {
    // A newer service says something this program has no word for: keep its word in the message.
    out.reason = Reason::INTERNAL;
    out.message = absl::StrCat(detail.reason(), ": ", detail.message());
  }
  return out;
}

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  types::v1::ErrorList list;
  for (const ErrorDetail& detail : ErrorsOf(status)) *list.add_errors() = ToProto(detail);
  list.set_total(static_cast<uint32_t>(std::min<size_t>(ErrorTotal(status), kTotalMax)));
  const absl::string_view message = status.message();
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), Cut(std::string(message.data(), message.size()), kMessageBytesMax),
                      list.SerializeAsString());
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  types::v1::ErrorList list;
  if (!status.error_details().empty() && list.ParseFromString(status.error_details()) && list.errors_size() > 0) {
    ErrorCollector collector;
    for (const types::v1::ErrorDetail& detail : list.errors()) collector.Add(FromProto(detail));
    // The collector only counts beyond kErrorsMax, so the errors that were cut off are counted again here.
    if (collector.total() >= kErrorsMax) {
      while (collector.total() < std::min(list.total(), kTotalMax)) collector.Add(ErrorDetail{});
    }
    return collector.ToStatus();
  }
  const Reason reason = ReasonOf(status);
  std::string message = status.error_message();
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) message = absl::StrCat("the server there does not know this call: ", message);
  if (message.empty()) message = absl::StrCat("the call failed with ", View(ReasonName(reason)));
  return MakeError(reason, "", "", message);
}

}  // namespace anju::rpc
