// Builds the object graph of the ranking service.
#include "services/ranking/server.h"

#include <utility>

#include "common/feed/feed.h"
#include "common/status/macros.h"
#include "services/ranking/columns.h"
#include "services/ranking/store/schema.h"

namespace anju::ranking {

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Options& options, Clock& clock) {
  auto server = std::unique_ptr<Server>(new Server());
  ASSIGN_OR_RETURN(server->disk_, storage::OpenRocksDisk(options.data));
  // The journal first: it refuses a directory that is not ours before anything is written there.
  server->model_ = std::make_unique<BulletinsModel>();
  ASSIGN_OR_RETURN(server->pipeline_, journal::Pipeline::Open(*server->disk_, "ranking", schema::kBulletinSchemaVersion, *server->model_, clock, {.reserve_bytes = options.reserve_mib << 20}));
  ASSIGN_OR_RETURN(server->store_, Store::Open(*server->disk_, /*thread=*/true, options.reserve_mib << 20));
  server->feed_ = feed::NewFeedService(server->pipeline_->journal());
  std::shared_ptr<grpc::Channel> channel = rpc::Connect(options.aggregator);
  server->bulletins_ = std::make_unique<Bulletins>(*server->store_, ConnectColumns(channel, options.aggregator), *server->model_, *server->pipeline_);
  server->handlers_ = std::make_unique<Handlers>(*server->store_, ConnectColumns(channel, options.aggregator));
  server->watches_ = std::make_unique<Watches>(*server->store_, channel);
  server->service_ = std::make_unique<Service>(*server->handlers_, *server->watches_);
  server->bulletin_service_ = std::make_unique<BulletinService>(*server->bulletins_);
  server->frames_ = std::make_unique<Frames>(*server->store_, channel, options.aggregator,
                                             [handlers = server->handlers_.get(), bulletins = server->bulletins_.get()] {
                                               handlers->Wake();
                                               bulletins->Wake();
                                             });
  ASSIGN_OR_RETURN(server->rpc_, rpc::Server::Start({"ranking", options.listen}, {server->service_.get(), server->bulletin_service_.get(), server->feed_.get()},
                                                    [raw = server.get()](status::v1::GetStatusResponse* response) { raw->FillStatus(response); }));
  // Before the first snapshot callers hear NOT_READY, which says more than a refused connection.
  server->rpc_->SetServing(true);
  return server;
}

// Watches and feeds never end by themselves and would hold up the drain.
Server::~Server() {
  if (watches_ != nullptr) watches_->End();
  if (feed_ != nullptr) feed::EndFeeds(*feed_);
}

void Server::FillStatus(status::v1::GetStatusResponse* response) const {
  *response->mutable_position() = rpc::ToProto(pipeline_->journal().durable());
  *response->mutable_basis() = store_->Read()->stamp;
  *response->add_following() = frames_->status();
  if (const absl::Status room = pipeline_->CheckRoom(); !room.ok()) {
    status::v1::Followed* disk = response->add_following();
    disk->set_name("disk");
    disk->set_address(disk_->PathOf(""));
    disk->set_problem(std::string(room.message()));
  }
}

}  // namespace anju::ranking
