// The pipeline: the decider and writer threads, and the hand-over of blocks between them.
#include "common/journal/pipeline.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "common/faults/faults.h"
#include "common/journal/state_writer.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/thread/mutex.h"

namespace anju::journal {
namespace {

// A block that nobody waits for is closed as soon as it has this many events, so that the writer never idles behind a long queue.
constexpr size_t kBlockEventsWorthSyncing = 4096;

constexpr size_t kForeseenRequests = 32;  // at a time: what they ask for has to stay in the processor's cache

// What was decided together and becomes durable together.
struct Block {
  struct Waiting {
    std::unique_ptr<Request> request;
    uint64_t sequence;  // durable up to here: the request may be answered
  };
  EventList events;
  storage::Batch rows;
  std::vector<Waiting> waiting;
  int64_t time_us = 0;
  JournalId plan_id{};
  uint64_t plan_sequence = 0;
};

}  // namespace

// Threads meet at `mutex_` only: the queue on one side, the one handed-over block on the other. Without threads one caller does the work of both in
// pieces: the same deciding, handing over and writing, in an order that the caller chooses.
struct Pipeline::Impl final : public Recorder {
 public:
  Impl(Model& model, Clock& clock, PipelineOptions options) : model_(model), clock_(clock), options_(std::move(options)) {
    if (!options_.on_fatal) options_.on_fatal = [](const absl::Status& status) { storage::EndProcess("the journal or its state", status); };
  }

  absl::Status Open(storage::Disk& disk, std::string_view service, uint32_t schema_version) {
    const auto agrees = [&](const Journal* found) { return StateWriter::CheckAgrees(disk, service, found, schema_version); };
    ASSIGN_OR_RETURN(journal_, Journal::Open(disk, service, clock_, agrees));
    reserve_ = std::make_unique<storage::Reserve>(disk, clock_, options_.reserve_bytes);
    ASSIGN_OR_RETURN(state_, StateWriter::Open(disk, service, *reserve_, *journal_, schema_version, model_, options_.state_flush_events));
    last_sequence_ = journal_->durable().sequence;
    last_time_us_ = journal_->last_time_us();
    if (!options_.threads) return absl::OkStatus();
    decider_ = std::thread([this] { RunDecider(); });
    writer_ = std::thread([this] { RunWriter(); });
    return absl::OkStatus();
  }

  ~Impl() override {
    if (!options_.threads) DrainByStep();
    if (!decider_.joinable()) return;
    {
      const MutexLock lock(mutex_);
      stopping_ = true;
    }
    decider_wakes_.notify_all();
    decider_.join();
    writer_wakes_.notify_all();
    writer_.join();
  }

  absl::Status Submit(std::unique_ptr<Request> request) {
    if (request->Records()) RETURN_IF_ERROR(reserve_->Check());
    const MutexLock lock(mutex_);
    if (!failure_.ok()) return failure_;
    if (stopping_) return MakeError(Reason::UNAVAILABLE, "", "", "the service is stopping");
    if (queue_.size() >= options_.queue_max) {
      return MakeError(Reason::OVERLOADED, "", "", "more than " + std::to_string(options_.queue_max) + " requests are waiting");
    }
    queue_.push_back(std::move(request));
    if (queue_.size() == 1) decider_wakes_.notify_one();
    return absl::OkStatus();
  }

  absl::Status CheckRoom() { return reserve_->Check(); }

  size_t waiting() {
    const MutexLock lock(mutex_);
    return queue_.size();
  }

  void SetPlanPosition(const JournalId& id, uint64_t sequence) {
    plan_id_ = id;
    plan_sequence_ = sequence;
  }

