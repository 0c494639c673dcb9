// Making the facts, and an aggregator that has read them.
#include "tests/fuzz/suite_world.h"

#include <array>

#include <spdlog/spdlog.h>

#include "services/aggregator/core/dump.h"
#include "services/progress/intake.h"
#include "services/progress/testing/memory_recorder.h"

namespace anju::fuzz {
namespace {

// The aggregator's answers without a network between.
class NearColumns final : public ranking::Columns {
 public:
  explicit NearColumns(AggregatorWorld& world) : world_(world) {}
  void Cancel() override {}
  void Get(const aggregator::v1::GetColumnsRequest& request, Deadline, Done<aggregator::v1::GetColumnsResponse> done) override {
    done(world_.Ask(request, &aggregator::Handlers::GetColumns));
  }
  void GetMilestones(const aggregator::v1::GetMilestoneStatusRequest& request, Deadline, Done<aggregator::v1::GetMilestoneStatusResponse> done) override {
    done(world_.Ask(request, &aggregator::Handlers::GetMilestoneStatus));
  }
  // Of the ends of blocks; the owners would be asked for the others.
  void GetHeads(const types::v1::Basis& basis, Deadline, Done<types::v1::Basis> done) override {
    types::v1::Basis heads = basis;
    const auto fill = [](const Blocks& journal, types::v1::Position* position) {
      for (const Blocks::Block& block : journal.blocks()) {
        if (block.after.sequence == position->sequence()) *position = rpc::ToProto(block.after);
      }
    };
    if (heads.has_plan()) fill(TheFacts().plan, heads.mutable_plan());
    for (types::v1::Position& position : *heads.mutable_progress()) fill(TheFacts().progress, &position);
    done(std::move(heads));
  }

