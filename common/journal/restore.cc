// Checking the blocks of a backup one by one, writing them in large batches, and the identity last.
#include "common/journal/restore.h"

#include <utility>

#include <openssl/rand.h>

#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::journal {
namespace {

// Each batch is one synced write: large enough that syncs cost little, small enough to be written from memory.
constexpr size_t kBatchBytes = 6 << 20;

absl::Status Wrong(uint64_t sequence, std::string_view what) {
  return MakeError(Reason::DATA_LOSS, "", std::to_string(sequence), "sequence " + std::to_string(sequence) + ": " + std::string(what));
}

// Journals that recorded nothing only say which names are lost. They are left out when there would be too many names.
std::vector<std::string> WithinLimit(const Lineage& lineage) {
  std::vector<std::string> kept = lineage.encoded();
  for (size_t i = lineage.identities().size() - 1; i-- > 0 && kept.size() > kAncestorsMax;) {
    if (lineage.identities()[i].continues == lineage.identities()[i + 1].continues) kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return kept;
}

}  // namespace

RestoredJournal::RestoredJournal(storage::Disk& disk, std::unique_ptr<storage::Store> store, Lineage lineage)
    : disk_(disk), store_(std::move(store)), lineage_(std::move(lineage)) {}

absl::StatusOr<std::unique_ptr<RestoredJournal>> RestoredJournal::Begin(storage::Disk& disk, std::string_view service,
                                                                         std::vector<std::string> identities) {
  ASSIGN_OR_RETURN(Lineage lineage, Lineage::FromIdentities(std::move(identities)));
  if (lineage.current().service != service) {
    return MakeError(Reason::DATA_LOSS, "", lineage.current().service,
                     "this is a backup of the service " + lineage.current().service + ", not of " + std::string(service));
  }
  ASSIGN_OR_RETURN(std::optional<std::string> witness, disk.ReadFile(kWitnessFile));
  ASSIGN_OR_RETURN(std::unique_ptr<storage::Store> store, disk.OpenStore(kJournalStore, storage::StoreKind::kJournal));
  auto cursor = store->NewCursor();
  cursor->SeekToLast();
  RETURN_IF_ERROR(cursor->status());
  if (witness || cursor->Valid()) {
    return MakeError(Reason::NOT_EMPTY, "", std::string(service), "the directory holds a journal of " + std::string(service) + ", or what is left of one");
  }
  cursor = nullptr;
  return std::unique_ptr<RestoredJournal>(new RestoredJournal(disk, std::move(store), std::move(lineage)));
}

absl::Status RestoredJournal::Add(std::string block) {
  if (failure_.ok()) failure_ = Take(std::move(block));
  return failure_;
}

absl::Status RestoredJournal::Take(std::string bytes) {
  const uint64_t next = end_.sequence + 1;
  absl::StatusOr<BlockView> block = DecodeBlock(bytes, /*verify_root=*/true);
  if (!block.ok()) {
    if (!HasReason(block.status(), Reason::DATA_LOSS)) return block.status();
    return Wrong(next, ErrorsOf(block.status()).front().message);
  }
  if (block->header.first_sequence != next) return Wrong(next, "the next block begins at " + std::to_string(block->header.first_sequence));
  if (!lineage_.Fits(end_.hash, *block)) return Wrong(next, "this block or the one before it is not the one that was chained");
  pending_.Put(BlockKey(next), bytes);
  end_ = {block->header.last_sequence(), block->hash};
  return pending_.bytes() >= kBatchBytes ? WritePending() : absl::OkStatus();
}

absl::Status RestoredJournal::WritePending() {
  if (pending_.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(store_->Write(pending_));
  pending_.Clear();
  return absl::OkStatus();
}

absl::StatusOr<Identity> RestoredJournal::Finish(Clock& clock) {
  RETURN_IF_ERROR(failure_);
  if (end_.sequence < lineage_.fork()) return Wrong(end_.sequence + 1, "the blocks end before those of the journal begin");
  std::vector<std::string> identities = WithinLimit(lineage_);
  if (identities.size() > kAncestorsMax) {
    return MakeError(Reason::DATA_LOSS, "", std::to_string(identities.size()), "more journals in a row than may continue each other");
  }
  Identity identity;
  identity.service = lineage_.current().service;
  identity.created_us = clock.NowMicros();
  if (RAND_bytes(identity.id.data(), static_cast<int>(identity.id.size())) != 1) {
    return MakeError(Reason::STORAGE_FAILED, "", "", "no random bytes for a new journal id");
  }
  if (end_.sequence > 0) identity.continues = position();
  const std::string encoded = EncodeIdentity(identity);

  failure_ = MakeError(Reason::STORAGE_FAILED, "", "", "the restore has ended");  // whatever happens from here on
  RETURN_IF_ERROR(WritePending());
  RETURN_IF_ERROR(disk_.WriteFileSynced(kWitnessFile, 0, EncodeWitnessSlot({identity.id, end_.sequence, GenesisHash(encoded)})));
  storage::Batch batch;
  for (uint32_t i = 0; i < identities.size(); ++i) batch.Put(AncestorKey(i), identities[i]);
  batch.Put(IdentityKey(), encoded);
  RETURN_IF_ERROR(store_->Write(batch));
  return identity;
}

}  // namespace anju::journal
