// Reads the stored state and writes collected rows behind.
#include "services/aggregator/store/store.h"

#include <algorithm>

#include "common/faults/faults.h"
#include "common/journal/state_writer.h"
#include "common/registry/known.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/aggregator/store/rows.h"
#include "services/aggregator/store/updates_loader.h"

namespace anju::aggregator {
namespace {

constexpr std::string_view kStoreName = "state";

std::string Form(size_t slots) { return RowWriter().U32(kSchemaVersion).U16(slots).bytes(); }

std::string Pack(const FeedPosition& position) {
  const auto view = [](const auto& bytes) { return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()); };
  return RowWriter()
      .Bytes(view(position.position.journal_id))
      .U64(position.position.sequence)
      .Bytes(view(position.position.block_hash))
      .U64(static_cast<uint64_t>(position.time_us))
      .bytes();
}

bool Parse(std::string_view bytes, FeedPosition* position) {
  RowReader reader(bytes);
  const std::string_view id = reader.Bytes(position->position.journal_id.size());
  position->position.sequence = reader.U64();
  const std::string_view hash = reader.Bytes(position->position.block_hash.size());
  position->time_us = static_cast<int64_t>(reader.U64());
  if (!reader.Done()) return false;
  std::copy(id.begin(), id.end(), position->position.journal_id.begin());
  std::copy(hash.begin(), hash.end(), position->position.block_hash.begin());
  return true;
}

template <typename Message>
bool ParseInto(std::string_view bytes, Message* message) {
  return message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

template <typename Message>
bool LoadEvent(RowReader& key, std::string_view value, size_t slots, StoredState::Row<Message>* row) {
  row->slot = key.U16();
  row->sequence = key.U64();
  return key.Done() && row->slot < slots && ParseInto(value, &row->message);
}

// One row into what it is of. False when it is not what was written.
bool LoadRow(std::string_view key, std::string_view value, StoredState* state, Leaves* leaves) {
  RowReader reader(key.substr(1));
  switch (static_cast<Table>(key[0])) {
    case Table::kForm:
      return true;
    case Table::kPosition: {
      const uint64_t feed = reader.U16();
      if (!reader.Done() || feed > state->progress.size()) return false;
      return Parse(value, feed == 0 ? &state->plan : &state->progress[feed - 1]);
    }
    case Table::kLineage: {
      const uint64_t feed = reader.U16();
      std::vector<std::string> identities;
      for (RowReader row(value); !row.Done();) {
        const uint64_t size = row.U16();
        if (size == 0) return false;  // also beyond the end
        identities.emplace_back(row.Bytes(size));
      }
      auto lineage = journal::Lineage::FromIdentities(std::move(identities));
      if (!reader.Done() || feed >= state->lineages.size() || !lineage.ok()) return false;
      state->lineages[feed] = *std::move(lineage);
      return true;
    }
    case Table::kPlanEvent: {
      auto& [sequence, event] = state->plan_events.emplace_back();
      sequence = reader.U64();
      return reader.Done() && sequence > 0 && ParseInto(value, &event) && CheckKnown(event).ok();
    }
    case Table::kDay: {
      auto& day = state->days.emplace_back();
      day.feed = reader.U16();
      day.day.days = static_cast<int32_t>(reader.U32());
      RowReader last(value);
      day.last = last.U64();
      return reader.Done() && last.Done() && day.feed <= state->progress.size();
    }
    case Table::kPlanMark: {
      auto& mark = state->plan_marks.emplace_back();
      mark.slot = reader.U16();
      mark.first = reader.U64();
      RowReader plan(value);
      mark.plan = plan.U64();
      return reader.Done() && plan.Done() && mark.slot < leaves->slots();
    }
    case Table::kSeries: {
      const uint64_t slot = reader.U16(), series = reader.U32();
      const auto cell = ParseCell(value);
      if (!reader.Done() || !cell || slot >= leaves->slots() || series != leaves->series_count(slot) + 1) return false;
      leaves->Open(slot, *cell);
      return true;
    }
    case Table::kUpdates:  // many: they have a loader of their own
      return false;
    case Table::kNote:
      return LoadEvent(reader, value, leaves->slots(), &state->notes.emplace_back());
    case Table::kReview:
      return LoadEvent(reader, value, leaves->slots(), &state->reviews.emplace_back());
    case Table::kEnd:
      break;
  }
  return false;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> Store::Open(storage::Disk& disk, size_t slots, uint64_t reserve_bytes) {
  RETURN_IF_ERROR(journal::CheckUnowned(disk, "aggregator"));
  auto store = std::unique_ptr<Store>(new Store(disk, slots, reserve_bytes));
  const absl::StatusOr<bool> usable = store->IsUsable();
  // Damage of a cache is no reason to stop; what is wrong with the disk itself is.
  if (!usable.ok() && !HasReason(usable.status(), Reason::DATA_LOSS)) return usable.status();
  if (!usable.ok() || !*usable) RETURN_IF_ERROR(store->Clear());
  return store;
}

absl::StatusOr<bool> Store::IsUsable() {
  RETURN_IF_ERROR(OpenState());
  ASSIGN_OR_RETURN(const auto form, store_->Get(RowWriter(Table::kForm).bytes()));
  if (!form) {
    if (!IsEmpty()) return false;
    RETURN_IF_ERROR(WriteForm());
    return true;
  }
  RowReader reader(*form);
  if (const uint32_t version = reader.U32(); version > kSchemaVersion && form->size() >= sizeof(version)) {
    return MakeError(Reason::SCHEMA_TOO_NEW, "", disk_.PathOf(kStoreName),
                     absl::StrCat(disk_.PathOf(kStoreName), " was written by a newer version of this program (schema ", version, ", this one knows ", kSchemaVersion, ")"));
  }
  return *form == Form(slots_);
}

bool Store::IsEmpty() const {
  const std::unique_ptr<storage::Cursor> cursor = store_->NewCursor();
  cursor->Seek("");
  return !cursor->Valid() && cursor->status().ok();
}

absl::Status Store::WriteForm() {
  storage::Batch form;
  form.Put(RowWriter(Table::kForm).bytes(), Form(slots_));
  return store_->Write(form);
}

absl::Status Store::OpenState() {
  ASSIGN_OR_RETURN(store_, disk_.OpenStore(kStoreName, storage::StoreKind::kState));
  return absl::OkStatus();
}

absl::Status Store::Clear() {
  rows_.Clear();
  open_rows_.assign(slots_, {});
  pending_updates_ = 0;
  positions_.clear();
  days_.clear();
  store_.reset();
  RETURN_IF_ERROR(disk_.DestroyStore(kStoreName));
  RETURN_IF_ERROR(OpenState());
  return WriteForm();
}

absl::Status Store::Load(StoredState* state, Leaves* leaves) {
  state->progress.resize(slots_);
  state->lineages.resize(slots_ + 1);
  // Series come before their updates, notes and reviews after the updates that they are about.
  RETURN_IF_ERROR(LoadTables(Table::kForm, Table::kUpdates, state, leaves));
  std::vector<uint64_t> ends;
  for (const FeedPosition& feed : state->progress) ends.push_back(feed.position.sequence);
  RETURN_IF_ERROR(LoadUpdates(*store_, ends, leaves));
  return LoadTables(Table::kNote, Table::kEnd, state, leaves);
}

absl::Status Store::LoadTables(Table first, Table end, StoredState* state, Leaves* leaves) const {
  const std::unique_ptr<storage::Cursor> cursor = store_->NewCursor();
  for (cursor->Seek(RowWriter(first).bytes()); cursor->Valid(); cursor->Next()) {
    if (!cursor->key().empty() && static_cast<Table>(cursor->key()[0]) == end) break;
    if (cursor->key().empty() || !LoadRow(cursor->key(), cursor->value(), state, leaves)) return BrokenRow(cursor->key());
  }
  return cursor->status();
}

void Store::Put(uint64_t sequence, const plan::v1::Event& event) {
  plan::v1::Event kept;
  switch (event.kind_case()) {
    case plan::v1::Event::kRegions:
      *kept.mutable_regions() = event.regions();
      break;
    case plan::v1::Event::kCatalogue:
      *kept.mutable_catalogue() = event.catalogue();
      break;
    case plan::v1::Event::kBoundaries:
      *kept.mutable_boundaries() = event.boundaries();
      break;
    case plan::v1::Event::kMilestones:
      *kept.mutable_milestones() = event.milestones();
      break;
    case plan::v1::Event::kDocument: {
      const plan::v1::DocumentImported& document = event.document();
      plan::v1::DocumentImported* slim = kept.mutable_document();
      slim->set_number(document.number());
      if (document.has_issued_days()) slim->set_issued_days(document.issued_days());
      slim->set_amends(document.amends());
      if (document.has_effective_days()) slim->set_effective_days(document.effective_days());
      *slim->mutable_cells() = document.cells();
      break;
    }
    case plan::v1::Event::kChecks:
    case plan::v1::Event::KIND_NOT_SET:
      return;
  }
  rows_.Put(RowWriter(Table::kPlanEvent).U64(sequence).bytes(), kept.SerializeAsString());
}

void Store::PutLineage(size_t feed, const journal::Lineage& lineage) {
  RowWriter row;
  for (const std::string& identity : lineage.encoded()) row.U16(identity.size()).Bytes(identity);
  rows_.Put(RowWriter(Table::kLineage).U16(feed).bytes(), row.bytes());
}

void Store::PutPlanMark(Slot slot, uint64_t first, uint64_t plan) {
  rows_.Put(RowWriter(Table::kPlanMark).U16(slot).U64(first).bytes(), RowWriter().U64(plan).bytes());
}

void Store::PutNote(Slot slot, uint64_t sequence, const progress::v1::Update& note) {
  rows_.Put(RowWriter(Table::kNote).U16(slot).U64(sequence).bytes(), note.SerializeAsString());
}

void Store::PutReview(Slot slot, uint64_t sequence, const progress::v1::Review& review) {
  rows_.Put(RowWriter(Table::kReview).U16(slot).U64(sequence).bytes(), review.SerializeAsString());
}

void Store::PutSeries(Slot slot, uint32_t series, const CellKey& cell) {
  rows_.Put(RowWriter(Table::kSeries).U16(slot).U32(series).bytes(), PackCell(cell));
}

void Store::PutUpdate(Slot slot, uint32_t series, const SeriesEntry& entry) {
  OpenRow& row = open_rows_[slot];
  if (row.updates == 0) row.first = row.last = entry.sequence;
  AppendUpdate(series, entry, row.last, &row.packed);
  row.last = entry.sequence;
  ++pending_updates_;
  if (++row.updates == kRowUpdatesMax) CloseRow(slot);
}

void Store::CloseRow(Slot slot) {
  OpenRow& row = open_rows_[slot];
  if (row.updates == 0) return;
  rows_.Put(RowWriter(Table::kUpdates).U16(slot).U64(row.first).bytes(), row.packed);
  row = {};
}

absl::Status Store::Flush() {
  if (!dirty() || (reserve_.IsLow() && pending_updates_ < kWaitingUpdatesMax)) return absl::OkStatus();
  for (Slot slot = 0; slot < slots_; ++slot) CloseRow(slot);
  for (const auto& [feed, position] : positions_) rows_.Put(RowWriter(Table::kPosition).U16(feed).bytes(), Pack(position));
  for (const auto& [day, last] : days_) {
    rows_.Put(RowWriter(Table::kDay).U16(day.first).U32(static_cast<uint32_t>(day.second.days)).bytes(), RowWriter().U64(last).bytes());
  }
  faults::Reach("aggregator.before_write");
  RETURN_IF_ERROR(store_->Write(rows_));
  faults::Reach("aggregator.after_write");
  reserve_.NoteWritten(rows_.bytes());
  rows_.Clear();
  pending_updates_ = 0;
  positions_.clear();
  days_.clear();
  return store_->Flush();
}

}  // namespace anju::aggregator
