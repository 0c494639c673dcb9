// The RFC 6962 tree over the blocks of a journal: heads, and proofs that an event is in it or that one head continues another. Built when first asked.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/journal/journal.h"
#include "common/thread/mutex.h"

namespace anju::journal {

// Leaf data is the 32-byte hash of a block; leaves are all blocks from the first on, also those recorded by journals that this one continues.
struct TreeHead {
  Position position;  // end of a block, with its hash
  uint64_t size = 0;  // blocks up to there
  Hash root{};
};

// event → root of its block → hash of its block → root of the tree.
struct InclusionPath {
  std::string event;
  uint32_t index = 0, count = 0;    // of the event in its block, from 0
  std::vector<Hash> event_path;
  std::string block_header;         // kHeaderBytes
  Hash previous_hash{};
  uint64_t block_index = 0;         // from 0
  std::vector<Hash> block_path;
  TreeHead head;
};

struct ConsistencyPath {
  TreeHead from, to;
  std::vector<Hash> path;
};

// Nothing is read before the first question. Each walks over the blocks that came since the last one, without hashing their events. Of long journals
// only the roots of chunks of blocks are kept, and the few chunks that a proof needs are read again. Safe for concurrent use, one question at a
// time: a long walk holds the others up, so ask from a thread that may wait.
class JournalTree {
 public:
  // Chunks become larger so that there are never more: at most some 5 MiB whatever the journal's length.
  static constexpr size_t kChunksMax = 1 << 16;

  // The journal must outlive it.
  explicit JournalTree(const Journal& journal, size_t chunks_max = kChunksMax) : journal_(journal), chunks_max_(chunks_max) {}

  // UNKNOWN_BASIS beyond the durable position, BAD_VALUE with `field` when no block ends there.
  absl::StatusOr<TreeHead> HeadAt(uint64_t sequence, std::string_view field = "sequence");
  // The event at `sequence` in the tree that ends at `at`. UNKNOWN_BASIS, BAD_VALUE with field sequence or at_sequence.
  absl::StatusOr<InclusionPath> Include(uint64_t sequence, uint64_t at);
  // UNKNOWN_BASIS, BAD_VALUE with field from_sequence or to_sequence.
  absl::StatusOr<ConsistencyPath> Extend(uint64_t from, uint64_t to);

  // What is held, for tests of the limit.
  size_t bytes() const;

 private:
  // Consecutive blocks: the hashes of their leaves and where they end.
  struct Chunk {
    std::vector<Hash> leaves;
    std::vector<uint64_t> lasts;
  };
  class Reader;  // what one question looks at

  absl::Status Grow(uint64_t until) REQUIRES(mutex_);
  absl::Status Add(std::string_view bytes) REQUIRES(mutex_);
  void Fold() REQUIRES(mutex_);
  absl::StatusOr<Chunk> ReadChunk(uint64_t chunk) const REQUIRES(mutex_);
  absl::StatusOr<TreeHead> HeadLocked(Reader& reader, uint64_t sequence, std::string_view field) REQUIRES(mutex_);

  const Journal& journal_;
  const size_t chunks_max_;
  mutable Mutex mutex_;
  uint64_t blocks_ GUARDED_BY(mutex_) = 0, sequence_ GUARDED_BY(mutex_) = 0;  // taken in so far
  Hash last_ GUARDED_BY(mutex_){};                                // hash of the last one
  unsigned chunk_level_ GUARDED_BY(mutex_) = 0;                   // a chunk is 2^chunk_level_ blocks
  std::vector<uint64_t> firsts_ GUARDED_BY(mutex_);               // first sequence of every full chunk
  std::vector<std::vector<Hash>> levels_ GUARDED_BY(mutex_);      // [i][j]: root of the j-th full subtree of 2^(chunk_level_ + i) blocks
  uint64_t tail_first_ GUARDED_BY(mutex_) = 1;                    // first sequence of the tail, while it has blocks
  Chunk tail_ GUARDED_BY(mutex_);                                 // the blocks after the full chunks
};

}  // namespace anju::journal
