// The journal: opening with its checks, appending, reading by cursor.
#include "common/journal/journal.h"

#include <algorithm>

#include <openssl/rand.h>

#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::journal {
namespace {

constexpr std::string_view kStoreName = "journal";
constexpr std::string_view kWitnessName = "witness";

absl::Status BadPosition(const Position& after, std::string_view why) {
  return MakeError(Reason::DATA_LOSS, "after", ToHex(after.journal_id) + "/" + std::to_string(after.sequence), why);
}

absl::Status Create(storage::Store& store, std::string_view service, Clock& clock, std::string* encoded) {
  Identity identity;
  identity.service = std::string(service);
  identity.created_us = clock.NowMicros();
  if (RAND_bytes(identity.id.data(), static_cast<int>(identity.id.size())) != 1) {
    return MakeError(Reason::STORAGE_FAILED, "", "", "no random bytes for a new journal id");
  }
  *encoded = EncodeIdentity(identity);
  storage::Batch batch;
  batch.Put(IdentityKey(), *encoded);
  return store.Write(batch);
}

}  // namespace

Journal::Journal(storage::Disk& disk, std::unique_ptr<storage::Store> store, Identity identity, Clock& clock)
    : disk_(disk), store_(std::move(store)), identity_(std::move(identity)), clock_(clock) {}

absl::StatusOr<std::unique_ptr<Journal>> Journal::Open(storage::Disk& disk, std::string_view service, Clock& clock) {
  ASSIGN_OR_RETURN(std::unique_ptr<storage::Store> store, disk.OpenStore(kStoreName, storage::StoreKind::kJournal));
  ASSIGN_OR_RETURN(std::optional<std::string> encoded, store->Get(IdentityKey()));
  if (!encoded) {
    // The identity is the first thing ever synced, so a store without one must be new in every other way too.
    ASSIGN_OR_RETURN(std::optional<std::string> witness, disk.ReadFile(kWitnessName));
    auto cursor = store->NewCursor();
    cursor->SeekToLast();
    RETURN_IF_ERROR(cursor->status());
    if (witness || cursor->Valid()) {
      return MakeError(Reason::DATA_LOSS, "", "", "the journal of " + std::string(service) + " has lost its identity (a witness or blocks remain)");
    }
    encoded.emplace();
    RETURN_IF_ERROR(Create(*store, service, clock, &*encoded));
  }
  ASSIGN_OR_RETURN(Identity identity, DecodeIdentity(*encoded));
  if (identity.service != service) {
    return MakeError(Reason::DATA_LOSS, "", identity.service,
                     "this is the journal of the service " + identity.service + ", not of " + std::string(service));
  }
  std::unique_ptr<Journal> journal(new Journal(disk, std::move(store), std::move(identity), clock));
  RETURN_IF_ERROR(journal->Recover(*encoded));
  return journal;
}

absl::Status Journal::Recover(std::string_view encoded_identity) {
  genesis_ = GenesisHash(encoded_identity);
  durable_ = {identity_.id, 0, genesis_};
  last_time_us_ = identity_.created_us;
  Position before_last = durable_;
  RETURN_IF_ERROR(RecoverLastBlock(&before_last));
  return CompareWitness(before_last);
}

// Sets the durable position from the last block, after checking it whole, its link to the one before, and that the first block names
// this identity.
absl::Status Journal::RecoverLastBlock(Position* before_last) {
  auto cursor = store_->NewCursor();
  cursor->SeekToLast();
  RETURN_IF_ERROR(cursor->status());
  if (!cursor->Valid()) return Damaged("has no records");
  if (cursor->key() == IdentityKey()) return absl::OkStatus();

  RETURN_IF_ERROR(PrefixAt(*cursor).status());
  const std::string bytes(cursor->value());
  ASSIGN_OR_RETURN(BlockView last, DecodeBlock(bytes));
  if (last.header.first_sequence > 1) {
    cursor->SeekForPrev(BlockKey(last.header.first_sequence - 1));
    RETURN_IF_ERROR(cursor->status());
    if (!cursor->Valid() || cursor->key() == IdentityKey()) return Damaged("lacks the block before its last one");
    ASSIGN_OR_RETURN(BlockView before, PrefixAt(*cursor));
    if (before.header.last_sequence() + 1 != last.header.first_sequence) return Damaged("has a gap before its last block");
    *before_last = {identity_.id, before.header.last_sequence(), before.hash};
  }
  cursor->Seek(BlockKey(1));
  RETURN_IF_ERROR(cursor->status());
  if (!cursor->Valid()) return Damaged("lacks its first block");
  ASSIGN_OR_RETURN(BlockView first, PrefixAt(*cursor));
  if (first.header.first_sequence != 1 || first.previous_hash != genesis_) return Damaged("does not begin with its identity");
  if (last.previous_hash != before_last->block_hash) return Damaged("has a broken chain at its last block");
  durable_ = {identity_.id, last.header.last_sequence(), last.hash};
  last_time_us_ = last.header.time_us;
  return absl::OkStatus();
}

