// One simulation from a seed: the whole suite on one thread, with faults, judged by the oracle. The same seed gives the same trace.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "common/faults/faults.h"

namespace anju::simulation {

// The rates of faults; README.md says what each does. TigerBeetle's simulator crashes, loses and delays about as often.
inline constexpr uint64_t kEventsDefault = 6'000;      // before everything is brought to its end
inline constexpr uint64_t kEventsPerFault = 170;       // of those that are injected one by one; the network's own come on top
inline constexpr uint64_t kLostPermilleMax = 6;        // of messages, by the seed
inline constexpr uint64_t kDoubledPermilleMax = 40;    // of calls
inline constexpr uint64_t kSlowPermilleMax = 20;       // of messages
inline constexpr uint64_t kStutterPermilleMax = 10;    // of messages of feeds and frames: twice, or left out
inline constexpr uint64_t kSettleTurnsMax = 400'000;   // of the queue, until everything must have caught up after the last fault
inline constexpr int64_t kSettleUsMax = 300'000'000;   // simulated time likewise

struct Options {
  uint64_t seed = 1;
  uint64_t events = kEventsDefault;
  bool verbose = false;                   // prints every event
  std::set<faults::Protection> disabled;  // to show that the simulation notices; kSync: the disks lie about syncs
};

struct Result {
  std::string violation;  // empty: every promise was kept
  uint64_t events = 0, faults = 0, trace = 0, updates = 0, readings = 0;
  int64_t simulated_us = 0;
  std::map<std::string, uint64_t> counts;
};

// One at a time in a process.
Result Simulate(const Options& options);

}  // namespace anju::simulation
