// The suite's care for its children, with stand-ins for the services: order, addresses, restarts, giving up, stopping.
#include "services/cli/suite.h"

#include <signal.h>

#include <filesystem>

#include <nlohmann/json.hpp>

#include "common/testing/subprocess.h"
#include "common/testing/testing.h"
#include "services/cli/status.h"
#include "services/cli/up.h"

namespace anju::cli {
namespace {

using ::anju::testing::HasReason;
using ::anju::testing::IsOk;
using ::anju::testing::ReadFile;
using ::anju::testing::ServerFixture;
using ::anju::testing::Subprocess;
using ::anju::testing::TempDir;
using ::anju::testing::WaitUntil;
using ::anju::testing::WriteFile;
using ::testing::HasSubstr;

// Four programs of the right names, all the same stand-in.
class SuiteTest : public ::testing::Test {
 protected:
  SuiteTest() {
    for (const char* name : kServiceNames) {
      std::filesystem::create_symlink(ANJU_SUITE_TEST_SERVICE, programs_ / (std::string("anju-") + name));
    }
  }
  SuiteOptions Options() const { return {.data = data_.path() + "/suite", .ports = {0, 0, 0, 0}, .programs = programs_.path()}; }
  std::string In(const std::string& path) const { return data_.path() + "/suite/" + path; }
  void TellToEnd(const std::string& service, int code) {
    std::filesystem::create_directories(In(service));
    WriteFile(In(service + "/exit_code"), std::to_string(code));
  }

