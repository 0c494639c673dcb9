// Thin stubs: a deadline on every call, and one map from gRPC's errors to ours.
#include "common/client/client.h"

#include <chrono>

#include <grpcpp/grpcpp.h>

#include "anju/aggregator/v1/aggregator.grpc.pb.h"
#include "anju/feed/v1/feed.grpc.pb.h"
#include "anju/plan/v1/plan.grpc.pb.h"
#include "anju/progress/v1/progress.grpc.pb.h"
#include "anju/ranking/v1/bulletin.grpc.pb.h"
#include "anju/ranking/v1/ranking.grpc.pb.h"
#include "anju/status/v1/status.grpc.pb.h"
#include "common/registry/known.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace anju::client {
namespace {

void SetDeadline(grpc::ClientContext& context, const CallOptions& options) {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(options.deadline_ms));
}

// The one way every unary call is made.
template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> Call(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request,
                              const CallOptions& options) {
  grpc::ClientContext context;
  SetDeadline(context, options);
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) return rpc::FromGrpc(status);
  RETURN_IF_ERROR(CheckKnownIn(response));
  return response;
}

}  // namespace

struct PlanClient::Impl {
  plan::v1::PlanService::Stub stub;
};
PlanClient::PlanClient(const std::string& address) : impl_(new Impl{plan::v1::PlanService::Stub(rpc::Connect(address))}) {}
PlanClient::~PlanClient() = default;

using PlanStub = plan::v1::PlanService::Stub;
absl::StatusOr<plan::v1::ImportRegionsResponse> PlanClient::ImportRegions(const plan::v1::ImportRegionsRequest& request,
                                                                          CallOptions options) const {
  return Call(impl_->stub, &PlanStub::ImportRegions, request, options);
}
absl::StatusOr<plan::v1::ImportCatalogueResponse> PlanClient::ImportCatalogue(const plan::v1::ImportCatalogueRequest& request,
                                                                              CallOptions options) const {
  return Call(impl_->stub, &PlanStub::ImportCatalogue, request, options);
}
absl::StatusOr<plan::v1::ImportDocumentResponse> PlanClient::ImportDocument(const plan::v1::ImportDocumentRequest& request,
                                                                            CallOptions options) const {
  return Call(impl_->stub, &PlanStub::ImportDocument, request, options);
}
absl::StatusOr<plan::v1::ImportMilestonesResponse> PlanClient::ImportMilestones(const plan::v1::ImportMilestonesRequest& request,
                                                                                CallOptions options) const {
  return Call(impl_->stub, &PlanStub::ImportMilestones, request, options);
}
absl::StatusOr<plan::v1::ListRegionsResponse> PlanClient::ListRegions(const plan::v1::ListRegionsRequest& request, CallOptions options) const {
  return Call(impl_->stub, &PlanStub::ListRegions, request, options);
}
absl::StatusOr<plan::v1::GetCatalogueResponse> PlanClient::GetCatalogue(const plan::v1::GetCatalogueRequest& request,
                                                                        CallOptions options) const {
  return Call(impl_->stub, &PlanStub::GetCatalogue, request, options);
}
absl::StatusOr<plan::v1::ListDocumentsResponse> PlanClient::ListDocuments(const plan::v1::ListDocumentsRequest& request,
                                                                          CallOptions options) const {
  return Call(impl_->stub, &PlanStub::ListDocuments, request, options);
}
absl::StatusOr<plan::v1::GetDocumentResponse> PlanClient::GetDocument(const plan::v1::GetDocumentRequest& request, CallOptions options) const {
  return Call(impl_->stub, &PlanStub::GetDocument, request, options);
}
absl::StatusOr<plan::v1::ListMilestonesResponse> PlanClient::ListMilestones(const plan::v1::ListMilestonesRequest& request,
                                                                            CallOptions options) const {
  return Call(impl_->stub, &PlanStub::ListMilestones, request, options);
}
absl::StatusOr<plan::v1::ImportBoundariesResponse> PlanClient::ImportBoundaries(const plan::v1::ImportBoundariesRequest& request,
                                                                                CallOptions options) const {
  return Call(impl_->stub, &PlanStub::ImportBoundaries, request, options);
}
absl::StatusOr<plan::v1::ListBoundariesResponse> PlanClient::ListBoundaries(const plan::v1::ListBoundariesRequest& request,
                                                                            CallOptions options) const {
  return Call(impl_->stub, &PlanStub::ListBoundaries, request, options);
}
absl::StatusOr<plan::v1::ListTargetRevisionsResponse> PlanClient::ListTargetRevisions(const plan::v1::ListTargetRevisionsRequest& request,
                                                                                      CallOptions options) const {
  return Call(impl_->stub, &PlanStub::ListTargetRevisions, request, options);
}
absl::StatusOr<plan::v1::ImportChecksResponse> PlanClient::ImportChecks(const plan::v1::ImportChecksRequest& request, CallOptions options) const {
  return Call(impl_->stub, &PlanStub::ImportChecks, request, options);
}
absl::StatusOr<plan::v1::ListChecksResponse> PlanClient::ListChecks(const plan::v1::ListChecksRequest& request, CallOptions options) const {
  return Call(impl_->stub, &PlanStub::ListChecks, request, options);
}

