// The feed's server: one thread reads the journal for all followers, and one for proofs, so that neither gRPC's threads nor the writer ever do.
#include <algorithm>
#include <chrono>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "anju/feed/v1/feed.grpc.pb.h"
#include "common/feed/feed.h"
#include "common/feed/proofs.h"
#include "common/feed/sending.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/thread/mutex.h"

namespace anju::feed {
namespace {

using TimePoint = std::chrono::steady_clock::time_point;

class FeedService;

// One stream. Its members are the pump's; what others may tell of it is the service's (StreamState). It deletes itself in OnDone.
class Stream final : public grpc::ServerWriteReactor<v1::FollowResponse> {
 public:
  Stream(FeedService& service, Sending sending) : service_(service), sending_(std::move(sending)) {}
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  friend class FeedService;
  FeedService& service_;
  Sending sending_;
  v1::FollowResponse response_;  // being written
  TimePoint bookmark_due_{};     // at once: the first message tells a follower where the journal stands
};

struct StreamState {
  bool writing = false;
  bool broken = false;    // cancelled, or a write failed
  bool finished = false;  // Finish was called: the pump leaves it alone
};

class FeedService final : public v1::FeedService::CallbackService {
 public:
  FeedService(journal::Journal& journal, Clock& clock) : journal_(journal), clock_(clock) {
    listener_ = journal_.AddListener([this](const journal::Position&) { Wake(); });
    pump_ = std::thread([this] { Pump(); });
  }

  // The server has shut down by now, so only streams whose OnDone is still running can be left.
  ~FeedService() override {
    journal_.RemoveListener(listener_);
    EndStreams();
    {
      MutexLock lock(mutex_);
      changed_.wait(lock, [this]() REQUIRES(mutex_) { return streams_.empty(); });
      stopping_ = true;
      woken_ = true;
    }
    changed_.notify_all();
    pump_.join();
  }

  grpc::ServerWriteReactor<v1::FollowResponse>* Follow(grpc::CallbackServerContext* context, const v1::FollowRequest* request) override {
    absl::StatusOr<journal::Position> after = rpc::FromProto(request->after());
    absl::Status status = rpc::Authorize(rpc::CallerOf(*context), rpc::Action::kOperate, 0, nullptr, Date{});
    if (status.ok()) status = after.status();
    auto* stream = new Stream(*this, Sending(journal_, clock_, after.ok() ? *after : journal::Position{}));
    {
      const MutexLock lock(mutex_);
      if (status.ok() && ending_) status = MakeError(Reason::UNAVAILABLE, "", "", "the service is stopping");
      if (status.ok() && streams_.size() >= kFollowersMax) {
        status = MakeError(Reason::OVERLOADED, "", "", "more than " + std::to_string(kFollowersMax) + " followers at once");
      }
      streams_[stream].finished = !status.ok();
      woken_ = true;
    }
    if (!status.ok()) stream->Finish(rpc::ToGrpc(status));
    changed_.notify_all();
    return stream;
  }

  grpc::ServerUnaryReactor* GetPosition(grpc::CallbackServerContext* context, const v1::GetPositionRequest* request,
                                        v1::GetPositionResponse* response) override {
    return Prove<v1::GetPositionResponse>(context, response, [&](auto finish) { prover_.GetPosition(request->sequence(), std::move(finish)); });
  }

  grpc::ServerUnaryReactor* GetInclusionProof(grpc::CallbackServerContext* context, const v1::GetInclusionProofRequest* request,
                                              v1::GetInclusionProofResponse* response) override {
    return Prove<v1::GetInclusionProofResponse>(context, response, [&](auto finish) { prover_.GetInclusionProof(*request, std::move(finish)); });
  }

  grpc::ServerUnaryReactor* GetConsistencyProof(grpc::CallbackServerContext* context, const v1::GetConsistencyProofRequest* request,
                                                v1::GetConsistencyProofResponse* response) override {
    return Prove<v1::GetConsistencyProofResponse>(context, response, [&](auto finish) { prover_.GetConsistencyProof(*request, std::move(finish)); });
  }

  grpc::ServerUnaryReactor* GetJournal(grpc::CallbackServerContext* context, const v1::GetJournalRequest*, v1::GetJournalResponse* response) override {
    return rpc::Answer<v1::GetJournalResponse>(context, response, [&](const rpc::Caller& caller, rpc::Finish<v1::GetJournalResponse> finish) {
      if (absl::Status status = rpc::Authorize(caller, rpc::Action::kOperate, 0, nullptr, Date{}); !status.ok()) return finish(status);
      v1::GetJournalResponse answer;
      for (const std::string& identity : journal_.lineage().encoded()) answer.add_identities(identity);
      *answer.mutable_position() = rpc::ToProto(journal_.durable());
      finish(std::move(answer));
    });
  }

