// The short form of the simulation: some seeds hold, give the same trace twice, and hurt as much as they should; without a protection they fail.
#include "tests/simulation/simulation.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>

#include <gtest/gtest.h>

namespace anju::simulation {
namespace {

using faults::Protection;

constexpr uint64_t kEventsMin = 5'000, kFaultsMin = 20;
constexpr double kCpuSeconds = 20;         // for as many seeds as fit; three at least
constexpr uint64_t kSeedsToNotice = 8;     // within which a missing protection is found

double CpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

std::string Replay(uint64_t seed) { return "replay: anju-simulation --seed " + std::to_string(seed) + " --verbose"; }

TEST(Simulation, EveryPromiseIsKept) {
  const double until = CpuSeconds() + kCpuSeconds;
  uint64_t seeds = 0;
  for (uint64_t seed = 1; seeds < 3 || CpuSeconds() < until; ++seed, ++seeds) {
    const Result result = Simulate({.seed = seed});
    ASSERT_EQ(result.violation, "") << Replay(seed);
    EXPECT_GE(result.events, kEventsMin) << Replay(seed);
    EXPECT_GE(result.faults, kFaultsMin) << Replay(seed);
    EXPECT_GE(result.updates, 300u) << Replay(seed);
    EXPECT_GE(result.readings, 100u) << Replay(seed);
  }
  RecordProperty("seeds", static_cast<int>(seeds));
}

TEST(Simulation, TheSameSeedGivesTheSameTrace) {
  for (const uint64_t seed : {101, 102}) {
    const Result once = Simulate({.seed = seed}), again = Simulate({.seed = seed}), other = Simulate({.seed = seed + 100});
    EXPECT_EQ(once.trace, again.trace) << Replay(seed);
    EXPECT_EQ(once.counts, again.counts) << Replay(seed);
    EXPECT_NE(once.trace, other.trace);
  }
}

class WithoutProtection : public ::testing::TestWithParam<Protection> {};

// A service may notice by itself and end the process, so each seed has one of its own.
bool Fails(uint64_t seed, Protection disabled) {
  const pid_t child = fork();
  if (child == 0) {
    std::freopen("/dev/null", "w", stderr);
    _exit(Simulate({.seed = seed, .disabled = {disabled}}).violation.empty() ? 0 : 1);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

TEST_P(WithoutProtection, SomeSeedFails) {
  for (uint64_t seed = 1; seed <= kSeedsToNotice; ++seed) {
    if (Fails(seed, GetParam())) return;
  }
  FAIL() << "nobody noticed";
}

std::string NameOf(const ::testing::TestParamInfo<Protection>& info) {
  switch (info.param) {
    case Protection::kDedupe: return "Dedupe";
    case Protection::kWitness: return "Witness";
    case Protection::kPositionCheck: return "PositionCheck";
    case Protection::kSync: return "Sync";
  }
  return "";
}

INSTANTIATE_TEST_SUITE_P(Simulation, WithoutProtection,
                         ::testing::Values(Protection::kDedupe, Protection::kWitness, Protection::kPositionCheck, Protection::kSync), NameOf);

}  // namespace
}  // namespace anju::simulation
