// The report stream against a small real server that keeps a ledger, loses answers and goes away.
#include "common/client/report_stream.h"

#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include <grpcpp/grpcpp.h>

#include "anju/progress/v1/progress.grpc.pb.h"
#include "common/rpc/rpc.h"
#include "common/testing/testing.h"

namespace anju::client {
namespace {

using ::anju::testing::HasReason;
using ::anju::testing::IsOk;
using ::anju::testing::ServerFixture;
using progress::v1::ReportRequest;
using progress::v1::ReportResponse;

constexpr int64_t kFlagged = 777;  // an amount that a soft check looks askance at

// What is durable, in memory: it outlives the servers in front of it as a journal does.
struct Ledger {
  std::mutex mutex;
  std::map<uint64_t, std::string> items;         // number → "region amount"
  std::map<uint64_t, progress::v1::Verdict> refusals;  // and flagged ones
  int counted_twice = 0;                          // an item recorded again under its number
};

// Reports by the contract, one message at a time. After `die_after` messages a stream records its message and ends without the ack.
class LedgerService final : public progress::v1::ProgressService::Service {
 public:
  LedgerService(Ledger* ledger, int die_after) : ledger_(ledger), die_after_(die_after) {}

  grpc::Status Report(grpc::ServerContext*, grpc::ServerReaderWriter<ReportResponse, ReportRequest>* stream) override {
    ReportRequest request;
    if (!stream->Read(&request) || !request.has_open()) return rpc::ToGrpc(MakeError(Reason::STREAM_NOT_OPENED, "", "", "no Open"));
    if (request.open().source() == "replaced") return rpc::ToGrpc(MakeError(Reason::STREAM_REPLACED, "", "", "another stream"));
    stream->Write(Answer({}));
    std::map<uint32_t, std::string> regions;
    for (int messages = 1; stream->Read(&request); ++messages) {
      std::vector<progress::v1::Verdict> verdicts;
      for (const auto& series : request.items().definitions()) regions[series.index()] = series.region();
      for (int i = 0; i < request.items().items_size(); ++i) {
        const uint64_t sequence = request.items().first_sequence() + static_cast<uint64_t>(i);
        const absl::Status status = Record(sequence, request.items().items(i), regions, &verdicts);
        if (!status.ok()) return rpc::ToGrpc(status);
      }
      if (die_after_ > 0 && messages >= die_after_) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone");
      stream->Write(Answer(verdicts));
    }
    return grpc::Status::OK;
  }

 private:
  absl::Status Record(uint64_t sequence, const progress::v1::Item& item, const std::map<uint32_t, std::string>& regions,
                      std::vector<progress::v1::Verdict>* verdicts) {
    const std::lock_guard lock(ledger_->mutex);
    if (!regions.contains(item.series())) return MakeError(Reason::UNKNOWN_SERIES, "series", "", "never defined on this stream");
    const std::string content = regions.at(item.series()) + " " + std::to_string(item.amount());
    if (sequence <= ledger_->items.size()) {
      progress::v1::Verdict verdict;
      if (ledger_->refusals.contains(sequence)) verdict = ledger_->refusals[sequence];
      verdict.set_source_sequence(sequence);
      verdict.set_repeated(true);
      if (ledger_->items[sequence] != content) verdict.set_verdict(progress::v1::ITEM_VERDICT_CONFLICT);
      verdicts->push_back(verdict);
      return absl::OkStatus();
    }
    if (sequence != ledger_->items.size() + 1) return MakeError(Reason::SEQUENCE_GAP, "sequence", std::to_string(sequence), "a gap");
    ledger_->items[sequence] = content;
    if (item.amount() == kFlagged) {
      progress::v1::Verdict verdict;
      verdict.set_source_sequence(sequence);
      verdict.add_flags()->set_rule("falling");
      ledger_->refusals[sequence] = verdict;
      verdicts->push_back(verdict);
    }
    if (item.amount() < 0) {
      progress::v1::Verdict verdict;
      verdict.set_source_sequence(sequence);
      verdict.set_verdict(progress::v1::ITEM_VERDICT_REFUSED);
      verdict.mutable_error()->set_reason("NEGATIVE_NUMBER");
      ledger_->refusals[sequence] = verdict;
      verdicts->push_back(verdict);
    }
    return absl::OkStatus();
  }
  ReportResponse Answer(const std::vector<progress::v1::Verdict>& verdicts) {
    const std::lock_guard lock(ledger_->mutex);
    ReportResponse response;
    response.set_acked_sequence(ledger_->items.size());
    for (const auto& verdict : verdicts) *response.add_verdicts() = verdict;
    response.mutable_basis()->set_token("at " + std::to_string(ledger_->items.size()));
    return response;
  }

  Ledger* const ledger_;
  const int die_after_;
};

progress::v1::SeriesDefinition Series(const std::string& region) {
  progress::v1::SeriesDefinition series;
  series.set_region(region);
  return series;
}

std::vector<progress::v1::Item> Items(uint32_t series, size_t count, int64_t amount) {
  std::vector<progress::v1::Item> items(count);
  for (auto& item : items) {
    item.set_series(series);
    item.set_amount(amount);
  }
  return items;
}

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
  EXPECT_EQ(ledger.items[1], "甲 5");
  EXPECT_EQ(ledger.items[kItems + 1], "乙 -5");
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
  EXPECT_EQ(ledger.items.size(), 10u);
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
  EXPECT_EQ(ledger.items.size(), next - 1);
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
