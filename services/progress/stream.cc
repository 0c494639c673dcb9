// The Report stream. Locks are taken in one order: the stream's, then the pipeline's queue; the pipeline calls back without its lock.
#include "services/progress/stream.h"

#include <utility>

#include "common/status/macros.h"
#include "services/progress/convert.h"
#include "services/progress/errors.h"

namespace anju::progress {

namespace {

constexpr size_t kFreeSlotsMax = 32;  // of one stream, kept for its next messages

// A message of 100 items fits into three blocks, one of a thousand into six.
google::protobuf::ArenaOptions BlockSizes(char* first, size_t first_bytes) {
  google::protobuf::ArenaOptions options;
  options.initial_block = first;
  options.initial_block_size = first_bytes;
  options.start_block_size = 4 << 10;
  options.max_block_size = 64 << 10;
  return options;
}

}  // namespace

ReportStream::Slot::Slot() : arena(BlockSizes(first_block, sizeof first_block)) {}

ReportStream::Load& ReportStream::Load::operator+=(const Load& other) {
  messages += other.messages;
  items += other.items;
  bytes += other.bytes;
  return *this;
}

ReportStream::Load& ReportStream::Load::operator-=(const Load& other) {
  messages -= other.messages;
  items -= other.items;
  bytes -= other.bytes;
  return *this;
}

bool ReportStream::Load::IsFull() const { return messages >= kInFlightMessagesMax || items >= kInFlightItemsMax || bytes >= kInFlightBytesMax; }

// One message of items on its way through the pipeline.
class ReportStream::ItemsRequest final : public journal::Request {
 public:
  ItemsRequest(Desk& desk, std::shared_ptr<ReportStream> stream, std::shared_ptr<Slot> slot)
      : desk_(desk), stream_(std::move(stream)), intake_(stream_->intake_), slot_(std::move(slot)) {}

  void Decide(journal::Recorder& recorder) override {
    if (absl::Status refused = desk_.CheckPlan(); !refused.ok()) intake_->Fence(std::move(refused));
    slot_->end = intake_->Take(desk_.model, recorder, slot_->message->items(), &slot_->taken);
  }
  void Foresee(int step) override {
    const v1::Items& items = slot_->message->items();
    if (step < Intake::kForeseeSteps && items.items_size() <= Intake::kFewItems) intake_->Foresee(desk_.model, items, 0, items.items_size(), step);
  }
  void Done(const absl::Status& status, const journal::Position& durable) override { stream_->OnTaken(std::move(slot_), status, durable); }

