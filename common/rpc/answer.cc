// The unary reactor under Answer<>: finishes once, also when the call is cancelled or the handler forgets its promise.
#include <string>
#include <utility>

#include <google/protobuf/message_lite.h>

#include "common/rpc/rpc.h"

namespace anju::rpc {
namespace internal {

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

AnswerPromise::~AnswerPromise() {
  reactor->FinishOnce(MakeError(Reason::UNAVAILABLE, "", "", "the service is stopping"), nullptr);
}

}  // namespace internal

bool Parse(const grpc::ByteBuffer& bytes, google::protobuf::MessageLite* message) {
  grpc::Slice slice;
  if (!bytes.TrySingleSlice(&slice).ok() && !bytes.DumpToSingleSlice(&slice).ok()) return false;
  return message->ParseFromArray(slice.begin(), static_cast<int>(slice.size()));
}

absl::Status NotParsed(const google::protobuf::MessageLite& message) {
  return MakeError(Reason::BAD_VALUE, "", "", "the bytes of the request are no " + message.GetTypeName());
}

grpc::ByteBuffer ToBuffer(std::shared_ptr<const std::string> bytes) {
  auto* held = new std::shared_ptr<const std::string>(std::move(bytes));
  const auto release = [](void* pointer) { delete static_cast<std::shared_ptr<const std::string>*>(pointer); };
  const grpc::Slice slice(const_cast<char*>((*held)->data()), (*held)->size(), release, held);
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace anju::rpc