  TempDir data_;
  TempDir programs_;
};

TEST_F(SuiteTest, StartsAllFourAndTellsThemOfEachOther) {
  auto suite = Suite::Start(Options());
  ASSERT_THAT(suite, IsOk());
  const Endpoints& endpoints = (*suite)->endpoints();
  const auto json = nlohmann::json::parse(ReadFile(In("endpoints.json")));
  EXPECT_EQ(json, (nlohmann::json{{"plan", endpoints.plan}, {"progress", endpoints.progress}, {"aggregator", endpoints.aggregator}, {"ranking", endpoints.ranking}}));
  EXPECT_THAT(ReadFile(In("progress/flags")), HasSubstr("--plan " + endpoints.plan + "\n"));
  EXPECT_THAT(ReadFile(In("aggregator/flags")), HasSubstr("--plan " + endpoints.plan + "\n--progress " + endpoints.progress + "\n"));
  EXPECT_THAT(ReadFile(In("ranking/flags")), HasSubstr("--aggregator " + endpoints.aggregator + "\n"));
  const auto services = CollectStatus(endpoints, 5'000);
  ASSERT_EQ(services.size(), kServices);
  for (size_t i = 0; i < kServices; ++i) {
    EXPECT_EQ(services[i].name, kServiceNames[i]);
    EXPECT_TRUE(services[i].healthy) << services[i].problem;
    EXPECT_EQ(services[i].pid, (*suite)->pid(kServiceNames[i]));
  }
}

TEST_F(SuiteTest, StopsInOrderAndLeavesNothingRunning) {
  auto suite = Suite::Start(Options());
  ASSERT_THAT(suite, IsOk());
  std::vector<pid_t> pids;
  for (const char* name : kServiceNames) pids.push_back((*suite)->pid(name));
  suite->reset();
  for (size_t i = 0; i < kServices; ++i) {
    EXPECT_NE(kill(pids[i], 0), 0) << kServiceNames[i];
    EXPECT_TRUE(std::filesystem::exists(In(std::string(kServiceNames[i]) + "/stopped"))) << "by SIGTERM, not by force";
  }
  EXPECT_FALSE(std::filesystem::exists(In("endpoints.json")));
}

TEST_F(SuiteTest, RestartsADeadChildOnItsPort) {
  auto suite = Suite::Start(Options());
  ASSERT_THAT(suite, IsOk());
  for (const char* name : kServiceNames) {
    const pid_t before = (*suite)->pid(name);
    ASSERT_EQ(kill(before, SIGKILL), 0);
    ASSERT_TRUE(WaitUntil([&] { return (*suite)->pid(name) != before && (*suite)->pid(name) != 0; })) << name;
  }
  EXPECT_EQ((*suite)->restarts(), 4);
  EXPECT_TRUE(WaitUntil([&] {
    for (const ServiceStatus& service : CollectStatus((*suite)->endpoints(), 1'000)) {
      if (!service.healthy) return false;
    }
    return true;
  }));
  EXPECT_THAT((*suite)->health(), IsOk());
}

TEST_F(SuiteTest, GivesUpOnAChildThatKeepsDying) {
  auto suite = Suite::Start(Options());
  ASSERT_THAT(suite, IsOk());
  TellToEnd("aggregator", 3);
  ASSERT_EQ(kill((*suite)->pid("aggregator"), SIGKILL), 0);
  ASSERT_TRUE(WaitUntil([&] { return !(*suite)->health().ok(); }));
  EXPECT_THAT(std::string((*suite)->health().message()), HasSubstr("anju-aggregator ended more than 5 times within a minute"));
  EXPECT_THAT(std::string((*suite)->health().message()), HasSubstr("told to end with 3"));
  EXPECT_EQ((*suite)->restarts(), kRestartsMax);
  EXPECT_TRUE(WaitUntil([&] { return (*suite)->pid("plan") == 0; })) << "the others are stopped";
}

TEST_F(SuiteTest, DoesNotRestartADamagedStore) {
  auto suite = Suite::Start(Options());
  ASSERT_THAT(suite, IsOk());
  TellToEnd("plan", 70);
  ASSERT_EQ(kill((*suite)->pid("plan"), SIGKILL), 0);
  ASSERT_TRUE(WaitUntil([&] { return !(*suite)->health().ok(); }));
  EXPECT_THAT((*suite)->health(), HasReason(Reason::DATA_LOSS));
  EXPECT_EQ((*suite)->restarts(), 1);
}

TEST_F(SuiteTest, AFailedDiskIsAReasonToStartAgainAlsoWhileStarting) {
  std::filesystem::create_directories(In("progress"));
  WriteFile(In("progress/exit_codes"), "74 74");
  auto suite = Suite::Start(Options());
  ASSERT_THAT(suite, IsOk());
  EXPECT_EQ((*suite)->restarts(), 2);
  TellToEnd("plan", kDiskFailed);
  ASSERT_EQ(kill((*suite)->pid("plan"), SIGKILL), 0);
  ASSERT_TRUE(WaitUntil([&] { return !(*suite)->health().ok(); }));
  EXPECT_THAT((*suite)->health(), HasReason(Reason::STORAGE_FAILED)) << "not for ever";
}

TEST_F(SuiteTest, SaysWhyAServiceDidNotStart) {
  TellToEnd("progress", 64);
  const auto suite = Suite::Start(Options());
  EXPECT_THAT(suite, HasReason(Reason::BAD_VALUE));
  EXPECT_THAT(std::string(suite.status().message()), HasSubstr("anju-progress did not start"));
  EXPECT_THAT(std::string(suite.status().message()), HasSubstr("told to end with 64"));
}

TEST_F(SuiteTest, NamesAPortThatIsTaken) {
  const ServerFixture other({});
  SuiteOptions options = Options();
  options.ports[2] = std::stoi(other.address().substr(other.address().find(':') + 1));
  const auto suite = Suite::Start(options);
  EXPECT_THAT(suite, HasReason(Reason::UNAVAILABLE));
  EXPECT_THAT(std::string(suite.status().message()), HasSubstr(other.address()));
}

TEST_F(SuiteTest, ADirectoryBelongsToOneSuite) {
  {
    auto first = Suite::Start(Options());
    ASSERT_THAT(first, IsOk());
    EXPECT_THAT(Suite::Start(Options()), HasReason(Reason::DIRECTORY_IN_USE));
  }
  EXPECT_THAT(Suite::Start(Options()), IsOk()) << "free again";
}

TEST_F(SuiteTest, MissingProgramsAreNamed) {
  SuiteOptions options = Options();
  options.programs = data_.path();
  EXPECT_THAT(Suite::Start(options), HasReason(Reason::FILE_NOT_FOUND));
}

// `anju up` as a process of its own.
class UpTest : public SuiteTest {
 protected:
  std::unique_ptr<Subprocess> Up() {
    auto process = Subprocess::Start({.args = {ANJU_SUITE_TEST_SERVICE, "up", In(""), programs_.path()}});
    EXPECT_THAT(process, IsOk());
    return *std::move(process);
  }
  std::vector<ServiceStatus> Services() {
    const auto json = nlohmann::json::parse(ReadFile(In("endpoints.json")));
    return CollectStatus({json["plan"], json["progress"], json["aggregator"], json["ranking"]}, 5'000);
  }
};

TEST_F(UpTest, SaysReadyAndEndsInOrderOnSigterm) {
  const auto up = Up();
  ASSERT_THAT(up->WaitForLine("ready"), IsOk());
  for (const ServiceStatus& service : Services()) EXPECT_TRUE(service.healthy) << service.problem;
  up->Kill(SIGTERM);
  EXPECT_EQ(up->Wait(), kOk);
  for (const char* name : kServiceNames) EXPECT_TRUE(std::filesystem::exists(In(std::string(name) + "/stopped"))) << name;
}

TEST_F(UpTest, ItsChildrenDieWithIt) {
  const auto up = Up();
  ASSERT_THAT(up->WaitForLine("ready"), IsOk());
  const std::vector<ServiceStatus> services = Services();
  up->Kill(SIGKILL);
  EXPECT_EQ(up->Wait(), 128 + SIGKILL);
  for (const ServiceStatus& service : services) EXPECT_TRUE(WaitUntil([&] { return kill(static_cast<pid_t>(service.pid), 0) != 0; })) << service.name;
}

TEST_F(UpTest, TheExitCodeSaysWhatIsWrong) {
  for (const int code : {kDamaged, kUsage, kUnavailable, kDiskFailed}) {
    TellToEnd("plan", code);
    const auto up = Up();
    EXPECT_EQ(up->Wait(), code);
    EXPECT_THAT(up->err(), HasSubstr(code == kDiskFailed ? "anju-plan ended more than 5 times" : "anju-plan did not start"));
    EXPECT_EQ(up->out(), "");
  }
}

TEST_F(UpTest, ASecondOneInTheDirectoryIsRefused) {
  const auto first = Up();
  ASSERT_THAT(first->WaitForLine("ready"), IsOk());
  const auto second = Up();
  EXPECT_EQ(second->Wait(), kDamaged);
  EXPECT_THAT(second->err(), HasSubstr("DIRECTORY_IN_USE"));
}

TEST(StatusTest, NobodyThereIsNotHealthy) {
  const Endpoints nowhere = {"127.0.0.1:1", "127.0.0.1:1", "127.0.0.1:1", "127.0.0.1:1"};
  const Json json = StatusJson(CollectStatus(nowhere, 2'000));
  ASSERT_EQ(json["services"].size(), kServices);
  EXPECT_EQ(json["services"][0]["name"], "plan");
  EXPECT_EQ(json["services"][0]["healthy"], false);
  EXPECT_EQ(json["services"][0]["pid"], 0);
  EXPECT_NE(json["services"][0]["problem"], "");
}

TEST(StatusTest, AnotherServiceAtTheAddressIsNotHealthy) {
  const ServerFixture ranking({}, "ranking");
  const auto services = CollectStatus({ranking.address(), ranking.address(), ranking.address(), ranking.address()}, 5'000);
  EXPECT_FALSE(services[0].healthy);
  EXPECT_THAT(services[0].problem, HasSubstr("anju-ranking answers"));
  EXPECT_TRUE(services[3].healthy);
}

}  // namespace
}  // namespace anju::cli
