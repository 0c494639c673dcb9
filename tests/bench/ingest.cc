// Durable ingest: the same pieces of load through every system in turn, round after round.
#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "common/status/macros.h"
#include "common/status/status.h"
#include "tests/bench/floors.h"
#include "tests/bench/journal_bytes.h"
#include "tests/bench/load.h"
#include "tests/bench/world.h"

namespace anju::bench {
namespace {

// What PostgreSQL has to reach to count as tuned, on a machine like ours.
constexpr double kPostgresLeast = 32'000;
constexpr int kPostgresRows = 1'600;  // of a transaction: all that a stream may have in flight
constexpr double kJournalBytesBar = 40, kJournalBytesStretch = 20;

struct System {
  std::string name;
  std::function<absl::StatusOr<LoadResult>(const Turn&)> load;
  Rounds rounds;
};

// Every system loads the same turn; the order is turned round from one round to the next, so that none always comes after the same other.
absl::Status Alternate(World& world, const Fleet& fleet, int messages, std::vector<System>& systems, const std::function<absl::Status()>& before_last) {
  for (int round = 0; round < world.rounds(); ++round) {
    if (round + 1 == world.rounds() && before_last != nullptr) RETURN_IF_ERROR(before_last());
    const Turn turn = world.Next(fleet, messages);
    for (System& system : systems) {
      auto result = system.load(turn);
      if (!result.ok()) return MakeError(Reason::INTERNAL, system.name, std::to_string(round), std::string(result.status().message()));
      system.rounds.Add(result->per_second());
    }
    std::reverse(systems.begin(), systems.end());
  }
  if (world.rounds() % 2 == 1) std::reverse(systems.begin(), systems.end());
  return absl::OkStatus();
}

}  // namespace

absl::Status FillOnce(World& world) {
  const Turn turn = world.Next(kBatched, MessagesOfOneRound(kBatched));
  RETURN_IF_ERROR(Run(world.suite.address("progress"), turn).status());
  if (world.postgres != nullptr) RETURN_IF_ERROR(world.postgres->Load(turn, kPostgresRows).status());
  if (world.redis != nullptr) RETURN_IF_ERROR(world.redis->Load(turn).status());
  return absl::OkStatus();
}

absl::Status MeasureIngest(World& world) {
  const std::string progress = world.suite.address("progress");
  const auto ours = [&](const Turn& turn) { return Run(progress, turn); };
  const auto echo = [&](const Turn& turn) { return Run(world.echo_address, turn); };
  const auto rocks = [&](const Turn& turn) { return RocksAppends(world.directory, turn); };
  const int batched_messages = std::max(world.Pick(200, 400), MessagesOfOneRound(kBatched) + 1);

  std::vector<System> batched = {{"raw gRPC stream", echo, {}}, {"anju, durable", ours, {}}, {"raw RocksDB, synced", rocks, {}}};
  const std::string one_connection = "PostgreSQL, COPY and trigger";
  if (world.postgres != nullptr) {
    batched.push_back({one_connection, [&](const Turn& turn) { return world.postgres->Load(turn, kPostgresRows); }, {}});
  }
  if (world.redis != nullptr) batched.push_back({"Redis, script and pipeline", [&](const Turn& turn) { return world.redis->Load(turn); }, {}});
  uint64_t before = 0;
  const auto note_position = [&]() -> absl::Status {
    ASSIGN_OR_RETURN(before, world.suite.ProgressEvents());
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(Alternate(world, kBatched, batched_messages, batched, note_position));
  ASSIGN_OR_RETURN(const JournalBytes bytes, CountJournalBytes(progress, before));
  for (const System& system : batched) world.report.Add(Measured{"ingest 16 x 100", system.name, "updates/s", system.rounds});
  world.stream_floor = batched[0].rounds;
  for (const System& system : batched) {
    if (system.name == one_connection) world.postgres_batched = system.rounds;
  }
  if (world.postgres != nullptr && world.postgres_batched.median() < kPostgresLeast) {
    world.report.Invalidate("PostgreSQL reached " + Short(world.postgres_batched.median()) + " batched updates/s; below 32,000 it is badly tuned or the machine is busy");
  }
  world.report.Add(Ratio{.name = "ingest_16x100", .work = "durable ingest, 16 streams x 100 a message", .unit = "updates/s", .ours = batched[1].rounds.median(),
                         .peer_name = "raw stream", .peer = batched[0].rounds.median(), .ratio = MedianRatio(batched[1].rounds, batched[0].rounds), .bar = 0.20, .stretch = 0.35});
  world.report.Add(Ratio{.name = "journal_bytes", .work = "journal bytes an update (batched)", .unit = "B", .ours = bytes.per_event(), .peer_name = "bar", .peer = kJournalBytesBar,
                         .ratio = bytes.per_event() / kJournalBytesBar, .bar = 1, .stretch = kJournalBytesStretch / kJournalBytesBar, .at_most = true,
                         .note = std::to_string(bytes.events) + " events in " + std::to_string(bytes.blocks) + " blocks"});

  std::vector<System> single = {{"raw gRPC stream", echo, {}}, {"anju, durable", ours, {}}, {"raw RocksDB, synced", rocks, {}}};
  if (world.postgres != nullptr) {
    single.push_back({"PostgreSQL, INSERTs in pipelines", [&](const Turn& turn) { return world.postgres->LoadSingle(turn); }, {}});
  }
  if (world.redis != nullptr) single.push_back({"Redis, script and pipeline", [&](const Turn& turn) { return world.redis->Load(turn); }, {}});
  RETURN_IF_ERROR(Alternate(world, kSingle, world.Pick(500, 2000), single, nullptr));
  for (const System& system : single) world.report.Add(Measured{"ingest 64 x 1", system.name, "updates/s", system.rounds});
  world.report.Add(Ratio{.name = "ingest_64x1", .work = "durable ingest, 64 streams x 1 a message", .unit = "updates/s", .ours = single[1].rounds.median(), .peer_name = "raw stream",
                         .peer = single[0].rounds.median(), .ratio = MedianRatio(single[1].rounds, single[0].rounds), .bar = 0.50, .stretch = 0.75});
  return absl::OkStatus();
}

}  // namespace anju::bench
