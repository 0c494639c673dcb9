// Finds the logs, keeps the last row of each key, and lays over a store what it lacks.
#include "common/audit/logs.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "common/files/files.h"
#include "common/status/status.h"

namespace anju::audit {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLogBytesMax = size_t{1} << 30;  // a log is closed at some 8 MiB and one request

using Extra = std::map<std::string, std::string, std::less<>>;

// Both in the order of their keys. What the store has itself counts.
class LaidOver final : public storage::Cursor {
 public:
  LaidOver(std::unique_ptr<storage::Cursor> base, const Extra& extra) : base_(std::move(base)), extra_(extra), at_(extra.end()) {}
  void Seek(std::string_view key) override {
    base_->Seek(key);
    at_ = extra_.lower_bound(key);
  }
  void SeekForPrev(std::string_view key) override {
    base_->SeekForPrev(key);
    at_ = extra_.upper_bound(key);
    StandAtGreater(at_ == extra_.begin() ? extra_.end() : std::prev(at_));
  }
  void SeekToLast() override {
    base_->SeekToLast();
    StandAtGreater(extra_.empty() ? extra_.end() : std::prev(extra_.end()));
  }
  bool Valid() const override { return base_->Valid() || at_ != extra_.end(); }
  void Next() override {
    const bool own = InBase();
    const bool both = own && at_ != extra_.end() && at_->first == base_->key();
    if (!own || both) ++at_;
    if (own) base_->Next();
  }
  std::string_view key() const override { return InBase() ? base_->key() : std::string_view(at_->first); }
  std::string_view value() const override { return InBase() ? base_->value() : std::string_view(at_->second); }
  absl::Status status() const override { return base_->status(); }

 private:
  bool InBase() const { return base_->Valid() && (at_ == extra_.end() || base_->key() <= at_->first); }
  // Each stands at its last key up to what was asked for; both must stand at or behind the greater one.
  void StandAtGreater(Extra::const_iterator candidate) {
    const bool base = base_->Valid(), extra = candidate != extra_.end();
    if (!base && !extra) {
      at_ = extra_.end();
      return;
    }
    const std::string key = base && (!extra || base_->key() >= candidate->first) ? std::string(base_->key()) : candidate->first;
    Seek(key);
  }

  std::unique_ptr<storage::Cursor> base_;
  const Extra& extra_;
  Extra::const_iterator at_;
};

class LaidOverStore final : public storage::Store {
 public:
  LaidOverStore(std::unique_ptr<storage::Store> base, Extra extra) : base_(std::move(base)), extra_(std::move(extra)) {}
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) override {
    const auto found = extra_.find(key);
    return found == extra_.end() ? base_->Get(key) : std::optional<std::string>(found->second);
  }
  absl::Status Write(const storage::Batch& batch) override { return base_->Write(batch); }
  absl::Status Flush() override { return base_->Flush(); }
  std::unique_ptr<storage::Cursor> NewCursor() override { return std::make_unique<LaidOver>(base_->NewCursor(), extra_); }
  std::vector<std::string> FileEnds() override { return base_->FileEnds(); }

 private:
  std::unique_ptr<storage::Store> base_;
  const Extra extra_;
};

}  // namespace

Logs::Logs(const std::string& store_directory) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(store_directory, error)) {
    if (entry.path().extension() == ".log" && entry.is_regular_file(error)) files_.push_back({entry.path().string(), {}});
  }
  // Their names are numbers of one width.
  std::sort(files_.begin(), files_.end(), [](const File& a, const File& b) { return std::pair(a.path.size(), a.path) < std::pair(b.path.size(), b.path); });
  for (size_t i = 0; i < files_.size(); ++i) {
    const auto bytes = files::ReadWhole(files_[i].path, kLogBytesMax);
    if (!bytes.ok() || !bytes->has_value()) continue;
    storage::LogContents contents = storage::ReadLog(**bytes);
    files_[i].cut_at = contents.cut_at;
    for (storage::LogDamage& damage : contents.damages) damages_.push_back({i, {damage, files_[i].path}});
    for (storage::LogRow& row : contents.rows) {
      if (!row.value) {
        rows_.erase(row.key);
        continue;
      }
      std::string key = row.key;
      rows_.insert_or_assign(std::move(key), Row{std::move(row), i});
    }
  }
}

const Logs::Damage* Logs::FirstUnreadAfter(std::string_view key) const {
  const auto row = rows_.find(key);
  for (const Placed& placed : damages_) {
    if (placed.what.damage.read) continue;
    if (row == rows_.end() || std::pair(placed.file, placed.what.damage.record) > std::pair(row->second.file, row->second.row.record)) return &placed.what;
  }
  return nullptr;
}

std::string Logs::Newest(std::optional<uint64_t>* offset) const {
  if (files_.empty()) return "";
  *offset = files_.back().cut_at;
  return files_.back().path;
}

std::optional<std::pair<size_t, storage::LogChange>> Logs::ChangeIn(const Row& row) const {
  for (const Placed& placed : damages_) {
    const auto& change = placed.what.damage.change;
    if (placed.file != row.file || !change) continue;
    const auto& pieces = row.row.pieces;
    for (size_t i = 0; i < pieces.size(); ++i) {
      const size_t end = i + 1 < pieces.size() ? pieces[i + 1].begin : row.row.value->size();
      if (change->offset >= pieces[i].offset && change->offset - pieces[i].offset < end - pieces[i].begin) return std::pair(pieces[i].begin + (change->offset - pieces[i].offset), *change);
    }
  }
  return std::nullopt;
}

std::unique_ptr<storage::Store> WithLogs(std::unique_ptr<storage::Store> store, const Logs& logs) {
  Extra extra;
  for (const auto& [key, row] : logs.rows()) {
    const auto held = store->Get(key);
    if (!held.ok() || !held->has_value()) extra.emplace(key, *row.row.value);
  }
  return std::make_unique<LaidOverStore>(std::move(store), std::move(extra));
}

}  // namespace anju::audit
