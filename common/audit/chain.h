// The bytes of a journal, believed in nothing: every root, hash and link worked out again, and the first sequence named that is not what was recorded.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/journal/format.h"
#include "common/journal/hash.h"
#include "common/journal/lineage.h"

namespace anju::audit {

inline constexpr const char* kMissingAtEnd = "sequences are missing at the end";

// The first thing that is wrong with a journal.
struct Wrong {
  uint64_t first = 0, last = 0;  // the sequences concerned; both 0: the identity, or what holds no event
  bool missing = false;          // they are not there at all
  std::string what;              // one English sentence
  // Where one changed byte explains everything: its place in the stored block, and what it must have been.
  std::optional<size_t> offset;
  uint8_t was = 0, is = 0;
  // "1234", "1201..1300", "" without a sequence.
  std::string Range() const;
};

// A position with all that proves it.
struct Head {
  uint64_t sequence = 0;
  journal::Hash hash{};
  uint64_t tree_size = 0;
  journal::Hash tree_root{};  // RFC 6962 over the hashes of the blocks; only where it was asked for
};

// Takes the blocks of one journal in the order of their keys. Once something is wrong it takes no more.
class Chain {
 public:
  // `heads`: sequences whose heads are wanted.
  Chain(journal::Lineage lineage, std::set<uint64_t> heads) : lineage_(std::move(lineage)), wanted_(std::move(heads)) {}

  // A byte of the block under this key that something else than the hashes holds for changed, and what it was. Asked for a block that is none; believed
  // only where that makes it one again.
  using Suspect = std::function<std::optional<std::pair<size_t, uint8_t>>(uint64_t key)>;
  void set_suspect(Suspect suspect) { suspect_ = std::move(suspect); }

  // The block stored under `key`; `next_key` is the key after it, 0 when there is none. False when something is wrong, or may be: then wrong() says
  // what, or the next block or Finish decides. `block` points into `bytes`.
  bool Take(uint64_t key, std::string_view bytes, uint64_t next_key, journal::BlockView* block);
  // After the last block: what the journal remembered as its last position, from its witness or a manifest. nullopt: nothing is remembered.
  void Finish(const std::optional<journal::Position>& remembered);
  // The store could not be read beyond what was taken.
  void Fail(uint64_t next_key, std::string_view what);

  const std::optional<Wrong>& wrong() const { return wrong_; }
  const journal::Lineage& lineage() const { return lineage_; }
  const Head& last() const { return last_; }
  uint64_t blocks() const { return last_.tree_size; }
  // Of the sequences wanted: those that end a block.
  const std::map<uint64_t, Head>& heads() const { return heads_; }
  int64_t last_time_us() const { return last_time_us_; }

 private:
  // A block whose link does not fit: it is wrong, or the one before it. What comes next tells.
  struct Doubt {
    journal::BlockView block;  // without events
    uint64_t before_first = 0, before_last = 0;
  };
  void Blame(uint64_t first, uint64_t last, std::string_view what);
  void BlameBlock(uint64_t key, uint64_t next_key, std::string_view bytes, std::string_view what);
  bool BlameSuspect(uint64_t key, std::string_view bytes);
  void Resolve(const journal::Hash& next_names);
  bool CheckHeader(const journal::BlockView& block);
  journal::Hash ExpectedPrevious(uint64_t first) const { return lineage_.PreviousOf(first, last_.hash); }

  journal::Lineage lineage_;
  std::set<uint64_t> wanted_;
  Suspect suspect_;
  Head last_;
  Head before_last_;
  uint64_t last_first_ = 0;  // first sequence of the last block
  int64_t last_time_us_ = 0;
  uint64_t last_plan_ = 0;
  journal::MerkleBuilder tree_;
  std::map<uint64_t, Head> heads_;
  std::optional<Doubt> doubt_;
  std::optional<Wrong> wrong_;
};

}  // namespace anju::audit