 private:
  AggregatorWorld& world_;
};

std::string ReviewOf(uint64_t update) {
  progress::v1::Event event;
  event.mutable_review()->add_updates(update);
  event.mutable_review()->set_state(types::v1::REVIEW_STATE_REVIEWED);
  return event.SerializeAsString();
}

}  // namespace

Clock& FixedClock() {
  static auto* const clock = new FakeClock(MakeDate(2017, 7, 1));  // worlds that are kept to the end look at it as they go
  return *clock;
}

Blocks::Blocks(const char* service, uint8_t id) {
  journal::Identity identity{.service = service, .id = {}, .created_us = FixedClock().NowMicros(), .continues = {}};
  identity.id.fill(id);
  auto lineage = journal::Lineage::FromIdentities({journal::EncodeIdentity(identity)});
  CHECK_OK(lineage.status());
  lineage_ = *std::move(lineage);
  position_.journal_id = identity.id;
}

void Blocks::Add(const std::vector<std::string>& events, const journal::Position& plan) {
  const journal::BlockHeader header{.first_sequence = position_.sequence + 1,
                                    .time_us = FixedClock().NowMicros() - 40 * int64_t{86'400'000'000} + static_cast<int64_t>(position_.sequence) * int64_t{86'400'000'000},
                                    .plan_journal_id = plan.journal_id,
                                    .plan_sequence = plan.sequence};
  Block block;
  block.bytes = journal::EncodeBlock(header, lineage_.PreviousOf(header.first_sequence, position_.block_hash), events, &position_.block_hash);
  position_.sequence += events.size();
  block.after = position_;
  blocks_.push_back(std::move(block));
}

types::v1::Basis Facts::basis() const {
  types::v1::Basis basis;
  *basis.mutable_plan() = rpc::ToProto(plan.position());
  *basis.add_progress() = rpc::ToProto(progress.position());
  return basis;
}

progress::v1::Items SomeItems() {
  progress::v1::Items items;
  items.set_first_sequence(1);
  for (const char* region : {"990101", "乙县", "丁区"}) {
    progress::v1::SeriesDefinition* series = items.add_definitions();
    series->set_index(static_cast<uint32_t>(items.definitions_size() - 1));
    series->set_region(region), series->set_programme("shantytown.urban"), series->set_indicator("starts"), series->set_plan_year("2017");
  }
  for (int i = 0; i < 8; ++i) {
    progress::v1::Item* item = items.add_items();
    item->set_series(static_cast<uint32_t>(i % 3));
    item->set_as_of(i < 4 ? "2017-04-30" : "2017-05-31");
    item->set_text(std::to_string(100 + 17 * i));
    if (i == 6) item->set_kind_text("increment");
    item->set_explanation("说明");
    item->set_line(static_cast<uint32_t>(i + 2));
  }
  return items;
}

const Facts& TheFacts() {
  static const Facts* facts = [] {
    auto* made = new Facts;
    const PlanWorld plan;
    made->plan.Add(plan.events());
    progress::Model model;
    progress::testing::MemoryRecorder recorder(model);
    std::vector<plan::v1::Event> events(plan.events().size());
    for (size_t i = 0; i < events.size(); ++i) CHECK(events[i].ParseFromString(plan.events()[i]));
    recorder.ApplyPlan(events);
    progress::Intake intake("clerk", "", Local(), progress::IntakeMode::kStream);
    progress::Taken taken;
    CHECK_OK(intake.Take(model, recorder, SomeItems(), &taken));
    const std::vector<std::string>& all = recorder.events();
    uint64_t last_update = 0;
    progress::UpdateEvent update;
    for (uint64_t i = 0; i < all.size(); ++i) {
      if (progress::DecodeUpdate(all[i], &update) == progress::Decoded::kUpdate) last_update = i + 1;
    }
    CHECK(last_update >= 8);  // all of them are figures
    const auto half = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
    made->progress.Add({all.begin(), half}, made->plan.position());
    std::vector<std::string> rest(half, all.end());
    rest.push_back(ReviewOf(last_update));
    made->progress.Add(rest, made->plan.position());
    return made;
  }();
  return *facts;
}

AggregatorWorld::AggregatorWorld() {
  rpc::UseSteppedWaitingRooms();
  spdlog::set_level(spdlog::level::off);
  disk_ = medium_.Boot();
  auto applier = aggregator::Applier::Open(*disk_, 1, [](const absl::Status& status) { CHECK_OK(status); });
  CHECK_OK(applier.status());
  applier_ = *std::move(applier);
  const Facts& facts = TheFacts();
  applier_->SetLineage(0, facts.plan.lineage());
  applier_->SetLineage(1, facts.progress.lineage());
  for (const Blocks::Block& block : facts.plan.blocks()) CHECK_OK(applier_->ApplyPlan(*journal::DecodeBlock(block.bytes), block.after));
  for (const Blocks::Block& block : facts.progress.blocks()) CHECK_OK(applier_->ApplyProgress(0, *journal::DecodeBlock(block.bytes), block.after));
  applier_->MarkPlanSeen();
  applier_->MarkFresh(0, facts.plan.position(), FixedClock().NowMicros());
  applier_->MarkFresh(1, facts.progress.position(), FixedClock().NowMicros());
  frames_ = std::make_unique<aggregator::Frames>(*applier_, /*thread=*/false);
  // Nobody else is there: updates are explained with what is known here, and heads are UNAVAILABLE.
  upstreams_ = std::make_unique<aggregator::Upstreams>(std::vector<std::string>());
  heads_ = std::make_unique<aggregator::UpstreamHeads>(std::vector<std::string>(2, "127.0.0.1:1"));
  handlers_ = std::make_unique<aggregator::Handlers>(*applier_, *frames_, *upstreams_, *heads_, FixedClock());
  followers_ = std::make_unique<aggregator::ColumnFollowers>(*applier_);
}

const std::vector<aggregator::v1::Frame>& AggregatorWorld::Snapshot() {
  if (!snapshot_.empty()) return snapshot_;
  const auto follower = frames_->Follow(std::nullopt, [] {});
  CHECK_OK(follower.status());
  frames_->Turn();
  while (snapshot_.empty() || !snapshot_.back().last()) {
    const auto frame = frames_->Next(**follower);
    CHECK_OK(frame.status());
    CHECK(*frame != nullptr);
    CHECK(snapshot_.emplace_back().ParseFromString(**frame));
  }
  return snapshot_;
}

const std::vector<std::string>& AggregatorWorld::Dump() {
  if (dump_.empty()) dump_ = applier_->Read([](const aggregator::Sight& sight) { return aggregator::Dump(sight.state); });
  return dump_;
}

std::unique_ptr<ranking::Columns> AggregatorWorld::Columns() { return std::make_unique<NearColumns>(*this); }

AggregatorWorld& TheAggregator() {
  static auto* world = new AggregatorWorld;
  return *world;
}

}  // namespace anju::fuzz
