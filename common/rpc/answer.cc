// The unary reactor under Answer<>: finishes once, also when the call is cancelled or the handler forgets its promise.
#include <string>
#include <utility>

#include <google/protobuf/message_lite.h>

#include "common/rpc/rpc.h"

namespace anju::rpc::internal {

std::shared_ptr<AnswerReactor> AnswerReactor::Make() {
  std::shared_ptr<AnswerReactor> reactor(new AnswerReactor());
  reactor->self_ = reactor;
  return reactor;
}

void AnswerReactor::FinishOnce(const absl::Status& status, const std::function<void()>& write_response) {
  {
    const MutexLock lock(mutex_);
    if (finished_) return;  // the response may already be gone
    finished_ = true;
    if (status.ok() && write_response) write_response();
  }
  Finish(ToGrpc(status));
}

void AnswerReactor::OnCancel() { FinishOnce(absl::CancelledError("the call was cancelled"), nullptr); }

void AnswerReactor::OnDone() { self_.reset(); }

bool Parse(const grpc::ByteBuffer& bytes, google::protobuf::MessageLite* message) {
  grpc::Slice slice;
  if (!bytes.TrySingleSlice(&slice).ok() && !bytes.DumpToSingleSlice(&slice).ok()) return false;
  return message->ParseFromArray(slice.begin(), static_cast<int>(slice.size()));
}

grpc::ByteBuffer ToBuffer(std::string bytes) {
  auto* held = new std::string(std::move(bytes));
  const grpc::Slice slice(held->data(), held->size(), [](void* string) { delete static_cast<std::string*>(string); }, held);
  return grpc::ByteBuffer(&slice, 1);
}

absl::Status NotParsed(const google::protobuf::MessageLite& message) {
  return MakeError(Reason::BAD_VALUE, "", "", "the bytes of the request are no " + message.GetTypeName());
}

AnswerPromise::~AnswerPromise() {
  reactor->FinishOnce(MakeError(Reason::UNAVAILABLE, "", "", "the service is stopping"), nullptr);
}

}  // namespace anju::rpc::internal
