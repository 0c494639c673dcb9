// Follows the aggregator's frames: open, apply, fall out of step, start again.
#include "services/ranking/frames.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <spdlog/spdlog.h>

#include "common/faults/faults.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::ranking {
namespace {

using aggregator::v1::Frame;

bool SamePosition(const types::v1::Position& a, const types::v1::Position& b) {
  return a.journal_id() == b.journal_id() && a.sequence() == b.sequence();
}

// Journal ids and sequences; hashes are not compared, a basis may come without them.
bool SameBasis(const types::v1::Basis& a, const types::v1::Basis& b) {
  if (!SamePosition(a.plan(), b.plan()) || a.progress_size() != b.progress_size()) return false;
  for (int i = 0; i < a.progress_size(); ++i) {
    if (!SamePosition(a.progress(i), b.progress(i))) return false;
  }
  return true;
}

bool Follows(const Frame& frame, const types::v1::Basis& ours) {
  return SameBasis(frame.from(), ours) || faults::IsDisabled(faults::Protection::kPositionCheck);
}

}  // namespace

Frames::Frames(Store& store, std::shared_ptr<grpc::Channel> channel, std::string address, std::function<void()> applied)
    : store_(store), channel_(std::move(channel)), stub_(aggregator::v1::AggregatorService::NewStub(channel_)), address_(std::move(address)),
      applied_(std::move(applied)) {
  thread_ = std::thread([this] { Run(); });
}

Frames::~Frames() {
  {
    const std::lock_guard lock(mutex_);
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
  const std::lock_guard lock(mutex_);
  followed.set_connected(stream_ != nullptr && channel_->GetState(false) == GRPC_CHANNEL_READY);
  if (!followed.connected()) followed.set_problem(problem_.empty() ? "connecting" : problem_);
  return followed;
}

void Frames::SetProblem(std::string problem) {
  const std::lock_guard lock(mutex_);
  if (!stopping_ && problem != problem_ && !problem.empty()) spdlog::warn("frames of {}: {}", address_, problem);
  problem_ = std::move(problem);
}

void Frames::Run() {
  while (true) {
    FollowOnce();
    std::unique_lock lock(mutex_);
    stop_changed_.wait_for(lock, std::chrono::milliseconds(backoff_ms_), [&] { return stopping_; });
    if (stopping_) return;
    backoff_ms_ = std::min(backoff_ms_ * 2, kBackoffMsMax);
  }
}

// One stream from open to end.
void Frames::FollowOnce() {
  pending_.clear();
  aggregator::v1::FollowFramesRequest request;
  const std::shared_ptr<const Contents> contents = store_.Read();
  // After a second misfit our basis is of no use to this aggregator: start with a snapshot.
  if (contents->ready && misfits_ < 2) *request.mutable_from() = contents->stamp.basis();

  grpc::ClientContext context;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    stream_ = &context;
  }
  std::unique_ptr<grpc::ClientReader<Frame>> reader = stub_->FollowFrames(&context, request);
  bool fits = true;
  for (Frame frame; fits && reader->Read(&frame);) {
    const Step step = Take(std::move(frame));
    fits = step != Step::kMisfit;
    if (step != Step::kApplied) continue;
    misfits_ = 0;
    backoff_ms_ = kBackoffMsMin;
    SetProblem("");
    applied_();
  }
  if (!fits) context.TryCancel();
  const grpc::Status ended = reader->Finish();
  {
    const std::lock_guard lock(mutex_);
    stream_ = nullptr;
  }
  if (!fits) {
    ++misfits_;
    SetProblem("a frame did not follow on our basis; starting again");
    return;
  }
  const absl::Status status = rpc::FromGrpc(ended);
  // The aggregator does not know our basis (its journals were restored or replaced).
  if (HasReason(status, Reason::DATA_LOSS) || HasReason(status, Reason::BAD_TOKEN)) misfits_ = 2;
  SetProblem(status.ok() ? "the aggregator ended the stream" : std::string(status.message()));
}

Frames::Step Frames::Take(Frame frame) {
  if (frame.snapshot()) {
    pending_.push_back(std::move(frame));
    if (!pending_.back().last()) return pending_.size() < kSnapshotMessagesMax ? Step::kPending : Step::kMisfit;
    if (!pending_.back().has_to()) return Step::kMisfit;
    faults::Reach("ranking.before_snapshot");
    CHECK_OK(store_.Replace(pending_));
    faults::Reach("ranking.after_snapshot");
    pending_.clear();
    return Step::kApplied;
  }
  const std::shared_ptr<const Contents> contents = store_.Read();
  if (!pending_.empty() || !contents->ready || !frame.has_to() || !Follows(frame, contents->stamp.basis())) return Step::kMisfit;
  const bool changes = frame.cells_size() + frame.regions_size() + frame.programmes_size() + frame.indicators_size() > 0;
  if (!changes && SameBasis(frame.from(), frame.to().basis())) {
    store_.Refresh(frame.to());
    return Step::kApplied;
  }
  faults::Reach("ranking.before_frame");
  CHECK_OK(store_.Apply(frame));
  faults::Reach("ranking.after_frame");
  return Step::kApplied;
}

}  // namespace anju::ranking