struct ProgressClient::Impl {
  progress::v1::ProgressService::Stub stub;
};
ProgressClient::ProgressClient(const std::string& address) : impl_(new Impl{progress::v1::ProgressService::Stub(rpc::Connect(address))}) {}
ProgressClient::~ProgressClient() = default;

using ProgressStub = progress::v1::ProgressService::Stub;
absl::StatusOr<progress::v1::ReportBatchResponse> ProgressClient::ReportBatch(const progress::v1::ReportBatchRequest& request,
                                                                              CallOptions options) const {
  return Call(impl_->stub, &ProgressStub::ReportBatch, request, options);
}
absl::StatusOr<progress::v1::ListUpdatesResponse> ProgressClient::ListUpdates(const progress::v1::ListUpdatesRequest& request,
                                                                              CallOptions options) const {
  return Call(impl_->stub, &ProgressStub::ListUpdates, request, options);
}
absl::StatusOr<progress::v1::GetUpdatesResponse> ProgressClient::GetUpdates(const progress::v1::GetUpdatesRequest& request,
                                                                            CallOptions options) const {
  return Call(impl_->stub, &ProgressStub::GetUpdates, request, options);
}
absl::StatusOr<progress::v1::ReviewFiguresResponse> ProgressClient::ReviewFigures(const progress::v1::ReviewFiguresRequest& request,
                                                                                  CallOptions options) const {
  return Call(impl_->stub, &ProgressStub::ReviewFigures, request, options);
}

struct AggregatorClient::Impl {
  aggregator::v1::AggregatorService::Stub stub;
};
AggregatorClient::AggregatorClient(const std::string& address)
    : impl_(new Impl{aggregator::v1::AggregatorService::Stub(rpc::Connect(address))}) {}
AggregatorClient::~AggregatorClient() = default;

using AggregatorStub = aggregator::v1::AggregatorService::Stub;
absl::StatusOr<aggregator::v1::GetRollupResponse> AggregatorClient::GetRollup(const aggregator::v1::GetRollupRequest& request,
                                                                              CallOptions options) const {
  return Call(impl_->stub, &AggregatorStub::GetRollup, request, options);
}
absl::StatusOr<aggregator::v1::GetColumnResponse> AggregatorClient::GetColumn(const aggregator::v1::GetColumnRequest& request,
                                                                              CallOptions options) const {
  return Call(impl_->stub, &AggregatorStub::GetColumn, request, options);
}
absl::StatusOr<aggregator::v1::GetColumnsResponse> AggregatorClient::GetColumns(const aggregator::v1::GetColumnsRequest& request,
                                                                                CallOptions options) const {
  return Call(impl_->stub, &AggregatorStub::GetColumns, request, options);
}
absl::StatusOr<aggregator::v1::ExplainCellResponse> AggregatorClient::ExplainCell(const aggregator::v1::ExplainCellRequest& request,
                                                                                  CallOptions options) const {
  return Call(impl_->stub, &AggregatorStub::ExplainCell, request, options);
}
absl::StatusOr<aggregator::v1::ListGapsResponse> AggregatorClient::ListGaps(const aggregator::v1::ListGapsRequest& request,
                                                                            CallOptions options) const {
  return Call(impl_->stub, &AggregatorStub::ListGaps, request, options);
}
absl::StatusOr<aggregator::v1::GetMilestoneStatusResponse> AggregatorClient::GetMilestoneStatus(const aggregator::v1::GetMilestoneStatusRequest& request,
                                                                                                CallOptions options) const {
  return Call(impl_->stub, &AggregatorStub::GetMilestoneStatus, request, options);
}
absl::Status AggregatorClient::Dump(const aggregator::v1::DumpRequest& request, const std::function<void(std::string_view text)>& on_text,
                                    CallOptions options) const {
  grpc::ClientContext context;
  SetDeadline(context, options);
  const auto reader = impl_->stub.Dump(&context, request);
  aggregator::v1::DumpResponse piece;
  while (reader->Read(&piece)) on_text(piece.text());
  return rpc::FromGrpc(reader->Finish());
}

