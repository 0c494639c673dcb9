// Builds, keeps and hands out frames.
#include "services/aggregator/frames.h"

#include <algorithm>
#include <utility>

#include "common/faults/faults.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/aggregator/convert.h"
#include "services/aggregator/errors.h"

namespace anju::aggregator {
namespace {

using Clock = std::chrono::steady_clock;

static_assert(kFrameBytesMax + (1 << 20) < size_t{rpc::kReceiveBytesMax}, "followers of ours receive every frame");

// Where both name the hash it must be the same: with an older copy of a journal put back, a sequence may come a second time.
bool SamePosition(const types::v1::Position& a, const types::v1::Position& b) {
  return a.journal_id() == b.journal_id() && a.sequence() == b.sequence() &&
         (a.block_hash().empty() || b.block_hash().empty() || a.block_hash() == b.block_hash());
}

bool SameBasis(const types::v1::Basis& a, const types::v1::Basis& b) {
  return SamePosition(a.plan(), b.plan()) &&
         std::equal(a.progress().begin(), a.progress().end(), b.progress().begin(), b.progress().end(), SamePosition);
}

// Writes a message piece by piece. Pieces of a message, serialized one after another, are the message; one small piece that is filled again and again stays in
// the processor's cache, where a hundred thousand cells would not.
class FrameWriter {
 public:
  explicit FrameWriter(const FeedJournals& journals) : journals_(journals) {}

  void AddRegion(const State& state, RegionNumber number) {
    if (const std::vector<Region>* rows = state.regions().Rows(number)) {
      for (const Region& row : *rows) *piece_.add_regions() = ToProto(row);
    }
    Added();
  }
  void Add(const Programme& programme) {
    *piece_.add_programmes() = ToProto(programme);
    Added();
  }
  void Add(const Indicator& indicator) {
    *piece_.add_indicators() = ToProto(indicator);
    Added();
  }
  void Add(const Cell& cell) {
    ToProto(cell, journals_, piece_.add_cells());
    Added();
  }
  // About: what was added last may not be in it yet.
  size_t bytes() const { return bytes_.size(); }
  // The whole message, `rest` included; the writer is empty then.
  FrameBytes Take(const v1::Frame& rest) {
    Put();
    CHECK(rest.AppendToString(&bytes_));
    if (bytes_.capacity() > bytes_.size() + bytes_.size() / 4) bytes_.shrink_to_fit();  // it is kept for a while
    return std::make_shared<const std::string>(std::exchange(bytes_, {}));
  }

 private:
  static constexpr int kPieceRows = 64;

  void Added() {
    if (++rows_ == kPieceRows) Put();
  }
  void Put() {
    CHECK(piece_.AppendToString(&bytes_));
    piece_.Clear();
    rows_ = 0;
  }

  const FeedJournals& journals_;
  v1::Frame piece_;
  int rows_ = 0;
  std::string bytes_;
};

// Cells come in no order out of some hundred megabytes, so each is asked for some cells before it is looked at. False when it gets too large, and is not whole.
bool AddCells(const State& state, const std::vector<State::ChangedCell>& cells, size_t bytes_max, FrameWriter* frame) {
  constexpr size_t kAhead = 12;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i + kAhead < cells.size() && cells[i + kAhead].node != nullptr) Totals::Foresee(cells[i + kAhead].node);
    frame->Add(state.CurrentCell(cells[i]));
    if (frame->bytes() > bytes_max) return false;
  }
  return true;
}

bool FillFrame(const State& state, const PendingChanges& changes, size_t bytes_max, FrameWriter* frame) {
  for (const RegionNumber number : changes.regions) frame->AddRegion(state, number);
  for (const ProgrammeNumber number : changes.programmes) frame->Add(*state.catalogue().FindProgramme(number));
  for (const IndicatorNumber number : changes.indicators) frame->Add(*state.catalogue().FindIndicator(number));
  return AddCells(state, changes.cells, bytes_max, frame);
}

