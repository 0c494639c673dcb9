// The feed's client: one thread that opens a stream after the other and hands what comes to the chain, and one a stream that reads ahead of it.
#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <thread>
#include <utility>

#include "anju/feed/v1/feed.pb.h"
#include "common/feed/feed.h"
#include "common/rpc/rpc.h"
#include "common/rpc/stream_reader.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/thread/mutex.h"

namespace anju::feed {
namespace {

// What a stream brings, read, decoded and hashed on a thread of its own while the message before is being taken: a rebuild is a fifth faster for it.
class Ahead {
 public:
  struct Message {
    v1::FollowResponse response;
    Blocks blocks;
  };

  explicit Ahead(rpc::StreamReader& reader) : reader_(reader), thread_([this] { Run(); }) {}
  // REQUIRES: the stream is over, or cancelled.
  ~Ahead() {
    {
      const MutexLock lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  // Waits for the next message; nullptr at the end of the stream.
  std::unique_ptr<Message> Next() {
    std::unique_ptr<Message> message;
    {
      MutexLock lock(mutex_);
      changed_.wait(lock, [this]() REQUIRES(mutex_) { return !messages_.empty() || ended_; });
      if (messages_.empty()) return nullptr;
      message = std::move(messages_.front());
      messages_.pop_front();
    }
    changed_.notify_all();
    return message;
  }

 private:
  // Waits until one more may be decoded; false when nobody wants any.
  bool Room() {
    MutexLock lock(mutex_);
    changed_.wait(lock, [this]() REQUIRES(mutex_) { return messages_.size() < kMessagesAheadMax || stopping_; });
    return !stopping_;
  }
  void Run() {
    while (Room()) {
      auto message = std::make_unique<Message>();
      if (!reader_.Read(&message->response)) break;
      message->blocks = DecodeBlocks(message->response);
      {
        const MutexLock lock(mutex_);
        messages_.push_back(std::move(message));
      }
      changed_.notify_all();
    }
    {
      const MutexLock lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
  }

  rpc::StreamReader& reader_;
  Mutex mutex_;
  ConditionVariable changed_;
  std::deque<std::unique_ptr<Message>> messages_ GUARDED_BY(mutex_);
  bool ended_ GUARDED_BY(mutex_) = false;     // nothing more comes
  bool stopping_ GUARDED_BY(mutex_) = false;  // nobody wants any more
  std::thread thread_;
};

}  // namespace

class Follower::Impl {
 public:
  Impl(std::string name, std::shared_ptr<grpc::Channel> channel, journal::Position from, Callbacks callbacks)
      : name_(std::move(name)), channel_(std::move(channel)), chain_(name_, from), callbacks_(std::move(callbacks)) {
    CHECK(callbacks_.on_block != nullptr);
    callbacks_.on_block = [this, on_block = std::move(callbacks_.on_block)](const journal::BlockView& block, std::string_view bytes,
                                                                            const journal::Position& after) -> absl::Status {
      if (Stopping()) return absl::CancelledError("stopped");
      Connected();  // what follows may take its time
      RETURN_IF_ERROR(on_block(block, bytes, after));
      received_ = true;
      return absl::OkStatus();
    };
    thread_ = std::thread([this] { Run(); });
  }

  ~Impl() {
    {
      const MutexLock lock(mutex_);
      stopping_ = true;
      if (context_ != nullptr) context_->TryCancel();
    }
    stopped_.notify_all();
    thread_.join();
  }

  FollowerStatus status() const {
    const MutexLock lock(mutex_);
    return status_;
  }

 private:
  void Run() {
    int backoff_ms = kBackoffMsMin;
    while (!Stopping()) {
      received_ = false;
      const absl::Status ended = FollowOnce();
      if (Stopping()) return;
      if (received_) backoff_ms = kBackoffMsMin;
      chain_.End(ended, callbacks_);
      MutexLock lock(mutex_);
      status_.connected = false;
      status_.problem = name_ + ": " + std::string(ended.message());
      stopped_.wait_for(lock, std::chrono::milliseconds(backoff_ms), [this]() REQUIRES(mutex_) { return stopping_; });
      backoff_ms = std::min(2 * backoff_ms, kBackoffMsMax);
    }
  }

  // One stream from connecting to its end. Never OK: a feed has no end of its own.
  absl::Status FollowOnce() {
    grpc::ClientContext context;
    {
      const MutexLock lock(mutex_);
      if (stopping_) return absl::CancelledError("stopped");
      context_ = &context;
    }
    v1::FollowRequest request;
    *request.mutable_after() = rpc::ToProto(chain_.Begin());
    rpc::StreamReader reader(channel_, "/anju.feed.v1.FeedService/Follow", &context, request);
    absl::Status taken;
    {
      Ahead ahead(reader);
      while (const std::unique_ptr<Ahead::Message> message = ahead.Next()) {
        announced_ = message->response.position().sequence();
        taken = chain_.Take(message->response, message->blocks, callbacks_);
        if (!taken.ok()) break;
        Connected();
        received_ = true;
      }
      if (!taken.ok()) context.TryCancel();
    }
    const grpc::Status finished = reader.Finish();
    {
      const MutexLock lock(mutex_);
      context_ = nullptr;
    }
    if (!taken.ok()) return taken;
    if (finished.ok()) return absl::UnavailableError("the feed ended");
    return rpc::FromGrpc(finished);
  }

  void Connected() {
    const MutexLock lock(mutex_);
    status_.connected = true;
    status_.upstream_sequence = announced_;
    status_.problem.clear();
  }

  bool Stopping() const {
    const MutexLock lock(mutex_);
    return stopping_;
  }

  const std::string name_;
  const std::shared_ptr<grpc::Channel> channel_;
  Chain chain_;              // the follower's thread only, as the next two
  bool received_ = false;    // anything that held, on this stream
  uint64_t announced_ = 0;   // the sequence that the message being taken leads to
  Callbacks callbacks_;
  mutable Mutex mutex_;
  ConditionVariable stopped_;
  FollowerStatus status_ GUARDED_BY(mutex_);
  grpc::ClientContext* context_ GUARDED_BY(mutex_) = nullptr;  // of the stream that runs, for the destructor to cancel
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

Follower::Follower(std::string name, std::shared_ptr<grpc::Channel> channel, journal::Position from, Callbacks callbacks)
    : impl_(std::make_unique<Impl>(std::move(name), std::move(channel), std::move(from), std::move(callbacks))) {}
Follower::~Follower() = default;
FollowerStatus Follower::status() const { return impl_->status(); }

}  // namespace anju::feed
