// Asks the aggregator for what our own cells do not hold: columns at other moments, milestones.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "anju/aggregator/v1/aggregator.grpc.pb.h"

namespace anju::ranking {

// Safe for concurrent use. Calls `done` once, on a thread of gRPC: the answer, the aggregator's refusal, or UNAVAILABLE.
class Columns {
 public:
  using Deadline = std::chrono::system_clock::time_point;
  template <typename Response>
  using Done = std::function<void(absl::StatusOr<Response>)>;

  Columns(std::shared_ptr<grpc::Channel> channel, std::string address);
  ~Columns();  // cancels what is under way and waits until every `done` has returned
  // Cancels what is under way without waiting; what is asked later is not.
  void Cancel();

  // As many columns as moments were asked for, all at one look.
  void Get(const aggregator::v1::GetColumnsRequest& request, Deadline deadline, Done<aggregator::v1::GetColumnsResponse> done);
  void GetMilestones(const aggregator::v1::GetMilestoneStatusRequest& request, Deadline deadline,
                     Done<aggregator::v1::GetMilestoneStatusResponse> done);
  // The basis with the hashes of the blocks that end at its positions.
  void GetHeads(const types::v1::Basis& basis, Deadline deadline, Done<types::v1::Basis> done);

 private:
  struct Calls;
  // `start` is given the stub, the context, the request, the response and what to call at the end.
  template <typename Request, typename Response, typename Start>
  void Ask(const Request& request, Deadline deadline, Done<Response> done, Start start);
  const std::unique_ptr<aggregator::v1::AggregatorService::Stub> stub_;
  const std::string address_;
  const std::unique_ptr<Calls> calls_;
};

}  // namespace anju::ranking
