// Asks the aggregator for the columns of dated tables.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "anju/aggregator/v1/aggregator.grpc.pb.h"

namespace anju::ranking {

// Safe for concurrent use.
class Columns {
 public:
  using Done = std::function<void(absl::StatusOr<aggregator::v1::GetColumnResponse>)>;

  Columns(std::shared_ptr<grpc::Channel> channel, std::string address);
  ~Columns();  // cancels what is under way and waits until every `done` has returned

  // Calls `done` once, on a thread of gRPC: the column, the aggregator's refusal, or UNAVAILABLE.
  void Get(const aggregator::v1::GetColumnRequest& request, std::chrono::system_clock::time_point deadline, Done done);

 private:
  struct Call;
  struct Calls;
  const std::unique_ptr<aggregator::v1::AggregatorService::Stub> stub_;
  const std::string address_;
  const std::unique_ptr<Calls> calls_;
};

}  // namespace anju::ranking
