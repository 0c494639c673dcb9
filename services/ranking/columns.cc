// Asks the aggregator without blocking the thread that asks.
#include "services/ranking/columns.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/registry/known.h"
#include "common/rpc/rpc.h"
#include "common/status/status.h"
#include "common/thread/mutex.h"
#include "services/ranking/errors.h"

namespace anju::ranking {

using aggregator::v1::GetColumnsResponse;

namespace {

class ConnectedColumns final : public Columns {
 public:
  ConnectedColumns(std::shared_ptr<grpc::Channel> channel, std::string address)
      : stub_(aggregator::v1::AggregatorService::NewStub(std::move(channel))), address_(std::move(address)) {}
  ~ConnectedColumns() override;
  void Cancel() override;
  void Get(const aggregator::v1::GetColumnsRequest& request, Deadline deadline, Done<GetColumnsResponse> done) override;
  void GetMilestones(const aggregator::v1::GetMilestoneStatusRequest& request, Deadline deadline,
                     Done<aggregator::v1::GetMilestoneStatusResponse> done) override;
  void GetHeads(const types::v1::Basis& basis, Deadline deadline, Done<types::v1::Basis> done) override;

 private:
  struct Calls {
    Mutex mutex;
    ConditionVariable fewer;
    std::set<grpc::ClientContext*> running GUARDED_BY(mutex);
  };
  // `start` is given the stub, the context, the request, the response and what to call at the end.
  template <typename Request, typename Response, typename Start>
  void Ask(const Request& request, Deadline deadline, Done<Response> done, Start start);
  const std::unique_ptr<aggregator::v1::AggregatorService::Stub> stub_;
  const std::string address_;
  const std::unique_ptr<Calls> calls_ = std::make_unique<Calls>();
};

void ConnectedColumns::Cancel() {
  const MutexLock lock(calls_->mutex);
  for (grpc::ClientContext* context : calls_->running) context->TryCancel();
}

ConnectedColumns::~ConnectedColumns() {
  MutexLock lock(calls_->mutex);
  for (grpc::ClientContext* context : calls_->running) context->TryCancel();
  calls_->fewer.wait(lock, [this]() REQUIRES(calls_->mutex) { return calls_->running.empty(); });
}

template <typename Request, typename Response, typename Start>
void ConnectedColumns::Ask(const Request& request, Deadline deadline, Done<Response> done, Start start) {
  struct Call {
    grpc::ClientContext context;
    Request request;
    Response response;
    Done<Response> done;
  };
  auto call = std::make_shared<Call>();
  call->request = request;
  call->done = std::move(done);
  // A caller without a deadline still gets an answer.
  call->context.set_deadline(std::min(deadline, std::chrono::system_clock::now() + std::chrono::milliseconds(rpc::WaitingRoom::kWaitMsMax)));
  {
    const MutexLock lock(calls_->mutex);
    calls_->running.insert(&call->context);
  }
  start(stub_->async(), &call->context, &call->request, &call->response, [this, call](grpc::Status result) {
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
    const MutexLock lock(calls_->mutex);
    calls_->running.erase(&call->context);
    calls_->fewer.notify_all();
  });
}

void ConnectedColumns::Get(const aggregator::v1::GetColumnsRequest& request, Deadline deadline, Done<GetColumnsResponse> done) {
  Ask<aggregator::v1::GetColumnsRequest, GetColumnsResponse>(
      request, deadline,
      [moments = request.moments_size(), done](absl::StatusOr<GetColumnsResponse> columns) {
        if (columns.ok() && columns->columns_size() != moments) {
          return done(MakeError(Reason::INTERNAL, "", "", "the aggregator answered another number of columns than it was asked for"));
        }
        if (columns.ok()) {
          if (absl::Status known = CheckKnownIn(*columns); !known.ok()) return done(std::move(known));
        }
        done(std::move(columns));
      },
      [](auto* stub, auto* context, auto* asked, auto* response, auto finished) { stub->GetColumns(context, asked, response, std::move(finished)); });
}

void ConnectedColumns::GetHeads(const types::v1::Basis& basis, Deadline deadline, Done<types::v1::Basis> done) {
  aggregator::v1::GetHeadsRequest request;
  *request.mutable_basis() = basis;
  Ask<aggregator::v1::GetHeadsRequest, aggregator::v1::GetHeadsResponse>(
      request, deadline,
      [done](absl::StatusOr<aggregator::v1::GetHeadsResponse> heads) {
        if (!heads.ok()) return done(heads.status());
        done(std::move(*heads->mutable_basis()));
      },
      [](auto* stub, auto* context, auto* asked, auto* response, auto finished) { stub->GetHeads(context, asked, response, std::move(finished)); });
}

void ConnectedColumns::GetMilestones(const aggregator::v1::GetMilestoneStatusRequest& request, Deadline deadline,
                            Done<aggregator::v1::GetMilestoneStatusResponse> done) {
  Ask<aggregator::v1::GetMilestoneStatusRequest, aggregator::v1::GetMilestoneStatusResponse>(
      request, deadline, std::move(done), [](auto* stub, auto* context, auto* asked, auto* response, auto finished) {
        stub->GetMilestoneStatus(context, asked, response, std::move(finished));
      });
}

}  // namespace

std::unique_ptr<Columns> ConnectColumns(std::shared_ptr<grpc::Channel> channel, std::string address) {
  return std::make_unique<ConnectedColumns>(std::move(channel), std::move(address));
}

}  // namespace anju::ranking
