// Acknowledgements at a steady rate: ours, the raw stream's, and the disk's own sync, in turn.
#include <string>
#include <vector>

#include "common/status/macros.h"
#include "tests/bench/floors.h"
#include "tests/bench/load.h"
#include "tests/bench/world.h"

namespace anju::bench {
namespace {

constexpr double kUpdatesPerSecond = 3'000;
constexpr double kSyncsBar = 4, kSyncsStretch = 2.5;  // how many times the disk's sync may come on top of the raw stream
constexpr int kSyncs = 500;

}  // namespace

absl::Status MeasureLatency(World& world) {
  const int messages = static_cast<int>(kUpdatesPerSecond * world.Pick(4, 15) / kSingle.streams);
  Rounds ours_p50, ours_p99, echo_p50, echo_p99, sync_p50, sync_p99, bars, stretches;
  for (int round = 0; round < world.rounds(); ++round) {
    const Turn turn = world.Next(kSingle, messages);
    for (const bool echo : {round % 2 == 0, round % 2 != 0}) {
      ASSIGN_OR_RETURN(const std::vector<double> times, RunOpenLoop(echo ? world.echo_address : world.suite.address("progress"), turn, kUpdatesPerSecond));
      (echo ? echo_p50 : ours_p50).Add(Percentile(times, 50));
      (echo ? echo_p99 : ours_p99).Add(Percentile(times, 99));
    }
    ASSIGN_OR_RETURN(const std::vector<double> syncs, SyncTimes(world.directory, kSyncs));
    sync_p50.Add(Percentile(syncs, 50));
    sync_p99.Add(Percentile(syncs, 99));
    bars.Add(echo_p99.values.back() + kSyncsBar * sync_p99.values.back());
    stretches.Add((echo_p99.values.back() + kSyncsStretch * sync_p99.values.back()) / bars.values.back());
  }
  world.report.Add(Measured{"ack at 3,000 updates/s, p50", "anju", "ms", ours_p50});
  world.report.Add(Measured{"ack at 3,000 updates/s, p50", "raw gRPC stream", "ms", echo_p50});
  world.report.Add(Measured{"ack at 3,000 updates/s, p50", "fdatasync of 4 KiB", "ms", sync_p50});
  world.report.Add(Measured{"ack at 3,000 updates/s, p99", "anju", "ms", ours_p99});
  world.report.Add(Measured{"ack at 3,000 updates/s, p99", "raw gRPC stream", "ms", echo_p99});
  world.report.Add(Measured{"ack at 3,000 updates/s, p99", "fdatasync of 4 KiB", "ms", sync_p99});
  world.report.Add(Ratio{.name = "ack_latency_p99", .work = "ack latency at 3,000 updates/s, p99, open loop", .unit = "ms", .ours = ours_p99.median(), .peer_name = "raw p99 + 4 x fdatasync p99",
                         .peer = bars.median(), .ratio = MedianRatio(ours_p99, bars), .bar = 1, .stretch = stretches.median(), .at_most = true});
  return absl::OkStatus();
}

}  // namespace anju::bench
