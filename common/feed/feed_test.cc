// The six promises of a feed, each by its name, on a real server; and what a follower does when something is wrong.
#include "common/feed/feed.h"

#include <set>

#include "anju/feed/v1/feed.grpc.pb.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "common/storage/simulated_disk.h"
#include "common/testing/testing.h"

namespace anju::feed {
namespace {

using journal::BlockView;
using journal::Journal;
using journal::Position;
using testing::HasReasonAt;
using testing::IsOk;
using testing::WaitUntil;
using ::testing::ElementsAre;

// A journal on a simulated disk, served on loopback.
class Upstream {
 public:
  explicit Upstream(const std::string& listen = "127.0.0.1:0") : disk_(medium_.Boot()) {
    auto opened = Journal::Open(*disk_, "plan", clock_);
    CHECK_OK(opened.status());
    journal_ = *std::move(opened);
    Serve(listen);
  }
  ~Upstream() { Stop(); }
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
  storage::SimulatedMedium medium_{1};
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
      std::lock_guard lock(mutex_);
      if (refusals_ > 0) return --refusals_, absl::ResourceExhaustedError("not now");
      EXPECT_EQ(block.header.first_sequence, position_.sequence + 1);
      blocks_.push_back(block.events.size());
      for (std::string_view event : block.events) events_.emplace_back(event);
      position_ = after;
      return absl::OkStatus();
    };
    callbacks.on_bookmark = [this](const Position& upstream) {
      std::lock_guard lock(mutex_);
      ++bookmarks_;
      EXPECT_EQ(upstream.sequence, position_.sequence) << "a bookmark says more than the stream has sent";
      bookmark_ = upstream;
    };
    callbacks.on_fresh = [this](const Position& upstream, int64_t sent_time_us) {
      std::lock_guard lock(mutex_);
      EXPECT_EQ(upstream.sequence, position_.sequence) << "freshness is told before the blocks";
      fresh_.emplace_back(upstream.sequence, sent_time_us);
    };
    if (starts_over) {
      callbacks.on_data_loss = [this] {
        std::lock_guard lock(mutex_);
        ++restarts_;
        events_.clear();
        return position_ = Position{};
      };
    }
    follower_ = std::make_unique<Follower>("plan", rpc::Connect(address), from, std::move(callbacks));
  }
  std::vector<std::string> events() const { return std::lock_guard(mutex_), events_; }
  std::vector<size_t> blocks() const { return std::lock_guard(mutex_), blocks_; }
  Position position() const { return std::lock_guard(mutex_), position_; }
  Position bookmark() const { return std::lock_guard(mutex_), bookmark_; }
  int bookmarks() const { return std::lock_guard(mutex_), bookmarks_; }
  // What on_fresh said: sequence and time.
  std::vector<std::pair<uint64_t, int64_t>> fresh() const { return std::lock_guard(mutex_), fresh_; }
  int restarts() const { return std::lock_guard(mutex_), restarts_; }
  void RefuseNext(int blocks) {
    std::lock_guard lock(mutex_);
    refusals_ = blocks;
  }
  bool Reaches(uint64_t sequence) {
    return WaitUntil([&] { return position().sequence >= sequence; });
  }
  FollowerStatus status() const { return follower_->status(); }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> events_;
  std::vector<size_t> blocks_;
  std::vector<std::pair<uint64_t, int64_t>> fresh_;
  Position position_, bookmark_;
  int bookmarks_ = 0, restarts_ = 0, refusals_ = 0;
  std::unique_ptr<Follower> follower_;  // first to go
};

std::vector<std::string> Numbers(int from, int to) {
  std::vector<std::string> numbers;
  for (int i = from; i <= to; ++i) numbers.push_back(std::to_string(i));
  return numbers;
}

