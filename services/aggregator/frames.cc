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

// Where both name the hash it must be the same: with an older copy of a journal put back, a sequence may come a second time.
bool SamePosition(const types::v1::Position& a, const types::v1::Position& b) {
  return a.journal_id() == b.journal_id() && a.sequence() == b.sequence() &&
         (a.block_hash().empty() || b.block_hash().empty() || a.block_hash() == b.block_hash());
}

bool SameBasis(const types::v1::Basis& a, const types::v1::Basis& b) {
  return SamePosition(a.plan(), b.plan()) &&
         std::equal(a.progress().begin(), a.progress().end(), b.progress().begin(), b.progress().end(), SamePosition);
}

void AddRegion(const State& state, RegionNumber number, v1::Frame* frame) {
  if (const std::vector<Region>* rows = state.regions().Rows(number)) {
    for (const Region& row : *rows) *frame->add_regions() = ToProto(row);
  }
}

Cell CurrentCell(const State& state, const CellKey& key, CellFigures figures) {
  Cell cell{key, std::move(figures), {}};
  if (cell.figures.own_as_of) cell.remarks = state.CurrentRemarks(key);
  return cell;
}

// A frame in memory of its own: a hundred thousand cells are made and forgotten as a few large pieces.
class ArenaFrame {
 public:
  ArenaFrame() : arena_(BlockSizes()), frame(*google::protobuf::Arena::CreateMessage<v1::Frame>(&arena_)) {}

 private:
  static google::protobuf::ArenaOptions BlockSizes() {
    google::protobuf::ArenaOptions options;
    options.start_block_size = 1 << 10;
    options.max_block_size = 1 << 20;
    return options;
  }
  google::protobuf::Arena arena_;

 public:
  v1::Frame& frame;
};

// Cells come in no order out of some hundred megabytes, so each is asked for some cells before it is looked at.
void AddCells(const State& state, const std::vector<CellKey>& cells, const FeedJournals& journals, v1::Frame* frame) {
  constexpr size_t kAhead = 12;
  const auto foresee = [&](size_t place, int step) {
    if (place < cells.size()) state.Foresee(cells[place], step);
  };
  for (size_t i = 0; i < std::min(2 * kAhead, cells.size()); ++i) foresee(i, 0);
  for (size_t i = 0; i < std::min(kAhead, cells.size()); ++i) foresee(i, 1);
  for (size_t i = 0; i < cells.size(); ++i) {
    foresee(i + 2 * kAhead, 0);
    foresee(i + kAhead, 1);
    ToProto(CurrentCell(state, cells[i], state.Current(cells[i])), journals, frame->add_cells());
  }
}

void FillFrame(const State& state, const PendingChanges& changes, const FeedJournals& journals, v1::Frame* frame) {
  for (const RegionNumber number : changes.regions) AddRegion(state, number, frame);
  for (const ProgrammeNumber number : changes.programmes) *frame->add_programmes() = ToProto(*state.catalogue().FindProgramme(number));
  for (const IndicatorNumber number : changes.indicators) *frame->add_indicators() = ToProto(*state.catalogue().FindIndicator(number));
  AddCells(state, changes.cells, journals, frame);
}

