// The intake against a simple model: exactly once under repeats, conflicts, gaps and reordered resends.
#include "services/progress/intake.h"

#include <map>
#include <random>

#include <gtest/gtest.h>

#include "services/progress/core/content.h"
#include "services/progress/testing/memory_recorder.h"
#include "services/progress/testing/plan_stub.h"

namespace anju::progress {
namespace {

using testing::MemoryRecorder;

rpc::Caller Local() { return {.identity = "local", .role = rpc::Role::kOperator, .everywhere = true}; }

v1::SeriesDefinition Definition(uint32_t index, std::string region, std::string plan_year = "2017", std::string unit = "") {
  v1::SeriesDefinition definition;
  definition.set_index(index);
  definition.set_region(std::move(region));
  definition.set_programme("shantytown");
  definition.set_indicator("starts");
  definition.set_plan_year(std::move(plan_year));
  definition.set_unit(std::move(unit));
  return definition;
}

v1::Items Message(uint64_t first, std::vector<v1::Item> items) {
  v1::Items message;
  message.set_first_sequence(first);
  for (v1::Item& item : items) message.mutable_items()->Add(std::move(item));
  *message.add_definitions() = Definition(0, "533401");
  *message.add_definitions() = Definition(1, "德钦县");  // of two regions: every item is refused
  *message.add_definitions() = Definition(2, "533423");
  return message;
}

v1::Item MakeItem(uint32_t series, int64_t amount, int month = 3, v1::UpdateKind kind = v1::UPDATE_KIND_UNSPECIFIED) {
  v1::Item item;
  item.set_series(series);
  item.set_as_of_days(MakeDate(2017, month, 1).days);
  item.set_amount(amount);
  item.set_kind(kind);
  return item;
}

class IntakeTest : public ::testing::Test {
 protected:
  IntakeTest() : recorder_(model_) { recorder_.ApplyRegistry(); }

  std::unique_ptr<Intake> Open(std::string source, IntakeMode mode = IntakeMode::kStream) {
    return std::make_unique<Intake>(std::move(source), "r1", Local(), mode);
  }
  absl::Status Take(Intake& intake, const v1::Items& items) { return intake.Take(model_, recorder_, items, &taken_); }