// What the server itself ends a stream with.
absl::Status EndOfStream(const std::string& address, const Position& after) {
  auto stub = v1::FeedService::NewStub(rpc::Connect(address));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  v1::FollowRequest request;
  *request.mutable_after() = rpc::ToProto(after);
  auto reader = stub->Follow(&context, request);
  v1::FollowResponse response;
  if (reader->Read(&response)) context.TryCancel();
  while (reader->Read(&response)) {
  }
  return rpc::FromGrpc(reader->Finish());
}

TEST(FeedPromise, Ordered) {
  Upstream upstream;
  for (int i = 1; i <= 20; ++i) upstream.Append({std::to_string(i)});  // some wait there already
  Tail tail(upstream.address(), {});
  for (int i = 21; i <= 60; ++i) upstream.Append({std::to_string(i)});  // some come while it follows
  ASSERT_TRUE(tail.Reaches(60));
  EXPECT_EQ(tail.events(), Numbers(1, 60));
}

TEST(FeedPromise, Unique) {
  Upstream upstream;
  for (int i = 1; i <= 30; ++i) upstream.Append({std::to_string(i)});
  Tail tail(upstream.address(), {});
  tail.RefuseNext(1);  // even when the follower could not store one and has to come again
  ASSERT_TRUE(tail.Reaches(30));
  upstream.Append({"31"});
  ASSERT_TRUE(tail.Reaches(31));
  const std::vector<std::string> events = tail.events();
  EXPECT_EQ(std::set<std::string>(events.begin(), events.end()).size(), events.size());
}

TEST(FeedPromise, Reliable) {
  Upstream upstream;
  Tail tail(upstream.address(), {});
  ASSERT_TRUE(WaitUntil([&] { return tail.status().connected; }));
  const std::string listen = upstream.address();
  int written = 0;
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 10; ++i) upstream.Append({std::to_string(++written)});
    upstream.Stop();  // in the middle of things, and events go on while nobody can listen
    for (int i = 0; i < 10; ++i) upstream.Append({std::to_string(++written)});
    upstream.Serve(listen);
  }
  ASSERT_TRUE(tail.Reaches(80));
  EXPECT_EQ(tail.events(), Numbers(1, 80));
}

TEST(FeedPromise, Atomic) {
  Upstream upstream;
  std::vector<size_t> sizes;
  for (size_t size : {1, 7, 1000, 2, 300}) {
    upstream.Append(std::vector<std::string>(size, std::string(2000, 'x')));
    sizes.push_back(size);
  }
  // One block larger than a message's limit still comes whole.
  upstream.Append(std::vector<std::string>(3000, std::string(2000, 'x')));
  sizes.push_back(3000);
  Tail tail(upstream.address(), {});
  ASSERT_TRUE(tail.Reaches(upstream.journal().durable().sequence));
  EXPECT_EQ(tail.blocks(), sizes);
  EXPECT_EQ(tail.position(), upstream.journal().durable());
}

TEST(FeedPromise, Resumable) {
  Upstream upstream;
  std::vector<Position> ends{Position{}};
  for (int i = 1; i <= 5; ++i) ends.push_back(upstream.Append({std::to_string(i)}));
  for (int from = 0; from <= 5; ++from) {
    Tail tail(upstream.address(), ends[static_cast<size_t>(from)]);
    ASSERT_TRUE(tail.Reaches(5));
    EXPECT_EQ(tail.events(), Numbers(from + 1, 5));
  }
}

TEST(FeedPromise, Bookmarkable) {
  Upstream upstream;
  const Position first = upstream.Append({"1"});
  Position bookmark;
  {
    Tail tail(upstream.address(), first);
    ASSERT_TRUE(WaitUntil([&] { return tail.bookmarks() >= 2; })) << "nothing happens, and nothing says so";
    bookmark = tail.bookmark();
  }
  EXPECT_EQ(bookmark, first);
  upstream.Append({"2"});
  Tail tail(upstream.address(), bookmark);
  ASSERT_TRUE(tail.Reaches(2));
  EXPECT_THAT(tail.events(), ElementsAre("2"));
}

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
      std::lock_guard lock(mutex_);
      if (durable_.size() < 200) upstream_.Append({"another"});
      durable_.push_back(upstream_.journal().durable().sequence);
      return static_cast<int64_t>(durable_.size());
    }
    uint64_t durable_at(int64_t time_us) { return std::lock_guard(mutex_), durable_[static_cast<size_t>(time_us - 1)]; }

   private:
    Upstream& upstream_;
    std::mutex mutex_;
    std::vector<uint64_t> durable_;
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

