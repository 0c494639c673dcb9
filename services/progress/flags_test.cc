// Soft checks on the way of an item: verdicts, repeats, refusals for want of an explanation, and explanations that come later.
#include "services/progress/core/content.h"
#include "services/progress/testing/intake_fixture.h"

namespace anju::progress {
namespace {

using testing::IntakeTest;
using testing::MakeItem;
using testing::Message;

// Falling figures are flagged, everything else is off.
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
