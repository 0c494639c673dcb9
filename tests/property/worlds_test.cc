// The short form of the property test, and the proof that it can fail: the model with one mistake at a time is told from the services.
#include <gtest/gtest.h>

#include <string>

#include "tests/property/audit_check.h"
#include "tests/property/check.h"

namespace anju::worlds {
namespace {

constexpr uint64_t kSeed = 20'171'231;  // of the first world
constexpr uint64_t kWorlds = 300;

TEST(WorldsTest, TheServicesAnswerAsTheModelDoes) {
  Outcome all;
  for (uint64_t seed = kSeed; seed < kSeed + kWorlds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Outcome outcome = CheckWorld({.seed = seed});
    ASSERT_EQ(outcome.failure, "") << "replay: tests/property/run --worlds 1 --seed " << seed;
    all.cells += outcome.cells;
    all.tables += outcome.tables;
    all.steps += outcome.steps;
    all.conserved += outcome.conserved;
  }
  // Worlds in which nothing happens would agree too.
  EXPECT_GT(all.cells, 1'000 * kWorlds);
  EXPECT_GT(all.tables, kWorlds);
  EXPECT_GT(all.steps, kWorlds);
  EXPECT_GT(all.conserved, kWorlds);
}

class MistakesTest : public ::testing::TestWithParam<int> {};

TEST_P(MistakesTest, AModelWithAMistakeIsFoundOut) {
  for (uint64_t seed = kSeed; seed < kSeed + kWorlds; ++seed) {
    if (!CheckWorld({.seed = seed}, static_cast<Mistake>(GetParam())).failure.empty()) return;
  }
  FAIL() << "nobody noticed in " << kWorlds << " worlds from seed " << kSeed;
}

std::string NameOf(const ::testing::TestParamInfo<int>& info) {
  static constexpr const char* kNames[] = {"", "FormerChildren", "Review", "Covered", "Shares", "LateKnowledge", "TargetsFollow", "Amendments", "Ties"};
  return kNames[info.param];
}

// The auditor alone: what it makes of a suite whose figures follow another rule than its own.
class AuditorTest : public ::testing::TestWithParam<int> {};

TEST_P(AuditorTest, NoticesASuiteThatFollowsAnotherRule) {
  for (uint64_t seed = kSeed; seed < kSeed + kWorlds; ++seed) {
    Outcome outcome;
    CheckAudit(Generate({.seed = seed}), static_cast<Mistake>(GetParam()), &outcome);
    if (!outcome.failure.empty()) return;
  }
  FAIL() << "nobody noticed in " << kWorlds << " worlds from seed " << kSeed;
}

INSTANTIATE_TEST_SUITE_P(Each, MistakesTest, ::testing::Range(1, static_cast<int>(Mistake::kCount)), NameOf);
INSTANTIATE_TEST_SUITE_P(Each, AuditorTest,
                         ::testing::Values(static_cast<int>(Mistake::kFormerChildren), static_cast<int>(Mistake::kCovered), static_cast<int>(Mistake::kShares),
                                           static_cast<int>(Mistake::kTargetsFollow), static_cast<int>(Mistake::kAmendments)),
                         NameOf);

}  // namespace
}  // namespace anju::worlds
