// The outbox of a source (待发箱): figures are numbered and stored on the client's disk before they are sent, and stay there until the service has
// answered. Whatever is killed when, sending goes on where it was, and every figure counts once.
//
//   DIR/<source>.outbox/lock                        held by the one process that uses it
//   DIR/<source>.outbox/<first number>.batch        one for each file: magic, format, CRC-32C, anju.client.v1.OutboxBatch; written by rename, synced
//   DIR/<source>.outbox/acked                       the same form, anju.client.v1.OutboxAcked; a hint: without it everything kept is sent again
//
// Numbers are given here, 1, 2, 3 …, in the order of Put; so a source with an outbox belongs to it alone. Batches that were answered are kept up
// to kOutboxKeepBytes: a service that was restored from an older backup gets them again, under their old numbers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "anju/client/v1/outbox.pb.h"
#include "common/client/report_stream.h"
#include "common/files/files.h"

namespace anju::client {

inline constexpr size_t kOutboxKeepBytes = 16 << 20;      // of answered batches; beyond it the oldest lose their items
inline constexpr size_t kOutboxWaitingBytesMax = 256 << 20;  // of batches not yet answered; beyond it OVERLOADED
inline constexpr size_t kOutboxBatchesMax = 100'000;      // of one source, with and without items; beyond it OVERLOADED
inline constexpr size_t kOutboxBatchBytesMax = 64 << 20;  // of one batch; beyond it TOO_MANY_ROWS
inline constexpr int kOutboxSendsMax = 3;                 // of one Send, when the service loses something meanwhile

struct OutboxCallbacks {
  // As ReportCallbacks; of every batch that is sent.
  std::function<void(const progress::v1::Verdict& verdict)> on_verdict;
  // Items answered of those that this Send sends.
  std::function<void(uint64_t answered, uint64_t of)> on_answered;
  // The service had acknowledged up to `acknowledged` and now ends at `there`; what is missing is sent again.
  std::function<void(uint64_t there, uint64_t acknowledged)> on_rolled_back;
};

// One thread at a time.
class Outbox {
 public:
  // A batch without its items.
  struct Batch {
    std::string digest, name;
    int64_t taken_us = 0;
    uint64_t first = 0, count = 0;
    size_t bytes = 0;   // on disk
    bool kept = false;  // its items are still here
    uint64_t last() const { return first + count - 1; }
  };

  // Opens or creates. DIRECTORY_IN_USE, DATA_LOSS naming a damaged or missing file, SCHEMA_TOO_NEW, STORAGE_FAILED, BAD_CODE for a source that
  // cannot be one.
  static absl::StatusOr<std::unique_ptr<Outbox>> Open(const std::string& directory, const std::string& source);

  const std::string& source() const { return source_; }
  // In the order of their numbers.
  const std::vector<Batch>& batches() const { return batches_; }
  uint64_t last() const { return batches_.empty() ? 0 : batches_.back().last(); }
  // Every number up to here is known to be answered.
  uint64_t acked() const { return acked_.sequence(); }

  // Numbers the items and stores them; on stable storage when it returns. The same digest again stores nothing and returns the batch of then.
  // REQUIRES: at least one item; every item's series among the definitions.
  absl::StatusOr<Batch> Put(const std::string& digest, const std::string& name, progress::v1::Items items, int64_t now_us);

  // Sends what has no answer yet, and what the service has lost. `again` is sent once more, if it is kept, to hear its verdicts again. ROLLED_BACK
  // when the service has lost items that are no longer kept; else the errors of ReportStream. What was answered is remembered in any case.
  // `options.source` is not looked at.
  absl::StatusOr<types::v1::BasisStamp> Send(const std::string& address, ReportOptions options, const OutboxCallbacks& callbacks, const Batch* again = nullptr);

  // Removes the outbox from the disk; it is of no more use. REQUIRES: everything in it is answered.
  absl::Status Remove();

  // The sources that have an outbox in `directory`, sorted; none when it does not exist.
  static absl::StatusOr<std::vector<std::string>> List(const std::string& directory);

 private:
  Outbox(std::string path, std::string source, files::Descriptor lock) : path_(std::move(path)), source_(std::move(source)), lock_(std::move(lock)) {}
  absl::Status Load();
  absl::StatusOr<types::v1::BasisStamp> SendOnce(const std::string& address, const ReportOptions& options, const OutboxCallbacks& callbacks, const Batch* again);
  absl::StatusOr<progress::v1::Items> ItemsOf(const Batch& batch) const;
  absl::StatusOr<uint64_t> FirstToSend(uint64_t there, const OutboxCallbacks& callbacks) const;
  absl::Status SendFrom(uint64_t first, ReportStream& stream) const;
  absl::Status Remember(uint64_t sequence, const types::v1::BasisStamp& basis);
  absl::Status LetGo();

  const std::string path_;
  const std::string source_;
  const files::Descriptor lock_;
  std::vector<Batch> batches_;
  v1::OutboxAcked acked_;
};

}  // namespace anju::client
