// Memory of all services with the whole nation and three plan years in them.
#include <string>

#include "common/status/macros.h"
#include "tests/bench/load.h"
#include "tests/bench/world.h"

namespace anju::bench {
namespace {

constexpr double kBarMiB = 600, kStretchMiB = 300;

}  // namespace

absl::Status MeasureMemory(World& world) {
  for (const int year : {kYear - 2, kYear - 1, kYear}) {
    RETURN_IF_ERROR(Run(world.suite.address("progress"), world.Next(kWhole, MessagesOfOneRound(kWhole), year)).status());
  }
  RETURN_IF_ERROR(world.WaitVisible());
  double all = 0;
  std::string note;
  auto& each = world.report.more["memory_mib"] = nlohmann::ordered_json::object();
  for (const char* name : {"plan", "progress", "aggregator", "ranking"}) {
    ASSIGN_OR_RETURN(const double mib, world.suite.MemoryMiB(name));
    all += mib;
    each[name] = mib;
    note += std::string(note.empty() ? "" : ", ") + name + " " + Short(mib);
  }
  ASSIGN_OR_RETURN(const uint64_t events, world.suite.ProgressEvents());
  world.report.Add(Ratio{.name = "memory", .work = "memory of all services, national tree, 3 plan years", .unit = "MiB", .ours = all, .peer_name = "bar", .peer = kBarMiB,
                         .ratio = all / kBarMiB, .bar = 1, .stretch = kStretchMiB / kBarMiB, .at_most = true, .note = note + "; " + Short(static_cast<double>(events)) + " events of history"});
  return absl::OkStatus();
}

}  // namespace anju::bench
