// Walks columns for their followers and turns steps into messages.
#include "services/aggregator/column_followers.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <set>
#include <utility>

#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/aggregator/convert.h"
#include "services/aggregator/core/steps.h"
#include "services/aggregator/errors.h"
#include "services/aggregator/handlers.h"

namespace anju::aggregator {
namespace {

constexpr std::string_view kMilestones = "milestones";

using SteadyClock = std::chrono::steady_clock;

// Whether a plan event brings milestones of a programme and indicator.
bool BringsMilestones(const Past& past, uint64_t sequence, const ColumnQuery& key) {
  const auto found = std::find_if(past.milestones.begin(), past.milestones.end(), [&](const MilestonesOf& of) { return of.sequence == sequence; });
  return found != past.milestones.end() && std::any_of(found->milestones.begin(), found->milestones.end(), [&](const Milestone& milestone) {
           return milestone.cell.programme == key.programme && milestone.cell.indicator == key.indicator;
         });
}

// What only carries the basis on.
WalkStep BasisOnly(const Known& at) {
  return {.before = at, .after = at, .cause = {}, .full = false, .cells = {}, .regions = {}, .day = {}, .registry = {}, .newest = {}};
}

// `milestones_of`: the key whose milestones are told too; nullptr for none.
WalkSight WalkSightOf(const Sight& sight, const ColumnQuery* milestones_of) {
  WalkSight walk{.state = sight.state,
                 .marks = sight.past.plan_marks,
                 .reviews = sight.past.reviews,
                 .books = [&sight](uint64_t plan) {
                   std::shared_ptr<const Registry> registry = sight.past.registries.At(plan);
                   const bool newest = registry == sight.past.registries.At(UINT64_MAX);
                   const Books books = newest ? sight.state.books() : Books{&registry->regions, &registry->catalogue, &registry->boundaries};
                   return HeldBooks{books, std::move(registry)};
                 },
                 .matters = [&sight, milestones_of](uint64_t plan) {
                   const auto found = sight.past.plan_events.find(plan);
                   return found != sight.past.plan_events.end() && (milestones_of != nullptr || found->second.kind != kMilestones);
                 },
                 .tells = [&sight, milestones_of](uint64_t plan) { return milestones_of != nullptr && BringsMilestones(sight.past, plan, *milestones_of); },
                 .available = Everything(sight),
                 .order = {}};
  for (Slot slot = 0; slot < sight.progress.size(); ++slot) walk.order.push_back(slot);
  std::sort(walk.order.begin(), walk.order.end(), [&](Slot a, Slot b) { return sight.state.leaves().JournalOf(a) < sight.state.leaves().JournalOf(b); });
  return walk;
}

}  // namespace

// The queue and `ended` are guarded by ColumnFollowers::mutex_, which cannot be named here; the rest belongs to the walking thread.
class ColumnFollowers::Follower {
 public:
  Follower(rpc::Caller caller, v1::FollowColumnRequest request, std::function<void()> wake)
      : wake(std::move(wake)), caller_(std::move(caller)), request_(std::move(request)) {}

  const std::function<void()> wake;
  std::deque<std::shared_ptr<const v1::ColumnStep>> queue;
  std::optional<absl::Status> ended;

  // One look; messages for the queue. An error ends the stream.
  absl::StatusOr<std::vector<v1::ColumnStep>> Look(const Sight& sight, bool* more);

 private:
  absl::StatusOr<v1::ColumnStep> Begin(const Sight& sight);
  // Whether what has been walked is still what is being applied here.
  absl::StatusOr<bool> StillThere(const Sight& sight);
  v1::ColumnStep MessageOf(const Sight& sight, const WalkStep& step);
  v1::Cause CauseOf(const Sight& sight, const JournalEvent& event, const Registry& registry) const;
  void AddMilestones(const Sight& sight, const WalkStep& step, const Registry& registry, v1::ColumnStep* message);

