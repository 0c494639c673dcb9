// anju-simulation: runs simulations by their seeds and says what they found.
#include <ctime>

#include <cstdio>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

#include "tests/simulation/simulation.h"

namespace {

double CpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace

int main(int argc, char** argv) {
  using anju::faults::Protection;
  anju::simulation::Options options;
  uint64_t seeds = 1;
  bool again = false, summary = false;
  std::vector<std::string> disabled;
  CLI::App app("Simulates the whole suite on one thread, with faults. The same seed gives the same trace.");
  app.add_option("--seed", options.seed, "the first seed");
  app.add_option("--seeds", seeds, "how many seeds, one after the other");
  app.add_option("--events", options.events, "events before everything is brought to its end");
  app.add_flag("--verbose", options.verbose, "print every event");
  app.add_flag("--twice", again, "run every seed twice and compare the traces");
  app.add_flag("--summary", summary, "print what happened, over all seeds");
  app.add_option("--disable", disabled, "take a protection away: dedupe, witness, position_check, sync");
  CLI11_PARSE(app, argc, argv);
  const std::map<std::string, Protection> names = {
      {"dedupe", Protection::kDedupe}, {"witness", Protection::kWitness}, {"position_check", Protection::kPositionCheck}, {"sync", Protection::kSync}};
  for (const std::string& name : disabled) {
    if (!names.contains(name)) {
      std::fprintf(stderr, "there is no protection %s\n", name.c_str());
      return 64;
    }
    options.disabled.insert(names.at(name));
  }
  uint64_t failed = 0;
  std::map<std::string, uint64_t> counts;
  for (const uint64_t end = options.seed + seeds; options.seed < end; ++options.seed) {
    const double before = CpuSeconds();
    anju::simulation::Result result = anju::simulation::Simulate(options);
    if (again && result.violation.empty() && anju::simulation::Simulate(options).trace != result.trace) result.violation = "the same seed gave another trace";
    std::printf("seed=%llu events=%llu faults=%llu updates=%llu readings=%llu trace=%016llx cpu=%.2f %s\n", static_cast<unsigned long long>(options.seed),
                static_cast<unsigned long long>(result.events), static_cast<unsigned long long>(result.faults),
                static_cast<unsigned long long>(result.updates), static_cast<unsigned long long>(result.readings),
                static_cast<unsigned long long>(result.trace), CpuSeconds() - before, result.violation.empty() ? "ok" : "FAILED");
    if (!result.violation.empty()) {
      ++failed;
      std::string command = "anju-simulation --seed " + std::to_string(options.seed) + " --events " + std::to_string(options.events);
      for (const std::string& name : disabled) command += " --disable " + name;
      std::printf("  %s\n  replay: %s --verbose\n", result.violation.c_str(), command.c_str());
    }
    std::fflush(stdout);
    for (const auto& [name, count] : result.counts) counts[name] += count;
  }
  if (summary) {
    for (const auto& [name, count] : counts) std::printf("%10llu %s\n", static_cast<unsigned long long>(count), name.c_str());
  }
  return failed == 0 ? 0 : 1;
}
