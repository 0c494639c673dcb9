// The report stream against a small real server that keeps a ledger, loses answers and goes away.
#include "common/client/report_stream.h"

#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "common/client/ledger_testing.h"
#include "common/testing/testing.h"

namespace anju::client {
namespace {

using ::anju::testing::HasReason;
using ::anju::testing::IsOk;
using ::anju::testing::ServerFixture;
TEST(ReportStreamTest, SendsAWindowAtATimeAndAnswersAll) {
  Ledger ledger;
  LedgerService service(&ledger, 0);
  const ServerFixture fixture({&service});
  std::atomic<uint64_t> answered = 0, verdicts = 0;
  auto stream = ReportStream::Open(fixture.address(), {.source = "s"}, {.on_verdict = [&](const auto&) { ++verdicts; }, .on_answered = [&](uint64_t items) { answered = items; }});
  ASSERT_THAT(stream, IsOk());
  EXPECT_EQ((*stream)->opened_at(), 0u);
  const auto first = (*stream)->Define(Series("甲")), second = (*stream)->Define(Series("乙")), again = (*stream)->Define(Series("甲"));
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(*first, *again);
  EXPECT_NE(*first, *second);
  constexpr uint64_t kItems = 2 * kWindowItemsMax + 500;
  ASSERT_THAT((*stream)->Send(1, Items(*first, kItems, 5)), IsOk());
  ASSERT_THAT((*stream)->Send(kItems + 1, Items(*second, 1, -5)), IsOk());
  const auto basis = (*stream)->Finish();
  ASSERT_THAT(basis, IsOk());
  EXPECT_EQ(basis->token(), "at " + std::to_string(kItems + 1));
  EXPECT_EQ((*stream)->acked_sequence(), kItems + 1);
  EXPECT_EQ(answered, kItems + 1);
  EXPECT_EQ(verdicts, 1u) << "the refusal";
  EXPECT_EQ(ledger.recorded()[1], "甲 5");
  EXPECT_EQ(ledger.recorded()[kItems + 1], "乙 -5");
}

TEST(ReportStreamTest, RepeatsGetTheirFirstAnswers) {
  Ledger ledger;
  LedgerService service(&ledger, 0);
  const ServerFixture fixture({&service});
  for (const bool repeated : {false, true}) {
    std::map<uint64_t, progress::v1::Verdict> verdicts;
    auto stream = ReportStream::Open(fixture.address(), {.source = "s"}, {.on_verdict = [&](const progress::v1::Verdict& v) { verdicts[v.source_sequence()] = v; }});
    ASSERT_THAT(stream, IsOk());
    EXPECT_EQ((*stream)->opened_at(), repeated ? 10u : 0u);
    const auto series = (*stream)->Define(Series("甲"));
    ASSERT_THAT((*stream)->Send(1, Items(*series, 9, 5)), IsOk());
    ASSERT_THAT((*stream)->Send(10, Items(*series, 1, -5)), IsOk());
    ASSERT_THAT((*stream)->Finish(), IsOk());
    EXPECT_EQ(verdicts.size(), repeated ? 10u : 1u);
    EXPECT_EQ(verdicts[10].verdict(), progress::v1::ITEM_VERDICT_REFUSED);
    EXPECT_EQ(verdicts[10].repeated(), repeated);
  }
  EXPECT_EQ(ledger.recorded().size(), 10u);
}

TEST(ReportStreamTest, FlagsOfAcceptedItemsAreHandedOn) {
  Ledger ledger;
  LedgerService service(&ledger, 0);
  const ServerFixture fixture({&service});
  for (const bool repeated : {false, true}) {
    std::vector<progress::v1::Verdict> flagged;
    std::atomic<uint64_t> answered = 0;
    auto stream = ReportStream::Open(fixture.address(), {.source = "s"},
                                     {.on_verdict = [&](const progress::v1::Verdict& v) { if (!v.flags().empty()) flagged.push_back(v); },
                                      .on_answered = [&](uint64_t items) { answered = items; }});
    ASSERT_THAT(stream, IsOk());
    const auto series = (*stream)->Define(Series("甲"));
    ASSERT_THAT((*stream)->Send(1, Items(*series, 3, 5)), IsOk());
    ASSERT_THAT((*stream)->Send(4, Items(*series, 1, kFlagged)), IsOk());
    ASSERT_THAT((*stream)->Finish(), IsOk());
    EXPECT_EQ(answered, 4u);
    ASSERT_EQ(flagged.size(), 1u);
    EXPECT_EQ(flagged[0].source_sequence(), 4u);
    EXPECT_EQ(flagged[0].verdict(), progress::v1::ITEM_VERDICT_UNSPECIFIED) << "it was accepted";
    EXPECT_EQ(flagged[0].flags(0).rule(), "falling");
    EXPECT_EQ(flagged[0].repeated(), repeated);
  }
}

// Whatever is lost on the way, every item is recorded once and its verdict told once, as if nothing had happened.
TEST(ReportStreamTest, SurvivesLostAnswersAndRestarts) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  Ledger ledger;
  LedgerService service(&ledger, 3);  // every stream dies after three messages, its last answer lost
  auto fixture = std::make_unique<ServerFixture>(std::vector<grpc::Service*>{&service});
  const std::string address = fixture->address();
  std::atomic<bool> stop = false;
  std::map<uint64_t, int> told;
  std::atomic<int> repeated = 0;
  auto stream = ReportStream::Open(address, {.source = "s"}, {.on_verdict = [&](const progress::v1::Verdict& v) {
                                     ++told[v.source_sequence()];
                                     repeated += v.repeated();
                                   }});
  ASSERT_THAT(stream, IsOk());
  std::thread restarts([&] {
    for (int i = 0; i < 3 && !stop; ++i) {
      fixture->Stop();
      fixture = std::make_unique<ServerFixture>(std::vector<grpc::Service*>{&service}, "test", address);
    }
  });
  uint64_t next = 1;
  std::vector<uint64_t> refused;  // or flagged
  for (int i = 0; i < 30; ++i) {
    const auto series = (*stream)->Define(Series("region " + std::to_string(i % 7)));
    const size_t count = 1 + random() % 300;
    const int64_t amount = std::vector<int64_t>{-1, kFlagged, i, i, i}[random() % 5];
    ASSERT_THAT((*stream)->Send(next, Items(*series, count, amount)), IsOk());
    for (size_t k = 0; amount != i && k < count; ++k) refused.push_back(next + k);
    next += count;
  }
  EXPECT_THAT((*stream)->Finish(), IsOk());
  stop = true;
  restarts.join();
  EXPECT_EQ(ledger.recorded().size(), next - 1);
  EXPECT_GT((*stream)->reconnects(), 3);
  EXPECT_EQ(repeated, 0) << "to the caller nothing was sent twice";
  ASSERT_EQ(told.size(), refused.size());
  for (const uint64_t sequence : refused) EXPECT_EQ(told[sequence], 1) << sequence;
}

TEST(ReportStreamTest, EndsWithTheServersReason) {
  Ledger ledger;
  LedgerService service(&ledger, 0);
  const ServerFixture fixture({&service});
  EXPECT_THAT(ReportStream::Open(fixture.address(), {.source = "replaced"}, {}), HasReason(Reason::STREAM_REPLACED));
  auto stream = ReportStream::Open(fixture.address(), {.source = "s"}, {});
  ASSERT_THAT(stream, IsOk());
  const auto series = (*stream)->Define(Series("甲"));
  ASSERT_THAT((*stream)->Send(5, Items(*series, 1, 1)), IsOk());
  EXPECT_THAT((*stream)->Finish(), HasReason(Reason::SEQUENCE_GAP));
  EXPECT_EQ((*stream)->reconnects(), 0) << "a gap does not close by itself";
}

TEST(ReportStreamTest, NumbersMustRise) {
  Ledger ledger;
  LedgerService service(&ledger, 0);
  const ServerFixture fixture({&service});
  auto stream = ReportStream::Open(fixture.address(), {.source = "s"}, {});
  ASSERT_THAT(stream, IsOk());
  const auto series = (*stream)->Define(Series("甲"));
  EXPECT_THAT((*stream)->Send(1, Items(*series, 2, 1)), IsOk());
  EXPECT_THAT((*stream)->Send(2, Items(*series, 1, 1)), HasReason(Reason::SEQUENCE_CONFLICT));
  EXPECT_THAT((*stream)->Finish(), IsOk());
}

TEST(ReportStreamTest, GivesUpOnALostServer) {
  Ledger ledger;
  LedgerService service(&ledger, 1);
  ServerFixture fixture({&service});
  auto stream = ReportStream::Open(fixture.address(), {.source = "s", .reconnect_ms = 200}, {});
  ASSERT_THAT(stream, IsOk());
  const auto series = (*stream)->Define(Series("甲"));
  fixture.Stop();
  EXPECT_THAT((*stream)->Send(1, Items(*series, 1, 1)), IsOk()) << "queued";
  EXPECT_THAT((*stream)->Finish(), HasReason(Reason::UNAVAILABLE));
}

// A service that lost what it acknowledged is not taken for one that is merely behind.
TEST(ReportStreamTest, NoticesAServiceThatWasRolledBack) {
  Ledger ledger;
  LedgerService service(&ledger, 0);
  auto fixture = std::make_unique<ServerFixture>(std::vector<grpc::Service*>{&service});
  const std::string address = fixture->address();
  std::atomic<uint64_t> answered = 0;
  auto stream = ReportStream::Open(address, {.source = "s"}, {.on_answered = [&](uint64_t items) { answered = items; }});
  ASSERT_THAT(stream, IsOk());
  const auto series = (*stream)->Define(Series("甲"));
  ASSERT_THAT((*stream)->Send(1, Items(*series, 5, 1)), IsOk());
  ASSERT_TRUE(anju::testing::WaitUntil([&] { return answered == 5; }));
  fixture->Stop();
  ledger.Lose(3);
  fixture = std::make_unique<ServerFixture>(std::vector<grpc::Service*>{&service}, "test", address);
  (void)(*stream)->Send(6, Items(*series, 1, 1));
  const auto basis = (*stream)->Finish();
  EXPECT_THAT(basis, HasReason(Reason::ROLLED_BACK));
  EXPECT_EQ(ErrorsOf(basis.status()).front().value, "4..5");
}

TEST(ReportStreamTest, AnAbandonedStreamCloses) {
  Ledger ledger;
  LedgerService service(&ledger, 0);
  const ServerFixture fixture({&service});
  auto stream = ReportStream::Open(fixture.address(), {.source = "s"}, {});
  ASSERT_THAT(stream, IsOk());
  const auto series = (*stream)->Define(Series("甲"));
  EXPECT_THAT((*stream)->Send(1, Items(*series, 3'000, 1)), IsOk());
  stream->reset();
}

}  // namespace
}  // namespace anju::client
