// The program: what it prints, and how it ends.
#include <signal.h>

#include <gtest/gtest.h>

#include "common/testing/subprocess.h"
#include "common/testing/testing.h"

namespace anju::ranking {
namespace {

using testing::Subprocess;

std::vector<std::string> Arguments(const std::string& data, const std::string& listen = "127.0.0.1:0") {
  return {testing::BinDir() + "/anju-ranking", "--data", data, "--listen", listen, "--aggregator", "127.0.0.1:1"};
}

TEST(RankingProcess, ListensWithoutAnAggregatorAndEndsOnSigterm) {
  testing::TempDir directory;
  ASSERT_OK_AND_ASSIGN(auto process, Subprocess::Start({.args = Arguments(directory.path())}));
  ASSERT_THAT(process->WaitForAddress(), testing::IsOk());
  process->Kill(SIGTERM);
  EXPECT_EQ(process->Wait(), 0);
}

TEST(RankingProcess, RefusesADirectoryInUseATakenPortAndBadFlagsEachWithItsExitCode) {
  testing::TempDir directory, other;
  ASSERT_OK_AND_ASSIGN(auto process, Subprocess::Start({.args = Arguments(directory.path())}));
  ASSERT_OK_AND_ASSIGN(const std::string address, process->WaitForAddress());
  const auto in_use = testing::RunCommand(Arguments(directory.path()));
  EXPECT_EQ(in_use.exit_code, 70) << in_use.err;
  EXPECT_EQ(testing::RunCommand(Arguments(other.path(), address)).exit_code, 6);
  EXPECT_EQ(testing::RunCommand(Arguments(other.path(), "0.0.0.0:0")).exit_code, 64);  // no TLS: loopback only
  EXPECT_EQ(testing::RunCommand({testing::BinDir() + "/anju-ranking", "--no-such-flag"}).exit_code, 64);
}

}  // namespace
}  // namespace anju::ranking