TEST(Feed, AnEmptyJournalSendsABookmarkAtOnce) {
  Upstream upstream;
  Tail tail(upstream.address(), {});
  ASSERT_TRUE(WaitUntil([&] { return tail.bookmarks() >= 1; }));
  EXPECT_EQ(tail.bookmark().journal_id, upstream.journal().identity().id);
  upstream.Append({"1"});
  ASSERT_TRUE(tail.Reaches(1));
}

TEST(Feed, HandsOverTheJournalsBytesUnchanged) {
  Upstream upstream;
  upstream.Append({"a", "b"});
  std::mutex mutex;
  std::string seen;
  Follower::Callbacks callbacks;
  callbacks.on_block = [&](const BlockView&, std::string_view bytes, const Position&) {
    std::lock_guard lock(mutex);
    seen = bytes;
    return absl::OkStatus();
  };
  Follower follower("plan", rpc::Connect(upstream.address()), {}, callbacks);
  ASSERT_TRUE(WaitUntil([&] { return std::lock_guard(mutex), !seen.empty(); }));
  ASSERT_OK_AND_ASSIGN(auto stored, upstream.journal().ReadBlocks({}, 1));
  EXPECT_EQ(seen, stored[0]);
}

TEST(Feed, PositionsOfAnotherHistoryAreDataLoss) {
  Upstream upstream;
  upstream.Append({"1", "2"});
  const Position end = upstream.Append({"3"});
  Position position = end;
  position.sequence = 4;
  EXPECT_THAT(EndOfStream(upstream.address(), position), HasReasonAt(Reason::DATA_LOSS, "after")) << "rolled back";
  position = end;
  position.sequence = 1;
  EXPECT_THAT(EndOfStream(upstream.address(), position), HasReasonAt(Reason::DATA_LOSS, "after")) << "inside a block";
  position = end;
  position.block_hash[5] ^= 1;
  EXPECT_THAT(EndOfStream(upstream.address(), position), HasReasonAt(Reason::DATA_LOSS, "after")) << "another history";
  position = end;
  position.journal_id[5] ^= 1;
  EXPECT_THAT(EndOfStream(upstream.address(), position), HasReasonAt(Reason::DATA_LOSS, "after")) << "another journal";
}

TEST(Feed, AFollowerOfALostPositionStartsOverWhenItCan) {
  Position lost;
  {
    Upstream old;
    lost = old.Append({"x", "y"});
  }
  Upstream upstream;
  upstream.Append({"1"});
  Tail stuck(upstream.address(), lost);
  Tail starts_over(upstream.address(), lost, /*starts_over=*/true);
  ASSERT_TRUE(WaitUntil([&] { return starts_over.events().size() == 1; }));
  EXPECT_EQ(starts_over.restarts(), 1);
  EXPECT_THAT(starts_over.events(), ElementsAre("1"));
  ASSERT_TRUE(WaitUntil([&] { return !stuck.status().problem.empty(); }));
  EXPECT_FALSE(stuck.status().connected);
  EXPECT_TRUE(stuck.events().empty());
}

TEST(Feed, AFollowerWaitsForAServerThatIsNotThereYet) {
  std::string address;
  {
    Upstream gone;
    address = gone.address();
  }
  Tail tail(address, {});
  ASSERT_TRUE(WaitUntil([&] { return !tail.status().problem.empty(); }));
  EXPECT_FALSE(tail.status().connected);
  Upstream upstream(address);
  upstream.Append({"1"});
  ASSERT_TRUE(tail.Reaches(1));
  EXPECT_TRUE(tail.status().connected);
  EXPECT_EQ(tail.status().problem, "");
}

