// Followers of columns: every committed step after a basis, as messages. One thread walks for all of them.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "anju/aggregator/v1/aggregator.pb.h"
#include "common/rpc/rpc.h"
#include "common/thread/mutex.h"
#include "services/aggregator/applier.h"

namespace anju::aggregator {

inline constexpr size_t kColumnFollowersMax = 64;
inline constexpr size_t kWalkEventsMax = 1'000;      // in one look, so that the feeds never wait long
inline constexpr size_t kWalkStepsMax = 200;         // likewise: a step costs more than an event that changes nothing
inline constexpr size_t kColumnMessagesMax = 256;    // that wait for a slow reader; its walk stands still meanwhile
inline constexpr int kColumnBeatMs = 500;            // without steps a message carries the basis on this often

// Safe for concurrent use.
class ColumnFollowers {
 public:
  // One follower. Hold it as long as it follows.
  class Follower;

  explicit ColumnFollowers(Applier& applier);
  ~ColumnFollowers();  // ends every stream

  // Follows a column from a basis (unset in the request: from now). Words of the request are looked up at that basis; what is wrong with it is said
  // by Next. `wake` is called, on any thread and without locks, when Next may have something; it must not block. OVERLOADED beyond kColumnFollowersMax.
  absl::StatusOr<std::shared_ptr<Follower>> Follow(const rpc::Caller& caller, const v1::FollowColumnRequest& request, std::function<void()> wake);
  // The next message; nullptr when there is none now. An error when the stream is to end.
  absl::StatusOr<std::shared_ptr<const v1::ColumnStep>> Next(Follower& follower);
  // Something was applied.
  void Moved();
  // Every follower's Next says UNAVAILABLE from now on. Idempotent.
  void Stop();

 private:
  void Run();
  // One look for one follower; true when there is more to walk.
  bool Advance(Follower& follower);
  std::vector<std::shared_ptr<Follower>> Living() REQUIRES(mutex_);

  Applier& applier_;
  mutable Mutex mutex_;  // guards the followers' queues too; never held while a look is taken
  ConditionVariable changed_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool moved_ GUARDED_BY(mutex_) = false;
  std::vector<std::weak_ptr<Follower>> followers_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace anju::aggregator
