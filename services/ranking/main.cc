// anju-ranking: flags → options → server.
#include <CLI/CLI.hpp>

#include "common/log/log.h"
#include "common/rpc/rpc.h"
#include "common/storage/reserve.h"
#include "services/ranking/server.h"

int main(int argc, char** argv) {
  anju::rpc::BlockSignals();
  anju::InitLogging("ranking");
  anju::ranking::Options options;
  CLI::App app("League tables over the regions of the suite.", "anju-ranking");
  app.add_option("--data", options.data, "directory of the service's own state")->required();
  app.add_option("--listen", options.listen, "HOST:PORT, loopback only")->envname("ANJU_RANKING");
  app.add_option("--aggregator", options.aggregator, "address of the aggregator")->envname("ANJU_AGGREGATOR");
  app.add_option("--reserve-mib", options.reserve_mib, "free space below which nothing is recorded, MiB")
      ->check(CLI::Range(anju::storage::kReserveBytesMin >> 20, anju::storage::kReserveBytesMax >> 20));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : anju::rpc::kExitUsage;
  }
  auto server = anju::ranking::Server::Start(options);
  if (!server.ok()) return anju::rpc::FailStart("anju-ranking", server.status());
  anju::rpc::Announce((*server)->address());
  anju::rpc::WaitForSignal();
  return 0;
}
