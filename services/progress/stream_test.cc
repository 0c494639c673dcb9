// The Report stream over a real server, a real store and a real plan feed: order, ends, replacement, limits, restarts.
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "anju/feed/v1/feed.grpc.pb.h"
#include "services/progress/testing/service_fixture.h"

namespace anju::progress {
namespace {

using anju::testing::HasReason;
using anju::testing::IsOk;
using testing::Define;
using testing::MakeItem;
using testing::Numbered;
using testing::ServiceFixture;
using testing::StreamClient;

class StreamTest : public ServiceFixture {};

TEST_F(StreamTest, TheFirstAnswerTellsWhereTheSourceStandsAndAcksNameTheirBasis) {
  StartReady();
  StreamClient client(*stub_);
  ASSERT_TRUE(client.Open("s"));
  v1::ReportResponse first;
  ASSERT_TRUE(client.Read(&first));
  EXPECT_EQ(first.acked_sequence(), 0u);
  EXPECT_EQ(first.basis().basis().plan().sequence(), 3u);
  ASSERT_TRUE(client.Send(Numbered(1, 100)));
  ASSERT_TRUE(client.ReadUntil(100));
  EXPECT_EQ(client.response().verdicts_size(), 0);
  EXPECT_EQ(client.response().basis().basis().progress(0).sequence(), 102u);  // the source, the series, and a hundred updates
  EXPECT_FALSE(client.response().basis().token().empty());
  EXPECT_GT(client.response().basis().recorded_time_us(), 0);
  client.HalfClose();
  EXPECT_THAT(client.Finish(), IsOk());

  StreamClient second(*stub_);
  ASSERT_TRUE(second.Open("s"));
  ASSERT_TRUE(second.Read(&first));
  EXPECT_EQ(first.acked_sequence(), 100u);
}

TEST_F(StreamTest, EmptyStreamsEndWithOk) {
  StartReady();
  StreamClient nothing(*stub_);
  nothing.HalfClose();
  EXPECT_THAT(nothing.Finish(), IsOk());
  StreamClient opened(*stub_);
  ASSERT_TRUE(opened.Open("s"));
  opened.HalfClose();
  EXPECT_THAT(opened.Finish(), IsOk());
  EXPECT_EQ(opened.response().acked_sequence(), 0u);
}

TEST_F(StreamTest, HalfClosingWaitsForTheLastVerdict) {
  StartReady();
  StreamClient client(*stub_);
  ASSERT_TRUE(client.Open("s"));
  for (uint64_t first = 1; first <= 5'000; first += 100) ASSERT_TRUE(client.Send(Numbered(first, 100)));
  client.HalfClose();
  EXPECT_THAT(client.Finish(), IsOk());
  EXPECT_EQ(client.response().acked_sequence(), 5'000u);
}

TEST_F(StreamTest, AClientThatDoesNotReadIsHeldBackAndLosesNothing) {
  StartReady();
  StreamClient client(*stub_);
  ASSERT_TRUE(client.Open("s"));
  // Every item is a repeat from the second round on, so that answers are large; nothing is read meanwhile.
  std::thread writer([&] {
    for (int round = 0; round < 60; ++round) {
      if (!client.Send(Numbered(1, 1'000))) return;
    }
    client.HalfClose();
  });
  std::vector<v1::Verdict> verdicts;
  v1::ReportResponse response;
  while (client.Read(&response)) verdicts.insert(verdicts.end(), response.verdicts().begin(), response.verdicts().end());
  writer.join();
  EXPECT_THAT(client.Finish(), IsOk());
  EXPECT_EQ(verdicts.size(), 59'000u);
}

TEST_F(StreamTest, AGapEndsTheStreamAfterWhatCameBefore) {
  StartReady();
  StreamClient client(*stub_);
  ASSERT_TRUE(client.Open("s"));
  ASSERT_TRUE(client.Send(Numbered(1, 10)));
  client.Send(Numbered(12, 10));
  client.Send(Numbered(11, 10));  // under way already; not taken
  const absl::Status status = client.Finish();
  EXPECT_THAT(status, HasReason(Reason::SEQUENCE_GAP));
  EXPECT_EQ(ErrorsOf(status).front().candidates, std::vector<std::string>{"11"});
  EXPECT_EQ(client.response().acked_sequence(), 10u);
  EXPECT_EQ(List().size(), 10u);
}

TEST_F(StreamTest, ASecondStreamOfASourceEndsTheFirst) {
  StartReady();
  StreamClient first(*stub_);
  ASSERT_TRUE(first.Open("s"));
  ASSERT_TRUE(first.Send(Numbered(1, 50)));
  ASSERT_TRUE(first.ReadUntil(50));
  StreamClient second(*stub_);
  ASSERT_TRUE(second.Open("s"));
  v1::ReportResponse response;
  ASSERT_TRUE(second.Read(&response));
  EXPECT_EQ(response.acked_sequence(), 50u);
  EXPECT_THAT(first.Finish(), HasReason(Reason::STREAM_REPLACED));
  ASSERT_TRUE(second.Send(Numbered(51, 50)));
  ASSERT_TRUE(second.ReadUntil(100));
  // Other sources are not concerned.
  StreamClient other(*stub_);
  ASSERT_TRUE(other.Open("t"));
  ASSERT_TRUE(other.Read(&response));
  ASSERT_TRUE(second.Send(Numbered(101, 1)));
  ASSERT_TRUE(second.ReadUntil(101));
}

TEST_F(StreamTest, ReplacedWithItemsInFlightEachIsThereOnce) {
  StartReady();
  // Streams of one source take over from each other while they send as fast as they can, always from where they were told.
  uint64_t reached = 0;
  std::vector<std::unique_ptr<StreamClient>> clients;
  for (int take_over = 0; take_over < 30; ++take_over) {
    clients.push_back(std::make_unique<StreamClient>(*stub_));
    StreamClient& client = *clients.back();
    ASSERT_TRUE(client.Open("s"));
    v1::ReportResponse response;
    ASSERT_TRUE(client.Read(&response));
    ASSERT_GE(response.acked_sequence(), reached);
    reached = response.acked_sequence();
    for (uint64_t first = reached + 1; first <= reached + 700; first += 70) {
      if (!client.Send(Numbered(first, 70))) break;
    }
  }
  for (size_t i = 0; i + 1 < clients.size(); ++i) EXPECT_THAT(clients[i]->Finish(), HasReason(Reason::STREAM_REPLACED));
  clients.back()->HalfClose();
  EXPECT_THAT(clients.back()->Finish(), IsOk());
  ExpectNumbered(List(), clients.back()->response().acked_sequence());
}

TEST_F(StreamTest, ACancelledStreamKeepsWhatWasAckedOnce) {
  StartReady();
  uint64_t acked = 0;
  for (int attempt = 0; attempt < 10; ++attempt) {
    StreamClient client(*stub_);
    ASSERT_TRUE(client.Open("s"));
    v1::ReportResponse response;
    ASSERT_TRUE(client.Read(&response));
    EXPECT_GE(response.acked_sequence(), acked);
    for (uint64_t first = 1 + static_cast<uint64_t>(attempt) * 90; first <= static_cast<uint64_t>(attempt) * 90 + 300; first += 30) {
      client.Send(Numbered(first, 30));
    }
    ASSERT_TRUE(client.ReadUntil(acked + 1));
    acked = client.response().acked_sequence();
    client.Cancel();
    EXPECT_FALSE(client.Finish().ok());
  }
  const auto updates = List();
  EXPECT_GE(updates.size(), acked);
  ExpectNumbered(updates, updates.size());
}

TEST_F(StreamTest, WhatIsNotAsAgreedEndsTheStreamWithItsReason) {
  StartReady();
  v1::Items too_many = Numbered(1, 1'001);
  v1::Items zero = Numbered(1, 1);
  zero.set_first_sequence(0);
  v1::Items index = Numbered(1, 1);
  index.mutable_definitions(0)->set_index(1'048'576);
  v1::Items long_name = Numbered(1, 1);
  long_name.mutable_definitions(0)->set_region(std::string(300, 'x'));
  v1::Items undefined = Numbered(1, 1);
  undefined.mutable_items(0)->set_series(7);
  v1::Items large = Numbered(1, 1);
  large.mutable_items(0)->set_explanation(std::string(5 << 20, 'x'));
  v1::Items huge = Numbered(1, 1);
  huge.mutable_items(0)->set_explanation(std::string(17 << 20, 'x'));
  const std::tuple<const char*, v1::Items, Reason> cases[] = {
      {"too many items", too_many, Reason::TOO_MANY_ROWS},      {"number zero", zero, Reason::BAD_VALUE},
      {"an index too high", index, Reason::BAD_VALUE},          {"a name too long", long_name, Reason::BAD_VALUE},
      {"never defined", undefined, Reason::UNKNOWN_SERIES},     {"nothing", v1::Items(), Reason::EMPTY_REQUEST},
      {"a large message", large, Reason::MESSAGE_TOO_LARGE},    {"more than the transport takes", huge, Reason::MESSAGE_TOO_LARGE},
  };
  for (const auto& [name, items, reason] : cases) {
    SCOPED_TRACE(name);
    StreamClient client(*stub_);
    ASSERT_TRUE(client.Open("s"));
    client.Send(items);
    EXPECT_THAT(client.Finish(), HasReason(reason));
    EXPECT_EQ(client.response().acked_sequence(), 0u);
  }
  StreamClient twice(*stub_);
  twice.Open("s");
  twice.Open("s");
  EXPECT_THAT(twice.Finish(), HasReason(Reason::STREAM_NOT_OPENED));
  StreamClient never(*stub_);
  never.Send(Numbered(1, 1));
  EXPECT_THAT(never.Finish(), HasReason(Reason::STREAM_NOT_OPENED));
  StreamClient neither(*stub_);
  neither.Open("s");
  neither.Write(v1::ReportRequest());
  EXPECT_THAT(neither.Finish(), HasReason(Reason::EMPTY_REQUEST));
  for (const auto& [source, token, reason] : {std::tuple("", "", Reason::MISSING_FIELD), std::tuple("a b", "", Reason::BAD_CODE),
                                              std::tuple("s", "no token", Reason::BAD_TOKEN)}) {
    StreamClient client(*stub_);
    client.Open(source, token);
    EXPECT_THAT(client.Finish(), HasReason(reason)) << source;
  }
  EXPECT_EQ(List().size(), 0u);
}

TEST_F(StreamTest, IsNotReadyBeforeItHasSeenThePlanJournal) {
  Start();
  StreamClient client(*stub_);
  client.Open("s");
  EXPECT_THAT(client.Finish(), HasReason(Reason::NOT_READY));
}

TEST_F(StreamTest, PlanAtLeastWaitsForThePlanAndEndsAtTheDeadline) {
  Start();
  const std::string token = plan_->AppendRegistry();
  StreamClient waits(*stub_);
  ASSERT_TRUE(waits.Open("s", token));
  ASSERT_TRUE(waits.Send(Numbered(1, 5)));
  ASSERT_TRUE(waits.ReadUntil(5));
  EXPECT_EQ(waits.response().verdicts_size(), 0);
  EXPECT_GE(waits.response().basis().basis().plan().sequence(), 3u);

  journal::Position later;
  ASSERT_OK_AND_ASSIGN(const types::v1::Basis basis, rpc::ParseToken(token));
  ASSERT_OK_AND_ASSIGN(later, rpc::FromProto(basis.plan()));
  later.sequence = 99;
  StreamClient never(*stub_, 500);
  never.Open("s", testing::PlanToken(later));
  // Both ends know the deadline; whichever is faster says so.
  EXPECT_EQ(never.Finish().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(StreamTest, RepeatsGetTheSameAnswersAfterARestartAndWithoutTheStateStore) {
  StartReady();
  v1::Items items = Numbered(1, 40);
  *items.add_definitions() = Define(1, "德钦县");
  for (int i = 0; i < 40; i += 4) items.mutable_items(i)->set_series(1);       // refused: ambiguous
  for (int i = 1; i < 40; i += 4) *items.mutable_items(i + 1) = items.items(i);  // unchanged
  std::vector<v1::Verdict> original;
  {
    StreamClient client(*stub_);
    ASSERT_TRUE(client.Open("s"));
    ASSERT_TRUE(client.Send(items));
    ASSERT_TRUE(client.ReadUntil(40, &original));
    client.HalfClose();
    EXPECT_THAT(client.Finish(), IsOk());
  }
  ASSERT_EQ(original.size(), 20u);
  for (const bool without_state : {false, true, true}) {
    SCOPED_TRACE(without_state);
    Stop();
    if (without_state) std::filesystem::remove_all(directory_ / "progress/state");
    Start();
    ASSERT_TRUE(WaitForPlan(2));
    StreamClient client(*stub_);
    ASSERT_TRUE(client.Open("s"));
    v1::ReportResponse opened;
    ASSERT_TRUE(client.Read(&opened));
    EXPECT_EQ(opened.acked_sequence(), 40u);
    std::vector<v1::Verdict> repeated;
    ASSERT_TRUE(client.Send(items));
    while (repeated.size() < 40) ASSERT_TRUE(client.ReadUntil(40, &repeated));
    size_t next = 0;
    for (v1::Verdict& verdict : repeated) {
      EXPECT_TRUE(verdict.repeated());
      if (verdict.verdict() == v1::ITEM_VERDICT_UNSPECIFIED) continue;
      verdict.set_repeated(false);
      ASSERT_LT(next, original.size());
      EXPECT_EQ(verdict.SerializeAsString(), original[next++].SerializeAsString());
    }
    EXPECT_EQ(next, original.size());
  }
}

TEST_F(StreamTest, StoppingWithOpenStreamsEndsThemAndDoesNotHang) {
  StartReady();
  StreamClient idle(*stub_);
  ASSERT_TRUE(idle.Open("idle"));
  v1::ReportResponse response;
  ASSERT_TRUE(idle.Read(&response));
  journal::Position later;
  later.journal_id[0] = 1;
  later.sequence = 99;
  StreamClient waiting(*stub_);
  ASSERT_TRUE(waiting.Open("waiting", testing::PlanToken(later)));
  StreamClient silent(*stub_);  // never even opens
  const auto start = std::chrono::steady_clock::now();
  Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(rpc::kDrainMs + 5'000));
  EXPECT_FALSE(idle.Finish().ok());
  EXPECT_FALSE(waiting.Finish().ok());
}

TEST_F(StreamTest, StoppingUnderLoadDoesNotWaitForClientsThatNeverRead) {
  StartReady();
  StreamClient first(*stub_);
  ASSERT_TRUE(first.Open("first"));
  for (uint64_t from = 1; from <= 20'000; from += 1'000) ASSERT_TRUE(first.Send(Numbered(from, 1'000)));
  first.HalfClose();
  ASSERT_THAT(first.Finish(), IsOk());
  // A follower and a stream that take nothing: every window between here and there fills.
  grpc::ClientContext context;
  const auto follower = feed::v1::FeedService::NewStub(channel_)->Follow(&context, feed::v1::FollowRequest());
  StreamClient deaf(*stub_);
  ASSERT_TRUE(deaf.Open("first"));
  std::atomic<int> sent = 0;
  std::thread sending([&] {
    while (deaf.Send(Numbered(16'001, 1'000))) ++sent;
  });
  StreamClient busy(*stub_);
  ASSERT_TRUE(busy.Open("busy"));
  std::atomic<uint64_t> acked = 0;
  std::thread reading([&] {
    v1::ReportResponse response;
    while (busy.Read(&response)) acked = response.acked_sequence();
  });
  std::thread writing([&] {
    for (uint64_t from = 1; busy.Send(Numbered(from, 100)); from += 100) {
    }
  });
  ASSERT_TRUE(anju::testing::WaitUntil([&] { return sent > 8 && acked > 2'000; }));
  const auto start = std::chrono::steady_clock::now();
  Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(rpc::kDrainMs + 5'000));
  for (std::thread* thread : {&sending, &reading, &writing}) thread->join();
  EXPECT_FALSE(deaf.Finish().ok());
  EXPECT_FALSE(busy.Finish().ok());
  context.TryCancel();
  // What was acknowledged is there once.
  Start();
  ASSERT_TRUE(WaitForPlan(2));
  v1::ListUpdatesRequest request;
  request.set_source("busy");
  request.set_refusals(true);
  const std::vector<v1::ListedUpdate> updates = List(request);
  EXPECT_GE(updates.size(), acked);
  ExpectNumbered(updates, updates.size());
}

TEST_F(StreamTest, AReplacedStreamWhoseMessageFoundTheQueueFullEnds) {
  StartReady();
  StreamClient first(*stub_), second(*stub_);
  ASSERT_TRUE(first.Open("s"));
  v1::ReportResponse response;
  ASSERT_TRUE(first.Read(&response));
  HoldTheDecider();
  // In the queue: the stream that takes over, then a message of the first. Its second message finds no place and is parked.
  ASSERT_TRUE(second.Open("s"));
  ASSERT_TRUE(WaitForQueued(1));
  ASSERT_TRUE(first.Send(Numbered(1, 1)));
  ASSERT_TRUE(WaitForQueued(2));
  FillTheQueue();
  ASSERT_TRUE(first.Send(Numbered(2, 1)));
  ASSERT_TRUE(second.Send(Numbered(1, 1)));  // parked or read later, as it comes
  ReleaseTheDecider();
  EXPECT_THAT(first.Finish(), HasReason(Reason::STREAM_REPLACED));
  second.Cancel();
}

TEST_F(StreamTest, ManyStreamsAtOnceEachCountOnce) {
  StartReady();
  std::vector<std::thread> threads;
  for (int source = 0; source < 16; ++source) {
    threads.emplace_back([this, source] {
      StreamClient client(*stub_);
      ASSERT_TRUE(client.Open("s" + std::to_string(source)));
      std::thread reader([&] { EXPECT_TRUE(client.ReadUntil(2'000)); });
      for (uint64_t first = 1; first <= 2'000; first += 50) ASSERT_TRUE(client.Send(Numbered(first, 50)));
      reader.join();
      client.HalfClose();
      EXPECT_THAT(client.Finish(), IsOk());
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int source = 0; source < 16; ++source) {
    v1::ListUpdatesRequest request;
    request.set_source("s" + std::to_string(source));
    request.set_refusals(true);
    ExpectNumbered(List(request), 2'000);
  }
}

}  // namespace
}  // namespace anju::progress
