// anju-plan: flags → options → server.
#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>

#include "common/log/log.h"
#include "common/rpc/rpc.h"
#include "common/status/status.h"
#include "services/plan/server.h"

namespace {

constexpr int kExitUnavailable = 6, kExitUsage = 64, kExitDamaged = 70;

int ExitCode(const absl::Status& status) {
  if (anju::HasReason(status, anju::Reason::UNAVAILABLE)) return kExitUnavailable;  // the port is taken
  if (anju::HasReason(status, anju::Reason::BAD_VALUE)) return kExitUsage;
  return kExitDamaged;
}

}  // namespace

int main(int argc, char** argv) {
  anju::rpc::BlockSignals();
  anju::InitLogging("plan");
  anju::plan::Options options;
  CLI::App app("Regions, catalogue, plan documents and targets.", "anju-plan");
  app.add_option("--data", options.data, "directory of journal and state")->required();
  app.add_option("--listen", options.listen, "HOST:PORT, loopback only")->envname("ANJU_PLAN");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  auto server = anju::plan::Server::Start(options);
  if (!server.ok()) {
    std::fprintf(stderr, "anju-plan: %s\n", std::string(server.status().message()).c_str());
    return ExitCode(server.status());
  }
  anju::rpc::Announce((*server)->address());
  anju::rpc::WaitForSignal();
  return 0;
}
