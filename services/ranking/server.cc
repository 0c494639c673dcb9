// Builds the object graph of the ranking service.
#include "services/ranking/server.h"

#include <utility>

#include "common/status/macros.h"
#include "services/ranking/columns.h"

namespace anju::ranking {

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Options& options) {
  auto server = std::unique_ptr<Server>(new Server());
  ASSIGN_OR_RETURN(server->disk_, storage::OpenRocksDisk(options.data));
  ASSIGN_OR_RETURN(server->store_, Store::Open(*server->disk_));
  std::shared_ptr<grpc::Channel> channel = rpc::Connect(options.aggregator);
  server->handlers_ = std::make_unique<Handlers>(*server->store_, std::make_unique<Columns>(channel, options.aggregator));
  server->watches_ = std::make_unique<Watches>(*server->store_, channel);
  server->service_ = std::make_unique<Service>(*server->handlers_, *server->watches_);
  server->frames_ = std::make_unique<Frames>(*server->store_, channel, options.aggregator,
                                             [handlers = server->handlers_.get()] { handlers->Wake(); });
  ASSIGN_OR_RETURN(server->rpc_, rpc::Server::Start({"ranking", options.listen}, {server->service_.get()},
                                                    [raw = server.get()](status::v1::GetStatusResponse* response) { raw->FillStatus(response); }));
  // Before the first snapshot callers hear NOT_READY, which says more than a refused connection.
  server->rpc_->SetServing(true);
  return server;
}

// Watches never end by themselves and would hold up the drain.
Server::~Server() {
  if (watches_ != nullptr) watches_->End();
}

void Server::FillStatus(status::v1::GetStatusResponse* response) const {
  *response->mutable_basis() = store_->Read()->stamp;
  *response->add_following() = frames_->status();
}

}  // namespace anju::ranking
