// The same questions and the same load with more and more history; dated rankings over all of it; a follower rebuilt from zero.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "common/client/client.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "tests/bench/load.h"
#include "tests/bench/tables.h"
#include "tests/bench/world.h"

namespace anju::bench {
namespace {

constexpr uint64_t kSmall = 1'000'000;
constexpr double kGrowthOfBar = 100;       // 1 M → 100 M
constexpr double kHistoryOfBar = 10e6;     // of dated rankings
constexpr double kDatedBarMs = 20, kDatedStretchMs = 5;
constexpr double kRebuildBar = 700'000, kRebuildStretch = 1'500'000;
constexpr int kTurnMessages = 200;
constexpr int kTurnsMeasured = 3;
constexpr int kCurrentQuestions = 300;

struct AtSize {
  uint64_t events = 0;
  double current_ms = 0;  // median of rollups and standings, one after another
  double dated_ms = 0, dated_p99_ms = 0;
  double ingest = 0;      // median of some turns
};

absl::StatusOr<uint64_t> FillTo(World& world, uint64_t events) {
  const std::string progress = world.suite.address("progress");
  ASSIGN_OR_RETURN(uint64_t now, world.suite.ProgressEvents());
  while (now < events) {
    const uint64_t a_message_each = static_cast<uint64_t>(kBatched.streams) * kBatched.items_per_message;
    const auto messages = static_cast<int>(std::min<uint64_t>((events - now) / a_message_each + 1, 1'000));
    RETURN_IF_ERROR(Run(progress, world.Next(kBatched, messages)).status());
    RETURN_IF_ERROR(world.WaitVisible());  // or the followers would lag by the whole history
    ASSIGN_OR_RETURN(now, world.suite.ProgressEvents());
  }
  return now;
}

absl::StatusOr<double> CurrentMilliseconds(const World& world) {
  const client::AggregatorClient aggregator(world.suite.address("aggregator"));
  const client::RankingClient ranking(world.suite.address("ranking"));
  std::vector<double> times;
  for (int i = 0; i < kCurrentQuestions; ++i) {
    aggregator::v1::GetRollupRequest rollup;
    rollup.set_region(ProvinceCode(i % kProvinces));
    rollup.set_year(std::to_string(kYear));
    rollup.set_programme(ProgrammeCode(i % kBatched.programmes));
    ranking::v1::GetStandingRequest standing;
    standing.set_region(PlaceCode(kCounties + i * 7 % kDirectUnits));
    standing.mutable_definition()->set_programme(ProgrammeCode(kRankedProgramme));
    standing.mutable_definition()->set_indicator(IndicatorCode(kRankedIndicator));
    standing.mutable_definition()->set_year(std::to_string(kYear));
    const auto started = std::chrono::steady_clock::now();
    RETURN_IF_ERROR(aggregator.GetRollup(rollup).status());
    RETURN_IF_ERROR(ranking.GetStanding(standing).status());
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count());
  }
  return Median(times);
}

absl::StatusOr<AtSize> MeasureAt(World& world, uint64_t events) {
  AtSize at;
  ASSIGN_OR_RETURN(at.events, FillTo(world, events));
  ASSIGN_OR_RETURN(at.current_ms, CurrentMilliseconds(world));
  ASSIGN_OR_RETURN(const TableTimes tables, AskTables(world, world.Pick(60, 200)));
  at.dated_ms = Median(tables.dated_known);
  at.dated_p99_ms = std::max({Percentile(tables.dated, 99), Percentile(tables.known, 99), Percentile(tables.dated_known, 99)});
  Rounds ingest;
  for (int turn = 0; turn < kTurnsMeasured; ++turn) {
    ASSIGN_OR_RETURN(const LoadResult loaded, Run(world.suite.address("progress"), world.Next(kBatched, kTurnMessages)));
    RETURN_IF_ERROR(world.WaitVisible());
    ingest.Add(loaded.per_second());
  }
  at.ingest = ingest.median();
  world.report.Note("with " + Short(static_cast<double>(at.events)) + " events: current queries " + Short(at.current_ms) + " ms, dated tables " + Short(at.dated_ms) + " ms (p50; as of a day " +
                    Short(Median(tables.dated)) + ", known at " + Short(Median(tables.known)) + ", worst p99 " + Short(at.dated_p99_ms) + "), ingest " + Short(at.ingest) + " updates/s");
  auto& sizes = world.report.more["growth"];
  sizes.push_back({{"events", at.events}, {"current_ms", at.current_ms}, {"dated_p50_ms", Median(tables.dated)}, {"known_p50_ms", Median(tables.known)},
                   {"dated_known_p50_ms", at.dated_ms}, {"dated_worst_p99_ms", at.dated_p99_ms}, {"ingest", at.ingest}});
  return at;
}

absl::Status MeasureRebuild(World& world) {
  ASSIGN_OR_RETURN(const uint64_t events, world.suite.ProgressEvents());
  RETURN_IF_ERROR(world.suite.Stop("aggregator", SIGTERM));
  std::filesystem::remove_all(world.suite.directory() + "/aggregator");
  const auto started = std::chrono::steady_clock::now();
  RETURN_IF_ERROR(world.suite.Start("aggregator"));
  RETURN_IF_ERROR(world.suite.WaitForAggregator(events));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  const double rate = static_cast<double>(events) / seconds;
  world.report.Add(Ratio{.name = "rebuild", .work = "follower rebuild from zero (aggregator, the process included)", .unit = "updates/s", .ours = rate, .peer_name = "bar", .peer = kRebuildBar,
                         .ratio = rate / kRebuildBar, .bar = 1, .stretch = kRebuildStretch / kRebuildBar, .note = Short(static_cast<double>(events)) + " events in " + Short(seconds) + " s"});
  return world.WaitVisible();
}

}  // namespace

absl::Status MeasureGrowth(World& world) {
  const uint64_t large = world.options.updates > 0 ? world.options.updates : world.options.quick ? 3 * kSmall : 10 * kSmall;
  ASSIGN_OR_RETURN(const AtSize before, MeasureAt(world, kSmall));
  ASSIGN_OR_RETURN(const AtSize after, MeasureAt(world, std::max(large, before.events)));
  const double growth = static_cast<double>(after.events) / static_cast<double>(before.events);
  const std::string note = "history grew " + Short(growth) + " x" + (growth < 0.9 * kGrowthOfBar ? "; the bar is for 100 x (--updates 100000000)" : "");
  world.report.Add(Ratio{.name = "growth_current", .work = "growth of history: current queries", .unit = "ms", .ours = after.current_ms, .peer_name = "before", .peer = before.current_ms,
                         .ratio = after.current_ms / before.current_ms, .bar = 1.05, .stretch = 1.05, .at_most = true, .note = note});
  world.report.Add(Ratio{.name = "growth_dated", .work = "growth of history: dated queries", .unit = "ms", .ours = after.dated_ms, .peer_name = "before", .peer = before.dated_ms,
                         .ratio = after.dated_ms / before.dated_ms, .bar = 2, .stretch = 1.2, .at_most = true, .note = note});
  world.report.Add(Ratio{.name = "growth_ingest", .work = "growth of history: ingest", .unit = "updates/s", .ours = after.ingest, .peer_name = "before", .peer = before.ingest,
                         .ratio = after.ingest / before.ingest, .bar = 0.8, .stretch = 0.95, .note = note});
  world.report.Add(Ratio{.name = "table_dated_p99", .work = "dated ranking of 3,000 (as of, known on, both: the worst), p99", .unit = "ms", .ours = after.dated_p99_ms, .peer_name = "bar",
                         .peer = kDatedBarMs, .ratio = after.dated_p99_ms / kDatedBarMs, .bar = 1, .stretch = kDatedStretchMs / kDatedBarMs, .at_most = true,
                         .note = Short(static_cast<double>(after.events)) + " events of history" + (static_cast<double>(after.events) < kHistoryOfBar ? "; the bar is for 10 M" : "")});
  return MeasureRebuild(world);
}

}  // namespace anju::bench
