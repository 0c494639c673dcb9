// The gRPC class of the plan service: one line per RPC.
#pragma once

#include <grpcpp/grpcpp.h>

#include "absl/status/statusor.h"
#include "anju/plan/v1/plan.grpc.pb.h"
#include "common/journal/pipeline.h"
#include "common/rpc/rpc.h"
#include "services/plan/store/model.h"

namespace anju::plan {

class Desk;

// Model and pipeline must outlive it.
class Service final : public v1::PlanService::CallbackService {
 public:
  Service(const PlanModel& model, journal::Pipeline& pipeline) : model_(model), pipeline_(pipeline) {}

  using Context = grpc::CallbackServerContext;
  using Reactor = grpc::ServerUnaryReactor;
  Reactor* ImportRegions(Context* context, const v1::ImportRegionsRequest* request, v1::ImportRegionsResponse* response) override;
  Reactor* ImportCatalogue(Context* context, const v1::ImportCatalogueRequest* request, v1::ImportCatalogueResponse* response) override;
  Reactor* ImportDocument(Context* context, const v1::ImportDocumentRequest* request, v1::ImportDocumentResponse* response) override;
  Reactor* ImportMilestones(Context* context, const v1::ImportMilestonesRequest* request, v1::ImportMilestonesResponse* response) override;
  Reactor* ListRegions(Context* context, const v1::ListRegionsRequest* request, v1::ListRegionsResponse* response) override;
  Reactor* GetCatalogue(Context* context, const v1::GetCatalogueRequest* request, v1::GetCatalogueResponse* response) override;
  Reactor* ListDocuments(Context* context, const v1::ListDocumentsRequest* request, v1::ListDocumentsResponse* response) override;
  Reactor* GetDocument(Context* context, const v1::GetDocumentRequest* request, v1::GetDocumentResponse* response) override;
  Reactor* ListMilestones(Context* context, const v1::ListMilestonesRequest* request, v1::ListMilestonesResponse* response) override;
  Reactor* ImportBoundaries(Context* context, const v1::ImportBoundariesRequest* request, v1::ImportBoundariesResponse* response) override;
  Reactor* ListBoundaries(Context* context, const v1::ListBoundariesRequest* request, v1::ListBoundariesResponse* response) override;
  Reactor* ListTargetRevisions(Context* context, const v1::ListTargetRevisionsRequest* request, v1::ListTargetRevisionsResponse* response) override;
  Reactor* ImportChecks(Context* context, const v1::ImportChecksRequest* request, v1::ImportChecksResponse* response) override;
  Reactor* ListChecks(Context* context, const v1::ListChecksRequest* request, v1::ListChecksResponse* response) override;

 private:
  template <typename Request, typename Response>
  Reactor* Queue(Context* context, const Request* request, Response* response,
                 absl::StatusOr<Response> (*handler)(const rpc::Caller&, const Request&, Desk&));

  const PlanModel& model_;
  journal::Pipeline& pipeline_;
};

}  // namespace anju::plan
