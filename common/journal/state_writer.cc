// The write-behind state: opening it or throwing it away, replaying, adding rows.
#include "common/journal/state_writer.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "common/faults/faults.h"
#include "common/journal/pipeline.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::journal {
namespace {

constexpr std::string_view kStoreName = "state";
constexpr std::string_view kMetaKey("\0meta", 5);
constexpr uint8_t kMetaForm = 1;
constexpr size_t kReplayReadBytes = 4 << 20;
// Rows wait in memory until they make a batch worth sorting: sorted insertion is several times cheaper than random.
constexpr size_t kPendingRowsMax = 32'768;
constexpr size_t kPendingBytesMax = 4 << 20;

struct Meta {
  uint32_t schema_version = 0;
  Position position;
};
constexpr size_t kMetaBytes = 1 + 4 + 16 + 8 + 32;

std::string EncodeMeta(const Meta& meta) {
  std::string bytes(1, static_cast<char>(kMetaForm));
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(meta.schema_version >> (8 * i)));
  bytes.append(reinterpret_cast<const char*>(meta.position.journal_id.data()), meta.position.journal_id.size());
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(meta.position.sequence >> (8 * i)));
  bytes.append(reinterpret_cast<const char*>(meta.position.block_hash.data()), meta.position.block_hash.size());
  return bytes;
}

// nullopt when it is none of ours.
std::optional<Meta> DecodeMeta(std::string_view bytes) {
  if (bytes.size() != kMetaBytes || static_cast<uint8_t>(bytes[0]) != kMetaForm) return std::nullopt;
  Meta meta;
  const char* at = bytes.data() + 1;
  for (int i = 0; i < 4; ++i) meta.schema_version |= static_cast<uint32_t>(static_cast<uint8_t>(*at++)) << (8 * i);
  std::memcpy(meta.position.journal_id.data(), at, 16);
  at += 16;
  for (int i = 0; i < 8; ++i) meta.position.sequence |= static_cast<uint64_t>(static_cast<uint8_t>(*at++)) << (8 * i);
  std::memcpy(meta.position.block_hash.data(), at, 32);
  return meta;
}

// What a state says of itself, in its first row.
struct Stored {
  bool empty = false;       // no rows at all
  bool of_another = false;  // a row that no service with a journal writes: the aggregator's begin with one
  bool newer_form = false;
  std::optional<Meta> meta;
};

absl::StatusOr<Stored> ReadStored(storage::Store& store) {
  const auto cursor = store.NewCursor();
  cursor->Seek("");
  RETURN_IF_ERROR(cursor->status());
  Stored stored{.empty = !cursor->Valid()};
  if (stored.empty || !cursor->key().starts_with(kMetaKey.substr(0, 1))) return stored;
  stored.of_another = cursor->key() != kMetaKey;
  if (stored.of_another) return stored;
  const std::string_view bytes = cursor->value();
  stored.newer_form = !bytes.empty() && static_cast<uint8_t>(bytes.front()) > kMetaForm;
  if (!stored.newer_form) stored.meta = DecodeMeta(bytes);
  return stored;
}

std::string Words(const Position& position) { return ToHex(position.journal_id) + "/" + std::to_string(position.sequence); }

// False when the journal never was at `position`. Damage of the journal is an error.
absl::StatusOr<bool> HasReached(const Journal& journal, const Position& position) {
  if (position.sequence == 0) return true;
  const absl::Status known = journal.ReadBlocks(position, 1).status();
  if (HasReason(known, Reason::DATA_LOSS) && ErrorsOf(known).front().field == "after") return false;
  RETURN_IF_ERROR(known);
  return true;
}

absl::Status Agrees(const storage::Disk& disk, std::string_view service, const Journal* journal, uint32_t schema_version, const Stored& stored) {
  const std::string path = disk.PathOf(kStoreName);
  if (stored.of_another) {
    return MakeError(Reason::NOT_EMPTY, "", path, path + " is the state of the service aggregator, not of " + std::string(service));
  }
  if (stored.newer_form || (stored.meta && stored.meta->schema_version > schema_version)) {
    return MakeError(Reason::SCHEMA_TOO_NEW, "", path, path + ": the rows were written by a newer version of this program" +
                     (stored.meta ? " (schema " + std::to_string(stored.meta->schema_version) + ", this one knows " + std::to_string(schema_version) + ")" : std::string()));
  }
  if (!stored.meta || stored.meta->position.sequence == 0) return absl::OkStatus();
  const Position& position = stored.meta->position;
  if (journal != nullptr) {
    ASSIGN_OR_RETURN(const bool reached, HasReached(*journal, position));
    if (reached) return absl::OkStatus();
  }
  return MakeError(Reason::DATA_LOSS, "", Words(position),
                   path + " stands at " + Words(position) + ", where " + disk.PathOf(kJournalStore) +
                       (journal == nullptr ? " is not there" : " never was: it ends at " + Words(journal->durable())) + ", so records are lost. Put the newer journal and " +
                       std::string(kWitnessFile) + " back, or restore a backup into a new directory; to accept the loss, move the state directory away");
}