  // ---- Recorder: decider thread ----
  uint64_t Record(std::string_view event) override {
    CHECK(event.size() <= kEventBytesMax);
    CHECK(request_records_);
    const bool plan_moved = plan_id_ != open_->plan_id || plan_sequence_ != open_->plan_sequence;
    // Events decided under an older plan position stay in a block of their own, so that replay tells Apply exactly what it was told
    // here; only a request that moves the plan between its own events makes its block carry the later position. And a block
    // grows beyond its limit by a single request only, whose events belong together.
    const bool too_large = open_->events.event_bytes() + event.size() > kBlockBytesMax;
    if ((plan_moved || too_large) && request_events_ == 0 && !open_->events.empty()) HandOver(open_->time_us);
    open_->plan_id = plan_id_;
    open_->plan_sequence = plan_sequence_;
    const EventContext context{++last_sequence_, open_->time_us, plan_id_, plan_sequence_};
    CHECK_OK(model_.Apply(context, event, request_rows_));
    ++request_events_;
    open_->events.Add(event);
    return last_sequence_;
  }
  storage::Batch& rows() override { return request_rows_; }
  uint64_t last_sequence() const override { return last_sequence_; }
  int64_t time_us() const override { return open_->time_us; }
  const Lineage* lineage() const override { return &journal_->lineage(); }

  Journal& journal() { return *journal_; }

  // Both threads' work, one piece at a time, on the caller's.
  bool Step(PipelineStep step) {
    CHECK(!options_.threads);
    if (Failed()) return false;
    bool worked = false;
    std::deque<std::unique_ptr<Request>> batch;
    switch (step) {
      case PipelineStep::kDecide: {
        {
          const MutexLock lock(mutex_);
          batch.swap(queue_);
        }
        worked = !batch.empty() || (open_ != nullptr && WriterFree());
        DecideBatch(batch);
        if (open_ != nullptr && !Failed() && WriterFree()) HandOver(std::nullopt);
        break;
      }
      case PipelineStep::kWrite:
        worked = WriteHandedOver();
        break;
      case PipelineStep::kFlush:
        worked = state_->dirty();
        if (const absl::Status flushed = state_->Flush(); !flushed.ok()) Fail(flushed, nullptr);
        break;
    }
    if (Failed()) {
      AbandonAll(std::move(batch));
      options_.on_fatal(Cause());
    }
    return worked;
  }

 private:
  void DrainByStep() {
    if (state_ == nullptr) return;  // it never opened
    while (Step(PipelineStep::kWrite) || Step(PipelineStep::kDecide)) {
    }
    Step(PipelineStep::kFlush);
  }

  // The writer's turn in a pipeline without threads.
  bool WriteHandedOver() {
    std::unique_ptr<Block> block;
    {
      const MutexLock lock(mutex_);
      block = std::move(handed_);
    }
    if (block == nullptr) return false;
    if (const absl::Status status = Write(*block); !status.ok()) Fail(status, std::move(block));
    return true;
  }

  void DecideBatch(std::deque<std::unique_ptr<Request>>& batch) {
    size_t foreseen = 0;
    while (!batch.empty() && !Failed()) {
      if (foreseen == 0) {
        foreseen = std::min(batch.size(), kForeseenRequests);
        for (int step = 0; step < Request::kForeseeSteps && foreseen > 1; ++step) {
          for (size_t i = 0; i < foreseen; ++i) batch[i]->Foresee(step);
        }
      }
      --foreseen;
      Decide(std::move(batch.front()));
      batch.pop_front();
    }
  }

  void RunDecider() {
    while (true) {
      std::deque<std::unique_ptr<Request>> batch;
      bool stop = false;
      {
        MutexLock lock(mutex_);
        decider_wakes_.wait(lock, [this]() REQUIRES(mutex_) {
          return !queue_.empty() || stopping_ || !failure_.ok() || (open_ != nullptr && handed_ == nullptr && !writing_);
        });
        batch.swap(queue_);
        stop = stopping_ && batch.empty();
      }
      DecideBatch(batch);
      if (Failed()) return AbandonAll(std::move(batch));
      if (open_ != nullptr && (stop || WriterFree())) HandOver(std::nullopt);
      if (stop) return Leave();
    }
  }

