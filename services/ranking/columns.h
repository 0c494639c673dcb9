// Asks the aggregator for what our own cells do not hold: columns at other moments, milestones.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "anju/aggregator/v1/aggregator.grpc.pb.h"

namespace anju::ranking {

// Whom the ranking service asks. Safe for concurrent use. Calls `done` once, on any thread: the answer, the aggregator's refusal, or UNAVAILABLE.
class Columns {
 public:
  using Deadline = std::chrono::system_clock::time_point;
  template <typename Response>
  using Done = std::function<void(absl::StatusOr<Response>)>;

  virtual ~Columns() = default;  // cancels what is under way and waits until every `done` has returned
  // Cancels what is under way without waiting; what is asked later is not.
  virtual void Cancel() = 0;

  // As many columns as moments were asked for, all at one look.
  virtual void Get(const aggregator::v1::GetColumnsRequest& request, Deadline deadline, Done<aggregator::v1::GetColumnsResponse> done) = 0;
  virtual void GetMilestones(const aggregator::v1::GetMilestoneStatusRequest& request, Deadline deadline,
                             Done<aggregator::v1::GetMilestoneStatusResponse> done) = 0;
  // The basis with the hashes of the blocks that end at its positions.
  virtual void GetHeads(const types::v1::Basis& basis, Deadline deadline, Done<types::v1::Basis> done) = 0;
};

// The aggregator at an address, over gRPC.
std::unique_ptr<Columns> ConnectColumns(std::shared_ptr<grpc::Channel> channel, std::string address);

}  // namespace anju::ranking
