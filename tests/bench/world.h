// One run of the benchmark: its options, the systems that are running, how far each fleet has come, the report.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/testing/subprocess.h"
#include "tests/bench/nation.h"
#include "tests/bench/postgres.h"
#include "tests/bench/redis.h"
#include "tests/bench/report.h"
#include "tests/bench/suite.h"

namespace anju::bench {

struct Options {
  bool quick = false;
  bool ci = false;
  bool restarts_only = false;
  std::string out, svg;  // files; empty: none
  std::string data;      // of the restarts; empty: a directory of its own
  uint64_t updates = 0;  // of history at the end; 0: as many as the form of the run says
  int rounds = 0;        // of each measurement that alternates systems; 0: as the form says
  std::vector<std::string> only;  // sections; empty: all
};

class World {
 public:
  World(Options options, const std::string& directory) : options(std::move(options)), directory(directory), suite(directory) {}

  // Plan and progress with the nation in them, the floors, and PostgreSQL and Redis as far as they are there.
  absl::Status Start();
  bool Wants(const std::string& section) const;
  // Rounds, seconds and counts by the form of the run.
  int rounds() const { return options.rounds > 0 ? options.rounds : options.quick ? 3 : 7; }
  int Pick(int quick, int full) const { return options.quick ? quick : full; }
  // The next piece of a fleet's load. It has to be sent to the suite; the other systems get it as far as they are measured.
  Turn Next(const Fleet& fleet, int messages, int year = kYear);
  // Until the aggregator and the ranking answer with everything that progress has recorded so far.
  absl::Status WaitVisible() const;

  const Options options;
  const std::string directory;
  Suite suite;
  Report report;
  std::string echo_address;
  pid_t echo_pid = 0;
  std::unique_ptr<Postgres> postgres;  // nullptr: not there
  std::unique_ptr<Redis> redis;
  // What later sections compare with: items a second by round.
  Rounds stream_floor, postgres_batched, visible;

 private:
  std::unique_ptr<testing::Subprocess> echo_;
  std::map<std::string, uint64_t> sent_;  // items of each stream, by fleet and year
};

// The sections of a run, in their order. Each leaves the systems running.
absl::Status MeasureIngest(World& world);    // 16 × 100 and 64 × 1 beside floors, PostgreSQL, Redis; journal bytes
absl::Status FillOnce(World& world);         // instead of it: every series told once, to every system, nothing measured
absl::Status MeasureEquality(World& world);  // starts aggregator and ranking; fails when systems disagree
absl::Status MeasureVisible(World& world);   // ingest until visible, and ack → visible at half of the peak
absl::Status MeasureLatency(World& world);   // acknowledgements in an open loop
absl::Status MeasureReads(World& world);     // unary reads beside raw unary calls and the peers
absl::Status MeasureTables(World& world);    // league tables never asked for before
absl::Status MeasureMemory(World& world);    // three plan years in all services
absl::Status MeasureGrowth(World& world);    // the same with more and more history; dated rankings; rebuild
// The short regression form: ratios and equality only. An error when one of them is not what it has to be.
absl::Status MeasureRegression(World& world);

// Processor time that a process has used so far, seconds.
double ProcessorSeconds(pid_t pid);

}  // namespace anju::bench
