// grpc.health.v1.Health of our own: the built-in one breaks reflection clients and knows no names.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "grpc/health/v1/health.grpc.pb.h"
#include "common/thread/mutex.h"

namespace anju::rpc {

// Answers for "" and for the names given, all alike. Safe for concurrent use; must outlive its server.
class HealthService final : public grpc::health::v1::Health::CallbackService {
 public:
  static constexpr size_t kWatchersMax = 256;

  // Call before the server accepts calls.
  void SetNames(std::vector<std::string> names);
  void SetServing(bool serving);
  // NOT_SERVING for ever; every watcher is told and its stream ended, so that none holds up the drain.
  void Drain();
  bool serving() const;

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context, const grpc::health::v1::HealthCheckRequest* request,
                                  grpc::health::v1::HealthCheckResponse* response) override;
  grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>* Watch(grpc::CallbackServerContext* context,
                                                                         const grpc::health::v1::HealthCheckRequest* request) override;

 private:
  class Watcher;
  using Serving = grpc::health::v1::HealthCheckResponse;
  // What to do next for a watcher, decided under the mutex and done without it.
  enum class Step { kNothing, kWrite, kFinish };
  struct WatcherState {
    bool told = false;
    bool busy = false;  // a write is outstanding
    bool cancelled = false;
    bool finished = false;
  };
  bool Knows(const std::string& name) const { return name.empty() || names_.contains(name); }
  Step Next(Watcher& watcher, WatcherState& state) REQUIRES(mutex_);
  void Tell();
  void WriteDone(Watcher& watcher, bool ok);
  void Cancelled(Watcher& watcher);
  void Forget(Watcher& watcher);

  std::set<std::string> names_;  // set before anybody calls
  mutable Mutex mutex_;
  bool serving_ GUARDED_BY(mutex_) = false;
  bool draining_ GUARDED_BY(mutex_) = false;
  std::map<Watcher*, WatcherState> watchers_ GUARDED_BY(mutex_);  // each removes itself in OnDone
};

}  // namespace anju::rpc
