// What a follower believes of a feed's messages: a place in an upstream's journal, and the checks that each block is the next one. No threads, no calls.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "anju/feed/v1/feed.pb.h"
#include "common/journal/format.h"
#include "common/journal/lineage.h"

namespace anju::feed {

// The upstream's word that our position is not in its journal.
struct Lost {
  std::optional<journal::Position> end;  // the journal that it has and its last sequence, without a hash; unset if it did not say
};

// What a follower does with what comes. Positions are named by the journal that recorded them (common/journal/lineage.h).
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
  // Our position is not in that journal. Restored from an older backup, or another one: start over, that is, reset the stored position to zero and
  // return the position to go on from. An older copy of the journal that was followed: return the stored position, and be told again until a newer
  // copy is there. Optional; without it the follower stays disconnected and says why.
  std::function<journal::Position(const Lost& lost)> on_data_loss;
  // Whose journal this is, before anything else of it: when the first stream begins, and when one begins that has other identities than the one
  // before. The follower's own position is in it. An error ends the stream; if it began elsewhere because of on_data_loss, the next one asks for the
  // position that was lost again: another journal may have taken this one's place by then. Optional.
  std::function<absl::Status(const journal::Lineage& lineage)> on_lineage;
};

// The blocks of one message, decoded, their events held against their roots: what asks nothing of a chain, so that it may be done ahead, on another
// thread. The views point into the message.
using Blocks = std::vector<absl::StatusOr<journal::BlockView>>;
Blocks DecodeBlocks(const v1::FollowResponse& response);

// Used by one thread at a time.
class Chain {
 public:
  // Goes on after `at`, which its owner has stored.
  Chain(std::string name, journal::Position at) : name_(std::move(name)), at_(at) {}

  // A stream begins: what to ask for. Before the first event any journal will do: a new one may have taken the place of an empty one.
  journal::Position Begin();
  // One message of the stream. Hands over what holds, in order, each block once; DATA_LOSS at the first thing that does not, and the callback's
  // error if one fails. After an error the stream is over.
  absl::Status Take(const v1::FollowResponse& response, const Blocks& blocks, const Callbacks& callbacks);
  absl::Status Take(const v1::FollowResponse& response, const Callbacks& callbacks) { return Take(response, DecodeBlocks(response), callbacks); }
  // The stream ended with `ended`. Asks the owner where to go on if that says that our position is not in the upstream's journal; true then.
  bool End(const absl::Status& ended, const Callbacks& callbacks);

  // After the last block handed over.
  const journal::Position& at() const { return at_; }
  // Empty before the first message.
  const journal::Lineage& lineage() const { return lineage_; }

 private:
  absl::Status TakeIdentities(const v1::FollowResponse& response, const Callbacks& callbacks);
  absl::Status TakeBlock(const journal::BlockView& block, std::string_view bytes, const Callbacks& callbacks);
  absl::Status TakeWhateverComes(const v1::FollowResponse& response, const Blocks& blocks, const Callbacks& callbacks);
  absl::Status Broken(std::string_view what) const;

  const std::string name_;
  journal::Position at_;
  journal::Lineage lineage_;
  bool begins_ = true;  // the next message is the first of its stream
  std::optional<journal::Position> lost_;  // where we stood when the upstream did not know it, until another lineage is accepted
};

}  // namespace anju::feed
