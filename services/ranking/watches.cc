// One thread for each watcher, one more for all bookmarks.
#include "services/ranking/watches.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "common/rpc/stream_reader.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/thread/mutex.h"

namespace anju::ranking {
namespace {

using aggregator::v1::ColumnStep;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Whether asking again later may help, once the watch has begun. An error without details is the connection's own.
bool MayPass(const grpc::Status& ended) {
  if (ended.ok()) return true;
  if (ended.error_details().empty()) return ended.error_code() != grpc::StatusCode::UNIMPLEMENTED;
  const absl::Status status = rpc::FromGrpc(ended);
  return HasReason(status, Reason::UNAVAILABLE) || HasReason(status, Reason::NOT_READY) || HasReason(status, Reason::OVERLOADED);
}

absl::Status Stopping() { return MakeError(Reason::UNAVAILABLE, "", "", "the service is stopping"); }

}  // namespace

// One watch. gRPC's own calls come on its threads and only leave a note under the mutex; Run does the rest and finishes the call.
class Watches::Watcher final : public grpc::ServerWriteReactor<v1::WatchEvent> {
 public:
  Watcher(std::shared_ptr<Shared> shared, std::unique_ptr<const Watched> watched)
      : shared_(std::move(shared)), watched_(std::move(watched)) {}

  // `self` keeps the object until gRPC is done with it; the thread has a copy of its own.
  void Start(std::shared_ptr<Watcher> self) {
    self_ = self;
    column_.emplace(*watched_);
    thread_ = std::thread([self] { self->Run(); });
  }
  // Nothing was watched: the call ends at once.
  void Refuse(std::shared_ptr<Watcher> self, const absl::Status& status) {
    self_ = std::move(self);
    Finish(rpc::ToGrpc(status));
  }

  void OnWriteDone(bool ok) override {
    const MutexLock lock(mutex_);
    writing_ = false;
    if (!ok) Break();
    changed_.notify_all();
  }
  void OnCancel() override {
    const MutexLock lock(mutex_);
    Break();
  }
  void OnDone() override { self_.reset(); }

  void End() {
    const MutexLock lock(mutex_);
    stopping_ = true;
    Break();
  }
  // Sends a bookmark when nothing was sent for a while.
  void Tick(steady_clock::time_point now) {
    {
      const MutexLock lock(mutex_);
      if (!begun_ || writing_ || broken_ || ended_ || now - written_ < milliseconds(kBookmarkMs)) return;
      message_.Clear();
      Write(now);
    }
    StartWrite(&message_);
  }
  // True when the thread is about to return: joining it waits for nothing.
  bool done() const {
    const MutexLock lock(mutex_);
    return done_;
  }
  void Join() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  void Break() REQUIRES(mutex_) {
    broken_ = true;
    if (stream_ != nullptr) stream_->TryCancel();
    changed_.notify_all();
  }
  // Fills in what every message has and notes that it is on its way; StartWrite comes next.
  void Write(steady_clock::time_point now) REQUIRES(mutex_) {
    if (begun_ && !message_.has_from()) *message_.mutable_from() = told_.basis();
    *message_.mutable_to() = at_;
    // A transition reads the same whenever it is told; how fresh the service is now comes with the bookmarks.
    if (message_.changes_size() > 0) {
      message_.mutable_to()->clear_recorded_time_us();
      message_.mutable_to()->clear_complete_until_us();
    }
    told_ = at_;
    begun_ = true;
    writing_ = true;
    written_ = now;
  }

  void Run();
  grpc::Status FollowOnce(absl::Status* refused);
  absl::Status Take(const ColumnStep& step);
  void Send(v1::WatchEvent event, const types::v1::BasisStamp& to);

  const std::shared_ptr<Shared> shared_;
  std::shared_ptr<Watcher> self_;                 // from before gRPC has the call until it is done with it
  const std::unique_ptr<const Watched> watched_;  // nullptr in a refused call
  std::thread thread_;
  std::optional<WatchedColumn> column_;  // the thread's
  bool received_ = false;            // something came since the stream was opened; the thread's

