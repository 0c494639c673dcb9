// Reading a journal for one stream, a message at a time.
#include "common/feed/sending.h"

#include <utility>

#include "common/feed/feed.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"

namespace anju::feed {

absl::StatusOr<bool> Sending::Next(bool bookmark, v1::FollowResponse* response) {
  // The time comes first: what became durable before it is then in `durable`, and what came later may be or not.
  const int64_t now_us = clock_.NowMicros();
  const journal::Position durable = journal_.durable();
  if (!first_ && !bookmark && at_.sequence == durable.sequence) return false;

  ASSIGN_OR_RETURN(std::vector<std::string> blocks, journal_.ReadBlocks(at_, kMessageBytesMax));
  const journal::Lineage& lineage = journal_.lineage();
  // A bookmark names where this stream stands, never more: who resumes from it must miss nothing.
  journal::Position at = at_;
  at.journal_id = lineage.OwnerOf(at.sequence);
  if (at.sequence == durable.sequence) at.block_hash = durable.block_hash;
  response->Clear();
  if (!blocks.empty()) {
    ASSIGN_OR_RETURN(const journal::BlockView last, journal::DecodeBlockPrefix(blocks.back()));
    at = lineage.PositionOf(last.header.last_sequence(), last.hash);
    for (std::string& block : blocks) response->add_blocks(std::move(block));
  }
  if (first_) {
    for (const std::string& identity : lineage.encoded()) response->add_identities(identity);
  }
  *response->mutable_position() = rpc::ToProto(at);
  // Blocks may have come since `durable` was read; a message that the limit cut off ends before it and promises nothing.
  if (at.sequence >= durable.sequence) response->set_sent_time_us(now_us);
  at_ = at;
  first_ = false;
  return true;
}

}  // namespace anju::feed
