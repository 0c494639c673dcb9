// Flags of the offline audit.
#include "services/cli/flags.h"
#include "services/cli/verify.h"

namespace anju::cli {

void AddVerifyCommand(CLI::App& app, Invocation& invocation) {
  auto verify = Make<VerifyDirectoryOptions>();
  CLI::App* command = app.add_subcommand("verify", "审计 / audit a data directory or a backup offline: every hash, figure and bulletin; names the first wrong sequence")->fallthrough();
  command->add_option("directory", verify->directory, "DIR of `anju up`, the directory of one service, or a backup")->required();
  CLI::Option* quick = command->add_flag("--quick", verify->quick, "the auditor's own model only, no private services");
  command->add_option("--dump", verify->dump, "compare the figures of this file, as `anju dump` writes them, instead of a private aggregator's")->excludes(quick);
  OnCall(command, invocation, verify, VerifyDirectory);
}

}  // namespace anju::cli
