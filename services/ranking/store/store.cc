// The store of cells: loads, applies frames, publishes immutable contents.
#include "services/ranking/store/store.h"

#include <chrono>
#include <map>
#include <set>
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

constexpr auto kFlushInterval = std::chrono::milliseconds(500);  // how much a kill may cost; the aggregator sends it again

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

// All rows of a region number, as one value. Only `regions` is ever set.
Frame RowsOf(const Frame& frame, uint32_t number) {
  Frame rows;
  for (const types::v1::RegionRecord& record : frame.regions()) {
    if (record.number() == number) *rows.add_regions() = record;
  }
  return rows;
}

// Region rows of a frame by number: for each number named they replace all earlier rows.
std::map<RegionNumber, std::vector<Region>> RegionsOf(const Frame& frame) {
  std::map<RegionNumber, std::vector<Region>> rows;
  for (const types::v1::RegionRecord& record : frame.regions()) rows[record.number()].push_back(FromProto(record));
  return rows;
}

void PutRows(const Frame& frame, storage::Batch& batch) {
  if (!frame.lineages().empty()) {
    Frame kept;
    *kept.mutable_lineages() = frame.lineages();
    batch.Put(schema::kLineagesKey, kept.SerializeAsString());
  }
  std::set<uint32_t> regions;
  for (const types::v1::RegionRecord& record : frame.regions()) {
    if (regions.insert(record.number()).second) {
      batch.Put(NumberKey(schema::kRegionTable, record.number()), RowsOf(frame, record.number()).SerializeAsString());
    }
  }
  for (const types::v1::ProgrammeRecord& record : frame.programmes()) {
    batch.Put(NumberKey(schema::kProgrammeTable, record.number()), record.SerializeAsString());
  }
  for (const types::v1::IndicatorRecord& record : frame.indicators()) {
    batch.Put(NumberKey(schema::kIndicatorTable, record.number()), record.SerializeAsString());
  }
  for (const aggregator::v1::Cell& cell : frame.cells()) batch.Put(CellKey(cell), cell.SerializeAsString());
}

void Fold(const Frame& frame, Registry& registry) {
  for (const auto& [number, rows] : RegionsOf(frame)) registry.regions.Put(rows);
  for (const types::v1::ProgrammeRecord& record : frame.programmes()) registry.catalogue.Put(FromProto(record));
  for (const types::v1::IndicatorRecord& record : frame.indicators()) registry.catalogue.Put(FromProto(record));
}

void Fold(const Frame& frame, Cells& cells) {
  for (const aggregator::v1::Cell& cell : frame.cells()) cells.Put(ColumnOf(cell), cell.region(), FiguresOf(cell));
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
    const MutexLock lock(write_mutex_);
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
      contents->lineages = std::make_shared<const rpc::Lineages>(row.lineages());
    } else if (key[0] == schema::kRegionTable) {
      read = row.ParseFromString(value);
    } else if (key[0] == schema::kProgrammeTable) {
      read = row.add_programmes()->ParseFromString(value);
    } else if (key[0] == schema::kIndicatorTable) {
      read = row.add_indicators()->ParseFromString(value);
    } else if (key[0] == schema::kCellTable) {
      read = row.add_cells()->ParseFromString(value);
    }
    if (!read || !CheckKnownIn(row).ok()) return Unreadable(key);
    Fold(row, registry);
    Fold(row, contents->cells);
  }
  RETURN_IF_ERROR(cursor->status());
  contents->registry = std::make_shared<const Registry>(std::move(registry));
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
}

absl::Status Store::Write(const storage::Batch& batch) {
  const MutexLock lock(write_mutex_);
  RETURN_IF_ERROR(failed_);
  failed_ = store_->Write(batch);
  reserve_.NoteWritten(batch.bytes());
  RETURN_IF_ERROR(failed_);
  dirty_ = true;
  changed_.notify_all();
  return absl::OkStatus();
}

absl::Status Store::Flush() {
  const MutexLock lock(write_mutex_);
  return FlushLocked();
}

absl::Status Store::FlushLocked() {
  RETURN_IF_ERROR(failed_);
  if (!dirty_ || reserve_.IsLow()) return absl::OkStatus();
  dirty_ = false;
  failed_ = store_->Flush();  // what is on disk after a failure is unknown: nothing more may be written
  return failed_;
}

void Store::FlushNowAndThen() {
  MutexLock lock(write_mutex_);
  bool last = false;
  while (!last) {
    changed_.wait(lock, [this]() REQUIRES(write_mutex_) { return dirty_ || stopping_; });
    changed_.wait_for(lock, kFlushInterval, [this]() REQUIRES(write_mutex_) { return stopping_; });
    last = stopping_;
    if (const absl::Status flushed = FlushLocked(); !flushed.ok()) storage::EndProcess("the store of cells", flushed);
  }
}

absl::Status Store::Apply(const Frame& frame) {
  storage::Batch batch;
  PutRows(frame, batch);
  batch.Put(schema::kBasisKey, frame.to().SerializeAsString());
  RETURN_IF_ERROR(Write(batch));

  const std::shared_ptr<const Contents> before = Read();
  auto after = std::make_shared<Contents>(*before);
  after->ready = true;
  after->stamp = frame.to();
  if (!frame.lineages().empty()) after->lineages = std::make_shared<const rpc::Lineages>(frame.lineages());
  if (!frame.cells().empty()) after->cells = before->cells.Edit();
  Fold(frame, after->cells);
  if (ChangesRegistry(frame)) {
    Registry registry = *before->registry;
    Fold(frame, registry);
    after->registry = std::make_shared<const Registry>(std::move(registry));
  }
  Publish(std::move(after));
  return absl::OkStatus();
}

void Store::Refresh(const types::v1::BasisStamp& stamp) {
  const std::shared_ptr<const Contents> before = Read();
  auto after = std::make_shared<Contents>(*before);
  after->stamp = stamp;
  Publish(std::move(after));
}

absl::Status Store::Replace(const std::vector<Frame>& snapshot) {
  CHECK(!snapshot.empty() && snapshot.back().has_to());
  storage::Batch batch;
  std::unique_ptr<storage::Cursor> cursor = store_->NewCursor();
  for (cursor->Seek(""); cursor->Valid(); cursor->Next()) {
    if (cursor->key() != schema::kVersionKey) batch.Delete(cursor->key());  // later puts of the same batch win
  }
  RETURN_IF_ERROR(cursor->status());
  auto contents = std::make_shared<Contents>();
  Registry registry;
  for (const Frame& frame : snapshot) {
    PutRows(frame, batch);
    Fold(frame, registry);
    Fold(frame, contents->cells);
    if (!frame.lineages().empty()) contents->lineages = std::make_shared<const rpc::Lineages>(frame.lineages());
  }
  batch.Put(schema::kBasisKey, snapshot.back().to().SerializeAsString());
  RETURN_IF_ERROR(Write(batch));
  contents->ready = true;
  contents->stamp = snapshot.back().to();
  contents->registry = std::make_shared<const Registry>(std::move(registry));
  Publish(std::move(contents));
  return absl::OkStatus();
}

}  // namespace anju::ranking
