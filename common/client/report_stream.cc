// The report stream: one thread that connects, reads and connects again; one writer thread a connection; the caller only queues.
#include "common/client/report_stream.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <set>
#include <thread>
#include <unordered_map>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "absl/strings/str_cat.h"
#include "anju/progress/v1/progress.grpc.pb.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/thread/mutex.h"

namespace anju::client {
namespace {

using progress::v1::ReportRequest;
using progress::v1::ReportResponse;
using progress::v1::Verdict;
using Clock = std::chrono::steady_clock;

// Items that travel together. `answered` of them, from the front, have their verdict.
struct Chunk {
  ReportRequest request;
  int answered = 0;
  uint64_t next() const { return request.items().first_sequence() + static_cast<uint64_t>(answered); }
  int open() const { return request.items().items_size() - answered; }
};

bool IsWorthRetrying(const absl::Status& status) { return HasReason(status, Reason::UNAVAILABLE) || HasReason(status, Reason::NOT_READY); }

}  // namespace

struct ReportStream::Impl {
  ReportOptions options;
  ReportCallbacks callbacks;
  std::unique_ptr<progress::v1::ProgressService::Stub> stub;

  mutable Mutex mutex;
  ConditionVariable changed;
  // What is in a chunk is guarded too, but for its request while a connection has it: that is changed only between connections.
  grpc::ClientContext* context GUARDED_BY(mutex) = nullptr;     // of the open call, for cancelling it
  std::deque<std::shared_ptr<Chunk>> chunks GUARDED_BY(mutex);  // not wholly answered, by number
  size_t written GUARDED_BY(mutex) = 0;                         // chunks from the front that this connection has been given
  size_t window GUARDED_BY(mutex) = 0;                          // items in `chunks` without a verdict
  size_t in_flight GUARDED_BY(mutex) = 0;                       // those of them that this connection has been given
  std::set<uint64_t> repeated_verdicts GUARDED_BY(mutex);       // numbers at or below `base` whose verdict came, in `chunks`
  uint64_t first_base GUARDED_BY(mutex) = 0;                    // where the source stood when the stream was first opened
  uint64_t base GUARDED_BY(mutex) = 0;                          // where it stood when this connection was opened
  uint64_t acked GUARDED_BY(mutex) = 0;
  uint64_t next_sequence GUARDED_BY(mutex) = 0;                 // Send must not go below it
  uint64_t answered_items GUARDED_BY(mutex) = 0;
  types::v1::BasisStamp basis GUARDED_BY(mutex);
  bool opened GUARDED_BY(mutex) = false;                        // the first answer of the first connection came
  bool connected GUARDED_BY(mutex) = false;                     // the present or last connection had its first answer
  bool broken GUARDED_BY(mutex) = false;                        // nothing more can be read from this connection
  bool finishing GUARDED_BY(mutex) = false;                     // Finish was called
  bool stopping GUARDED_BY(mutex) = false;                      // the destructor was called, or the open timed out
  bool ended GUARDED_BY(mutex) = false;                         // the thread is done; `problem` says how
  absl::Status problem GUARDED_BY(mutex);                       // why the last connection ended
  int reconnects GUARDED_BY(mutex) = 0;
  Clock::time_point lost_since GUARDED_BY(mutex);               // when the last connection that worked was lost
  std::unordered_map<std::string, uint32_t> series_numbers;  // only the caller's thread
  std::vector<progress::v1::SeriesDefinition> series GUARDED_BY(mutex);  // by number
  std::thread thread;

  using Call = grpc::ClientReaderWriter<ReportRequest, ReportResponse>;

