// What the write-ahead logs of a store hold beyond what RocksDB reads from them: damaged records, as they stand, and where.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/storage/log_file.h"
#include "common/storage/storage.h"

namespace anju::audit {

class Logs {
 public:
  // Every log of the store in this directory, in the order of writing. What cannot be opened is left out.
  explicit Logs(const std::string& store_directory);

  struct Row {
    storage::LogRow row;
    size_t file = 0;  // index of its log
  };
  struct Damage {
    storage::LogDamage damage;
    std::string file;
  };
  // The last row of each key; nothing for keys that were deleted.
  const std::map<std::string, Row, std::less<>>& rows() const { return rows_; }
  bool damaged() const { return !damages_.empty(); }
  // REQUIRES: damaged().
  const Damage& first() const { return damages_.front().what; }
  // The first record that could not be read, of those written after the row of `key` (of all, where the logs do not hold it).
  const Damage* FirstUnreadAfter(std::string_view key) const;
  // The newest log, where the end of the store was written; "" when there is none. `offset`: where it breaks off inside a record.
  std::string Newest(std::optional<uint64_t>* offset) const;
  const std::string& FileOf(const Row& row) const { return files_[row.file].path; }
  // The byte of this row's value that its log's checksum says was changed, as an index in the value.
  std::optional<std::pair<size_t, storage::LogChange>> ChangeIn(const Row& row) const;

 private:
  struct File {
    std::string path;
    std::optional<uint64_t> cut_at;
  };
  struct Placed {
    size_t file = 0;
    Damage what;
  };
  std::vector<File> files_;
  std::map<std::string, Row, std::less<>> rows_;
  std::vector<Placed> damages_;
};

// The store with those rows of its logs that it has not itself. For reading only.
std::unique_ptr<storage::Store> WithLogs(std::unique_ptr<storage::Store> store, const Logs& logs);

}  // namespace anju::audit
