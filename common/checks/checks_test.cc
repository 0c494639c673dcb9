// Built-in rules, what replaces them, and their words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/checks/default_rules.h"
#include "common/checks/records.h"

namespace anju {
namespace {

using ::testing::ElementsAre;

Catalogue StartsAndCompletions() {
  Catalogue catalogue;
  catalogue.Put(Indicator{.number = 7, .code = "starts", .name = "新开工", .unit = "套"});
  catalogue.Put(Indicator{.number = 9, .code = "completions", .name = "基本建成", .unit = "套"});
  return catalogue;
}

std::vector<std::string> Names(const std::vector<CheckRule>& rules) {
  std::vector<std::string> names;
  for (const CheckRule& rule : rules) names.push_back(rule.name);
  return names;
}

TEST(ChecksTest, TheBuiltInRulesBearTheNamesOfTheirChecks) {
  for (const DefaultCheckRule& rule : kDefaultCheckRules) {
    EXPECT_EQ(SoftCheckName(rule.check), rule.name);
    EXPECT_EQ(rule.action, CheckAction::kFlag) << rule.name;
    EXPECT_TRUE(IsCheckName(rule.name));
  }
}

TEST(ChecksTest, BuiltInRulesTakeTheirNumbersFromTheCatalogue) {
  const std::vector<CheckRule> rules = DefaultCheckRules(StartsAndCompletions());
  ASSERT_EQ(rules.size(), kDefaultCheckRules.size());
  EXPECT_EQ(rules[1].indicator, 9u);
  EXPECT_EQ(rules[1].other, 7u);
  EXPECT_EQ(rules[3].limit, 300);
  EXPECT_EQ(rules[3].at_least, 100);
  EXPECT_THAT(Names(DefaultCheckRules(Catalogue())), ElementsAre("part_above_whole", "falling", "jump", "over_target", "not_in_plan", "late"));
}

TEST(ChecksTest, AnImportedRuleReplacesTheBuiltInOneOfItsName) {
  std::map<std::string, CheckRule> imported;
  imported["late"] = {.name = "late", .check = SoftCheck::kLate, .limit = 10, .action = CheckAction::kExplain};
  imported["big"] = {.name = "big", .check = SoftCheck::kJump, .limit = 900, .action = CheckAction::kFlag};
  const std::vector<CheckRule> rules = CheckRulesInForce(StartsAndCompletions(), imported);
  EXPECT_THAT(Names(rules), ElementsAre("above_other", "big", "falling", "jump", "late", "not_in_plan", "over_target", "part_above_whole"));
  EXPECT_EQ(rules[4], imported["late"]);
}

TEST(ChecksTest, WordsAreReadInBothLanguages) {
  for (int check = 1; check <= 7; ++check) {
    const auto value = static_cast<SoftCheck>(check);
    EXPECT_EQ(ParseSoftCheck(SoftCheckName(value)), value);
  }
  for (int action = 1; action <= 3; ++action) {
    const auto value = static_cast<CheckAction>(action);
    EXPECT_EQ(ParseCheckAction(CheckActionName(value)), value);
  }
  EXPECT_EQ(ParseSoftCheck("逾期"), SoftCheck::kLate);
  EXPECT_EQ(ParseCheckAction("须说明"), CheckAction::kExplain);
  EXPECT_EQ(ParseSoftCheck("LATE"), std::nullopt);
  EXPECT_EQ(ParseCheckAction(""), std::nullopt);
  for (const char* name : {"", "a b", "Late", "逾期"}) EXPECT_FALSE(IsCheckName(name)) << name;
  EXPECT_FALSE(IsCheckName(std::string(kCheckNameBytesMax + 1, 'a')));
}

TEST(ChecksTest, RecordsComeBackAsTheyWere) {
  const CheckRule rule{.name = "big", .check = SoftCheck::kJump, .programme = 1, .indicator = 2, .other = 3, .limit = 4, .at_least = 5, .action = CheckAction::kOff};
  EXPECT_EQ(FromProto(ToProto(rule)), rule);
  plan::v1::CheckRule record;
  record.set_check(plan::v1::SOFT_CHECK_LATE);
  EXPECT_EQ(FromProto(record).action, CheckAction::kFlag);
}

}  // namespace
}  // namespace anju
