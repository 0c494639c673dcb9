// Following plan: the registry, targets and rules that reports are checked against, brought in through the pipeline like everything else.
#pragma once

#include <memory>
#include <string>

#include "anju/status/v1/status.pb.h"
#include "common/feed/feed.h"
#include "common/journal/pipeline.h"
#include "common/rpc/rpc.h"
#include "services/progress/desk.h"
#include "services/progress/plan_taker.h"

namespace anju::progress {

// Follows from the cached position. A journal that does not have all that figures here were decided under (another one, or one restored to before
// that) leaves it disconnected with the reason in its status, and nothing is taken meanwhile: recorded figures carry numbers minted there.
class PlanFeed {
 public:
  // Blocks until the cached position is what new blocks carry. REQUIRES: nothing was submitted to the pipeline before.
  PlanFeed(std::string address, Desk& desk, journal::Pipeline& pipeline, rpc::WaitingRoom& room);
  ~PlanFeed();
  void FillStatus(status::v1::Followed* followed) const;

 private:
  absl::Status Take(const journal::BlockView& block, const journal::Position& after);

  const std::string address_;
  Desk& desk_;
  PlanTaker taker_;  // of the follower's thread
  std::unique_ptr<feed::Follower> follower_;
};

}  // namespace anju::progress
