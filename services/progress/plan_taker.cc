// Taking plan's blocks.
#include "services/progress/plan_taker.h"

#include <memory>
#include <string>
#include <utility>

#include "anju/plan/v1/event.pb.h"
#include "common/faults/faults.h"
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
    // A block that cannot be read came out of a verified chain: the plan service wrote something this version does not know.
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

}  // namespace

void PlanTaker::Submit(PlanBlock block, Done done) {
  const absl::Status status = pipeline_.Submit(std::make_unique<PlanRequest>(desk_, pipeline_, room_, std::move(block), done));
  if (!status.ok()) done(status);
}

void PlanTaker::Resume(Done done) {
  const PlanPosition cached = desk_.model.plan();  // nobody decides yet
  journal_ = desk_.model.plan_journal();
  taken_ = cached.position;
  if (cached.position.sequence == 0) return done(absl::OkStatus());
  Submit(PlanBlock{.events = {}, .documents = {}, .after = cached}, std::move(done));
}

absl::Status PlanTaker::CheckJournal(const journal::Position& upstream) {
  const bool other = journal_ != journal::JournalId{} && upstream.journal_id != journal_;
  desk_.SetPlanIsOther(other);
  return other ? OtherPlan() : absl::OkStatus();
}

void PlanTaker::Take(const journal::BlockView& view, const journal::Position& after, Done done) {
  if (const absl::Status ours = CheckJournal(after); !ours.ok()) return done(ours);
  PlanBlock block{.events = {}, .documents = {}, .after = {after, view.header.time_us}};
  for (size_t i = 0; i < view.events.size(); ++i) {
    plan::v1::Event event;
    if (!event.ParseFromArray(view.events[i].data(), static_cast<int>(view.events[i].size()))) {
      return done(MakeError(Reason::DATA_LOSS, "plan", std::to_string(view.header.first_sequence + i), "an event of the plan journal cannot be read"));
    }
    AddPlanEvent(view.header.first_sequence + i, view.events[i], event, &block);
  }
  Submit(std::move(block), std::move(done));
}

void PlanTaker::Advance(const journal::Position& after) {
  journal_ = after.journal_id;
  taken_ = after;
}

journal::Position PlanTaker::Lose() {
  desk_.SetPlanIsOther(true);
  return taken_;
}

}  // namespace anju::progress