  const rpc::Caller caller_;
  const v1::FollowColumnRequest request_;
  std::optional<ColumnWalk> walk_;
  std::vector<ColumnQuery> keys_;
  std::optional<types::v1::Basis> told_;                // the basis after the last message
  std::optional<types::v1::Basis> walked_;              // how far the walk has come; events that changed nothing are not told at once
  std::optional<std::vector<uint64_t>> since_;          // what the feeds had told when it was no longer there; see IsBeyondTheEnd
  std::shared_ptr<const void> told_registry_;           // the catalogue that the follower has
  std::vector<RegionNumber> told_regions_;              // the parent and its children, of the last whole column with milestones
  std::optional<Date> told_day_;                        // that the milestones of the last message were looked at on
  SteadyClock::time_point told_time_;
};

absl::StatusOr<v1::ColumnStep> ColumnFollowers::Follower::Begin(const Sight& sight) {
  if (request_.region().empty()) return MissingField("region");
  if (request_.keys().empty()) return NoKeys();
  if (request_.keys_size() > kKeysMax) return TooManyRows("keys", request_.keys_size(), kKeysMax);
  if (request_.review() < types::v1::REVIEW_FILTER_UNSPECIFIED || request_.review() > types::v1::REVIEW_FILTER_CONFIRMED) {
    return BadReviewFilter(request_.review());
  }
  Known from = Everything(sight);
  if (!request_.from().empty()) {
    ASSIGN_OR_RETURN(const types::v1::Basis basis, rpc::ParseToken(request_.from()));
    auto known = KnownAt(basis, sight);
    if (!known.ok()) {
      ErrorDetail detail = ErrorsOf(known.status()).front();
      detail.field = "from";
      return MakeError(std::move(detail));
    }
    from = *std::move(known);
  }
  const std::shared_ptr<const Registry> registry = sight.past.registries.At(from.plan);
  ErrorCollector errors;
  auto keys = ResolveKeys(request_.keys(), registry->catalogue);
  errors.Add(keys.status());
  const Date day = TreeDate(keys.ok() ? PeriodOfTree(*keys) : Period{});
  // Whoever goes on had begun: its region may have been closed on the way, and is then known by its code.
  const RegionNumber begun = request_.from().empty() ? 0 : registry->regions.FindCode(request_.region());
  const RegionNumber region = begun != 0 ? begun : OrZero(registry->regions.Resolve(request_.region(), 0, day), &errors);
  if (!errors.empty()) return errors.ToStatus();
  RETURN_IF_ERROR(rpc::Authorize(caller_, rpc::Action::kRead, region, &registry->regions, day));
  keys_ = *std::move(keys);
  walk_.emplace(region, keys_, static_cast<ReviewFilter>(request_.review()), std::move(from));
  return MessageOf(sight, walk_->Start(WalkSightOf(sight, request_.milestones() ? &keys_.front() : nullptr)));
}

absl::StatusOr<bool> ColumnFollowers::Follower::StillThere(const Sight& sight) {
  const absl::Status known = KnownAt(*walked_, sight).status();
  if (known.ok()) {
    since_.reset();
    return true;
  }
  // Everything is being derived again: wait as long as it can come to where we are.
  if (!since_) since_.emplace(sight.tellings.begin(), sight.tellings.end());
  const bool may_come = MayStillReach(*walked_, sight.stamp.basis(), sight.progress.size(), sight.journals->lineages());
  if (may_come && !IsBeyondTheEnd(*walked_, sight, *since_)) return false;
  return known;
}

absl::StatusOr<std::vector<v1::ColumnStep>> ColumnFollowers::Follower::Look(const Sight& sight, bool* more) {
  std::vector<v1::ColumnStep> messages;
  *more = false;
  if (!walk_) {
    ASSIGN_OR_RETURN(v1::ColumnStep first, Begin(sight));
    messages.push_back(std::move(first));
    *more = true;
  } else {
    ASSIGN_OR_RETURN(const bool there, StillThere(sight));
    if (!there) return messages;
    const WalkSight walk = WalkSightOf(sight, request_.milestones() ? &keys_.front() : nullptr);
    for (const WalkStep& step : walk_->Walk(walk, kWalkEventsMax, kWalkStepsMax)) {
      // A step reads the same whenever it is told: its `from` is the basis right before it, to which a message of its own carries the follower.
      if (!rpc::Includes(*told_, BasisOf(step.before, sight), sight.journals->lineages())) messages.push_back(MessageOf(sight, BasisOnly(step.before)));
      messages.push_back(MessageOf(sight, step));
    }
    *more = !walk_->Done(walk);
    const auto now = SteadyClock::now();
    if (messages.empty() && now - told_time_ >= std::chrono::milliseconds(kColumnBeatMs)) {
      messages.push_back(MessageOf(sight, BasisOnly(walk_->at())));
    }
  }
  if (!messages.empty()) told_time_ = SteadyClock::now();
  walked_ = BasisOf(walk_->at(), sight);
  return messages;
}

v1::ColumnStep ColumnFollowers::Follower::MessageOf(const Sight& sight, const WalkStep& step) {
  v1::ColumnStep message;
  if (told_) *message.mutable_from() = *told_;
  // A basis of the past has no times; the newest one has those of everything applied.
  const Known everything = Everything(sight);
  *message.mutable_to() = rpc::MakeStamp(BasisOf(step.after, sight), 0);
  if (step.after == everything) {
    message.mutable_to()->set_recorded_time_us(sight.stamp.recorded_time_us());
    message.mutable_to()->set_complete_until_us(sight.stamp.complete_until_us());
  }
  told_ = message.to().basis();
  message.set_full(step.full);
  for (const Cell& cell : step.cells) *message.add_cells() = ToProto(cell, *sight.journals);
  if (step.registry == nullptr) return message;  // only the basis moved on
  const Registry& registry = *static_cast<const Registry*>(step.registry.get());
  if (step.full) {
    for (const RegionNumber region : step.regions) AddRegion(registry.regions, region, step.day, message.mutable_regions());
    if (told_registry_ != step.registry) AddCatalogue(registry.catalogue, &message);
    told_registry_ = step.registry;
  }
  if (step.cause) *message.mutable_cause() = CauseOf(sight, *step.cause, registry);
  if (request_.milestones()) AddMilestones(sight, step, registry, &message);
  return message;
}

v1::Cause ColumnFollowers::Follower::CauseOf(const Sight& sight, const JournalEvent& event, const Registry& registry) const {
  v1::Cause cause;
  cause.set_sequence(event.sequence);
  if (event.plan) {
    cause.set_journal_id(sight.journals->NameOf(0, event.sequence));
    const PlanNote& note = sight.past.plan_events.at(event.sequence);
    cause.set_kind(note.kind);
    cause.set_document(note.document);
    return cause;
  }
  const Leaves& leaves = sight.state.leaves();
  cause.set_journal_id(sight.journals->NameOf(size_t{event.slot} + 1, event.sequence));
  const uint32_t series = leaves.SeriesOfUpdate(event.slot, event.sequence);
  cause.set_kind(series == 0 ? "review" : "update");
  if (series == 0) return cause;
  const Leaf& leaf = leaves.At(event.slot, series);
  const SeriesEntry* entry = leaf.history.Find(event.sequence);
  if (entry == nullptr) return cause;
  v1::UpdateCause* update = cause.mutable_update();
  if (const Region* row = registry.regions.Nearest(leaf.cell.region, entry->as_of)) update->set_region(row->code);
  if (const Programme* programme = registry.catalogue.FindProgramme(leaf.cell.programme)) update->set_programme(programme->code);
  if (const Indicator* indicator = registry.catalogue.FindIndicator(leaf.cell.indicator)) update->set_indicator(indicator->code);
  update->set_as_of(FormatDate(entry->as_of));
  update->set_amount(entry->amount);
  update->set_kind(static_cast<progress::v1::UpdateKind>(entry->kind));
  if (const Note* note = leaf.NoteOf(event.sequence)) update->set_explanation(note->explanation);
  return cause;
}

void ColumnFollowers::Follower::AddMilestones(const Sight& sight, const WalkStep& step, const Registry& registry, v1::ColumnStep* message) {
  // Those of the step, not of the walk: it may have gone further already.
  const std::optional<Date> day = step.newest;
  if (step.full) told_regions_ = step.regions;
  // When the day moves on, milestones of regions that reported nothing may have been missed.
  const bool day_moved = day != std::exchange(told_day_, day);
  const bool all = step.full || day_moved;
  std::vector<RegionNumber> regions;
  for (size_t i = 1; i < told_regions_.size(); ++i) {
    const RegionNumber region = told_regions_[i];
    const bool named = std::any_of(step.cells.begin(), step.cells.end(), [&](const Cell& cell) { return cell.key.region == region; });
    if (all || named) regions.push_back(region);
  }
  if (regions.empty() || !day) return;
  const bool newest = sight.past.registries.At(UINT64_MAX).get() == &registry;
  const Moment moment{.as_of = day, .tree = {}, .known = step.after, .review = static_cast<ReviewFilter>(request_.review())};
  MilestoneView view(sight.state, moment, newest ? sight.state.books() : Books{&registry.regions, &registry.catalogue, &registry.boundaries},
                     sight.past.milestones);
  for (const MilestoneLine& line : view.Of(regions, {.programme = keys_.front().programme, .indicator = keys_.front().indicator})) {
    *message->add_milestones() = ToProto(line, day);
  }
}

ColumnFollowers::ColumnFollowers(Applier& applier) : applier_(applier), thread_([this] { Run(); }) {}

ColumnFollowers::~ColumnFollowers() {
  Stop();
  thread_.join();
}

void ColumnFollowers::Stop() {
  std::vector<std::shared_ptr<Follower>> followers;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    followers = Living();
    changed_.notify_all();
  }
  for (const auto& follower : followers) follower->wake();
}

