// Outboxes on a real disk, against the ledger: killed between any two steps, with a service that goes away or comes back older.
#include "common/client/outbox.h"

#include <filesystem>
#include <fstream>

#include "common/client/ledger_testing.h"
#include "common/testing/testing.h"

namespace anju::client {
namespace {

namespace fs = std::filesystem;
using ::anju::testing::HasReason;
using ::anju::testing::IsOk;
using ::anju::testing::ServerFixture;
using ::anju::testing::TempDir;

progress::v1::Items Rows(const std::string& region, size_t count, int64_t amount) {
  progress::v1::Items items;
  auto* series = items.add_definitions();
  series->set_index(0);
  series->set_region(region);
  for (size_t i = 0; i < count; ++i) items.add_items()->set_amount(amount);
  return items;
}

class OutboxTest : public ::testing::Test {
 protected:
  std::unique_ptr<Outbox> Open(const std::string& source = "s") {
    auto outbox = Outbox::Open(directory_.path(), source);
    EXPECT_THAT(outbox, IsOk());
    return outbox.ok() ? *std::move(outbox) : nullptr;
  }
  std::string BatchPath(int first) { return directory_ / ("s.outbox/" + std::string(20 - std::to_string(first).size(), '0') + std::to_string(first) + ".batch"); }

