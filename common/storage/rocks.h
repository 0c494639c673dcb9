// RocksDB behind the seam: options, the one map of its errors to ours, a store over one database.
#pragma once

#include <memory>
#include <string>

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/storage/storage.h"

namespace anju::storage {

// What tests replace: small buffers make a short load flush and compact, and the environment may fail.
struct RocksSettings {
  rocksdb::Env* env = nullptr;  // the machine's; must outlive the disk
  size_t journal_buffer_bytes = 8 << 20;
  size_t state_buffer_bytes = 16 << 20;
};

// DATA_LOSS for damaged or missing files, else STORAGE_FAILED. The message names the file, or the directory where RocksDB does not say more.
absl::Status FromRocks(const rocksdb::Status& status, const std::string& path);

// Opens or creates the database in the directory `path`. A directory with records but without CURRENT is DATA_LOSS: RocksDB would begin a
// new database over it.
absl::StatusOr<std::unique_ptr<Store>> OpenRocksStore(const std::string& path, StoreKind kind, const RocksSettings& settings);

// Opens an existing one and changes no byte, neither now nor later; writes are STORAGE_FAILED. FILE_NOT_FOUND when there is none. `salvage` reads
// past damage: damaged records of the log are left out and checksums of blocks are not compared.
absl::StatusOr<std::unique_ptr<Store>> OpenRocksStoreReadOnly(const std::string& path, bool salvage, const RocksSettings& settings);

// The disk with these settings. OpenRocksDisk is this with the default ones.
absl::StatusOr<std::unique_ptr<Disk>> OpenRocksDiskWith(const std::string& path, const RocksSettings& settings);

}  // namespace anju::storage
