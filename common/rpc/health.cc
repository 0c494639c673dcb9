// The health service: what it answers and how watchers hear of changes.
#include "common/rpc/health.h"

#include <utility>

namespace anju::rpc {

// One Watch stream. At most one write is outstanding; a change meanwhile is written when it is done. All state is guarded by the
// service's mutex; `StartWrite` and `Finish` are called without it, which is safe because only one thread at a time has the turn:
// whoever set `busy_` (or `finished_`) under the mutex.
class HealthService::Watcher final : public grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse> {
 public:
  Watcher(HealthService* service, bool known) : service_(service), known_(known) {}

  // What to do next, decided under the mutex and done without it.
  enum class Step { kNothing, kWrite, kFinish };
  Step NextLocked() {
    if (busy_ || finished_) return Step::kNothing;
    const auto now = !known_ ? Serving::SERVICE_UNKNOWN : service_->serving_ ? Serving::SERVING : Serving::NOT_SERVING;
    if (!cancelled_ && (!told_ || now != response_.status())) {
      told_ = busy_ = true;
      response_.set_status(now);
      return Step::kWrite;
    }
    if (!cancelled_ && !service_->draining_) return Step::kNothing;
    finished_ = true;
    return Step::kFinish;
  }
  void Do(Step step) {
    if (step == Step::kWrite) StartWrite(&response_);
    if (step == Step::kFinish) Finish(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the service is draining"));
  }

  void OnWriteDone(bool ok) override {
    Step step;
    {
      const std::lock_guard lock(service_->mutex_);
      busy_ = false;
      if (!ok) cancelled_ = true;
      step = NextLocked();
    }
    Do(step);
  }
  void OnCancel() override {
    Step step;
    {
      const std::lock_guard lock(service_->mutex_);
      cancelled_ = true;
      step = NextLocked();
    }
    Do(step);
  }
  void OnDone() override {
    {
      const std::lock_guard lock(service_->mutex_);
      service_->watchers_.erase(this);
    }
    delete this;
  }

 private:
  HealthService* const service_;
  const bool known_;
  grpc::health::v1::HealthCheckResponse response_;
  bool told_ = false;
  bool busy_ = false;
  bool cancelled_ = false;
  bool finished_ = false;
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
    const std::lock_guard lock(mutex_);
    serving_ = serving && !draining_;
  }
  Tell();
}

void HealthService::Drain() {
  {
    const std::lock_guard lock(mutex_);
    draining_ = true;
    serving_ = false;
  }
  Tell();
}

bool HealthService::serving() const {
  const std::lock_guard lock(mutex_);
  return serving_;
}

void HealthService::Tell() {
  std::vector<std::pair<Watcher*, Watcher::Step>> steps;
  {
    const std::lock_guard lock(mutex_);
    for (Watcher* watcher : watchers_) steps.emplace_back(watcher, watcher->NextLocked());
  }
  for (auto& [watcher, step] : steps) {
    if (step != Watcher::Step::kNothing) watcher->Do(step);  // a watcher without a step may be gone by now
  }
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
  Watcher::Step step = Watcher::Step::kNothing;
  {
    const std::lock_guard lock(mutex_);
    if (watchers_.size() < kWatchersMax) {
      watcher = new Watcher(this, Knows(request->service()));
      watchers_.insert(watcher);
      step = watcher->NextLocked();
    }
  }
  if (watcher == nullptr) return new RefusedWatch();
  watcher->Do(step);
  return watcher;
}

}  // namespace anju::rpc
