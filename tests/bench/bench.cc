// The benchmark: this suite beside its floors and beside what users would pick instead, section after section in one run on one machine.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <sys/statfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "common/status/macros.h"
#include "common/testing/testing.h"
#include "tests/bench/restart.h"
#include "tests/bench/world.h"

namespace anju::bench {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitNotValid = 2;
constexpr long kMemoryFileSystem = 0x01021994;  // tmpfs, where a sync costs nothing

struct Section {
  const char* name;
  absl::Status (*measure)(World&);
  const char* title;
};

// "ingest" and "equality" belong together: what is compared is what was ingested.
constexpr Section kSections[] = {{"ingest", MeasureIngest, "durable ingest"},
                                 {"equality", MeasureEquality, "the same totals and ranks everywhere"},
                                 {"visible", MeasureVisible, "until visible"},
                                 {"latency", MeasureLatency, "acknowledgements at a steady rate"},
                                 {"reads", MeasureReads, "unary reads"},
                                 {"tables", MeasureTables, "league tables"},
                                 {"memory", MeasureMemory, "memory"},
                                 {"growth", MeasureGrowth, "growth of history"}};

std::string CpuName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "";
}

nlohmann::ordered_json Machine(World& world) {
  utsname system{};
  uname(&system);
  double load = 0;
  getloadavg(&load, 1);
  const double memory_gib = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 30);
  if (load > 0.5 * std::thread::hardware_concurrency()) world.report.Note("the machine is busy (load " + Short(load) + "): figures are noise");
  struct statfs disk {};
  if (statfs(world.directory.c_str(), &disk) == 0 && disk.f_type == kMemoryFileSystem) world.report.Invalidate(world.directory + " is in memory: nothing there is durable");
  return {{"cores", std::thread::hardware_concurrency()}, {"memory_gib", memory_gib}, {"cpu", CpuName()}, {"kernel", system.release}, {"load_before", load},
          {"quick", world.options.quick}, {"rounds", world.rounds()}};
}

absl::Status RunSections(World& world) {
  // Later sections ask about what was ingested.
  if (!world.Wants("ingest")) RETURN_IF_ERROR(FillOnce(world));
  for (const Section& section : kSections) {
    const bool needed = section.measure == MeasureEquality;  // starts the services that all later sections ask
    if (!needed && !world.Wants(section.name)) continue;
    std::printf("%s\n", section.title);
    const absl::Status status = section.measure(world);
    if (!status.ok()) return absl::Status(status.code(), std::string(section.name) + ": " + std::string(status.message()));
  }
  if (world.options.quick || !world.Wants("restarts")) return absl::OkStatus();
  std::printf("restarts\n");
  const testing::TempDir directory;
  ASSIGN_OR_RETURN(world.report.more["restarts"], MeasureRestarts({.directory = directory.path(), .updates = 10'000'000, .rounds = 3}));
  return absl::OkStatus();
}

absl::Status RestartsOnly(const Options& options) {
  const testing::TempDir directory;
  const uint64_t updates = options.updates > 0 ? options.updates : options.quick ? 1'000'000 : 10'000'000;
  const int rounds = options.rounds > 0 ? options.rounds : 5;
  return MeasureRestarts({.directory = options.data.empty() ? directory.path() : options.data, .updates = updates, .rounds = rounds}).status();
}

int Main(const Options& options) {
  if (options.restarts_only) {
    const absl::Status status = RestartsOnly(options);
    if (!status.ok()) std::fprintf(stderr, "bench: %s\n", status.ToString().c_str());
    return status.ok() ? 0 : kExitFailed;
  }
  const testing::TempDir directory;
  World world(options, directory.path());
  world.report.machine = Machine(world);
  absl::Status status = world.Start();
  if (status.ok()) status = options.ci ? MeasureRegression(world) : RunSections(world);
  if (!world.report.empty()) world.report.Print();
  const absl::Status written = world.report.Write(options.out, options.svg);
  if (status.ok()) status = written;
  if (!status.ok()) {
    std::fprintf(stderr, "bench: %s\n", status.ToString().c_str());
    return kExitFailed;
  }
  if (options.ci) return world.report.passed() ? 0 : kExitFailed;
  return world.report.valid() ? 0 : kExitNotValid;
}

}  // namespace
}  // namespace anju::bench

int main(int argc, char** argv) {
  anju::bench::Options options;
  CLI::App app("This suite beside its floors, PostgreSQL and Redis", "anju-bench");
  app.add_flag("--quick", options.quick, "short form, under 8 minutes");
  app.add_flag("--ci", options.ci, "regression form: ratios and equality only; fails when one is not what it has to be");
  app.add_option("--only", options.only, "sections: ingest, visible, latency, reads, tables, memory, growth, restarts")
      ->delimiter(',')
      ->check(CLI::IsMember({"ingest", "visible", "latency", "reads", "tables", "memory", "growth", "restarts"}));
  app.add_option("--updates", options.updates, "updates of history at the end; default 10,000,000, with --quick 3,000,000");
  app.add_option("--rounds", options.rounds, "rounds of each measurement; default 7, with --quick 3")->check(CLI::Range(1, 100));
  app.add_option("--out", options.out, "write the figures as JSON");
  app.add_option("--svg", options.svg, "draw the figures");
  app.add_flag("--restarts-only", options.restarts_only, "measure only how long services take to serve again");
  app.add_option("--data", options.data, "directory of --restarts-only: filled if it holds fewer updates, and kept");
  CLI11_PARSE(app, argc, argv);
  return anju::bench::Main(options);
}
