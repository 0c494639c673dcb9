// The ranking service's own copy of the aggregator's newest figures: in memory for readers, on disk for the next start.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "anju/aggregator/v1/aggregator.pb.h"
#include "anju/types/v1/basis.pb.h"
#include "common/registry/registry.h"
#include "common/rpc/lineages.h"
#include "common/storage/reserve.h"
#include "common/storage/storage.h"
#include "common/thread/mutex.h"
#include "services/ranking/core/cells.h"

namespace anju::ranking {

// Everything at one basis. Immutable once published.
struct Contents {
  bool ready = false;  // a snapshot has been applied once
  types::v1::BasisStamp stamp;
  std::shared_ptr<const rpc::Lineages> lineages = std::make_shared<const rpc::Lineages>();  // what the aggregator told of the basis's journals
  std::shared_ptr<const Registry> registry = std::make_shared<const Registry>();
  Cells cells;
};

// Read is safe from any thread; Apply, Refresh and Replace from one thread at a time.
class Store {
 public:
  // Opens the store of cells and loads it. Bytes that cannot be read, or rows of an older schema, are thrown away with a warning: they
  // come back with the next snapshot. SCHEMA_TOO_NEW naming the directory; errors of the disk. The disk must outlive the store.
  // With no thread the owner calls Flush: a simulation. Below `reserve_bytes` of free space nothing is flushed.
  static absl::StatusOr<std::unique_ptr<Store>> Open(storage::Disk& disk, bool thread = true, uint64_t reserve_bytes = storage::kReserveBytes);
  ~Store();  // flushes

  // A whole state at one basis; keep it as long as an answer takes.
  std::shared_ptr<const Contents> Read() const;

  // One step: changed rows and the new basis in one batch, then in memory. REQUIRES: the frame's `from` is our basis.
  // An error leaves the outcome on disk unknown: the process must end.
  absl::Status Apply(const aggregator::v1::Frame& frame);
  // Nothing has changed, but it is known to be so until later: only readers are told, the disk can do without.
  void Refresh(const types::v1::BasisStamp& stamp);
  // A snapshot: these messages replace everything, in one batch. The last one carries the basis.
  absl::Status Replace(const std::vector<aggregator::v1::Frame>& snapshot);
  // What was written is durable when it returns, unless the disk is nearly full. The store's own thread does it every half second, and ends the
  // process when it fails.
  absl::Status Flush();

 private:
  Store(std::unique_ptr<storage::Store> store, storage::Disk& disk, uint64_t reserve_bytes)
      : disk_(disk), store_(std::move(store)), reserve_(disk, RealClock(), reserve_bytes) {}
  static absl::StatusOr<std::unique_ptr<Store>> OpenOnce(storage::Disk& disk, uint64_t reserve_bytes);
  absl::Status Load();
  absl::Status Write(const storage::Batch& batch);
  void Publish(std::shared_ptr<const Contents> contents);
  absl::Status FlushLocked() REQUIRES(write_mutex_);
  void FlushNowAndThen();

  storage::Disk& disk_;
  std::unique_ptr<storage::Store> store_;
  storage::Reserve reserve_;  // safe for concurrent use
  mutable Mutex contents_mutex_;
  std::shared_ptr<const Contents> contents_ GUARDED_BY(contents_mutex_) = std::make_shared<const Contents>();

  // State writes are durable only after a flush. One thread flushes what a second has gathered, so that after a kill current
  // tables come back nearly as new even while the aggregator is down.
  Mutex write_mutex_;  // held around Write and Flush of store_; Load and Replace read it without, on the thread that writes
  ConditionVariable changed_;
  absl::Status failed_ GUARDED_BY(write_mutex_);  // of the first write or flush that failed
  bool dirty_ GUARDED_BY(write_mutex_) = false;
  bool stopping_ GUARDED_BY(write_mutex_) = false;
  std::thread flusher_;
};

}  // namespace anju::ranking