  void Decide(std::unique_ptr<Request> request) {
    if (open_ == nullptr) OpenBlock(std::nullopt);
    request_events_ = 0;
    request_records_ = request->Records();
    request->Decide(*this);
    faults::Reach("pipeline.decided");
    open_->rows.Append(std::move(request_rows_));
    request_rows_.Clear();
    open_->waiting.push_back({std::move(request), last_sequence_});
    const bool full = open_->events.size() >= kBlockEventsMax || open_->events.event_bytes() >= kBlockBytesMax ||
                      open_->waiting.size() >= options_.queue_max;
    if (full || (open_->events.size() >= kBlockEventsWorthSyncing && WriterFree())) HandOver(std::nullopt);
  }

  // Times never go backwards, whatever the machine's clock does.
  void OpenBlock(std::optional<int64_t> time_us) {
    open_ = std::make_unique<Block>();
    last_time_us_ = std::max(last_time_us_, time_us.value_or(clock_.NowMicros()));
    open_->time_us = last_time_us_;
    open_->plan_id = plan_id_;
    open_->plan_sequence = plan_sequence_;
  }

  // Waits until the writer can take the open block. With `next_time_us` a new block is opened under the running request.
  void HandOver(std::optional<int64_t> next_time_us) {
    if (!options_.threads) WriteHandedOver();
    {
      MutexLock lock(mutex_);
      decider_wakes_.wait(lock, [this]() REQUIRES(mutex_) { return (handed_ == nullptr && !writing_) || !failure_.ok(); });
      if (failure_.ok()) {
        handed_ = std::move(open_);
        faults::Reach("pipeline.handed_over");
        writer_wakes_.notify_one();
      }
    }
    if (open_ != nullptr) return;  // failed: AbandonAll answers what is in it
    if (next_time_us) OpenBlock(next_time_us);
  }

  bool WriterFree() {
    const MutexLock lock(mutex_);
    return handed_ == nullptr && !writing_;
  }
  bool Failed() {
    const MutexLock lock(mutex_);
    return !failure_.ok();
  }
  absl::Status Cause() {
    const MutexLock lock(mutex_);
    return cause_;
  }

  // After a failed write: nobody may believe anything that is still on its way.
  void AbandonAll(std::deque<std::unique_ptr<Request>> batch) {
    std::deque<std::unique_ptr<Request>> queued;
    absl::Status failure;
    {
      const MutexLock lock(mutex_);
      queued.swap(queue_);
      failure = failure_;
    }
    const Position durable = journal_->durable();
    if (open_ != nullptr) {
      for (Block::Waiting& waiting : open_->waiting) waiting.request->Done(failure, durable);
      open_ = nullptr;
    }
    for (auto* requests : {&batch, &queued}) {
      for (std::unique_ptr<Request>& request : *requests) request->Done(failure, durable);
    }
    Leave();
  }

  void Leave() {
    const MutexLock lock(mutex_);
    decider_left_ = true;
    writer_wakes_.notify_all();
  }

  void RunWriter() {
    while (true) {
      std::unique_ptr<Block> block;
      bool idle = false;
      {
        MutexLock lock(mutex_);
        const auto work = [this]() REQUIRES(mutex_) { return handed_ != nullptr || decider_left_; };
        if (state_->dirty()) {
          idle = !writer_wakes_.wait_for(lock, options_.state_idle_flush, work);
        } else {
          writer_wakes_.wait(lock, work);
        }
        block = std::move(handed_);
        writing_ = block != nullptr;
      }
      absl::Status status;
      if (block != nullptr) {
        status = Write(*block);
      } else {
        status = state_->Flush();
        if (status.ok() && !idle) return;  // stopped, and everything is on disk
      }
      if (!status.ok()) return Fail(status, std::move(block));
      {
        const MutexLock lock(mutex_);
        writing_ = false;
      }
      decider_wakes_.notify_one();
    }
  }

  absl::Status Write(Block& block) {
    Answer(block, journal_->durable());  // reads at the front wait for nothing that is in this block
    if (!block.events.empty()) {
      RETURN_IF_ERROR(journal_->Append(block.events, block.plan_id, block.plan_sequence, block.time_us).status());
      reserve_->NoteWritten(block.events.event_bytes());
      faults::Reach("pipeline.before_answers");
      Answer(block, journal_->durable());
      faults::Reach("pipeline.after_answers");
    }
    return state_->Add(std::move(block.rows), block.events.size(), journal_->durable());
  }