  void EndStreams() {
    {
      const MutexLock lock(mutex_);
      ending_ = true;
    }
    prover_.End();
    Wake();
  }

  void Wake() {
    {
      const MutexLock lock(mutex_);
      woken_ = true;
    }
    changed_.notify_all();
  }

  void WriteDone(Stream* stream, bool ok) {
    {
      const MutexLock lock(mutex_);
      StreamState& state = streams_.at(stream);
      state.writing = false;
      if (!ok) state.broken = true;
      woken_ = true;
    }
    changed_.notify_all();
  }

  void Break(Stream* stream) {
    {
      const MutexLock lock(mutex_);
      streams_.at(stream).broken = true;
      woken_ = true;
    }
    changed_.notify_all();
  }

  void Forget(Stream* stream) {
    const MutexLock lock(mutex_);
    streams_.erase(stream);
    changed_.notify_all();  // under the lock: the destructor may go on as soon as it is released
  }

 private:
  template <typename Response, typename Ask>
  grpc::ServerUnaryReactor* Prove(grpc::CallbackServerContext* context, Response* response, Ask ask) {
    return rpc::Answer<Response>(context, response, [&](const rpc::Caller& caller, rpc::Finish<Response> finish) {
      if (const absl::Status status = rpc::Authorize(caller, rpc::Action::kOperate, 0, nullptr, Date{}); !status.ok()) return finish(status);
      ask(std::move(finish));
    });
  }

  // Serves whoever can take something, then sleeps until something happens or the next bookmark is due.
  void Pump() {
    std::vector<Stream*> ready;
    while (true) {
      ready.clear();
      bool ending = false;
      {
        MutexLock lock(mutex_);
        const auto woken = [this]() REQUIRES(mutex_) { return woken_; };
        TimePoint due = TimePoint::max();
        for (const auto& [stream, state] : streams_) {
          if (!state.writing && !state.finished) due = std::min(due, stream->bookmark_due_);
        }
        if (due == TimePoint::max()) {
          changed_.wait(lock, woken);
        } else {
          changed_.wait_until(lock, due, woken);
        }
        woken_ = false;
        if (stopping_) return;
        ending = ending_;
        for (const auto& [stream, state] : streams_) {
          // A stream lives until OnDone, which comes after its Finish, which only this thread calls from here on.
          if (!state.writing && !state.finished) ready.push_back(stream);
        }
      }
      const TimePoint now = std::chrono::steady_clock::now();
      for (Stream* stream : ready) Serve(*stream, ending, now);
    }
  }

  void Serve(Stream& stream, bool ending, TimePoint now) {
    bool broken = false;
    {
      const MutexLock lock(mutex_);
      broken = streams_.at(&stream).broken;
    }
    if (broken) return Finish(stream, grpc::Status::CANCELLED);
    if (ending) return Finish(stream, rpc::ToGrpc(MakeError(Reason::UNAVAILABLE, "", "", "the service is stopping")));
    absl::StatusOr<bool> filled = stream.sending_.Next(now >= stream.bookmark_due_, &stream.response_);
    if (!filled.ok()) return Finish(stream, rpc::ToGrpc(filled.status()));
    if (!*filled) return;
    stream.bookmark_due_ = now + std::chrono::milliseconds(kBookmarkIntervalMs);
    {
      const MutexLock lock(mutex_);
      streams_.at(&stream).writing = true;
    }
    stream.StartWrite(&stream.response_);
  }

  void Finish(Stream& stream, const grpc::Status& status) {
    {
      const MutexLock lock(mutex_);
      streams_.at(&stream).finished = true;
    }
    stream.Finish(status);  // may delete it
  }

  journal::Journal& journal_;
  Clock& clock_;
  Prover prover_{journal_};
  uint64_t listener_ = 0;
  Mutex mutex_;
  ConditionVariable changed_;
  std::map<Stream*, StreamState> streams_ GUARDED_BY(mutex_);
  bool woken_ GUARDED_BY(mutex_) = false;
  bool ending_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread pump_;
};

void Stream::OnWriteDone(bool ok) { service_.WriteDone(this, ok); }
void Stream::OnCancel() { service_.Break(this); }
void Stream::OnDone() {
  service_.Forget(this);
  delete this;
}

}  // namespace

std::unique_ptr<grpc::Service> NewFeedService(journal::Journal& journal, Clock& clock) {
  return std::make_unique<FeedService>(journal, clock);
}

void EndFeeds(grpc::Service& feed_service) {
  auto* service = dynamic_cast<FeedService*>(&feed_service);
  CHECK(service != nullptr);
  service->EndStreams();
}

}  // namespace anju::feed
