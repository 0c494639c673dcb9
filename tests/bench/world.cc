// Starts what a run needs.
#include "tests/bench/world.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <sstream>

#include <unistd.h>

#include "common/client/client.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/testing/testing.h"
#include "tests/bench/nation_import.h"

namespace anju::bench {
namespace {

constexpr int kMinutesMax = 15;

}  // namespace

absl::Status World::Start() {
  RETURN_IF_ERROR(suite.Start("plan"));
  RETURN_IF_ERROR(suite.Start("progress"));
  RETURN_IF_ERROR(ImportNation(suite, {kYear - 2, kYear - 1, kYear}));
  ASSIGN_OR_RETURN(echo_, testing::Subprocess::Start({.args = {testing::BinDir() + "/anju-bench-echo"}, .output_prefix = directory + "/echo"}));
  ASSIGN_OR_RETURN(echo_address, echo_->WaitForAddress());
  echo_pid = echo_->pid();
  auto started_postgres = Postgres::Start(directory + "/postgres");
  if (started_postgres.ok()) {
    postgres = *std::move(started_postgres);
    report.machine["postgresql"] = postgres->version();
    report.Note("beside " + postgres->version());
  } else {
    report.Note("without PostgreSQL: " + std::string(started_postgres.status().message()));
  }
  if (options.ci) return absl::OkStatus();
  auto started_redis = Redis::Start(directory + "/redis");
  if (started_redis.ok()) {
    redis = *std::move(started_redis);
    report.machine["redis"] = redis->version();
    report.Note("beside " + redis->version());
  } else {
    report.Note("without Redis: " + std::string(started_redis.status().message()));
  }
  if (postgres == nullptr || redis == nullptr) report.Invalidate("PostgreSQL or Redis is not there");
  return absl::OkStatus();
}

bool World::Wants(const std::string& section) const {
  return options.only.empty() || std::find(options.only.begin(), options.only.end(), section) != options.only.end();
}

Turn World::Next(const Fleet& fleet, int messages, int year) {
  uint64_t& sent = sent_[SourceName(fleet, 0, year)];
  const Turn turn{.fleet = &fleet, .first = sent + 1, .messages = messages, .year = year};
  sent += turn.items_of_stream();
  return turn;
}

absl::Status World::WaitVisible() const {
  ASSIGN_OR_RETURN(const auto status, client::StatusClient(suite.address("progress")).GetStatus({}));
  // A service waits a minute at most; a follower that has everything to read on a busy machine may need more.
  const client::CallOptions patient{.deadline_ms = 60'000};
  const auto until_there = [](const auto& ask) {
    absl::Status status = ask();
    for (int more = 1; more < kMinutesMax && (HasReason(status, Reason::BEHIND) || absl::IsDeadlineExceeded(status)); ++more) status = ask();
    return status;
  };
  aggregator::v1::GetRollupRequest rollup;
  rollup.set_region(ProvinceCode(0));
  rollup.set_year(std::to_string(kYear));
  rollup.set_programme(ProgrammeCode(0));
  rollup.set_indicator(IndicatorCode(0));
  rollup.set_at_least(status.basis().token());
  const client::AggregatorClient aggregator(suite.address("aggregator"));
  RETURN_IF_ERROR(until_there([&] { return aggregator.GetRollup(rollup, patient).status(); }));
  ranking::v1::GetLeagueTableRequest table;
  table.set_region(kCountry);
  table.mutable_definition()->set_programme(ProgrammeCode(0));
  table.mutable_definition()->set_indicator(IndicatorCode(0));
  table.mutable_definition()->set_year(std::to_string(kYear));
  table.set_at_least(status.basis().token());
  const client::RankingClient ranking(suite.address("ranking"));
  return until_there([&] { return ranking.GetLeagueTable(table, patient).status(); });
}

double ProcessorSeconds(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  // After the name, which may hold spaces but ends with the last parenthesis, user and system time are the 12th and 13th word.
  std::istringstream words(line.substr(line.rfind(')') + 1));
  std::string word;
  double ticks = 0;
  for (int i = 1; words >> word && i <= 13; ++i) {
    if (i >= 12) ticks += std::stod(word);
  }
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace anju::bench
