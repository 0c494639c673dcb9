// The simulated disk: maps with a durable and a volatile half, and a crash that may come at any operation.
#include "common/storage/simulated_disk.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/thread/mutex.h"

namespace anju::storage {
namespace {

// Values are shared so that cursors can hold a whole view cheaply.
using Rows = std::map<std::string, std::shared_ptr<const std::string>, std::less<>>;

using Keys = std::set<std::string, std::less<>>;

void Apply(const Batch& batch, Rows& rows) {
  for (const Batch::Operation& operation : batch.operations()) {
    if (operation.value) {
      rows[operation.key] = std::make_shared<const std::string>(*operation.value);
    } else {
      rows.erase(operation.key);
    }
  }
}

struct StoreImage {
  Rows durable;
  std::shared_ptr<Rows> current = std::make_shared<Rows>();  // cursors share it; who changes it while they do gets a copy
  std::vector<Batch> unsynced;                               // what lies between the two, oldest first
  Keys spoiled;                // keys whose values cannot be read

  std::optional<Rows::value_type> dropped;

  Rows& Changing() {
    if (current.use_count() > 1) current = std::make_shared<Rows>(*current);
    return *current;
  }
  void Write(const Batch& batch) {
    Apply(batch, Changing());
    for (const Batch::Operation& operation : batch.operations()) spoiled.erase(operation.key);
  }
  void Sync() {
    for (const Batch& batch : unsynced) Apply(batch, durable);
    unsynced.clear();
  }
  // After the current rows were changed by hand.
  void SyncAll() {
    durable = *current;
    unsynced.clear();
  }
};

struct FileImage {
  std::string durable;
  std::string current;
};

absl::Status Spoiled(std::string_view name) { return MakeError(Reason::DATA_LOSS, "", name, "a checksum does not match"); }

absl::Status Full(std::string_view name) { return MakeError(Reason::STORAGE_FAILED, "", name, "no space is left on the simulated disk"); }

absl::Status Failed(std::string_view name) { return MakeError(Reason::STORAGE_FAILED, "", name, "the simulated disk has an error"); }

absl::Status Crashed(std::string_view name) {
  return MakeError(Reason::STORAGE_FAILED, "", name, "the simulated machine has crashed");
}

}  // namespace

struct SimulatedMedium::Impl {
  enum class Outcome { kDone, kCrashes, kFails, kDead };

  explicit Impl(uint64_t seed) : random(seed) {}

  // Counts one operation of a machine; tells whether it happens, is cut by the crash, or is asked of a dead machine.
  Outcome Begin(uint64_t machine) REQUIRES(mutex) {
    if (machine != alive) return Outcome::kDead;
    ++operations;
    if (crash_after > 0 && --crash_after == 0) return Outcome::kCrashes;
    if (fail_after > 0 && --fail_after == 0) return Outcome::kFails;
    return Outcome::kDone;
  }

  uint64_t Random(uint64_t below) REQUIRES(mutex) { return below == 0 ? 0 : random() % below; }

  void CrashNow() REQUIRES(mutex) {
    for (auto& [name, store] : stores) {
      const size_t kept = Random(store.unsynced.size() + 1);
      for (size_t i = 0; i < kept; ++i) Apply(store.unsynced[i], store.durable);
      store.current = std::make_shared<Rows>(store.durable);
      store.unsynced.clear();
    }
    for (auto& [name, file] : files) {
      if (Random(2) == 0) file.durable = file.current;  // the write-back may have happened
      file.current = file.durable;
    }
    alive = 0;
    crash_after = 0;
    fail_after = 0;
  }

  // Whether so much more fits.
  bool HasRoom(size_t bytes) const REQUIRES(mutex) { return bytes <= free_bytes; }

