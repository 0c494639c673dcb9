// The feed's client: one thread that reads a stream, checks the chain and hands blocks over.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "anju/feed/v1/feed.grpc.pb.h"
#include "common/faults/faults.h"
#include "common/feed/feed.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::feed {

class Follower::Impl {
 public:
  Impl(std::string name, std::shared_ptr<grpc::Channel> channel, journal::Position from, Callbacks callbacks)
      : name_(std::move(name)), stub_(v1::FeedService::NewStub(channel)), at_(from), callbacks_(std::move(callbacks)) {
    CHECK(callbacks_.on_block != nullptr);
    thread_ = std::thread([this] { Run(); });
  }

  ~Impl() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
      if (context_ != nullptr) context_->TryCancel();
    }
    stopped_.notify_all();
    thread_.join();
  }

  FollowerStatus status() const {
    std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  void Run() {
    int backoff_ms = kBackoffMsMin;
    while (!Stopping()) {
      bool received = false;
      const absl::Status ended = FollowOnce(&received);
      if (Stopping()) return;
      if (received) backoff_ms = kBackoffMsMin;
      if (PositionIsLost(ended) && callbacks_.on_data_loss) {
        at_ = callbacks_.on_data_loss();
      }
      std::unique_lock lock(mutex_);
      status_.connected = false;
      status_.problem = name_ + ": " + std::string(ended.message());
      stopped_.wait_for(lock, std::chrono::milliseconds(backoff_ms), [this] { return stopping_; });
      backoff_ms = std::min(2 * backoff_ms, kBackoffMsMax);
    }
  }

  // Only the upstream's word that our position is not in its journal; damage on its disk is no reason to throw ours away.
  static bool PositionIsLost(const absl::Status& status) {
    return HasReason(status, Reason::DATA_LOSS) && ErrorsOf(status).front().field == "after";
  }

  // One stream from connecting to its end. Never OK: a feed has no end of its own.
  absl::Status FollowOnce(bool* received) {
    grpc::ClientContext context;
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return absl::CancelledError("stopped");
      context_ = &context;
    }
    // Before the first event any journal will do: a new one may have taken the place of an empty one.
    if (at_.sequence == 0) at_ = {};
    v1::FollowRequest request;
    *request.mutable_after() = rpc::ToProto(at_);
    std::unique_ptr<grpc::ClientReader<v1::FollowResponse>> reader = stub_->Follow(&context, request);
    absl::Status taken;
    v1::FollowResponse response;
    while (taken.ok() && reader->Read(&response)) taken = Take(response, received);
    if (!taken.ok()) context.TryCancel();
    while (reader->Read(&response)) {
    }
    const grpc::Status finished = reader->Finish();
    {
      std::lock_guard lock(mutex_);
      context_ = nullptr;
    }
    if (!taken.ok()) return taken;
    if (finished.ok()) return absl::UnavailableError("the feed ended");
    return rpc::FromGrpc(finished);
  }

  absl::Status Take(const v1::FollowResponse& response, bool* received) {
    if (faults::IsDisabled(faults::Protection::kPositionCheck)) return TakeWhateverComes(response, received);
    ASSIGN_OR_RETURN(journal::Position stands, rpc::FromProto(response.position()));
    if (at_.sequence > 0 && stands.journal_id != at_.journal_id) return Broken("changed its journal within a stream");
    if (stands.sequence < at_.sequence) return Broken("went back");
    at_.journal_id = stands.journal_id;
    Connected(stands.sequence);
    for (const std::string& bytes : response.blocks()) {
      if (Stopping()) return absl::CancelledError("stopped");
      ASSIGN_OR_RETURN(journal::BlockView block, journal::DecodeBlock(bytes, /*verify_root=*/true));
      if (block.header.first_sequence != at_.sequence + 1) return Broken("left out or repeated events");
      if (at_.block_hash != journal::Hash{} && block.previous_hash != at_.block_hash) return Broken("broke the chain of hashes");
      const journal::Position after{at_.journal_id, block.header.last_sequence(), block.hash};
      faults::Reach("feed.before_block");
      RETURN_IF_ERROR(callbacks_.on_block(block, bytes, after));
      faults::Reach("feed.after_block");
      at_ = after;
      *received = true;
    }
    if (stands.sequence != at_.sequence) return Broken("left out events");
    if (at_.sequence > 0 && stands.block_hash != journal::Hash{} && at_.block_hash != journal::Hash{} && stands.block_hash != at_.block_hash) {
      return Broken("has another hash at the same position");
    }
    // At the journal's beginning this is the hash the first block must name.
    if (at_.block_hash == journal::Hash{}) at_.block_hash = stands.block_hash;
    *received = true;
    if (response.blocks().empty() && callbacks_.on_bookmark) callbacks_.on_bookmark(at_);
    if (response.sent_time_us() > 0 && callbacks_.on_fresh) callbacks_.on_fresh(at_, response.sent_time_us());
    return absl::OkStatus();
  }

  // Only in tests that show that the checks above are needed.
  absl::Status TakeWhateverComes(const v1::FollowResponse& response, bool* received) {
    ASSIGN_OR_RETURN(const journal::Position stands, rpc::FromProto(response.position()));
    Connected(stands.sequence);
    for (const std::string& bytes : response.blocks()) {
      ASSIGN_OR_RETURN(const journal::BlockView block, journal::DecodeBlock(bytes));
      const journal::Position after{stands.journal_id, block.header.last_sequence(), block.hash};
      RETURN_IF_ERROR(callbacks_.on_block(block, bytes, after));
      at_ = after;
    }
    *received = true;
    if (response.blocks().empty() && callbacks_.on_bookmark) callbacks_.on_bookmark(at_);
    if (response.sent_time_us() > 0 && callbacks_.on_fresh) callbacks_.on_fresh(at_, response.sent_time_us());
    return absl::OkStatus();
  }

  void Connected(uint64_t upstream_sequence) {
    std::lock_guard lock(mutex_);
    status_.connected = true;
    status_.upstream_sequence = upstream_sequence;
    status_.problem.clear();
  }

  absl::Status Broken(std::string_view what) const {
    return MakeError(Reason::DATA_LOSS, "", "",
                     "the feed of " + name_ + " " + std::string(what) + " after sequence " + std::to_string(at_.sequence));
  }

  bool Stopping() const {
    std::lock_guard lock(mutex_);
    return stopping_;
  }

  const std::string name_;
  const std::unique_ptr<v1::FeedService::Stub> stub_;
  journal::Position at_;  // stored; the follower's thread only
  const Callbacks callbacks_;
  mutable std::mutex mutex_;
  std::condition_variable stopped_;
  FollowerStatus status_;
  grpc::ClientContext* context_ = nullptr;  // of the stream that runs, for the destructor to cancel
  bool stopping_ = false;
  std::thread thread_;
};

Follower::Follower(std::string name, std::shared_ptr<grpc::Channel> channel, journal::Position from, Callbacks callbacks)
    : impl_(std::make_unique<Impl>(std::move(name), std::move(channel), std::move(from), std::move(callbacks))) {}
Follower::~Follower() = default;
FollowerStatus Follower::status() const { return impl_->status(); }

}  // namespace anju::feed