absl::StatusOr<std::string> DumpText(const AggregatorClient& client, const std::string& at_least, CallOptions options) {
  aggregator::v1::DumpRequest request;
  request.set_at_least(at_least);
  std::string text;
  RETURN_IF_ERROR(client.Dump(request, [&](std::string_view piece) { text += piece; }, options));
  return text;
}

struct RankingClient::Impl {
  ranking::v1::RankingService::Stub stub;
};
RankingClient::RankingClient(const std::string& address) : impl_(new Impl{ranking::v1::RankingService::Stub(rpc::Connect(address))}) {}
RankingClient::~RankingClient() = default;

using RankingStub = ranking::v1::RankingService::Stub;
absl::StatusOr<ranking::v1::GetLeagueTableResponse> RankingClient::GetLeagueTable(const ranking::v1::GetLeagueTableRequest& request,
                                                                                  CallOptions options) const {
  return Call(impl_->stub, &RankingStub::GetLeagueTable, request, options);
}
absl::StatusOr<ranking::v1::GetStandingResponse> RankingClient::GetStanding(const ranking::v1::GetStandingRequest& request,
                                                                            CallOptions options) const {
  return Call(impl_->stub, &RankingStub::GetStanding, request, options);
}
absl::Status RankingClient::Watch(const ranking::v1::WatchRequest& request, const std::function<bool(const ranking::v1::WatchEvent& event)>& on_event,
                                  int deadline_ms) const {
  grpc::ClientContext context;
  if (deadline_ms > 0) SetDeadline(context, {.deadline_ms = deadline_ms});
  const auto reader = impl_->stub.Watch(&context, request);
  ranking::v1::WatchEvent event;
  bool any = false;
  bool enough = false;
  while (!enough && reader->Read(&event)) {
    any = true;
    enough = !on_event(event);
  }
  if (enough) {
    context.TryCancel();
    while (reader->Read(&event)) {
    }
  }
  const grpc::Status ended = reader->Finish();
  if (enough) return absl::OkStatus();
  if (ended.ok()) return MakeError(Reason::UNAVAILABLE, "", "", "the server ended the watch");
  // Also what a server says may have this code; what it says before our time is up counts as said.
  const bool timed_out = ended.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED && ended.error_details().empty();
  if (timed_out && any) return absl::OkStatus();
  return rpc::FromGrpc(ended);
}

struct BulletinClient::Impl {
  ranking::v1::BulletinService::Stub stub;
};
BulletinClient::BulletinClient(const std::string& address) : impl_(new Impl{ranking::v1::BulletinService::Stub(rpc::Connect(address))}) {}
BulletinClient::~BulletinClient() = default;

