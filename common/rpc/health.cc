// The health service: what it answers and how watchers hear of changes.
#include "common/rpc/health.h"

#include <utility>

namespace anju::rpc {

// One Watch stream. At most one write is outstanding; a change meanwhile is written when it is done. `StartWrite` and `Finish` are called without
// the service's mutex, which is safe because only one thread at a time has the turn: whoever set `busy` (or `finished`) under it. The response is
// changed with the turn.
class HealthService::Watcher final : public grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse> {
 public:
  Watcher(HealthService* service, bool known) : service_(service), known_(known) {}

  bool known() const { return known_; }
  Serving& response() { return response_; }
  void Do(Step step) {
    if (step == Step::kWrite) StartWrite(&response_);
    if (step == Step::kFinish) Finish(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the service is draining"));
  }

  void OnWriteDone(bool ok) override { service_->WriteDone(*this, ok); }
  void OnCancel() override { service_->Cancelled(*this); }
  void OnDone() override {
    service_->Forget(*this);
    delete this;
  }

 private:
  HealthService* const service_;
  const bool known_;
  grpc::health::v1::HealthCheckResponse response_;
};

namespace {

class RefusedWatch final : public grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse> {
 public:
  RefusedWatch() { Finish(grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "too many health watchers")); }
  void OnDone() override { delete this; }
};

}  // namespace

void HealthService::SetNames(std::vector<std::string> names) { names_ = std::set<std::string>(names.begin(), names.end()); }

void HealthService::SetServing(bool serving) {
  {
    const MutexLock lock(mutex_);
    serving_ = serving && !draining_;
  }
  Tell();
}

void HealthService::Drain() {
  {
    const MutexLock lock(mutex_);
    draining_ = true;
    serving_ = false;
  }
  Tell();
}

bool HealthService::serving() const {
  const MutexLock lock(mutex_);
  return serving_;
}

HealthService::Step HealthService::Next(Watcher& watcher, WatcherState& state) {
  if (state.busy || state.finished) return Step::kNothing;
  const auto now = !watcher.known() ? Serving::SERVICE_UNKNOWN : serving_ ? Serving::SERVING : Serving::NOT_SERVING;
  if (!state.cancelled && (!state.told || now != watcher.response().status())) {
    state.told = state.busy = true;
    watcher.response().set_status(now);
    return Step::kWrite;
  }
  if (!state.cancelled && !draining_) return Step::kNothing;
  state.finished = true;
  return Step::kFinish;
}

void HealthService::Tell() {
  std::vector<std::pair<Watcher*, Step>> steps;
  {
    const MutexLock lock(mutex_);
    for (auto& [watcher, state] : watchers_) steps.emplace_back(watcher, Next(*watcher, state));
  }
  for (auto& [watcher, step] : steps) {
    if (step != Step::kNothing) watcher->Do(step);  // a watcher without a step may be gone by now
  }
}

void HealthService::WriteDone(Watcher& watcher, bool ok) {
  Step step;
  {
    const MutexLock lock(mutex_);
    WatcherState& state = watchers_.at(&watcher);
    state.busy = false;
    if (!ok) state.cancelled = true;
    step = Next(watcher, state);
  }
  watcher.Do(step);
}

void HealthService::Cancelled(Watcher& watcher) {
  Step step;
  {
    const MutexLock lock(mutex_);
    WatcherState& state = watchers_.at(&watcher);
    state.cancelled = true;
    step = Next(watcher, state);
  }
  watcher.Do(step);
}

void HealthService::Forget(Watcher& watcher) {
  const MutexLock lock(mutex_);
  watchers_.erase(&watcher);
}

grpc::ServerUnaryReactor* HealthService::Check(grpc::CallbackServerContext* context, const grpc::health::v1::HealthCheckRequest* request,
                                               grpc::health::v1::HealthCheckResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (Knows(request->service())) {
    response->set_status(serving() ? Serving::SERVING : Serving::NOT_SERVING);
    reactor->Finish(grpc::Status::OK);
  } else {
    reactor->Finish(grpc::Status(grpc::StatusCode::NOT_FOUND, "no such service here"));
  }
  return reactor;
}

grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>* HealthService::Watch(
    grpc::CallbackServerContext* context, const grpc::health::v1::HealthCheckRequest* request) {
  Watcher* watcher = nullptr;
  Step step = Step::kNothing;
  {
    const MutexLock lock(mutex_);
    if (watchers_.size() < kWatchersMax) {
      watcher = new Watcher(this, Knows(request->service()));
      step = Next(*watcher, watchers_[watcher]);
    }
  }
  if (watcher == nullptr) return new RefusedWatch();
  watcher->Do(step);
  return watcher;
}

}  // namespace anju::rpc