  Mutex mutex;
  std::mt19937_64 random GUARDED_BY(mutex);
  std::map<std::string, StoreImage, std::less<>> stores GUARDED_BY(mutex);
  std::map<std::string, FileImage, std::less<>> files GUARDED_BY(mutex);
  uint64_t boots GUARDED_BY(mutex) = 0;
  uint64_t alive GUARDED_BY(mutex) = 0;  // number of the boot that runs; 0 when none does
  uint64_t operations GUARDED_BY(mutex) = 0;
  uint64_t crash_after GUARDED_BY(mutex) = 0;
  uint64_t fail_after GUARDED_BY(mutex) = 0;
  bool ignore_syncs GUARDED_BY(mutex) = false;
  uint64_t free_bytes GUARDED_BY(mutex) = UINT64_MAX;
};

namespace {

class SimulatedCursor final : public Cursor {
 public:
  SimulatedCursor(std::shared_ptr<const Rows> rows, Keys spoiled, absl::Status status)
      : rows_(std::move(rows)), spoiled_(std::move(spoiled)), at_(rows_->end()), status_(std::move(status)) {}
  void Seek(std::string_view key) override { Stand(rows_->lower_bound(key)); }
  void SeekForPrev(std::string_view key) override {
    const auto above = rows_->upper_bound(key);
    Stand(above == rows_->begin() ? rows_->end() : std::prev(above));
  }
  void SeekToLast() override { Stand(rows_->empty() ? rows_->end() : std::prev(rows_->end())); }
  bool Valid() const override { return at_ != rows_->end(); }
  void Next() override { Stand(std::next(at_)); }
  std::string_view key() const override { return at_->first; }
  std::string_view value() const override { return *at_->second; }
  absl::Status status() const override { return status_; }

 private:
  void Stand(Rows::const_iterator at) {
    at_ = at;
    if (at_ == rows_->end() || !spoiled_.contains(at_->first)) return;
    status_ = Spoiled(at_->first);
    at_ = rows_->end();
  }

  const std::shared_ptr<const Rows> rows_;
  const Keys spoiled_;
  Rows::const_iterator at_;
  absl::Status status_;
};

}  // namespace

class SimulatedStore final : public Store {
 public:
  using Impl = SimulatedMedium::Impl;
  SimulatedStore(std::shared_ptr<Impl> impl, uint64_t machine, std::string name, StoreKind kind, bool read_only)
      : impl_(std::move(impl)), machine_(machine), name_(std::move(name)), kind_(kind), read_only_(read_only) {}

  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) override {
    const MutexLock lock(impl_->mutex);
    if (impl_->alive != machine_) return Crashed(name_);
    const StoreImage& store = impl_->stores[name_];
    if (store.spoiled.contains(key)) return Spoiled(name_);
    auto found = store.current->find(key);
    if (found == store.current->end()) return std::optional<std::string>();
    return std::optional<std::string>(*found->second);
  }

  absl::Status Write(const Batch& batch) override {
    if (read_only_) return ReadOnly();
    const MutexLock lock(impl_->mutex);
    StoreImage& store = impl_->stores[name_];
    const Impl::Outcome outcome = impl_->Begin(machine_);
    if (outcome == Impl::Outcome::kDone && !impl_->HasRoom(batch.bytes())) return Full(name_);
    switch (outcome) {
      case Impl::Outcome::kDead:
        return Crashed(name_);
      case Impl::Outcome::kFails:
        if (impl_->Random(2) == 0) return Failed(name_);
        store.Write(batch);
        store.unsynced.push_back(batch);
        return Failed(name_);
      case Impl::Outcome::kCrashes:  // the batch counts as unsynced: it survives whole or not at all
        store.unsynced.push_back(batch);
        impl_->CrashNow();
        return Crashed(name_);
      case Impl::Outcome::kDone:
        store.Write(batch);
        store.unsynced.push_back(batch);
        if (kind_ == StoreKind::kJournal && !impl_->ignore_syncs) store.Sync();
        return absl::OkStatus();
    }
    return Crashed(name_);
  }

  absl::Status Flush() override {
    if (read_only_) return ReadOnly();
    const MutexLock lock(impl_->mutex);
    switch (impl_->Begin(machine_)) {
      case Impl::Outcome::kDead:
        return Crashed(name_);
      case Impl::Outcome::kCrashes:  // some prefix had reached the medium, which is what a crash keeps anyway
        impl_->CrashNow();
        return Crashed(name_);
      case Impl::Outcome::kFails:
        return Failed(name_);
      case Impl::Outcome::kDone:
        if (!impl_->ignore_syncs) impl_->stores[name_].Sync();
        return absl::OkStatus();
    }
    return Crashed(name_);
  }