using BulletinStub = ranking::v1::BulletinService::Stub;
absl::StatusOr<ranking::v1::DefineTemplateResponse> BulletinClient::DefineTemplate(const ranking::v1::DefineTemplateRequest& request, CallOptions options) const {
  return Call(impl_->stub, &BulletinStub::DefineTemplate, request, options);
}
absl::StatusOr<ranking::v1::GetTemplateResponse> BulletinClient::GetTemplate(const ranking::v1::GetTemplateRequest& request, CallOptions options) const {
  return Call(impl_->stub, &BulletinStub::GetTemplate, request, options);
}
absl::StatusOr<ranking::v1::ListTemplatesResponse> BulletinClient::ListTemplates(const ranking::v1::ListTemplatesRequest& request, CallOptions options) const {
  return Call(impl_->stub, &BulletinStub::ListTemplates, request, options);
}
absl::StatusOr<ranking::v1::ComposeBulletinResponse> BulletinClient::ComposeBulletin(const ranking::v1::ComposeBulletinRequest& request, CallOptions options) const {
  return Call(impl_->stub, &BulletinStub::ComposeBulletin, request, options);
}
absl::StatusOr<ranking::v1::DraftBulletinResponse> BulletinClient::DraftBulletin(const ranking::v1::DraftBulletinRequest& request, CallOptions options) const {
  return Call(impl_->stub, &BulletinStub::DraftBulletin, request, options);
}
absl::StatusOr<ranking::v1::IssueBulletinResponse> BulletinClient::IssueBulletin(const ranking::v1::IssueBulletinRequest& request, CallOptions options) const {
  return Call(impl_->stub, &BulletinStub::IssueBulletin, request, options);
}
absl::StatusOr<ranking::v1::GetBulletinResponse> BulletinClient::GetBulletin(const ranking::v1::GetBulletinRequest& request, CallOptions options) const {
  return Call(impl_->stub, &BulletinStub::GetBulletin, request, options);
}
absl::StatusOr<ranking::v1::ListBulletinsResponse> BulletinClient::ListBulletins(const ranking::v1::ListBulletinsRequest& request, CallOptions options) const {
  return Call(impl_->stub, &BulletinStub::ListBulletins, request, options);
}
absl::StatusOr<ranking::v1::DiffBulletinResponse> BulletinClient::DiffBulletin(const ranking::v1::DiffBulletinRequest& request, CallOptions options) const {
  return Call(impl_->stub, &BulletinStub::DiffBulletin, request, options);
}
absl::StatusOr<ranking::v1::DraftCorrectionResponse> BulletinClient::DraftCorrection(const ranking::v1::DraftCorrectionRequest& request, CallOptions options) const {
  return Call(impl_->stub, &BulletinStub::DraftCorrection, request, options);
}

struct FeedClient::Impl {
  feed::v1::FeedService::Stub stub;
};
FeedClient::FeedClient(const std::string& address) : impl_(new Impl{feed::v1::FeedService::Stub(rpc::Connect(address))}) {}
FeedClient::~FeedClient() = default;

using FeedStub = feed::v1::FeedService::Stub;
absl::StatusOr<feed::v1::GetPositionResponse> FeedClient::GetPosition(const feed::v1::GetPositionRequest& request, CallOptions options) const {
  return Call(impl_->stub, &FeedStub::GetPosition, request, options);
}
absl::StatusOr<feed::v1::GetJournalResponse> FeedClient::GetJournal(const feed::v1::GetJournalRequest& request, CallOptions options) const {
  return Call(impl_->stub, &FeedStub::GetJournal, request, options);
}
absl::StatusOr<feed::v1::GetInclusionProofResponse> FeedClient::GetInclusionProof(const feed::v1::GetInclusionProofRequest& request, CallOptions options) const {
  return Call(impl_->stub, &FeedStub::GetInclusionProof, request, options);
}
absl::StatusOr<feed::v1::GetConsistencyProofResponse> FeedClient::GetConsistencyProof(const feed::v1::GetConsistencyProofRequest& request, CallOptions options) const {
  return Call(impl_->stub, &FeedStub::GetConsistencyProof, request, options);
}

struct StatusClient::Impl {
  std::shared_ptr<grpc::Channel> channel;
  status::v1::StatusService::Stub stub{channel};
  grpc::health::v1::Health::Stub health{channel};
};
StatusClient::StatusClient(const std::string& address) : impl_(new Impl{.channel = rpc::Connect(address)}) {}
StatusClient::~StatusClient() = default;

absl::StatusOr<status::v1::GetStatusResponse> StatusClient::GetStatus(const status::v1::GetStatusRequest& request, CallOptions options) const {
  return Call(impl_->stub, &status::v1::StatusService::Stub::GetStatus, request, options);
}
absl::StatusOr<bool> StatusClient::CheckHealth(const std::string& service, CallOptions options) const {
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(service);
  ASSIGN_OR_RETURN(const auto response, Call(impl_->health, &grpc::health::v1::Health::Stub::Check, request, options));
  return response.status() == grpc::health::v1::HealthCheckResponse::SERVING;
}

}  // namespace anju::client
