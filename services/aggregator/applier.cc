// Applies blocks: reads them without locks, changes the state under both, stores effect and position together.
#include "services/aggregator/applier.h"

#include <algorithm>
#include <chrono>
#include <string>

#include <spdlog/spdlog.h>

#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "services/aggregator/convert.h"
#include "services/aggregator/errors.h"

namespace anju::aggregator {
namespace {

int64_t SteadyMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Whether a block is to be applied now. An error when it is not the next one.
absl::StatusOr<bool> IsNext(const journal::BlockView& block, const journal::Position& after, const journal::Position& have) {
  if (have.sequence > 0 && have.journal_id != after.journal_id) return NotTheNextBlock(block.header.first_sequence, have.sequence + 1);
  if (after.sequence <= have.sequence) return false;
  if (block.header.first_sequence != have.sequence + 1) return NotTheNextBlock(block.header.first_sequence, have.sequence + 1);
  return true;
}

}  // namespace

Applier::Applier(std::unique_ptr<Store> store, size_t slots, std::function<void(const absl::Status&)> on_fatal)
    : slots_(slots), on_fatal_(std::move(on_fatal)), store_(std::move(store)), state_(std::make_unique<State>(slots)), progress_(slots) {}

Applier::~Applier() { Flush(); }

absl::StatusOr<std::unique_ptr<Applier>> Applier::Open(storage::Disk& disk, size_t slots,
                                                       std::function<void(const absl::Status&)> on_fatal) {
  ASSIGN_OR_RETURN(std::unique_ptr<Store> store, Store::Open(disk, slots));
  auto applier = std::unique_ptr<Applier>(new Applier(std::move(store), slots, std::move(on_fatal)));
  RETURN_IF_ERROR(applier->Load());
  return applier;
}

absl::Status Applier::Load() {
  const MutexLock apply(apply_mutex_);
  const WriterLock lock(state_mutex_);
  StoredState stored;
  absl::Status loaded = store_->Load(&stored, &state_->leaves());
  for (const plan::v1::DocumentImported& document : stored.documents) {
    if (!loaded.ok()) break;
    auto targets = TargetsOf(document);
    loaded = targets.status();
    if (targets.ok()) state_->documents().Add(document.number(), *std::move(targets));
  }
  if (!loaded.ok()) {
    spdlog::warn("state/ is dropped and rebuilt: {}", std::string(loaded.message()));
    Clear();
    return absl::OkStatus();
  }
  Apply(stored.regions, &registry_);
  Apply(stored.catalogue, &registry_);
  state_->SetRegistry(registry_.regions, registry_.catalogue);
  plan_ = stored.plan;
  progress_ = stored.progress;
  plan_seen_ = plan_.position.sequence > 0;
  for (Slot slot = 0; slot < slots_; ++slot) {
    if (progress_[slot].position.sequence > 0) state_->leaves().SetJournal(slot, journal::ToHex(progress_[slot].position.journal_id));
  }
  state_->Recompute();
  state_->TakeChanged();
  return absl::OkStatus();
}

void Applier::Clear() {
  if (const absl::Status cleared = store_->Clear(); !cleared.ok()) Fatal(cleared);
  registry_ = {};
  noted_ = {.started_over = true};
  state_ = std::make_unique<State>(slots_);
  plan_ = {};
  progress_.assign(slots_, {});
}

void Applier::StartOver() {
  {
    const MutexLock apply(apply_mutex_);
    const WriterLock lock(state_mutex_);
    Clear();
  }
  if (on_applied_) on_applied_();
}

absl::Status Applier::ApplyPlan(const journal::BlockView& block, const journal::Position& after) {
  std::vector<plan::v1::Event> events(block.events.size());
  std::vector<std::vector<PrintedTarget>> targets(block.events.size());
  for (size_t i = 0; i < events.size(); ++i) {
    if (!events[i].ParseFromArray(block.events[i].data(), static_cast<int>(block.events[i].size())) ||
        events[i].kind_case() == plan::v1::Event::KIND_NOT_SET) {
      return UnreadableEvent(block.header.first_sequence + i);
    }
    if (events[i].has_document()) {
      ASSIGN_OR_RETURN(targets[i], TargetsOf(events[i].document()));
    }
  }
  {
    const MutexLock apply(apply_mutex_);
    const WriterLock lock(state_mutex_);
    ASSIGN_OR_RETURN(const bool next, IsNext(block, after, plan_.position));
    if (!next) return absl::OkStatus();
    bool registry_changed = false;
    for (size_t i = 0; i < events.size(); ++i) {
      ApplyPlanEvent(block.header.first_sequence + i, events[i], std::move(targets[i]), &registry_changed);
    }
    if (registry_changed) state_->ReplaceRegistry(registry_.regions, registry_.catalogue);
    plan_ = {after, block.header.time_us};
    plan_seen_ = true;
    store_->PutPlanPosition(plan_);
    last_applied_ms_ = SteadyMs();
  }
  if (on_applied_) on_applied_();
  return absl::OkStatus();
}

void Applier::ApplyPlanEvent(uint64_t sequence, const plan::v1::Event& event, std::vector<PrintedTarget> targets, bool* registry_changed) {
  if (event.has_regions()) {
    Apply(event.regions(), &registry_);
    Note(event.regions());
    store_->Put(event.regions());
    *registry_changed = true;
  } else if (event.has_catalogue()) {
    Apply(event.catalogue(), &registry_);
    Note(event.catalogue());
    store_->Put(event.catalogue());
    *registry_changed = true;
  } else if (event.has_document()) {
    // Its cells are placed in the trees, so rows that came before it in the block go in first.
    if (*registry_changed) state_->ReplaceRegistry(registry_.regions, registry_.catalogue);
    *registry_changed = false;
    state_->AddDocument(event.document().number(), std::move(targets));
    store_->Put(sequence, event.document());
  }
  // Milestones change no total.
}

void Applier::Note(const plan::v1::RegionsImported& event) {
  for (const auto& record : event.regions()) noted_.regions.insert(record.number());
}

void Applier::Note(const plan::v1::CatalogueImported& event) {
  for (const auto& record : event.programmes()) noted_.programmes.insert(record.number());
  for (const auto& record : event.indicators()) noted_.indicators.insert(record.number());
}

absl::Status Applier::ApplyProgress(Slot slot, const journal::BlockView& block, const journal::Position& after) {
  if (!PlanReached(block.header)) return WhatItWaitsFor(block.header);
  ASSIGN_OR_RETURN(const std::vector<ProgressChange> changes, ChangesOf(block));
  {
    const MutexLock apply(apply_mutex_);
    {
      const WriterLock lock(state_mutex_);
      ASSIGN_OR_RETURN(const bool next, IsNext(block, after, progress_[slot].position));
      if (!next) return absl::OkStatus();
      RETURN_IF_ERROR(state_->CheckProgress(slot, changes));
      state_->ApplyProgress(slot, journal::ToHex(after.journal_id), changes);
      progress_[slot] = {after, block.header.time_us};
    }
    for (const ProgressChange& change : changes) {
      if (change.kind == ProgressChange::Kind::kUpdate) {
        store_->PutUpdate(slot, change.series, change.entry);
      } else {
        store_->PutSeries(slot, change.series, change.cell);
      }
    }
    store_->PutPosition(slot, {after, block.header.time_us});
    last_applied_ms_ = SteadyMs();
    if (store_->pending_updates() >= kFlushUpdates) FlushLocked();
  }
  if (on_applied_) on_applied_();
  return absl::OkStatus();
}

bool Applier::PlanReached(const journal::BlockHeader& header) const {
  if (header.plan_sequence == 0) return true;
  const ReaderLock lock(state_mutex_);
  return plan_.position.journal_id == header.plan_journal_id && plan_.position.sequence >= header.plan_sequence;
}

absl::Status Applier::WhatItWaitsFor(const journal::BlockHeader& header) const {
  const journal::Position have = plan_position();
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
  return rpc::MakeStamp(BasisLocked(), newest_us);
}

types::v1::BasisStamp Applier::Stamp() const {
  const ReaderLock lock(state_mutex_);
  return StampLocked();
}

bool Applier::Includes(const types::v1::Basis& wanted) const {
  const ReaderLock lock(state_mutex_);
  return rpc::Includes(BasisLocked(), wanted);
}

void Applier::StandStill(const Work& work) {
  const MutexLock apply(apply_mutex_);
  const ReaderLock lock(state_mutex_);
  const auto take = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    // Answers never look at what has been marked as changed, so taking it needs no more than that no block is being applied.
    PendingChanges changes = std::exchange(noted_, {});
    changes.cells = state_->TakeChanged();
    return changes;
  };
  work(*state_, StampLocked(), take);
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
  spdlog::critical("the state cannot be written: {}", std::string(status.message()));
  on_fatal_(status);
}

}  // namespace anju::aggregator