  Model model_;
  MemoryRecorder recorder_;
  Taken taken_;
};

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

// ---- Soft checks: the built-in rules, as a plan journal has them that says nothing about them ----

class FlagsTest : public IntakeTest {
 protected:
  FlagsTest() {
    plan::v1::Event checks = testing::ChecksOffEvent();
    for (plan::v1::CheckRule& rule : *checks.mutable_checks()->mutable_rules()) {
      if (rule.check() == plan::v1::SOFT_CHECK_FALLING) rule.set_action(plan::v1::CHECK_ACTION_UNSPECIFIED);
    }
    recorder_.ApplyPlan({checks});
  }
  void ExplainFalling() {
    plan::v1::Event checks;
    plan::v1::CheckRule* rule = checks.mutable_checks()->add_rules();
    rule->set_name("falling");
    rule->set_check(plan::v1::SOFT_CHECK_FALLING);
    rule->set_action(plan::v1::CHECK_ACTION_EXPLAIN);
    recorder_.ApplyPlan({checks});
  }
  static v1::Item Explained(v1::Item item) {
    item.set_explanation("核实后更正");
    return item;
  }
};

TEST_F(FlagsTest, AFlaggedItemIsAcceptedAndListedAndARepeatHearsTheSame) {
  auto intake = Open("s");
  const v1::Items message = Message(1, {MakeItem(0, 10, 3), MakeItem(0, 9, 4), MakeItem(0, 9, 4), MakeItem(0, 12, 5)});
  ASSERT_TRUE(Take(*intake, message).ok());
  EXPECT_EQ(taken_.acked, 4u);
  ASSERT_EQ(taken_.verdicts.size(), 2);
  const v1::Verdict flagged = taken_.verdicts[0];
  EXPECT_EQ(flagged.source_sequence(), 2u);
  EXPECT_EQ(flagged.verdict(), v1::ITEM_VERDICT_UNSPECIFIED);
  EXPECT_FALSE(flagged.has_error());
  ASSERT_EQ(flagged.flags_size(), 1);
  EXPECT_EQ(flagged.flags(0).rule(), "falling");
  EXPECT_EQ(flagged.flags(0).check(), plan::v1::SOFT_CHECK_FALLING);
  EXPECT_EQ(flagged.flags(0).compared(), 10);
  EXPECT_EQ(taken_.verdicts[1].verdict(), v1::ITEM_VERDICT_UNCHANGED);
  EXPECT_EQ(taken_.verdicts[1].flags_size(), 0) << "what is unchanged is not flagged again";

  auto again = Open("s");
  ASSERT_TRUE(Take(*again, message).ok());
  ASSERT_EQ(taken_.verdicts.size(), 4);
  EXPECT_TRUE(taken_.verdicts[1].repeated());
  EXPECT_EQ(taken_.verdicts[1].flags(0).SerializeAsString(), flagged.flags(0).SerializeAsString());
  EXPECT_EQ(taken_.verdicts[3].flags_size(), 0);
}

TEST_F(FlagsTest, FlagsDoNotCountInTheContent) {
  auto intake = Open("s");
  ASSERT_TRUE(Take(*intake, Message(1, {MakeItem(0, 10, 3), MakeItem(0, 9, 4)})).ok());
  const uint64_t flagged = model_.sources().at(1).window.At(2).digest;
  Figure figure{.as_of = MakeDate(2017, 4, 1), .amount = 9};
  EXPECT_EQ(flagged, AcceptedDigest(1, figure));
  // Nor does a rule that changes later make the repeat a conflict, or another answer.
  ExplainFalling();
  ASSERT_TRUE(Take(*intake, Message(2, {MakeItem(0, 9, 4)})).ok());
  EXPECT_EQ(taken_.verdicts[0].verdict(), v1::ITEM_VERDICT_UNSPECIFIED);
  EXPECT_TRUE(taken_.verdicts[0].repeated());
  EXPECT_EQ(taken_.verdicts[0].flags_size(), 1);
}

TEST_F(FlagsTest, ARuleMayDemandAnExplanation) {
  ExplainFalling();
  auto intake = Open("s");
  const v1::Items message = Message(1, {MakeItem(0, 10, 3), MakeItem(0, 9, 4), Explained(MakeItem(0, 9, 4))});
  ASSERT_TRUE(Take(*intake, message).ok());
  ASSERT_EQ(taken_.verdicts.size(), 2);
  const v1::Verdict refused = taken_.verdicts[0];
  EXPECT_EQ(refused.verdict(), v1::ITEM_VERDICT_REFUSED);
  EXPECT_EQ(refused.error().reason(), "EXPLANATION_REQUIRED");
  EXPECT_EQ(refused.error().field(), "explanation");
  EXPECT_EQ(refused.error().value(), "falling");
  ASSERT_EQ(refused.flags_size(), 1);
  EXPECT_EQ(taken_.verdicts[1].verdict(), v1::ITEM_VERDICT_UNSPECIFIED);
  EXPECT_EQ(taken_.verdicts[1].flags_size(), 1);
  EXPECT_FALSE(model_.IsUnexplained(recorder_.last_sequence()));
  auto again = Open("s");
  ASSERT_TRUE(Take(*again, message).ok());
  ASSERT_EQ(taken_.verdicts.size(), 3);
  EXPECT_EQ(taken_.verdicts[1].error().SerializeAsString(), refused.error().SerializeAsString());
  EXPECT_EQ(taken_.verdicts[1].flags(0).SerializeAsString(), refused.flags(0).SerializeAsString());
}

TEST_F(FlagsTest, AnExplanationThatComesLaterIsNews) {
  auto intake = Open("s");
  ASSERT_TRUE(Take(*intake, Message(1, {MakeItem(0, 10, 3), MakeItem(0, 9, 4)})).ok());
  const uint64_t unexplained = recorder_.last_sequence();
  EXPECT_TRUE(model_.IsUnexplained(unexplained));
  ASSERT_TRUE(Take(*intake, Message(3, {Explained(MakeItem(0, 9, 4)), Explained(MakeItem(0, 9, 4)), Explained(MakeItem(0, 10, 3))})).ok());
  ASSERT_EQ(taken_.verdicts.size(), 3);
  EXPECT_EQ(taken_.verdicts[0].verdict(), v1::ITEM_VERDICT_UNSPECIFIED);
  EXPECT_EQ(taken_.verdicts[0].flags_size(), 1);
  EXPECT_EQ(taken_.verdicts[1].verdict(), v1::ITEM_VERDICT_UNCHANGED) << "it is explained by now";
  EXPECT_EQ(taken_.verdicts[2].verdict(), v1::ITEM_VERDICT_UNCHANGED) << "nothing was to be explained";
}

TEST_F(FlagsTest, ARehearsalTellsTheFlags) {
  auto intake = Open("s");
  ASSERT_TRUE(Take(*intake, Message(1, {MakeItem(0, 10, 3)})).ok());
  const size_t events = recorder_.events().size();
  auto rehearsal = Open("t", IntakeMode::kRehearsal);
  ASSERT_TRUE(Take(*rehearsal, Message(1, {MakeItem(0, 9, 4), MakeItem(2, 5, 4)})).ok());
  ASSERT_EQ(taken_.verdicts.size(), 1);
  EXPECT_EQ(taken_.verdicts[0].verdict(), v1::ITEM_VERDICT_UNSPECIFIED);
  EXPECT_EQ(taken_.verdicts[0].flags(0).rule(), "falling");
  EXPECT_EQ(recorder_.events().size(), events);
}

TEST_F(FlagsTest, ATargetThatPlanSetsLaterIsLookedAtOnceItIsThere) {
  plan::v1::Event checks;
  plan::v1::CheckRule* rule = checks.mutable_checks()->add_rules();
  rule->set_name("over_target");
  rule->set_check(plan::v1::SOFT_CHECK_OVER_TARGET);
  rule->set_limit(150);
  rule->set_action(plan::v1::CHECK_ACTION_FLAG);
  recorder_.ApplyPlan({checks});
  auto intake = Open("s");
  ASSERT_TRUE(Take(*intake, Message(1, {MakeItem(0, 151, 3)})).ok());
  EXPECT_EQ(taken_.verdicts.size(), 0);
  recorder_.ApplyPlan({testing::DocumentEvent("1号", 3, 100)});
  ASSERT_TRUE(Take(*intake, Message(2, {MakeItem(0, 152, 4)})).ok());
  ASSERT_EQ(taken_.verdicts.size(), 1);
  EXPECT_EQ(taken_.verdicts[0].flags(0).rule(), "over_target");
  EXPECT_EQ(taken_.verdicts[0].flags(0).compared(), 100);
}

}  // namespace
}  // namespace anju::progress