// A start that ends before anybody hears of it says where it looked.
absl::Status At(const std::string& place, const absl::Status& status) {
  const ErrorDetail detail = ErrorsOf(status).front();
  return MakeError(detail.reason, detail.field, detail.value, place + ": " + detail.message);
}

}  // namespace

StateWriter::StateWriter(std::unique_ptr<storage::Store> store, storage::Reserve& reserve, uint32_t schema_version, uint64_t flush_events)
    : store_(std::move(store)), reserve_(reserve), schema_version_(schema_version), flush_events_(flush_events) {}

absl::Status StateWriter::CheckAgrees(storage::Disk& disk, std::string_view service, const Journal* journal, uint32_t schema_version) {
  const absl::StatusOr<std::unique_ptr<storage::Store>> store = disk.OpenStoreReadOnly(kStoreName);
  if (HasReason(store.status(), Reason::FILE_NOT_FOUND) || HasReason(store.status(), Reason::DATA_LOSS)) return absl::OkStatus();
  RETURN_IF_ERROR(store.status());
  const absl::StatusOr<Stored> stored = ReadStored(**store);
  if (HasReason(stored.status(), Reason::DATA_LOSS)) return absl::OkStatus();
  RETURN_IF_ERROR(stored.status());
  return Agrees(disk, service, journal, schema_version, *stored);
}

absl::StatusOr<std::unique_ptr<StateWriter>> StateWriter::Open(storage::Disk& disk, std::string_view service, storage::Reserve& reserve, const Journal& journal,
                                                               uint32_t schema_version, Model& model, uint64_t flush_events) {
  std::optional<Position> position;  // that the rows stand for; none when they are of no use
  absl::StatusOr<std::unique_ptr<storage::Store>> store = disk.OpenStore(kStoreName, storage::StoreKind::kState);
  if (store.ok()) {
    const absl::StatusOr<Stored> stored = ReadStored(**store);
    if (stored.ok()) {
      RETURN_IF_ERROR(Agrees(disk, service, &journal, schema_version, *stored));
      if (stored->empty) position = Position{journal.identity().id, 0, {}};
      const bool usable = stored->meta && stored->meta->schema_version == schema_version && journal.lineage().Knows(stored->meta->position.journal_id);
      if (usable) position = stored->meta->position;
    } else if (!HasReason(stored.status(), Reason::DATA_LOSS)) {
      return stored.status();
    }
  } else if (!HasReason(store.status(), Reason::DATA_LOSS)) {
    return store.status();
  }
  if (!position) {
    store = absl::UnavailableError("closed");  // a store must not be open while it is destroyed
    RETURN_IF_ERROR(disk.DestroyStore(kStoreName));
    store = disk.OpenStore(kStoreName, storage::StoreKind::kState);
    RETURN_IF_ERROR(store.status());
    position = Position{journal.identity().id, 0, {}};
  }
  if (absl::Status loaded = model.Load(**store); !loaded.ok()) {
    if (HasReason(loaded, Reason::SCHEMA_TOO_NEW)) return At(disk.PathOf(kStoreName), loaded);
    if (!HasReason(loaded, Reason::DATA_LOSS)) return loaded;
    // The model is half filled, so this process cannot go on; the next one rebuilds.
    store = absl::UnavailableError("closed");
    RETURN_IF_ERROR(disk.DestroyStore(kStoreName));
    return MakeError(Reason::STORAGE_FAILED, "", disk.PathOf(kStoreName),
                     disk.PathOf(kStoreName) + " could not be read and has been removed; start again to rebuild it from the journal (" +
                         std::string(loaded.message()) + ")");
  }
  std::unique_ptr<StateWriter> writer(new StateWriter(*std::move(store), reserve, schema_version, flush_events));
  RETURN_IF_ERROR(writer->Replay(journal, disk.PathOf(kJournalStore), *position, model));
  return writer;
}

