// anju-progress: flags → Options → Server.
#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>

#include "common/rpc/rpc.h"
#include "common/status/status.h"
#include "services/progress/server.h"

int main(int argc, char** argv) {
  anju::rpc::BlockSignals();
  anju::progress::Options options;
  CLI::App app("Figures reported by counties, exactly once.", "anju-progress");
  app.add_option("--data", options.data, "directory of the journal and its state")->required();
  app.add_option("--listen", options.listen, "HOST:PORT to listen on")->envname("ANJU_PROGRESS")->default_val("127.0.0.1:7402");
  app.add_option("--plan", options.plan, "HOST:PORT of the plan service")->envname("ANJU_PLAN")->default_val("127.0.0.1:7401");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 64;
  }
  auto server = anju::progress::Server::Start(options, anju::RealClock());
  if (!server.ok()) {
    std::fprintf(stderr, "anju-progress: %s\n", std::string(server.status().message()).c_str());
    if (anju::HasReason(server.status(), anju::Reason::UNAVAILABLE)) return 6;  // the port is taken
    return anju::HasReason(server.status(), anju::Reason::BAD_VALUE) ? 64 : 70;
  }
  anju::rpc::Announce((*server)->address());
  anju::rpc::WaitForSignal();
  return 0;
}
