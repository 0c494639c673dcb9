// Reading the journal of a stopped service.
#include "common/archive/source.h"
#include "common/journal/journal.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/storage/storage.h"

namespace anju::archive {
namespace {

class StoppedService final : public Source {
 public:
  StoppedService(std::string directory, std::unique_ptr<storage::Disk> disk, std::unique_ptr<storage::Store> store)
      : directory_(std::move(directory)), disk_(std::move(disk)), store_(std::move(store)) {}

  const journal::Lineage& lineage() const override { return lineage_; }
  journal::Position end() const override { return end_; }
  const std::string& name() const override { return directory_; }

  absl::Status ReadLineage(std::string_view service) {
    std::vector<std::string> identities;
    const auto cursor = store_->NewCursor();
    for (cursor->Seek(journal::AncestorKey(0)); cursor->Valid() && cursor->key() < journal::BlockKey(1); cursor->Next()) {
      if (cursor->key() != journal::AncestorKey(static_cast<uint32_t>(identities.size())) || identities.size() >= journal::kAncestorsMax) {
        return Damaged("its list of journals that it continues is damaged");
      }
      identities.emplace_back(cursor->value());
    }
    RETURN_IF_ERROR(cursor->status());
    ASSIGN_OR_RETURN(std::optional<std::string> own, store_->Get(journal::IdentityKey()));
    if (!own) return Damaged("it has no identity");
    identities.push_back(*std::move(own));
    absl::StatusOr<journal::Lineage> lineage = journal::Lineage::FromIdentities(std::move(identities));
    if (!lineage.ok()) {
      const ErrorDetail detail = ErrorsOf(lineage.status()).front();
      return MakeError(detail.reason, "backup", directory_, detail.message);
    }
    lineage_ = *std::move(lineage);
    const std::string& found = lineage_.current().service;
    if (found != service) return Damaged("it is the journal of another service: " + found + ", not " + std::string(service));
    return absl::OkStatus();
  }

  // The end by the last block, which the witness must know: the service refuses such a directory too.
  absl::Status ReadEnd() {
    const auto cursor = store_->NewCursor();
    cursor->SeekToLast();
    RETURN_IF_ERROR(cursor->status());
    end_ = lineage_.PositionOf(0, lineage_.PreviousOf(1, {}));
    journal::Position before = end_;
    if (cursor->Valid() && cursor->key() >= journal::BlockKey(1)) {
      ASSIGN_OR_RETURN(const journal::BlockView last, PrefixAt(*cursor));
      end_ = lineage_.PositionOf(last.header.last_sequence(), last.hash);
      if (last.header.first_sequence > 1) {
        cursor->SeekForPrev(journal::BlockKey(last.header.first_sequence - 1));
        RETURN_IF_ERROR(cursor->status());
        if (!cursor->Valid() || cursor->key() < journal::BlockKey(1)) return Damaged("it lacks the block before its last one");
        ASSIGN_OR_RETURN(const journal::BlockView previous, PrefixAt(*cursor));
        before = lineage_.PositionOf(previous.header.last_sequence(), previous.hash);
      }
    }
    if (end_.sequence < lineage_.fork()) return Damaged("it ends before the position that it continues");
    ASSIGN_OR_RETURN(const std::optional<std::string> file, disk_->ReadFile(journal::kWitnessFile));
    if (!file) return end_.sequence == 0 ? absl::OkStatus() : Damaged("it has blocks but its witness file is missing");
    const absl::StatusOr<journal::Witness> witness = journal::DecodeWitness(*file);
    if (!witness.ok()) return end_.sequence == 0 ? absl::OkStatus() : Damaged("its witness file is damaged");
    // One block more than the witness is what a crash between the two syncs leaves.
    if (witness->position == lineage_.WitnessOf(end_)) return absl::OkStatus();
    if (before.sequence >= lineage_.fork() && witness->position == lineage_.WitnessOf(before)) return absl::OkStatus();
    return Damaged("it ends at sequence " + std::to_string(end_.sequence) + " but its witness remembers " + std::to_string(witness->position.sequence));
  }

  absl::Status Copy(const journal::Position& after, const OnBlock& on_block) override {
    RETURN_IF_ERROR(FindPosition(after));
    const auto cursor = store_->NewCursor();
    uint64_t at = after.sequence;
    for (cursor->Seek(journal::BlockKey(at + 1)); at < end_.sequence; cursor->Next()) {
      RETURN_IF_ERROR(cursor->status());
      if (!cursor->Valid()) return Damaged("it lacks the block of sequence " + std::to_string(at + 1));
      ASSIGN_OR_RETURN(const journal::BlockView block, PrefixAt(*cursor));
      RETURN_IF_ERROR(on_block(cursor->value()));
      at = block.header.last_sequence();
    }
    return absl::OkStatus();
  }

 private:
  absl::Status FindPosition(const journal::Position& after) {
    if (after.sequence == 0) return absl::OkStatus();
    const auto cursor = store_->NewCursor();
    cursor->SeekForPrev(journal::BlockKey(after.sequence));
    RETURN_IF_ERROR(cursor->status());
    if (cursor->Valid() && cursor->key() >= journal::BlockKey(1) && lineage_.Contains(after.journal_id, after.sequence)) {
      ASSIGN_OR_RETURN(const journal::BlockView block, PrefixAt(*cursor));
      if (block.header.last_sequence() == after.sequence && block.hash == after.block_hash) return absl::OkStatus();
    }
    return MakeError(Reason::DATA_LOSS, "after", journal::ToHex(after.journal_id) + "/" + std::to_string(after.sequence), "the position is not in this journal");
  }

  absl::StatusOr<journal::BlockView> PrefixAt(const storage::Cursor& cursor) const {
    ASSIGN_OR_RETURN(const uint64_t first, journal::ParseBlockKey(cursor.key()));
    absl::StatusOr<journal::BlockView> block = journal::DecodeBlockPrefix(cursor.value());
    if (!block.ok()) {
      const ErrorDetail detail = ErrorsOf(block.status()).front();
      return MakeError(detail.reason, "backup", directory_ + " " + std::to_string(first), detail.message);
    }
    if (block->header.first_sequence != first) return Damaged("it has a block under the wrong key " + std::to_string(first));
    return block;
  }

  absl::Status Damaged(std::string_view what) const { return MakeError(Reason::DATA_LOSS, "backup", directory_, "the journal here is damaged: " + std::string(what)); }

  const std::string directory_;
  const std::unique_ptr<storage::Disk> disk_;
  const std::unique_ptr<storage::Store> store_;
  journal::Lineage lineage_;
  journal::Position end_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Source>> OpenStoppedService(const std::string& directory, std::string_view service) {
  ASSIGN_OR_RETURN(std::unique_ptr<storage::Disk> disk, storage::OpenRocksDiskReadOnly(directory, /*salvage=*/false));
  ASSIGN_OR_RETURN(std::unique_ptr<storage::Store> store, disk->OpenStoreReadOnly(journal::kJournalStore));
  auto source = std::make_unique<StoppedService>(directory, std::move(disk), std::move(store));
  RETURN_IF_ERROR(source->ReadLineage(service));
  RETURN_IF_ERROR(source->ReadEnd());
  return std::unique_ptr<Source>(std::move(source));
}

}  // namespace anju::archive
