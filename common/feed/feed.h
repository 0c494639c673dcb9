// Feeds: serving a journal to followers, and following one.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>

#include "common/journal/journal.h"
#include "common/time/date.h"

namespace anju::feed {

inline constexpr int kBookmarkIntervalMs = 500;  // also how old what an idle follower knows may grow
inline constexpr size_t kFollowersMax = 64;  // streams at once; beyond it OVERLOADED
inline constexpr size_t kLookupsMax = 256;   // of positions at once; beyond it OVERLOADED
inline constexpr size_t kMessageBytesMax = 4 << 20;  // of blocks in one message; a larger block stands alone
inline constexpr int kBackoffMsMin = 50;
inline constexpr int kBackoffMsMax = 2000;

// A gRPC service (anju.feed.v1.FeedService) over a journal; it and the clock must outlive it. Keeps no state about followers.
std::unique_ptr<grpc::Service> NewFeedService(journal::Journal& journal, Clock& clock = RealClock());
// Ends every stream of such a service with UNAVAILABLE and refuses new ones. Call it before the server drains: streams that never
// end by themselves would hold the drain up to its limit.
void EndFeeds(grpc::Service& feed_service);

struct FollowerStatus {
  bool connected = false;
  uint64_t upstream_sequence = 0;  // last known durable position upstream
  std::string problem;
};

// Follows one feed from a position for ever: reconnects with backoff (50 ms … 2 s), checks that each block is the next one and
// that the hash chain holds, hands each over once and in order. One thread of its own.
class Follower {
 public:
  struct Callbacks {
    // One block. It must be stored (effect and position together) when this returns. Called on the follower's thread; may block
    // (that is the backpressure).
    std::function<absl::Status(const journal::BlockView& block, std::string_view bytes, const journal::Position& after)> on_block;
    // The position upstream while nothing happens. Optional.
    std::function<void(const journal::Position& upstream)> on_bookmark;
    // Everything that was durable upstream before `sent_time_us` (microseconds since the Unix epoch, upstream's clock) is at or below `upstream`,
    // and every block up to there has been handed over. Called after the blocks of a message that brought the newest ones, and after
    // bookmarks: every kBookmarkIntervalMs at least while connected, unless blocks come faster than they are taken. Times may go back when a
    // clock is set; a later call may name the same position. Optional.
    std::function<void(const journal::Position& upstream, int64_t sent_time_us)> on_fresh;
    // Our position is not in that journal (restored from backup, wiped): start over. Must reset the stored position to zero and
    // return the position to go on from. Optional; without it the follower stays disconnected and says why.
    std::function<journal::Position()> on_data_loss;
  };
  Follower(std::string name, std::shared_ptr<grpc::Channel> channel, journal::Position from, Callbacks callbacks);
  ~Follower();  // stops and joins
  FollowerStatus status() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace anju::feed
