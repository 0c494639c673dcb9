// The process: every object of the aggregator in construction order.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "anju/status/v1/status.pb.h"
#include "common/rpc/rpc.h"
#include "common/storage/reserve.h"
#include "common/storage/storage.h"
#include "services/aggregator/applier.h"
#include "services/aggregator/column_followers.h"
#include "services/aggregator/follower.h"
#include "services/aggregator/frames.h"
#include "services/aggregator/handlers.h"
#include "services/aggregator/service.h"
#include "services/aggregator/upstream.h"
#include "services/aggregator/upstream_heads.h"

namespace anju::aggregator {

struct Options {
  std::string data;  // directory
  std::string listen = "127.0.0.1:7403";
  std::string plan = "127.0.0.1:7401";
  std::vector<std::string> progress = {"127.0.0.1:7402"};
  Clock* clock = &RealClock();  // what today is
  uint64_t reserve_mib = storage::kReserveBytes >> 20;  // of free space; below it nothing is recorded and caches are not written
};

// Serves from Start to destruction. Members are destroyed bottom up: calls are drained, the feeds end, then the state is flushed and closed.
class Server {
 public:
  // DIRECTORY_IN_USE, STORAGE_FAILED; UNAVAILABLE when the port is taken; BAD_VALUE when it is no loopback address. The services
  // followed need not be there.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const Options& options);
  ~Server();

  const std::string& address() const { return rpc_->address(); }

 private:
  Server() = default;
  void FillStatus(status::v1::GetStatusResponse* response) const;

  std::unique_ptr<storage::Disk> disk_;
  std::unique_ptr<Applier> applier_;
  std::unique_ptr<Frames> frames_;
  std::unique_ptr<ColumnFollowers> columns_;
  std::unique_ptr<Upstreams> upstreams_;
  std::unique_ptr<UpstreamHeads> heads_;
  std::unique_ptr<Handlers> handlers_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<Followers> followers_;
  std::unique_ptr<rpc::Server> rpc_;
};

}  // namespace anju::aggregator
