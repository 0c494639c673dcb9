// The process: every object of the plan service in construction order.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "anju/status/v1/status.pb.h"
#include "common/catalogue/embedded.h"
#include "common/journal/pipeline.h"
#include "common/rpc/rpc.h"
#include "common/storage/reserve.h"
#include "common/storage/storage.h"
#include "services/plan/first_catalogue.h"
#include "services/plan/service.h"
#include "services/plan/store/model.h"

namespace anju::plan {

struct Options {
  std::string data;  // directory
  std::string listen = "127.0.0.1:7401";
  std::string first_catalogue = std::string(EmbeddedCatalogue());  // CSV a fresh journal begins with; empty for none
  uint64_t reserve_mib = storage::kReserveBytes >> 20;  // of free space; below it nothing is recorded and caches are not written
};

// Serves from Start to destruction. Members are destroyed bottom up: calls are drained, the pipeline answers and flushes, then the
// stores close.
class Server {
 public:
  // DIRECTORY_IN_USE, DATA_LOSS, SCHEMA_TOO_NEW; UNAVAILABLE when the port is taken; BAD_VALUE when it is no loopback address.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const Options& options, Clock& clock = RealClock());

  const std::string& address() const { return rpc_->address(); }

 private:
  Server() = default;
  absl::Status ImportFirstCatalogue(const std::string& csv);
  void FillStatus(status::v1::GetStatusResponse* response) const;

  std::unique_ptr<storage::Disk> disk_;
  std::unique_ptr<PlanModel> model_;
  std::unique_ptr<journal::Pipeline> pipeline_;
  std::unique_ptr<grpc::Service> feed_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<rpc::Server> rpc_;
};

}  // namespace anju::plan