  void Run();
  absl::Status RunConnection();
  absl::Status CompareAcked(const ReportResponse& response) const;
  void WriteAll(Call& call);
  void Take(const ReportResponse& response);
  bool IsComplete() const REQUIRES(mutex) { return finishing && opened && chunks.empty(); }
  void ResetForConnection() REQUIRES(mutex);
};

// Connects until the stream is over: answered in full, ended by the server for good, or lost for too long.
void ReportStream::Impl::Run() {
  int attempt = 0;  // in a row, without any answer in between
  MutexLock lock(mutex);
  while (!stopping && !IsComplete()) {
    const uint64_t answered_before = answered_items;
    lock.unlock();
    const absl::Status status = RunConnection();
    lock.lock();
    if (stopping || IsComplete()) break;
    // Ended with OK before its time: the server went away politely.
    problem = !status.ok() ? status : MakeError(Reason::UNAVAILABLE, "", "", "the server ended the stream before every item had its verdict");
    if (!IsWorthRetrying(problem) || (!opened && !options.retry_open)) break;
    if (std::exchange(connected, false)) lost_since = Clock::now();
    attempt = answered_items != answered_before ? 0 : attempt + 1;
    if (attempt >= kReconnectAttemptsMax || Clock::now() - lost_since > std::chrono::milliseconds(options.reconnect_ms)) break;
    ++reconnects;
    const auto backoff = std::chrono::milliseconds(std::min(kReconnectBackoffMsMax, kReconnectBackoffMsMin << std::min(attempt, 8)));
    changed.wait_for(lock, backoff, [this]() REQUIRES(mutex) { return stopping || IsComplete(); });
  }
  ended = true;
  if (IsComplete()) problem = absl::OkStatus();  // whatever became of the connection afterwards
  changed.notify_all();
}

// Everything without a verdict is written again, from the first such item on.
void ReportStream::Impl::ResetForConnection() {
  written = in_flight = 0;
  repeated_verdicts.clear();
  for (const std::shared_ptr<Chunk>& chunk : chunks) {
    auto* items = chunk->request.mutable_items();
    items->clear_definitions();
    items->mutable_items()->DeleteSubrange(0, chunk->answered);
    items->set_first_sequence(items->first_sequence() + static_cast<uint64_t>(chunk->answered));
    chunk->answered = 0;
  }
}

// A verdict is for ever: a source that stands lower than it was acknowledged has been given an older journal.
absl::Status ReportStream::Impl::CompareAcked(const ReportResponse& response) const {
  const MutexLock lock(mutex);
  if (!opened || response.acked_sequence() >= acked) return absl::OkStatus();
  return MakeError(Reason::ROLLED_BACK, "sequence", absl::StrCat(response.acked_sequence() + 1, "..", acked),
                   absl::StrCat("the service ends at number ", response.acked_sequence(), " of the source ", options.source, " and had acknowledged ", acked));
}

absl::Status ReportStream::Impl::RunConnection() {
  grpc::ClientContext call_context;
  {
    const MutexLock lock(mutex);
    if (stopping) return MakeError(Reason::UNAVAILABLE, "", "", "the stream was dropped");
    context = &call_context;
  }
  const std::unique_ptr<Call> call = stub->Report(&call_context);
  ReportRequest open;
  open.mutable_open()->set_source(options.source);
  open.mutable_open()->set_plan_at_least(options.plan_at_least);
  open.mutable_open()->set_request_id(options.request_id);
  ReportResponse response;
  if (call->Write(open) && call->Read(&response)) {
    const absl::Status fallen = CompareAcked(response);
    if (!fallen.ok()) {
      call_context.TryCancel();
      (void)call->Finish();
      const MutexLock lock(mutex);
      context = nullptr;
      return fallen;
    }
    {
      const MutexLock lock(mutex);
      ResetForConnection();
      base = acked = response.acked_sequence();
      if (!opened) first_base = base;
      opened = connected = true;
      broken = false;
      basis = response.basis();
      changed.notify_all();
    }
    std::thread writer([&] { WriteAll(*call); });
    while (call->Read(&response)) Take(response);
    {
      const MutexLock lock(mutex);
      broken = true;
      changed.notify_all();
    }
    writer.join();
  }
  const grpc::Status status = call->Finish();
  const MutexLock lock(mutex);
  context = nullptr;
  return rpc::FromGrpc(status);
}

// Writes chunks as they come, each with the definitions this connection has not seen. Ends the client's side when all is answered.
void ReportStream::Impl::WriteAll(Call& call) {
  std::vector<bool> defined;
  while (true) {
    std::shared_ptr<Chunk> chunk;
    {
      MutexLock lock(mutex);
      const auto may_write = [this]() REQUIRES(mutex) {
        return written < chunks.size() && (in_flight == 0 || in_flight + chunks[written]->open() <= kInFlightItemsMax);
      };
      changed.wait(lock, [&]() REQUIRES(mutex) { return broken || stopping || may_write() || IsComplete(); });
      if (broken || stopping) return;
      if (IsComplete()) break;
      chunk = chunks[written++];
      in_flight += static_cast<size_t>(chunk->open());
      defined.resize(series.size());
      auto* items = chunk->request.mutable_items();
      for (const progress::v1::Item& item : items->items()) {
        if (defined[item.series()]) continue;
        defined[item.series()] = true;
        *items->add_definitions() = series[item.series()];
      }
    }
    // Without the lock: nobody changes the request of a chunk before this connection is over.
    if (!call.Write(chunk->request)) return;
  }
  call.WritesDone();
}

void ReportStream::Impl::Take(const ReportResponse& response) {
  std::vector<Verdict> news;
  uint64_t answered_now;
  {
    const MutexLock lock(mutex);
    acked = std::max(acked, response.acked_sequence());
    if (response.has_basis()) basis = response.basis();
    const uint64_t front = chunks.empty() ? 0 : chunks.front()->next();
    for (const Verdict& verdict : response.verdicts()) {
      const uint64_t sequence = verdict.source_sequence();
      if (chunks.empty() || sequence < front) continue;  // told before
      if (sequence <= base && !repeated_verdicts.insert(sequence).second) continue;
      const bool is_lost_answer =
          verdict.repeated() && sequence > first_base && verdict.verdict() != progress::v1::ITEM_VERDICT_ALREADY_RECORDED;
      // An item of ours whose first answer was lost with a connection: to the caller this is the first. One that was accepted is not spoken of,
      // unless a soft check flagged it.
      if (is_lost_answer && verdict.verdict() == progress::v1::ITEM_VERDICT_UNSPECIFIED && verdict.flags().empty()) continue;
      news.push_back(verdict);
      if (is_lost_answer) news.back().set_repeated(false);
    }
    while (!chunks.empty()) {
      Chunk& chunk = *chunks.front();
      while (chunk.open() > 0) {
        const uint64_t sequence = chunk.next();
        if (sequence <= base ? repeated_verdicts.erase(sequence) == 0 : sequence > acked) break;
        ++chunk.answered;
        ++answered_items;
        --window;
        --in_flight;
      }
      if (chunk.open() > 0) break;
      chunks.pop_front();
      if (written > 0) --written;
    }
    answered_now = answered_items;
    changed.notify_all();
  }
  if (callbacks.on_verdict) {
    for (const Verdict& verdict : news) callbacks.on_verdict(verdict);
  }
  if (callbacks.on_answered) callbacks.on_answered(answered_now);
}

absl::StatusOr<std::unique_ptr<ReportStream>> ReportStream::Open(const std::string& address, ReportOptions options, ReportCallbacks callbacks) {
  auto stream = std::unique_ptr<ReportStream>(new ReportStream());
  stream->impl_ = std::make_unique<Impl>();
  Impl& impl = *stream->impl_;
  impl.options = std::move(options);
  impl.callbacks = std::move(callbacks);
  impl.stub = progress::v1::ProgressService::NewStub(rpc::Connect(address));
  {
    const MutexLock lock(impl.mutex);
    impl.lost_since = Clock::now();
  }
  impl.thread = std::thread([&impl] { impl.Run(); });
  MutexLock lock(impl.mutex);
  const bool decided = impl.changed.wait_for(lock, std::chrono::milliseconds(impl.options.open_ms), [&impl]() REQUIRES(impl.mutex) { return impl.opened || impl.ended; });
  if (impl.opened) {
    lock.unlock();
    return stream;
  }
  if (!decided && impl.problem.ok()) return MakeError(Reason::BEHIND, "plan_at_least", "", absl::StrCat("no answer from ", address, " within ", impl.options.open_ms, " ms"));
  return impl.problem;
}

ReportStream::~ReportStream() {
  {
    const MutexLock lock(impl_->mutex);
    impl_->stopping = true;
    if (impl_->context != nullptr) impl_->context->TryCancel();
    impl_->changed.notify_all();
  }
  if (impl_->thread.joinable()) impl_->thread.join();
}

uint64_t ReportStream::opened_at() const {
  const MutexLock lock(impl_->mutex);
  return impl_->first_base;
}

uint64_t ReportStream::acked_sequence() const {
  const MutexLock lock(impl_->mutex);
  return impl_->acked;
}

int ReportStream::reconnects() const {
  const MutexLock lock(impl_->mutex);
  return impl_->reconnects;
}

absl::StatusOr<uint32_t> ReportStream::Define(const progress::v1::SeriesDefinition& series) {
  progress::v1::SeriesDefinition definition = series;
  definition.set_index(0);
  std::string key = definition.SerializeAsString();
  if (const auto found = impl_->series_numbers.find(key); found != impl_->series_numbers.end()) return found->second;
  if (impl_->series_numbers.size() >= kSeriesMax) {
    return MakeError(Reason::TOO_MANY_ROWS, "", "", absl::StrCat("more than ", kSeriesMax, " series in one stream"));
  }
  const auto number = static_cast<uint32_t>(impl_->series_numbers.size());
  impl_->series_numbers.emplace(std::move(key), number);
  definition.set_index(number);
  const MutexLock lock(impl_->mutex);
  impl_->series.push_back(std::move(definition));
  return number;
}

absl::Status ReportStream::Send(uint64_t first_sequence, std::vector<progress::v1::Item> items) {
  for (size_t sent = 0; sent < items.size();) {
    const size_t count = std::min(items.size() - sent, kMessageItemsMax);
    auto chunk = std::make_shared<Chunk>();
    auto* message = chunk->request.mutable_items();
    message->set_first_sequence(first_sequence + sent);
    message->mutable_items()->Reserve(static_cast<int>(count));
    for (size_t i = sent; i < sent + count; ++i) {
      CHECK(items[i].series() < impl_->series_numbers.size());
      message->mutable_items()->Add(std::move(items[i]));
    }
    MutexLock lock(impl_->mutex);
    CHECK(!impl_->finishing);
    if (first_sequence + sent < std::max<uint64_t>(impl_->next_sequence, 1)) {
      return MakeError(Reason::SEQUENCE_CONFLICT, "sequence", absl::StrCat(first_sequence + sent),
                       absl::StrCat("number ", first_sequence + sent, " was already sent on this stream"));
    }
    impl_->changed.wait(lock, [&]() REQUIRES(impl_->mutex) { return impl_->ended || impl_->window + count <= kWindowItemsMax; });
    if (impl_->ended) return impl_->problem;
    impl_->window += count;
    impl_->next_sequence = first_sequence + sent + count;
    impl_->chunks.push_back(std::move(chunk));
    impl_->changed.notify_all();
    sent += count;
  }
  return absl::OkStatus();
}

absl::StatusOr<types::v1::BasisStamp> ReportStream::Finish() {
  MutexLock lock(impl_->mutex);
  impl_->finishing = true;
  impl_->changed.notify_all();
  impl_->changed.wait(lock, [this]() REQUIRES(impl_->mutex) { return impl_->ended; });
  RETURN_IF_ERROR(impl_->problem);
  return impl_->basis;
}

}  // namespace anju::client
