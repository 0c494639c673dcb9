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

// The position that the rows stand for; nullopt when they are of no use with this program.
absl::StatusOr<std::optional<Position>> StoredPosition(storage::Store& store, const Journal& journal, uint32_t schema_version) {
  ASSIGN_OR_RETURN(std::optional<std::string> bytes, store.Get(kMetaKey));
  if (!bytes) {
    auto cursor = store.NewCursor();
    cursor->Seek("");
    RETURN_IF_ERROR(cursor->status());
    if (cursor->Valid()) return std::optional<Position>();  // rows of nobody knows when
    return std::optional<Position>(Position{journal.identity().id, 0, {}});
  }
  const bool newer_form = !bytes->empty() && static_cast<uint8_t>(bytes->front()) > kMetaForm;
  std::optional<Meta> meta = newer_form ? std::nullopt : DecodeMeta(*bytes);
  if (newer_form || (meta && meta->schema_version > schema_version)) {
    return MakeError(Reason::SCHEMA_TOO_NEW, "", "", "the rows were written by a newer version of this program" +
                     (meta ? " (schema " + std::to_string(meta->schema_version) + ", this one knows " + std::to_string(schema_version) + ")" : std::string()));
  }
  if (!meta || meta->schema_version != schema_version || !journal.lineage().Knows(meta->position.journal_id)) return std::optional<Position>();
  return std::optional<Position>(meta->position);
}

// False when the journal never was at `position`: it was put back, or the state is another one's. Damage of the journal is an error.
absl::StatusOr<bool> HasReached(const Journal& journal, const Position& position) {
  if (position.sequence == 0) return true;
  const absl::Status known = journal.ReadBlocks(position, 1).status();
  if (HasReason(known, Reason::DATA_LOSS) && ErrorsOf(known).front().field == "after") return false;
  RETURN_IF_ERROR(known);
  return true;
}

}  // namespace

StateWriter::StateWriter(std::unique_ptr<storage::Store> store, storage::Reserve& reserve, uint32_t schema_version, uint64_t flush_events)
    : store_(std::move(store)), reserve_(reserve), schema_version_(schema_version), flush_events_(flush_events) {}

absl::StatusOr<std::unique_ptr<StateWriter>> StateWriter::Open(storage::Disk& disk, storage::Reserve& reserve, const Journal& journal,
                                                               uint32_t schema_version, Model& model, uint64_t flush_events) {
  std::optional<Position> position;
  absl::StatusOr<std::unique_ptr<storage::Store>> store = disk.OpenStore(kStoreName, storage::StoreKind::kState);
  if (store.ok()) {
    absl::StatusOr<std::optional<Position>> stored = StoredPosition(**store, journal, schema_version);
    if (HasReason(stored.status(), Reason::SCHEMA_TOO_NEW)) {
      return MakeError(Reason::SCHEMA_TOO_NEW, "", disk.PathOf(kStoreName), disk.PathOf(kStoreName) + ": " + std::string(stored.status().message()));
    }
    if (!stored.ok() && !HasReason(stored.status(), Reason::DATA_LOSS)) return stored.status();
    if (stored.ok() && *stored) {
      ASSIGN_OR_RETURN(const bool reached, HasReached(journal, **stored));
      if (reached) position = *stored;
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
    if (!HasReason(loaded, Reason::DATA_LOSS)) return loaded;
    // The model is half filled, so this process cannot go on; the next one rebuilds.
    store = absl::UnavailableError("closed");
    RETURN_IF_ERROR(disk.DestroyStore(kStoreName));
    return MakeError(Reason::STORAGE_FAILED, "", disk.PathOf(kStoreName),
                     disk.PathOf(kStoreName) + " was damaged and has been removed; start again to rebuild it from the journal (" +
                         std::string(loaded.message()) + ")");
  }
  std::unique_ptr<StateWriter> writer(new StateWriter(*std::move(store), reserve, schema_version, flush_events));
  RETURN_IF_ERROR(writer->Replay(journal, *position, model));
  return writer;
}

// Hashing every event again is what `verify` is for: here the chain of block hashes is followed, and journal opening has checked the
// last block whole.
absl::Status StateWriter::Replay(const Journal& journal, Position from, Model& model) {
  while (from.sequence < journal.durable().sequence) {
    ASSIGN_OR_RETURN(std::vector<std::string> blocks, journal.ReadBlocks(from, kReplayReadBytes));
    for (const std::string& bytes : blocks) {
      ASSIGN_OR_RETURN(BlockView block, DecodeBlock(bytes, /*verify_root=*/false));
      EventContext context{block.header.first_sequence, block.header.time_us, block.header.plan_journal_id, block.header.plan_sequence};
      storage::Batch rows;
      for (std::string_view event : block.events) {
        RETURN_IF_ERROR(model.Apply(context, event, rows));
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

}  // namespace anju::journal
