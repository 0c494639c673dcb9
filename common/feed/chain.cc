// Checking a feed's messages one by one.
#include "common/feed/chain.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "common/faults/faults.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::feed {
namespace {

// Where the upstream's journal ends stands beside what it refused, as "journal id/sequence".
Lost LostOf(const ErrorDetail& refused) {
  if (refused.candidates.empty()) return {};
  const std::string& name = refused.candidates.front();
  const size_t slash = name.find('/');
  journal::Position end;
  if (slash != 2 * end.journal_id.size() || !absl::SimpleAtoi(name.substr(slash + 1), &end.sequence)) return {};
  const std::string id = absl::HexStringToBytes(name.substr(0, slash));
  std::copy(id.begin(), id.end(), end.journal_id.begin());
  return {end};
}

}  // namespace

Blocks DecodeBlocks(const v1::FollowResponse& response) {
  Blocks blocks;
  blocks.reserve(static_cast<size_t>(response.blocks_size()));
  for (const std::string& bytes : response.blocks()) blocks.push_back(journal::DecodeBlock(bytes, /*verify_root=*/true));
  return blocks;
}

journal::Position Chain::Begin() {
  begins_ = true;
  if (at_.sequence == 0) at_ = {};
  return at_;
}

absl::Status Chain::Take(const v1::FollowResponse& response, const Blocks& blocks, const Callbacks& callbacks) {
  if (begins_) RETURN_IF_ERROR(TakeIdentities(response, callbacks));
  begins_ = false;
  if (faults::IsDisabled(faults::Protection::kPositionCheck)) return TakeWhateverComes(response, blocks, callbacks);
  ASSIGN_OR_RETURN(const journal::Position stands, rpc::FromProto(response.position()));
  if (stands.sequence < at_.sequence) return Broken("went back");
  if (stands.journal_id != lineage_.OwnerOf(stands.sequence)) return Broken("named a position by another journal");
  for (size_t i = 0; i < blocks.size(); ++i) {
    RETURN_IF_ERROR(blocks[i].status());
    RETURN_IF_ERROR(TakeBlock(*blocks[i], response.blocks(static_cast<int>(i)), callbacks));
  }
  if (stands.sequence != at_.sequence) return Broken("left out events");
  if (stands.block_hash != journal::Hash{}) {
    if (at_.sequence > 0 && at_.block_hash != journal::Hash{} && stands.block_hash != at_.block_hash) return Broken("has another hash at the same position");
    at_.block_hash = stands.block_hash;
  }
  if (response.blocks().empty() && callbacks.on_bookmark) callbacks.on_bookmark(at_);
  if (response.sent_time_us() > 0 && callbacks.on_fresh) callbacks.on_fresh(at_, response.sent_time_us());
  return absl::OkStatus();
}

absl::Status Chain::TakeIdentities(const v1::FollowResponse& response, const Callbacks& callbacks) {
  if (response.identities().empty()) return Broken("did not say whose journal it is");
  auto lineage = journal::Lineage::FromIdentities({response.identities().begin(), response.identities().end()});
  if (!lineage.ok()) return HasReason(lineage.status(), Reason::DATA_LOSS) ? Broken("has identities that do not continue each other") : lineage.status();
  // The server has looked at our position by its own word; its identities must say the same.
  if (at_.sequence > 0) {
    const std::optional<journal::Hash> fork = lineage->ForkHash(at_.sequence);
    if (!lineage->Contains(at_.journal_id, at_.sequence)) return Broken("has identities without the journal it went on from");
    if (fork && at_.block_hash != journal::Hash{} && *fork != at_.block_hash) return Broken("continues another history");
  }
  const bool is_new = lineage->encoded() != lineage_.encoded();
  if (is_new) {
    lineage_ = {};  // whoever refuses this one is asked again whatever comes next
    if (absl::Status accepted = callbacks.on_lineage ? callbacks.on_lineage(*lineage) : absl::OkStatus(); !accepted.ok()) {
      if (lost_) at_ = *lost_;
      lost_.reset();
      return accepted;
    }
    lineage_ = *std::move(lineage);
  }
  lost_.reset();
  at_.journal_id = lineage_.OwnerOf(at_.sequence);
  return absl::OkStatus();
}

absl::Status Chain::TakeBlock(const journal::BlockView& block, std::string_view bytes, const Callbacks& callbacks) {
  if (block.header.first_sequence != at_.sequence + 1) return Broken("left out or repeated events");
  // A position that was stored without a hash can only be held against what the identities say.
  const bool known = at_.sequence > 0 && at_.block_hash != journal::Hash{};
  const journal::Hash before = known ? at_.block_hash : lineage_.ForkHash(at_.sequence).value_or(block.previous_hash);
  if (!lineage_.Fits(before, block)) return Broken("broke the chain of hashes");
  const journal::Position after = lineage_.PositionOf(block.header.last_sequence(), block.hash);
  faults::Reach("feed.before_block");
  RETURN_IF_ERROR(callbacks.on_block(block, bytes, after));
  faults::Reach("feed.after_block");
  at_ = after;
  return absl::OkStatus();
}

// Only in tests that show that the checks above are needed.
absl::Status Chain::TakeWhateverComes(const v1::FollowResponse& response, const Blocks& blocks, const Callbacks& callbacks) {
  for (size_t i = 0; i < blocks.size(); ++i) {
    RETURN_IF_ERROR(blocks[i].status());
    const journal::BlockView& block = *blocks[i];
    const journal::Position after = lineage_.PositionOf(block.header.last_sequence(), block.hash);
    RETURN_IF_ERROR(callbacks.on_block(block, response.blocks(static_cast<int>(i)), after));
    at_ = after;
  }
  if (response.blocks().empty() && callbacks.on_bookmark) callbacks.on_bookmark(at_);
  if (response.sent_time_us() > 0 && callbacks.on_fresh) callbacks.on_fresh(at_, response.sent_time_us());
  return absl::OkStatus();
}

// Only the upstream's word that our position is not in its journal; damage on its disk is no reason to throw ours away.
bool Chain::End(const absl::Status& ended, const Callbacks& callbacks) {
  if (!HasReason(ended, Reason::DATA_LOSS) || ErrorsOf(ended).front().field != "after" || !callbacks.on_data_loss) return false;
  lost_ = std::exchange(at_, callbacks.on_data_loss(LostOf(ErrorsOf(ended).front())));
  lineage_ = {};  // the owner is told again, whatever it has forgotten
  return true;
}

absl::Status Chain::Broken(std::string_view what) const {
  return MakeError(Reason::DATA_LOSS, "", "", "the feed of " + name_ + " " + std::string(what) + " after sequence " + std::to_string(at_.sequence));
}

}  // namespace anju::feed
