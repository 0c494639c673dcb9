// Starts services with the addresses of those they follow, and asks them how they are.
#include "tests/bench/suite.h"

#include <chrono>
#include <utility>
#include <vector>

#include "common/client/client.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/testing/testing.h"

namespace anju::bench {

absl::Status WaitServing(const std::string& address) {
  client::StatusClient status(address);
  const bool served = testing::WaitUntil(
      [&] {
        auto answer = status.GetStatus({}, {.deadline_ms = 1000});
        return answer.ok() && answer->serving();
      },
      std::chrono::seconds(60));
  return served ? absl::OkStatus() : MakeError(Reason::UNAVAILABLE, "address", address, "not serving");
}

absl::Status Suite::Start(const std::string& name) {
  // A service that comes back keeps its port, so that those that follow it find it again.
  Service& service = services_[name];
  std::vector<std::string> args = {testing::BinDir() + "/anju-" + name, "--data", directory_ + "/" + name, "--listen",
                                   service.address.empty() ? "127.0.0.1:0" : service.address};
  const auto follow = [&](const char* other) { args.insert(args.end(), {std::string("--") + other, address(other)}); };
  if (name == "progress" || name == "aggregator") follow("plan");
  if (name == "aggregator") follow("progress");
  if (name == "ranking") follow("aggregator");
  const auto started = std::chrono::steady_clock::now();
  ASSIGN_OR_RETURN(service.process, testing::Subprocess::Start({.args = args, .output_prefix = directory_ + "/anju-" + name}));
  ASSIGN_OR_RETURN(service.address, service.process->WaitForAddress(std::chrono::seconds(120)));
  RETURN_IF_ERROR(WaitServing(service.address));
  service.start_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return absl::OkStatus();
}

absl::Status Suite::Stop(const std::string& name, int signal) {
  Service& service = services_.at(name);
  service.process->Kill(signal);
  if (!service.process->Wait(std::chrono::seconds(120))) return MakeError(Reason::UNAVAILABLE, "service", name, "does not end");
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> Suite::ProgressEvents() const {
  ASSIGN_OR_RETURN(const auto status, client::StatusClient(address("progress")).GetStatus({}));
  return status.position().sequence();
}

absl::Status Suite::WaitForAggregator(uint64_t events) const {
  client::StatusClient status(address("aggregator"));
  const bool caught_up = testing::WaitUntil(
      [&] {
        auto answer = status.GetStatus({}, {.deadline_ms = 2000});
        return answer.ok() && answer->basis().basis().progress_size() > 0 && answer->basis().basis().progress(0).sequence() >= events;
      },
      std::chrono::seconds(300));
  return caught_up ? absl::OkStatus() : MakeError(Reason::BEHIND, "aggregator", address("aggregator"), "did not catch up in 300 s");
}

absl::StatusOr<double> Suite::MemoryMiB(const std::string& name) const {
  ASSIGN_OR_RETURN(const auto status, client::StatusClient(address(name)).GetStatus({}));
  return static_cast<double>(status.resident_bytes()) / (1 << 20);
}

}  // namespace anju::bench
