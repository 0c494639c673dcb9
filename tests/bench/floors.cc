// RocksDB and fdatasync by themselves.
#include "tests/bench/floors.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>

#include <rocksdb/db.h>

#include "anju/progress/v1/progress.pb.h"
#include "common/status/status.h"

namespace anju::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kSyncBytes = 4096;

std::vector<std::string> Messages(const Turn& turn) {
  std::vector<Share> shares;
  for (int stream = 0; stream < turn.fleet->streams; ++stream) shares.emplace_back(*turn.fleet, stream, turn.year);
  std::vector<std::string> messages;
  for (int message = 0; message < turn.messages; ++message) {
    for (const Share& share : shares) {
      const uint64_t first = turn.first + static_cast<uint64_t>(message) * turn.fleet->items_per_message;
      progress::v1::Items items;
      items.set_first_sequence(first);
      for (int i = 0; i < turn.fleet->items_per_message; ++i) {
        const Figure figure = share.At(first + i);
        auto* item = items.add_items();
        item->set_series(figure.index);
        item->set_as_of_days(figure.as_of_days);
        item->set_amount(figure.amount);
      }
      messages.push_back(items.SerializeAsString());
    }
  }
  return messages;
}

}  // namespace

absl::StatusOr<LoadResult> RocksAppends(const std::string& directory, const Turn& turn) {
  const std::vector<std::string> messages = Messages(turn);
  const std::string path = directory + "/rocksdb-floor";
  rocksdb::Options options;
  options.create_if_missing = true;
  options.compression = rocksdb::kNoCompression;
  rocksdb::DB* opened = nullptr;
  if (const auto status = rocksdb::DB::Open(options, path, &opened); !status.ok()) return MakeError(Reason::STORAGE_FAILED, "rocksdb", path, status.ToString());
  const std::unique_ptr<rocksdb::DB> db(opened);
  rocksdb::WriteOptions synced;
  synced.sync = true;
  const size_t rows_of_batch = static_cast<size_t>(turn.fleet->streams) * turn.fleet->in_flight;
  const auto started = Clock::now();
  for (size_t first = 0; first < messages.size(); first += rows_of_batch) {
    rocksdb::WriteBatch batch;
    for (size_t i = first; i < std::min(messages.size(), first + rows_of_batch); ++i) {
      char key[24];
      std::snprintf(key, sizeof key, "%016zx", i);
      batch.Put(key, messages[i]);
    }
    if (const auto status = db->Write(synced, &batch); !status.ok()) return MakeError(Reason::STORAGE_FAILED, "rocksdb", path, status.ToString());
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - started).count();
  db->Close();
  std::error_code ignored;  // it lies in a directory that is removed as a whole later
  std::filesystem::remove_all(path, ignored);
  return LoadResult{.items = turn.items(), .seconds = seconds};
}

absl::StatusOr<std::vector<double>> SyncTimes(const std::string& directory, int count) {
  const std::string path = directory + "/sync-floor";
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return MakeError(Reason::STORAGE_FAILED, "fdatasync", path, "cannot be opened");
  const std::string bytes(kSyncBytes, 'x');
  std::vector<double> times;
  bool written = true;
  for (int i = 0; i < count && written; ++i) {
    const auto started = Clock::now();
    written = write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) && fdatasync(file) == 0;
    times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - started).count());
  }
  close(file);
  unlink(path.c_str());
  if (!written) return MakeError(Reason::STORAGE_FAILED, "fdatasync", path, "a write or sync failed");
  return times;
}

}  // namespace anju::bench
