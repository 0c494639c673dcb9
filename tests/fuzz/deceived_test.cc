// Targets can fail: with a protection taken away by the test-only switch, seeds of the corpora end the process.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "common/testing/testing.h"
#include "tests/fuzz/targets.h"

namespace anju::fuzz {
namespace {

struct Deception {
  const char* protection;
  const char* target;
  const char* seed;
};

class DeceivedTest : public ::testing::TestWithParam<Deception> {};

TEST_P(DeceivedTest, IsNoticed) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  std::ifstream file(anju::testing::SourceDir() + "/tests/fuzz/corpus/" + GetParam().target + "/" + GetParam().seed, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  ASSERT_FALSE(bytes.empty());
  for (const Target& target : Targets()) {
    if (target.name != GetParam().target) continue;
    EXPECT_DEATH(
        {
          setenv("ANJU_FAULT_DISABLE", GetParam().protection, 1);
          target.run(bytes);
        },
        "CHECK failed");
    target.run(bytes);  // in this process everything is in its place
  }
}

INSTANTIATE_TEST_SUITE_P(All, DeceivedTest,
                         ::testing::Values(Deception{"dedupe", "progress", "batch"}, Deception{"dedupe", "progress", "stream"},
                                           Deception{"position_check", "frame", "twice"}, Deception{"position_check", "feed", "gap"}));

}  // namespace
}  // namespace anju::fuzz