// The whole state in messages of at most kSnapshotMessageBytesMax (about); only the last has the basis.
std::vector<FrameBytes> MakeSnapshot(const State& state, const types::v1::BasisStamp& stamp, const FeedJournals& journals) {
  std::vector<FrameBytes> messages;
  FrameWriter writer(journals);
  v1::Frame rest;
  rest.set_snapshot(true);
  const auto added = [&] {
    if (writer.bytes() > kSnapshotMessageBytesMax - (128 << 10)) messages.push_back(writer.Take(rest));
  };
  for (const RegionNumber number : state.regions().Numbers()) {
    writer.AddRegion(state, number);
    added();
  }
  for (const auto& [number, programme] : state.catalogue().programmes()) {
    writer.Add(programme);
    added();
  }
  for (const auto& [number, indicator] : state.catalogue().indicators()) {
    writer.Add(indicator);
    added();
  }
  state.totals().ForEach([&](const Totals::Node* node) {
    const Cell cell = state.CurrentCell({node, {}});
    if (cell.figures.empty()) return;
    writer.Add(cell);
    added();
  });
  rest.set_last(true);
  *rest.mutable_to() = stamp;
  messages.push_back(writer.Take(rest));
  return messages;
}

}  // namespace

bool MayStillReach(const types::v1::Basis& ahead, const types::v1::Basis& now, size_t feeds, const rpc::Lineages& lineages) {
  if (!lineages.CheckNotLost(ahead, "from").ok()) return false;
  if (now.plan().sequence() > 0 && ahead.plan().sequence() > 0 && !lineages.AreOne(now.plan().journal_id(), ahead.plan().journal_id())) return false;
  bool behind = ahead.plan().sequence() > now.plan().sequence();
  for (const types::v1::Position& seen : ahead.progress()) {
    const auto ours = std::find_if(now.progress().begin(), now.progress().end(),
                                   [&](const types::v1::Position& position) { return lineages.AreOne(position.journal_id(), seen.journal_id()); });
    // A feed that has brought nothing yet may turn out to be that journal.
    behind |= ours == now.progress().end() ? static_cast<size_t>(now.progress_size()) < feeds : ours->sequence() < seen.sequence();
  }
  return behind;
}

bool IsBeyondTheEnd(const types::v1::Basis& ahead, const Sight& sight, const std::vector<uint64_t>& since) {
  const auto ended = [&](size_t feed) { return sight.tellings[feed] >= since[feed] + 2; };
  if (ahead.plan().sequence() > sight.plan.position.sequence && ended(0)) return true;
  return std::any_of(ahead.progress().begin(), ahead.progress().end(), [&](const types::v1::Position& seen) {
    for (size_t slot = 0; slot < sight.progress.size(); ++slot) {
      const journal::Position& ours = sight.progress[slot].position;
      const bool may_be_it = ours.sequence == 0 || sight.journals->lineages().AreOne(journal::ToHex(ours.journal_id), seen.journal_id());
      if (may_be_it && (ours.sequence >= seen.sequence() || !ended(slot + 1))) return false;
    }
    return true;
  });
}

// Guarded by Frames::mutex_, which cannot be named here. But `told` belongs to whoever calls Next, one thread at a time for a follower; `since` and `wake`
// stay as they were when it came.
class Frames::Follower {
 public:
  std::optional<types::v1::Basis> from;
  std::vector<uint64_t> since;                               // Applier::tellings when it came
  std::function<void()> wake;
  bool placed = false;
  uint64_t next = 0;                                         // number of the next frame; meaningful when placed
  Journals told;                                             // whose lineages it has
  FrameBytes fresh;                                          // the last one without changes that went out
  std::deque<FrameBytes> snapshot;                           // goes out first
};

Frames::Frames(Applier& applier, bool thread, size_t frame_bytes_max) : applier_(applier), frame_bytes_max_(frame_bytes_max) {
  applier_.StandStill([&](const Sight& sight, const auto& take) {
    take();
    const MutexLock lock(mutex_);
    published_ = sight.stamp.basis();
    journals_ = sight.journals;
  });
  if (thread) thread_ = std::thread([this] { Run(); });
}

Frames::~Frames() {
  Stop();
  if (thread_.joinable()) thread_.join();
}

void Frames::Stop() {
  std::vector<std::shared_ptr<Follower>> followers;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    followers = Living();
    changed_.notify_all();
  }
  for (const auto& follower : followers) follower->wake();
}

std::vector<std::shared_ptr<Frames::Follower>> Frames::Living() {
  std::vector<std::shared_ptr<Follower>> living;
  std::erase_if(followers_, [&](const std::weak_ptr<Follower>& weak) {
    auto follower = weak.lock();
    if (follower == nullptr) return true;
    living.push_back(std::move(follower));
    return false;
  });
  return living;
}

