// Fuzzing feeds: what a follower believes of an upstream, and what a feed answers to whoever asks for it or for proofs of it.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "anju/feed/v1/feed.pb.h"
#include "common/feed/chain.h"
#include "common/feed/feed.h"
#include "common/feed/sending.h"
#include "common/journal/journal.h"
#include "common/journal/tree.h"
#include "common/proof/merkle.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/storage/simulated_disk.h"
#include "tests/fuzz/calls.h"
#include "tests/fuzz/targets.h"

namespace anju::fuzz {
namespace {

// Whoever is refused is told why.
void Refused(const absl::Status& status) { CHECK(!ErrorsOf(status).empty()); }

// Messages of a stream, each behind a length of two bytes: what is handed over is whole blocks, each the next one, in one chain of hashes.
void Messages(std::string_view bytes) {
  feed::Chain chain("upstream", {});
  chain.Begin();
  journal::Position at;
  feed::Callbacks callbacks;
  callbacks.on_block = [&](const journal::BlockView& block, std::string_view, const journal::Position& after) {
    CHECK(block.header.first_sequence == at.sequence + 1 && after.sequence == block.header.last_sequence());
    CHECK(at.sequence == 0 || block.previous_hash == at.block_hash || chain.lineage().ForkHash(at.sequence) == at.block_hash);
    CHECK(after.block_hash == block.hash && chain.lineage().Contains(after.journal_id, after.sequence));
    at = after;
    return absl::OkStatus();
  };
  callbacks.on_fresh = [&](const journal::Position& upstream, int64_t) { CHECK(upstream.sequence == at.sequence); };
  while (bytes.size() >= 2) {
    const size_t length = static_cast<uint8_t>(bytes[0]) | static_cast<size_t>(static_cast<uint8_t>(bytes[1])) << 8;
    const std::string_view message = bytes.substr(2, length);
    bytes.remove_prefix(2 + message.size());
    feed::v1::FollowResponse response;
    if (!response.ParseFromArray(message.data(), static_cast<int>(message.size()))) return;
    const absl::Status taken = chain.Take(response, callbacks);
    CHECK(chain.at().sequence == at.sequence);
    if (!taken.ok()) return Refused(taken);
  }
}

// A journal of a few blocks, and its tree.
struct Upstream {
  Upstream() {
    auto opened = journal::Journal::Open(*disk, "progress", clock);
    CHECK_OK(opened.status());
    journal = *std::move(opened);
    for (int block = 0; block < 5; ++block) {
      std::vector<std::string> events;
      for (int event = 0; event <= block; ++event) events.push_back("event " + std::to_string(block) + "." + std::to_string(event));
      const auto position = journal->Append(events, {}, 0);
      CHECK_OK(position.status());
      ends.push_back(*position);
    }
    tree = std::make_unique<journal::JournalTree>(*journal);
  }
  bool EndsAt(uint64_t sequence) const {
    return std::any_of(ends.begin(), ends.end(), [&](const journal::Position& end) { return end.sequence == sequence; });
  }
  storage::SimulatedMedium medium{1};
  FakeClock clock;
  std::unique_ptr<storage::Disk> disk = medium.Boot();
  std::unique_ptr<journal::Journal> journal;
  std::vector<journal::Position> ends;
  std::unique_ptr<journal::JournalTree> tree;
};
Upstream& TheUpstream() {
  static auto* upstream = new Upstream;
  return *upstream;
}

// Whoever is let in comes to the end through blocks that fit his place; whoever is not is told why. "ours" is the journal's own id.
void Follow(feed::v1::FollowRequest request) {
  Upstream& upstream = TheUpstream();
  if (request.after().journal_id() == "ours") request.mutable_after()->set_journal_id(journal::ToHex(upstream.journal->identity().id));
  const absl::StatusOr<journal::Position> after = rpc::FromProto(request.after());
  if (!after.ok()) return Refused(after.status());
  feed::Sending sending(*upstream.journal, upstream.clock, *after);
  feed::Chain chain("upstream", *after);
  chain.Begin();
  feed::Callbacks callbacks;
  callbacks.on_block = [](const journal::BlockView&, std::string_view, const journal::Position&) { return absl::OkStatus(); };
  while (true) {
    feed::v1::FollowResponse response;
    const absl::StatusOr<bool> filled = sending.Next(/*bookmark=*/false, &response);
    if (!filled.ok()) {
      CHECK(HasReason(filled.status(), Reason::DATA_LOSS));
      return;
    }
    if (!*filled) break;
    CHECK_OK(chain.Take(response, callbacks));
  }
  CHECK(chain.at().sequence == upstream.journal->durable().sequence && chain.at().block_hash == upstream.journal->durable().block_hash);
}

// A head is of an end of a block, and of no other sequence.
void Position(const feed::v1::GetPositionRequest& request) {
  const absl::StatusOr<journal::TreeHead> head = TheUpstream().tree->HeadAt(request.sequence());
  CHECK(head.ok() == TheUpstream().EndsAt(request.sequence()));
  if (head.ok()) CHECK(head->position.sequence == request.sequence());
}

// What is given out as a proof proves.
void Inclusion(const feed::v1::GetInclusionProofRequest& request) {
  Upstream& upstream = TheUpstream();
  const absl::StatusOr<journal::InclusionPath> path = upstream.tree->Include(request.sequence(), request.at_sequence());
  if (!path.ok()) return Refused(path.status());
  CHECK(request.sequence() >= 1 && request.sequence() <= request.at_sequence() && upstream.EndsAt(request.at_sequence()));
  const std::optional<journal::Hash> block_root = proof::RootOfAuditPath(proof::LeafHash(path->event), path->index, path->count, path->event_path);
  CHECK(block_root.has_value());
  const absl::StatusOr<journal::BlockView> block = journal::DecodeBlockHeader(path->block_header, path->previous_hash, *block_root);
  CHECK_OK(block.status());
  CHECK(block->header.first_sequence + path->index == request.sequence());
  const std::string_view leaf(reinterpret_cast<const char*>(block->hash.data()), block->hash.size());
  const std::optional<journal::Hash> root = proof::RootOfAuditPath(proof::LeafHash(leaf), path->block_index, path->head.size, path->block_path);
  CHECK(root == path->head.root);
}

void Consistency(const feed::v1::GetConsistencyProofRequest& request) {
  Upstream& upstream = TheUpstream();
  const absl::StatusOr<journal::ConsistencyPath> path = upstream.tree->Extend(request.from_sequence(), request.to_sequence());
  if (!path.ok()) return Refused(path.status());
  CHECK(request.from_sequence() <= request.to_sequence() && upstream.EndsAt(request.from_sequence()) && upstream.EndsAt(request.to_sequence()));
  CHECK(proof::IsConsistent(path->from.size, path->from.root, path->to.size, path->to.root, path->path));
}

// The first byte chooses the call, the rest is its message.
void Questions(std::string_view bytes) {
  if (bytes.empty()) return;
  const std::string_view message = bytes.substr(1);
  switch (static_cast<uint8_t>(bytes[0]) % 4) {
    case 0: return With(message, Follow);
    case 1: return With(message, Position);
    case 2: return With(message, Inclusion);
    default: return With(message, Consistency);
  }
}

}  // namespace

std::vector<Target> FeedTargets() { return {{"feed", Messages}, {"follow", Questions}}; }

}  // namespace anju::fuzz