  std::unique_ptr<Cursor> NewCursor() override {
    const MutexLock lock(impl_->mutex);
    if (impl_->alive != machine_) return std::make_unique<SimulatedCursor>(std::make_shared<const Rows>(), Keys(), Crashed(name_));
    const StoreImage& store = impl_->stores[name_];
    return std::make_unique<SimulatedCursor>(store.current, store.spoiled, absl::OkStatus());
  }

 private:
  absl::Status ReadOnly() const { return MakeError(Reason::STORAGE_FAILED, "", name_, name_ + " is open for reading only"); }

  std::shared_ptr<Impl> impl_;
  const uint64_t machine_;
  const std::string name_;
  const StoreKind kind_;
  const bool read_only_;
};

class SimulatedDisk final : public Disk {
 public:
  using Impl = SimulatedMedium::Impl;
  SimulatedDisk(std::shared_ptr<Impl> impl, uint64_t machine) : impl_(std::move(impl)), machine_(machine) {}

  absl::StatusOr<std::unique_ptr<Store>> OpenStore(std::string_view name, StoreKind kind) override {
    const MutexLock lock(impl_->mutex);
    if (impl_->alive != machine_) return Crashed(name);
    StoreImage& store = impl_->stores.try_emplace(std::string(name)).first->second;
    // As RocksDB does: what it reads out of its log when it opens is written to a table and synced before anything else. Else a write whose sync had
    // failed would be read, believed, and lost at the next power failure.
    if (kind == StoreKind::kJournal && !impl_->ignore_syncs) store.Sync();
    return std::unique_ptr<Store>(std::make_unique<SimulatedStore>(impl_, machine_, std::string(name), kind, /*read_only=*/false));
  }

  absl::StatusOr<std::unique_ptr<Store>> OpenStoreReadOnly(std::string_view name) override {
    const MutexLock lock(impl_->mutex);
    if (impl_->alive != machine_) return Crashed(name);
    if (!impl_->stores.contains(name)) return MakeError(Reason::FILE_NOT_FOUND, "", name, "there is no store " + std::string(name));
    return std::unique_ptr<Store>(std::make_unique<SimulatedStore>(impl_, machine_, std::string(name), StoreKind::kState, /*read_only=*/true));
  }

  absl::Status DestroyStore(std::string_view name) override {
    const MutexLock lock(impl_->mutex);
    const Impl::Outcome outcome = impl_->Begin(machine_);
    if (outcome == Impl::Outcome::kDead) return Crashed(name);
    if (outcome == Impl::Outcome::kFails) return Failed(name);
    auto found = impl_->stores.find(name);
    const bool removes = outcome == Impl::Outcome::kDone || impl_->Random(2) == 0;
    if (removes && found != impl_->stores.end()) impl_->stores.erase(found);
    if (outcome == Impl::Outcome::kDone) return absl::OkStatus();
    impl_->CrashNow();
    return Crashed(name);
  }

  absl::StatusOr<std::optional<std::string>> ReadFile(std::string_view name) override {
    const MutexLock lock(impl_->mutex);
    if (impl_->alive != machine_) return Crashed(name);
    auto found = impl_->files.find(name);
    if (found == impl_->files.end()) return std::optional<std::string>();
    return std::optional<std::string>(found->second.current);
  }

  absl::Status WriteFileSynced(std::string_view name, uint64_t offset, std::string_view bytes) override {
    const MutexLock lock(impl_->mutex);
    const Impl::Outcome outcome = impl_->Begin(machine_);
    if (outcome == Impl::Outcome::kDead) return Crashed(name);
    if (outcome == Impl::Outcome::kDone && !impl_->HasRoom(bytes.size())) return Full(name);
    const bool crashes = outcome == Impl::Outcome::kCrashes;
    const bool whole = outcome == Impl::Outcome::kDone;
    // A cut write leaves any number of its bytes, from the front: within one sector that is the worst a disk does.
    const size_t written = whole ? bytes.size() : impl_->Random(bytes.size() + 1);
    FileImage& file = impl_->files[std::string(name)];
    if (file.current.size() < offset + written) file.current.resize(offset + written);
    std::copy_n(bytes.begin(), written, file.current.begin() + static_cast<std::ptrdiff_t>(offset));
    if (crashes || (whole && !impl_->ignore_syncs)) file.durable = file.current;
    if (whole) return absl::OkStatus();
    if (!crashes) return Failed(name);
    impl_->CrashNow();
    return Crashed(name);
  }

