// Calls to the feeds of the owners, all of one basis at the same time.
#include "services/aggregator/upstream_heads.h"

#include <optional>
#include <set>
#include <utility>

#include "common/thread/mutex.h"
#include "services/aggregator/errors.h"

namespace anju::aggregator {
namespace {

// Answers to one question; whoever brings the last one hands them over.
struct Gathered {
  Gathered(size_t asked, rpc::Finish<std::vector<types::v1::Position>> finish) : finish(std::move(finish)), missing(asked), positions(asked) {}
  const rpc::Finish<std::vector<types::v1::Position>> finish;
  Mutex mutex;
  size_t missing GUARDED_BY(mutex);
  absl::Status refused GUARDED_BY(mutex);
  std::vector<types::v1::Position> positions GUARDED_BY(mutex);
};

struct Call {
  grpc::ClientContext context;
  feed::v1::GetPositionRequest request;
  feed::v1::GetPositionResponse response;
};

}  // namespace

struct UpstreamHeads::Calls {
  Mutex mutex;
  ConditionVariable fewer;
  std::set<Call*> running GUARDED_BY(mutex);
};

UpstreamHeads::UpstreamHeads(const std::vector<std::string>& addresses) : addresses_(addresses), calls_(std::make_unique<Calls>()) {
  for (const std::string& address : addresses) stubs_.push_back(feed::v1::FeedService::NewStub(rpc::Connect(address)));
}

UpstreamHeads::~UpstreamHeads() {
  MutexLock lock(calls_->mutex);
  for (Call* call : calls_->running) call->context.TryCancel();
  calls_->fewer.wait(lock, [this]() REQUIRES(calls_->mutex) { return calls_->running.empty(); });
}

void UpstreamHeads::Get(std::vector<Asked> asked, std::chrono::system_clock::time_point deadline,
                        rpc::Finish<std::vector<types::v1::Position>> finish) {
  if (asked.empty()) return finish(std::vector<types::v1::Position>());
  auto gathered = std::make_shared<Gathered>(asked.size(), std::move(finish));
  std::vector<std::shared_ptr<Call>> calls;
  {
    const MutexLock lock(calls_->mutex);
    if (calls_->running.size() + asked.size() > kHeadCallsMax) return gathered->finish(TooManyHeads());
    for (const Asked& one : asked) {
      auto call = std::make_shared<Call>();
      call->request.set_sequence(one.position.sequence());
      call->context.set_deadline(deadline);
      calls_->running.insert(call.get());
      calls.push_back(std::move(call));
    }
  }
  for (size_t i = 0; i < asked.size(); ++i) {
    const std::shared_ptr<Call> call = calls[i];
    stubs_[asked[i].feed]->async()->GetPosition(&call->context, &call->request, &call->response,
                                                [this, gathered, call, i, one = asked[i]](const grpc::Status& status) {
      std::optional<absl::StatusOr<std::vector<types::v1::Position>>> result;  // when this was the last answer
      {
        const MutexLock lock(gathered->mutex);
        const types::v1::Position& told = call->response.position();
        if (!status.ok() && status.error_details().empty()) {
          gathered->refused.Update(OwnerUnavailable(addresses_[one.feed], status.error_message()));
        } else if (!status.ok()) {
          gathered->refused.Update(rpc::FromGrpc(status));
        } else if (told.journal_id() != one.position.journal_id()) {
          gathered->refused.Update(UnknownJournal(one.feed == 0 ? "plan" : "progress", one.position.journal_id()));
        } else {
          gathered->positions[i] = told;
        }
        if (--gathered->missing == 0 && gathered->refused.ok()) {
          result = std::move(gathered->positions);
        } else if (gathered->missing == 0) {
          result = gathered->refused;
        }
      }
      if (result) gathered->finish(*std::move(result));
      const MutexLock lock(calls_->mutex);
      calls_->running.erase(call.get());
      calls_->fewer.notify_all();
    });
  }
}

}  // namespace anju::aggregator
