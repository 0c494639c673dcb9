// The unary reactor under Answer<>: finishes once, also when the call is cancelled or the handler forgets its promise.
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

AnswerPromise::~AnswerPromise() {
  reactor->FinishOnce(MakeError(Reason::UNAVAILABLE, "", "", "the service is stopping"), nullptr);
}

}  // namespace anju::rpc::internal
