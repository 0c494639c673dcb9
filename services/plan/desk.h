// One request on its way through the pipeline: decided on the decider thread, answered when what it says is durable.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/faults/faults.h"
#include "common/journal/pipeline.h"
#include "common/rpc/rpc.h"
#include "services/plan/store/model.h"

namespace anju::plan {

// What a handler works with. It reads the model and records events; it never waits.
class Desk {
 public:
  Desk(const PlanModel& model, journal::Recorder& recorder) : model_(model), recorder_(recorder) {}

  const PlanModel& model() const { return model_; }
  int64_t now_us() const { return recorder_.time_us(); }
  Date today() const { return Clock::DateOfMicros(now_us()); }
  void Record(const v1::Event& event) { recorder_.Record(event.SerializeAsString()); }
  // The answer is an earlier one and stands where that one stood.
  void AnswerAsOf(uint64_t sequence, int64_t time_us) {
    sequence_ = sequence;
    time_us_ = time_us;
  }
  uint64_t sequence() const { return sequence_ != 0 ? sequence_ : recorder_.last_sequence(); }
  int64_t recorded_time_us() const { return sequence_ != 0 ? time_us_ : model_.newest_time_us(); }
  // Requests are taken up in order: whatever was recorded before this one was taken up is in its answer.
  int64_t complete_until_us() const { return sequence_ != 0 ? time_us_ : recorder_.time_us(); }

 private:
  const PlanModel& model_;
  journal::Recorder& recorder_;
  uint64_t sequence_ = 0;
  journal::JournalId owner_{};  // of that sequence
  int64_t time_us_ = 0;
};

// A handler and its request in the queue. The request must live until the answer, as gRPC's do.
template <typename Asked, typename Response>
class Decision final : public journal::Request {
 public:
  using Handler = absl::StatusOr<Response> (*)(const rpc::Caller&, const Asked&, Desk&);

  Decision(const PlanModel& model, rpc::Caller caller, const Asked& request, Handler handler, rpc::Finish<Response> finish)
      : model_(model), caller_(std::move(caller)), request_(request), handler_(handler), finish_(std::move(finish)) {}

  void Decide(journal::Recorder& recorder) override {
    Desk desk(model_, recorder);
    answer_ = handler_(caller_, request_, desk);
    faults::Reach("plan.decided");
    sequence_ = desk.sequence();
    if (const journal::Lineage* lineage = recorder.lineage()) owner_ = lineage->OwnerOf(sequence_);
    recorded_time_us_ = desk.recorded_time_us();
    complete_until_us_ = desk.complete_until_us();
  }

  // Whatever records can be rehearsed, so the form of the request tells.
  bool Records() const override {
    if constexpr (requires { request_.dry_run(); }) {
      return !request_.dry_run();
    } else {
      return false;
    }
  }

  void Done(const absl::Status& status, const journal::Position& durable) override {
    if (!status.ok()) return finish_(status);
    if (answer_.ok()) {
      journal::Position position{.journal_id = durable.sequence == sequence_ ? durable.journal_id : owner_, .sequence = sequence_};
      if (durable.sequence == sequence_) position.block_hash = durable.block_hash;
      types::v1::Basis basis;
      *basis.mutable_plan() = rpc::ToProto(position);
      *answer_->mutable_basis() = rpc::MakeStamp(std::move(basis), recorded_time_us_, complete_until_us_);
    }
    faults::Reach("plan.before_answer");
    finish_(std::move(answer_));
  }

 private:
  const PlanModel& model_;
  const rpc::Caller caller_;
  const Asked& request_;
  const Handler handler_;
  const rpc::Finish<Response> finish_;
  absl::StatusOr<Response> answer_;
  uint64_t sequence_ = 0;
  journal::JournalId owner_{};  // of that sequence
  int64_t recorded_time_us_ = 0;
  int64_t complete_until_us_ = 0;
};

// Queues a request; `finish` runs exactly once, also when the queue is full.
template <typename Request, typename Response>
void Submit(journal::Pipeline& pipeline, const PlanModel& model, const rpc::Caller& caller, const Request& request,
            absl::StatusOr<Response> (*handler)(const rpc::Caller&, const Request&, Desk&), rpc::Finish<Response> finish) {
  const absl::Status status =
      pipeline.Submit(std::make_unique<Decision<Request, Response>>(model, caller, request, handler, finish));
  if (!status.ok()) finish(status);
}

}  // namespace anju::plan
