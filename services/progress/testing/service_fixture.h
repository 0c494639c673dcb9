// A running progress service beside a plan in miniature, and what its tests ask it.
#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "anju/status/v1/status.grpc.pb.h"
#include "services/progress/server.h"
#include "services/progress/testing/plan_stub.h"
#include "services/progress/testing/stream_client.h"

namespace anju::progress::testing {

class ServiceFixture : public ::testing::Test {
 protected:
  ServiceFixture() : plan_(std::make_unique<PlanStub>(directory_ / "plan")) {}

  void Start() {
    auto server = Server::Start({.data = directory_ / "progress", .listen = "127.0.0.1:0", .plan = plan_->address()}, clock_);
    ASSERT_THAT(server, anju::testing::IsOk());
    server_ = *std::move(server);
    channel_ = rpc::Connect(server_->address());
    stub_ = v1::ProgressService::NewStub(channel_);
  }
  void StartReady() {
    plan_->AppendRegistry();
    Start();
    ASSERT_TRUE(WaitForPlan(2));
  }
  void Stop() { server_ = nullptr; }
  bool WaitForPlan(uint64_t sequence) {
    return anju::testing::WaitUntil([&] { return server_->desk().plan().position.sequence >= sequence; });
  }

  // All pages.
  std::vector<v1::ListedUpdate> List(v1::ListUpdatesRequest request = {}) {
    std::vector<v1::ListedUpdate> updates;
    if (request.page_size() == 0) request.set_page_size(1'000);
    do {
      grpc::ClientContext context;
      v1::ListUpdatesResponse response;
      const grpc::Status status = stub_->ListUpdates(&context, request, &response);
      EXPECT_THAT(rpc::FromGrpc(status), anju::testing::IsOk());
      if (!status.ok()) return updates;
      updates.insert(updates.end(), response.updates().begin(), response.updates().end());
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty());
    return updates;
  }
  // Another plan service, with a journal of its own, in the place of the first.
  void ReplacePlan() {
    plan_ = nullptr;
    plan_ = std::make_unique<PlanStub>(directory_ / "another plan");
    plan_->AppendRegistry();
  }
  status::v1::Followed PlanStatus() {
    const auto stub = status::v1::StatusService::NewStub(channel_);
    grpc::ClientContext context;
    status::v1::GetStatusResponse response;
    EXPECT_TRUE(stub->GetStatus(&context, {}, &response).ok());
    return response.following(0);
  }

  // Holds the decider until the gate is set, so that the queue fills.
  class Hold final : public journal::Request {
   public:
    Hold(std::shared_future<void> gate, std::atomic<bool>& held) : gate_(std::move(gate)), held_(held) {}
    void Decide(journal::Recorder&) override { held_ = true, gate_.wait(); }
    void Done(const absl::Status&, const journal::Position&) override {}

   private:
    const std::shared_future<void> gate_;
    std::atomic<bool>& held_;
  };
  class Nothing final : public journal::Request {
   public:
    void Decide(journal::Recorder&) override {}
    void Done(const absl::Status&, const journal::Position&) override {}
  };
  void HoldTheDecider() {
    ASSERT_THAT(server_->pipeline().Submit(std::make_unique<Hold>(gate_.get_future().share(), held_)), anju::testing::IsOk());
    ASSERT_TRUE(anju::testing::WaitUntil([&] { return held_.load(); }));
  }
  void FillTheQueue() {
    while (server_->pipeline().Submit(std::make_unique<Nothing>()).ok()) {
    }
  }
  bool WaitForQueued(size_t count) {
    return anju::testing::WaitUntil([&] { return server_->pipeline().waiting() >= count; });
  }
  void ReleaseTheDecider() { gate_.set_value(); }

  // Numbers 1 … `last` of one source, each once and in order.
  static void ExpectNumbered(const std::vector<v1::ListedUpdate>& updates, uint64_t last) {
    EXPECT_EQ(updates.size(), last);
    for (size_t i = 0; i < updates.size(); ++i) ASSERT_EQ(updates[i].source_sequence(), i + 1);
  }

  anju::testing::TempDir directory_;
  std::promise<void> gate_;
  std::atomic<bool> held_ = false;
  FakeClock clock_{MakeDate(2017, 7, 1)};
  std::unique_ptr<PlanStub> plan_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::ProgressService::Stub> stub_;
};

}  // namespace anju::progress::testing
