// One step of a bulletin's request in the pipeline: decided on the decider thread, answered when what it says is durable.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/journal/pipeline.h"
#include "common/rpc/rpc.h"
#include "services/ranking/store/bulletins_model.h"

namespace anju::ranking {

// What a step works with. It reads the model and the journal and records events; it never waits.
class BulletinDesk {
 public:
  BulletinDesk(const BulletinsModel& model, const journal::Journal& journal, journal::Recorder& recorder)
      : model_(model), journal_(journal), recorder_(recorder) {}

  const BulletinsModel& model() const { return model_; }
  Date today() const { return Clock::DateOfMicros(recorder_.time_us()); }
  // MESSAGE_TOO_LARGE when the event is larger than any event may be.
  absl::Status Record(const v1::Event& event);
  // The content of a draft's or a bulletin's event; DATA_LOSS when it is not what was recorded.
  absl::StatusOr<std::shared_ptr<const std::string>> ContentOf(const StoredDraft& draft) const;
  absl::StatusOr<std::shared_ptr<const std::string>> ContentOf(const StoredBulletin& bulletin) const;
  // Of an event: with the hash of its block where it is durable and ends the block. Finding that reads the block.
  types::v1::Position PositionOf(uint64_t sequence, bool with_hash = true) const;

 private:
  absl::StatusOr<std::shared_ptr<const std::string>> ContentAt(uint64_t sequence, const std::string& sha256) const;
  const BulletinsModel& model_;
  const journal::Journal& journal_;
  journal::Recorder& recorder_;
};

// Puts the hash of the block into a position that was decided before the block was closed.
inline void Complete(const journal::Position& durable, types::v1::Position* position) {
  if (position->sequence() == durable.sequence) *position = rpc::ToProto(durable);
}

enum class StepKind { kReads, kRecords };

// A step in the queue.
template <typename Result>
class BulletinStep final : public journal::Request {
 public:
  using Decision = std::function<absl::StatusOr<Result>(BulletinDesk&)>;
  using WhenDone = std::function<void(absl::StatusOr<Result>, const journal::Position& durable)>;

  BulletinStep(const BulletinsModel& model, journal::Pipeline& pipeline, StepKind kind, Decision decide, WhenDone done)
      : model_(model), pipeline_(pipeline), kind_(kind), decide_(std::move(decide)), done_(std::move(done)) {}

  void Decide(journal::Recorder& recorder) override {
    BulletinDesk desk(model_, pipeline_.journal(), recorder);
    result_ = decide_(desk);
  }
  bool Records() const override { return kind_ == StepKind::kRecords; }
  void Done(const absl::Status& status, const journal::Position& durable) override {
    if (!status.ok()) return done_(status, durable);
    done_(std::move(result_), durable);
  }

 private:
  const BulletinsModel& model_;
  journal::Pipeline& pipeline_;
  const StepKind kind_;
  const Decision decide_;
  const WhenDone done_;
  absl::StatusOr<Result> result_;
};

// Queues a step; `done` runs exactly once, also when the queue is full.
template <typename Result>
void SubmitStep(journal::Pipeline& pipeline, const BulletinsModel& model, StepKind kind, std::function<absl::StatusOr<Result>(BulletinDesk&)> decide,
                std::function<void(absl::StatusOr<Result>, const journal::Position& durable)> done) {
  const absl::Status status = pipeline.Submit(std::make_unique<BulletinStep<Result>>(model, pipeline, kind, std::move(decide), done));
  if (!status.ok()) done(status, {});
}

}  // namespace anju::ranking