std::vector<std::shared_ptr<ColumnFollowers::Follower>> ColumnFollowers::Living() {
  std::vector<std::shared_ptr<Follower>> living;
  std::erase_if(followers_, [&](const std::weak_ptr<Follower>& weak) {
    auto follower = weak.lock();
    if (follower == nullptr) return true;
    living.push_back(std::move(follower));
    return false;
  });
  return living;
}

absl::StatusOr<std::shared_ptr<ColumnFollowers::Follower>> ColumnFollowers::Follow(const rpc::Caller& caller, const v1::FollowColumnRequest& request,
                                                                                   std::function<void()> wake) {
  auto follower = std::make_shared<Follower>(caller, request, std::move(wake));
  const MutexLock lock(mutex_);
  if (stopping_) return Stopping();
  if (Living().size() >= kColumnFollowersMax) return TooManyFollowers();
  followers_.push_back(follower);
  moved_ = true;
  changed_.notify_all();
  return follower;
}

absl::StatusOr<std::shared_ptr<const v1::ColumnStep>> ColumnFollowers::Next(Follower& follower) {
  const MutexLock lock(mutex_);
  if (stopping_) return Stopping();
  if (follower.queue.empty()) {
    if (follower.ended) return *follower.ended;
    return nullptr;
  }
  auto message = std::move(follower.queue.front());
  follower.queue.pop_front();
  if (follower.queue.size() == kColumnMessagesMax / 2) {
    moved_ = true;  // its walk may have stood still
    changed_.notify_all();
  }
  return message;
}