  TempDir directory_;
  Ledger ledger_;
};

TEST_F(OutboxTest, NumbersGoOnAndTheSameBytesAreTakenOnce) {
  auto outbox = Open();
  const auto first = outbox->Put("d1", "one.csv", Rows("甲", 3, 5), 1), second = outbox->Put("d2", "two.csv", Rows("甲", 2, 7), 2);
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(first->first, 1u);
  EXPECT_EQ(second->first, 4u);
  outbox.reset();
  outbox = Open();
  const auto again = outbox->Put("d1", "renamed.csv", Rows("甲", 3, 5), 3);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->first, 1u);
  EXPECT_EQ(again->name, "one.csv");
  EXPECT_EQ(outbox->last(), 5u);
  EXPECT_EQ(outbox->batches().size(), 2u);
}

TEST_F(OutboxTest, WhatWasStoredIsSentByTheNextProcessAndCountsOnce) {
  LedgerService service(&ledger_, 0);
  const ServerFixture fixture({&service});
  (void)Open()->Put("d1", "one.csv", Rows("甲", 1500, 5), 1);  // the process ends here
  auto outbox = Open();
  EXPECT_EQ(outbox->acked(), 0u);
  ASSERT_THAT(outbox->Put("d2", "two.csv", Rows("乙", 10, 7), 2), IsOk());
  const auto basis = outbox->Send(fixture.address(), {}, {});
  ASSERT_THAT(basis, IsOk());
  EXPECT_EQ(basis->token(), "at 1510");
  EXPECT_EQ(outbox->acked(), 1510u);
  EXPECT_EQ(ledger_.recorded()[1510], "乙 7");
  // The hint of what was answered is lost with a power failure: everything goes again and counts nothing.
  outbox.reset();
  fs::remove(directory_ / "s.outbox/acked");
  outbox = Open();
  uint64_t repeated = 0;
  ASSERT_THAT(outbox->Send(fixture.address(), {}, {.on_verdict = [&](const auto& verdict) { repeated += verdict.repeated(); }}), IsOk());
  EXPECT_EQ(ledger_.recorded().size(), 1510u);
  EXPECT_EQ(repeated, 1510u);
}

TEST_F(OutboxTest, ServersThatLoseTheirAnswersCostNothing) {
  LedgerService service(&ledger_, 2);  // every stream ends without the answer to its second message, which is recorded
  const ServerFixture fixture({&service});
  auto outbox = Open();
  for (int i = 0; i < 5; ++i) ASSERT_THAT(outbox->Put("d" + std::to_string(i), "f", Rows("甲", 700, i), i), IsOk());
  ASSERT_THAT(outbox->Send(fixture.address(), {}, {}), IsOk());
  EXPECT_EQ(ledger_.recorded().size(), 3500u);
  EXPECT_EQ(outbox->acked(), 3500u);
}

TEST_F(OutboxTest, AServiceThatWasRolledBackGetsWhatItLost) {
  LedgerService service(&ledger_, 0);
  const ServerFixture fixture({&service});
  auto outbox = Open();
  ASSERT_THAT(outbox->Put("d1", "one.csv", Rows("甲", 6, 5), 1), IsOk());
  ASSERT_THAT(outbox->Put("d2", "two.csv", Rows("乙", 4, 7), 2), IsOk());
  ASSERT_THAT(outbox->Send(fixture.address(), {}, {}), IsOk());
  const std::map<uint64_t, std::string> everything = ledger_.recorded();
  ledger_.Lose(3);
  uint64_t there = 0, acknowledged = 0;
  ASSERT_THAT(outbox->Send(fixture.address(), {}, {.on_rolled_back = [&](uint64_t a, uint64_t b) { there = a, acknowledged = b; }}), IsOk());
  EXPECT_EQ(there, 3u);
  EXPECT_EQ(acknowledged, 10u);
  EXPECT_EQ(ledger_.recorded(), everything);
}

TEST_F(OutboxTest, WhatIsNoLongerKeptCannotBeSentAgain) {
  LedgerService service(&ledger_, 0);
  const ServerFixture fixture({&service});
  auto outbox = Open();
  progress::v1::Items large = Rows("甲", 300, 5);
  for (auto& item : *large.mutable_items()) item.set_explanation(std::string(30'000, 'x'));
  ASSERT_THAT(outbox->Put("d1", "one.csv", large, 1), IsOk());
  ASSERT_THAT(outbox->Put("d2", "two.csv", large, 2), IsOk());
  ASSERT_THAT(outbox->Send(fixture.address(), {}, {}), IsOk());
  EXPECT_FALSE(outbox->batches()[0].kept) << "beyond " << kOutboxKeepBytes;
  EXPECT_TRUE(outbox->batches()[1].kept);
  outbox.reset();
  outbox = Open();
  EXPECT_EQ(outbox->last(), 600u);
  EXPECT_EQ(outbox->Put("d1", "one.csv", large, 3)->first, 1u) << "its digest is remembered";
  ledger_.Lose(400);
  EXPECT_THAT(outbox->Send(fixture.address(), {}, {}), IsOk()) << "the second file is kept";
  EXPECT_EQ(ledger_.recorded().size(), 600u);
  ledger_.Lose(100);
  const auto refused = outbox->Send(fixture.address(), {}, {});
  EXPECT_THAT(refused, HasReason(Reason::ROLLED_BACK));
  EXPECT_EQ(ErrorsOf(refused.status()).front().value, "101..300");
  EXPECT_EQ(ledger_.recorded().size(), 100u) << "nothing was sent beyond the gap";
}

TEST_F(OutboxTest, VerdictsOfAFileAreHeardAgain) {
  LedgerService service(&ledger_, 0);
  const ServerFixture fixture({&service});
  auto outbox = Open();
  ASSERT_THAT(outbox->Put("d1", "one.csv", Rows("甲", 2, -5), 1), IsOk());
  const auto second = outbox->Put("d2", "two.csv", Rows("甲", 3, -5), 2);
  for (const bool again : {false, true}) {
    uint64_t refused = 0, repeated = 0;
    const OutboxCallbacks callbacks{.on_verdict = [&](const auto& verdict) { ++refused, repeated += verdict.repeated(); }, .on_answered = {}, .on_rolled_back = {}};
    ASSERT_THAT(outbox->Send(fixture.address(), {}, callbacks, &*second), IsOk());
    EXPECT_EQ(refused, again ? 3u : 5u);
    EXPECT_EQ(repeated, again ? 3u : 0u);
  }
}

TEST_F(OutboxTest, OneProcessAtATime) {
  const auto outbox = Open();
  EXPECT_THAT(Outbox::Open(directory_.path(), "s"), HasReason(Reason::DIRECTORY_IN_USE));
  EXPECT_THAT(Outbox::Open(directory_.path(), "other"), IsOk());
  EXPECT_THAT(Outbox::Open(directory_.path(), "../s"), HasReason(Reason::BAD_CODE));
  EXPECT_THAT(Outbox::List(directory_.path()), ::anju::testing::IsOkAndHolds(::testing::ElementsAre("other", "s")));
}

// Every byte of a stored file, flipped: refused, naming the file. A file that was not finished does not count.
TEST_F(OutboxTest, DamageIsNamed) {
  {
    const auto outbox = Open();
    ASSERT_THAT(outbox->Put("d1", "one.csv", Rows("甲", 2, 5), 1), IsOk());
    ASSERT_THAT(outbox->Put("d2", "two.csv", Rows("甲", 2, 6), 1), IsOk());
  }
  const std::string path = BatchPath(1), bytes = anju::testing::ReadFile(path);
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << (i % 8)));
    anju::testing::WriteFile(path, damaged);
    const auto opened = Outbox::Open(directory_.path(), "s");
    ASSERT_FALSE(opened.ok()) << "byte " << i;
    EXPECT_EQ(ErrorsOf(opened.status()).front().value, path);
  }
  for (size_t size = 0; size < bytes.size(); ++size) {
    anju::testing::WriteFile(path, bytes.substr(0, size));
    EXPECT_THAT(Outbox::Open(directory_.path(), "s"), HasReason(Reason::DATA_LOSS)) << size;
  }
  fs::remove(path);
  const auto missing = Outbox::Open(directory_.path(), "s");
  EXPECT_THAT(missing, HasReason(Reason::DATA_LOSS));
  EXPECT_EQ(ErrorsOf(missing.status()).front().value, path);
  anju::testing::WriteFile(path, bytes);
  anju::testing::WriteFile(path + ".part", bytes.substr(0, 20));
  anju::testing::WriteFile(directory_ / "s.outbox/acked", "torn");
  const auto healed = Open();
  ASSERT_NE(healed, nullptr);
  EXPECT_EQ(healed->last(), 4u);
  EXPECT_EQ(healed->acked(), 0u) << "a hint that cannot be read is none";
}

}  // namespace
}  // namespace anju::client
