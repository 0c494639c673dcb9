// The watch against a small real server that keeps a history, ends its streams now and then, and goes away.
#include "common/client/watch_stream.h"

#include <atomic>
#include <thread>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "anju/ranking/v1/ranking.grpc.pb.h"
#include "common/rpc/rpc.h"
#include "common/testing/testing.h"

namespace anju::client {
namespace {

using ::anju::testing::HasReason;
using ::anju::testing::IsOk;
using ::anju::testing::ServerFixture;
using ::anju::testing::WaitUntil;
using ranking::v1::WatchEvent;
using ranking::v1::WatchRequest;

constexpr const char* kPlanId = "00000000000000000000000000000001";

types::v1::BasisStamp Stamp(uint64_t sequence, const std::string& id = kPlanId) {
  types::v1::Basis basis;
  basis.mutable_plan()->set_journal_id(id);
  basis.mutable_plan()->set_sequence(sequence);
  return rpc::MakeStamp(std::move(basis), 0);
}

// The step to `sequence`: one region changes its place.
WatchEvent Step(uint64_t sequence) {
  WatchEvent event;
  *event.mutable_from() = Stamp(sequence - 1).basis();
  *event.mutable_to() = Stamp(sequence);
  event.add_changes()->set_region(std::to_string(sequence));
  return event;
}

WatchEvent Bookmark(uint64_t sequence, const std::string& id = kPlanId) {
  WatchEvent event;
  *event.mutable_to() = Stamp(sequence, id);
  return event;
}

// Watches by the contract over a history that grows. Options make it lose its streams, or lie.
struct History {
  std::atomic<uint64_t> newest = 0;
  std::atomic<int> die_after = 0;                  // steps in one stream, then UNAVAILABLE
  bool repeats = false;               // says the last step before `from` again
  std::atomic<int64_t> skips = 0;     // begins so far beyond `from`
  absl::Status refusal;               // instead of everything
  bool silent = false;                // says nothing at all
  std::string id = kPlanId;
  std::atomic<int> streams = 0;
};

class WatchService final : public ranking::v1::RankingService::Service {
 public:
  explicit WatchService(History* history) : history_(history) {}

  grpc::Status Watch(grpc::ServerContext* context, const WatchRequest* request, grpc::ServerWriter<WatchEvent>* writer) override {
    ++history_->streams;
    if (!history_->refusal.ok()) return rpc::ToGrpc(history_->refusal);
    const auto from = rpc::ParseToken(request->from());
    if (!from.ok()) return rpc::ToGrpc(from.status());
    uint64_t at = (request->from().empty() ? history_->newest.load() : from->plan().sequence()) + static_cast<uint64_t>(history_->skips);
    if (!history_->silent) writer->Write(Bookmark(at, history_->id));
    if (history_->repeats && at > 0) {
      writer->Write(Bookmark(at - 1));
      writer->Write(Step(at));
    }
    for (int steps = 0; !context->IsCancelled();) {
      if (history_->silent || at >= history_->newest) {
        if (!history_->silent) writer->Write(Bookmark(at, history_->id));
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        continue;
      }
      if (history_->die_after > 0 && steps++ >= history_->die_after) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone");
      writer->Write(Step(++at));
    }
    return grpc::Status::CANCELLED;
  }

