// The intake against a simple model: exactly once under repeats, conflicts, gaps and reordered resends.
#include "services/progress/intake.h"

#include <map>
#include <random>

#include <gtest/gtest.h>

#include "services/progress/testing/intake_fixture.h"

namespace anju::progress {
namespace {

using testing::Definition;
using testing::IntakeTest;
using testing::Local;
using testing::MakeItem;
using testing::Message;

TEST_F(IntakeTest, AcceptedItemsAreNotListedAndTheOthersAre) {
  auto intake = Open("s");
  ASSERT_TRUE(Take(*intake, Message(1, {MakeItem(0, 10), MakeItem(0, 10), MakeItem(1, 5), MakeItem(2, 7)})).ok());
  EXPECT_EQ(taken_.acked, 4u);
  ASSERT_EQ(taken_.verdicts.size(), 2);
  EXPECT_EQ(taken_.verdicts[0].source_sequence(), 2u);
  EXPECT_EQ(taken_.verdicts[0].verdict(), v1::ITEM_VERDICT_UNCHANGED);
  EXPECT_EQ(taken_.verdicts[1].source_sequence(), 3u);
  EXPECT_EQ(taken_.verdicts[1].verdict(), v1::ITEM_VERDICT_REFUSED);
  EXPECT_EQ(taken_.verdicts[1].error().reason(), "AMBIGUOUS_REGION");
  EXPECT_EQ(taken_.verdicts[1].error().candidates_size(), 2);
}

TEST_F(IntakeTest, ARepeatGetsTheWholeOriginalAnswer) {
  auto intake = Open("s");
  const v1::Items message = Message(1, {MakeItem(0, 10), MakeItem(0, 10), MakeItem(1, 5)});
  ASSERT_TRUE(Take(*intake, message).ok());
  const Taken first = taken_;
  const uint64_t events = recorder_.last_sequence();
  auto again = Open("s");
  ASSERT_TRUE(Take(*again, message).ok());
  EXPECT_EQ(recorder_.last_sequence(), events);
  ASSERT_EQ(taken_.verdicts.size(), 3);
  for (const v1::Verdict& verdict : taken_.verdicts) EXPECT_TRUE(verdict.repeated());
  EXPECT_EQ(taken_.verdicts[0].verdict(), v1::ITEM_VERDICT_UNSPECIFIED);
  EXPECT_EQ(taken_.verdicts[1].verdict(), first.verdicts[0].verdict());
  EXPECT_EQ(taken_.verdicts[2].error().SerializeAsString(), first.verdicts[1].error().SerializeAsString());
}

TEST_F(IntakeTest, TheSameContentInOtherWordsIsARepeatAndOtherContentAConflict) {
  auto intake = Open("s");
  ASSERT_TRUE(Take(*intake, Message(1, {MakeItem(0, 10)})).ok());
  v1::Item written;
  written.set_series(0);
  written.set_as_of("2017-03-01");
  written.set_text("10");
  written.set_kind_text("cumulative");
  ASSERT_TRUE(Take(*intake, Message(1, {written})).ok());
  ASSERT_EQ(taken_.verdicts.size(), 1);
  EXPECT_TRUE(taken_.verdicts[0].repeated());
  for (const v1::Item& other : {MakeItem(0, 11), MakeItem(0, 10, 4), MakeItem(2, 10), MakeItem(1, 10), MakeItem(0, 10, 3, v1::UPDATE_KIND_INCREMENT)}) {
    ASSERT_TRUE(Take(*intake, Message(1, {other})).ok());
    ASSERT_EQ(taken_.verdicts.size(), 1);
    EXPECT_EQ(taken_.verdicts[0].verdict(), v1::ITEM_VERDICT_CONFLICT) << other.ShortDebugString();
    EXPECT_EQ(taken_.verdicts[0].error().reason(), "SEQUENCE_CONFLICT");
  }
}

TEST_F(IntakeTest, ARepeatIsKnownAfterItsRegionWasClosed) {
  auto intake = Open("s");
  ASSERT_TRUE(Take(*intake, Message(1, {MakeItem(2, 10)})).ok());
  const plan::v1::Event regions = testing::RegionsEvent();
  plan::v1::Event closing;
  for (const auto& region : regions.regions().regions()) {
    if (region.code() != "533423") continue;
    *closing.mutable_regions()->add_regions() = region;
    closing.mutable_regions()->mutable_regions(0)->set_valid_to_days(MakeDate(2017, 2, 1).days);
  }
  recorder_.ApplyPlan({closing});
  ASSERT_TRUE(Take(*intake, Message(1, {MakeItem(2, 10), MakeItem(2, 11)})).ok());
  ASSERT_EQ(taken_.verdicts.size(), 2);
  EXPECT_TRUE(taken_.verdicts[0].repeated());
  EXPECT_EQ(taken_.verdicts[0].verdict(), v1::ITEM_VERDICT_UNSPECIFIED);
  EXPECT_EQ(taken_.verdicts[1].error().reason(), "REGION_CLOSED");
}

TEST_F(IntakeTest, ARepeatIsKnownAfterItsNameBecameAnotherRegionsToo) {
  auto intake = Open("s");
  v1::Items message;
  message.set_first_sequence(1);
  *message.add_definitions() = Definition(0, "维西县");
  *message.add_items() = MakeItem(0, 10);
  ASSERT_TRUE(Take(*intake, message).ok());
  const plan::v1::Event regions = testing::RegionsEvent();
  plan::v1::Event naming;
  for (const auto& region : regions.regions().regions()) {
    if (region.code() != "533401") continue;
    *naming.mutable_regions()->add_regions() = region;
    naming.mutable_regions()->mutable_regions(0)->add_aliases("维西县");
  }
  recorder_.ApplyPlan({naming});
  *message.add_items() = MakeItem(0, 11);
  ASSERT_TRUE(Take(*intake, message).ok());
  ASSERT_EQ(taken_.verdicts.size(), 2);
  EXPECT_TRUE(taken_.verdicts[0].repeated());
  EXPECT_EQ(taken_.verdicts[0].verdict(), v1::ITEM_VERDICT_UNSPECIFIED);
  EXPECT_EQ(taken_.verdicts[1].error().reason(), "AMBIGUOUS_REGION");
  // Other content under that number is still a conflict.
  message.mutable_items(0)->set_amount(12);
  ASSERT_TRUE(Take(*intake, message).ok());
  EXPECT_EQ(taken_.verdicts[0].verdict(), v1::ITEM_VERDICT_CONFLICT);
}

TEST_F(IntakeTest, OlderThanTheWindowIsAlreadyRecorded) {
  auto intake = Open("s");
  for (uint64_t first = 1; first <= kWindow + 1; first += 1'000) {
    std::vector<v1::Item> items;
    for (uint64_t number = first; number < first + 1'000; ++number) items.push_back(MakeItem(0, static_cast<int64_t>(number)));
    ASSERT_TRUE(Take(*intake, Message(first, items)).ok());
  }
  const uint64_t last = taken_.acked;
  const uint64_t events = recorder_.last_sequence();
  ASSERT_TRUE(Take(*intake, Message(last - kWindow, {MakeItem(0, 1), MakeItem(0, 1)})).ok());
  ASSERT_EQ(taken_.verdicts.size(), 2);
  EXPECT_EQ(taken_.verdicts[0].verdict(), v1::ITEM_VERDICT_ALREADY_RECORDED);
  EXPECT_EQ(taken_.verdicts[1].verdict(), v1::ITEM_VERDICT_CONFLICT);
  EXPECT_EQ(recorder_.last_sequence(), events);
}

TEST_F(IntakeTest, AGapEndsTheIntakeAndNamesTheExpectedNumber) {
  auto intake = Open("s");
  ASSERT_TRUE(Take(*intake, Message(1, {MakeItem(0, 1)})).ok());
  const absl::Status gap = Take(*intake, Message(3, {MakeItem(0, 2)}));
  EXPECT_THAT(gap, anju::testing::HasReason(Reason::SEQUENCE_GAP));
  EXPECT_EQ(ErrorsOf(gap).front().candidates, std::vector<std::string>{"2"});
  EXPECT_EQ(taken_.acked, 1u);
  // What was already under way behind it is not taken, though its number would be the next one.
  EXPECT_THAT(Take(*intake, Message(2, {MakeItem(0, 2)})), anju::testing::HasReason(Reason::SEQUENCE_GAP));
  EXPECT_EQ(taken_.acked, 1u);
}

TEST_F(IntakeTest, AnUndefinedSeriesRecordsNothing) {
  auto intake = Open("s");
  EXPECT_THAT(Take(*intake, Message(1, {MakeItem(0, 1), MakeItem(9, 1)})), anju::testing::HasReason(Reason::UNKNOWN_SERIES));
  EXPECT_EQ(taken_.acked, 1u);
}

TEST_F(IntakeTest, InOneBatchACellHasOneFigure) {
  auto batch = Open("b", IntakeMode::kBatch);
  ASSERT_TRUE(Take(*batch, Message(1, {MakeItem(0, 1), MakeItem(0, 2), MakeItem(0, 1), MakeItem(0, 3, 4), MakeItem(0, 3, 5, v1::UPDATE_KIND_INCREMENT),
                                       MakeItem(0, 4, 5, v1::UPDATE_KIND_INCREMENT)})).ok());
  ASSERT_EQ(taken_.verdicts.size(), 2);
  EXPECT_EQ(taken_.verdicts[0].source_sequence(), 2u);
  EXPECT_EQ(taken_.verdicts[0].error().reason(), "DUPLICATE_ROW");
  EXPECT_EQ(taken_.verdicts[1].verdict(), v1::ITEM_VERDICT_UNCHANGED);
  // Also when the first of the two was recorded before and the second was not.
  auto half = Open("h", IntakeMode::kBatch);
  ASSERT_TRUE(Take(*half, Message(1, {MakeItem(2, 1)})).ok());
  auto whole = Open("h", IntakeMode::kBatch);
  ASSERT_TRUE(Take(*whole, Message(1, {MakeItem(2, 1), MakeItem(2, 2)})).ok());
  ASSERT_EQ(taken_.verdicts.size(), 2);
  EXPECT_EQ(taken_.verdicts[1].error().reason(), "DUPLICATE_ROW");
}

TEST_F(IntakeTest, ACallerWithoutTheRegionIsRefusedItemByItem) {
  Intake intake("s", "", {.identity = "li", .role = rpc::Role::kReporter, .region = "533401"}, IntakeMode::kStream);
  EXPECT_TRUE(intake.Admit(model_, MakeDate(2017, 7, 1)).ok());
  ASSERT_TRUE(Take(intake, Message(1, {MakeItem(0, 1), MakeItem(2, 1)})).ok());
  ASSERT_EQ(taken_.verdicts.size(), 1);
  EXPECT_EQ(taken_.verdicts[0].error().reason(), "NOT_ALLOWED");
  const Intake analyst("t", "", {.identity = "wu", .role = rpc::Role::kAnalyst, .region = "533401"}, IntakeMode::kStream);
  EXPECT_THAT(analyst.Admit(model_, MakeDate(2017, 7, 1)), anju::testing::HasReason(Reason::NOT_ALLOWED));
}

TEST_F(IntakeTest, ANewRegistryIsUsedAtOnce) {
  auto intake = Open("s");
  v1::Items message = Message(1, {MakeItem(3, 1)});
  *message.add_definitions() = Definition(3, "533499");
  ASSERT_TRUE(Take(*intake, message).ok());
  ASSERT_EQ(taken_.verdicts.size(), 1);
  plan::v1::Event added;
  *added.mutable_regions()->add_regions() = ToProto(Region{.number = 9, .code = "533499", .name = "新县", .parent = 2, .level = RegionLevel::kCounty});
  recorder_.ApplyPlan({added});
  ASSERT_TRUE(Take(*intake, Message(2, {MakeItem(3, 1)})).ok());
  EXPECT_EQ(taken_.verdicts.size(), 0);
}

// Several sources send, resend from random places, change content and jump ahead. The simple model keeps every first verdict for ever.
TEST_F(IntakeTest, EveryNumberIsDecidedExactlyOnceWhateverIsSent) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  struct Known {
    v1::Item item;
    v1::ItemVerdict verdict;
    std::string error;
  };
  std::map<std::string, std::vector<Known>> known;
  std::map<std::string, std::unique_ptr<Intake>> intakes;
  std::map<int, int> seen;  // how often each verdict came, so that the test cannot pass by never getting there
  for (int round = 0; round < 5'000; ++round) {
    const std::string source = "s" + std::to_string(random() % 3);
    std::vector<Known>& mine = known[source];
    if (intakes[source] == nullptr || random() % 20 == 0) intakes[source] = Open(source);
    uint64_t first = mine.size() + 1;
    if (random() % 3 == 0) first = 1 + random() % (mine.size() + 1);
    if (random() % 25 == 0) first += 2;
    std::vector<v1::Item> items;
    const uint64_t count = 1 + random() % 20;
    for (uint64_t number = first; number < first + count; ++number) {
      const bool repeat = number <= mine.size() && random() % 10 != 0;
      items.push_back(repeat ? mine[number - 1].item : MakeItem(static_cast<uint32_t>(random() % 3), static_cast<int64_t>(random() % 5), 1 + static_cast<int>(random() % 6),
                                                                static_cast<v1::UpdateKind>(random() % 3)));
    }
    const size_t before = mine.size();
    const uint64_t events = recorder_.updates_and_refusals();
    const absl::Status status = Take(*intakes[source], Message(first, items));
    std::map<uint64_t, v1::Verdict> verdicts;
    for (const v1::Verdict& verdict : taken_.verdicts) ASSERT_TRUE(verdicts.emplace(verdict.source_sequence(), verdict).second);
    if (first > before + 1) {
      ASSERT_THAT(status, anju::testing::HasReason(Reason::SEQUENCE_GAP));
      ASSERT_EQ(recorder_.updates_and_refusals(), events);
      intakes[source] = nullptr;
      continue;
    }
    ASSERT_TRUE(status.ok()) << status;
    for (size_t i = 0; i < items.size(); ++i) {
      const uint64_t number = first + i;
      const auto it = verdicts.find(number);
      if (number > before) {
        Known now{items[i], v1::ITEM_VERDICT_UNSPECIFIED, ""};
        if (it != verdicts.end()) {
          ASSERT_FALSE(it->second.repeated());
          now = {items[i], it->second.verdict(), it->second.error().SerializeAsString()};
        }
        ++seen[now.verdict];
        mine.push_back(now);
      } else {
        ASSERT_NE(it, verdicts.end()) << "a repeat is always listed";
        const v1::Verdict& verdict = it->second;
        ++seen[10 + verdict.verdict()];
        if (before - number >= kWindow) {
          ASSERT_EQ(verdict.verdict(), v1::ITEM_VERDICT_ALREADY_RECORDED);
        } else if (items[i].SerializeAsString() == mine[number - 1].item.SerializeAsString()) {
          ASSERT_EQ(verdict.verdict(), mine[number - 1].verdict);
          ASSERT_EQ(verdict.error().SerializeAsString(), mine[number - 1].error);
          ASSERT_TRUE(verdict.repeated());
        } else {
          ASSERT_EQ(verdict.verdict(), v1::ITEM_VERDICT_CONFLICT);
        }
      }
    }
    ASSERT_EQ(taken_.acked, mine.size());
    ASSERT_EQ(recorder_.updates_and_refusals() - events, mine.size() - before) << "each new number makes one event, a repeat none";
  }
  for (const int verdict : {0, 1, 2, 10, 11, 12, 13, 14}) EXPECT_GT(seen[verdict], 0) << verdict;
}

TEST_F(IntakeTest, ARehearsalJudgesLikeTheRealThingAndRecordsNothing) {
  const v1::Items items = Message(1, {MakeItem(0, 5), MakeItem(1, 5), MakeItem(2, -1)});
  const size_t events = recorder_.events().size();
  auto rehearsal = Open("s", IntakeMode::kRehearsal);
  ASSERT_TRUE(Take(*rehearsal, items).ok());
  EXPECT_EQ(recorder_.events().size(), events);
  EXPECT_EQ(taken_.acked, 0u);
  const auto rehearsed = taken_.verdicts;

  auto stream = Open("s");
  ASSERT_TRUE(Take(*stream, items).ok());
  ASSERT_EQ(rehearsed.size(), taken_.verdicts.size());
  for (int i = 0; i < rehearsed.size(); ++i) EXPECT_EQ(rehearsed[i].SerializeAsString(), taken_.verdicts[i].SerializeAsString());

  // A later part of a file, judged by itself; and what is recorded by now is a repeat.
  auto later = Open("s", IntakeMode::kRehearsal);
  ASSERT_TRUE(Take(*later, Message(3, {MakeItem(2, -1), MakeItem(0, 5), MakeItem(0, 6, 4)})).ok());
  ASSERT_EQ(taken_.verdicts.size(), 2);
  EXPECT_TRUE(taken_.verdicts[0].repeated());
  EXPECT_EQ(taken_.verdicts[0].verdict(), v1::ITEM_VERDICT_REFUSED);
  EXPECT_EQ(taken_.verdicts[1].source_sequence(), 4u);
  EXPECT_EQ(taken_.verdicts[1].verdict(), v1::ITEM_VERDICT_UNCHANGED);
  EXPECT_EQ(taken_.acked, 3u);
}

TEST_F(IntakeTest, NothingIsTakenBeforeThePlanIsKnown) {
  const Model empty;
  EXPECT_THAT(Open("s")->Admit(empty, MakeDate(2017, 7, 1)), anju::testing::HasReason(Reason::NOT_READY));
}

// An item that cannot be read is refused under its number; again it is a repeat, and in the place of an accepted one a conflict.
TEST_F(IntakeTest, WhatCannotBeReadTakesItsNumberAndNoOther) {
  auto intake = Open("s");
  v1::Item garbage = MakeItem(0, 0);
  garbage.set_text("abc");
  ASSERT_TRUE(Take(*intake, Message(1, {MakeItem(0, 10), garbage})).ok());
  ASSERT_EQ(taken_.verdicts.size(), 1);
  EXPECT_EQ(taken_.verdicts[0].error().reason(), "BAD_NUMBER");
  EXPECT_EQ(taken_.acked, 2u);
  const uint64_t events = recorder_.last_sequence();
  ASSERT_TRUE(Take(*intake, Message(1, {garbage, garbage})).ok());
  ASSERT_EQ(taken_.verdicts.size(), 2);
  EXPECT_EQ(taken_.verdicts[0].verdict(), v1::ITEM_VERDICT_CONFLICT);
  EXPECT_TRUE(taken_.verdicts[1].repeated());
  EXPECT_EQ(taken_.verdicts[1].error().reason(), "BAD_NUMBER");
  EXPECT_EQ(recorder_.last_sequence(), events);
  // The same number in a unit that does not exist is not the same.
  v1::Item written = MakeItem(5, 0);
  written.set_text("10");
  v1::Items other = Message(1, {written});
  *other.add_definitions() = Definition(5, "533401", "2017", "亩");
  ASSERT_TRUE(Take(*intake, other).ok());
  EXPECT_EQ(taken_.verdicts[0].verdict(), v1::ITEM_VERDICT_CONFLICT);
}

// A file says how things stand: it cannot say by how much they grew, because it may be sent under another number.
TEST_F(IntakeTest, AFileHasNoIncrements) {
  auto file = Open("sha256:0123");
  ASSERT_TRUE(Take(*file, Message(1, {MakeItem(0, 10), MakeItem(0, 1, 4, v1::UPDATE_KIND_INCREMENT), MakeItem(0, 1, 4, v1::UPDATE_KIND_REDUCTION)})).ok());
  ASSERT_EQ(taken_.verdicts.size(), 2);
  for (const v1::Verdict& verdict : taken_.verdicts) EXPECT_EQ(verdict.error().reason(), "SOURCE_REQUIRED");
}

// Who sends for a source that another opened is named with each event.
TEST_F(IntakeTest, ASourceMayChangeHands) {
  ASSERT_TRUE(Take(*Open("s"), Message(1, {MakeItem(0, 10)})).ok());
  Intake other("s", "r2", {.identity = "li", .role = rpc::Role::kOperator, .everywhere = true}, IntakeMode::kStream);
  ASSERT_TRUE(Take(other, Message(2, {MakeItem(0, 20, 4), MakeItem(1, 1)})).ok());
  EXPECT_EQ(taken_.acked, 3u);
  UpdateEvent update;
  v1::Event refusal;
  const std::vector<std::string>& events = recorder_.events();
  ASSERT_EQ(DecodeUpdate(events[events.size() - 2], &update), Decoded::kUpdate);
  EXPECT_EQ(update.actor, "li");
  ASSERT_TRUE(refusal.ParseFromString(events.back()));
  EXPECT_EQ(refusal.refusal().actor(), "li");
}

// A name is understood on each figure's day; a page of the dictionary that was never defined holds nothing.
TEST_F(IntakeTest, NamesAreUnderstoodDayByDay) {
  auto intake = Open("s");
  v1::Items message = Message(1, {MakeItem(3, 10, 3), MakeItem(3, 20, 4), MakeItem(3, 20, 4)});
  *message.add_definitions() = Definition(3, "维西县");
  *message.add_definitions() = Definition(9'000, "533401");
  ASSERT_TRUE(Take(*intake, message).ok());
  ASSERT_EQ(taken_.verdicts.size(), 1);
  EXPECT_EQ(taken_.verdicts[0].verdict(), v1::ITEM_VERDICT_UNCHANGED);
  ASSERT_TRUE(Take(*intake, message).ok());
  EXPECT_EQ(taken_.verdicts.size(), 3) << "all are repeats";
  ASSERT_TRUE(Take(*intake, Message(4, {MakeItem(9'000, 7)})).ok());
  for (const uint32_t nowhere : {4'500u, 1'000'000u}) {
    auto fresh = Open("s");
    v1::Items undefined = Message(5, {MakeItem(nowhere, 1)});
    *undefined.add_definitions() = Definition(9'000, "533401");
    EXPECT_THAT(Take(*fresh, undefined), anju::testing::HasReason(Reason::UNKNOWN_SERIES)) << nowhere;
  }
}

}  // namespace
}  // namespace anju::progress
