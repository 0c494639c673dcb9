// Whose sequences are whose in a journal that continues others. A restore from a backup starts a new journal: a new id, the same blocks up to where
// the backup ended (the fork), new blocks after it. Every sequence is named by the id of the journal that recorded it, for ever: positions, tokens
// and bulletins from before the fork stay valid and stay the same bytes; positions of the old journal beyond the fork are lost, and said to be.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/journal/format.h"

namespace anju::journal {

inline constexpr size_t kAncestorsMax = 64;

// An immutable value. The default one knows no journal.
class Lineage {
 public:
  Lineage() = default;
  // Encoded identities, the oldest first, the journal's own last (DATA_LOSS if they are none). Each but the first continues the one before it: at
  // a later sequence, or at the very position where that one began, if it never recorded anything.
  static absl::StatusOr<Lineage> FromIdentities(std::vector<std::string> encoded);

  bool empty() const { return identities_.empty(); }
  const std::vector<std::string>& encoded() const { return encoded_; }
  const std::vector<Identity>& identities() const { return identities_; }
  const Identity& current() const { return identities_.back(); }
  // The last sequence of the ancestors: the journal's own begin after it; 0 if it continues none.
  uint64_t fork() const { return current().continues.sequence; }

  // The journal that recorded `sequence` (≥ 1), or that will; of 0 the current one.
  const JournalId& OwnerOf(uint64_t sequence) const;
  // The position of a sequence and the hash of the block that ends there, under its owner's name.
  Position PositionOf(uint64_t sequence, const Hash& hash) const { return {OwnerOf(sequence), sequence, hash}; }
  // True when `id` names this journal or one it continues, and `sequence` was recorded under it or under one before it: no later than where it
  // was continued. Sequence 0 of any of them is contained. Says nothing about how far the journal reaches.
  bool Contains(const JournalId& id, uint64_t sequence) const;
  // True when `id` is this journal or one it continues.
  bool Knows(const JournalId& id) const;

  // What the block that begins at `first_sequence` must name as the one before it, when `before` is the hash of the block that ends there (ignored
  // at the beginning): the genesis hash of the identity that begins there, else `before`.
  Hash PreviousOf(uint64_t first_sequence, const Hash& before) const;
  // The hash of the block that ends at `sequence`, if a journal of the lineage continues another there: its identity names it.
  std::optional<Hash> ForkHash(uint64_t sequence) const;
  // The one rule of the chain: a block that begins at `first_sequence` and names `previous` follows one with the hash `before`. Where a journal
  // continues another, both must be as its identity says.
  bool Chains(uint64_t first_sequence, const Hash& before, const Hash& previous) const;
  // All that can be asked of a block whose root holds, when `before` is the hash of the block before it: it chains, belongs to one journal, and is the
  // one that the next journal continues if it ends where that one begins.
  bool Fits(const Hash& before, const BlockView& block) const;
  // What the witness remembers while `durable` is the last position. Before the first block of its own a journal is witnessed under its own id with
  // its genesis hash, so that a witness never fits another journal that continues the same one.
  Position WitnessOf(const Position& durable) const;

 private:
  std::vector<std::string> encoded_;
  std::vector<Identity> identities_;
  std::vector<Hash> genesis_;
};

}  // namespace anju::journal
