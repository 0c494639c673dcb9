// Asks the aggregator for the columns of dated tables, without blocking the thread that asks.
#include "services/ranking/columns.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>
#include <utility>

#include "common/rpc/rpc.h"
#include "common/status/status.h"
#include "services/ranking/errors.h"

namespace anju::ranking {

struct Columns::Call {
  grpc::ClientContext context;
  aggregator::v1::GetColumnRequest request;
  aggregator::v1::GetColumnResponse response;
  Done done;
};

struct Columns::Calls {
  std::mutex mutex;
  std::condition_variable fewer;
  std::set<Call*> running;
};

Columns::Columns(std::shared_ptr<grpc::Channel> channel, std::string address)
    : stub_(aggregator::v1::AggregatorService::NewStub(std::move(channel))), address_(std::move(address)), calls_(std::make_unique<Calls>()) {}

Columns::~Columns() {
  std::unique_lock lock(calls_->mutex);
  for (Call* call : calls_->running) call->context.TryCancel();
  calls_->fewer.wait(lock, [&] { return calls_->running.empty(); });
}

void Columns::Get(const aggregator::v1::GetColumnRequest& request, std::chrono::system_clock::time_point deadline, Done done) {
  auto call = std::make_shared<Call>();
  call->request = request;
  call->done = std::move(done);
  // A caller without a deadline still gets an answer.
  call->context.set_deadline(std::min(deadline, std::chrono::system_clock::now() + std::chrono::milliseconds(rpc::WaitingRoom::kWaitMsMax)));
  {
    const std::lock_guard lock(calls_->mutex);
    calls_->running.insert(call.get());
  }
  stub_->async()->GetColumn(&call->context, &call->request, &call->response, [this, call](grpc::Status result) {
    absl::Status status = rpc::FromGrpc(result);
    // No details means that it was not the aggregator that answered, but the connection or the clock.
    const bool unanswered = !result.ok() && result.error_details().empty() &&
                            (result.error_code() == grpc::StatusCode::UNAVAILABLE || result.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED ||
                             result.error_code() == grpc::StatusCode::CANCELLED);
    if (unanswered) status = errors::AggregatorUnavailable(address_, result.error_message());
    if (status.ok()) {
      call->done(std::move(call->response));
    } else {
      call->done(std::move(status));
    }
    const std::lock_guard lock(calls_->mutex);
    calls_->running.erase(call.get());
    calls_->fewer.notify_all();
  });
}

}  // namespace anju::ranking