  // Answers, in order, the requests that `durable` includes.
  static void Answer(Block& block, const Position& durable) {
    size_t answered = 0;
    while (answered < block.waiting.size() && block.waiting[answered].sequence <= durable.sequence) {
      block.waiting[answered].request->Done(absl::OkStatus(), durable);
      ++answered;
    }
    block.waiting.erase(block.waiting.begin(), block.waiting.begin() + static_cast<std::ptrdiff_t>(answered));
  }

  // Every request hears of the failure before the process ends. To a caller it is as if the connection were lost: whether what was asked is recorded
  // is not known, and asking again will tell.
  void Fail(const absl::Status& cause, std::unique_ptr<Block> block) {
    const absl::Status status = MakeError(Reason::UNAVAILABLE, "", "",
                                          "a write failed, so it is not known whether this was recorded; the service ends and has to be started again (" +
                                              std::string(cause.message()) + ")");
    std::unique_ptr<Block> handed;  // came while rows were flushed
    {
      const MutexLock lock(mutex_);
      failure_ = status;
      cause_ = cause;
      handed = std::move(handed_);
    }
    decider_wakes_.notify_all();
    const Position durable = journal_->durable();
    for (const std::unique_ptr<Block>* lost : {&block, &handed}) {
      if (*lost == nullptr) continue;
      for (Block::Waiting& waiting : (*lost)->waiting) waiting.request->Done(status, durable);
    }
    if (!options_.threads) return;  // Step abandons the rest
    {
      MutexLock lock(mutex_);
      writer_wakes_.wait(lock, [this]() REQUIRES(mutex_) { return decider_left_; });
    }
    options_.on_fatal(cause);
  }

  Model& model_;
  Clock& clock_;
  PipelineOptions options_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<storage::Reserve> reserve_;
  std::unique_ptr<StateWriter> state_;  // writer thread once the threads run

  Mutex mutex_;
  ConditionVariable decider_wakes_;
  ConditionVariable writer_wakes_;
  std::deque<std::unique_ptr<Request>> queue_ GUARDED_BY(mutex_);
  std::unique_ptr<Block> handed_ GUARDED_BY(mutex_);  // for the writer to take
  bool writing_ GUARDED_BY(mutex_) = false;           // the writer has one in hand
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool decider_left_ GUARDED_BY(mutex_) = false;
  absl::Status failure_ GUARDED_BY(mutex_);           // as requests are told
  absl::Status cause_ GUARDED_BY(mutex_);             // of it

  // Decider thread.
  std::unique_ptr<Block> open_;
  storage::Batch request_rows_;
  size_t request_events_ = 0;
  bool request_records_ = false;  // what the request at hand says of itself
  uint64_t last_sequence_ = 0;
  int64_t last_time_us_ = 0;
  JournalId plan_id_{};
  uint64_t plan_sequence_ = 0;

  std::thread decider_;
  std::thread writer_;
};

absl::StatusOr<std::unique_ptr<Pipeline>> Pipeline::Open(storage::Disk& disk, std::string_view service, uint32_t schema_version,
                                                         Model& model, Clock& clock, PipelineOptions options) {
  std::unique_ptr<Pipeline> pipeline(new Pipeline());
  pipeline->impl_ = std::make_unique<Impl>(model, clock, std::move(options));
  RETURN_IF_ERROR(pipeline->impl_->Open(disk, service, schema_version));
  return pipeline;
}

Pipeline::~Pipeline() = default;
absl::Status Pipeline::Submit(std::unique_ptr<Request> request) { return impl_->Submit(std::move(request)); }
void Pipeline::SetPlanPosition(const JournalId& id, uint64_t sequence) { impl_->SetPlanPosition(id, sequence); }
Journal& Pipeline::journal() { return impl_->journal(); }
size_t Pipeline::waiting() const { return impl_->waiting(); }
absl::Status Pipeline::CheckRoom() { return impl_->CheckRoom(); }
bool Pipeline::Step(PipelineStep step) { return impl_->Step(step); }

}  // namespace anju::journal
