// anju-aggregator: flags → options → server.
#include <CLI/CLI.hpp>

#include "common/log/log.h"
#include "common/rpc/rpc.h"
#include "common/storage/reserve.h"
#include "services/aggregator/server.h"

int main(int argc, char** argv) {
  anju::rpc::BlockSignals();
  anju::InitLogging("aggregator");
  anju::aggregator::Options options;
  CLI::App app("Rollups over the regions of the suite, derived from the plan and progress journals.", "anju-aggregator");
  app.add_option("--data", options.data, "directory of the service's own state")->required();
  app.add_option("--listen", options.listen, "HOST:PORT, loopback only")->envname("ANJU_AGGREGATOR");
  app.add_option("--plan", options.plan, "address of the plan service")->envname("ANJU_PLAN");
  app.add_option("--progress", options.progress, "address of a progress service; may be repeated")->envname("ANJU_PROGRESS")->delimiter(',');
  app.add_option("--reserve-mib", options.reserve_mib, "free space below which nothing is recorded, MiB")
      ->check(CLI::Range(anju::storage::kReserveBytesMin >> 20, anju::storage::kReserveBytesMax >> 20));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : anju::rpc::kExitUsage;
  }
  auto server = anju::aggregator::Server::Start(options);
  if (!server.ok()) return anju::rpc::FailStart("anju-aggregator", server.status());
  anju::rpc::Announce((*server)->address());
  anju::rpc::WaitForSignal();
  return 0;
}
