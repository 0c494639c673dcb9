// The six promises of a feed, each by its name, on a real server; and what a follower does when something is wrong.
#include "common/feed/feed.h"

#include <set>

#include "anju/feed/v1/feed.grpc.pb.h"
#include "common/feed/feed_testing.h"
#include "common/thread/mutex.h"

namespace anju::feed {
namespace {

using testing::HasReasonAt;
using testing::IsOk;
using testing::WaitUntil;
using ::testing::ElementsAre;

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

// What proves a prefix of the journal can be asked for at any time: the hash of the block that ends there.
TEST(FeedPositions, AreToldWithTheHashOfTheBlockThatEndsThere) {
  Upstream upstream;
  const auto stub = v1::FeedService::NewStub(rpc::Connect(upstream.address()));
  const auto ask = [&](uint64_t sequence) -> absl::StatusOr<Position> {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    v1::GetPositionRequest request;
    request.set_sequence(sequence);
    v1::GetPositionResponse response;
    if (const grpc::Status status = stub->GetPosition(&context, request, &response); !status.ok()) return rpc::FromGrpc(status);
    return rpc::FromProto(response.position());
  };
  EXPECT_THAT(ask(1), HasReasonAt(Reason::UNKNOWN_BASIS, "sequence"));
  std::vector<Position> ends;
  for (int i = 0; i < 5; ++i) ends.push_back(upstream.Append({"a", "b", "c"}));
  for (const Position& end : ends) {
    const absl::StatusOr<Position> told = ask(end.sequence);
    ASSERT_THAT(told, IsOk());
    EXPECT_EQ(*told, end);
    const absl::StatusOr<Position> inside = ask(end.sequence - 1);  // a prefix that ends inside a block has no hash of its own
    ASSERT_THAT(inside, IsOk());
    EXPECT_EQ(inside->sequence, end.sequence - 1);
    EXPECT_EQ(inside->journal_id, end.journal_id);
    EXPECT_EQ(inside->block_hash, journal::Hash{});
  }
  EXPECT_THAT(ask(0), HasReasonAt(Reason::UNKNOWN_BASIS, "sequence"));
  EXPECT_THAT(ask(16), HasReasonAt(Reason::UNKNOWN_BASIS, "sequence"));
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
  Mutex mutex;
  std::string seen;
  Follower::Callbacks callbacks;
  callbacks.on_block = [&](const BlockView&, std::string_view bytes, const Position&) {
    const MutexLock lock(mutex);
    seen = bytes;
    return absl::OkStatus();
  };
  Follower follower("plan", rpc::Connect(upstream.address()), {}, callbacks);
  ASSERT_TRUE(WaitUntil([&] {
    const MutexLock lock(mutex);
    return !seen.empty();
  }));
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

TEST(Feed, WhatIsNoPositionIsRefusedAndTakesNoPlace) {
  Upstream upstream;
  upstream.Append({"1"});
  const auto stub = v1::FeedService::NewStub(rpc::Connect(upstream.address()));
  for (const auto& [id, hash] : {std::pair{"not hex", ""}, std::pair{"", ""}, std::pair{"0123456789abcdef0123456789abcdef", "short"}}) {
    grpc::ClientContext context;
    v1::FollowRequest request;
    request.mutable_after()->set_journal_id(id);
    request.mutable_after()->set_sequence(1);
    request.mutable_after()->set_block_hash(hash);
    const auto reader = stub->Follow(&context, request);
    v1::FollowResponse response;
    EXPECT_FALSE(reader->Read(&response)) << id;
    EXPECT_THAT(rpc::FromGrpc(reader->Finish()), testing::HasReason(Reason::BAD_TOKEN)) << id;
  }
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
  for (const std::string& identity : upstream.journal().lineage().encoded()) truth.add_identities(identity);
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
      {"no identity", [](v1::FollowResponse& r) { r.clear_identities(); }, 0},
      {"an identity changed", [](v1::FollowResponse& r) { r.mutable_identities(0)->at(40) ^= 1; }, 0},
      {"another journal's name", [](v1::FollowResponse& r) { r.mutable_position()->set_journal_id(std::string(32, '1')); }, 0},
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
