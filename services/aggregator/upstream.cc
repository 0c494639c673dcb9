// Calls to the progress services, all of one question at the same time.
#include "services/aggregator/upstream.h"

#include <atomic>
#include <chrono>
#include <set>
#include <utility>

#include "common/rpc/rpc.h"
#include "common/thread/mutex.h"

namespace anju::aggregator {
namespace {

// Answers to one question; whoever brings the last one hands them over.
struct Gathered {
  std::atomic<size_t> missing;
  std::vector<progress::v1::GetUpdatesResponse> responses;
  Upstreams::Done done;
};

}  // namespace

struct Upstreams::Call {
  Slot slot = 0;
  size_t place = 0;  // among the answers
  grpc::ClientContext context;
  progress::v1::GetUpdatesRequest request;
  progress::v1::GetUpdatesResponse response;
};

struct Upstreams::Calls {
  Mutex mutex;
  ConditionVariable fewer;
  std::set<Call*> running GUARDED_BY(mutex);
};

Upstreams::Upstreams(const std::vector<std::string>& addresses) : calls_(std::make_unique<Calls>()) {
  for (const std::string& address : addresses) stubs_.push_back(progress::v1::ProgressService::NewStub(rpc::Connect(address)));
}

Upstreams::~Upstreams() {
  MutexLock lock(calls_->mutex);
  for (Call* call : calls_->running) call->context.TryCancel();
  calls_->fewer.wait(lock, [this]() REQUIRES(calls_->mutex) { return calls_->running.empty(); });
}

void Upstreams::GetUpdates(std::vector<Asked> asked, Done done) {
  auto gathered = std::make_shared<Gathered>();
  gathered->responses.resize(asked.size());
  std::vector<std::shared_ptr<Call>> calls;
  {
    const MutexLock lock(calls_->mutex);
    for (size_t i = 0; i < asked.size() && calls_->running.size() < kUpstreamCallsMax; ++i) {
      if (asked[i].slot >= stubs_.size()) continue;  // nobody to ask
      auto call = std::make_shared<Call>();
      call->slot = asked[i].slot;
      call->place = i;
      call->request = std::move(asked[i].request);
      call->context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(kUpstreamWaitMs));
      calls_->running.insert(call.get());
      calls.push_back(std::move(call));
    }
  }
  if (calls.empty()) return done(std::move(gathered->responses));
  gathered->missing = calls.size();
  gathered->done = std::move(done);
  for (const std::shared_ptr<Call>& call : calls) {
    stubs_[call->slot]->async()->GetUpdates(&call->context, &call->request, &call->response, [this, gathered, call](const grpc::Status& status) {
      if (status.ok()) gathered->responses[call->place] = std::move(call->response);
      if (gathered->missing.fetch_sub(1) == 1) gathered->done(std::move(gathered->responses));
      const MutexLock lock(calls_->mutex);
      calls_->running.erase(call.get());
      calls_->fewer.notify_all();
    });
  }
}

}  // namespace anju::aggregator
