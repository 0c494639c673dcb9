// A small real aggregator for tests: it keeps the cells it was given, streams the frames a test pushes, and answers columns.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "anju/aggregator/v1/aggregator.grpc.pb.h"
#include "common/registry/registry.h"
#include "common/thread/mutex.h"

namespace anju::ranking {

// The state at one basis. Regions: 1 迪庆州 (city 533400) over 2 州本级, 3 开发区, 4 香格里拉市 533401, 5 德钦县, 6 维西县.
struct World {
  World();
  Registry registry;
  std::vector<types::v1::RegionRecord> regions;
  std::vector<types::v1::ProgrammeRecord> programmes;
  std::vector<types::v1::IndicatorRecord> indicators;
  std::map<std::tuple<uint32_t, uint32_t, uint32_t, int32_t, int32_t>, aggregator::v1::Cell> cells;
  std::vector<aggregator::v1::MilestoneStatus> milestones;
  uint64_t plan_sequence = 1, progress_sequence = 0;
  int64_t complete_until_us = 0;

  void AddRegion(const Region& region);
  aggregator::v1::Cell& Cell(uint32_t region, uint32_t indicator, int year);  // year 0: a stock
  types::v1::BasisStamp Stamp() const;
  // The whole world, cut into `messages` messages.
  std::vector<aggregator::v1::Frame> Snapshot(int messages = 1) const;
  // Parent, then children on `day`, with the cells of `keys`. REQUIRES: the region is known on the day.
  aggregator::v1::GetColumnResponse Column(RegionNumber region, const google::protobuf::RepeatedPtrField<aggregator::v1::ColumnKey>& keys,
                                           Date day) const;
  // One step that changes this cell, here and in the frame.
  aggregator::v1::Frame Change(const aggregator::v1::Cell& cell);
};

// Regions and indicators of the world, by number.
enum : uint32_t { kDiqing = 1, kOwnLevel, kZone, kShangri, kDeqin, kWeixi };

class TestAggregator final : public aggregator::v1::AggregatorService::Service {
 public:
  explicit TestAggregator(World world) : world_(std::move(world)) {}

  // Sends on the open stream, or on the next one.
  void Push(aggregator::v1::Frame frame);
  // A new stream is sent the world's snapshot when it asks for one; a test that pushes its own turns that off.
  void set_answers_with_snapshot(bool answers) { answers_with_snapshot_ = answers; }
  // Changes the world under the lock.
  template <typename Change>
  auto Edit(Change change) {
    const MutexLock lock(mutex_);
    return change(world_);
  }
  // Ends the open stream; a new one may come.
  void EndStream();
  // Moments of the past: columns at this basis, and columns as of this date at the present basis, are of these worlds.
  void SetWorldAt(const std::string& token, World world);
  void SetWorldAsOf(const std::string& as_of, World world);
  // Changes the present world by one event of the progress journal: followers of columns are sent the changed cells of `regions`, or the
  // whole column. Returns the basis after.
  types::v1::BasisStamp Step(const std::function<void(World&)>& change, std::vector<uint32_t> regions, bool full = false);
  // Ends the streams that follow columns; new ones may come.
  void EndColumns();
  // Steps that were written to followers so far, in all.
  int written_steps() const { return written_steps_; }
  std::vector<aggregator::v1::FollowColumnRequest> followed_columns();
  std::vector<aggregator::v1::GetColumnsRequest> columns_requests();
  std::vector<aggregator::v1::GetMilestoneStatusRequest> milestone_requests();
  // Requests that opened streams, oldest first.
  std::vector<aggregator::v1::FollowFramesRequest> streams();
  // Every column is refused with this from now on.
  void RefuseColumns(grpc::Status status);

  grpc::Status FollowFrames(grpc::ServerContext* context, const aggregator::v1::FollowFramesRequest* request,
                            grpc::ServerWriter<aggregator::v1::Frame>* writer) override;
  grpc::Status GetColumns(grpc::ServerContext* context, const aggregator::v1::GetColumnsRequest* request,
                          aggregator::v1::GetColumnsResponse* response) override;
  grpc::Status GetMilestoneStatus(grpc::ServerContext* context, const aggregator::v1::GetMilestoneStatusRequest* request,
                                  aggregator::v1::GetMilestoneStatusResponse* response) override;
  // Hashes made of the sequence.
  grpc::Status GetHeads(grpc::ServerContext* context, const aggregator::v1::GetHeadsRequest* request,
                        aggregator::v1::GetHeadsResponse* response) override;
  grpc::Status FollowColumn(grpc::ServerContext* context, const aggregator::v1::FollowColumnRequest* request,
                            grpc::ServerWriter<aggregator::v1::ColumnStep>* writer) override;

 private:
  // A step as it was committed; its cells are cut for each follower.
  struct Committed {
    World before, after;
    std::vector<uint32_t> regions;
    bool full = false;
  };
  grpc::Status ColumnAt(const std::string& region, const google::protobuf::RepeatedPtrField<aggregator::v1::ColumnKey>& keys,
                        const aggregator::v1::Moment& moment, aggregator::v1::GetColumnResponse* response) REQUIRES(mutex_);
  Mutex mutex_;
  ConditionVariable changed_;
  World world_ GUARDED_BY(mutex_);
  std::deque<aggregator::v1::Frame> frames_ GUARDED_BY(mutex_);
  std::vector<aggregator::v1::FollowFramesRequest> streams_ GUARDED_BY(mutex_);
  std::vector<aggregator::v1::GetColumnsRequest> moments_ GUARDED_BY(mutex_);
  std::vector<aggregator::v1::GetMilestoneStatusRequest> milestones_ GUARDED_BY(mutex_);
  std::vector<aggregator::v1::FollowColumnRequest> followed_ GUARDED_BY(mutex_);
  std::map<std::string, World> at_ GUARDED_BY(mutex_);
  std::map<std::string, World> as_of_ GUARDED_BY(mutex_);
  std::vector<Committed> steps_ GUARDED_BY(mutex_);
  std::atomic<int> written_steps_ = 0;
  int columns_ended_ GUARDED_BY(mutex_) = 0;  // streams up to this number are to end
  std::optional<grpc::Status> refusal_ GUARDED_BY(mutex_);
  std::atomic<bool> answers_with_snapshot_ = true;
  int ended_ GUARDED_BY(mutex_) = 0;  // streams up to this number are to end
};

}  // namespace anju::ranking
