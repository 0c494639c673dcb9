// The RPCs as functions: validate, wait for the basis asked for, look once, convert.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "anju/aggregator/v1/aggregator.pb.h"
#include "common/rpc/rpc.h"
#include "services/aggregator/applier.h"
#include "services/aggregator/frames.h"
#include "services/aggregator/worker.h"

namespace anju::aggregator {

inline constexpr size_t kRowsMax = 10'000;     // rows of one answer
inline constexpr int kKeysMax = 32;            // of one column
inline constexpr size_t kDumpBytesMax = 1 << 20;  // of text in one message

using Deadline = std::chrono::system_clock::time_point;

// Safe for concurrent use. Answers come on the caller's thread or, when something was waited for, on another.
class Handlers {
 public:
  Handlers(Applier& applier, Frames& frames) : applier_(applier), frames_(frames) {}

  // Something was applied: looks again at who waits for a basis.
  void Wake() { waiting_.Wake(); }
  void GetRollup(const rpc::Caller& caller, const v1::GetRollupRequest& request, Deadline deadline, rpc::Finish<v1::GetRollupResponse> finish);
  void GetColumn(const rpc::Caller& caller, const v1::GetColumnRequest& request, Deadline deadline, rpc::Finish<v1::GetColumnResponse> finish);
  absl::StatusOr<std::shared_ptr<Frames::Follower>> FollowFrames(const rpc::Caller& caller, const v1::FollowFramesRequest& request,
                                                                 std::function<void()> wake);
  // All messages of the dump; made on the worker's thread.
  using DumpMessages = std::vector<v1::DumpResponse>;
  void Dump(const rpc::Caller& caller, const v1::DumpRequest& request, Deadline deadline, rpc::Finish<DumpMessages> finish);

 private:
  // Runs `ready` once the token's basis is reached and the plan journal has been seen.
  void WhenReached(const std::string& token, Deadline deadline, std::function<void(absl::Status)> ready);
  absl::StatusOr<v1::GetRollupResponse> Rollup(const rpc::Caller& caller, const v1::GetRollupRequest& request) const;
  absl::StatusOr<v1::GetColumnResponse> Column(const rpc::Caller& caller, const v1::GetColumnRequest& request) const;

  Applier& applier_;
  Frames& frames_;
  Worker worker_;
  rpc::WaitingRoom waiting_;  // goes first: whoever waits may still post a dump
};

}  // namespace anju::aggregator
