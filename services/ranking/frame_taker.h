// What a stream of frames does to our cells, and from where the next stream goes on: following the aggregator without gRPC and threads.
#pragma once

#include "absl/status/status.h"
#include "anju/aggregator/v1/aggregator.pb.h"
#include "services/ranking/store/store.h"

namespace anju::ranking {

// A frame is applied whole iff its `from` is our basis; else the stream is opened again from our basis, and if that does not fit either, with a
// snapshot. A snapshot takes effect when its last message has arrived, all at once. Used by one thread at a time; the store must outlive it and
// is written by nobody else.
class FrameTaker {
 public:
  static constexpr int kSnapshotMessagesMax = 100'000;  // a stream that never ends its snapshot is given up
  enum class Step { kApplied, kPending, kMisfit, kUnreadable };

  explicit FrameTaker(Store& store) : store_(store) {}

  // A stream begins: what to ask for.
  aggregator::v1::FollowFramesRequest Begin();
  // After a misfit, or a frame of records that this version does not know (nothing of it was applied; see unreadable), the stream is to be given up.
  Step Take(const aggregator::v1::Frame& frame);
  // What was wrong with the last frame that was kUnreadable: SCHEMA_TOO_NEW, DATA_LOSS.
  const absl::Status& unreadable() const { return unreadable_; }
  // The stream has ended, because of a misfit of ours or with what the aggregator said.
  void EndWithMisfit() { ++misfits_; }
  void End(const absl::Status& said);

 private:
  Store& store_;
  int pending_ = 0;                             // messages of a snapshot that has not ended yet
  absl::Status unreadable_;
  int misfits_ = 0;                             // streams in a row that did not fit our basis
};

}  // namespace anju::ranking
