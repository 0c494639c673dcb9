// Durable updates through the stream beside a raw gRPC stream with the same messages and the same ack pattern, in turn.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "common/client/client.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "common/testing/subprocess.h"
#include "common/testing/testing.h"
#include "tests/bench/load.h"
#include "tests/bench/queries.h"
#include "tests/bench/restart.h"
#include "tests/bench/suite.h"

namespace anju::bench {
namespace {

using Json = nlohmann::ordered_json;
using Process = std::unique_ptr<testing::Subprocess>;

constexpr int kCounties = 3000;  // children of one parent, so that they can be ranked in one table
constexpr const char* kCountry = "N0";

absl::StatusOr<Process> Start(const std::string& directory, const std::string& name, std::vector<std::string> more, std::string* address) {
  std::vector<std::string> args = {testing::BinDir() + "/" + name};
  args.insert(args.end(), more.begin(), more.end());
  ASSIGN_OR_RETURN(Process process, testing::Subprocess::Start({.args = args, .output_prefix = directory + "/" + name}));
  ASSIGN_OR_RETURN(*address, process->WaitForAddress());
  return process;
}

absl::StatusOr<std::string> ImportCountry(const std::string& plan) {
  plan::v1::ImportRegionsRequest request;
  auto add = [&](std::string code, std::string parent, const char* level) {
    auto* row = request.add_rows();
    row->set_line(request.rows_size());
    row->set_name("地区" + code);
    row->set_code(std::move(code));
    row->set_parent(std::move(parent));
    row->set_level(level);
    row->set_kind("administrative");
  };
  add(kCountry, "", "country");
  for (int i = 1; i <= kCounties; ++i) add("C" + std::to_string(i), kCountry, "county");
  client::PlanClient client(plan);
  RETURN_IF_ERROR(client.ImportRegions(request).status());
  plan::v1::ImportDocumentRequest document;
  document.set_document("bench");
  document.set_issuer(kCountry);
  document.set_issued("unknown");
  for (int i = 1; i <= kCounties; ++i) {
    auto* row = document.add_rows();
    row->set_line(i);
    row->set_region("C" + std::to_string(i));
    row->set_programme("shantytown.urban");
    row->set_indicator("starts");
    row->set_plan_year("2017");
    row->set_value(std::to_string(1000 + i));
    row->set_unit("套");
  }
  RETURN_IF_ERROR(client.ImportDocument(document).status());
  // The load replays 2017, which is late by nature: marks on every figure would be measured, not figures.
  plan::v1::ImportChecksRequest checks;
  auto* late = checks.add_rows();
  late->set_line(1);
  late->set_name("late");
  late->set_check("late");
  late->set_limit("45");
  late->set_action("off");
  ASSIGN_OR_RETURN(const auto response, client.ImportChecks(checks));
  return response.basis().token();
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

struct Options {
  bool quick = false;
  bool restarts_only = false;
  std::string out;
  std::string data;      // of the restarts; empty: a directory of its own
  uint64_t updates = 0;  // likewise; 0: as many as the form of the run says
  int rounds = 5;
};

absl::StatusOr<Json> Restart(const Options& options) {
  testing::TempDir directory;
  const uint64_t updates = options.updates > 0 ? options.updates : options.quick ? 1'000'000 : 10'000'000;
  return MeasureRestarts({.directory = options.data.empty() ? directory.path() : options.data, .updates = updates, .rounds = options.rounds});
}

absl::Status Measure(const Options& options) {
  if (options.restarts_only) return Restart(options).status();
  testing::TempDir directory;
  std::string plan_address, progress_address, aggregator_address, echo_address;
  ASSIGN_OR_RETURN(Process plan, Start(directory.path(), "anju-plan", {"--data", directory / "plan", "--listen", "127.0.0.1:0"}, &plan_address));
  const std::vector<std::string> progress_args = {"--data", directory / "progress", "--listen", "127.0.0.1:0", "--plan", plan_address};
  ASSIGN_OR_RETURN(Process progress, Start(directory.path(), "anju-progress", progress_args, &progress_address));
  ASSIGN_OR_RETURN(Process echo, Start(directory.path(), "anju-bench-echo", {}, &echo_address));
  ASSIGN_OR_RETURN(const std::string token, ImportCountry(plan_address));
  RETURN_IF_ERROR(ReportFirst(progress_address, token));

  Json ratios = Json::array();
  struct Shape {
    const char* name;
    int streams, items, messages, in_flight;
    double bar;  // share of the floor that later work must reach; printed, never asserted
  };
  // The short form ends with a little over a million events in the journal.
  const Shape shapes[] = {{"stream_16x100", 16, 100, options.quick ? 200 : 625, 16, 0.20},
                          {"stream_64x1", 64, 1, options.quick ? 400 : 2000, 64, 0.50}};
  uint64_t loaded = 1;
  int turn = 0;
  for (const Shape& shape : shapes) {
    std::vector<double> ours, floor, ratio;
    for (int round = 0; round < (options.quick ? 3 : 7); ++round) {
      Load load{.streams = shape.streams, .items_per_message = shape.items, .messages_per_stream = shape.messages, .in_flight = shape.in_flight,
                .counties = kCounties, .source_prefix = "bench" + std::to_string(turn + 1), .amount_base = 1'000'000 * turn};
      ++turn;
      load.address = echo_address;
      ASSIGN_OR_RETURN(const LoadResult raw, Run(load));
      load.address = progress_address;
      ASSIGN_OR_RETURN(const LoadResult durable, Run(load));
      loaded += durable.items;
      ours.push_back(durable.per_second());
      floor.push_back(raw.per_second());
      ratio.push_back(durable.per_second() / raw.per_second());
    }
    const auto [low, high] = std::minmax_element(ours.begin(), ours.end());
    std::printf("%-14s durable %9.0f /s (%.0f … %.0f)   raw stream %9.0f /s   ratio %5.1f %%   bar %.0f %%: %s\n", shape.name, Median(ours), *low, *high,
                Median(floor), 100 * Median(ratio), 100 * shape.bar, Median(ratio) >= shape.bar ? "met" : "short");
    std::fflush(stdout);
    ratios.push_back({{"name", shape.name}, {"ours", Median(ours)}, {"peer", Median(floor)}, {"ratio", Median(ratio)}, {"bar", shape.bar}, {"pass", Median(ratio) >= shape.bar}});
  }

  // How long until the aggregator has rebuilt everything from zero.
  ASSIGN_OR_RETURN(const auto status, client::StatusClient(progress_address).GetStatus({}));
  const uint64_t events = status.position().sequence();
  auto started = std::chrono::steady_clock::now();
  ASSIGN_OR_RETURN(Process aggregator, Start(directory.path(), "anju-aggregator", {"--data", directory / "aggregator", "--listen", "127.0.0.1:0", "--plan", plan_address,
                                                                                   "--progress", progress_address}, &aggregator_address));
  client::StatusClient aggregator_status(aggregator_address);
  const bool caught_up = testing::WaitUntil(
      [&] {
        auto answer = aggregator_status.GetStatus({}, {.deadline_ms = 2000});
        return answer.ok() && answer->basis().basis().progress_size() > 0 && answer->basis().basis().progress(0).sequence() >= events;
      },
      std::chrono::seconds(120));
  if (!caught_up) return MakeError(Reason::BEHIND, "aggregator", aggregator_address, "did not catch up in 120 s");
  const double rebuild = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  std::printf("rebuild        aggregator from zero: %.2f s, %.0f events/s\n", rebuild, static_cast<double>(events) / rebuild);

  // League tables of all counties over everything that was loaded, as a client sees them.
  std::string ranking_address;
  ASSIGN_OR_RETURN(Process ranking, Start(directory.path(), "anju-ranking", {"--data", directory / "ranking", "--listen", "127.0.0.1:0", "--aggregator", aggregator_address},
                                          &ranking_address));
  ASSIGN_OR_RETURN(const auto derived, client::StatusClient(aggregator_address).GetStatus({}));
  RETURN_IF_ERROR(WaitServing(ranking_address));
  {
    ranking::v1::GetLeagueTableRequest request;
    request.set_region(kCountry);
    request.mutable_definition()->set_programme("shantytown.urban");
    request.mutable_definition()->set_indicator("starts");
    request.mutable_definition()->set_year("2017");
    request.set_at_least(derived.basis().token());
    RETURN_IF_ERROR(client::RankingClient(ranking_address).GetLeagueTable(request, {.deadline_ms = 60'000}).status());
  }
  ASSIGN_OR_RETURN(Json queries, RunQueries({.ranking = ranking_address, .region = kCountry, .expected = kCounties, .basis = derived.basis().basis()}));

  ranking->Kill(SIGKILL);
  aggregator->Kill(SIGKILL);
  progress->Kill(SIGKILL);
  plan->Kill(SIGKILL);
  ASSIGN_OR_RETURN(Json restarts, Restart(options));
  Json machine = {{"cores", std::thread::hardware_concurrency()}, {"quick", options.quick}, {"updates", loaded}, {"events", events}};
  Json json = {{"machine", std::move(machine)}, {"ratios", std::move(ratios)}, {"restarts", std::move(restarts)}, {"rebuild_events_per_second", static_cast<double>(events) / rebuild},
               {"queries", std::move(queries)}};
  if (!options.out.empty()) std::ofstream(options.out) << json.dump(2) << "\n";
  return absl::OkStatus();
}

}  // namespace
}  // namespace anju::bench

int main(int argc, char** argv) {
  anju::bench::Options options;
  CLI::App app("Durable ingest beside a raw gRPC stream", "anju-bench");
  app.add_flag("--quick", options.quick, "short form, under a minute");
  app.add_option("--out", options.out, "write the figures as JSON");
  app.add_flag("--restarts-only", options.restarts_only, "measure only how long services take to serve again");
  app.add_option("--data", options.data, "directory of the restarts: filled if it holds fewer updates, and kept");
  app.add_option("--updates", options.updates, "updates in the journal for the restarts; default 10,000,000, with --quick 1,000,000");
  app.add_option("--rounds", options.rounds, "restarts of each kind")->check(CLI::Range(1, 100));
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = anju::bench::Measure(options);
  if (!status.ok()) std::fprintf(stderr, "bench: %s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
