// Reads the stored state and writes collected rows behind.
#include "services/aggregator/store/store.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/aggregator/store/rows.h"

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
    case Table::kRegion: {
      plan::v1::RegionsImported rows;
      if (!ParseInto(value, &rows)) return false;
      state->regions.mutable_regions()->MergeFrom(rows.regions());
      return true;
    }
    case Table::kProgramme:
      return ParseInto(value, state->catalogue.add_programmes());
    case Table::kIndicator:
      return ParseInto(value, state->catalogue.add_indicators());
    case Table::kDocument:
      return ParseInto(value, &state->documents.emplace_back());
    case Table::kSeries: {
      const uint64_t slot = reader.U16(), series = reader.U32();
      const auto cell = ParseCell(value);
      if (!reader.Done() || !cell || slot >= leaves->slots() || series != leaves->series_count(slot) + 1) return false;
      leaves->Open(slot, *cell);
      return true;
    }
    case Table::kUpdates: {
      const uint64_t slot = reader.U16(), series = reader.U32(), first = reader.U64();
      const auto entries = ParseUpdates(first, value);
      if (!reader.Done() || !entries || slot >= leaves->slots() || series < 1 || series > leaves->series_count(slot)) return false;
      for (const SeriesEntry& entry : *entries) leaves->Record(slot, static_cast<uint32_t>(series), entry);
      return true;
    }
  }
  return false;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> Store::Open(storage::Disk& disk, size_t slots) {
  auto store = std::unique_ptr<Store>(new Store(disk, slots));
  if (const absl::Status opened = store->OpenState(); !opened.ok()) {
    // Whatever is wrong with a cache, an empty one is better; what is wrong with the disk shows again at once.
    if (HasReason(opened, Reason::DIRECTORY_IN_USE)) return opened;
    RETURN_IF_ERROR(store->Clear());
    return store;
  }
  const std::string key = RowWriter(Table::kForm).bytes();
  ASSIGN_OR_RETURN(const auto form, store->store_->Get(key));
  if (form && *form == Form(slots)) return store;
  RETURN_IF_ERROR(form || !store->IsEmpty() ? store->Clear() : store->WriteForm());
  return store;
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
  updates_.clear();
  positions_.clear();
  store_.reset();
  RETURN_IF_ERROR(disk_.DestroyStore(kStoreName));
  RETURN_IF_ERROR(OpenState());
  return WriteForm();
}

absl::Status Store::Load(StoredState* state, Leaves* leaves) {
  state->progress.resize(slots_);
  const std::unique_ptr<storage::Cursor> cursor = store_->NewCursor();
  for (cursor->Seek(""); cursor->Valid(); cursor->Next()) {
    if (cursor->key().empty() || !LoadRow(cursor->key(), cursor->value(), state, leaves)) {
      return MakeError(Reason::DATA_LOSS, "state", absl::StrCat(absl::Hex(cursor->key().empty() ? 0 : static_cast<uint8_t>(cursor->key()[0]))),
                       "A row of the aggregator's state is not what was written.");
    }
  }
  return cursor->status();
}

void Store::Put(const plan::v1::RegionsImported& event) {
  std::map<RegionNumber, plan::v1::RegionsImported> by_number;
  for (const auto& record : event.regions()) *by_number[record.number()].add_regions() = record;
  for (const auto& [number, rows] : by_number) rows_.Put(RowWriter(Table::kRegion).U32(number).bytes(), rows.SerializeAsString());
}

void Store::Put(const plan::v1::CatalogueImported& event) {
  for (const auto& record : event.programmes()) {
    rows_.Put(RowWriter(Table::kProgramme).U32(record.number()).bytes(), record.SerializeAsString());
  }
  for (const auto& record : event.indicators()) {
    rows_.Put(RowWriter(Table::kIndicator).U32(record.number()).bytes(), record.SerializeAsString());
  }
}

void Store::Put(uint64_t sequence, const plan::v1::DocumentImported& document) {
  plan::v1::DocumentImported kept;
  kept.set_number(document.number());
  *kept.mutable_cells() = document.cells();
  rows_.Put(RowWriter(Table::kDocument).U64(sequence).bytes(), kept.SerializeAsString());
}

void Store::PutSeries(Slot slot, uint32_t series, const CellKey& cell) {
  rows_.Put(RowWriter(Table::kSeries).U16(slot).U32(series).bytes(), PackCell(cell));
}

void Store::PackUpdates(storage::Batch* batch) {
  std::sort(updates_.begin(), updates_.end(), [](const PendingUpdate& a, const PendingUpdate& b) {
    return std::tie(a.slot, a.series, a.entry.sequence) < std::tie(b.slot, b.series, b.entry.sequence);
  });
  for (size_t i = 0; i < updates_.size();) {
    const PendingUpdate& first = updates_[i];
    std::string packed;
    uint64_t previous = first.entry.sequence;
    for (; i < updates_.size() && updates_[i].slot == first.slot && updates_[i].series == first.series; ++i) {
      AppendUpdate(updates_[i].entry, previous, &packed);
      previous = updates_[i].entry.sequence;
    }
    batch->Put(RowWriter(Table::kUpdates).U16(first.slot).U32(first.series).U64(first.entry.sequence).bytes(), packed);
  }
}

absl::Status Store::Flush() {
  if (!dirty()) return absl::OkStatus();
  PackUpdates(&rows_);
  for (const auto& [feed, position] : positions_) rows_.Put(RowWriter(Table::kPosition).U16(feed).bytes(), Pack(position));
  RETURN_IF_ERROR(store_->Write(rows_));
  rows_.Clear();
  updates_.clear();
  positions_.clear();
  return store_->Flush();
}

}  // namespace anju::aggregator
