// The journal: opening with its checks, appending, reading by cursor.
#include "common/journal/journal.h"

#include <algorithm>

#include <openssl/rand.h>

#include "common/faults/faults.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::journal {
namespace {

std::string NameOf(const JournalId& id, uint64_t sequence) { return ToHex(id) + "/" + std::to_string(sequence); }

// `end` names this journal and where it ends: who stands beyond it can tell an older copy of what he has followed from another journal.
absl::Status BadPosition(const Position& after, std::string_view why, const std::string& end) {
  return MakeError({.reason = Reason::DATA_LOSS, .field = "after", .value = NameOf(after.journal_id, after.sequence),
                    .message = std::string(why) + "; this one ends at " + end, .candidates = {end}});
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

// Encoded identities of the journals this one continues, the oldest first.
absl::StatusOr<std::vector<std::string>> ReadAncestors(storage::Store& store) {
  std::vector<std::string> identities;
  auto cursor = store.NewCursor();
  for (cursor->Seek(AncestorKey(0)); cursor->Valid() && cursor->key() < BlockKey(1); cursor->Next()) {
    if (cursor->key() != AncestorKey(static_cast<uint32_t>(identities.size())) || identities.size() >= kAncestorsMax) {
      return MakeError(Reason::DATA_LOSS, "", "", "the journal's list of journals that it continues is damaged");
    }
    identities.emplace_back(cursor->value());
  }
  RETURN_IF_ERROR(cursor->status());
  return identities;
}

// Whoever has to repair it is told where it lies: the two files of which one contradicts the other, or itself.
absl::Status Located(const absl::Status& status, const storage::Disk& disk) {
  const ErrorDetail detail = ErrorsOf(status).front();
  if (detail.message.find(disk.PathOf("")) != std::string::npos) return status;
  return MakeError(detail.reason, detail.field, detail.value,
                   detail.message + " (" + disk.PathOf(kJournalStore) + " beside " + disk.PathOf(kWitnessFile) + ")");
}

absl::Status LostIdentity(std::string_view service) {
  return MakeError(Reason::DATA_LOSS, "", "",
                   "the journal of " + std::string(service) +
                       " has lost its identity (a witness or blocks remain), or is a restore that did not finish: restore into an empty directory");
}

// Of a store with the encoded identity of its own journal.
absl::StatusOr<Lineage> ReadLineage(storage::Store& store, std::string encoded) {
  ASSIGN_OR_RETURN(std::vector<std::string> identities, ReadAncestors(store));
  identities.push_back(std::move(encoded));
  return Lineage::FromIdentities(std::move(identities));
}

// Of a journal that has been found whole: a damaged one may have any name.
absl::Status CheckService(const Identity& identity, std::string_view service) {
  if (identity.service == service) return absl::OkStatus();
  return MakeError(Reason::NOT_EMPTY, "", identity.service, "this is the journal of the service " + identity.service + ", not of " + std::string(service));
}

}  // namespace

Journal::Journal(storage::Disk& disk, std::unique_ptr<storage::Store> store, Lineage lineage, Clock& clock)
    : disk_(disk), store_(std::move(store)), lineage_(std::move(lineage)), clock_(clock) {}

absl::StatusOr<std::unique_ptr<Journal>> Journal::Open(storage::Disk& disk, std::string_view service, Clock& clock, const Agrees& agrees) {
  if (const absl::Status looked = Look(disk, service, clock, agrees); !looked.ok()) return Located(looked, disk);
  absl::StatusOr<std::unique_ptr<Journal>> opened = OpenToWrite(disk, service, clock);
  if (!opened.ok()) return Located(opened.status(), disk);
  return opened;
}

// Opening a store to write lets it tidy up: tables that it does not know of are deleted. Where it has forgotten some of its own that must not happen,
// so everything is checked before, on a store that changes nothing.
absl::Status Journal::Look(storage::Disk& disk, std::string_view service, Clock& clock, const Agrees& agrees) {
  const auto none_yet = [&] { return agrees ? agrees(nullptr) : absl::OkStatus(); };
  absl::StatusOr<std::unique_ptr<storage::Store>> store = disk.OpenStoreReadOnly(kJournalStore);
  ASSIGN_OR_RETURN(const std::optional<std::string> witness, disk.ReadFile(kWitnessFile));
  if (HasReason(store.status(), Reason::FILE_NOT_FOUND)) {
    return witness ? LostIdentity(service) : none_yet();
  }
  RETURN_IF_ERROR(store.status());
  ASSIGN_OR_RETURN(std::optional<std::string> encoded, (*store)->Get(IdentityKey()));
  if (!encoded) {
    // The identity is the first thing ever synced, and the last of a restore: a store without one must be new in every other way too.
    auto cursor = (*store)->NewCursor();
    cursor->SeekToLast();
    RETURN_IF_ERROR(cursor->status());
    return witness || cursor->Valid() ? LostIdentity(service) : none_yet();
  }
  ASSIGN_OR_RETURN(Lineage lineage, ReadLineage(**store, *std::move(encoded)));
  Journal journal(disk, *std::move(store), std::move(lineage), clock);
  journal.only_looks_ = true;
  {
    const MutexLock lock(journal.mutex_);
    RETURN_IF_ERROR(journal.Recover());
  }
  RETURN_IF_ERROR(journal.CheckSeams());
  RETURN_IF_ERROR(CheckService(journal.identity(), service));
  return agrees ? agrees(&journal) : absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Journal>> Journal::OpenToWrite(storage::Disk& disk, std::string_view service, Clock& clock) {
  ASSIGN_OR_RETURN(std::unique_ptr<storage::Store> store, disk.OpenStore(kJournalStore, storage::StoreKind::kJournal));
  ASSIGN_OR_RETURN(std::optional<std::string> encoded, store->Get(IdentityKey()));
  if (!encoded) {
    encoded.emplace();
    RETURN_IF_ERROR(Create(*store, service, clock, &*encoded));
  }
  ASSIGN_OR_RETURN(Lineage lineage, ReadLineage(*store, *std::move(encoded)));
  std::unique_ptr<Journal> journal(new Journal(disk, std::move(store), std::move(lineage), clock));
  {
    const MutexLock lock(journal->mutex_);
    RETURN_IF_ERROR(journal->Recover());
  }
  return journal;
}

// Nobody else knows the journal yet; callers hold the lock all the same, because what is recovered is guarded by it.
absl::Status Journal::Recover() {
  durable_ = {identity().id, 0, lineage_.PreviousOf(1, {})};
  last_time_us_ = identity().created_us;
  Position before_last = durable_;
  RETURN_IF_ERROR(RecoverLastBlock(&before_last));
  RETURN_IF_ERROR(CheckForks());
  return CompareWitness(before_last);
}

// Sets the durable position from the last block, after checking it whole and its link to the one before.
absl::Status Journal::RecoverLastBlock(Position* before_last) {
  auto cursor = store_->NewCursor();
  cursor->SeekToLast();
  RETURN_IF_ERROR(cursor->status());
  if (!cursor->Valid()) return Damaged("has no records");
  if (cursor->key() < BlockKey(1)) return absl::OkStatus();

  RETURN_IF_ERROR(PrefixAt(*cursor).status());
  const std::string bytes(cursor->value());
  ASSIGN_OR_RETURN(BlockView last, DecodeBlock(bytes));
  if (last.header.first_sequence > 1) {
    cursor->SeekForPrev(BlockKey(last.header.first_sequence - 1));
    RETURN_IF_ERROR(cursor->status());
    if (!cursor->Valid() || cursor->key() < BlockKey(1)) return Damaged("lacks the block before its last one");
    ASSIGN_OR_RETURN(BlockView before, PrefixAt(*cursor));
    if (before.header.last_sequence() + 1 != last.header.first_sequence) return Damaged("has a gap before its last block");
    *before_last = lineage_.PositionOf(before.header.last_sequence(), before.hash);
  }
  if (!lineage_.Fits(before_last->block_hash, last)) return Damaged("has a broken chain at its last block");
  durable_ = lineage_.PositionOf(last.header.last_sequence(), last.hash);
  last_time_us_ = last.header.time_us;
  return absl::OkStatus();
}

// Every journal of the lineage begins where it says, after the block that it names.
absl::Status Journal::CheckForks() const {
  auto cursor = store_->NewCursor();
  for (const Identity& identity : lineage_.identities()) {
    const uint64_t fork = identity.continues.sequence;
    if (fork > durable_.sequence) return Damaged("ends before sequence " + std::to_string(fork) + ", which it continues");
    Hash before = identity.continues.block_hash;
    if (fork > 0) {
      cursor->SeekForPrev(BlockKey(fork));
      RETURN_IF_ERROR(cursor->status());
      if (!cursor->Valid() || cursor->key() < BlockKey(1)) return Damaged("lacks the block of sequence " + std::to_string(fork));
      ASSIGN_OR_RETURN(BlockView block, PrefixAt(*cursor));
      if (block.header.last_sequence() != fork || block.hash != before) {
        return Damaged("does not have the block at sequence " + std::to_string(fork) + " that it continues");
      }
    }
    if (fork == durable_.sequence) continue;
    cursor->Seek(BlockKey(fork + 1));
    RETURN_IF_ERROR(cursor->status());
    if (!cursor->Valid()) return Damaged("lacks the block of sequence " + std::to_string(fork + 1));
    ASSIGN_OR_RETURN(BlockView first, PrefixAt(*cursor));
    if (first.header.first_sequence != fork + 1 || !lineage_.Chains(fork + 1, before, first.previous_hash)) {
      return Damaged("does not begin with its identity after sequence " + std::to_string(fork));
    }
  }
  return absl::OkStatus();
}

// A file of the store that is gone takes blocks with it: they are missing between two others, or among those that are in no table yet. Blocks of one
// table stand or fall together, so it is enough to look where tables end, whatever the length of the journal.
absl::Status Journal::CheckSeams() const {
  auto cursor = store_->NewCursor();
  std::optional<BlockView> before;
  const auto check_next = [&]() -> absl::Status {
    RETURN_IF_ERROR(cursor->status());  // what cannot be read is not missing
    if (!cursor->Valid()) return absl::OkStatus();
    ASSIGN_OR_RETURN(const BlockView block, PrefixAt(*cursor));
    if (before && (block.header.first_sequence != before->header.last_sequence() + 1 || !lineage_.Fits(before->hash, block))) {
      return Damaged("lacks blocks after sequence " + std::to_string(before->header.last_sequence()) + ", or has others there");
    }
    before = block;
    return absl::OkStatus();
  };
  cursor->Seek(BlockKey(1));
  RETURN_IF_ERROR(cursor->status());
  for (const std::string& end : store_->FileEnds()) {
    if (end < BlockKey(1)) continue;
    before.reset();
    cursor->Seek(end);
    RETURN_IF_ERROR(cursor->status());
    if (!cursor->Valid()) return Damaged("lacks the last block of one of its tables");
    RETURN_IF_ERROR(check_next());
    cursor->Next();
    RETURN_IF_ERROR(check_next());
  }
  before.reset();  // from here on every block, the one that was looked at last again
  while (cursor->Valid()) {
    RETURN_IF_ERROR(check_next());
    cursor->Next();
  }
  return cursor->status();
}

// The witness must stand at the last block or, when the process died between the two syncs, at the one before.
absl::Status Journal::CompareWitness(const Position& before_last) {
  if (faults::IsDisabled(faults::Protection::kWitness)) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::optional<std::string> file, disk_.ReadFile(kWitnessFile));
  const Position expected = lineage_.WitnessOf(durable_);
  // A new journal's identity is there before its witness. A restored one has both from the beginning.
  const bool may_be_new = durable_.sequence == 0;
  if (!file) return may_be_new ? WriteWitness(expected) : Damaged("has blocks but its witness file is missing");
  absl::StatusOr<Witness> witness = DecodeWitness(*file);
  if (!witness.ok()) {
    // The very first witness may have been torn; any later one leaves the older slot whole.
    return may_be_new && file->size() <= kWitnessSlotBytes ? WriteWitness(expected) : witness.status();
  }
  witness_slot_ = (witness->slot + 1) % kWitnessSlots;
  if (witness->position == expected) return absl::OkStatus();
  // Before its fork a journal's witness would be another journal's.
  if (before_last.sequence >= lineage_.fork() && witness->position == lineage_.WitnessOf(before_last)) return WriteWitness(expected);
  if (witness->position.journal_id != identity().id) return Damaged("does not belong to its witness file");
  return Damaged("ends at sequence " + std::to_string(durable_.sequence) + " but its witness remembers " +
                 std::to_string(witness->position.sequence) +
                 (witness->position.sequence > durable_.sequence ? ": records are lost" : " with another history"));
}

absl::Status Journal::WriteWitness(const Position& position) {
  if (only_looks_) return absl::OkStatus();
  if (faults::IsDisabled(faults::Protection::kWitness)) return absl::OkStatus();
  RETURN_IF_ERROR(disk_.WriteFileSynced(kWitnessFile, witness_slot_ * kWitnessSlotBytes, EncodeWitnessSlot(position)));
  witness_slot_ = (witness_slot_ + 1) % kWitnessSlots;
  return absl::OkStatus();
}

absl::StatusOr<Position> Journal::Append(const EventList& events, const JournalId& plan_id, uint64_t plan_sequence,
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
  Position after{identity().id, before.sequence + events.size(), {}};
  const Hash previous = lineage_.PreviousOf(header.first_sequence, before.block_hash);
  storage::Batch batch;
  batch.Put(BlockKey(header.first_sequence), EncodeBlock(header, previous, events, &after.block_hash));
  failed_ = true;  // until both syncs are known to have worked
  faults::Reach("journal.before_append");
  RETURN_IF_ERROR(store_->Write(batch));
  faults::Reach("journal.between_syncs");
  RETURN_IF_ERROR(WriteWitness(after));
  faults::Reach("journal.after_witness");
  failed_ = false;
  {
    const MutexLock lock(mutex_);
    durable_ = after;
    last_time_us_ = header.time_us;
  }
  const MutexLock lock(listeners_mutex_);
  for (const auto& [id, listener] : listeners_) listener(after);
  return after;
}

Position Journal::durable() const {
  const MutexLock lock(mutex_);
  return durable_;
}

int64_t Journal::last_time_us() const {
  const MutexLock lock(mutex_);
  return last_time_us_;
}

absl::StatusOr<std::vector<std::string>> Journal::ReadBlocks(const Position& after, size_t bytes_max) const {
  const Position end = durable();
  const auto bad = [&](std::string_view why) { return BadPosition(after, why, NameOf(identity().id, end.sequence)); };
  Position from = after;
  auto cursor = store_->NewCursor();
  if (after.sequence == 0) {
    from = {identity().id, 0, {}};
  } else {
    if (!lineage_.Knows(after.journal_id)) return bad("the position is of another journal");
    if (!lineage_.Contains(after.journal_id, after.sequence)) {
      return bad("the position was lost when the journal was restored: it went on from an earlier one");
    }
    if (after.sequence > end.sequence) return bad("the position is beyond the end of the journal");
    cursor->SeekForPrev(BlockKey(after.sequence));
    RETURN_IF_ERROR(cursor->status());
    if (!cursor->Valid() || cursor->key() < BlockKey(1)) return Damaged("lacks the block of sequence " + std::to_string(after.sequence));
    ASSIGN_OR_RETURN(BlockView block, PrefixAt(*cursor));
    if (block.header.last_sequence() != after.sequence) return bad("the position is not the end of a block");
    if (after.block_hash != Hash{} && after.block_hash != block.hash) return bad("the position has another hash than the journal");
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
  if (!cursor->Valid() || cursor->key() < BlockKey(1)) return Damaged("lacks the block of sequence " + std::to_string(sequence));
  ASSIGN_OR_RETURN(BlockView first, PrefixAt(*cursor));
  if (first.header.last_sequence() < sequence) return Damaged("lacks the block of sequence " + std::to_string(sequence));
  const uint64_t before = first.header.first_sequence - 1;
  return ReadFrom(*cursor, lineage_.PositionOf(before, lineage_.ForkHash(before).value_or(first.previous_hash)), until, bytes_max);
}

// Collects blocks from the cursor on while they follow each other.
absl::StatusOr<std::vector<std::string>> Journal::ReadFrom(storage::Cursor& cursor, Position after, uint64_t until, size_t bytes_max) const {
  std::vector<std::string> blocks;
  size_t bytes = 0;
  while (after.sequence < until) {
    RETURN_IF_ERROR(cursor.status());
    if (!cursor.Valid()) return Damaged("lacks the block of sequence " + std::to_string(after.sequence + 1));
    ASSIGN_OR_RETURN(BlockView block, PrefixAt(cursor));
    if (block.header.first_sequence != after.sequence + 1 || !lineage_.Fits(after.block_hash, block)) {
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
  return MakeError(Reason::DATA_LOSS, "", ToHex(identity().id),
                   "the journal of " + identity().service + " " + std::string(what) + " (" + disk_.PathOf(kJournalStore) + " beside " +
                       disk_.PathOf(kWitnessFile) + ")");
}

uint64_t Journal::AddListener(Listener listener) {
  const MutexLock lock(listeners_mutex_);
  listeners_.emplace_back(next_listener_, std::move(listener));
  return next_listener_++;
}

void Journal::RemoveListener(uint64_t id) {
  const MutexLock lock(listeners_mutex_);
  std::erase_if(listeners_, [id](const auto& entry) { return entry.first == id; });
}

}  // namespace anju::journal
