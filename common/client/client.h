// The client library: one class per service, one method per unary RPC, errors as absl::Status with their details.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "anju/aggregator/v1/aggregator.pb.h"
#include "anju/feed/v1/feed.pb.h"
#include "anju/plan/v1/plan.pb.h"
#include "anju/progress/v1/progress.pb.h"
#include "anju/ranking/v1/bulletin.pb.h"
#include "anju/ranking/v1/ranking.pb.h"
#include "anju/status/v1/status.pb.h"

namespace anju::client {

struct CallOptions {
  int deadline_ms = 10'000;  // of the whole call, waiting for at_least included
};

// All classes: connect lazily, reconnect by themselves, never retry a call. Safe for concurrent use. `address` is HOST:PORT.
// UNAVAILABLE when nobody answers there, BEHIND when the deadline passed.
class PlanClient {
 public:
  explicit PlanClient(const std::string& address);
  ~PlanClient();
  absl::StatusOr<plan::v1::ImportRegionsResponse> ImportRegions(const plan::v1::ImportRegionsRequest& request, CallOptions options = {}) const;
  absl::StatusOr<plan::v1::ImportCatalogueResponse> ImportCatalogue(const plan::v1::ImportCatalogueRequest& request,
                                                                    CallOptions options = {}) const;
  absl::StatusOr<plan::v1::ImportDocumentResponse> ImportDocument(const plan::v1::ImportDocumentRequest& request,
                                                                  CallOptions options = {}) const;
  absl::StatusOr<plan::v1::ImportMilestonesResponse> ImportMilestones(const plan::v1::ImportMilestonesRequest& request,
                                                                      CallOptions options = {}) const;
  absl::StatusOr<plan::v1::ListRegionsResponse> ListRegions(const plan::v1::ListRegionsRequest& request, CallOptions options = {}) const;
  absl::StatusOr<plan::v1::GetCatalogueResponse> GetCatalogue(const plan::v1::GetCatalogueRequest& request, CallOptions options = {}) const;
  absl::StatusOr<plan::v1::ListDocumentsResponse> ListDocuments(const plan::v1::ListDocumentsRequest& request, CallOptions options = {}) const;
  absl::StatusOr<plan::v1::GetDocumentResponse> GetDocument(const plan::v1::GetDocumentRequest& request, CallOptions options = {}) const;
  absl::StatusOr<plan::v1::ListMilestonesResponse> ListMilestones(const plan::v1::ListMilestonesRequest& request,
                                                                  CallOptions options = {}) const;
  absl::StatusOr<plan::v1::ImportBoundariesResponse> ImportBoundaries(const plan::v1::ImportBoundariesRequest& request,
                                                                      CallOptions options = {}) const;
  absl::StatusOr<plan::v1::ListBoundariesResponse> ListBoundaries(const plan::v1::ListBoundariesRequest& request, CallOptions options = {}) const;
  absl::StatusOr<plan::v1::ListTargetRevisionsResponse> ListTargetRevisions(const plan::v1::ListTargetRevisionsRequest& request,
                                                                            CallOptions options = {}) const;
  absl::StatusOr<plan::v1::ImportChecksResponse> ImportChecks(const plan::v1::ImportChecksRequest& request, CallOptions options = {}) const;
  absl::StatusOr<plan::v1::ListChecksResponse> ListChecks(const plan::v1::ListChecksRequest& request, CallOptions options = {}) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Unary calls only; for streams see report_stream.h.
class ProgressClient {
 public:
  explicit ProgressClient(const std::string& address);
  ~ProgressClient();
  absl::StatusOr<progress::v1::ReportBatchResponse> ReportBatch(const progress::v1::ReportBatchRequest& request, CallOptions options = {}) const;
  absl::StatusOr<progress::v1::ListUpdatesResponse> ListUpdates(const progress::v1::ListUpdatesRequest& request, CallOptions options = {}) const;
  absl::StatusOr<progress::v1::GetUpdatesResponse> GetUpdates(const progress::v1::GetUpdatesRequest& request, CallOptions options = {}) const;
  absl::StatusOr<progress::v1::ReviewFiguresResponse> ReviewFigures(const progress::v1::ReviewFiguresRequest& request,
                                                                    CallOptions options = {}) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class AggregatorClient {
 public:
  explicit AggregatorClient(const std::string& address);
  ~AggregatorClient();
  absl::StatusOr<aggregator::v1::GetRollupResponse> GetRollup(const aggregator::v1::GetRollupRequest& request, CallOptions options = {}) const;
  absl::StatusOr<aggregator::v1::GetColumnResponse> GetColumn(const aggregator::v1::GetColumnRequest& request, CallOptions options = {}) const;
  absl::StatusOr<aggregator::v1::GetColumnsResponse> GetColumns(const aggregator::v1::GetColumnsRequest& request, CallOptions options = {}) const;
  absl::StatusOr<aggregator::v1::ExplainCellResponse> ExplainCell(const aggregator::v1::ExplainCellRequest& request, CallOptions options = {}) const;
  absl::StatusOr<aggregator::v1::ListGapsResponse> ListGaps(const aggregator::v1::ListGapsRequest& request, CallOptions options = {}) const;
  absl::StatusOr<aggregator::v1::GetMilestoneStatusResponse> GetMilestoneStatus(const aggregator::v1::GetMilestoneStatusRequest& request,
                                                                                CallOptions options = {}) const;
  // Hands over the derived state piece by piece, as it arrives.
  absl::Status Dump(const aggregator::v1::DumpRequest& request, const std::function<void(std::string_view text)>& on_text,
                    CallOptions options = {}) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The whole derived state as sorted text lines.
absl::StatusOr<std::string> DumpText(const AggregatorClient& client, const std::string& at_least = "", CallOptions options = {});

class RankingClient {
 public:
  explicit RankingClient(const std::string& address);
  ~RankingClient();
  absl::StatusOr<ranking::v1::GetLeagueTableResponse> GetLeagueTable(const ranking::v1::GetLeagueTableRequest& request,
                                                                     CallOptions options = {}) const;
  absl::StatusOr<ranking::v1::GetStandingResponse> GetStanding(const ranking::v1::GetStandingRequest& request, CallOptions options = {}) const;
  // Hands over one event after the other, on the calling thread. OK when `on_event` said false or `deadline_ms` (0: none) have passed; BEHIND when
  // not even the first event came by then. Else why the stream ended: a watch has no end of its own, so one that simply ends is UNAVAILABLE.
  // For a watch that outlives the server see watch_stream.h.
  absl::Status Watch(const ranking::v1::WatchRequest& request, const std::function<bool(const ranking::v1::WatchEvent& event)>& on_event,
                     int deadline_ms = 0) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Served by the ranking service, at its address.
class BulletinClient {
 public:
  explicit BulletinClient(const std::string& address);
  ~BulletinClient();
  absl::StatusOr<ranking::v1::DefineTemplateResponse> DefineTemplate(const ranking::v1::DefineTemplateRequest& request, CallOptions options = {}) const;
  absl::StatusOr<ranking::v1::GetTemplateResponse> GetTemplate(const ranking::v1::GetTemplateRequest& request, CallOptions options = {}) const;
  absl::StatusOr<ranking::v1::ListTemplatesResponse> ListTemplates(const ranking::v1::ListTemplatesRequest& request, CallOptions options = {}) const;
  absl::StatusOr<ranking::v1::ComposeBulletinResponse> ComposeBulletin(const ranking::v1::ComposeBulletinRequest& request, CallOptions options = {}) const;
  absl::StatusOr<ranking::v1::DraftBulletinResponse> DraftBulletin(const ranking::v1::DraftBulletinRequest& request, CallOptions options = {}) const;
  absl::StatusOr<ranking::v1::IssueBulletinResponse> IssueBulletin(const ranking::v1::IssueBulletinRequest& request, CallOptions options = {}) const;
  absl::StatusOr<ranking::v1::GetBulletinResponse> GetBulletin(const ranking::v1::GetBulletinRequest& request, CallOptions options = {}) const;
  absl::StatusOr<ranking::v1::ListBulletinsResponse> ListBulletins(const ranking::v1::ListBulletinsRequest& request, CallOptions options = {}) const;
  absl::StatusOr<ranking::v1::DiffBulletinResponse> DiffBulletin(const ranking::v1::DiffBulletinRequest& request, CallOptions options = {}) const;
  absl::StatusOr<ranking::v1::DraftCorrectionResponse> DraftCorrection(const ranking::v1::DraftCorrectionRequest& request, CallOptions options = {}) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What plan, progress and ranking say about their journals.
class FeedClient {
 public:
  explicit FeedClient(const std::string& address);
  ~FeedClient();
  absl::StatusOr<feed::v1::GetPositionResponse> GetPosition(const feed::v1::GetPositionRequest& request, CallOptions options = {}) const;
  absl::StatusOr<feed::v1::GetJournalResponse> GetJournal(const feed::v1::GetJournalRequest& request, CallOptions options = {}) const;
  absl::StatusOr<feed::v1::GetInclusionProofResponse> GetInclusionProof(const feed::v1::GetInclusionProofRequest& request, CallOptions options = {}) const;
  absl::StatusOr<feed::v1::GetConsistencyProofResponse> GetConsistencyProof(const feed::v1::GetConsistencyProofRequest& request, CallOptions options = {}) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What every service serves.
class StatusClient {
 public:
  explicit StatusClient(const std::string& address);
  ~StatusClient();
  absl::StatusOr<status::v1::GetStatusResponse> GetStatus(const status::v1::GetStatusRequest& request, CallOptions options = {}) const;
  // grpc.health.v1: true when SERVING. `service` is a full name, or "" for the process.
  absl::StatusOr<bool> CheckHealth(const std::string& service = "", CallOptions options = {}) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace anju::client