  absl::StatusOr<uint64_t> FreeBytes() override {
    const MutexLock lock(impl_->mutex);
    if (impl_->alive != machine_) return Crashed("disk");
    return impl_->free_bytes;
  }
  std::string PathOf(std::string_view name) const override { return name.empty() ? "(simulated)" : std::string(name); }

 private:
  std::shared_ptr<Impl> impl_;
  const uint64_t machine_;
};

SimulatedMedium::SimulatedMedium(uint64_t seed) : impl_(std::make_shared<Impl>(seed)) {}

std::unique_ptr<Disk> SimulatedMedium::Boot() {
  const MutexLock lock(impl_->mutex);
  impl_->alive = ++impl_->boots;
  return std::make_unique<SimulatedDisk>(impl_, impl_->alive);
}

void SimulatedMedium::Crash() {
  const MutexLock lock(impl_->mutex);
  impl_->CrashNow();
}

void SimulatedMedium::CrashAfter(uint64_t operations) {
  const MutexLock lock(impl_->mutex);
  impl_->crash_after = operations;
}

void SimulatedMedium::FailAfter(uint64_t operations) {
  const MutexLock lock(impl_->mutex);
  impl_->fail_after = operations;
}

uint64_t SimulatedMedium::operations() const {
  const MutexLock lock(impl_->mutex);
  return impl_->operations;
}

void SimulatedMedium::set_ignore_syncs(bool ignore) {
  const MutexLock lock(impl_->mutex);
  impl_->ignore_syncs = ignore;
}

void SimulatedMedium::set_free_bytes(uint64_t bytes) {
  const MutexLock lock(impl_->mutex);
  impl_->free_bytes = bytes;
}

bool SimulatedMedium::FlipBit(std::string_view name, uint64_t which) {
  const MutexLock lock(impl_->mutex);
  const auto flip = [](std::string& bytes, uint64_t bit) { bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8))); };
  if (auto file = impl_->files.find(name); file != impl_->files.end() && !file->second.current.empty()) {
    flip(file->second.current, which % (file->second.current.size() * 8));
    file->second.durable = file->second.current;
    return true;
  }
  auto store = impl_->stores.find(name);
  if (store == impl_->stores.end()) return false;
  StoreImage& image = store->second;
  uint64_t bits = 0;
  for (const auto& [key, value] : *image.current) bits += value->size() * 8;
  if (bits == 0) return false;
  uint64_t bit = which % bits;
  for (auto& [key, value] : image.Changing()) {
    if (bit >= value->size() * 8) {
      bit -= value->size() * 8;
      continue;
    }
    std::string changed = *value;
    flip(changed, bit);
    value = std::make_shared<const std::string>(std::move(changed));
    break;
  }
  image.SyncAll();
  return true;
}

bool SimulatedMedium::Spoil(std::string_view name, uint64_t which) {
  const MutexLock lock(impl_->mutex);
  auto store = impl_->stores.find(name);
  if (store == impl_->stores.end() || store->second.current->empty()) return false;
  store->second.spoiled.insert(std::next(store->second.current->begin(), static_cast<std::ptrdiff_t>(which % store->second.current->size()))->first);
  return true;
}

void SimulatedMedium::Mend(std::string_view name) {
  const MutexLock lock(impl_->mutex);
  if (auto store = impl_->stores.find(name); store != impl_->stores.end()) store->second.spoiled.clear();
}

bool SimulatedMedium::DropLast(std::string_view name) {
  const MutexLock lock(impl_->mutex);
  auto store = impl_->stores.find(name);
  if (store == impl_->stores.end() || store->second.current->empty()) return false;
  Rows& rows = store->second.Changing();
  store->second.dropped.emplace(*std::prev(rows.end()));
  rows.erase(std::prev(rows.end()));
  store->second.SyncAll();
  return true;
}

void SimulatedMedium::PutBack(std::string_view name) {
  const MutexLock lock(impl_->mutex);
  auto store = impl_->stores.find(name);
  if (store == impl_->stores.end() || !store->second.dropped) return;
  store->second.Changing().insert(*store->second.dropped);
  store->second.SyncAll();
}

}  // namespace anju::storage