// The witness must stand at the last block or, when the process died between the two syncs, at the one before.
absl::Status Journal::CompareWitness(const Position& before_last) {
  ASSIGN_OR_RETURN(std::optional<std::string> file, disk_.ReadFile(kWitnessName));
  const bool no_blocks = durable_.sequence == 0;
  if (!file) return no_blocks ? WriteWitness(durable_) : Damaged("has blocks but its witness file is missing");
  absl::StatusOr<Witness> witness = DecodeWitness(*file);
  if (!witness.ok()) {
    // The very first witness may have been torn; any later one leaves the older slot whole.
    return no_blocks && file->size() <= kWitnessSlotBytes ? WriteWitness(durable_) : witness.status();
  }
  witness_slot_ = (witness->slot + 1) % kWitnessSlots;
  if (witness->position == durable_) return absl::OkStatus();
  if (witness->position == before_last) return WriteWitness(durable_);
  if (witness->position.journal_id != identity_.id) return Damaged("does not belong to its witness file");
  return Damaged("ends at sequence " + std::to_string(durable_.sequence) + " but its witness remembers " +
                 std::to_string(witness->position.sequence) +
                 (witness->position.sequence > durable_.sequence ? ": records are lost" : " with another history"));
}

absl::Status Journal::WriteWitness(const Position& position) {
  RETURN_IF_ERROR(disk_.WriteFileSynced(kWitnessName, witness_slot_ * kWitnessSlotBytes, EncodeWitnessSlot(position)));
  witness_slot_ = (witness_slot_ + 1) % kWitnessSlots;
  return absl::OkStatus();
}

absl::StatusOr<Position> Journal::Append(const std::vector<std::string>& events, const JournalId& plan_id, uint64_t plan_sequence,
                                         std::optional<int64_t> time_us) {
  CHECK(!events.empty());
  if (failed_) return MakeError(Reason::STORAGE_FAILED, "", "", "the journal has failed; restart the service");
  const Position before = durable();
  const int64_t last_time_us = this->last_time_us();
  CHECK(!time_us || *time_us >= last_time_us);

  BlockHeader header;
  header.first_sequence = before.sequence + 1;
  header.time_us = time_us.value_or(std::max(clock_.NowMicros(), last_time_us));
  header.plan_journal_id = plan_id;
  header.plan_sequence = plan_sequence;
  Position after{identity_.id, before.sequence + events.size(), {}};
  storage::Batch batch;
  batch.Put(BlockKey(header.first_sequence), EncodeBlock(header, before.block_hash, events, &after.block_hash));
  failed_ = true;  // until both syncs are known to have worked
  RETURN_IF_ERROR(store_->Write(batch));
  RETURN_IF_ERROR(WriteWitness(after));
  failed_ = false;
  {
    std::lock_guard lock(mutex_);
    durable_ = after;
    last_time_us_ = header.time_us;
  }
  std::lock_guard lock(listeners_mutex_);
  for (const auto& [id, listener] : listeners_) listener(after);
  return after;
}

Position Journal::durable() const {
  std::lock_guard lock(mutex_);
  return durable_;
}

int64_t Journal::last_time_us() const {
  std::lock_guard lock(mutex_);
  return last_time_us_;
}

