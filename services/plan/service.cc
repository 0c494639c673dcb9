// Each RPC is queued for the decider; its answer is released when what it says is durable.
#include "services/plan/service.h"

#include <utility>

#include "common/rpc/rpc.h"
#include "services/plan/desk.h"
#include "services/plan/handlers.h"

namespace anju::plan {

template <typename Request, typename Response>
Service::Reactor* Service::Queue(Context* context, const Request* request, Response* response,
                                 absl::StatusOr<Response> (*handler)(const rpc::Caller&, const Request&, Desk&)) {
  return rpc::Answer<Response>(context, response, [&](const rpc::Caller& caller, rpc::Finish<Response> finish) {
    Submit(pipeline_, model_, caller, *request, handler, std::move(finish));
  });
}

using Reactor = Service::Reactor;
using Context = Service::Context;

Reactor* Service::ImportRegions(Context* context, const v1::ImportRegionsRequest* request, v1::ImportRegionsResponse* response) {
  return Queue(context, request, response, &plan::ImportRegions);
}
Reactor* Service::ImportCatalogue(Context* context, const v1::ImportCatalogueRequest* request, v1::ImportCatalogueResponse* response) {
  return Queue(context, request, response, &plan::ImportCatalogue);
}
Reactor* Service::ImportDocument(Context* context, const v1::ImportDocumentRequest* request, v1::ImportDocumentResponse* response) {
  return Queue(context, request, response, &plan::ImportDocument);
}
Reactor* Service::ImportMilestones(Context* context, const v1::ImportMilestonesRequest* request, v1::ImportMilestonesResponse* response) {
  return Queue(context, request, response, &plan::ImportMilestones);
}
Reactor* Service::ListRegions(Context* context, const v1::ListRegionsRequest* request, v1::ListRegionsResponse* response) {
  return Queue(context, request, response, &plan::ListRegions);
}
Reactor* Service::GetCatalogue(Context* context, const v1::GetCatalogueRequest* request, v1::GetCatalogueResponse* response) {
  return Queue(context, request, response, &plan::GetCatalogue);
}
Reactor* Service::ListDocuments(Context* context, const v1::ListDocumentsRequest* request, v1::ListDocumentsResponse* response) {
  return Queue(context, request, response, &plan::ListDocuments);
}
Reactor* Service::GetDocument(Context* context, const v1::GetDocumentRequest* request, v1::GetDocumentResponse* response) {
  return Queue(context, request, response, &plan::GetDocument);
}
Reactor* Service::ListMilestones(Context* context, const v1::ListMilestonesRequest* request, v1::ListMilestonesResponse* response) {
  return Queue(context, request, response, &plan::ListMilestones);
}
Reactor* Service::ImportBoundaries(Context* context, const v1::ImportBoundariesRequest* request, v1::ImportBoundariesResponse* response) {
  return Queue(context, request, response, &plan::ImportBoundaries);
}
Reactor* Service::ListBoundaries(Context* context, const v1::ListBoundariesRequest* request, v1::ListBoundariesResponse* response) {
  return Queue(context, request, response, &plan::ListBoundaries);
}
Reactor* Service::ListTargetRevisions(Context* context, const v1::ListTargetRevisionsRequest* request, v1::ListTargetRevisionsResponse* response) {
  return Queue(context, request, response, &plan::ListTargetRevisions);
}
Reactor* Service::ImportChecks(Context* context, const v1::ImportChecksRequest* request, v1::ImportChecksResponse* response) {
  return Queue(context, request, response, &plan::ImportChecks);
}
Reactor* Service::ListChecks(Context* context, const v1::ListChecksRequest* request, v1::ListChecksResponse* response) {
  return Queue(context, request, response, &plan::ListChecks);
}

}  // namespace anju::plan