  mutable Mutex mutex_;
  ConditionVariable changed_;
  v1::WatchEvent message_ GUARDED_BY(mutex_);           // being written; gRPC reads it while writing_, and nobody changes it then
  types::v1::BasisStamp at_ GUARDED_BY(mutex_);         // dealt with
  types::v1::BasisStamp told_ GUARDED_BY(mutex_);       // in the last message
  steady_clock::time_point written_ GUARDED_BY(mutex_){};
  bool begun_ GUARDED_BY(mutex_) = false;
  bool writing_ GUARDED_BY(mutex_) = false;
  bool broken_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool ended_ GUARDED_BY(mutex_) = false;
  bool done_ GUARDED_BY(mutex_) = false;
  grpc::ClientContext* stream_ GUARDED_BY(mutex_) = nullptr;
};

struct Watches::Shared {
  explicit Shared(std::shared_ptr<grpc::Channel> channel) : channel(std::move(channel)) {}
  const std::shared_ptr<grpc::Channel> channel;
  Mutex mutex;
  ConditionVariable changed;
  std::vector<std::shared_ptr<Watcher>> watchers GUARDED_BY(mutex);
  bool ending GUARDED_BY(mutex) = false;    // no new ones
  bool stopping GUARDED_BY(mutex) = false;  // the ticker too
  std::thread ticker;                       // begun and joined by Watches alone

