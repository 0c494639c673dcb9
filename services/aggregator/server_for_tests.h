// A whole aggregator on a loopback port behind two real feeds, and calls to it, for tests.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "anju/aggregator/v1/aggregator.grpc.pb.h"
#include "anju/status/v1/status.grpc.pb.h"
#include "services/aggregator/core/world_for_tests.h"
#include "services/aggregator/server.h"
#include "services/aggregator/upstream_for_tests.h"

namespace anju::aggregator::testing {

inline constexpr Period k2017{2017, 2017};

class ServerTest : public ::testing::Test {
 protected:
  // `beside`: services on the port of progress.
  explicit ServerTest(Clock& clock = RealClock(), std::vector<grpc::Service*> beside = {})
      : clock_(clock), plan_("plan", clock), progress_("progress", clock, std::move(beside)) {}

  Options OptionsOf(const std::string& directory) const {
    return {.data = directory, .listen = "127.0.0.1:0", .plan = plan_.address(), .progress = {progress_.address()}, .clock = &clock_};
  }
  void StartServer() {
    auto server = Server::Start(OptionsOf(directory_.path()));
    ASSERT_THAT(server, anju::testing::IsOk());
    server_ = *std::move(server);
    stub_ = v1::AggregatorService::NewStub(rpc::Connect(server_->address()));
  }
  // Regions 1 C (city), 2 A, 3 B (counties); the catalogue of world_for_tests.
  void Seed() {
    RegionTree regions;
    regions.Put({MakeRegion(1, "C", 0, RegionLevel::kCity)});
    regions.Put({MakeRegion(2, "A", 1)});
    regions.Put({MakeRegion(3, "B", 1)});
    plan_.Append({RegionsEvent(regions)});
    plan_at_ = plan_.Append({CatalogueEvent(MakeCatalogue())});
  }
  journal::Position Report(const CellKey& cell, int64_t amount, Date as_of = MakeDate(2017, 6, 30), UpdateKind kind = UpdateKind::kCumulative,
                           Note note = {}) {
    std::vector<ProgressChange> changes = book_.Update(cell, {.as_of = as_of, .amount = amount, .kind = kind});
    if (!note.flags.empty() || !note.explanation.empty()) changes.back().note = std::make_shared<const Note>(std::move(note));
    return progress_at_ = progress_.Append(ProgressEvents(changes), plan_at_);
  }
  // A verdict on the update that stands at this position.
  journal::Position Review(const journal::Position& update, ReviewState state) {
    return progress_at_ = progress_.Append(ProgressEvents({{.kind = ProgressChange::Kind::kReview, .update = update.sequence, .review = state}}), plan_at_);
  }
  // A token for everything appended so far.
  std::string Token() const { return TokenOf(plan_at_, progress_at_); }
  static std::string TokenOf(const journal::Position& plan, const journal::Position& progress) {
    types::v1::Basis basis;
    *basis.mutable_plan() = rpc::ToProto(plan);
    if (progress.sequence > 0) *basis.add_progress() = rpc::ToProto(progress);
    return rpc::MakeStamp(basis, 0).token();
  }

  // One unary call.
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (v1::AggregatorService::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                const Request& request, int deadline_ms = 10'000) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(deadline_ms));
    Response response;
    const grpc::Status status = (stub_.get()->*method)(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }
  absl::StatusOr<v1::GetRollupResponse> GetRollup(const v1::GetRollupRequest& request, int deadline_ms = 10'000) {
    return Call(&v1::AggregatorService::Stub::GetRollup, request, deadline_ms);
  }
  absl::StatusOr<v1::GetRollupResponse> Rollup(const std::string& region, const std::string& year, const std::string& token,
                                               const std::string& as_of = "") {
    v1::GetRollupRequest request;
    request.set_region(region);
    request.set_year(year);
    request.set_at_least(token);
    request.set_as_of(as_of);
    return GetRollup(request);
  }
  absl::StatusOr<v1::GetColumnResponse> GetColumn(const v1::GetColumnRequest& request) {
    grpc::ClientContext context;
    v1::GetColumnResponse response;
    const grpc::Status status = stub_->GetColumn(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }
  static absl::StatusOr<std::string> Dump(v1::AggregatorService::Stub& stub, const std::string& token) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    v1::DumpRequest request;
    request.set_at_least(token);
    const auto reader = stub.Dump(&context, request);
    std::string text;
    for (v1::DumpResponse part; reader->Read(&part);) text += part.text();
    const grpc::Status status = reader->Finish();
    if (!status.ok()) return rpc::FromGrpc(status);
    return text;
  }
  status::v1::GetStatusResponse Status() {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    status::v1::GetStatusResponse response;
    EXPECT_TRUE(status::v1::StatusService::NewStub(rpc::Connect(server_->address()))->GetStatus(&context, {}, &response).ok());
    return response;
  }

  Clock& clock_;
  Upstream plan_, progress_;
  anju::testing::TempDir directory_;
  SeriesBook book_;
  journal::Position plan_at_, progress_at_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<v1::AggregatorService::Stub> stub_;
};

// The cell of an answer; nullptr when it is not there.
inline const v1::Cell* Find(const google::protobuf::RepeatedPtrField<v1::Cell>& cells, const CellKey& key) {
  for (const v1::Cell& cell : cells) {
    if (cell.region() == key.region && cell.programme() == key.programme && cell.indicator() == key.indicator &&
        cell.period().first_year() == key.period.first && cell.period().last_year() == key.period.last) {
      return &cell;
    }
  }
  return nullptr;
}

}  // namespace anju::aggregator::testing