absl::StatusOr<std::shared_ptr<Frames::Follower>> Frames::Follow(std::optional<types::v1::Basis> from, std::function<void()> wake) {
  auto follower = std::make_shared<Follower>();
  follower->from = std::move(from);
  follower->since = applier_.tellings();
  follower->wake = std::move(wake);
  const MutexLock lock(mutex_);
  if (stopping_) return Stopping();
  if (Living().size() >= kFrameFollowersMax) return TooManyFollowers();
  followers_.push_back(follower);
  placing_ = true;
  changed_.notify_all();
  return follower;
}

absl::StatusOr<FrameBytes> Frames::Next(Follower& follower) {
  ASSIGN_OR_RETURN(const FrameBytes frame, NextLocked(follower));
  // Lineages before anything that is named by them. They change when a feed was restored, so a copy costs nothing worth saving.
  const Journals journals = this->journals();
  if (frame == nullptr || follower.told == journals) return frame;
  const bool news = !journals->continuing().empty();
  follower.told = journals;
  if (!news) return frame;
  v1::Frame lineages;
  for (const types::v1::Lineage& lineage : journals->continuing()) *lineages.add_lineages() = lineage;
  return std::make_shared<const std::string>(*frame + lineages.SerializeAsString());
}

Journals Frames::journals() const {
  const MutexLock lock(mutex_);
  return journals_;
}

absl::StatusOr<FrameBytes> Frames::NextLocked(Follower& follower) {
  const MutexLock lock(mutex_);
  if (stopping_) return Stopping();
  if (!follower.snapshot.empty()) {
    auto message = std::move(follower.snapshot.front());
    follower.snapshot.pop_front();
    return message;
  }
  if (!follower.placed) return nullptr;
  if (follower.next < first_) {
    // Too slow for the ring.
    follower.placed = false;
    follower.from.reset();
    placing_ = true;
    changed_.notify_all();
    return nullptr;
  }
  if (follower.next >= first_ + ring_.size()) return std::exchange(follower.fresh, fresh_) == fresh_ ? nullptr : fresh_;
  return ring_[follower.next++ - first_].bytes;
}

void Frames::Moved() {
  const MutexLock lock(mutex_);
  moved_ = true;
  changed_.notify_all();
}

types::v1::Basis Frames::published() const {
  const MutexLock lock(mutex_);
  return published_;
}

void Frames::Run() {
  MutexLock lock(mutex_);
  while (true) {
    const auto due = [this]() REQUIRES(mutex_) { return stopping_ || placing_ || (moved_ && !Living().empty()); };
    if (Living().empty()) {
      changed_.wait(lock, due);
    } else {
      changed_.wait_until(lock, published_time_ + std::chrono::milliseconds(kFreshFrameMs), due);
    }
    if (stopping_) return;
    if (!placing_) {
      // Appliers have half of the time at least. The busier we are, the more is coalesced: a cell that many blocks change is sent once for all of them.
      const auto next_frame = published_time_ + std::max<Clock::duration>(std::chrono::milliseconds(kFrameIntervalMs), building_);
      changed_.wait_until(lock, next_frame, [this]() REQUIRES(mutex_) { return stopping_ || placing_; });
      if (stopping_) return;
    }
    lock.unlock();
    Turn();
    lock.lock();
    if (std::any_of(followers_.begin(), followers_.end(), [](const auto& weak) {
          const auto follower = weak.lock();
          return follower != nullptr && !follower->placed;
        })) {
      // Somebody is ahead of us: look again in a moment.
      changed_.wait_for(lock, std::chrono::milliseconds(kPlaceIntervalMs), [this]() REQUIRES(mutex_) { return stopping_; });
      placing_ = true;
    }
  }
}

void Frames::Turn() {
  {
    const MutexLock lock(mutex_);
    moved_ = placing_ = false;
  }
  Publish();
}

