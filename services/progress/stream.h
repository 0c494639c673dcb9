// The Report stream: reads messages into the pipeline, writes answers when they are durable, and ends exactly once.
#pragma once

#include <memory>
#include <vector>

#include <google/protobuf/arena.h>
#include <grpcpp/grpcpp.h>

#include "anju/progress/v1/progress.pb.h"
#include "common/thread/mutex.h"
#include "services/progress/handlers.h"

namespace anju::progress {

// One read and one write are under way at most. At most kInFlightMessagesMax messages are read and not yet answered (written to the
// transport); beyond it nothing is read, which is the client's backpressure. Answers that come while a write is under way are merged.
//
// Messages live in the arenas of slots, so that items cost no allocation each (a oneof frees what it held whenever its message is used
// again; reusing messages alone would not do). Requests in the pipeline share the stream's ownership: it may be over before they are
// decided.
class ReportStream final : public grpc::ServerBidiReactor<v1::ReportRequest, v1::ReportResponse>,
                           public std::enable_shared_from_this<ReportStream> {
 public:
  // gRPC's way of starting; the stream owns itself until OnDone.
  static ReportStream* Start(Handlers& handlers, grpc::CallbackServerContext* context);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  // Messages with their items and bytes.
  struct Load {
    int messages = 0, items = 0;
    size_t bytes = 0;
    Load& operator+=(const Load& other);
    Load& operator-=(const Load& other);
    bool IsFull() const;
  };
  struct Slot {
    Slot();
    google::protobuf::Arena arena;          // of `message`
    v1::ReportRequest* message = nullptr;   // while one is being read or decided
    Load load;                              // of it
    Taken taken;
    absl::Status end;
    alignas(8) char first_block[1024];      // of `arena`: a message of one item asks for no memory
  };
  class ItemsRequest;

  ReportStream(Handlers& handlers, grpc::CallbackServerContext* context);
  void Begin(const v1::Open& open);
  void OnOpened(const absl::StatusOr<Opened>& opened);
  void OnReplaced(const absl::Status& status);
  void OnTaken(std::shared_ptr<Slot> slot, const absl::Status& status, const journal::Position& durable);

  void Accept(std::shared_ptr<Slot> slot) REQUIRES(mutex_);
  void Submit(std::shared_ptr<Slot> slot) REQUIRES(mutex_);
  void End(const absl::Status& status) REQUIRES(mutex_);
  void Release(std::shared_ptr<Slot> slot) REQUIRES(mutex_);
  // Starts whatever can be started now: a write, the end, or a read.
  void Advance() REQUIRES(mutex_);
  bool MayFinish() const REQUIRES(mutex_);

  Handlers& handlers_;
  grpc::CallbackServerContext* const context_;  // valid until OnDone
  const rpc::Caller caller_;
  std::shared_ptr<ReportStream> self_;          // until OnDone

  Mutex mutex_;
  std::shared_ptr<Intake> intake_ GUARDED_BY(mutex_);
  bool opening_ GUARDED_BY(mutex_) = false;             // Open is waiting for the plan or for the decider
  bool reading_ GUARDED_BY(mutex_) = false;
  bool writing_ GUARDED_BY(mutex_) = false;
  bool half_closed_ GUARDED_BY(mutex_) = false;         // the client sends no more
  bool cancelled_ GUARDED_BY(mutex_) = false;
  bool finished_ GUARDED_BY(mutex_) = false;            // Finish was called: nothing may be started any more
  absl::Status end_ GUARDED_BY(mutex_);                 // not OK: nothing more is taken, and the stream ends with it once the answers are written
  Load in_flight_ GUARDED_BY(mutex_);                   // in the pipeline, answered but not written, or being written
  Load answered_ GUARDED_BY(mutex_);                    // of it, answers in `next_`
  Load being_written_ GUARDED_BY(mutex_);               // of it, answers in `outgoing_`
  bool has_next_ GUARDED_BY(mutex_) = false;
  v1::ReportResponse next_ GUARDED_BY(mutex_);          // merged answers
  Ground next_ground_ GUARDED_BY(mutex_);
  journal::Position next_durable_ GUARDED_BY(mutex_);
  v1::ReportResponse outgoing_ GUARDED_BY(mutex_);      // gRPC reads it while writing_, and nobody changes it then
  std::shared_ptr<Slot> incoming_ GUARDED_BY(mutex_);   // being read into
  std::shared_ptr<Slot> parked_ GUARDED_BY(mutex_);     // the pipeline's queue was full; submitted when an answer has left
  std::vector<std::shared_ptr<Slot>> free_slots_ GUARDED_BY(mutex_);
};

}  // namespace anju::progress
