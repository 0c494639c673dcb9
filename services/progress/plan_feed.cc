// Following plan.
#include "services/progress/plan_feed.h"

#include <future>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"

namespace anju::progress {
namespace {

// Waits until what `start` begins is done.
template <typename Start>
absl::Status Await(Start start) {
  std::promise<absl::Status> done;
  std::future<absl::Status> outcome = done.get_future();
  start([&done](const absl::Status& status) { done.set_value(status); });
  return outcome.get();
}

}  // namespace

PlanFeed::PlanFeed(std::string address, Desk& desk, journal::Pipeline& pipeline, rpc::WaitingRoom& room)
    : address_(std::move(address)), desk_(desk), taker_(desk, pipeline, room) {
  const absl::Status resumed = Await([this](PlanTaker::Done done) { taker_.Resume(std::move(done)); });
  if (!resumed.ok()) return;  // the pipeline is going down with the process
  feed::Follower::Callbacks callbacks;
  callbacks.on_block = [this](const journal::BlockView& block, std::string_view, const journal::Position& after) { return Take(block, after); };
  callbacks.on_lineage = [this](const journal::Lineage& lineage) {
    return Await([&](PlanTaker::Done done) { taker_.TakeLineage(lineage, std::move(done)); });
  };
  callbacks.on_fresh = [this](const journal::Position& upstream, int64_t sent_us) { desk_.MarkPlanFresh(upstream, sent_us); };
  callbacks.on_data_loss = [this](const feed::Lost& lost) { return taker_.Lose(lost); };
  follower_ = std::make_unique<feed::Follower>("plan", rpc::Connect(address_), taker_.taken(), std::move(callbacks));
}

PlanFeed::~PlanFeed() = default;

// The follower waits for the block to be stored, so that the next one is asked for only then.
absl::Status PlanFeed::Take(const journal::BlockView& block, const journal::Position& after) {
  RETURN_IF_ERROR(Await([&](PlanTaker::Done done) { taker_.Take(block, after, std::move(done)); }));
  taker_.Advance(after);
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
  const absl::Status refused = desk_.plan_refused();
  // A stream that ends because plan is refused says so itself; one that is not even reached says what else is wrong.
  const std::string why(refused.message());
  const bool told = status.problem.find(why) != std::string::npos;
  followed->set_problem(told ? status.problem : absl::StrCat(why, status.problem.empty() ? "" : "; ", status.problem));
}

}  // namespace anju::progress
