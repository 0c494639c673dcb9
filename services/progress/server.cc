// Starting and stopping the progress service.
#include "services/progress/server.h"

#include "common/status/macros.h"
#include "services/progress/convert.h"
#include "services/progress/store/schema.h"

namespace anju::progress {

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Options& options, Clock& clock) {
  std::unique_ptr<Server> server(new Server());
  Server& s = *server;
  ASSIGN_OR_RETURN(s.disk_, storage::OpenRocksDisk(options.data));
  ASSIGN_OR_RETURN(s.pipeline_, journal::Pipeline::Open(*s.disk_, "progress", kSchemaVersion, s.desk_.model, clock, {.reserve_bytes = options.reserve_mib << 20}));
  s.room_ = std::make_unique<rpc::WaitingRoom>();
  s.handlers_ = std::make_unique<Handlers>(s.desk_, *s.pipeline_, *s.room_);
  s.plan_feed_ = std::make_unique<PlanFeed>(options.plan, s.desk_, *s.pipeline_, *s.room_);
  s.feed_service_ = feed::NewFeedService(s.pipeline_->journal());
  s.service_ = std::make_unique<Service>(*s.handlers_);
  ASSIGN_OR_RETURN(s.server_, rpc::Server::Start({.service = "progress", .listen = options.listen}, {s.service_.get(), s.feed_service_.get()},
                                                 [&s](status::v1::GetStatusResponse* response) { s.FillStatus(response); }));
  s.server_->SetServing(true);
  return server;
}

Server::~Server() = default;

void Server::FillStatus(status::v1::GetStatusResponse* response) const {
  const journal::Position durable = pipeline_->journal().durable();
  const PlanPosition plan = desk_.plan();
  *response->mutable_position() = rpc::ToProto(durable);
  const int64_t own_time_us = durable.sequence > 0 ? pipeline_->journal().last_time_us() : 0;
  *response->mutable_basis() = rpc::MakeStamp(BasisOf(plan, durable), std::max(own_time_us, plan.block_time_us));
  plan_feed_->FillStatus(response->add_following());
  if (const absl::Status room = pipeline_->CheckRoom(); !room.ok()) {
    status::v1::Followed* disk = response->add_following();
    disk->set_name("disk");
    disk->set_address(disk_->PathOf(""));
    disk->set_problem(std::string(room.message()));
  }
}

}  // namespace anju::progress