 private:
  Desk& desk_;
  const std::shared_ptr<ReportStream> stream_;
  const std::shared_ptr<Intake> intake_;
  std::shared_ptr<Slot> slot_;
};

ReportStream* ReportStream::Start(Handlers& handlers, grpc::CallbackServerContext* context) {
  const std::shared_ptr<ReportStream> stream(new ReportStream(handlers, context));
  stream->self_ = stream;
  const MutexLock lock(stream->mutex_);
  stream->Advance();
  return stream.get();
}

ReportStream::ReportStream(Handlers& handlers, grpc::CallbackServerContext* context)
    : handlers_(handlers), context_(context), caller_(rpc::CallerOf(*context)) {}

void ReportStream::OnReadDone(bool ok) {
  const std::shared_ptr<ReportStream> self = shared_from_this();
  MutexLock lock(mutex_);
  reading_ = false;
  std::shared_ptr<Slot> slot = std::move(incoming_);
  if (!ok) {
    half_closed_ = true;
  } else if (!finished_ && !cancelled_ && end_.ok()) {
    const bool is_open = slot->message->kind_case() == v1::ReportRequest::kOpen;
    if (is_open && intake_ == nullptr) {
      opening_ = true;
      lock.unlock();  // the answer may come at once, on this thread
      return Begin(slot->message->open());  // the slot goes: a stream is opened once
    }
    if (is_open) {
      End(OpenedTwice());
    } else if (intake_ == nullptr) {
      End(NotOpened());
    } else {
      Accept(std::move(slot));
    }
  }
  Advance();
}

void ReportStream::Begin(const v1::Open& open) {
  absl::StatusOr<std::shared_ptr<Intake>> intake = Handlers::NewIntake(caller_, open, IntakeMode::kStream);
  if (!intake.ok()) return OnOpened(intake.status());
  // Weak: an intake that is still known as the current one of its source must not keep a stream that is over.
  (*intake)->on_replaced = [weak = weak_from_this()](const absl::Status& status) {
    if (const std::shared_ptr<ReportStream> stream = weak.lock()) stream->OnReplaced(status);
  };
  {
    const MutexLock lock(mutex_);
    intake_ = *intake;
  }
  handlers_.OpenStream(*std::move(intake), open.plan_at_least(), context_->deadline(),
                       [self = shared_from_this()](const absl::StatusOr<Opened>& opened) { self->OnOpened(opened); });
}

void ReportStream::OnOpened(const absl::StatusOr<Opened>& opened) {
  const std::shared_ptr<ReportStream> self = shared_from_this();
  const MutexLock lock(mutex_);
  opening_ = false;
  if (!opened.ok()) {
    End(opened.status());
  } else {
    has_next_ = true;
    next_.set_acked_sequence(opened->acked);
    next_ground_ = opened->ground;
    next_durable_ = opened->durable;
  }
  Advance();
}

void ReportStream::OnReplaced(const absl::Status& status) {
  const MutexLock lock(mutex_);
  End(status);
  Advance();
}

void ReportStream::Accept(std::shared_ptr<Slot> slot) {
  if (slot->message->kind_case() != v1::ReportRequest::kItems) return End(EmptyMessage());
  if (const absl::Status status = Handlers::CheckItems(slot->message->items()); !status.ok()) return End(status);
  slot->load = {.messages = 1, .items = slot->message->items().items_size(), .bytes = static_cast<size_t>(slot->message->items().GetCachedSize())};
  in_flight_ += slot->load;
  Submit(std::move(slot));
}

void ReportStream::Submit(std::shared_ptr<Slot> slot) {
  const absl::Status status = handlers_.pipeline().Submit(std::make_unique<ItemsRequest>(handlers_.desk(), shared_from_this(), slot));
  if (status.ok()) return;
  // With answers of our own still to come there will be a moment to try again, and until then nothing is read.
  if (HasReason(status, Reason::OVERLOADED) && in_flight_.messages > 1) {
    parked_ = std::move(slot);
    return;
  }
  in_flight_ -= slot->load;
  End(status);
}

void ReportStream::OnTaken(std::shared_ptr<Slot> slot, const absl::Status& status, const journal::Position& durable) {
  const std::shared_ptr<ReportStream> self = shared_from_this();
  const MutexLock lock(mutex_);
  if (!status.ok()) {
    in_flight_ -= slot->load;
    End(status);
  } else if (!end_.ok() && !slot->end.ok()) {
    in_flight_ -= slot->load;  // it came after the item that ended the stream, or after another stream took over
  } else {
    has_next_ = true;
    answered_ += slot->load;
    next_.set_acked_sequence(slot->taken.acked);
    if (next_.verdicts_size() == 0) {
      next_.mutable_verdicts()->Swap(&slot->taken.verdicts);
    } else {
      next_.mutable_verdicts()->MergeFrom(slot->taken.verdicts);
    }
    next_ground_ = slot->taken.ground;
    next_durable_ = durable;
    if (!slot->end.ok()) End(slot->end);
  }
  Release(std::move(slot));
  Advance();
}

void ReportStream::OnWriteDone(bool ok) {
  const std::shared_ptr<ReportStream> self = shared_from_this();
  const MutexLock lock(mutex_);
  writing_ = false;
  in_flight_ -= std::exchange(being_written_, {});
  if (!ok) cancelled_ = true;  // the client is gone; OnCancel says so too, sooner or later
  if (parked_ != nullptr && !cancelled_) Submit(std::exchange(parked_, nullptr));
  Advance();
}

void ReportStream::OnCancel() {
  const std::shared_ptr<ReportStream> self = shared_from_this();
  const MutexLock lock(mutex_);
  cancelled_ = true;
  Advance();
}

void ReportStream::OnDone() {
  // Requests in the pipeline may still hold the stream; it ends with the last of them.
  const std::shared_ptr<ReportStream> self = std::move(self_);
}

void ReportStream::End(const absl::Status& status) {
  if (end_.ok()) end_ = status;
}

void ReportStream::Release(std::shared_ptr<Slot> slot) {
  slot->end = absl::OkStatus();
  slot->message = nullptr;
  slot->arena.Reset();
  if (free_slots_.size() < kFreeSlotsMax) free_slots_.push_back(std::move(slot));
}

bool ReportStream::MayFinish() const {
  if (writing_) return false;
  if (cancelled_) return true;
  if (has_next_ || in_flight_.messages > 0 || opening_) return false;
  return half_closed_ || !end_.ok();
}

void ReportStream::Advance() {
  if (finished_) return;
  // What is parked waits for an answer to leave. When the stream ends first there may be none, and nobody wants it any more.
  if (parked_ != nullptr && (cancelled_ || !end_.ok())) {
    in_flight_ -= parked_->load;
    Release(std::exchange(parked_, nullptr));
  }
  if (has_next_ && !writing_ && !cancelled_) {
    *next_.mutable_basis() = StampOf(next_ground_, next_durable_);
    outgoing_.Swap(&next_);
    next_.Clear();
    has_next_ = false;
    being_written_ = std::exchange(answered_, {});
    writing_ = true;
    StartWrite(&outgoing_);
  }
  if (MayFinish()) {
    finished_ = true;
    return Finish(cancelled_ ? grpc::Status::CANCELLED : rpc::ToGrpc(end_));
  }
  if (!reading_ && !half_closed_ && !cancelled_ && end_.ok() && !opening_ && parked_ == nullptr && !in_flight_.IsFull()) {
    reading_ = true;
    if (free_slots_.empty()) {
      incoming_ = std::make_shared<Slot>();
    } else {
      incoming_ = std::move(free_slots_.back());
      free_slots_.pop_back();
    }
    incoming_->message = google::protobuf::Arena::CreateMessage<v1::ReportRequest>(&incoming_->arena);
    StartRead(incoming_->message);
  }
}

}  // namespace anju::progress