// Hashing every event again is what `verify` is for: here the chain of block hashes is followed, and journal opening has checked the
// last block whole.
absl::Status StateWriter::Replay(const Journal& journal, const std::string& path, Position from, Model& model) {
  const auto place = [&path](uint64_t sequence) { return path + ", sequence " + std::to_string(sequence); };
  while (from.sequence < journal.durable().sequence) {
    ASSIGN_OR_RETURN(std::vector<std::string> blocks, journal.ReadBlocks(from, kReplayReadBytes));
    for (const std::string& bytes : blocks) {
      const absl::StatusOr<BlockView> decoded = DecodeBlock(bytes, /*verify_root=*/false);
      if (!decoded.ok()) return At(place(from.sequence + 1), decoded.status());
      const BlockView& block = *decoded;
      EventContext context{block.header.first_sequence, block.header.time_us, block.header.plan_journal_id, block.header.plan_sequence};
      storage::Batch rows;
      for (std::string_view event : block.events) {
        if (const absl::Status applied = model.Apply(context, event, rows); !applied.ok()) return At(place(context.sequence), applied);
        ++context.sequence;
      }
      from = journal.lineage().PositionOf(block.header.last_sequence(), block.hash);
      RETURN_IF_ERROR(Add(std::move(rows), block.events.size(), from));
      faults::Reach("state.replayed_block");
    }
  }
  return absl::OkStatus();
}

absl::Status StateWriter::Add(storage::Batch rows, uint64_t events, const Position& durable) {
  if (rows.empty() && events == 0) return absl::OkStatus();
  pending_.Append(std::move(rows));
  pending_end_ = durable;
  dirty_ = true;
  unflushed_events_ += events;
  const bool flush = unflushed_events_ >= flush_events_;
  if (!flush && pending_.size() < kPendingRowsMax && pending_.bytes() < kPendingBytesMax) return absl::OkStatus();
  if (reserve_.IsLow()) {
    // Nothing new is recorded meanwhile, so what comes in is a follower's or a replay's; it is bounded by the rows there are.
    if (pending_.size() >= waiting_rows_max_) {
      pending_.Sort();
      waiting_rows_max_ = std::max(kPendingRowsMax, 2 * pending_.size());
    }
    return absl::OkStatus();
  }
  return flush ? Flush() : WritePending();
}

absl::Status StateWriter::WritePending() {
  pending_.Put(kMetaKey, EncodeMeta({schema_version_, pending_end_}));
  pending_.Sort();
  faults::Reach("state.before_write");
  RETURN_IF_ERROR(store_->Write(pending_));
  faults::Reach("state.after_write");
  reserve_.NoteWritten(pending_.bytes());
  pending_.Clear();
  waiting_rows_max_ = 0;
  return absl::OkStatus();
}

absl::Status StateWriter::Flush() {
  if (!dirty_ || reserve_.IsLow()) return absl::OkStatus();
  RETURN_IF_ERROR(WritePending());
  RETURN_IF_ERROR(store_->Flush());
  faults::Reach("state.after_flush");
  dirty_ = false;
  unflushed_events_ = 0;
  return absl::OkStatus();
}

absl::Status CheckUnowned(storage::Disk& disk, std::string_view service) {
  const auto refuse = [&](std::string_view name, const std::string& what) {
    const std::string path = disk.PathOf(name);
    return MakeError(Reason::NOT_EMPTY, "", path, path + " is the " + what + ", and " + std::string(service) + " keeps no journal");
  };
  const absl::StatusOr<std::unique_ptr<storage::Store>> journal = disk.OpenStoreReadOnly(kJournalStore);
  if (HasReason(journal.status(), Reason::STORAGE_FAILED)) return journal.status();
  if (!HasReason(journal.status(), Reason::FILE_NOT_FOUND)) {
    std::string owner = "another service";
    if (journal.ok()) {
      const auto encoded = (*journal)->Get(IdentityKey());
      const auto identity = DecodeIdentity(encoded.ok() ? encoded->value_or("") : "");
      if (identity.ok()) owner = "the service " + identity->service;
    }
    return refuse(kJournalStore, "journal of " + owner);
  }
  ASSIGN_OR_RETURN(const std::optional<std::string> witness, disk.ReadFile(kWitnessFile));
  if (witness) return refuse(kWitnessFile, "witness of another service's journal");
  const absl::StatusOr<std::unique_ptr<storage::Store>> state = disk.OpenStoreReadOnly(kStoreName);
  if (HasReason(state.status(), Reason::STORAGE_FAILED)) return state.status();
  if (!state.ok()) return absl::OkStatus();
  const auto meta = (*state)->Get(kMetaKey);
  if (HasReason(meta.status(), Reason::STORAGE_FAILED)) return meta.status();
  return meta.ok() && *meta ? refuse(kStoreName, "state beside another service's journal") : absl::OkStatus();
}

}  // namespace anju::journal
