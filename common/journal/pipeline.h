// One decider thread and one writer thread over a journal and a write-behind state: how every owner of facts commits.
//
//   gRPC threads ──Submit──▶ queue ──▶ decider: Decide(model) in order ──▶ open block ──▶ writer: journal sync, witness,
//                                                                                          write-behind rows, Done callbacks
// The decider applies each request to the model at once, so the next one sees it; nobody else sees anything before it is durable,
// because answers are released by the writer. Reads of the model go through the same queue and are answered in the same order.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/journal/journal.h"
#include "common/storage/reserve.h"
#include "common/storage/storage.h"

namespace anju::journal {

// Where an event stands: what Apply needs beside its bytes.
struct EventContext {
  uint64_t sequence = 0;
  int64_t time_us = 0;        // of its block
  JournalId plan_id{};        // plan position of its block; zero if none
  uint64_t plan_sequence = 0;
};

// The fold of a journal: memory plus rows of the state store. Used by one thread at a time.
class Model {
 public:
  virtual ~Model() = default;
  // Fills memory from the state store's rows.
  virtual absl::Status Load(storage::Store& state) = 0;
  // Applies one event to memory and adds the rows it changes. Never decides: the event carries all that was decided.
  virtual absl::Status Apply(const EventContext& context, std::string_view event, storage::Batch& rows) = 0;
};

// Collects what one request decides. Handed to Request::Decide.
class Recorder {
 public:
  virtual ~Recorder() = default;
  // Applies the event to the model at once and puts it into the block; returns its sequence. The event must apply.
  virtual uint64_t Record(std::string_view event) = 0;
  // Rows that no event carries (a follower's cache of another journal). Written behind like the others.
  virtual storage::Batch& rows() = 0;
  // Sequence of the last event decided so far.
  virtual uint64_t last_sequence() const = 0;
  // Time of the block being decided.
  virtual int64_t time_us() const = 0;
  // Whose sequences are whose, for naming another position than the durable one; nullptr where there is no journal.
  virtual const Lineage* lineage() const { return nullptr; }
};

// One unit of work. Decide runs on the decider thread, Done on the writer thread (or on the decider when the pipeline stops).
class Request {
 public:
  virtual ~Request() = default;
  virtual void Decide(Recorder& recorder) = 0;
  // It will be decided soon, with others: may ask memory for what it will look at, without waiting for it. Called on the decider thread for each of
  // some requests with step 0, then for each with step 1, and so on, each step reading what the one before asked for. Changes nothing.
  static constexpr int kForeseeSteps = 4;
  virtual void Foresee([[maybe_unused]] int step) {}
  // False for what never calls Record: reads, rehearsals, what a follower applies. They go on while the disk is nearly full.
  virtual bool Records() const { return true; }
  // `durable` includes everything decided up to and with this request. UNAVAILABLE: the outcome is unknown, the process is ending.
  virtual void Done(const absl::Status& status, const Position& durable) = 0;
};

struct PipelineOptions {
  bool threads = true;                      // false: the owner drives decider and writer with Step, on one thread (a simulation)
  size_t queue_max = 4096;                  // requests waiting; beyond it Submit answers OVERLOADED
  uint64_t state_flush_events = 250'000;    // flush write-behind rows at the latest after this many events
  std::chrono::milliseconds state_idle_flush{5000};  // flush rows that are left when nothing has come for so long
  // Below so much free space nothing is recorded (DISK_FULL) and no rows are written behind, until there is more.
  uint64_t reserve_bytes = storage::kReserveBytes;
  std::function<void(const absl::Status&)> on_fatal;  // a failed or unknown write; default: storage::EndProcess
};

// What the owner of a pipeline without threads may have done next.
enum class PipelineStep {
  kDecide,  // the decider takes what is queued, and hands its block over if the writer is free
  kWrite,   // the writer writes the block it was handed, answers it and takes its rows
  kFlush,   // nothing has come for a while: what is left of the rows goes to the state
};

class Pipeline {
 public:
  // Opens journal/ and state/ on `disk`, loads the model and replays the journal after the state's position. A state that stands where the
  // journal never was is DATA_LOSS, another service's journal or state NOT_EMPTY; nothing is changed then. `model` must outlive the pipeline.
  static absl::StatusOr<std::unique_ptr<Pipeline>> Open(storage::Disk& disk, std::string_view service, uint32_t schema_version,
                                                        Model& model, Clock& clock, PipelineOptions options);
  // Drains what was submitted, flushes the state, stops both threads.
  ~Pipeline();

  // Any thread. OVERLOADED when the queue is full, DISK_FULL for one that records while there is no room, UNAVAILABLE when stopping; the request
  // is then destroyed unused.
  absl::Status Submit(std::unique_ptr<Request> request);
  // The plan position that events recorded from now on were decided under; none after Open until it is called. Decider thread only
  // (from Request::Decide). Events decided under an earlier position stay in a block of their own.
  void SetPlanPosition(const JournalId& id, uint64_t sequence);
  Journal& journal();
  // Requests that nobody has begun to decide.
  size_t waiting() const;
  // DISK_FULL, saying where and how much is left, while nothing is recorded for want of room. Any thread.
  absl::Status CheckRoom();
  // One piece of work; false if there was none of that kind, or the pipeline has failed. When it fails, everybody waiting is told and `on_fatal`
  // called before this returns. A decider that has to wait for the writer lets it write at once. REQUIRES: options without threads.
  bool Step(PipelineStep step);

 private:
  Pipeline() = default;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace anju::journal
