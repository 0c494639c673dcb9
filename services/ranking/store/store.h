// The ranking service's own copy of the aggregator's newest figures: in memory for readers, on disk for the next start.
#pragma once

#include <memory>
#include <optional>
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
  std::string lineages_row;  // the same as it is kept on disk; empty: it has told nothing
  std::shared_ptr<const Registry> registry = std::make_shared<const Registry>();
  Cells cells;
  uint64_t snapshots = 0;  // since the start: contents with the same number came from one another by steps
  uint64_t changes = 0;    // since the start: steps and snapshots, but not news of freshness
};

// Steps are applied in memory; a thread of its own writes what has changed now and then, so that neither readers nor the next step wait for the disk. What
// a kill costs, the aggregator sends again. Read is safe from any thread; Apply, Refresh and snapshots from one thread at a time.
class Store {
 public:
  // Opens the store of cells and loads it. Bytes that cannot be read, or rows of an older schema, are thrown away with a warning: they
  // come back with the next snapshot. SCHEMA_TOO_NEW naming the directory; errors of the disk. The disk must outlive the store.
  // With no thread the owner calls Flush: a simulation. Below `reserve_bytes` of free space nothing is written.
  static absl::StatusOr<std::unique_ptr<Store>> Open(storage::Disk& disk, bool thread = true, uint64_t reserve_bytes = storage::kReserveBytes);
  ~Store();  // flushes

  // A whole state at one basis; keep it as long as an answer takes.
  std::shared_ptr<const Contents> Read() const;

  // One step, whole. REQUIRES: the frame's `from` is our basis.
  void Apply(const aggregator::v1::Frame& frame);
  // Nothing has changed, but it is known to be so until later: only readers are told, the disk can do without.
  void Refresh(const types::v1::BasisStamp& stamp);
  // One message of a snapshot, which replaces everything when its last message, which carries the basis, has come.
  void AddToSnapshot(const aggregator::v1::Frame& message);
  // Forgets a snapshot that has not ended.
  void ForgetSnapshot() { snapshot_ = nullptr; }
  // A whole snapshot.
  void Replace(const std::vector<aggregator::v1::Frame>& snapshot);

  // What was applied is durable when it returns, in one batch with its basis, unless the disk is nearly full. The store's own thread does it every half
  // second, or less often when it takes long, and ends the process when it fails.
  absl::Status Flush();

 private:
  Store(std::unique_ptr<storage::Store> store, storage::Disk& disk, uint64_t reserve_bytes)
      : disk_(disk), store_(std::move(store)), reserve_(disk, RealClock(), reserve_bytes) {}
  static absl::StatusOr<std::unique_ptr<Store>> OpenOnce(storage::Disk& disk, uint64_t reserve_bytes);
  absl::Status Load();
  void Publish(std::shared_ptr<const Contents> contents);
  absl::StatusOr<storage::Batch> ChangesIn(const Contents& contents) REQUIRES(flush_mutex_);
  void FlushNowAndThen();

  storage::Disk& disk_;
  std::unique_ptr<storage::Store> store_;  // after Load: under flush_mutex_
  storage::Reserve reserve_;               // safe for concurrent use

  mutable Mutex contents_mutex_;
  ConditionVariable changed_;
  std::shared_ptr<const Contents> contents_ GUARDED_BY(contents_mutex_) = std::make_shared<const Contents>();
  bool stopping_ GUARDED_BY(contents_mutex_) = false;

  // Of the thread that applies.
  std::unique_ptr<Contents> snapshot_;  // that has not ended
  Registry snapshot_registry_;

  Mutex flush_mutex_;  // taken before contents_mutex_
  absl::Status failed_ GUARDED_BY(flush_mutex_);  // the first write or flush that failed: what is on disk is unknown, nothing more may be written
  // Which contents the rows are of. Not the contents themselves: whoever holds them holds every page that was replaced since.
  struct Flushed {
    uint64_t snapshots = 0, changes = 0, edition = 0;
    std::shared_ptr<const Registry> registry;
    std::string lineages_row;
  };
  static Flushed MarkOf(const Contents& contents) {
    return {contents.snapshots, contents.changes, contents.cells.edition(), contents.registry, contents.lineages_row};
  }
  std::optional<Flushed> flushed_ GUARDED_BY(flush_mutex_);
  std::thread flusher_;
};

}  // namespace anju::ranking
