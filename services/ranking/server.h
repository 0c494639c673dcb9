// The process: every object of the ranking service in construction order.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "anju/status/v1/status.pb.h"
#include "common/journal/pipeline.h"
#include "common/rpc/rpc.h"
#include "common/storage/reserve.h"
#include "common/storage/storage.h"
#include "services/ranking/bulletin_service.h"
#include "services/ranking/bulletins.h"
#include "services/ranking/frames.h"
#include "services/ranking/handlers.h"
#include "services/ranking/service.h"
#include "services/ranking/store/bulletins_model.h"
#include "services/ranking/store/store.h"
#include "services/ranking/watches.h"

namespace anju::ranking {

struct Options {
  std::string data;                                // directory
  std::string listen = "127.0.0.1:7404";
  std::string aggregator = "127.0.0.1:7403";
  uint64_t reserve_mib = storage::kReserveBytes >> 20;  // of free space; below it nothing is recorded and caches are not written
};

// Serves from Start to destruction. Members are destroyed bottom up: calls are drained, the stream ends, bulletins under way are answered, the
// pipeline flushes, then the stores close.
class Server {
 public:
  // DIRECTORY_IN_USE, DATA_LOSS, SCHEMA_TOO_NEW, STORAGE_FAILED; UNAVAILABLE when the port is taken; BAD_VALUE when it is no loopback address.
  // The aggregator need not be there.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const Options& options, Clock& clock = RealClock());

  ~Server();

  const std::string& address() const { return rpc_->address(); }

 private:
  Server() = default;
  void FillStatus(status::v1::GetStatusResponse* response) const;

  std::unique_ptr<storage::Disk> disk_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<BulletinsModel> model_;
  std::unique_ptr<journal::Pipeline> pipeline_;
  std::unique_ptr<grpc::Service> feed_;
  std::unique_ptr<Bulletins> bulletins_;
  std::unique_ptr<Handlers> handlers_;
  std::unique_ptr<Watches> watches_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<BulletinService> bulletin_service_;
  std::unique_ptr<Frames> frames_;
  std::unique_ptr<rpc::Server> rpc_;
};

}  // namespace anju::ranking
