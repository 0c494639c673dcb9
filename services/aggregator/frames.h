// Frames for followers: each step of the basis with the cells it changed, kept for a while, and snapshots for whoever is further behind.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "anju/aggregator/v1/aggregator.pb.h"
#include "common/thread/mutex.h"
#include "services/aggregator/applier.h"

namespace anju::aggregator {

inline constexpr size_t kRingFramesMax = 1024;
inline constexpr size_t kRingBytesMax = 64 << 20;
inline constexpr size_t kFrameBytesMax = 12 << 20;        // a larger step is not sent as a frame: every follower gets a snapshot
inline constexpr size_t kSnapshotMessageBytesMax = 2 << 20;
inline constexpr size_t kFrameFollowersMax = 64;
inline constexpr int kFrameIntervalMs = 2;                // blocks that come within so long are coalesced to one frame
inline constexpr int kPlaceIntervalMs = 20;               // how often a follower that is ahead of us is looked at
inline constexpr int kFreshFrameMs = 500;                 // while nothing changes a frame without changes carries the freshness on this often

// A message as it goes out: v1::Frame, serialized once for all followers. As messages the ring would take nine times the memory.
using FrameBytes = std::shared_ptr<const std::string>;

// True when whoever follows `feeds` progress journals from `now` on may still come to what a follower at `ahead` has seen: we are catching
// up after a restart, perhaps with a feed that is down. False when a journal was replaced or is not followed any more.
// What a restore has lost cannot be reached.
bool MayStillReach(const types::v1::Basis& ahead, const types::v1::Basis& now, size_t feeds, const rpc::Lineages& lineages = {});
// True when it is certain that what `sight` is of will not come to `ahead`: a journal ends before it, and has told so twice since somebody asked (once may
// have been on its way): an older copy of it was put back. `since`: Applier::tellings when it was asked.
bool IsBeyondTheEnd(const types::v1::Basis& ahead, const Sight& sight, const std::vector<uint64_t>& since);

// One thread of its own builds frames and snapshots, so that neither appliers nor gRPC threads do. While nobody follows, changes
// only accumulate; the next frame then carries them all. Safe for concurrent use.
class Frames {
 public:
  // One follower. Hold it as long as it follows.
  class Follower;

  // With no thread the owner calls Turn: a simulation.
  explicit Frames(Applier& applier, bool thread = true, size_t frame_bytes_max = kFrameBytesMax);
  ~Frames();  // ends every stream

  // Follows after a basis (nullopt: from a snapshot). `wake` is called, on any thread and without locks, when Next may have something;
  // it must not block. OVERLOADED beyond kFrameFollowersMax.
  absl::StatusOr<std::shared_ptr<Follower>> Follow(std::optional<types::v1::Basis> from, std::function<void()> wake);
  // The next message for a follower; nullptr when there is none now. An error when the stream is to end.
  absl::StatusOr<FrameBytes> Next(Follower& follower);
  // Something was applied.
  void Moved();
  // The basis after the newest frame.
  types::v1::Basis published() const;
  // What the thread does whenever something was applied, somebody came, or news of freshness is due: gives everybody a place and publishes one frame.
  void Turn();
  // No frames from now on: every follower's Next says UNAVAILABLE. Idempotent.
  void Stop();

 private:
  struct Kept {
    FrameBytes bytes;
    types::v1::Basis from;
  };
  void Run();
  absl::StatusOr<FrameBytes> NextLocked(Follower& follower);
  Journals journals() const;
  // Builds the frame of what was applied since the last one, and a snapshot if a follower needs one.
  void Publish();
  void Keep(Kept frame) REQUIRES(mutex_);
  void DropRing() REQUIRES(mutex_);
  // What a follower without a place comes to when everything up to `now` has been published.
  enum class Coming { kWaits, kFromFrame, kFromNow, kFromSnapshot };
  Coming ComingOf(const Follower& follower, const types::v1::Basis& now, const Sight& sight) const REQUIRES(mutex_);
  // Finds the place of followers that came in; true when one needs a snapshot now.
  bool Place(const types::v1::Basis& now, const Sight& sight) REQUIRES(mutex_);
  std::vector<std::shared_ptr<Follower>> Living() REQUIRES(mutex_);

  Applier& applier_;
  const size_t frame_bytes_max_;
  // Guards the followers too. Taken after the applier's locks, never before; no `wake` is called under it.
  mutable Mutex mutex_;
  ConditionVariable changed_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool moved_ GUARDED_BY(mutex_) = false;
  bool placing_ GUARDED_BY(mutex_) = false;              // a follower waits for its place
  std::vector<std::weak_ptr<Follower>> followers_ GUARDED_BY(mutex_);
  std::deque<Kept> ring_ GUARDED_BY(mutex_);
  size_t ring_bytes_ GUARDED_BY(mutex_) = 0;
  uint64_t first_ GUARDED_BY(mutex_) = 0;                // number of the ring's first frame
  types::v1::Basis published_ GUARDED_BY(mutex_);        // after the ring's last frame
  Journals journals_ GUARDED_BY(mutex_);                 // as of then
  std::chrono::steady_clock::time_point published_time_ GUARDED_BY(mutex_);
  std::chrono::steady_clock::duration building_ GUARDED_BY(mutex_){};  // how long the last one took, while appliers stood still
  // The newest frame without changes, for followers that have seen all others. It is not in the ring: it would push out what matters.
  FrameBytes fresh_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace anju::aggregator
