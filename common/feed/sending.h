// What a stream of a feed sends next: the feed's server without gRPC and threads.
#pragma once

#include "absl/status/statusor.h"
#include "anju/feed/v1/feed.pb.h"
#include "common/journal/journal.h"
#include "common/time/date.h"

namespace anju::feed {

// One follower's place in a journal, which must outlive it, as must the clock. Used by one thread at a time.
class Sending {
 public:
  Sending(const journal::Journal& journal, Clock& clock, journal::Position after) : journal_(journal), clock_(clock), at_(std::move(after)) {}

  // Fills the next message: the blocks that have become durable since the last one, up to kMessageBytesMax. False when there are none; then a message
  // without blocks is filled all the same if `bookmark`, and for the first: it tells a follower where the journal stands. DATA_LOSS as
  // Journal::ReadBlocks: the stream ends with it.
  absl::StatusOr<bool> Next(bool bookmark, v1::FollowResponse* response);

 private:
  const journal::Journal& journal_;
  Clock& clock_;
  journal::Position at_;  // what was sent so far
  bool first_ = true;
};

}  // namespace anju::feed
