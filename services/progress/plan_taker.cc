// Taking plan's blocks.
#include "services/progress/plan_taker.h"

#include <memory>
#include <string>
#include <utility>

#include <spdlog/spdlog.h>

#include "anju/plan/v1/event.pb.h"
#include "common/faults/faults.h"
#include "common/registry/known.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/progress/errors.h"

namespace anju::progress {
namespace {

// Applies one block on the decider.
class PlanRequest final : public journal::Request {
 public:
  PlanRequest(Desk& desk, journal::Pipeline& pipeline, rpc::WaitingRoom& room, PlanBlock block, PlanTaker::Done done)
      : desk_(desk), pipeline_(pipeline), room_(room), block_(std::move(block)), done_(std::move(done)) {}

  void Decide(journal::Recorder& recorder) override {
    // What this version cannot read was refused by Take.
    CHECK_OK(desk_.model.ApplyPlan(block_, recorder.rows()));
    faults::Reach("progress.plan_block");
    pipeline_.SetPlanPosition(block_.after.position.journal_id, block_.after.position.sequence);
  }
  bool Records() const override { return false; }  // rows only: what is of plan stands in plan's journal
  void Done(const absl::Status& status, const journal::Position&) override {
    if (status.ok()) {
      desk_.Publish(block_.after);
      room_.Wake();
    }
    done_(status);
  }

 private:
  Desk& desk_;
  journal::Pipeline& pipeline_;
  rpc::WaitingRoom& room_;
  const PlanBlock block_;
  const PlanTaker::Done done_;
};

std::string NameOf(const journal::Position& position) { return journal::ToHex(position.journal_id) + "/" + std::to_string(position.sequence); }

// Decides, on the decider, whether what was recorded up to now was decided under this journal: nothing is decided in between.
class LineageRequest final : public journal::Request {
 public:
  LineageRequest(Desk& desk, journal::Pipeline& pipeline, journal::Lineage lineage, std::optional<feed::Lost> lost,
                 std::shared_ptr<journal::Position> taken, PlanTaker::Done done)
      : desk_(desk), pipeline_(pipeline), lineage_(std::move(lineage)), lost_(lost), taken_(std::move(taken)), done_(std::move(done)) {}

  void Decide(journal::Recorder& recorder) override {
    const journal::Position needed = desk_.model.decided_under();
    if (needed.sequence > 0 && !lineage_.Contains(needed.journal_id, needed.sequence)) {
      refused_ = lineage_.Knows(needed.journal_id) ? PlanWasRolledBack(NameOf(needed)) : OtherPlan();
    } else if (lost_ && lost_->end && lost_->end->journal_id == needed.journal_id && lost_->end->sequence < needed.sequence) {
      refused_ = PlanIsOlder(NameOf(needed), NameOf(*lost_->end));
    } else if (const journal::Position& cached = desk_.model.plan().position; lost_ || (cached.sequence > 0 && !lineage_.Contains(cached.journal_id, cached.sequence))) {
      desk_.model.DropPlan(recorder.rows());
      desk_.Publish({});
      pipeline_.SetPlanPosition(needed.journal_id, needed.sequence);
    }
    *taken_ = desk_.model.plan().position;
    if (refused_.ok()) desk_.SetPlanLineage(lineage_);
    desk_.SetPlanRefused(refused_);
  }
  bool Records() const override { return false; }
  void Done(const absl::Status& status, const journal::Position&) override { done_(status.ok() ? refused_ : status); }

 private:
  Desk& desk_;
  journal::Pipeline& pipeline_;
  const journal::Lineage lineage_;
  const std::optional<feed::Lost> lost_;  // what is cached is not in this journal, as it said
  const std::shared_ptr<journal::Position> taken_;
  const PlanTaker::Done done_;
  absl::Status refused_;
};

}  // namespace

void PlanTaker::Submit(PlanBlock block, Done done) {
  const absl::Status status = pipeline_.Submit(std::make_unique<PlanRequest>(desk_, pipeline_, room_, std::move(block), done));
  if (!status.ok()) done(status);
}

void PlanTaker::Resume(Done done) {
  // Nobody decides yet. Positions of the plan only grow, so the last block's is that of all of them.
  if (const uint64_t last = pipeline_.journal().durable().sequence; last > 0) {
    const absl::StatusOr<std::vector<std::string>> blocks = pipeline_.journal().ReadBlocksContaining(last, 1);
    if (!blocks.ok()) return done(blocks.status());
    const absl::StatusOr<journal::BlockView> block = journal::DecodeBlockPrefix(blocks->front());
    if (!block.ok()) return done(block.status());
    desk_.model.SetDecidedUnder(block->header.plan_journal_id, block->header.plan_sequence);
  }
  const PlanPosition cached = desk_.model.plan();
  taken_ = cached.position;
  if (cached.position.sequence == 0) return done(absl::OkStatus());
  Submit(PlanBlock{.events = {}, .documents = {}, .after = cached}, std::move(done));
}

void PlanTaker::TakeLineage(const journal::Lineage& lineage, Done done) {
  // Whether it is accepted or not, the chain asks for `taken_` next; from the start only when that is lost again.
  const std::optional<feed::Lost> lost = std::exchange(lost_, std::nullopt);
  // By its name this journal has what we lost: it came in between. Its hash will tell.
  if (lost && taken_.sequence > 0 && lineage.Contains(taken_.journal_id, taken_.sequence)) return done(OtherPlan());
  auto taken = std::make_shared<journal::Position>(taken_);
  const Done decided = [this, taken, done](const absl::Status& status) {
    if (status.ok()) taken_ = *taken;
    done(status);
  };
  const absl::Status status = pipeline_.Submit(std::make_unique<LineageRequest>(desk_, pipeline_, lineage, lost, taken, decided));
  if (!status.ok()) done(status);
}

void PlanTaker::Take(const journal::BlockView& view, const journal::Position& after, Done done) {
  PlanBlock block{.events = {}, .documents = {}, .after = {after, view.header.time_us}};
  for (size_t i = 0; i < view.events.size(); ++i) {
    plan::v1::Event event;
    if (!event.ParseFromArray(view.events[i].data(), static_cast<int>(view.events[i].size()))) {
      return done(MakeError(Reason::DATA_LOSS, "plan", std::to_string(view.header.first_sequence + i), "an event of the plan journal cannot be read"));
    }
    if (absl::Status known = CheckKnown(event); !known.ok()) return done(std::move(known));
    AddPlanEvent(view.header.first_sequence + i, view.events[i], event, &block);
  }
  Submit(std::move(block), std::move(done));
}

journal::Position PlanTaker::Lose(const feed::Lost& lost) {
  if (lost.end && lost.end->journal_id == taken_.journal_id) {
    const absl::Status refused = PlanIsOlder(NameOf(taken_), NameOf(*lost.end));
    if (desk_.plan_refused() != refused) spdlog::error("{}", std::string(refused.message()));
    desk_.SetPlanRefused(refused);
    return taken_;
  }
  if (desk_.plan_refused().ok()) desk_.SetPlanRefused(OtherPlan());  // else the last lineage said more
  lost_ = lost;
  return {};
}

}  // namespace anju::progress
