// Passing calls on until one has to fail.
#include "common/storage/fault_calls.h"

#include <utility>

#include "common/status/macros.h"

namespace anju::storage {
namespace {

class FaultyCursor final : public Cursor {
 public:
  FaultyCursor(std::unique_ptr<Cursor> target, std::string name, FaultCalls& calls) : target_(std::move(target)), name_(std::move(name)), calls_(calls) {}
  void Seek(std::string_view key) override {
    failure_ = calls_.Begin("seek", name_);
    target_->Seek(key);
  }
  void SeekForPrev(std::string_view key) override {
    failure_ = calls_.Begin("seek for prev", name_);
    target_->SeekForPrev(key);
  }
  void SeekToLast() override {
    failure_ = calls_.Begin("seek to last", name_);
    target_->SeekToLast();
  }
  bool Valid() const override { return failure_.ok() && target_->Valid(); }
  void Next() override {
    failure_ = calls_.Begin("next", name_);
    target_->Next();
  }
  std::string_view key() const override { return target_->key(); }
  std::string_view value() const override { return target_->value(); }
  absl::Status status() const override { return failure_.ok() ? target_->status() : failure_; }

 private:
  const std::unique_ptr<Cursor> target_;
  const std::string name_;
  FaultCalls& calls_;
  absl::Status failure_;
};

class FaultyStore final : public Store {
 public:
  FaultyStore(std::unique_ptr<Store> target, std::string name, FaultCalls& calls) : target_(std::move(target)), name_(std::move(name)), calls_(calls) {}
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) override {
    RETURN_IF_ERROR(calls_.Begin("get", name_));
    return target_->Get(key);
  }
  absl::Status Write(const Batch& batch) override {
    RETURN_IF_ERROR(calls_.Begin("write", name_));
    return target_->Write(batch);
  }
  absl::Status Flush() override {
    RETURN_IF_ERROR(calls_.Begin("flush", name_));
    return target_->Flush();
  }
  std::unique_ptr<Cursor> NewCursor() override { return std::make_unique<FaultyCursor>(target_->NewCursor(), name_, calls_); }
  std::vector<std::string> FileEnds() override { return target_->FileEnds(); }

 private:
  const std::unique_ptr<Store> target_;
  const std::string name_;
  FaultCalls& calls_;
};

class FaultyDisk final : public Disk {
 public:
  FaultyDisk(Disk& target, FaultCalls& calls) : target_(target), calls_(calls) {}
  absl::StatusOr<std::unique_ptr<Store>> OpenStore(std::string_view name, StoreKind kind) override {
    RETURN_IF_ERROR(calls_.Begin("open", name));
    return Wrap(name, target_.OpenStore(name, kind));
  }
  absl::StatusOr<std::unique_ptr<Store>> OpenStoreReadOnly(std::string_view name) override {
    RETURN_IF_ERROR(calls_.Begin("look at", name));
    return Wrap(name, target_.OpenStoreReadOnly(name));
  }
  absl::Status DestroyStore(std::string_view name) override {
    RETURN_IF_ERROR(calls_.Begin("destroy", name));
    return target_.DestroyStore(name);
  }
  absl::StatusOr<std::optional<std::string>> ReadFile(std::string_view name) override {
    RETURN_IF_ERROR(calls_.Begin("read", name));
    return target_.ReadFile(name);
  }
  absl::Status WriteFileSynced(std::string_view name, uint64_t offset, std::string_view bytes) override {
    RETURN_IF_ERROR(calls_.Begin("write file", name));
    return target_.WriteFileSynced(name, offset, bytes);
  }
  absl::StatusOr<uint64_t> FreeBytes() override { return target_.FreeBytes(); }
  std::string PathOf(std::string_view name) const override { return target_.PathOf(name); }

 private:
  absl::StatusOr<std::unique_ptr<Store>> Wrap(std::string_view name, absl::StatusOr<std::unique_ptr<Store>> opened) {
    RETURN_IF_ERROR(opened.status());
    return std::unique_ptr<Store>(std::make_unique<FaultyStore>(*std::move(opened), std::string(name), calls_));
  }

  Disk& target_;
  FaultCalls& calls_;
};

}  // namespace

absl::Status FaultCalls::Begin(const char* operation, std::string_view name) {
  if (++calls != nth) return absl::OkStatus();
  failed = std::string(operation) + " " + std::string(name);
  return MakeError(reason, "", std::string(name), "injected: " + failed);
}

std::unique_ptr<Disk> DiskWithFault(Disk& target, FaultCalls& calls) { return std::make_unique<FaultyDisk>(target, calls); }

uint64_t FailEachCall(Reason reason, const std::function<std::unique_ptr<Disk>()>& boot, const std::function<absl::Status(Disk&)>& work,
                      const std::function<void(const std::string& failed, const absl::Status&)>& judge) {
  for (uint64_t nth = 1;; ++nth) {
    FaultCalls calls{.nth = nth, .reason = reason};
    absl::Status outcome;
    {
      const std::unique_ptr<Disk> target = boot();
      const std::unique_ptr<Disk> faulty = DiskWithFault(*target, calls);
      outcome = work(*faulty);
    }
    judge(calls.failed, outcome);
    if (calls.failed.empty()) return nth - 1;
  }
}

}  // namespace anju::storage
