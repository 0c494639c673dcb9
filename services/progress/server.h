// The object graph of the process, in construction order; destruction is the shutdown.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/feed/feed.h"
#include "common/journal/pipeline.h"
#include "common/rpc/rpc.h"
#include "common/storage/reserve.h"
#include "common/storage/storage.h"
#include "common/time/date.h"
#include "services/progress/desk.h"
#include "services/progress/handlers.h"
#include "services/progress/plan_feed.h"
#include "services/progress/service.h"

namespace anju::progress {

struct Options {
  std::string data;    // directory, created
  std::string listen;  // HOST:PORT
  std::string plan;    // HOST:PORT of the plan service
  uint64_t reserve_mib = storage::kReserveBytes >> 20;  // of free space; below it nothing is recorded and caches are not written
};

class Server {
 public:
  static absl::StatusOr<std::unique_ptr<Server>> Start(const Options& options, Clock& clock);
  ~Server();
  const std::string& address() const { return server_->address(); }
  const Desk& desk() const { return desk_; }
  journal::Pipeline& pipeline() { return *pipeline_; }  // for tests that hold the decider

 private:
  Server() = default;
  void FillStatus(status::v1::GetStatusResponse* response) const;

  std::unique_ptr<storage::Disk> disk_;
  Desk desk_;
  std::unique_ptr<journal::Pipeline> pipeline_;
  std::unique_ptr<rpc::WaitingRoom> room_;
  std::unique_ptr<Handlers> handlers_;
  std::unique_ptr<PlanFeed> plan_feed_;
  std::unique_ptr<grpc::Service> feed_service_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace anju::progress