TEST(Feed, MoreFollowersThanTheLimitAreTurnedAway) {
  Upstream upstream;
  upstream.Append({"1"});
  std::vector<std::unique_ptr<Tail>> tails;
  for (size_t i = 0; i < kFollowersMax; ++i) tails.push_back(std::make_unique<Tail>(upstream.address(), Position{}));
  for (auto& tail : tails) ASSERT_TRUE(tail->Reaches(1));
  EXPECT_THAT(EndOfStream(upstream.address(), {}), testing::HasReason(Reason::OVERLOADED));
  tails.pop_back();
  EXPECT_TRUE(WaitUntil([&] { return !::anju::HasReason(EndOfStream(upstream.address(), {}), Reason::OVERLOADED); })) << "a place was not freed";
}

TEST(Feed, AServerStopsAtOnceWithFollowersConnected) {
  auto upstream = std::make_unique<Upstream>();
  Tail tail(upstream->address(), {});
  ASSERT_TRUE(WaitUntil([&] { return tail.status().connected; }));
  const auto before = std::chrono::steady_clock::now();
  upstream->Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(rpc::kDrainMs)) << "followers held the drain";
  ASSERT_TRUE(WaitUntil([&] { return !tail.status().connected; }));
}

// A server that lies in one way each time.
class LyingFeed final : public v1::FeedService::Service {
 public:
  explicit LyingFeed(std::function<void(v1::FollowResponse&)> lie, v1::FollowResponse truth) : lie_(std::move(lie)), truth_(std::move(truth)) {}
  grpc::Status Follow(grpc::ServerContext*, const v1::FollowRequest*, grpc::ServerWriter<v1::FollowResponse>* writer) override {
    v1::FollowResponse response = truth_;
    lie_(response);
    writer->Write(response);
    return grpc::Status::OK;
  }

 private:
  std::function<void(v1::FollowResponse&)> lie_;
  v1::FollowResponse truth_;
};

TEST(Feed, AFollowerNeverTakesBlocksThatDoNotChain) {
  Upstream upstream;
  for (const char* event : {"one", "two", "three"}) upstream.Append({event});
  ASSERT_OK_AND_ASSIGN(auto blocks, upstream.journal().ReadBlocks({}, 1 << 20));
  v1::FollowResponse truth;
  for (const std::string& block : blocks) truth.add_blocks(block);
  *truth.mutable_position() = rpc::ToProto(upstream.journal().durable());
  const struct {
    const char* name;
    std::function<void(v1::FollowResponse&)> lie;
    size_t taken;  // good blocks before the lie
  } cases[] = {
      {"one left out", [](v1::FollowResponse& r) { r.mutable_blocks()->DeleteSubrange(1, 1); }, 1},
      {"one twice", [](v1::FollowResponse& r) { *r.mutable_blocks(1) = r.blocks(0); }, 1},
      {"two swapped", [](v1::FollowResponse& r) { r.mutable_blocks()->SwapElements(0, 1); }, 0},
      {"an event changed", [](v1::FollowResponse& r) { r.mutable_blocks(1)->back() ^= 1; }, 1},
      {"a header changed", [](v1::FollowResponse& r) { (*r.mutable_blocks(0))[26] ^= 1; }, 1},
      {"one cut", [](v1::FollowResponse& r) { r.mutable_blocks(2)->pop_back(); }, 2},
      {"the last left out", [](v1::FollowResponse& r) { r.mutable_blocks()->RemoveLast(); }, 2},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    LyingFeed feed(c.lie, truth);
    testing::ServerFixture server({&feed});
    Tail tail(server.address(), {});
    ASSERT_TRUE(WaitUntil([&] { return !tail.status().problem.empty(); }));
    EXPECT_EQ(tail.events().size(), c.taken);
  }
}

}  // namespace
}  // namespace anju::feed
