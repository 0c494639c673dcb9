// What the four services say about themselves.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/cli/context.h"

namespace anju::cli {

struct ServiceStatus {
  std::string name;
  std::string address;
  int64_t pid = 0;           // 0 when it does not answer
  bool healthy = false;      // it answers, serves, and is connected to all it follows
  std::string position;      // journal-id/sequence; of followers what they have applied, separated by spaces
  uint64_t lag = 0;          // events known upstream and not applied yet, over all feeds followed
  int64_t resident_bytes = 0;
  std::string problem;       // why it is not healthy, for people
};

// Asks all four at once, each within `deadline_ms`. Always four entries, in the order plan, progress, aggregator, ranking.
std::vector<ServiceStatus> CollectStatus(const Endpoints& endpoints, int deadline_ms);

// {"services":[{"name","address","pid","healthy","position","lag","resident_bytes","problem"}]}
Json StatusJson(const std::vector<ServiceStatus>& services);

}  // namespace anju::cli