// The whole state in messages of at most kSnapshotMessageBytesMax (about); only the last has the basis.
std::vector<std::shared_ptr<const v1::Frame>> MakeSnapshot(const State& state, const types::v1::BasisStamp& stamp, const FeedJournals& journals) {
  std::vector<std::shared_ptr<const v1::Frame>> messages;
  v1::Frame frame;
  size_t bytes = 0;
  const auto added = [&](size_t more) {
    bytes += more + 8;  // tag and length
    if (bytes < kSnapshotMessageBytesMax - (64 << 10)) return;
    frame.set_snapshot(true);
    messages.push_back(std::make_shared<const v1::Frame>(std::exchange(frame, {})));
    bytes = 0;
  };
  for (const RegionNumber number : state.regions().Numbers()) {
    const int before = frame.regions_size();
    AddRegion(state, number, &frame);
    size_t more = 0;
    for (int i = before; i < frame.regions_size(); ++i) more += frame.regions(i).ByteSizeLong() + 8;
    added(more);
  }
  for (const auto& [number, programme] : state.catalogue().programmes()) {
    *frame.add_programmes() = ToProto(programme);
    added(frame.programmes().rbegin()->ByteSizeLong());
  }
  for (const auto& [number, indicator] : state.catalogue().indicators()) {
    *frame.add_indicators() = ToProto(indicator);
    added(frame.indicators().rbegin()->ByteSizeLong());
  }
  state.totals().ForEach([&](const CellKey& key, CellFigures figures) {
    if (figures.empty()) return;
    *frame.add_cells() = ToProto(CurrentCell(state, key, std::move(figures)), journals);
    added(frame.cells().rbegin()->ByteSizeLong());
  });
  frame.set_snapshot(true);
  frame.set_last(true);
  *frame.mutable_to() = stamp;
  messages.push_back(std::make_shared<const v1::Frame>(std::move(frame)));
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
  std::shared_ptr<const v1::Frame> fresh;                    // the last one without changes that went out
  std::deque<std::shared_ptr<const v1::Frame>> snapshot;     // goes out first
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

absl::StatusOr<std::shared_ptr<const v1::Frame>> Frames::Next(Follower& follower) {
  ASSIGN_OR_RETURN(std::shared_ptr<const v1::Frame> frame, NextLocked(follower));
  // Lineages before anything that is named by them. They change when a feed was restored, so a copy costs nothing worth saving.
  const Journals journals = this->journals();
  if (frame == nullptr || follower.told == journals) return frame;
  const bool news = !journals->continuing().empty();
  follower.told = journals;
  if (!news) return frame;
  auto told = std::make_shared<v1::Frame>(*frame);
  for (const types::v1::Lineage& lineage : journals->continuing()) *told->add_lineages() = lineage;
  return std::shared_ptr<const v1::Frame>(std::move(told));
}

Journals Frames::journals() const {
  const MutexLock lock(mutex_);
  return journals_;
}

absl::StatusOr<std::shared_ptr<const v1::Frame>> Frames::NextLocked(Follower& follower) {
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
  return ring_[follower.next++ - first_].frame;
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
    const PendingChanges changes = take();
    const types::v1::Basis before = published();  // only this thread changes it
    const bool moved = !SameBasis(stamp.basis(), before);
    const auto made = std::make_shared<ArenaFrame>();
    v1::Frame& frame = made->frame;
    frame.set_last(true);
    if (moved) FillFrame(sight.state, changes, *sight.journals, &frame);
    *frame.mutable_from() = before;
    *frame.mutable_to() = stamp;
    faults::Reach("aggregator.before_frame");
    bool snapshot_needed;
    {
      const MutexLock lock(mutex_);
      published_time_ = Clock::now();
      published_ = stamp.basis();
      journals_ = sight.journals;
      if (changes.started_over) DropRing();
      fresh_.reset();
      if (!moved) {
        fresh_ = std::shared_ptr<const v1::Frame>(made, &frame);
      } else if (!changes.started_over) {
        Keep(std::shared_ptr<const v1::Frame>(made, &frame));
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

bool Frames::Place(const types::v1::Basis& now, const Sight& sight) {
  bool snapshot_needed = false;
  for (const auto& follower : Living()) {
    if (follower->placed) continue;
    if (follower->from && SameBasis(*follower->from, now)) {
      follower->next = first_ + ring_.size();
      follower->placed = true;
      continue;
    }
    for (size_t i = 0; follower->from && i < ring_.size() && !follower->placed; ++i) {
      if (!SameBasis(ring_[i].frame->from(), *follower->from)) continue;
      follower->next = first_ + i;
      follower->placed = true;
    }
    if (follower->placed) continue;
    // A follower that has seen more than we have waits for us, lest it be thrown back in time: with a progress service down we may know
    // next to nothing for hours, and its own cells are better than that. Not for what is lost.
    if (follower->from && (!MayStillReach(*follower->from, now, applier_.slots(), sight.journals->lineages()) ||
                           IsBeyondTheEnd(*follower->from, sight, follower->since))) {
      follower->from.reset();
    }
    if (!follower->from) snapshot_needed = true;
  }
  return snapshot_needed;
}

void Frames::Keep(std::shared_ptr<const v1::Frame> frame) {
  const size_t bytes = frame->ByteSizeLong();
  if (bytes > frame_bytes_max_) return DropRing();
  ring_.push_back({std::move(frame), bytes});
  ring_bytes_ += bytes;
  while (ring_.size() > kRingFramesMax || ring_bytes_ > kRingBytesMax) {
    ring_bytes_ -= ring_.front().bytes;
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
