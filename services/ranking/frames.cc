// Follows the aggregator's frames: open, apply, fall out of step, start again.
#include "services/ranking/frames.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <spdlog/spdlog.h>

#include "common/rpc/rpc.h"
#include "common/rpc/stream_reader.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::ranking {

using aggregator::v1::Frame;

Frames::Frames(Store& store, std::shared_ptr<grpc::Channel> channel, std::string address, std::function<void()> applied)
    : taker_(store), channel_(std::move(channel)), address_(std::move(address)),
      applied_(std::move(applied)) {
  thread_ = std::thread([this] { Run(); });
}

Frames::~Frames() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    if (stream_ != nullptr) stream_->TryCancel();
    stop_changed_.notify_all();
  }
  thread_.join();
}

status::v1::Followed Frames::status() const {
  status::v1::Followed followed;
  followed.set_name("aggregator");
  followed.set_address(address_);
  const MutexLock lock(mutex_);
  followed.set_connected(stream_ != nullptr && channel_->GetState(false) == GRPC_CHANNEL_READY);
  if (!followed.connected()) followed.set_problem(problem_.empty() ? "connecting" : problem_);
  return followed;
}

void Frames::SetProblem(std::string problem) {
  const MutexLock lock(mutex_);
  if (!stopping_ && problem != problem_ && !problem.empty()) spdlog::warn("frames of {}: {}", address_, problem);
  problem_ = std::move(problem);
}

void Frames::Run() {
  while (true) {
    FollowOnce();
    MutexLock lock(mutex_);
    stop_changed_.wait_for(lock, std::chrono::milliseconds(backoff_ms_), [this]() REQUIRES(mutex_) { return stopping_; });
    if (stopping_) return;
    backoff_ms_ = std::min(backoff_ms_ * 2, kBackoffMsMax);
  }
}

// One stream from open to end.
void Frames::FollowOnce() {
  const aggregator::v1::FollowFramesRequest request = taker_.Begin();
  grpc::ClientContext context;
  {
    const MutexLock lock(mutex_);
    if (stopping_) return;
    stream_ = &context;
  }
  rpc::StreamReader reader(channel_, "/anju.aggregator.v1.AggregatorService/FollowFrames", &context, request);
  FrameTaker::Step last = FrameTaker::Step::kPending;
  const auto goes_on = [&last] { return last == FrameTaker::Step::kApplied || last == FrameTaker::Step::kPending; };
  // A frame may have a hundred thousand cells: they are made in blocks of memory and forgotten at once.
  google::protobuf::ArenaOptions blocks;
  blocks.start_block_size = 16 << 10;
  blocks.max_block_size = 1 << 20;
  for (google::protobuf::Arena arena(blocks); goes_on(); arena.Reset()) {
    Frame* const frame = google::protobuf::Arena::CreateMessage<Frame>(&arena);
    if (!reader.Read(frame)) break;
    last = taker_.Take(*frame);
    if (last != FrameTaker::Step::kApplied) continue;
    backoff_ms_ = kBackoffMsMin;
    SetProblem("");
    applied_();
  }
  if (!goes_on()) context.TryCancel();
  const grpc::Status ended = reader.Finish();
  {
    const MutexLock lock(mutex_);
    stream_ = nullptr;
  }
  if (last == FrameTaker::Step::kUnreadable) {
    // Asked again now and then: the aggregator may be replaced by one that says it otherwise. Until then what was applied is answered.
    SetProblem(std::string(taker_.unreadable().message()));
    return;
  }
  if (last == FrameTaker::Step::kMisfit) {
    taker_.EndWithMisfit();
    SetProblem("a frame did not follow on our basis; starting again");
    return;
  }
  const absl::Status status = rpc::FromGrpc(ended);
  taker_.End(status);
  SetProblem(status.ok() ? "the aggregator ended the stream" : std::string(status.message()));
}

}  // namespace anju::ranking
