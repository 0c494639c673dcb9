// What the pipeline's tests share: a model of numbered marks, requests that count their answers, a disk with a gate.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/journal/pipeline.h"
#include "common/status/macros.h"
#include "common/testing/testing.h"
#include "common/thread/mutex.h"

namespace anju::journal {

inline constexpr uint32_t kMarkSchema = 3;

// An event is the name of a mark. Memory: the sequence of each mark and how many events there were; a row for each.
class MarkModel : public Model {
 public:
  absl::Status Load(storage::Store& state) override {
    auto cursor = state.NewCursor();
    for (cursor->Seek("m"); cursor->Valid() && cursor->key()[0] == 'm'; cursor->Next()) {
      marks[std::string(cursor->key().substr(1))] = std::stoull(std::string(cursor->value()));
    }
    RETURN_IF_ERROR(cursor->status());
    ASSIGN_OR_RETURN(auto count, state.Get("count"));
    if (count) events = std::stoull(*count);
    ASSIGN_OR_RETURN(cached, state.Get("cached"));
    return absl::OkStatus();
  }
  absl::Status Apply(const EventContext& context, std::string_view event, storage::Batch& rows) override {
    const std::string name(event.substr(0, 40));  // large events are padding after their name
    if (context.sequence != events + 1) return absl::InternalError("not the next event");
    if (!marks.emplace(name, context.sequence).second) return absl::InternalError("marked twice: " + name);
    ++events;
    rows.Put("m" + name, std::to_string(context.sequence));
    rows.Put("count", std::to_string(events));
    const MutexLock lock(applied_mutex_);
    applied_.push_back(context);
    return absl::OkStatus();
  }
  // In this process.
  std::vector<EventContext> applied() {
    const MutexLock lock(applied_mutex_);
    return applied_;
  }
  size_t applied_count() {
    const MutexLock lock(applied_mutex_);
    return applied_.size();
  }

  std::map<std::string, uint64_t> marks;
  uint64_t events = 0;
  std::optional<std::string> cached;

 private:
  Mutex applied_mutex_;
  std::vector<EventContext> applied_ GUARDED_BY(applied_mutex_);
};

// Collects what was answered. Safe for concurrent use.
class Answers {
 public:
  void Add(const std::string& name, const absl::Status& status, const Position& durable) {
    const MutexLock lock(mutex_);
    ++(status.ok() ? ok_ : failed_)[name];
    if (status.ok()) order_.push_back(name), last_durable_ = durable.sequence;
  }
  std::map<std::string, int> ok() const {
    const MutexLock lock(mutex_);
    return ok_;
  }
  std::map<std::string, int> failed() const {
    const MutexLock lock(mutex_);
    return failed_;
  }
  std::vector<std::string> order() const {
    const MutexLock lock(mutex_);
    return order_;
  }
  uint64_t last_durable() const {
    const MutexLock lock(mutex_);
    return last_durable_;
  }
  size_t count() const {
    const MutexLock lock(mutex_);
    return ok_.size() + failed_.size();
  }

 private:
  mutable Mutex mutex_;
  std::map<std::string, int> ok_ GUARDED_BY(mutex_), failed_ GUARDED_BY(mutex_);
  std::vector<std::string> order_ GUARDED_BY(mutex_);
  uint64_t last_durable_ GUARDED_BY(mutex_) = 0;
};

// Does something on the decider thread and reports its answer under a name.
class TestRequest : public Request {
 public:
  using DecideFn = std::function<void(Recorder&)>;
  TestRequest(Answers& answers, std::string name, DecideFn decide) : answers_(answers), name_(std::move(name)), decide_(std::move(decide)) {}
  void Decide(Recorder& recorder) override { decide_(recorder); }
  void Done(const absl::Status& status, const Position& durable) override { answers_.Add(name_, status, durable); }

 private:
  Answers& answers_;
  const std::string name_;
  const DecideFn decide_;
};

// Journal writes wait while the gate is closed.
class Gate {
 public:
  void Close() {
    const MutexLock lock(mutex_);
    open_ = false;
  }
  void Open() {
    const MutexLock lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void Pass() {
    MutexLock lock(mutex_);
    ++waiting_;
    changed_.wait(lock, [this]() REQUIRES(mutex_) { return open_; });
    --waiting_;
  }
  int waiting() const {
    const MutexLock lock(mutex_);
    return waiting_;
  }

 private:
  mutable Mutex mutex_;
  ConditionVariable changed_;
  bool open_ GUARDED_BY(mutex_) = true;
  int waiting_ GUARDED_BY(mutex_) = 0;
};

class GatedDisk final : public storage::Disk {
 public:
  GatedDisk(std::unique_ptr<storage::Disk> disk, Gate& gate) : disk_(std::move(disk)), gate_(gate) {}
  absl::StatusOr<std::unique_ptr<storage::Store>> OpenStore(std::string_view name, storage::StoreKind kind) override {
    ASSIGN_OR_RETURN(auto store, disk_->OpenStore(name, kind));
    if (kind == storage::StoreKind::kState) return store;
    return std::unique_ptr<storage::Store>(std::make_unique<GatedStore>(std::move(store), gate_));
  }
  absl::Status DestroyStore(std::string_view name) override { return disk_->DestroyStore(name); }
  absl::StatusOr<std::optional<std::string>> ReadFile(std::string_view name) override { return disk_->ReadFile(name); }
  absl::Status WriteFileSynced(std::string_view name, uint64_t offset, std::string_view bytes) override {
    return disk_->WriteFileSynced(name, offset, bytes);
  }
  absl::StatusOr<std::unique_ptr<storage::Store>> OpenStoreReadOnly(std::string_view name) override { return disk_->OpenStoreReadOnly(name); }
  absl::StatusOr<uint64_t> FreeBytes() override { return disk_->FreeBytes(); }
  std::string PathOf(std::string_view name) const override { return disk_->PathOf(name); }

 private:
  class GatedStore final : public storage::Store {
   public:
    GatedStore(std::unique_ptr<storage::Store> store, Gate& gate) : store_(std::move(store)), gate_(gate) {}
    absl::StatusOr<std::optional<std::string>> Get(std::string_view key) override { return store_->Get(key); }
    absl::Status Write(const storage::Batch& batch) override {
      gate_.Pass();
      return store_->Write(batch);
    }
    absl::Status Flush() override { return store_->Flush(); }
    std::unique_ptr<storage::Cursor> NewCursor() override { return store_->NewCursor(); }

   private:
    std::unique_ptr<storage::Store> store_;
    Gate& gate_;
  };
  std::unique_ptr<storage::Disk> disk_;
  Gate& gate_;
};

// Folds a journal from its first event, checking every block; the events must be dense.
inline absl::Status FoldAll(const Journal& journal, MarkModel& model, std::vector<size_t>* block_sizes = nullptr) {
  Position at;
  storage::Batch rows;
  while (at.sequence < journal.durable().sequence) {
    ASSIGN_OR_RETURN(auto blocks, journal.ReadBlocks(at, 1 << 20));
    for (const std::string& bytes : blocks) {
      ASSIGN_OR_RETURN(BlockView block, DecodeBlock(bytes));
      EventContext context{block.header.first_sequence, block.header.time_us, block.header.plan_journal_id, block.header.plan_sequence};
      for (std::string_view event : block.events) {
        RETURN_IF_ERROR(model.Apply(context, event, rows));
        ++context.sequence;
      }
      if (block_sizes != nullptr) block_sizes->push_back(block.events.size());
      at = {journal.identity().id, block.header.last_sequence(), block.hash};
    }
  }
  return absl::OkStatus();
}

}  // namespace anju::journal
