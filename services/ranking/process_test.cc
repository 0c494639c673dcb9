// The program: what it prints, and how it ends.
#include <signal.h>

#include <gtest/gtest.h>

#include "common/bulletin/content.h"
#include "common/client/client.h"
#include "common/testing/subprocess.h"
#include "common/testing/testing.h"
#include "services/ranking/test_aggregator.h"

namespace anju::ranking {
namespace {

using testing::Subprocess;

std::vector<std::string> Arguments(const std::string& data, const std::string& listen = "127.0.0.1:0", const std::string& aggregator = "127.0.0.1:1") {
  return {testing::BinDir() + "/anju-ranking", "--data", data, "--listen", listen, "--aggregator", aggregator};
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

constexpr char kTemplate[] = R"(template: starts
region: "533400"
issuer: 迪庆州办公室
number: 迪安居通〔{year}〕{n}号
title: 开工情况
tables:
  starts:
    annex: yes
    title: 开工率
    rank: {programme: all, indicator: starts, year: "{year}"}
    columns: [{heading: 县, cell: name}, {heading: 开工率, cell: value}]
body:
  - text: 全州开工{starts.total.numerator}套。
)";

// A kill after each answer: what was answered is there, and numbering goes on.
TEST(RankingProcess, KilledBetweenDefiningDraftingAndIssuingItKeepsWhatItAnswered) {
  testing::TempDir directory;
  TestAggregator aggregator{World()};
  testing::ServerFixture upstream({&aggregator}, "aggregator");
  std::unique_ptr<Subprocess> process;
  std::string address;
  const auto start = [&] {
    if (process != nullptr) process->Kill(SIGKILL);
    process = nullptr;
    auto started = Subprocess::Start({.args = Arguments(directory.path(), "127.0.0.1:0", upstream.address())});
    ASSERT_THAT(started, testing::IsOk());
    process = *std::move(started);
    ASSERT_OK_AND_ASSIGN(address, process->WaitForAddress());
    ASSERT_TRUE(testing::WaitUntil([&] {
      const auto status = client::StatusClient(address).GetStatus({});
      return status.ok() && status->basis().basis().plan().sequence() > 0;
    }));
  };
  std::vector<v1::BulletinRecord> issued;
  start();
  v1::DefineTemplateRequest define;
  define.set_source(kTemplate);
  ASSERT_OK_AND_ASSIGN(const auto defined, client::BulletinClient(address).DefineTemplate(define));
  for (int round = 1; round <= 3; ++round) {
    start();
    v1::DraftBulletinRequest draft;
    draft.set_template_code("starts");
    draft.set_as_of("2017-06-30");
    ASSERT_OK_AND_ASSIGN(const auto drafted, client::BulletinClient(address).DraftBulletin(draft));
    EXPECT_EQ(drafted.draft().draft(), static_cast<uint64_t>(round));
    EXPECT_EQ(drafted.draft().template_version(), 1u);
    start();
    v1::IssueBulletinRequest issue;
    issue.set_draft(drafted.draft().draft());
    issue.set_date("2017-07-04");
    issue.set_request_id("issue " + std::to_string(round));
    ASSERT_OK_AND_ASSIGN(const auto answer, client::BulletinClient(address).IssueBulletin(issue));
    issued.push_back(answer.bulletin());
    EXPECT_EQ(issued.back().number(), "迪安居通〔2017〕" + std::to_string(round) + "号");
    EXPECT_EQ(issued.back().sha256(), bulletin::Sha256Hex(issued.back().content()));
    start();
    // Who does not know whether the answer was lost asks again.
    ASSERT_OK_AND_ASSIGN(const auto again, client::BulletinClient(address).IssueBulletin(issue));
    EXPECT_EQ(again.bulletin().SerializeAsString(), issued.back().SerializeAsString());
    for (const v1::BulletinRecord& bulletin : issued) {
      v1::GetBulletinRequest get;
      get.set_number(bulletin.number());
      ASSERT_OK_AND_ASSIGN(const auto stored, client::BulletinClient(address).GetBulletin(get));
      EXPECT_EQ(stored.bulletin().SerializeAsString(), bulletin.SerializeAsString());
    }
  }
}

}  // namespace
}  // namespace anju::ranking
