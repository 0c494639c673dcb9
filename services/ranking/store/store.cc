// The store of cells: loads, applies frames, publishes immutable contents.
#include "services/ranking/store/store.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <utility>

#include <spdlog/spdlog.h>

#include "common/registry/known.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/ranking/store/records.h"
#include "services/ranking/store/schema.h"

namespace anju::ranking {
namespace {

using aggregator::v1::Frame;

using Clock = std::chrono::steady_clock;

constexpr auto kFlushInterval = std::chrono::milliseconds(500);  // how much a kill may cost; the aggregator sends it again
constexpr int kFlushShare = 10;  // at most one part in so many of the time is spent on writing

std::string VersionBytes() {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(schema::kSchemaVersion >> shift));
  return bytes;
}

uint32_t ParseVersion(std::string_view bytes) {
  uint32_t version = 0;
  for (char byte : bytes) version = version << 8 | static_cast<uint8_t>(byte);
  return bytes.size() == 4 ? version : 0;
}

// Region rows of a frame by number: for each number named they replace all earlier rows.
std::map<RegionNumber, std::vector<Region>> RegionsOf(const Frame& frame) {
  std::map<RegionNumber, std::vector<Region>> rows;
  for (const types::v1::RegionRecord& record : frame.regions()) rows[record.number()].push_back(FromProto(record));
  return rows;
}

void PutRegistry(const Registry& registry, storage::Batch& batch) {
  for (const RegionNumber number : registry.regions.Numbers()) {
    Frame rows;
    for (const Region& row : *registry.regions.Rows(number)) *rows.add_regions() = ToProto(row);
    batch.Put(NumberKey(schema::kRegionTable, number), rows.SerializeAsString());
  }
  for (const auto& [number, programme] : registry.catalogue.programmes()) {
    batch.Put(NumberKey(schema::kProgrammeTable, number), ToProto(programme).SerializeAsString());
  }
  for (const auto& [number, indicator] : registry.catalogue.indicators()) {
    batch.Put(NumberKey(schema::kIndicatorTable, number), ToProto(indicator).SerializeAsString());
  }
}

void TakeLineages(const Frame& frame, Contents& contents) {
  if (frame.lineages().empty()) return;
  Frame kept;
  *kept.mutable_lineages() = frame.lineages();
  contents.lineages_row = kept.SerializeAsString();
  contents.lineages = std::make_shared<const rpc::Lineages>(frame.lineages());
}

void Fold(const Frame& frame, Registry& registry) {
  for (const auto& [number, rows] : RegionsOf(frame)) registry.regions.Put(rows);
  for (const types::v1::ProgrammeRecord& record : frame.programmes()) registry.catalogue.Put(FromProto(record));
  for (const types::v1::IndicatorRecord& record : frame.indicators()) registry.catalogue.Put(FromProto(record));
}

void Fold(const Frame& frame, Cells& cells) {
  std::vector<Cells::Change> changes;
  for (const aggregator::v1::Cell& cell : frame.cells()) {
    changes.push_back({ColumnOf(cell), cell.region(), FiguresOf(cell)});
    if (changes.size() < Cells::kChangesAtOnce) continue;
    cells.Put(changes);
    changes.clear();
  }
  cells.Put(changes);
}

bool ChangesRegistry(const Frame& frame) {
  return frame.regions_size() > 0 || frame.programmes_size() > 0 || frame.indicators_size() > 0;
}

absl::Status Unreadable(std::string_view key) {
  return MakeError(Reason::DATA_LOSS, "", "", "a row of cells, table '" + std::string(key.substr(0, 1)) + "' cannot be read");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> Store::OpenOnce(storage::Disk& disk, uint64_t reserve_bytes) {
  ASSIGN_OR_RETURN(std::unique_ptr<storage::Store> opened, disk.OpenStore(schema::kStoreName, storage::StoreKind::kState));
  auto store = std::unique_ptr<Store>(new Store(std::move(opened), disk, reserve_bytes));
  RETURN_IF_ERROR(store->Load());
  return store;
}

absl::StatusOr<std::unique_ptr<Store>> Store::Open(storage::Disk& disk, bool thread, uint64_t reserve_bytes) {
  absl::StatusOr<std::unique_ptr<Store>> store = OpenOnce(disk, reserve_bytes);
  if (absl::IsDataLoss(store.status())) {
    spdlog::warn("cells are thrown away and come back with a snapshot: {}", std::string(store.status().message()));
    RETURN_IF_ERROR(disk.DestroyStore(schema::kStoreName));
    store = OpenOnce(disk, reserve_bytes);
  }
  if (store.ok() && thread) (*store)->flusher_ = std::thread([raw = store->get()] { raw->FlushNowAndThen(); });
  return store;
}

Store::~Store() {
  if (!flusher_.joinable()) {
    (void)Flush();  // what is lost here comes again with the frames
    return;
  }
  {
    const MutexLock lock(contents_mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  flusher_.join();
}

absl::Status Store::Load() {
  ASSIGN_OR_RETURN(const std::optional<std::string> version, store_->Get(schema::kVersionKey));
  if (!version) {
    storage::Batch batch;
    batch.Put(schema::kVersionKey, VersionBytes());
    return store_->Write(batch);
  }
  if (ParseVersion(*version) > schema::kSchemaVersion) {
    return MakeError(Reason::SCHEMA_TOO_NEW, "data", disk_.PathOf(schema::kStoreName),
                     disk_.PathOf(schema::kStoreName) + " was written by a newer version of this program (schema " + std::to_string(ParseVersion(*version)) +
                         ", this one knows " + std::to_string(schema::kSchemaVersion) + ")");
  }
  if (ParseVersion(*version) < schema::kSchemaVersion) return MakeError(Reason::DATA_LOSS, "data", "", "cells have an older schema");

  auto contents = std::make_shared<Contents>();
  Registry registry;
  std::unique_ptr<storage::Cursor> cursor = store_->NewCursor();
  for (cursor->Seek(""); cursor->Valid(); cursor->Next()) {
    const std::string key(cursor->key()), value(cursor->value());
    if (key == schema::kVersionKey) continue;
    Frame row;
    bool read = false;
    if (key == schema::kBasisKey) {
      read = contents->ready = contents->stamp.ParseFromString(value);
    } else if (key == schema::kLineagesKey) {
      read = row.ParseFromString(value);
      TakeLineages(row, *contents);
    } else if (key[0] == schema::kRegionTable) {
      read = row.ParseFromString(value);
    } else if (key[0] == schema::kProgrammeTable) {
      read = row.add_programmes()->ParseFromString(value);
    } else if (key[0] == schema::kIndicatorTable) {
      read = row.add_indicators()->ParseFromString(value);
    } else if (key[0] == schema::kCellTable) {
      read = row.ParseFromString(value);
    }
    if (!read || !CheckKnownIn(row).ok()) return Unreadable(key);
    Fold(row, registry);
    Fold(row, contents->cells);
  }
  RETURN_IF_ERROR(cursor->status());
  contents->registry = std::make_shared<const Registry>(std::move(registry));
  {
    const MutexLock lock(flush_mutex_);
    flushed_ = MarkOf(*contents);
  }
  Publish(std::move(contents));
  return absl::OkStatus();
}

std::shared_ptr<const Contents> Store::Read() const {
  const MutexLock lock(contents_mutex_);
  return contents_;
}

void Store::Publish(std::shared_ptr<const Contents> contents) {
  const MutexLock lock(contents_mutex_);
  contents_.swap(contents);
  if (contents_->changes != contents->changes) changed_.notify_all();
}

absl::Status Store::Flush() {
  const MutexLock lock(flush_mutex_);
  RETURN_IF_ERROR(failed_);
  std::shared_ptr<const Contents> contents = Read();
  if ((flushed_ && contents->changes == flushed_->changes) || !contents->ready || reserve_.IsLow()) return absl::OkStatus();
  const absl::StatusOr<storage::Batch> batch = ChangesIn(*contents);
  failed_ = batch.status();
  RETURN_IF_ERROR(failed_);
  Flushed mark = MarkOf(*contents);
  contents = nullptr;  // it need not be held while the disk works
  failed_ = store_->Write(*batch);
  RETURN_IF_ERROR(failed_);
  reserve_.NoteWritten(batch->bytes());
  failed_ = store_->Flush();
  RETURN_IF_ERROR(failed_);
  flushed_ = std::move(mark);
  return absl::OkStatus();
}

// What has changed since the last time: pages by their editions, everything after a snapshot.
absl::StatusOr<storage::Batch> Store::ChangesIn(const Contents& contents) {
  storage::Batch batch;
  const bool whole = !flushed_ || contents.snapshots != flushed_->snapshots;
  if (whole) {
    std::unique_ptr<storage::Cursor> cursor = store_->NewCursor();
    for (cursor->Seek(""); cursor->Valid(); cursor->Next()) {
      if (cursor->key() != schema::kVersionKey) batch.Delete(cursor->key());  // later puts of the same batch win
    }
    RETURN_IF_ERROR(cursor->status());
  }
  if (whole || contents.registry != flushed_->registry) PutRegistry(*contents.registry, batch);
  if (!contents.lineages_row.empty() && (whole || contents.lineages_row != flushed_->lineages_row)) batch.Put(schema::kLineagesKey, contents.lineages_row);
  Frame row;
  const auto put = [&](const ColumnKey& column, uint32_t page, const Cells::PageCells& cells) {
    row.clear_cells();
    for (const auto& [region, figures] : cells) FillCell(column, region, figures, row.add_cells());
    batch.Put(PageKey(column, page), row.SerializeAsString());
  };
  if (whole) {
    contents.cells.ForEachPage(put);
  } else {
    contents.cells.ForEachPageSince(flushed_->edition, put);
  }
  batch.Put(schema::kBasisKey, contents.stamp.SerializeAsString());
  return batch;
}

void Store::FlushNowAndThen() {
  uint64_t seen = Read()->changes;
  Clock::duration interval = kFlushInterval;
  for (bool last = false; !last;) {
    {
      MutexLock lock(contents_mutex_);
      changed_.wait(lock, [&]() REQUIRES(contents_mutex_) { return contents_->changes != seen || stopping_; });
      changed_.wait_for(lock, interval, [this]() REQUIRES(contents_mutex_) { return stopping_; });
      last = stopping_;
      seen = contents_->changes;
    }
    const Clock::time_point started = Clock::now();
    if (const absl::Status flushed = Flush(); !flushed.ok()) storage::EndProcess("the store of cells", flushed);
    interval = std::max<Clock::duration>(kFlushInterval, kFlushShare * (Clock::now() - started));
  }
}

void Store::Apply(const Frame& frame) {
  const std::shared_ptr<const Contents> before = Read();
  auto after = std::make_shared<Contents>(*before);
  after->ready = true;
  after->stamp = frame.to();
  ++after->changes;
  TakeLineages(frame, *after);
  if (!frame.cells().empty()) after->cells = before->cells.Edit();
  Fold(frame, after->cells);
  if (ChangesRegistry(frame)) {
    Registry registry = *before->registry;
    Fold(frame, registry);
    after->registry = std::make_shared<const Registry>(std::move(registry));
  }
  Publish(std::move(after));
}

void Store::Refresh(const types::v1::BasisStamp& stamp) {
  const std::shared_ptr<const Contents> before = Read();
  auto after = std::make_shared<Contents>(*before);
  after->stamp = stamp;
  Publish(std::move(after));
}

void Store::AddToSnapshot(const Frame& message) {
  if (snapshot_ == nullptr) {
    snapshot_ = std::make_unique<Contents>();
    snapshot_registry_ = {};
  }
  Fold(message, snapshot_registry_);
  Fold(message, snapshot_->cells);
  TakeLineages(message, *snapshot_);
  if (!message.last()) return;
  CHECK(message.has_to());
  const std::shared_ptr<const Contents> before = Read();
  snapshot_->ready = true;
  snapshot_->stamp = message.to();
  snapshot_->snapshots = before->snapshots + 1;
  snapshot_->changes = before->changes + 1;
  snapshot_->registry = std::make_shared<const Registry>(std::exchange(snapshot_registry_, {}));
  Publish(std::move(snapshot_));
}

void Store::Replace(const std::vector<Frame>& snapshot) {
  CHECK(!snapshot.empty() && snapshot.back().last());
  ForgetSnapshot();
  for (const Frame& message : snapshot) AddToSnapshot(message);
}

}  // namespace anju::ranking
