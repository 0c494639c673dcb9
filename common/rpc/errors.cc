// The only map between absl and gRPC: codes one to one, details as a serialized ErrorList, and reasons for bare gRPC codes.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/rpc/rpc.h"

namespace anju::rpc {
namespace {

absl::string_view View(std::string_view text) { return absl::string_view(text.data(), text.size()); }

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
  out.set_field(detail.field);
  out.set_value(detail.value);
  out.set_message(detail.message);
  out.set_line(detail.line);
  for (const std::string& candidate : detail.candidates) out.add_candidates(candidate);
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
  // Details are bounded and valid UTF-8 wherever a status comes from, so 100 of them stay far below kMetadataBytesMax.
  types::v1::ErrorList list;
  for (const ErrorDetail& detail : ErrorsOf(status)) *list.add_errors() = ToProto(detail);
  list.set_total(static_cast<uint32_t>(ErrorTotal(status)));
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), list.errors(0).message(), list.SerializeAsString());
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  types::v1::ErrorList list;
  if (!status.error_details().empty() && list.ParseFromString(status.error_details()) && list.errors_size() > 0) {
    std::vector<ErrorDetail> details;
    for (const types::v1::ErrorDetail& detail : list.errors()) details.push_back(FromProto(detail));
    const size_t total = std::max<size_t>(list.total(), details.size());
    return MakeErrors(std::move(details), total);
  }
  const Reason reason = ReasonOf(status);
  std::string message = status.error_message();
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) message = absl::StrCat("the server there does not know this call: ", message);
  if (message.empty()) message = absl::StrCat("the call failed with ", View(ReasonName(reason)));
  return MakeError(reason, "", "", message);
}

}  // namespace anju::rpc
