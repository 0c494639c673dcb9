// Builds the object graph of the plan service.
#include "services/plan/server.h"

#include <future>
#include <utility>

#include "common/feed/feed.h"
#include "common/status/macros.h"
#include "services/plan/handlers.h"
#include "services/plan/store/schema.h"

namespace anju::plan {

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Options& options, Clock& clock) {
  auto server = std::unique_ptr<Server>(new Server());
  ASSIGN_OR_RETURN(server->disk_, storage::OpenRocksDisk(options.data));
  server->model_ = std::make_unique<PlanModel>();
  ASSIGN_OR_RETURN(server->pipeline_, journal::Pipeline::Open(*server->disk_, "plan", kSchemaVersion, *server->model_, clock, {.reserve_bytes = options.reserve_mib << 20}));
  RETURN_IF_ERROR(server->ImportFirstCatalogue(options.first_catalogue));
  server->feed_ = feed::NewFeedService(server->pipeline_->journal());
  server->service_ = std::make_unique<Service>(*server->model_, *server->pipeline_);
  ASSIGN_OR_RETURN(server->rpc_, rpc::Server::Start({"plan", options.listen}, {server->service_.get(), server->feed_.get()},
                                                    [raw = server.get()](status::v1::GetStatusResponse* response) { raw->FillStatus(response); }));
  server->rpc_->SetServing(true);
  return server;
}

// A request like any other, in the name of the system. A process that died before it was durable does it at the next start.
absl::Status Server::ImportFirstCatalogue(const std::string& csv) {
  if (csv.empty() || pipeline_->journal().durable().sequence > 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(const v1::ImportCatalogueRequest request, CatalogueRequest(csv));
  const rpc::Caller system{.identity = "system", .role = rpc::Role::kOperator, .everywhere = true};
  std::promise<absl::Status> done;
  Submit<v1::ImportCatalogueRequest, v1::ImportCatalogueResponse>(
      *pipeline_, *model_, system, request, &ImportCatalogue,
      [&](absl::StatusOr<v1::ImportCatalogueResponse> response) { done.set_value(response.status()); });
  return done.get_future().get();
}

void Server::FillStatus(status::v1::GetStatusResponse* response) const {
  const types::v1::Position position = rpc::ToProto(pipeline_->journal().durable());
  *response->mutable_position() = position;
  types::v1::Basis basis;
  *basis.mutable_plan() = position;
  *response->mutable_basis() = rpc::MakeStamp(std::move(basis), pipeline_->journal().last_time_us());
  if (const absl::Status room = pipeline_->CheckRoom(); !room.ok()) {
    status::v1::Followed* disk = response->add_following();
    disk->set_name("disk");
    disk->set_address(disk_->PathOf(""));
    disk->set_problem(std::string(room.message()));
  }
}

}  // namespace anju::plan