void Frames::Publish() {
  std::vector<std::shared_ptr<Follower>> followers;
  applier_.StandStill([&](const Sight& sight, const auto& take) {
    const Clock::time_point started = Clock::now();
    const types::v1::BasisStamp& stamp = sight.stamp;
    bool placed = false, coming = false;
    {
      const MutexLock lock(mutex_);
      for (const auto& follower : Living()) {
        const Coming as = follower->placed ? Coming::kFromFrame : ComingOf(*follower, stamp.basis(), sight);
        placed |= as == Coming::kFromFrame;
        coming |= as != Coming::kWaits;
      }
      if (!coming) {
        // Everybody is ahead of us and waits: we are catching up, and frames for nobody would take half of the time.
        published_time_ = Clock::now();
        building_ = {};
        return;
      }
    }
    const PendingChanges changes = take();
    const types::v1::Basis before = published();  // only this thread changes it
    const bool moved = !SameBasis(stamp.basis(), before);
    FrameWriter writer(*sight.journals);
    const bool filled = !moved || (placed && !changes.started_over && FillFrame(sight.state, changes, frame_bytes_max_, &writer));
    v1::Frame rest;
    rest.set_last(true);
    *rest.mutable_from() = before;
    *rest.mutable_to() = stamp;
    const FrameBytes bytes = writer.Take(rest);
    const bool whole = filled && bytes->size() <= frame_bytes_max_ && !changes.started_over;
    faults::Reach("aggregator.before_frame");
    bool snapshot_needed;
    {
      const MutexLock lock(mutex_);
      published_time_ = Clock::now();
      published_ = stamp.basis();
      journals_ = sight.journals;
      if (!whole) DropRing();
      fresh_.reset();
      if (!moved) {
        fresh_ = bytes;
      } else if (whole) {
        Keep({bytes, before});
      }
      snapshot_needed = Place(published_, sight);
    }
    if (snapshot_needed) {
      const auto messages = MakeSnapshot(sight.state, stamp, *sight.journals);
      const MutexLock lock(mutex_);
      for (const auto& follower : Living()) {
        if (follower->placed || follower->from) continue;
        follower->snapshot.assign(messages.begin(), messages.end());
        follower->next = first_ + ring_.size();
        follower->placed = true;
      }
    }
    const MutexLock lock(mutex_);
    building_ = Clock::now() - started;
    followers = Living();
  });
  for (const auto& follower : followers) follower->wake();
}

Frames::Coming Frames::ComingOf(const Follower& follower, const types::v1::Basis& now, const Sight& sight) const {
  if (!follower.from) return Coming::kFromSnapshot;
  if (SameBasis(*follower.from, now)) return Coming::kFromNow;
  const auto starts_there = [&](const Kept& kept) { return SameBasis(kept.from, *follower.from); };
  if (SameBasis(*follower.from, published_) || std::any_of(ring_.begin(), ring_.end(), starts_there)) return Coming::kFromFrame;
  // A follower that has seen more than we have waits for us, lest it be thrown back in time: with a progress service down we may know
  // next to nothing for hours, and its own cells are better than that. Not for what is lost.
  const bool waits = MayStillReach(*follower.from, now, applier_.slots(), sight.journals->lineages()) && !IsBeyondTheEnd(*follower.from, sight, follower.since);
  return waits ? Coming::kWaits : Coming::kFromSnapshot;
}

bool Frames::Place(const types::v1::Basis& now, const Sight& sight) {
  bool snapshot_needed = false;
  for (const auto& follower : Living()) {
    if (follower->placed) continue;
    switch (ComingOf(*follower, now, sight)) {
      case Coming::kWaits: continue;
      case Coming::kFromSnapshot:
        follower->from.reset();
        snapshot_needed = true;
        continue;
      case Coming::kFromNow:
        follower->next = first_ + ring_.size();
        break;
      case Coming::kFromFrame: {
        const auto frame = std::find_if(ring_.begin(), ring_.end(), [&](const Kept& kept) { return SameBasis(kept.from, *follower->from); });
        follower->next = first_ + static_cast<uint64_t>(frame - ring_.begin());
        break;
      }
    }
    follower->placed = true;
  }
  return snapshot_needed;
}

void Frames::Keep(Kept frame) {
  ring_bytes_ += frame.bytes->size();
  ring_.push_back(std::move(frame));
  while (ring_.size() > kRingFramesMax || ring_bytes_ > kRingBytesMax) {
    ring_bytes_ -= ring_.front().bytes->size();
    ring_.pop_front();
    ++first_;
  }
}

void Frames::DropRing() {
  // One number more than there are frames: followers that stood at the end have missed the step that was too large.
  first_ += ring_.size() + 1;
  ring_.clear();
  ring_bytes_ = 0;
  for (const auto& follower : Living()) {
    // One that is still taking a snapshot finishes it first: messages of two snapshots must not mix.
    if (!follower->placed || !follower->snapshot.empty()) continue;
    follower->placed = false;
    follower->from.reset();
  }
}

}  // namespace anju::aggregator
