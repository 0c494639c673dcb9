// Calls to the feeds of the owners, all of one basis at the same time.
#include "services/aggregator/upstream_heads.h"

#include <condition_variable>
#include <mutex>
#include <set>
#include <utility>

#include "services/aggregator/errors.h"

namespace anju::aggregator {
namespace {

// Answers to one question; whoever brings the last one hands them over.
struct Gathered {
  std::mutex mutex;
  size_t missing = 0;
  absl::Status refused;
  std::vector<types::v1::Position> positions;
  rpc::Finish<std::vector<types::v1::Position>> finish;
};

struct Call {
  grpc::ClientContext context;
  feed::v1::GetPositionRequest request;
  feed::v1::GetPositionResponse response;
};

}  // namespace

struct UpstreamHeads::Calls {
  std::mutex mutex;
  std::condition_variable fewer;
  std::set<Call*> running;
};

UpstreamHeads::UpstreamHeads(const std::vector<std::string>& addresses) : addresses_(addresses), calls_(std::make_unique<Calls>()) {
  for (const std::string& address : addresses) stubs_.push_back(feed::v1::FeedService::NewStub(rpc::Connect(address)));
}

UpstreamHeads::~UpstreamHeads() {
  std::unique_lock lock(calls_->mutex);
  for (Call* call : calls_->running) call->context.TryCancel();
  calls_->fewer.wait(lock, [&] { return calls_->running.empty(); });
}

void UpstreamHeads::Get(std::vector<Asked> asked, std::chrono::system_clock::time_point deadline,
                        rpc::Finish<std::vector<types::v1::Position>> finish) {
  if (asked.empty()) return finish(std::vector<types::v1::Position>());
  auto gathered = std::make_shared<Gathered>();
  gathered->missing = asked.size();
  gathered->positions.resize(asked.size());
  gathered->finish = std::move(finish);
  std::vector<std::shared_ptr<Call>> calls;
  {
    const std::lock_guard lock(calls_->mutex);
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
      bool last = false;
      {
        const std::lock_guard lock(gathered->mutex);
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
        last = --gathered->missing == 0;
      }
      if (last) {
        if (gathered->refused.ok()) {
          gathered->finish(std::move(gathered->positions));
        } else {
          gathered->finish(gathered->refused);
        }
      }
      const std::lock_guard lock(calls_->mutex);
      calls_->running.erase(call.get());
      calls_->fewer.notify_all();
    });
  }
}

}  // namespace anju::aggregator