absl::StatusOr<std::vector<std::string>> Journal::ReadBlocks(const Position& after, size_t bytes_max) const {
  const Position end = durable();
  Position from = after;
  auto cursor = store_->NewCursor();
  if (after.sequence == 0) {
    from = {identity_.id, 0, genesis_};
  } else {
    if (after.journal_id != identity_.id) return BadPosition(after, "the position is of another journal");
    if (after.sequence > end.sequence) return BadPosition(after, "the position is beyond the end of the journal");
    cursor->SeekForPrev(BlockKey(after.sequence));
    RETURN_IF_ERROR(cursor->status());
    if (!cursor->Valid() || cursor->key() == IdentityKey()) return Damaged("lacks the block of sequence " + std::to_string(after.sequence));
    ASSIGN_OR_RETURN(BlockView block, PrefixAt(*cursor));
    if (block.header.last_sequence() != after.sequence) return BadPosition(after, "the position is not the end of a block");
    if (after.block_hash != Hash{} && after.block_hash != block.hash) return BadPosition(after, "the position has another hash than the journal");
    from.block_hash = block.hash;
  }
  if (from.sequence == end.sequence) return std::vector<std::string>();
  cursor->Seek(BlockKey(from.sequence + 1));
  return ReadFrom(*cursor, from, end.sequence, bytes_max);
}

absl::StatusOr<std::vector<std::string>> Journal::ReadBlocksContaining(uint64_t sequence, size_t bytes_max) const {
  const uint64_t until = durable().sequence;
  if (sequence > until) return std::vector<std::string>();
  auto cursor = store_->NewCursor();
  cursor->SeekForPrev(BlockKey(std::max<uint64_t>(sequence, 1)));
  RETURN_IF_ERROR(cursor->status());
  if (until == 0) return std::vector<std::string>();
  if (!cursor->Valid() || cursor->key() == IdentityKey()) return Damaged("lacks the block of sequence " + std::to_string(sequence));
  ASSIGN_OR_RETURN(BlockView first, PrefixAt(*cursor));
  if (first.header.last_sequence() < sequence) return Damaged("lacks the block of sequence " + std::to_string(sequence));
  return ReadFrom(*cursor, {identity_.id, first.header.first_sequence - 1, first.previous_hash}, until, bytes_max);
}

// Collects blocks from the cursor on while they follow each other.
absl::StatusOr<std::vector<std::string>> Journal::ReadFrom(storage::Cursor& cursor, Position after, uint64_t until, size_t bytes_max) const {
  std::vector<std::string> blocks;
  size_t bytes = 0;
  while (after.sequence < until) {
    RETURN_IF_ERROR(cursor.status());
    if (!cursor.Valid()) return Damaged("lacks the block of sequence " + std::to_string(after.sequence + 1));
    ASSIGN_OR_RETURN(BlockView block, PrefixAt(cursor));
    if (block.header.first_sequence != after.sequence + 1 || block.previous_hash != after.block_hash) {
      return Damaged("has a broken chain after sequence " + std::to_string(after.sequence));
    }
    const std::string_view value = cursor.value();
    if (!blocks.empty() && bytes + value.size() > bytes_max) break;
    blocks.emplace_back(value);
    bytes += value.size();
    after.sequence = block.header.last_sequence();
    after.block_hash = block.hash;
    cursor.Next();
  }
  return blocks;
}

absl::StatusOr<BlockView> Journal::PrefixAt(const storage::Cursor& cursor) const {
  ASSIGN_OR_RETURN(uint64_t first, ParseBlockKey(cursor.key()));
  ASSIGN_OR_RETURN(BlockView block, DecodeBlockPrefix(cursor.value()));
  if (block.header.first_sequence != first) return Damaged("has a block under the wrong key " + std::to_string(first));
  return block;
}

absl::Status Journal::Damaged(std::string_view what) const {
  return MakeError(Reason::DATA_LOSS, "", ToHex(identity_.id), "the journal of " + identity_.service + " " + std::string(what));
}

uint64_t Journal::AddListener(Listener listener) {
  std::lock_guard lock(listeners_mutex_);
  listeners_.emplace_back(next_listener_, std::move(listener));
  return next_listener_++;
}

void Journal::RemoveListener(uint64_t id) {
  std::lock_guard lock(listeners_mutex_);
  std::erase_if(listeners_, [id](const auto& entry) { return entry.first == id; });
}

}  // namespace anju::journal
