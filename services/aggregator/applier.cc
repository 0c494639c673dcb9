// Applies blocks: reads them without locks, changes the state under both, stores effect and position together.
#include "services/aggregator/applier.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <string>

#include <spdlog/spdlog.h>

#include "common/faults/faults.h"
#include "common/registry/known.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "common/time/date.h"
#include "services/aggregator/convert.h"
#include "services/aggregator/errors.h"

namespace anju::aggregator {
namespace {

int64_t SteadyMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Whether a block is to be applied now. An error when it is not the next one.
absl::StatusOr<bool> IsNext(const journal::BlockView& block, const journal::Position& after, const journal::Position& have, const journal::Lineage& lineage) {
  if (faults::IsDisabled(faults::Protection::kPositionCheck)) return true;
  const bool ours = have.sequence == 0 || (lineage.Contains(have.journal_id, have.sequence) && lineage.Contains(after.journal_id, after.sequence));
  if (!ours) return NotTheNextBlock(block.header.first_sequence, have.sequence + 1);
  if (after.sequence <= have.sequence) return false;
  if (block.header.first_sequence != have.sequence + 1) return NotTheNextBlock(block.header.first_sequence, have.sequence + 1);
  return true;
}

// The rows of a block's changes. Reviews of one event become one row again.
void PutChanges(Slot slot, const std::vector<ProgressChange>& changes, Store* store) {
  std::map<uint64_t, progress::v1::Review> reviews;
  for (const ProgressChange& change : changes) {
    switch (change.kind) {
      case ProgressChange::Kind::kOpenSeries:
        store->PutSeries(slot, change.series, change.cell);
        break;
      case ProgressChange::Kind::kUpdate:
        store->PutUpdate(slot, change.series, change.entry);
        if (change.note != nullptr) store->PutNote(slot, change.entry.sequence, ToProto(*change.note));
        break;
      case ProgressChange::Kind::kReview: {
        progress::v1::Review& review = reviews[change.entry.sequence];
        review.add_updates(change.update);
        review.set_state(static_cast<types::v1::ReviewState>(change.review));
        break;
      }
    }
  }
  for (const auto& [sequence, review] : reviews) store->PutReview(slot, sequence, review);
}

// Notes and reviews of stored updates, in the order of their journals.
absl::Status FillRemarks(const StoredState& stored, Leaves* leaves) {
  for (const auto& note : stored.notes) {
    if (leaves->SeriesOfUpdate(note.slot, note.sequence) == 0) return StrayRow(note.sequence);
    leaves->Annotate(note.slot, note.sequence, NoteOf(note.message));
  }
  for (const auto& review : stored.reviews) {
    ASSIGN_OR_RETURN(const ReviewState state, StateOf(review.sequence, review.message));
    for (const uint64_t update : review.message.updates()) {
      if (leaves->SeriesOfUpdate(review.slot, update) == 0) return StrayRow(review.sequence);
      leaves->Review(review.slot, update, review.sequence, state);
    }
  }
  return absl::OkStatus();
}

}  // namespace

Applier::Applier(std::unique_ptr<Store> store, size_t slots, std::function<void(const absl::Status&)> on_fatal)
    : slots_(slots), on_fatal_(std::move(on_fatal)), store_(std::move(store)), state_(std::make_unique<State>(slots)),
      past_(std::make_unique<Past>(slots)), journals_(std::make_shared<FeedJournals>(slots + 1)), fresh_us_(slots + 1), tellings_(slots + 1), progress_(slots) {}

Applier::~Applier() { Flush(); }

absl::StatusOr<std::unique_ptr<Applier>> Applier::Open(storage::Disk& disk, size_t slots,
                                                       std::function<void(const absl::Status&)> on_fatal, uint64_t reserve_bytes) {
  ASSIGN_OR_RETURN(std::unique_ptr<Store> store, Store::Open(disk, slots, reserve_bytes));
  auto applier = std::unique_ptr<Applier>(new Applier(std::move(store), slots, std::move(on_fatal)));
  RETURN_IF_ERROR(applier->Load());
  return applier;
}

absl::Status Applier::Load() {
  const MutexLock apply(apply_mutex_);
  const WriterLock lock(state_mutex_);
  StoredState stored;
  absl::Status loaded = store_->Load(&stored, &state_->leaves());
  for (const auto& [sequence, event] : stored.plan_events) {
    if (!loaded.ok()) break;
    if (!event.has_document()) continue;
    auto targets = TargetsOf(event.document());
    loaded = targets.status();
    if (targets.ok()) state_->documents().Add(sequence, InfoOf(event.document()), *std::move(targets));
  }
  if (loaded.ok()) loaded = FillRemarks(stored, &state_->leaves());
  // A disk that cannot be read has not lost anything: the next start may read it all.
  if (HasReason(loaded, Reason::STORAGE_FAILED)) return loaded;
  if (!loaded.ok()) {
    spdlog::warn("state/ is dropped and rebuilt: {}", std::string(loaded.message()));
    Clear();
    return absl::OkStatus();
  }
  FillFrom(std::move(stored));
  state_->Build();
  return absl::OkStatus();
}

void Applier::FillFrom(StoredState stored) {
  for (const auto& [sequence, event] : stored.plan_events) Remember(sequence, event);
  const std::shared_ptr<const Registry> registry = past_->registries.At(UINT64_MAX);
  state_->SetRegistry(registry->regions, registry->catalogue, registry->boundaries);
  for (const StoredState::Day& day : stored.days) past_->days[day.feed].Add(day.day, day.last);
  for (const StoredState::PlanMark& mark : stored.plan_marks) past_->plan_marks[mark.slot].Add(mark.first, mark.plan);
  plan_ = stored.plan;
  progress_ = std::move(stored.progress);
  plan_seen_ = plan_.position.sequence > 0;
  for (size_t feed = 0; feed <= slots_; ++feed) {
    if (!stored.lineages[feed].empty()) journals_ = journals_->With(feed, std::move(stored.lineages[feed]));
  }
  for (Slot slot = 0; slot < slots_; ++slot) {
    if (progress_[slot].position.sequence > 0) state_->leaves().SetJournal(slot, journals_->NameOf(size_t{slot} + 1, 0));
  }
  for (const auto& review : stored.reviews) {
    past_->reviews[review.slot][review.sequence].assign(review.message.updates().begin(), review.message.updates().end());
  }
}

void Applier::Clear() {
  if (const absl::Status cleared = store_->Clear(); !cleared.ok()) Fatal(cleared);
  noted_ = {.started_over = true};
  state_ = std::make_unique<State>(slots_);
  past_ = std::make_unique<Past>(slots_);
  journals_ = std::make_shared<FeedJournals>(slots_ + 1);
  plan_ = {};
  progress_.assign(slots_, {});
  for (std::atomic<int64_t>& fresh : fresh_us_) fresh = 0;
}

void Applier::StartOver() {
  {
    const MutexLock apply(apply_mutex_);
    const WriterLock lock(state_mutex_);
    Clear();
  }
  if (on_applied_) on_applied_();
}

void Applier::SetLineage(size_t feed, const journal::Lineage& lineage) {
  {
    const MutexLock apply(apply_mutex_);
    const WriterLock lock(state_mutex_);
    if (journals_->lineage(feed).encoded() == lineage.encoded()) return;
    journals_ = journals_->With(feed, lineage);
    store_->PutLineage(feed, lineage);
  }
  if (on_applied_) on_applied_();
}

bool Applier::HasFollowed(size_t feed, const journal::JournalId& id) const {
  const ReaderLock lock(state_mutex_);
  return journals_->lineage(feed).Knows(id);
}

const journal::Lineage& Applier::LineageFor(size_t feed, const journal::Position& after) {
  const journal::Position& have = feed == 0 ? plan_.position : progress_[feed - 1].position;
  if (have.sequence == 0 && !journals_->lineage(feed).Contains(after.journal_id, after.sequence)) {
    journals_ = journals_->WithUnrelated(feed, after.journal_id);
    store_->PutLineage(feed, journals_->lineage(feed));
  }
  return journals_->lineage(feed);
}

absl::Status Applier::ApplyPlan(const journal::BlockView& block, const journal::Position& after) {
  std::vector<plan::v1::Event> events(block.events.size());
  std::vector<std::vector<PrintedTarget>> targets(block.events.size());
  for (size_t i = 0; i < events.size(); ++i) {
    if (!events[i].ParseFromArray(block.events[i].data(), static_cast<int>(block.events[i].size())) ||
        events[i].kind_case() == plan::v1::Event::KIND_NOT_SET) {
      return UnreadableEvent(block.header.first_sequence + i);
    }
    RETURN_IF_ERROR(CheckKnown(events[i]));
    if (events[i].has_document()) {
      ASSIGN_OR_RETURN(targets[i], TargetsOf(events[i].document()));
    }
  }
  {
    const MutexLock apply(apply_mutex_);
    const WriterLock lock(state_mutex_);
    ASSIGN_OR_RETURN(const bool next, IsNext(block, after, plan_.position, LineageFor(0, after)));
    if (!next) return absl::OkStatus();
    bool registry_changed = false;
    for (size_t i = 0; i < events.size(); ++i) {
      ApplyPlanEvent(block.header.first_sequence + i, events[i], std::move(targets[i]), &registry_changed);
    }
    if (registry_changed) ReplaceRegistry();
    MarkDay(0, block.header);
    plan_ = {after, block.header.time_us};
    plan_seen_ = true;
    store_->PutPlanPosition(plan_);
    faults::Reach("aggregator.plan_applied");
    last_applied_ms_ = SteadyMs();
  }
  if (on_applied_) on_applied_();
  return absl::OkStatus();
}

void Applier::ApplyPlanEvent(uint64_t sequence, const plan::v1::Event& event, std::vector<PrintedTarget> targets, bool* registry_changed) {
  if (Remember(sequence, event)) {
    NoteChanged(event);
    *registry_changed = true;
  }
  if (event.has_document()) {
    // Its cells are placed in the trees, so rows that came before it in the block go in first.
    if (*registry_changed) ReplaceRegistry();
    *registry_changed = false;
    state_->AddDocument(sequence, InfoOf(event.document()), std::move(targets));
  }
  store_->Put(sequence, event);
}

bool Applier::Remember(uint64_t sequence, const plan::v1::Event& event) {
  switch (event.kind_case()) {
    case plan::v1::Event::kRegions:
      past_->plan_events[sequence] = {"regions", ""};
      past_->registries.Add(sequence, event.regions());
      return true;
    case plan::v1::Event::kCatalogue:
      past_->plan_events[sequence] = {"catalogue", ""};
      past_->registries.Add(sequence, event.catalogue());
      return true;
    case plan::v1::Event::kBoundaries:
      past_->plan_events[sequence] = {"boundaries", ""};
      past_->registries.Add(sequence, event.boundaries());
      return true;
    case plan::v1::Event::kDocument:
      past_->plan_events[sequence] = {"document", event.document().number()};
      return false;
    case plan::v1::Event::kMilestones:
      past_->plan_events[sequence] = {"milestones", event.milestones().document()};
      past_->milestones.push_back(MilestonesFrom(sequence, event.milestones()));
      return false;
    case plan::v1::Event::kChecks:  // judged where figures are taken
    case plan::v1::Event::KIND_NOT_SET:
      break;
  }
  return false;
}

void Applier::ReplaceRegistry() {
  const std::shared_ptr<const Registry> registry = past_->registries.At(UINT64_MAX);
  state_->ReplaceRegistry(registry->regions, registry->catalogue, registry->boundaries);
}

void Applier::MarkDay(size_t feed, const journal::BlockHeader& header) {
  const Date day = past_->days[feed].Add(Clock::DateOfMicros(header.time_us), header.last_sequence());
  store_->PutDay(feed, day, header.last_sequence());
}

void Applier::NoteChanged(const plan::v1::Event& event) {
  for (const auto& record : event.regions().regions()) noted_.regions.insert(record.number());
  for (const auto& record : event.boundaries().regions()) noted_.regions.insert(record.number());
  for (const auto& record : event.catalogue().programmes()) noted_.programmes.insert(record.number());
  for (const auto& record : event.catalogue().indicators()) noted_.indicators.insert(record.number());
}

absl::Status Applier::ApplyProgress(Slot slot, const journal::BlockView& block, const journal::Position& after) {
  if (!PlanReached(block.header)) return WhatItWaitsFor(block.header);
  ASSIGN_OR_RETURN(const std::vector<ProgressChange> changes, ChangesOf(block));
  {
    const MutexLock apply(apply_mutex_);
    {
      const WriterLock lock(state_mutex_);
      ASSIGN_OR_RETURN(const bool next, IsNext(block, after, progress_[slot].position, LineageFor(size_t{slot} + 1, after)));
      if (!next) return absl::OkStatus();
      RETURN_IF_ERROR(state_->CheckProgress(slot, changes));
      // The oldest name: journals keep their order whatever is restored.
      state_->ApplyProgress(slot, journals_->NameOf(size_t{slot} + 1, 0), changes);
      for (const ProgressChange& change : changes) {
        if (change.kind == ProgressChange::Kind::kReview) past_->reviews[slot][change.entry.sequence].push_back(change.update);
      }
      MarkDay(slot + 1, block.header);
      if (past_->plan_marks[slot].Add(block.header.first_sequence, block.header.plan_sequence)) {
        store_->PutPlanMark(slot, block.header.first_sequence, block.header.plan_sequence);
      }
      progress_[slot] = {after, block.header.time_us};
    }
    PutChanges(slot, changes, store_.get());
    faults::Reach("aggregator.before_position");
    store_->PutPosition(slot, {after, block.header.time_us});
    faults::Reach("aggregator.progress_applied");
    last_applied_ms_ = SteadyMs();
    if (store_->pending_updates() >= kFlushUpdates) FlushLocked();
  }
  if (on_applied_) on_applied_();
  return absl::OkStatus();
}

bool Applier::PlanReached(const journal::BlockHeader& header) const {
  if (header.plan_sequence == 0) return true;
  const ReaderLock lock(state_mutex_);
  return journals_->lineage(0).Contains(header.plan_journal_id, header.plan_sequence) && plan_.position.sequence >= header.plan_sequence;
}

bool Applier::PlanIsLost(const journal::BlockHeader& header) const {
  const ReaderLock lock(state_mutex_);
  const journal::Lineage& lineage = journals_->lineage(0);
  return lineage.Knows(header.plan_journal_id) && !lineage.Contains(header.plan_journal_id, header.plan_sequence);
}

absl::Status Applier::WhatItWaitsFor(const journal::BlockHeader& header) const {
  journal::Position have;
  {
    const ReaderLock lock(state_mutex_);
    have = plan_.position;
    const journal::Lineage& lineage = journals_->lineage(0);
    if (lineage.Knows(header.plan_journal_id)) {
      if (!lineage.Contains(header.plan_journal_id, header.plan_sequence)) {
        return PlanWasRolledBack(journal::ToHex(header.plan_journal_id), header.plan_sequence);
      }
      have.journal_id = header.plan_journal_id;
    }
  }
  return WaitsForPlan(journal::ToHex(header.plan_journal_id), header.plan_sequence, have.sequence == 0 ? "" : journal::ToHex(have.journal_id));
}

void Applier::MarkPlanSeen() {
  const WriterLock lock(state_mutex_);
  plan_seen_ = true;
}

bool Applier::plan_seen() const {
  const ReaderLock lock(state_mutex_);
  return plan_seen_;
}

journal::Position Applier::plan_position() const {
  const ReaderLock lock(state_mutex_);
  return plan_.position;
}

journal::Position Applier::position(Slot slot) const {
  const ReaderLock lock(state_mutex_);
  return progress_[slot].position;
}

types::v1::Basis Applier::BasisLocked() const {
  types::v1::Basis basis;
  *basis.mutable_plan() = rpc::ToProto(plan_.position);
  for (const FeedPosition& feed : progress_) {
    if (feed.position.sequence > 0) *basis.add_progress() = rpc::ToProto(feed.position);
  }
  return basis;
}

types::v1::BasisStamp Applier::StampLocked() const {
  int64_t newest_us = plan_.time_us;
  for (const FeedPosition& feed : progress_) newest_us = std::max(newest_us, feed.time_us);
  return rpc::MakeStamp(BasisLocked(), newest_us, CompleteUntilLocked());
}

Sight Applier::SightLocked() const { return {*state_, *past_, plan_, progress_, fresh_us_, tellings_, StampLocked(), journals_}; }

std::vector<uint64_t> Applier::tellings() const { return {tellings_.begin(), tellings_.end()}; }

int64_t Applier::CompleteUntilLocked() const {
  int64_t complete = INT64_MAX;
  for (const std::atomic<int64_t>& fresh : fresh_us_) complete = std::min(complete, fresh.load());
  return complete;
}

int64_t Applier::complete_until_us() const {
  const ReaderLock lock(state_mutex_);
  return CompleteUntilLocked();
}

void Applier::MarkFresh(size_t feed, const journal::Position& position, int64_t time_us) {
  {
    const ReaderLock lock(state_mutex_);
    const journal::Position& have = feed == 0 ? plan_.position : progress_[feed - 1].position;
    // The feed of a journal that was replaced may still have a word on its way.
    const bool ours = have.sequence == 0 || journals_->lineage(feed).Contains(position.journal_id, position.sequence);
    if (position.sequence > have.sequence || !ours) return;
    fresh_us_[feed] = time_us;
    ++tellings_[feed];
  }
  if (on_fresh_) on_fresh_();
}

types::v1::BasisStamp Applier::Stamp() const {
  const ReaderLock lock(state_mutex_);
  return StampLocked();
}

bool Applier::Includes(const types::v1::Basis& wanted) const {
  const ReaderLock lock(state_mutex_);
  return rpc::Includes(BasisLocked(), wanted, journals_->lineages());
}

absl::Status Applier::CheckNotLost(const types::v1::Basis& wanted, std::string_view field) const {
  const ReaderLock lock(state_mutex_);
  return journals_->lineages().CheckNotLost(wanted, field);
}

void Applier::StandStill(const Work& work) {
  const MutexLock apply(apply_mutex_);
  const ReaderLock lock(state_mutex_);
  const auto take = [this]() NO_THREAD_SAFETY_ANALYSIS {
    // Answers never look at what has been marked as changed, so taking it needs no more than that no block is being applied.
    PendingChanges changes = std::exchange(noted_, {});
    changes.cells = state_->TakeChanged();
    return changes;
  };
  work(SightLocked(), take);
}

void Applier::FlushIfIdle() {
  const MutexLock apply(apply_mutex_);
  if (SteadyMs() - last_applied_ms_ >= kFlushIdleMs) FlushLocked();
}

void Applier::Flush() {
  const MutexLock apply(apply_mutex_);
  FlushLocked();
}

void Applier::FlushLocked() {
  if (const absl::Status flushed = store_->Flush(); !flushed.ok()) Fatal(flushed);
}

void Applier::Fatal(const absl::Status& status) {
  on_fatal_(status);
}

}  // namespace anju::aggregator
