// Growing the tree block by block, and the walks down to single blocks that proofs need.
#include "common/journal/tree.h"

#include <algorithm>

#include "common/proof/merkle.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::journal {
namespace {

constexpr size_t kReadBytes = 1 << 20;  // of blocks at a time

std::string_view View(const Hash& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }

absl::Status BadValue(std::string_view field, uint64_t sequence, std::string_view why) {
  return MakeError(Reason::BAD_VALUE, field, std::to_string(sequence), why);
}

}  // namespace

// The nodes of the tree. Chunks that had to be read stay as long as the question is answered. It lives where the tree's lock is held from beginning to
// end; its methods are not analysed, because those who walk over nodes (proof::Nodes) know of no lock.
class JournalTree::Reader final : public proof::Nodes {
 public:
  explicit Reader(const JournalTree& tree) REQUIRES(tree.mutex_) : tree_(tree) {}

  absl::StatusOr<Hash> Node(unsigned level, uint64_t index) override NO_THREAD_SAFETY_ANALYSIS {
    if (level >= tree_.chunk_level_) return tree_.levels_[level - tree_.chunk_level_][index];
    ASSIGN_OR_RETURN(const Chunk* chunk, ChunkAt((index << level) >> tree_.chunk_level_));
    proof::LeafNodes leaves(chunk->leaves);
    return leaves.Node(level, index & ((uint64_t{1} << (tree_.chunk_level_ - level)) - 1));
  }

  // A block by a sequence in it: its index, and where it ends. REQUIRES: the tree has grown that far.
  struct Place {
    uint64_t index = 0, last = 0;
  };
  absl::StatusOr<Place> Find(uint64_t sequence) NO_THREAD_SAFETY_ANALYSIS {
    const bool in_tail = !tree_.tail_.lasts.empty() && sequence >= tree_.tail_first_;
    const uint64_t chunk = in_tail ? tree_.firsts_.size()
                                   : static_cast<uint64_t>(std::upper_bound(tree_.firsts_.begin(), tree_.firsts_.end(), sequence) - tree_.firsts_.begin()) - 1;
    ASSIGN_OR_RETURN(const Chunk* blocks, ChunkAt(chunk));
    const auto found = std::lower_bound(blocks->lasts.begin(), blocks->lasts.end(), sequence);
    return Place{(chunk << tree_.chunk_level_) + static_cast<uint64_t>(found - blocks->lasts.begin()), *found};
  }

 private:
  absl::StatusOr<const Chunk*> ChunkAt(uint64_t index) NO_THREAD_SAFETY_ANALYSIS {
    if (index == tree_.firsts_.size()) return &tree_.tail_;
    auto found = chunks_.find(index);
    if (found == chunks_.end()) {
      ASSIGN_OR_RETURN(Chunk chunk, tree_.ReadChunk(index));
      found = chunks_.emplace(index, std::move(chunk)).first;
    }
    return &found->second;
  }

  const JournalTree& tree_;
  std::map<uint64_t, Chunk> chunks_;
};

absl::Status JournalTree::Grow(uint64_t until) {
  while (sequence_ < until) {
    ASSIGN_OR_RETURN(const std::vector<std::string> blocks, journal_.ReadBlocksContaining(sequence_ + 1, kReadBytes));
    for (const std::string& bytes : blocks) RETURN_IF_ERROR(Add(bytes));
  }
  return absl::OkStatus();
}

absl::Status JournalTree::Add(std::string_view bytes) {
  ASSIGN_OR_RETURN(const BlockView block, DecodeBlockPrefix(bytes));
  if (block.header.first_sequence != sequence_ + 1 || block.previous_hash != journal_.lineage().PreviousOf(sequence_ + 1, last_)) {
    return MakeError(Reason::DATA_LOSS, "", ToHex(journal_.identity().id), "the journal has a broken chain after sequence " + std::to_string(sequence_));
  }
  if (tail_.leaves.empty()) tail_first_ = block.header.first_sequence;
  tail_.leaves.push_back(proof::LeafHash(View(block.hash)));
  tail_.lasts.push_back(block.header.last_sequence());
  ++blocks_;
  sequence_ = block.header.last_sequence();
  last_ = block.hash;
  if (tail_.leaves.size() == size_t{1} << chunk_level_) Fold();
  return absl::OkStatus();
}

// The tail has become a full chunk: it is kept as its root, and carries into the levels above. Where there are too many chunks, pairs become one.
void JournalTree::Fold() {
  proof::LeafNodes leaves(tail_.leaves);
  Hash node = *leaves.Node(chunk_level_, 0);
  firsts_.push_back(tail_first_);
  tail_ = {};
  for (size_t level = 0;; ++level) {
    if (levels_.size() == level) levels_.emplace_back();
    levels_[level].push_back(node);
    if (levels_[level].size() % 2 == 1) break;
    node = proof::NodeHash(levels_[level][levels_[level].size() - 2], node);
  }
  if (firsts_.size() < chunks_max_) return;
  for (size_t i = 0; i < firsts_.size() / 2; ++i) firsts_[i] = firsts_[2 * i];
  firsts_.resize(firsts_.size() / 2);
  levels_.erase(levels_.begin());
  ++chunk_level_;
}

