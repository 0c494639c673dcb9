// What CI looks at: figures that do not depend on how fast or how busy the machine is. Bytes, processor time beside that of a floor doing the same, and
// whether everybody publishes the same.
#include <string>

#include "common/status/macros.h"
#include "common/status/status.h"
#include "tests/bench/journal_bytes.h"
#include "tests/bench/load.h"
#include "tests/bench/world.h"

namespace anju::bench {
namespace {

constexpr int kRounds = 3;
constexpr double kJournalBytes = 40;
// Processor time of progress for an update, beside that of a server that only reads the same messages and answers them. Somewhat more than twice what was
// measured (5.1 and 1.9).
constexpr double kProcessorBatched = 12, kProcessorSingle = 5;

struct Cost {
  Rounds ours, floor;
  double ratio() const { return MedianRatio(ours, floor); }
};

// Seconds of processor time of a process while it takes a turn, for each item.
absl::StatusOr<double> CostOf(const std::string& address, pid_t pid, const Turn& turn) {
  const double before = ProcessorSeconds(pid);
  RETURN_IF_ERROR(Run(address, turn).status());
  return (ProcessorSeconds(pid) - before) / static_cast<double>(turn.items());
}

absl::StatusOr<Cost> MeasureCost(World& world, const Fleet& fleet, int messages) {
  const auto& progress = world.suite.at("progress");
  Cost cost;
  for (int round = 0; round < kRounds; ++round) {
    const Turn turn = world.Next(fleet, messages);
    ASSIGN_OR_RETURN(const double ours, CostOf(progress.address, progress.process->pid(), turn));
    ASSIGN_OR_RETURN(const double floor, CostOf(world.echo_address, world.echo_pid, turn));
    cost.ours.Add(1e6 * ours);
    cost.floor.Add(1e6 * floor);
    if (world.postgres != nullptr) {
      const auto same = &fleet == &kSingle ? world.postgres->LoadSingle(turn) : world.postgres->Load(turn, 1'600);
      RETURN_IF_ERROR(same.status());
    }
  }
  return cost;
}

}  // namespace

absl::Status MeasureRegression(World& world) {
  // Enough for the clock of processor time, which ticks a hundred times a second, and for every series to have a figure.
  ASSIGN_OR_RETURN(const Cost batched, MeasureCost(world, kBatched, MessagesOfOneRound(kBatched)));
  ASSIGN_OR_RETURN(const Cost single, MeasureCost(world, kSingle, 500));
  const auto processor = [&](const char* name, const char* work, const Cost& cost, double bar) {
    world.report.Add(Ratio{.name = name, .work = work, .unit = "us", .ours = cost.ours.median(), .peer_name = "raw stream server", .peer = cost.floor.median(), .ratio = cost.ratio(),
                           .bar = bar, .stretch = bar / 2, .at_most = true});
  };
  processor("processor_16x100", "processor time of an update, 16 streams x 100", batched, kProcessorBatched);
  processor("processor_64x1", "processor time of an update, 64 streams x 1", single, kProcessorSingle);
  RETURN_IF_ERROR(MeasureEquality(world));
  ASSIGN_OR_RETURN(const uint64_t events, world.suite.ProgressEvents());
  RETURN_IF_ERROR(Run(world.suite.address("progress"), world.Next(kBatched, MessagesOfOneRound(kBatched))).status());
  ASSIGN_OR_RETURN(const JournalBytes bytes, CountJournalBytes(world.suite.address("progress"), events));
  world.report.Add(Ratio{.name = "journal_bytes", .work = "journal bytes an update (batched)", .unit = "B", .ours = bytes.per_event(), .peer_name = "bar", .peer = kJournalBytes,
                         .ratio = bytes.per_event() / kJournalBytes, .bar = 1, .stretch = 0.5, .at_most = true});
  return absl::OkStatus();
}

}  // namespace anju::bench
