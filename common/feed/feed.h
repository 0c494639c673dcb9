// Feeds: serving a journal to followers, and following one.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>

#include "common/feed/chain.h"
#include "common/journal/journal.h"
#include "common/time/date.h"

namespace anju::feed {

inline constexpr int kBookmarkIntervalMs = 500;  // also how old what an idle follower knows may grow
inline constexpr size_t kFollowersMax = 64;  // streams at once; beyond it OVERLOADED
inline constexpr size_t kLookupsMax = 256;   // of positions at once; beyond it OVERLOADED
inline constexpr size_t kMessageBytesMax = 4 << 20;  // of blocks in one message; a larger block stands alone
inline constexpr size_t kMessagesAheadMax = 2;  // decoded and waiting at the follower, beside the one being taken; one more may have been received
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

// Follows one feed from a position for ever: reconnects with backoff (50 ms … 2 s), checks that each block is the next one and that the hash chain
// holds (chain.h), hands each over once and in order. Goes on across the places where the upstream's journal was continued by another. One thread
// of its own, on which the callbacks run, and one a stream that reads and decodes ahead of it.
class Follower {
 public:
  using Callbacks = feed::Callbacks;
  Follower(std::string name, std::shared_ptr<grpc::Channel> channel, journal::Position from, Callbacks callbacks);
  ~Follower();  // stops and joins
  FollowerStatus status() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace anju::feed
