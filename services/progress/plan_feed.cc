// Following plan.
#include "services/progress/plan_feed.h"

#include <future>
#include <utility>

#include "anju/plan/v1/event.pb.h"
#include "common/faults/faults.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/progress/errors.h"

namespace anju::progress {
namespace {

// Applies one block on the decider; the follower waits for it, so that the next one is asked for only then.
class PlanRequest final : public journal::Request {
 public:
  PlanRequest(Desk& desk, journal::Pipeline& pipeline, rpc::WaitingRoom& room, PlanBlock block, std::promise<absl::Status> done)
      : desk_(desk), pipeline_(pipeline), room_(room), block_(std::move(block)), done_(std::move(done)) {}

  void Decide(journal::Recorder& recorder) override {
    // A block that cannot be read came out of a verified chain: the plan service wrote something this version does not know.
    CHECK_OK(desk_.model.ApplyPlan(block_, recorder.rows()));
    faults::Reach("progress.plan_block");
    pipeline_.SetPlanPosition(block_.after.position.journal_id, block_.after.position.sequence);
  }
  void Done(const absl::Status& status, const journal::Position&) override {
    if (status.ok()) {
      desk_.Publish(block_.after);
      room_.Wake();
    }
    done_.set_value(status);
  }

 private:
  Desk& desk_;
  journal::Pipeline& pipeline_;
  rpc::WaitingRoom& room_;
  const PlanBlock block_;
  std::promise<absl::Status> done_;
};

absl::Status Submit(Desk& desk, journal::Pipeline& pipeline, rpc::WaitingRoom& room, PlanBlock block) {
  std::promise<absl::Status> done;
  std::future<absl::Status> outcome = done.get_future();
  RETURN_IF_ERROR(pipeline.Submit(std::make_unique<PlanRequest>(desk, pipeline, room, std::move(block), std::move(done))));
  return outcome.get();
}

}  // namespace

PlanFeed::PlanFeed(std::string address, Desk& desk, journal::Pipeline& pipeline, rpc::WaitingRoom& room)
    : address_(std::move(address)), desk_(desk), pipeline_(pipeline), room_(room) {
  const PlanPosition cached = desk.model.plan();  // nobody decides yet
  if (cached.position.sequence > 0) {
    const absl::Status resumed = Submit(desk_, pipeline_, room_, PlanBlock{.events = {}, .documents = {}, .after = cached});
    if (!resumed.ok()) return;  // the pipeline is going down with the process
  }
  journal_ = desk.model.plan_journal();
  taken_ = cached.position;
  feed::Follower::Callbacks callbacks;
  callbacks.on_block = [this](const journal::BlockView& block, std::string_view, const journal::Position& after) { return Take(block, after); };
  callbacks.on_bookmark = [this](const journal::Position& upstream) { (void)CheckJournal(upstream); };
  callbacks.on_fresh = [this](const journal::Position& upstream, int64_t sent_us) { desk_.MarkPlanFresh(upstream, sent_us); };
  callbacks.on_data_loss = [this] {
    desk_.SetPlanIsOther(true);
    return taken_;  // and ask again: the right journal may be put back
  };
  follower_ = std::make_unique<feed::Follower>("plan", rpc::Connect(address_), cached.position, std::move(callbacks));
}

PlanFeed::~PlanFeed() = default;

absl::Status PlanFeed::CheckJournal(const journal::Position& upstream) {
  const bool other = journal_ != journal::JournalId{} && upstream.journal_id != journal_;
  desk_.SetPlanIsOther(other);
  return other ? OtherPlan() : absl::OkStatus();
}

absl::Status PlanFeed::Take(const journal::BlockView& view, const journal::Position& after) {
  RETURN_IF_ERROR(CheckJournal(after));
  PlanBlock block{.events = {}, .documents = {}, .after = {after, view.header.time_us}};
  for (size_t i = 0; i < view.events.size(); ++i) {
    plan::v1::Event event;
    if (!event.ParseFromArray(view.events[i].data(), static_cast<int>(view.events[i].size()))) {
      return MakeError(Reason::DATA_LOSS, "plan", std::to_string(view.header.first_sequence + i), "an event of the plan journal cannot be read");
    }
    AddPlanEvent(view.header.first_sequence + i, view.events[i], event, &block);
  }
  RETURN_IF_ERROR(Submit(desk_, pipeline_, room_, std::move(block)));
  journal_ = after.journal_id;
  taken_ = after;
  return absl::OkStatus();
}

void PlanFeed::FillStatus(status::v1::Followed* followed) const {
  followed->set_name("plan");
  followed->set_address(address_);
  if (follower_ == nullptr) return;
  const feed::FollowerStatus status = follower_->status();
  followed->set_connected(status.connected);
  const uint64_t applied = desk_.plan().position.sequence;
  followed->set_lag(status.upstream_sequence > applied ? status.upstream_sequence - applied : 0);
  followed->set_problem(status.problem);
}

}  // namespace anju::progress
