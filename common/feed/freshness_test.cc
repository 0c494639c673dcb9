// What a feed says about its freshness is true: what was durable before a time is at or below the position that comes with it.
#include "anju/feed/v1/feed.grpc.pb.h"
#include "common/feed/feed_testing.h"
#include "common/thread/mutex.h"

namespace anju::feed {
namespace {

using testing::WaitUntil;

TEST(Freshness, BookmarksCarryTheTimeOnWhileNothingHappens) {
  Upstream upstream;
  const Position only = upstream.Append({"1"});
  Tail tail(upstream.address(), {});
  const auto told = [&](uint64_t sequence, int64_t time_us) {
    return WaitUntil([&] {
      const auto fresh = tail.fresh();
      return !fresh.empty() && fresh.back() == std::pair(sequence, time_us);
    });
  };
  EXPECT_TRUE(told(1, upstream.clock().NowMicros()));
  upstream.clock().AdvanceMicros(5'000'000);
  EXPECT_TRUE(told(1, upstream.clock().NowMicros())) << "a bookmark without its time";
  EXPECT_EQ(tail.position(), only);
  upstream.clock().AdvanceMicros(1'000'000);
  upstream.Append({"2"});
  EXPECT_TRUE(told(2, upstream.clock().NowMicros())) << "blocks without their time";
}

// The clock moves on after every block, so a time tells which blocks were durable when it was read. Whatever was durable then must be at or
// below the position that comes with it.
TEST(Freshness, NothingThatWasDurableBeforeIsMissing) {
  Upstream upstream;
  std::vector<std::unique_ptr<Tail>> tails;
  for (int i = 0; i < 3; ++i) tails.push_back(std::make_unique<Tail>(upstream.address(), Position{}));
  std::vector<int64_t> durable_us = {0};  // by sequence: a time that only shows after the block is durable
  constexpr uint64_t kBlocks = 3'000;
  for (uint64_t i = 1; i <= kBlocks; ++i) {
    upstream.Append({std::to_string(i)});
    upstream.clock().AdvanceMicros(1);
    durable_us.push_back(upstream.clock().NowMicros());
  }
  for (const auto& tail : tails) ASSERT_TRUE(WaitUntil([&] { return !tail->fresh().empty() && tail->fresh().back().first == kBlocks; }));
  for (const auto& tail : tails) {
    for (const auto& [sequence, sent_time_us] : tail->fresh()) {
      if (sequence < kBlocks) {
        ASSERT_LT(sent_time_us, durable_us[sequence + 1]) << "after " << sequence;
      }
    }
  }
}

// The worst moment for a block to become durable is just before the time is read.
TEST(Freshness, ABlockJustBeforeTheTimeIsReadComesWithIt) {
  class AppendingClock final : public Clock {
   public:
    explicit AppendingClock(Upstream& upstream) : upstream_(upstream) {}
    int64_t NowMicros() override {
      const MutexLock lock(mutex_);
      if (durable_.size() < 200) upstream_.Append({"another"});
      durable_.push_back(upstream_.journal().durable().sequence);
      return static_cast<int64_t>(durable_.size());
    }
    uint64_t durable_at(int64_t time_us) {
      const MutexLock lock(mutex_);
      return durable_[static_cast<size_t>(time_us - 1)];
    }

   private:
    Upstream& upstream_;
    Mutex mutex_;
    std::vector<uint64_t> durable_ GUARDED_BY(mutex_);
  };
  Upstream upstream;
  upstream.Append({"1"});
  AppendingClock clock(upstream);
  auto service = NewFeedService(upstream.journal(), clock);
  {
    testing::ServerFixture server({service.get()});
    Tail tail(server.address(), {});
    ASSERT_TRUE(WaitUntil([&] { return !tail.fresh().empty() && tail.fresh().back().first > 200; }));
    EndFeeds(*service);
    for (const auto& [sequence, time_us] : tail.fresh()) EXPECT_GE(sequence, clock.durable_at(time_us)) << "at " << time_us;
  }
}

TEST(Freshness, BlocksThatAreNotTheNewestPromiseNothing) {
  Upstream upstream;
  for (int i = 0; i < 4; ++i) upstream.Append(std::vector<std::string>(900, std::string(2000, 'x')));  // 1.8 MB each
  auto stub = v1::FeedService::NewStub(rpc::Connect(upstream.address()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  auto reader = stub->Follow(&context, {});
  v1::FollowResponse response;
  int unpromising = 0;
  while (reader->Read(&response)) {
    if (response.position().sequence() == upstream.journal().durable().sequence) break;
    EXPECT_EQ(response.sent_time_us(), 0);
    ++unpromising;
  }
  EXPECT_GE(unpromising, 1) << "all came in one message";
  EXPECT_EQ(response.sent_time_us(), upstream.clock().NowMicros());
  context.TryCancel();
  while (reader->Read(&response)) {
  }
  reader->Finish();
}

}  // namespace
}  // namespace anju::feed