void ColumnFollowers::Moved() {
  const MutexLock lock(mutex_);
  moved_ = true;
  changed_.notify_all();
}

void ColumnFollowers::Run() {
  MutexLock lock(mutex_);
  while (true) {
    const auto due = [this]() REQUIRES(mutex_) { return stopping_ || (moved_ && !Living().empty()); };
    if (Living().empty()) {
      changed_.wait(lock, due);
    } else {
      changed_.wait_for(lock, std::chrono::milliseconds(kColumnBeatMs), due);
    }
    if (stopping_) return;
    moved_ = false;
    const std::vector<std::shared_ptr<Follower>> followers = Living();
    lock.unlock();
    bool more = false;
    for (const auto& follower : followers) more |= Advance(*follower);
    lock.lock();
    moved_ |= more;
  }
}

bool ColumnFollowers::Advance(Follower& follower) {
  {
    const MutexLock lock(mutex_);
    if (follower.ended || follower.queue.size() >= kColumnMessagesMax) return false;
  }
  bool more = false;
  auto messages = applier_.Read([&](const Sight& sight) { return follower.Look(sight, &more); });
  {
    const MutexLock lock(mutex_);
    if (!messages.ok()) {
      follower.ended = messages.status();
      more = false;
    } else {
      for (v1::ColumnStep& message : *messages) follower.queue.push_back(std::make_shared<const v1::ColumnStep>(std::move(message)));
      if (messages->empty()) return more;
    }
  }
  follower.wake();
  return more;
}

}  // namespace anju::aggregator