absl::StatusOr<JournalTree::Chunk> JournalTree::ReadChunk(uint64_t index) const {
  const uint64_t first = firsts_[index];
  const uint64_t end = index + 1 < firsts_.size() ? firsts_[index + 1] : tail_.leaves.empty() ? sequence_ + 1 : tail_first_;
  if (chunk_level_ == 0) return Chunk{{levels_[0][index]}, {end - 1}};
  Chunk chunk;
  for (uint64_t next = first; next < end;) {
    ASSIGN_OR_RETURN(const std::vector<std::string> blocks, journal_.ReadBlocksContaining(next, kReadBytes));
    for (size_t i = 0; i < blocks.size() && next < end; ++i) {
      ASSIGN_OR_RETURN(const BlockView block, DecodeBlockPrefix(blocks[i]));
      chunk.leaves.push_back(proof::LeafHash(View(block.hash)));
      chunk.lasts.push_back(block.header.last_sequence());
      next = block.header.last_sequence() + 1;
    }
  }
  proof::LeafNodes leaves(chunk.leaves);
  if (chunk.leaves.size() != size_t{1} << chunk_level_ || *leaves.Node(chunk_level_, 0) != levels_[0][index]) {
    return MakeError(Reason::DATA_LOSS, "", ToHex(journal_.identity().id), "the blocks from sequence " + std::to_string(first) + " on are not what they were");
  }
  return chunk;
}

absl::StatusOr<TreeHead> JournalTree::HeadLocked(Reader& reader, uint64_t sequence, std::string_view field) {
  const uint64_t durable = journal_.durable().sequence;
  if (sequence == 0 || sequence > durable) {
    return MakeError(Reason::UNKNOWN_BASIS, field, std::to_string(sequence), "the journal has " + std::to_string(durable) + " events");
  }
  RETURN_IF_ERROR(Grow(sequence));
  ASSIGN_OR_RETURN(const Reader::Place place, reader.Find(sequence));
  if (place.last != sequence) return BadValue(field, sequence, "no block ends here: this one ends at " + std::to_string(place.last));
  TreeHead head{.position = {journal_.lineage().OwnerOf(sequence), sequence, last_}, .size = place.index + 1, .root = {}};
  if (sequence != sequence_) {
    ASSIGN_OR_RETURN(const std::vector<std::string> blocks, journal_.ReadBlocksContaining(sequence, 1));
    ASSIGN_OR_RETURN(const BlockView block, DecodeBlockPrefix(blocks.front()));
    head.position.block_hash = block.hash;
  }
  ASSIGN_OR_RETURN(head.root, proof::Root(reader, head.size));
  return head;
}

absl::StatusOr<TreeHead> JournalTree::HeadAt(uint64_t sequence, std::string_view field) {
  const MutexLock lock(mutex_);
  Reader reader(*this);
  return HeadLocked(reader, sequence, field);
}

absl::StatusOr<InclusionPath> JournalTree::Include(uint64_t sequence, uint64_t at) {
  const MutexLock lock(mutex_);
  if (sequence == 0) return BadValue("sequence", sequence, "events are numbered from 1");
  Reader reader(*this);
  InclusionPath path;
  ASSIGN_OR_RETURN(path.head, HeadLocked(reader, at, "at_sequence"));
  if (sequence > at) {
    const uint64_t durable = journal_.durable().sequence;
    if (sequence > durable) return MakeError(Reason::UNKNOWN_BASIS, "sequence", std::to_string(sequence), "the journal has " + std::to_string(durable) + " events");
    return BadValue("at_sequence", at, "the tree ends before the event");
  }
  ASSIGN_OR_RETURN(const Reader::Place place, reader.Find(sequence));
  ASSIGN_OR_RETURN(const std::vector<std::string> blocks, journal_.ReadBlocksContaining(sequence, 1));
  ASSIGN_OR_RETURN(const BlockView block, DecodeBlock(blocks.front()));
  std::vector<Hash> events;
  events.reserve(block.events.size());
  for (const std::string_view event : block.events) events.push_back(proof::LeafHash(event));
  proof::LeafNodes leaves(events);
  path.index = static_cast<uint32_t>(sequence - block.header.first_sequence);
  path.count = block.header.count;
  path.event = std::string(block.events[path.index]);
  ASSIGN_OR_RETURN(path.event_path, proof::AuditPath(leaves, path.index, path.count));
  path.block_header = blocks.front().substr(0, kHeaderBytes);
  path.previous_hash = block.previous_hash;
  path.block_index = place.index;
  ASSIGN_OR_RETURN(path.block_path, proof::AuditPath(reader, place.index, path.head.size));
  if (proof::RootOfAuditPath(proof::LeafHash(View(block.hash)), place.index, path.head.size, path.block_path) != path.head.root) {
    return MakeError(Reason::DATA_LOSS, "", ToHex(journal_.identity().id), "the block of sequence " + std::to_string(sequence) + " is not what it was");
  }
  return path;
}

absl::StatusOr<ConsistencyPath> JournalTree::Extend(uint64_t from, uint64_t to) {
  const MutexLock lock(mutex_);
  Reader reader(*this);
  ConsistencyPath path;
  // The later head first: what the reader has seen stays true only while the tree does not grow.
  ASSIGN_OR_RETURN(path.to, HeadLocked(reader, to, "to_sequence"));
  if (from > to && from <= journal_.durable().sequence) return BadValue("from_sequence", from, "the first of two heads is not the later one");
  ASSIGN_OR_RETURN(path.from, HeadLocked(reader, from, "from_sequence"));
  ASSIGN_OR_RETURN(path.path, proof::ConsistencyPath(reader, path.from.size, path.to.size));
  return path;
}

size_t JournalTree::bytes() const {
  const MutexLock lock(mutex_);
  size_t hashes = tail_.leaves.size();
  for (const std::vector<Hash>& level : levels_) hashes += level.size();
  return hashes * sizeof(Hash) + (firsts_.size() + tail_.lasts.size()) * sizeof(uint64_t);
}

}  // namespace anju::journal
