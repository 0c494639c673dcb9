// Reading a chain of identities, and the questions asked of it.
#include "common/journal/lineage.h"

#include <algorithm>

#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::journal {

absl::StatusOr<Lineage> Lineage::FromIdentities(std::vector<std::string> encoded) {
  const auto broken = [](std::string_view why) { return MakeError(Reason::DATA_LOSS, "identities", "", why); };
  if (encoded.empty()) return broken("a journal without an identity");
  if (encoded.size() > kAncestorsMax + 1) return broken("more journals in a row than may continue each other");
  Lineage lineage;
  for (const std::string& bytes : encoded) {
    ASSIGN_OR_RETURN(Identity identity, DecodeIdentity(bytes));
    const bool first = lineage.identities_.empty();
    if (first && identity.continues != Position{}) return broken("the oldest journal continues one that is not there");
    if (!first) {
      const Identity& before = lineage.identities_.back();
      const bool later = identity.continues.sequence > before.continues.sequence && identity.continues.journal_id == before.id;
      if ((!later && identity.continues != before.continues) || identity.service != before.service) {
        return broken("a journal does not continue the one before it");
      }
    }
    if (lineage.Knows(identity.id)) return broken("a journal continues itself");
    lineage.genesis_.push_back(GenesisHash(bytes));
    lineage.identities_.push_back(std::move(identity));
  }
  lineage.encoded_ = std::move(encoded);
  return lineage;
}

const JournalId& Lineage::OwnerOf(uint64_t sequence) const {
  if (sequence == 0) return identities_.back().id;
  for (size_t i = identities_.size(); i-- > 1;) {
    if (sequence > identities_[i].continues.sequence) return identities_[i].id;
  }
  return identities_.front().id;
}

bool Lineage::Contains(const JournalId& id, uint64_t sequence) const {
  for (size_t i = 0; i < identities_.size(); ++i) {
    if (identities_[i].id == id) return i + 1 == identities_.size() || sequence <= identities_[i + 1].continues.sequence;
  }
  return false;
}

bool Lineage::Knows(const JournalId& id) const {
  return std::any_of(identities_.begin(), identities_.end(), [&](const Identity& identity) { return identity.id == id; });
}

Hash Lineage::PreviousOf(uint64_t first_sequence, const Hash& before) const {
  for (size_t i = identities_.size(); i-- > 0;) {
    if (identities_[i].continues.sequence + 1 == first_sequence) return genesis_[i];
  }
  return before;
}

std::optional<Hash> Lineage::ForkHash(uint64_t sequence) const {
  for (size_t i = 1; sequence > 0 && i < identities_.size(); ++i) {
    if (identities_[i].continues.sequence == sequence) return identities_[i].continues.block_hash;
  }
  return std::nullopt;
}

bool Lineage::Chains(uint64_t first_sequence, const Hash& before, const Hash& previous) const {
  const std::optional<Hash> fork = ForkHash(first_sequence - 1);
  return (!fork || before == *fork) && previous == PreviousOf(first_sequence, before);
}

bool Lineage::Fits(const Hash& before, const BlockView& block) const {
  const uint64_t first = block.header.first_sequence, last = block.header.last_sequence();
  const std::optional<Hash> fork = ForkHash(last);
  return Chains(first, before, block.previous_hash) && OwnerOf(first) == OwnerOf(last) && (!fork || *fork == block.hash);
}

Position Lineage::WitnessOf(const Position& durable) const {
  return durable.sequence == fork() ? Position{current().id, durable.sequence, genesis_.back()} : durable;
}

}  // namespace anju::journal
