// Ingest until visible in rollups and rankings, and how long an acknowledged figure takes into its province's ranking while half the peak is coming in.
#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "common/client/client.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "tests/bench/load.h"
#include "tests/bench/world.h"

namespace anju::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kVisibleP50Ms = 5, kVisibleP99Ms = 25, kStretchP50Ms = 2, kStretchP99Ms = 10;
constexpr auto kBetweenProbes = std::chrono::milliseconds(3);
constexpr const char* kProbeProgramme = "rent_subsidy";  // reported by nobody else
constexpr const char* kProbeIndicator = "subsidised_households";

double MillisecondsSince(Clock::time_point from) { return std::chrono::duration<double, std::milli>(Clock::now() - from).count(); }

// Reports another figure of the first county again and again; of each, the time from its acknowledgement until the ranking of the province's cities
// answers with it.
class Probe {
 public:
  explicit Probe(const World& world) : progress_(world.suite.address("progress")), ranking_(world.suite.address("ranking")) {}

  absl::StatusOr<double> Once() {
    const int64_t figure = 1'000 + ++sent_;
    progress::v1::ReportBatchRequest report;
    report.mutable_open()->set_source("probe");
    report.mutable_items()->set_first_sequence(sent_);
    auto* definition = report.mutable_items()->add_definitions();
    definition->set_region(PlaceCode(0));
    definition->set_programme(kProbeProgramme);
    definition->set_indicator(kProbeIndicator);
    definition->set_plan_year(std::to_string(kYear));
    auto* item = report.mutable_items()->add_items();
    item->set_as_of("2017-06-30");
    item->set_amount(figure);
    ASSIGN_OR_RETURN(const auto acknowledged, progress_.ReportBatch(report));
    const auto started = Clock::now();
    ranking::v1::GetLeagueTableRequest question;
    question.set_region(ProvinceCode(0));
    question.mutable_definition()->set_programme(kProbeProgramme);
    question.mutable_definition()->set_indicator(kProbeIndicator);
    question.mutable_definition()->set_year(std::to_string(kYear));
    question.mutable_definition()->set_by(ranking::v1::SORT_KEY_VALUE);
    question.set_at_least(acknowledged.basis().token());
    ASSIGN_OR_RETURN(const auto table, ranking_.GetLeagueTable(question));
    const double milliseconds = MillisecondsSince(started);
    if (table.rows_size() != 1 || table.rows(0).numerator() != std::to_string(figure)) {
      return MakeError(Reason::INTERNAL, "ranking", table.ShortDebugString().substr(0, 200), "the ranking that includes the figure does not show it");
    }
    return milliseconds;
  }

 private:
  const client::ProgressClient progress_;
  const client::RankingClient ranking_;
  int64_t sent_ = 0;
};

absl::Status MeasureThroughput(World& world) {
  const int messages = world.Pick(200, 400);
  Rounds floor;
  for (int round = 0; round < world.rounds(); ++round) {
    const Turn turn = world.Next(kBatched, messages);
    for (const bool floor_now : {round % 2 == 0, round % 2 != 0}) {
      if (floor_now) {
        ASSIGN_OR_RETURN(const LoadResult raw, Run(world.echo_address, turn));
        floor.Add(raw.per_second());
        continue;
      }
      ASSIGN_OR_RETURN(const LoadResult loaded, Run(world.suite.address("progress"), turn));
      const auto acknowledged = Clock::now();
      RETURN_IF_ERROR(world.WaitVisible());
      world.visible.Add(static_cast<double>(loaded.items) / (loaded.seconds + MillisecondsSince(acknowledged) / 1000));
    }
  }
  world.report.Add(Measured{"ingest until visible", "anju, until visible", "updates/s", world.visible});
  world.report.Add(Measured{"ingest until visible", "raw gRPC stream", "updates/s", floor});
  if (world.postgres != nullptr && !world.postgres_batched.values.empty()) world.report.Add(Measured{"ingest until visible", "PostgreSQL, COPY and trigger", "updates/s", world.postgres_batched});
  world.report.Add(Ratio{.name = "visible_16x100", .work = "the same until visible in rollups and rankings", .unit = "updates/s", .ours = world.visible.median(),
                         .peer_name = "raw stream", .peer = floor.median(), .ratio = MedianRatio(world.visible, floor), .bar = 0.10, .stretch = 0.20});
  if (!world.postgres_batched.values.empty()) {
    // PostgreSQL's batches are folded into its rollups when they are acknowledged, so ours have to be too.
    world.report.Add(Ratio{.name = "postgres_batched", .work = "batched ingest until visible beside PostgreSQL", .unit = "updates/s", .ours = world.visible.median(),
                           .peer_name = "PostgreSQL", .peer = world.postgres_batched.median(), .ratio = world.visible.median() / world.postgres_batched.median(), .bar = 10, .stretch = 25});
  }
  return absl::OkStatus();
}

absl::Status MeasureDelay(World& world) {
  const double rate = world.visible.median() / 2;
  const double seconds = world.Pick(6, 30);
  const int messages = static_cast<int>(rate * seconds / kBatched.streams / kBatched.items_per_message) + 1;
  const Turn turn = world.Next(kBatched, messages);
  auto load = std::async(std::launch::async, [&] { return Run(world.suite.address("progress"), turn, rate); });
  Probe probe(world);
  std::vector<double> times;
  absl::Status probed;
  while (probed.ok() && load.wait_for(kBetweenProbes) != std::future_status::ready) {
    const auto time = probe.Once();
    probed = time.status();
    if (time.ok()) times.push_back(*time);
  }
  const auto loaded = load.get();
  RETURN_IF_ERROR(probed);
  RETURN_IF_ERROR(loaded.status());
  const double p50 = Percentile(times, 50), p99 = Percentile(times, 99);
  const std::string note = std::to_string(times.size()) + " probes at " + Short(loaded->per_second()) + " updates/s, half of the peak being " + Short(rate);
  world.report.more["visible_delay_ms"] = {{"p50", p50}, {"p90", Percentile(times, 90)}, {"p99", p99}, {"probes", times.size()}, {"updates_per_second", loaded->per_second()}};
  for (const auto& [name, ours, bar, stretch] : {std::tuple{"p50", p50, kVisibleP50Ms, kStretchP50Ms}, std::tuple{"p99", p99, kVisibleP99Ms, kStretchP99Ms}}) {
    world.report.Add(Ratio{.name = std::string("visible_delay_") + name, .work = std::string("ack until in the province's ranking, half of peak, ") + name, .unit = "ms", .ours = ours,
                           .peer_name = "bar", .peer = bar, .ratio = ours / bar, .bar = 1, .stretch = stretch / bar, .at_most = true, .note = note});
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status MeasureVisible(World& world) {
  RETURN_IF_ERROR(MeasureThroughput(world));
  return MeasureDelay(world);
}

}  // namespace anju::bench
