// anju-progress: flags → Options → Server.
#include <CLI/CLI.hpp>

#include "common/log/log.h"
#include "common/rpc/rpc.h"
#include "common/storage/reserve.h"
#include "services/progress/server.h"

int main(int argc, char** argv) {
  anju::rpc::BlockSignals();
  anju::InitLogging("progress");
  anju::progress::Options options;
  CLI::App app("Figures reported by counties, exactly once.", "anju-progress");
  app.add_option("--data", options.data, "directory of the journal and its state")->required();
  app.add_option("--listen", options.listen, "HOST:PORT to listen on")->envname("ANJU_PROGRESS")->default_val("127.0.0.1:7402");
  app.add_option("--plan", options.plan, "HOST:PORT of the plan service")->envname("ANJU_PLAN")->default_val("127.0.0.1:7401");
  app.add_option("--reserve-mib", options.reserve_mib, "free space below which nothing is recorded, MiB")
      ->check(CLI::Range(anju::storage::kReserveBytesMin >> 20, anju::storage::kReserveBytesMax >> 20));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : anju::rpc::kExitUsage;
  }
  auto server = anju::progress::Server::Start(options, anju::RealClock());
  if (!server.ok()) return anju::rpc::FailStart("anju-progress", server.status());
  anju::rpc::Announce((*server)->address());
  anju::rpc::WaitForSignal();
  return 0;
}
