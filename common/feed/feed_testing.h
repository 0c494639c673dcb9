// What tests of a feed share: a journal that is served, and a follower that stores what it is given.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/feed/feed.h"
#include "common/journal/restore.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "common/storage/simulated_disk.h"
#include "common/testing/testing.h"
#include "common/thread/mutex.h"

namespace anju::feed {

using journal::BlockView;
using journal::Journal;
using journal::Position;

// A journal on a simulated disk, served on loopback.
class Upstream {
 public:
  explicit Upstream(const std::string& listen = "127.0.0.1:0") : disk_(medium_->Boot()) {
    auto opened = Journal::Open(*disk_, "plan", clock_);
    CHECK_OK(opened.status());
    journal_ = *std::move(opened);
    Serve(listen);
  }
  ~Upstream() { Stop(); }
  // The machine is lost, and a backup of its journal up to the end of a block at `sequence` is put on a new one at the same address.
  void RestoreAt(uint64_t sequence) {
    const std::string listen = address();
    Stop();
    auto medium = std::make_unique<storage::SimulatedMedium>(1);
    auto disk = medium->Boot();
    {
      auto restored = journal::RestoredJournal::Begin(*disk, "plan", journal_->lineage().encoded());
      CHECK_OK(restored.status());
      auto blocks = journal_->ReadBlocks({}, size_t{1} << 40);
      CHECK_OK(blocks.status());
      for (const std::string& block : *blocks) {
        if ((*restored)->position().sequence < sequence) CHECK_OK((*restored)->Add(block));
      }
      CHECK_OK((*restored)->Finish(clock_).status());
    }
    journal_ = nullptr;
    disk_ = std::move(disk);
    medium_ = std::move(medium);
    auto opened = Journal::Open(*disk_, "plan", clock_);
    CHECK_OK(opened.status());
    journal_ = *std::move(opened);
    Serve(listen);
  }
  void Serve(const std::string& listen) {
    service_ = NewFeedService(*journal_, clock_);
    server_ = std::make_unique<testing::ServerFixture>(std::vector<grpc::Service*>{service_.get()}, "plan", listen);
  }
  void Stop() {
    if (service_ != nullptr) EndFeeds(*service_);
    server_ = nullptr;
    service_ = nullptr;
  }
  Position Append(const std::vector<std::string>& events) {
    auto position = journal_->Append(events, {}, 0);
    CHECK_OK(position.status());
    return *position;
  }
  Journal& journal() { return *journal_; }
  FakeClock& clock() { return clock_; }
  std::string address() const { return server_->address(); }

 private:
  std::unique_ptr<storage::SimulatedMedium> medium_ = std::make_unique<storage::SimulatedMedium>(1);
  FakeClock clock_;
  std::unique_ptr<storage::Disk> disk_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<grpc::Service> service_;
  std::unique_ptr<testing::ServerFixture> server_;
};

// A follower that stores what it is given, as its owner would.
class Tail {
 public:
  Tail(const std::string& address, Position from, bool starts_over = false) : position_(from) {
    Follower::Callbacks callbacks;
    callbacks.on_block = [this](const BlockView& block, std::string_view, const Position& after) {
      const MutexLock lock(mutex_);
      if (refusals_ > 0) return --refusals_, absl::ResourceExhaustedError("not now");
      EXPECT_EQ(block.header.first_sequence, position_.sequence + 1);
      blocks_.push_back(block.events.size());
      for (std::string_view event : block.events) events_.emplace_back(event);
      position_ = after;
      return absl::OkStatus();
    };
    callbacks.on_bookmark = [this](const Position& upstream) {
      const MutexLock lock(mutex_);
      ++bookmarks_;
      EXPECT_EQ(upstream.sequence, position_.sequence) << "a bookmark says more than the stream has sent";
      bookmark_ = upstream;
    };
    callbacks.on_fresh = [this](const Position& upstream, int64_t sent_time_us) {
      const MutexLock lock(mutex_);
      EXPECT_EQ(upstream.sequence, position_.sequence) << "freshness is told before the blocks";
      fresh_.emplace_back(upstream.sequence, sent_time_us);
    };
    callbacks.on_lineage = [this](const journal::Lineage& lineage) {
      const MutexLock lock(mutex_);
      lineages_.push_back(lineage);
      return absl::OkStatus();
    };
    if (starts_over) {
      callbacks.on_data_loss = [this](const Lost&) {
        const MutexLock lock(mutex_);
        ++restarts_;
        events_.clear();
        return position_ = Position{};
      };
    }
    follower_ = std::make_unique<Follower>("plan", rpc::Connect(address), from, std::move(callbacks));
  }
  std::vector<std::string> events() const {
    const MutexLock lock(mutex_);
    return events_;
  }
  std::vector<size_t> blocks() const {
    const MutexLock lock(mutex_);
    return blocks_;
  }
  Position position() const {
    const MutexLock lock(mutex_);
    return position_;
  }
  Position bookmark() const {
    const MutexLock lock(mutex_);
    return bookmark_;
  }
  int bookmarks() const {
    const MutexLock lock(mutex_);
    return bookmarks_;
  }
  // What on_fresh said: sequence and time.
  std::vector<std::pair<uint64_t, int64_t>> fresh() const {
    const MutexLock lock(mutex_);
    return fresh_;
  }
  // What on_lineage said.
  std::vector<journal::Lineage> lineages() const {
    const MutexLock lock(mutex_);
    return lineages_;
  }
  int restarts() const {
    const MutexLock lock(mutex_);
    return restarts_;
  }
  void RefuseNext(int blocks) {
    const MutexLock lock(mutex_);
    refusals_ = blocks;
  }
  bool Reaches(uint64_t sequence) {
    return testing::WaitUntil([&] { return position().sequence >= sequence; });
  }
  FollowerStatus status() const { return follower_->status(); }

 private:
  mutable Mutex mutex_;
  std::vector<std::string> events_ GUARDED_BY(mutex_);
  std::vector<size_t> blocks_ GUARDED_BY(mutex_);
  std::vector<journal::Lineage> lineages_ GUARDED_BY(mutex_);
  std::vector<std::pair<uint64_t, int64_t>> fresh_ GUARDED_BY(mutex_);
  Position position_ GUARDED_BY(mutex_), bookmark_ GUARDED_BY(mutex_);
  int bookmarks_ GUARDED_BY(mutex_) = 0, restarts_ GUARDED_BY(mutex_) = 0, refusals_ GUARDED_BY(mutex_) = 0;
  std::unique_ptr<Follower> follower_;  // first to go
};

}  // namespace anju::feed
