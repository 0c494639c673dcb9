// Files of rules: what is read, what stays, and every way a row is wrong.
#include "absl/strings/str_split.h"
#include "services/plan/core/core_fixture.h"
#include "services/plan/core/import_checks.h"

namespace anju::plan {
namespace {

using ::testing::ContainerEq;
using ::testing::ElementsAre;

// name,check,programme,indicator,other,limit,at_least,action
absl::StatusOr<CheckImport> Read(std::string_view lines, const std::map<std::string, CheckRule>& stored = {}) {
  std::vector<CheckRowText> rows;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(absl::string_view(lines.data(), lines.size()), '\n', absl::SkipEmpty()))) {
    std::vector<std::string> f = absl::StrSplit(line, ',');
    f.resize(8);
    rows.push_back({static_cast<uint32_t>(rows.size() + 2), f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7]});
  }
  return ReadChecks(rows, SmallCatalogue(), stored);
}

TEST(ReadChecksTest, RulesAreReadWithTheirWordsAndNumbers) {
  const absl::StatusOr<CheckImport> import = Read("big,jump,low,starts,,500,50,explain\n慢,逾期\nlate,late,,,,10,,须说明\njump,jump,,,,300,100,flag\n");
  EXPECT_THAT(Words(import.status()), ElementsAre("BAD_CODE 3", "MISSING_FIELD 3"));
  const absl::StatusOr<CheckImport> good = Read("big,jump,low,starts,,500,50,explain\nlate,late,,,,10,,须说明\njump,jump,,,,300,100,flag\n");
  ASSERT_TRUE(good.ok()) << good.status();
  const CheckRule big{.name = "big", .check = SoftCheck::kJump, .programme = 3, .indicator = 1, .limit = 500, .at_least = 50, .action = CheckAction::kExplain};
  const CheckRule late{.name = "late", .check = SoftCheck::kLate, .limit = 10, .action = CheckAction::kExplain};
  EXPECT_THAT(good->rules, ElementsAre(big, late));
  EXPECT_EQ(good->unchanged, 1u);  // jump is the built-in one
  const absl::StatusOr<CheckImport> again = Read("late,late,,,,10,,explain\n", {{"late", late}});
  EXPECT_EQ(again->unchanged, 1u);
  EXPECT_TRUE(again->rules.empty());
}

TEST(ReadChecksTest, AnActionThatIsNotSaidIsThatOfTheBuiltInRule) {
  EXPECT_EQ(Read("x,falling\n")->rules.front().action, CheckAction::kFlag);
  EXPECT_EQ(Read("late,late,,,,,,off\n")->rules.front().limit, 45);
}

TEST(ReadChecksTest, EveryErrorHasItsLine) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases = {
      {",late,,,,10\n", {"MISSING_FIELD 2"}},
      {"Big,late,,,,10\n", {"BAD_CODE 2"}},
      {"x,,,,,10\n", {"MISSING_FIELD 2"}},
      {"x,slow,,,,10\n", {"BAD_VALUE 2"}},
      {"late,jump,,,,10\n", {"BAD_VALUE 2"}},
      {"x,late,,,,10,,refuse\n", {"BAD_VALUE 2"}},
      {"x,late,nothing,,,10\n", {"UNKNOWN_PROGRAMME 2"}},
      {"x,late,,nothing,,10\n", {"UNKNOWN_INDICATOR 2"}},
      {"x,above_other,,,starts\n", {"MISSING_FIELD 2"}},
      {"x,above_other,,built\n", {"MISSING_FIELD 2"}},
      {"x,above_other,,starts,starts\n", {"BAD_VALUE 2"}},
      {"x,above_other,,investment,starts\n", {"BAD_VALUE 2"}},
      {"x,late,,,starts,10\n", {"BAD_VALUE 2"}},
      {"x,late\n", {"MISSING_FIELD 2"}},
      {"x,late,,,,ten\n", {"BAD_NUMBER 2"}},
      {"x,late,,,,1.5\n", {"BAD_VALUE 2"}},
      {"x,late,,,,36501\n", {"BAD_VALUE 2"}},
      {"x,jump,,,,0\n", {"BAD_VALUE 2"}},
      {"x,jump,,,,1000001\n", {"BAD_VALUE 2"}},
      {"x,jump,,,,10,-1\n", {"BAD_VALUE 2"}},
      {"x,falling,,,,10\n", {"BAD_VALUE 2"}},
      {"x,over_target,,,,10,5\n", {"BAD_VALUE 2"}},
      {"x,late,,,,10\nx,late,,,,11\n", {"DUPLICATE_ROW 3"}},
  };
  for (const auto& [lines, errors] : cases) {
    SCOPED_TRACE(lines);
    EXPECT_THAT(Words(Read(lines).status()), ContainerEq(errors));
  }
  EXPECT_TRUE(Read("x,above_other,,built,starts\n").ok());
}

TEST(ReadChecksTest, AStoreHasAtMostSoManyRules) {
  std::map<std::string, CheckRule> stored;
  for (size_t i = 0; i < kCheckRulesMax; ++i) {
    const std::string name = "r" + std::to_string(i);
    stored[name] = {.name = name, .check = SoftCheck::kFalling, .action = CheckAction::kFlag};
  }
  EXPECT_THAT(Words(Read("x,falling\n", stored).status()), ElementsAre("TOO_MANY_ROWS 0"));
  EXPECT_TRUE(Read("r0,falling,,,,,,off\n", stored).ok());
}

}  // namespace
}  // namespace anju::plan
