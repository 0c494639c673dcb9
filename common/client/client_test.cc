// The client library against small real servers.
#include "common/client/client.h"

#include <grpcpp/grpcpp.h>

#include "anju/aggregator/v1/aggregator.grpc.pb.h"
#include "anju/plan/v1/plan.grpc.pb.h"
#include "anju/progress/v1/progress.grpc.pb.h"
#include "anju/ranking/v1/ranking.grpc.pb.h"
#include "common/client/report_stream.h"
#include "common/rpc/rpc.h"
#include "common/testing/testing.h"

namespace anju::client {
namespace {

using ::anju::testing::HasReason;
using ::anju::testing::ServerFixture;

// A call reaches the method of the same name, and no other.
TEST(ClientTest, EveryMethodCallsItsOwn) {
  class Plan final : public plan::v1::PlanService::Service {
    grpc::Status ImportBoundaries(grpc::ServerContext*, const plan::v1::ImportBoundariesRequest* request,
                                  plan::v1::ImportBoundariesResponse* response) override {
      response->mutable_basis()->set_token("ImportBoundaries " + request->request_id());
      return grpc::Status::OK;
    }
    grpc::Status ListBoundaries(grpc::ServerContext*, const plan::v1::ListBoundariesRequest*, plan::v1::ListBoundariesResponse* response) override {
      response->mutable_basis()->set_token("ListBoundaries");
      return grpc::Status::OK;
    }
    grpc::Status ListTargetRevisions(grpc::ServerContext*, const plan::v1::ListTargetRevisionsRequest*,
                                     plan::v1::ListTargetRevisionsResponse* response) override {
      response->mutable_basis()->set_token("ListTargetRevisions");
      return grpc::Status::OK;
    }
    grpc::Status ImportChecks(grpc::ServerContext*, const plan::v1::ImportChecksRequest*, plan::v1::ImportChecksResponse* response) override {
      response->mutable_basis()->set_token("ImportChecks");
      return grpc::Status::OK;
    }
    grpc::Status ListChecks(grpc::ServerContext*, const plan::v1::ListChecksRequest*, plan::v1::ListChecksResponse* response) override {
      response->mutable_basis()->set_token("ListChecks");
      return grpc::Status::OK;
    }
  } plan;
  class Progress final : public progress::v1::ProgressService::Service {
    grpc::Status GetUpdates(grpc::ServerContext*, const progress::v1::GetUpdatesRequest*, progress::v1::GetUpdatesResponse* response) override {
      response->mutable_basis()->set_token("GetUpdates");
      return grpc::Status::OK;
    }
    grpc::Status ReviewFigures(grpc::ServerContext*, const progress::v1::ReviewFiguresRequest*,
                               progress::v1::ReviewFiguresResponse* response) override {
      response->mutable_basis()->set_token("ReviewFigures");
      return grpc::Status::OK;
    }
  } progress;
  class Aggregator final : public aggregator::v1::AggregatorService::Service {
    grpc::Status GetColumns(grpc::ServerContext*, const aggregator::v1::GetColumnsRequest*, aggregator::v1::GetColumnsResponse* response) override {
      response->add_columns()->mutable_basis()->set_token("GetColumns");
      return grpc::Status::OK;
    }
    grpc::Status ExplainCell(grpc::ServerContext*, const aggregator::v1::ExplainCellRequest*,
                             aggregator::v1::ExplainCellResponse* response) override {
      response->mutable_basis()->set_token("ExplainCell");
      return grpc::Status::OK;
    }
    grpc::Status ListGaps(grpc::ServerContext*, const aggregator::v1::ListGapsRequest*, aggregator::v1::ListGapsResponse* response) override {
      response->mutable_basis()->set_token("ListGaps");
      return grpc::Status::OK;
    }
    grpc::Status GetMilestoneStatus(grpc::ServerContext*, const aggregator::v1::GetMilestoneStatusRequest*,
                                    aggregator::v1::GetMilestoneStatusResponse* response) override {
      response->mutable_basis()->set_token("GetMilestoneStatus");
      return grpc::Status::OK;
    }
  } aggregator;
  class Ranking final : public ranking::v1::RankingService::Service {
    grpc::Status GetStanding(grpc::ServerContext*, const ranking::v1::GetStandingRequest*, ranking::v1::GetStandingResponse* response) override {
      response->mutable_basis()->set_token("GetStanding");
      return grpc::Status::OK;
    }
  } ranking;
  const ServerFixture fixture({&plan, &progress, &aggregator, &ranking});
  const auto token = [](const auto& result) { return result.ok() ? result->basis().token() : result.status().ToString(); };
  const PlanClient plan_client(fixture.address());
  plan::v1::ImportBoundariesRequest request;
  request.set_request_id("r1");
  EXPECT_EQ(token(plan_client.ImportBoundaries(request)), "ImportBoundaries r1");
  EXPECT_EQ(token(plan_client.ListBoundaries({})), "ListBoundaries");
  EXPECT_EQ(token(plan_client.ListTargetRevisions({})), "ListTargetRevisions");
  EXPECT_EQ(token(plan_client.ImportChecks({})), "ImportChecks");
  EXPECT_EQ(token(plan_client.ListChecks({})), "ListChecks");
  const ProgressClient progress_client(fixture.address());
  EXPECT_EQ(token(progress_client.GetUpdates({})), "GetUpdates");
  EXPECT_EQ(token(progress_client.ReviewFigures({})), "ReviewFigures");
  const AggregatorClient aggregator_client(fixture.address());
  ASSERT_OK_AND_ASSIGN(const auto columns, aggregator_client.GetColumns({}));
  ASSERT_EQ(columns.columns_size(), 1);
  EXPECT_EQ(columns.columns(0).basis().token(), "GetColumns");
  EXPECT_EQ(token(aggregator_client.ExplainCell({})), "ExplainCell");
  EXPECT_EQ(token(aggregator_client.ListGaps({})), "ListGaps");
  EXPECT_EQ(token(aggregator_client.GetMilestoneStatus({})), "GetMilestoneStatus");
  EXPECT_EQ(token(RankingClient(fixture.address()).GetStanding({})), "GetStanding");
}

TEST(ClientTest, NobodyThereIsUnavailable) {
  ServerFixture fixture({});
  const std::string address = fixture.address();
  fixture.Stop();
  EXPECT_THAT(PlanClient(address).GetCatalogue({}), HasReason(Reason::UNAVAILABLE));
  EXPECT_THAT(ProgressClient(address).ListUpdates({}), HasReason(Reason::UNAVAILABLE));
  EXPECT_THAT(AggregatorClient(address).GetRollup({}), HasReason(Reason::UNAVAILABLE));
  EXPECT_THAT(DumpText(AggregatorClient(address)), HasReason(Reason::UNAVAILABLE));
  EXPECT_THAT(RankingClient(address).GetLeagueTable({}), HasReason(Reason::UNAVAILABLE));
  EXPECT_THAT(StatusClient(address).GetStatus({}), HasReason(Reason::UNAVAILABLE));
  EXPECT_THAT(ReportStream::Open(address, {.source = "s"}, {}), HasReason(Reason::UNAVAILABLE));
  EXPECT_THAT(ReportStream::Open(address, {.source = "s", .open_ms = 300, .retry_open = true}, {}), HasReason(Reason::UNAVAILABLE));
}

TEST(ClientTest, AnotherServiceThereIsUnavailable) {
  const ServerFixture fixture({});
  EXPECT_THAT(PlanClient(fixture.address()).GetCatalogue({}), HasReason(Reason::UNAVAILABLE));
}

TEST(ClientTest, StatusAndHealth) {
  ServerFixture fixture({}, "plan");
  const StatusClient client(fixture.address());
  ASSERT_OK_AND_ASSIGN(const auto status, client.GetStatus({}));
  EXPECT_EQ(status.name(), "plan");
  EXPECT_THAT(client.CheckHealth(), ::anju::testing::IsOkAndHolds(true));
  fixture.server().SetServing(false);
  EXPECT_THAT(client.CheckHealth(), ::anju::testing::IsOkAndHolds(false));
}

TEST(ClientTest, ADumpIsPutTogether) {
  class Dumper final : public aggregator::v1::AggregatorService::Service {
    grpc::Status Dump(grpc::ServerContext*, const aggregator::v1::DumpRequest* request, grpc::ServerWriter<aggregator::v1::DumpResponse>* writer) override {
      aggregator::v1::DumpResponse piece;
      for (const char* text : {"one\n", "two\n"}) {
        piece.set_text(request->at_least() + text);
        writer->Write(piece);
      }
      return grpc::Status::OK;
    }
  } service;
  const ServerFixture fixture({&service});
  EXPECT_THAT(DumpText(AggregatorClient(fixture.address()), ">"), ::anju::testing::IsOkAndHolds(std::string(">one\n>two\n")));
}

}  // namespace
}  // namespace anju::client
