// What tests of the whole service share: a real ranking server that follows a small real aggregator.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "anju/ranking/v1/ranking.grpc.pb.h"
#include "anju/status/v1/status.grpc.pb.h"
#include "common/rpc/rpc.h"
#include "common/testing/testing.h"
#include "services/ranking/core/table_fixture.h"
#include "services/ranking/server.h"
#include "services/ranking/test_aggregator.h"

namespace anju::ranking {

// Starts of 2017 by rate, below 迪庆州.
inline v1::GetLeagueTableRequest StartsRequest() {
  v1::GetLeagueTableRequest request;
  request.set_region("533400");
  request.mutable_definition()->set_programme("all");
  request.mutable_definition()->set_indicator("starts");
  request.mutable_definition()->set_year("2017");
  return request;
}

// "1 533401 62.05|2 …" of the ranked rows.
inline std::string Line(const v1::GetLeagueTableResponse& table) {
  std::string line;
  for (const v1::Row& row : table.rows()) line += std::to_string(row.rank()) + " " + row.region() + " " + row.value() + "|";
  return line;
}

class RankingServer : public ::testing::Test {
 protected:
  RankingServer() : aggregator_(World()) {
    aggregator_server_ = std::make_unique<testing::ServerFixture>(std::vector<grpc::Service*>{&aggregator_}, "aggregator");
    aggregator_address_ = aggregator_server_->address();
    StartRanking();
  }
  ~RankingServer() override {
    ranking_.reset();
    if (aggregator_server_) StopAggregator();
  }

  void StartRanking() {
    auto started = Server::Start({directory_.path(), "127.0.0.1:0", aggregator_address_});
    ASSERT_THAT(started, testing::IsOk());
    ranking_ = *std::move(started);
    channel_ = rpc::Connect(ranking_->address());
  }
  void StopAggregator() {
    aggregator_.EndStream();
    aggregator_server_.reset();
  }
  void StartAggregator() {
    aggregator_server_ = std::make_unique<testing::ServerFixture>(std::vector<grpc::Service*>{&aggregator_}, "aggregator", aggregator_address_);
  }

  absl::StatusOr<v1::GetLeagueTableResponse> Rank(const v1::GetLeagueTableRequest& request, std::chrono::milliseconds deadline = std::chrono::seconds(10)) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + deadline);
    v1::GetLeagueTableResponse response;
    const grpc::Status status = v1::RankingService::NewStub(channel_)->GetLeagueTable(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }
  status::v1::GetStatusResponse Status() {
    grpc::ClientContext context;
    status::v1::GetStatusResponse response;
    EXPECT_TRUE(status::v1::StatusService::NewStub(channel_)->GetStatus(&context, {}, &response).ok());
    return response;
  }
  // The table at the aggregator's present basis.
  absl::StatusOr<v1::GetLeagueTableResponse> RankNow(v1::GetLeagueTableRequest request = StartsRequest()) {
    request.set_at_least(aggregator_.Edit([](World& world) { return world.Stamp().token(); }));
    return Rank(request);
  }
  aggregator::v1::Frame ChangeStarts(uint32_t region, int64_t starts) {
    return aggregator_.Edit([&](World& world) {
      aggregator::v1::Cell cell = world.Cell(region, kStarts, 2017);
      cell.set_actual(starts);
      return world.Change(cell);
    });
  }

  testing::TempDir directory_;
  TestAggregator aggregator_;
  std::unique_ptr<testing::ServerFixture> aggregator_server_;
  std::string aggregator_address_;
  std::unique_ptr<Server> ranking_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace anju::ranking
