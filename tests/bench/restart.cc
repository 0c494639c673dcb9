// Measures restarts of restart.h.
#include "tests/bench/restart.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "common/status/macros.h"
#include "tests/bench/load.h"
#include "tests/bench/nation_import.h"
#include "tests/bench/statistics.h"
#include "tests/bench/suite.h"

namespace anju::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kServices[] = {"plan", "progress", "aggregator", "ranking"};
constexpr uint64_t kFillUpdates = 1'000'000;  // at once: the aggregator is let catch up in between
// Sent right before a kill -9, so that the service has something to replay. Less than what makes it flush.
constexpr uint64_t kTailUpdates = 120'000;

// Some updates more; goes on where an earlier load ended, also one of an earlier run.
absl::Status LoadMore(const Suite& suite, uint64_t updates) {
  const uint64_t a_message_each = static_cast<uint64_t>(kBatched.streams) * kBatched.items_per_message;
  const Turn turn{.fleet = &kBatched, .first = 0, .messages = static_cast<int>((updates + a_message_each - 1) / a_message_each)};
  return Run(suite.address("progress"), turn).status();
}

absl::Status Fill(Suite& suite, uint64_t updates) {
  ASSIGN_OR_RETURN(uint64_t events, suite.ProgressEvents());
  if (events == 0) RETURN_IF_ERROR(ImportNation(suite, {kYear}));
  while (events < updates) {
    const auto started = std::chrono::steady_clock::now();
    const uint64_t before = events;
    RETURN_IF_ERROR(LoadMore(suite, std::min(kFillUpdates, updates - events)));
    ASSIGN_OR_RETURN(events, suite.ProgressEvents());
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    RETURN_IF_ERROR(suite.WaitForAggregator(events));
    std::printf("fill           %10llu events, %9.0f updates/s\n", static_cast<unsigned long long>(events), static_cast<double>(events - before) / took.count());
    std::fflush(stdout);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Json> MeasureRestarts(const Restarts& restarts) {
  std::filesystem::create_directories(restarts.directory);
  Suite suite(restarts.directory);
  for (const char* name : kServices) RETURN_IF_ERROR(suite.Start(name));
  RETURN_IF_ERROR(Fill(suite, restarts.updates));

  Json results = Json::array();
  for (const char* name : kServices) {
    for (const int signal : {SIGKILL, SIGTERM}) {
      std::vector<double> times;
      for (int round = 0; round < restarts.rounds; ++round) {
        const bool feeds = std::string_view(name) == "progress" || std::string_view(name) == "aggregator";
        if (signal == SIGKILL && feeds) RETURN_IF_ERROR(LoadMore(suite, kTailUpdates));
        RETURN_IF_ERROR(suite.Stop(name, signal));
        RETURN_IF_ERROR(suite.Start(name));
        times.push_back(suite.at(name).start_seconds);
        ASSIGN_OR_RETURN(const uint64_t events, suite.ProgressEvents());
        RETURN_IF_ERROR(suite.WaitForAggregator(events));
      }
      std::sort(times.begin(), times.end());
      ASSIGN_OR_RETURN(const uint64_t events, suite.ProgressEvents());
      ASSIGN_OR_RETURN(const double memory, suite.MemoryMiB(name));
      const char* after = signal == SIGKILL ? "kill -9" : "an orderly stop";
      std::printf("restart        %-10s serves %.2f s (median; slowest of %d: %.2f s) after %s with %llu events; then %.0f MiB\n", name, Median(times), restarts.rounds,
                  times.back(), after, static_cast<unsigned long long>(events), memory);
      std::fflush(stdout);
      results.push_back({{"service", name}, {"after", after}, {"events", events}, {"seconds", Median(times)}, {"slowest_seconds", times.back()}, {"resident_mib", memory}});
    }
  }
  for (auto name = std::rbegin(kServices); name != std::rend(kServices); ++name) RETURN_IF_ERROR(suite.Stop(*name, SIGTERM));
  return results;
}

}  // namespace anju::bench
