// Builds the process and takes it down in order.
#include "services/aggregator/server.h"

#include "common/status/macros.h"

namespace anju::aggregator {
namespace {

// Crash-only: after a write of unknown outcome the state is opened afresh by the next process.
void EndProcess(const absl::Status& status) { storage::EndProcess("the aggregator's state", status); }

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Options& options) {
  auto server = std::unique_ptr<Server>(new Server);
  ASSIGN_OR_RETURN(server->disk_, storage::OpenRocksDisk(options.data));
  ASSIGN_OR_RETURN(server->applier_, Applier::Open(*server->disk_, options.progress.size(), EndProcess, options.reserve_mib << 20));
  server->frames_ = std::make_unique<Frames>(*server->applier_);
  server->columns_ = std::make_unique<ColumnFollowers>(*server->applier_);
  server->upstreams_ = std::make_unique<Upstreams>(options.progress);
  std::vector<std::string> owners = {options.plan};
  owners.insert(owners.end(), options.progress.begin(), options.progress.end());
  server->heads_ = std::make_unique<UpstreamHeads>(owners);
  server->handlers_ = std::make_unique<Handlers>(*server->applier_, *server->frames_, *server->upstreams_, *server->heads_, *options.clock);
  server->service_ = std::make_unique<Service>(*server->handlers_, *server->frames_, *server->columns_);
  server->applier_->set_on_applied([raw = server.get()] {
    raw->frames_->Moved();
    raw->columns_->Moved();
    raw->handlers_->Wake();
  });
  server->applier_->set_on_fresh([raw = server.get()] { raw->handlers_->Wake(); });
  server->followers_ = std::make_unique<Followers>(*server->applier_, options.plan, options.progress);
  ASSIGN_OR_RETURN(server->rpc_, rpc::Server::Start({.service = "aggregator", .listen = options.listen}, {server->service_.get()},
                                                    [raw = server.get()](status::v1::GetStatusResponse* response) { raw->FillStatus(response); }));
  server->rpc_->SetServing(true);
  return server;
}

Server::~Server() {
  // Streams never end by themselves: end them before the drain waits for them.
  if (frames_ != nullptr) frames_->Stop();
  if (columns_ != nullptr) columns_->Stop();
}

void Server::FillStatus(status::v1::GetStatusResponse* response) const {
  *response->mutable_basis() = applier_->Stamp();
  followers_->FillStatus(response);
}

}  // namespace anju::aggregator
