// grpc.health.v1.Health of our own: the built-in one breaks reflection clients and knows no names.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "grpc/health/v1/health.grpc.pb.h"

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
  bool Knows(const std::string& name) const { return name.empty() || names_.contains(name); }
  void Tell();

  std::set<std::string> names_;
  mutable std::mutex mutex_;
  bool serving_ = false;           // guarded by mutex_, like what follows
  bool draining_ = false;
  std::set<Watcher*> watchers_;    // each removes itself in OnDone
};

}  // namespace anju::rpc
