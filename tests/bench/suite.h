// The processes of a suite over one directory, which the benchmark starts, kills and waits for.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/testing/subprocess.h"

namespace anju::bench {

// A running service.
struct Service {
  std::unique_ptr<testing::Subprocess> process;
  std::string address;
  double start_seconds = 0;  // from the start of the process until it served
};

// Services are named plan, progress, aggregator, ranking and keep their data in DIRECTORY/NAME. Not thread-safe.
class Suite {
 public:
  explicit Suite(std::string directory) : directory_(std::move(directory)) {}
  // Starts a service after those it follows, and waits until it serves.
  absl::Status Start(const std::string& name);
  // Sends the signal and waits for the end.
  absl::Status Stop(const std::string& name, int signal);
  const Service& at(const std::string& name) const { return services_.at(name); }
  const std::string& address(const std::string& name) const { return services_.at(name).address; }
  const std::string& directory() const { return directory_; }
  // Sequence of the newest event in progress's journal.
  absl::StatusOr<uint64_t> ProgressEvents() const;
  // Until the aggregator includes this much of progress's journal.
  absl::Status WaitForAggregator(uint64_t events) const;
  // Resident memory, MiB.
  absl::StatusOr<double> MemoryMiB(const std::string& name) const;

 private:
  const std::string directory_;
  std::map<std::string, Service> services_;
};

// Until the service at this address says so.
absl::Status WaitServing(const std::string& address);

}  // namespace anju::bench