  void Tick() {
    MutexLock lock(mutex);
    while (!stopping) {
      changed.wait_for(lock, milliseconds(kTickMs), [this]() REQUIRES(mutex) { return stopping; });
      const auto first_gone = std::stable_partition(watchers.begin(), watchers.end(), [](const auto& watcher) { return !watcher->done(); });
      const std::vector<std::shared_ptr<Watcher>> gone(first_gone, watchers.end());
      watchers.erase(first_gone, watchers.end());
      const std::vector<std::shared_ptr<Watcher>> all = watchers;
      lock.unlock();
      for (const auto& watcher : gone) watcher->Join();
      for (const auto& watcher : all) watcher->Tick(steady_clock::now());
      lock.lock();
    }
  }
};

void Watches::Watcher::Run() {
  absl::Status end;
  int backoff_ms = kBackoffMsMin;
  steady_clock::time_point lost = steady_clock::now();  // the last time that the aggregator knew our basis
  while (true) {
    received_ = false;
    const grpc::Status ended = FollowOnce(&end);
    if (received_) {
      lost = steady_clock::now();
      backoff_ms = kBackoffMsMin;
    }
    MutexLock lock(mutex_);
    if (broken_ || !end.ok()) break;
    const absl::Status status = rpc::FromGrpc(ended);
    // An aggregator that has started again may need a moment before it has read as far as it was.
    const bool catching_up = HasReason(status, Reason::UNKNOWN_BASIS) && steady_clock::now() - lost < milliseconds(kBasisRetryMs);
    if (!begun_ || !(MayPass(ended) || catching_up)) {
      end = ended.ok() ? MakeError(Reason::UNAVAILABLE, "", "", "the aggregator ended the stream") : status;
      break;
    }
    changed_.wait_for(lock, milliseconds(backoff_ms), [this]() REQUIRES(mutex_) { return broken_; });
    backoff_ms = std::min(2 * backoff_ms, kBackoffMsMax);
  }
  {
    MutexLock lock(mutex_);
    ended_ = true;
    // A cancelled call's write ends too, so this wait has an end.
    changed_.wait(lock, [this]() REQUIRES(mutex_) { return !writing_; });
    if (end.ok()) end = stopping_ ? Stopping() : absl::CancelledError("the call was cancelled");
  }
  Finish(rpc::ToGrpc(end));
  const MutexLock lock(mutex_);
  done_ = true;
}

// One stream from opening to its end. `refused` is set when the watch cannot go on.
grpc::Status Watches::Watcher::FollowOnce(absl::Status* refused) {
  grpc::ClientContext context;
  std::string from = watched_->from;
  {
    const MutexLock lock(mutex_);
    if (broken_) return grpc::Status::CANCELLED;
    stream_ = &context;
    if (begun_) from = at_.token();
  }
  rpc::StreamReader reader(shared_->channel, "/anju.aggregator.v1.AggregatorService/FollowColumn", &context, watched_->Request(from));
  for (ColumnStep step; refused->ok() && reader.Read(&step);) {
    received_ = true;
    *refused = Take(step);
  }
  if (!refused->ok()) context.TryCancel();
  const grpc::Status ended = reader.Finish();
  const MutexLock lock(mutex_);
  stream_ = nullptr;
  return ended;
}

absl::Status Watches::Watcher::Take(const ColumnStep& step) {
  bool first = false;
  {
    const MutexLock lock(mutex_);
    first = !begun_;
    // A stream that was opened again repeats the column that we have.
    const types::v1::Basis &to = step.to().basis(), &at = at_.basis();
    if (!first && !step.has_from() && !(rpc::Includes(to, at) && rpc::Includes(at, to))) {
      return MakeError(Reason::UNKNOWN_BASIS, "from", at_.token(), "the aggregator did not go on from the basis it was asked to");
    }
  }
  ASSIGN_OR_RETURN(std::vector<v1::RowChange> changes, column_->Apply(step));
  {
    const MutexLock lock(mutex_);
    if (!first && changes.empty()) {
      at_ = step.to();  // the next message, a bookmark if nothing else, says so
      return absl::OkStatus();
    }
  }
  v1::WatchEvent event;
  if (!first) {
    *event.mutable_from() = step.from();
    for (v1::RowChange& change : changes) *event.add_changes() = std::move(change);
    if (step.has_cause()) *event.mutable_cause() = step.cause();
  }
  Send(std::move(event), step.to());
  return absl::OkStatus();
}

// Waits until the message before has been taken. Sends nothing any more when the call is over.
void Watches::Watcher::Send(v1::WatchEvent event, const types::v1::BasisStamp& to) {
  {
    MutexLock lock(mutex_);
    changed_.wait(lock, [this]() REQUIRES(mutex_) { return !writing_ || broken_; });
    if (broken_) return;
    message_ = std::move(event);
    at_ = to;
    Write(steady_clock::now());
  }
  StartWrite(&message_);
}

Watches::Watches(const Store& store, std::shared_ptr<grpc::Channel> channel) : store_(store), shared_(std::make_shared<Shared>(std::move(channel))) {
  shared_->ticker = std::thread([shared = shared_.get()] { shared->Tick(); });
}

Watches::~Watches() {
  End();
  std::vector<std::shared_ptr<Watcher>> left;
  {
    const MutexLock lock(shared_->mutex);
    shared_->stopping = true;
    left = shared_->watchers;
    shared_->changed.notify_all();
  }
  shared_->ticker.join();
  for (const auto& watcher : left) watcher->Join();
}

void Watches::End() {
  std::vector<std::shared_ptr<Watcher>> all;
  {
    const MutexLock lock(shared_->mutex);
    shared_->ending = true;
    all = shared_->watchers;
  }
  for (const auto& watcher : all) watcher->End();
}

grpc::ServerWriteReactor<v1::WatchEvent>* Watches::Open(const rpc::Caller& caller, const v1::WatchRequest& request) {
  absl::StatusOr<std::unique_ptr<const Watched>> watched = ReadWatch(caller, request, *store_.Read());
  absl::Status refused = watched.status();
  auto watcher = std::make_shared<Watcher>(shared_, watched.ok() ? *std::move(watched) : nullptr);
  {
    const MutexLock lock(shared_->mutex);
    if (refused.ok() && shared_->ending) refused = Stopping();
    if (refused.ok() && shared_->watchers.size() >= kWatchersMax) {
      refused = MakeError(Reason::OVERLOADED, "", "", "more than " + std::to_string(kWatchersMax) + " watchers at once");
    }
    if (refused.ok()) {
      shared_->watchers.push_back(watcher);
      watcher->Start(watcher);  // under the lock, so that nobody joins a thread that is not there yet
    }
  }
  if (!refused.ok()) watcher->Refuse(watcher, refused);
  return watcher.get();
}

}  // namespace anju::ranking