 private:
  History* const history_;
};

// Collects the numbers of steps until `until` has come.
struct Collector {
  explicit Collector(uint64_t until) : until(until) {}
  bool Take(const WatchEvent& event) {
    if (event.changes().empty()) {
      ++bookmarks;
    } else {
      steps.push_back(event.to().basis().plan().sequence());
    }
    token = event.to().token();
    return steps.empty() || steps.back() < until;
  }
  const uint64_t until;
  std::vector<uint64_t> steps;
  int bookmarks = 0;
  std::string token;
};

std::vector<uint64_t> Sequences(uint64_t from, uint64_t to) {
  std::vector<uint64_t> sequences;
  for (uint64_t i = from; i <= to; ++i) sequences.push_back(i);
  return sequences;
}

WatchRequest From(const std::string& token) {
  WatchRequest request;
  request.set_from(token);
  return request;
}

TEST(WatchTest, HandsOverEventsUntilToldEnough) {
  History history;
  history.newest = 9;
  WatchService service(&history);
  const ServerFixture fixture({&service});
  Collector collector(7);
  const RankingClient client(fixture.address());
  EXPECT_THAT(client.Watch(From(Stamp(2).token()), [&](const WatchEvent& event) { return collector.Take(event); }), IsOk());
  EXPECT_EQ(collector.steps, Sequences(3, 7));
  EXPECT_EQ(collector.bookmarks, 1) << "where it begins";
}

TEST(WatchTest, EndsAtItsDeadline) {
  History history;
  WatchService service(&history);
  const ServerFixture fixture({&service});
  const RankingClient client(fixture.address());
  int events = 0;
  const auto count = [&](const WatchEvent&) { return ++events > 0; };
  EXPECT_THAT(client.Watch({}, count, 200), IsOk());
  EXPECT_GT(events, 1);
  History mute;
  mute.silent = true;
  WatchService mute_service(&mute);
  const ServerFixture mute_fixture({&mute_service});
  events = 0;
  EXPECT_THAT(RankingClient(mute_fixture.address()).Watch({}, count, 200), HasReason(Reason::BEHIND)) << "not even the beginning";
  EXPECT_EQ(events, 0);
}

TEST(WatchTest, EndsWithTheServersReason) {
  History history;
  history.newest = 5;
  history.die_after = 2;
  WatchService service(&history);
  const ServerFixture fixture({&service});
  const RankingClient client(fixture.address());
  Collector collector(5);
  const auto take = [&](const WatchEvent& event) { return collector.Take(event); };
  EXPECT_THAT(client.Watch(From(Stamp(0).token()), take), HasReason(Reason::UNAVAILABLE));
  EXPECT_EQ(collector.steps, Sequences(1, 2));
  history.refusal = MakeError(Reason::BAD_VALUE, "border", "0", "1 to 10,000");
  EXPECT_THAT(client.Watch({}, take), HasReason(Reason::BAD_VALUE));
  // A server's own word is not mistaken for the caller's deadline.
  history.refusal = MakeError(Reason::STALE, "", "", "not fresh");
  EXPECT_THAT(client.Watch({}, take, 5'000), HasReason(Reason::STALE));
}

TEST(WatchStreamTest, NoTransitionIsLostOrRepeatedOverConnections) {
  for (const bool repeats : {false, true}) {
    SCOPED_TRACE(repeats ? "a server that repeats itself" : "a good server");
    History history;
    history.die_after = 3;
    history.repeats = repeats;
    WatchService service(&history);
    auto fixture = std::make_unique<ServerFixture>(std::vector<grpc::Service*>{&service});
    const std::string address = fixture->address();
    constexpr uint64_t kSteps = 40;
    std::atomic<bool> stop = false;
    std::thread world([&] {
      if (!WaitUntil([&] { return history.streams > 0; })) return;
      while (history.newest < kSteps && !stop) {
        ++history.newest;
        if (history.newest % 15 == 0) {
          fixture->Stop();
          fixture = std::make_unique<ServerFixture>(std::vector<grpc::Service*>{&service}, "test", address);
        }
        std::this_thread::yield();
      }
    });
    Collector collector(kSteps);
    int lost = 0;
    const RankingClient client(address);
    const absl::Status ended = WatchResuming(client, From(Stamp(0).token()),
                                             {.on_event = [&](const WatchEvent& event) { return collector.Take(event); },
                                              .on_lost = [&](const absl::Status&) { return ++lost > 0; }},
                                             {.watch_ms = 30'000});
    stop = true;
    world.join();
    EXPECT_THAT(ended, IsOk());
    EXPECT_EQ(collector.steps, Sequences(1, kSteps));
    EXPECT_GE(lost, static_cast<int>(kSteps) / 3 - 1);
    EXPECT_EQ(collector.token, Stamp(kSteps).token());
  }
}

TEST(WatchStreamTest, TheBeginningIsToldOnce) {
  History history;
  history.newest = 3;
  history.die_after = 1;
  WatchService service(&history);
  const ServerFixture fixture({&service});
  Collector collector(3);
  EXPECT_THAT(WatchResuming(RankingClient(fixture.address()), From(Stamp(0).token()),
                            {.on_event = [&](const WatchEvent& event) { return collector.Take(event); }}),
              IsOk());
  EXPECT_EQ(collector.steps, Sequences(1, 3));
  EXPECT_EQ(collector.bookmarks, 1);
  EXPECT_EQ(history.streams, 3);
}

TEST(WatchStreamTest, AWatchFromNowOnGoesOnFromItsBeginning) {
  History history;
  history.newest = 3;
  WatchService service(&history);
  auto fixture = std::make_unique<ServerFixture>(std::vector<grpc::Service*>{&service});
  const std::string address = fixture->address();
  Collector collector(6);
  const absl::Status ended =
      WatchResuming(RankingClient(address), {},
                    {.on_event =
                         [&](const WatchEvent& event) {
                           // Steps come while nobody serves: told the beginning, the watch knows what it must not miss.
                           if (history.newest == 3) {
                             history.newest = 6;
                             history.die_after = 1;
                           }
                           return collector.Take(event);
                         }},
                    {.watch_ms = 30'000});
  EXPECT_THAT(ended, IsOk());
  EXPECT_EQ(collector.steps, Sequences(4, 6));
}

TEST(WatchStreamTest, AnotherBasisEndsTheWatch) {
  History history;
  history.newest = 9;
  history.die_after = 2;
  WatchService service(&history);
  const ServerFixture fixture({&service});
  const RankingClient client(fixture.address());
  Collector collector(9);
  const absl::Status ended = WatchResuming(client, From(Stamp(0).token()),
                                           {.on_event = [&](const WatchEvent& event) { return collector.Take(event); },
                                            .on_lost = [&](const absl::Status&) { return history.skips = 1, true; }});
  EXPECT_THAT(ended, HasReason(Reason::UNKNOWN_BASIS)) << "the third step would be missing";
  EXPECT_EQ(collector.steps, Sequences(1, 2));

  History other;
  other.id = "00000000000000000000000000000002";
  WatchService other_service(&other);
  const ServerFixture other_fixture({&other_service});
  EXPECT_THAT(WatchResuming(RankingClient(other_fixture.address()), From(Stamp(5).token()), {.on_event = [](const WatchEvent&) { return true; }}), HasReason(Reason::UNKNOWN_BASIS));
  EXPECT_THAT(WatchResuming(client, From("no token"), {.on_event = [](const WatchEvent&) { return true; }}), HasReason(Reason::BAD_TOKEN));
}

TEST(WatchStreamTest, OtherErrorsAreNotTriedAgain) {
  History history;
  history.refusal = MakeError(Reason::UNKNOWN_REGION, "region", "x", "no such region");
  WatchService service(&history);
  const ServerFixture fixture({&service});
  EXPECT_THAT(WatchResuming(RankingClient(fixture.address()), {}, {.on_event = [](const WatchEvent&) { return true; }}),
              HasReason(Reason::UNKNOWN_REGION));
  EXPECT_EQ(history.streams, 1);
}

TEST(WatchStreamTest, LooksForALostServerAsLongAsItWasTold) {
  History history;
  WatchService service(&history);
  auto fixture = std::make_unique<ServerFixture>(std::vector<grpc::Service*>{&service});
  const RankingClient client(fixture->address());
  const auto go_on = [&](const WatchEvent&) { return true; };
  // Its stream goes on with bookmarks until the server is closed.
  std::thread closer([&] {
    WaitUntil([&] { return history.streams > 0; });
    fixture->Stop();
  });
  int lost = 0;
  EXPECT_THAT(WatchResuming(client, {}, {.on_event = go_on, .on_lost = [&](const absl::Status&) { return ++lost > 0; }},
                            {.reconnect_ms = 300}),
              HasReason(Reason::UNAVAILABLE));
  closer.join();
  EXPECT_GT(lost, 1);
  // Not there to begin with: not looked for, unless told to; and a callback may end it.
  lost = 0;
  const auto again = [&](const absl::Status&) { return ++lost < 3; };
  EXPECT_THAT(WatchResuming(client, {}, {.on_event = go_on, .on_lost = again}), HasReason(Reason::UNAVAILABLE));
  EXPECT_EQ(lost, 0);
  EXPECT_THAT(WatchResuming(client, {}, {.on_event = go_on, .on_lost = again}, {.retry_open = true}), IsOk());
  EXPECT_EQ(lost, 3);
}

TEST(WatchStreamTest, EndsWhenItsTimeIsUp) {
  History history;
  WatchService service(&history);
  ServerFixture fixture({&service});
  const RankingClient client(fixture.address());
  EXPECT_THAT(WatchResuming(client, {}, {.on_event = [](const WatchEvent&) { return true; }}, {.watch_ms = 200}), IsOk());
  fixture.Stop();
  EXPECT_THAT(WatchResuming(client, {}, {.on_event = [](const WatchEvent&) { return true; }}, {.watch_ms = 200, .retry_open = true}),
              HasReason(Reason::UNAVAILABLE));
}

}  // namespace
}  // namespace anju::client
