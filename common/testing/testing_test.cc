// Tests of what tests lean on.
#include "common/testing/testing.h"

#include <csignal>
#include <filesystem>

#include "common/testing/subprocess.h"

namespace anju::testing {
namespace {

TEST(TempDirTest, IsRemovedWithWhatItHolds) {
  std::string path;
  {
    TempDir directory;
    path = directory.path();
    std::filesystem::create_directory(directory / "inside");
    WriteFile(directory / "inside/file", "text");
    EXPECT_EQ(ReadFile(directory / "inside/file"), "text");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(MatcherTest, TellsReasonsApart) {
  const absl::Status status = MakeError(Reason::BAD_DATE, "as_of", "2017-02-30", "no such day");
  EXPECT_THAT(status, HasReason(Reason::BAD_DATE));
  EXPECT_THAT(status, ::testing::Not(HasReason(Reason::BAD_NUMBER)));
  EXPECT_THAT(status, HasReasonAt(Reason::BAD_DATE, "as_of"));
  EXPECT_THAT(status, ::testing::Not(IsOk()));
  EXPECT_THAT(absl::StatusOr<int>(status), HasReason(Reason::BAD_DATE));
  EXPECT_THAT(absl::StatusOr<int>(3), IsOkAndHolds(3));
  EXPECT_THAT(absl::StatusOr<int>(3), ::testing::Not(IsOkAndHolds(4)));
}

TEST(RunCommandTest, GivesCodeAndOutput) {
  const CommandResult result = RunCommand({"sh", "-c", "cat; echo \"$GREETING\" >&2; exit 3"}, {{"GREETING", "hello"}}, std::chrono::seconds(10), "in");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.out, "in");
  EXPECT_EQ(result.err, "hello\n");
}

TEST(RunCommandTest, AProgramThatIsNotThereIs127) { EXPECT_EQ(RunCommand({"/no/such/program"}).exit_code, 127); }

TEST(SubprocessTest, WaitsForTheAddressAndKills) {
  auto process = Subprocess::Start({.args = {"sh", "-c", "echo talk; echo listening 127.0.0.1:9; exec sleep 60"}});
  ASSERT_THAT(process, IsOk());
  EXPECT_THAT((*process)->WaitForAddress(), IsOkAndHolds(std::string("127.0.0.1:9")));
  EXPECT_TRUE((*process)->IsRunning());
  (*process)->Kill(SIGKILL);
  EXPECT_EQ((*process)->Wait(), 128 + SIGKILL);
}

TEST(SubprocessTest, SaysWhyNothingListens) {
  auto process = Subprocess::Start({.args = {"sh", "-c", "echo broken >&2; exit 70"}});
  ASSERT_THAT(process, IsOk());
  const auto address = (*process)->WaitForAddress();
  EXPECT_THAT(address, HasReason(Reason::UNAVAILABLE));
  EXPECT_THAT(std::string(address.status().message()), ::testing::HasSubstr("broken"));
  EXPECT_EQ((*process)->Wait(), 70);
}

}  // namespace
}  // namespace anju::testing
