// Flags of what needs no service: checking somebody's published table.
#include "services/cli/check.h"
#include "services/cli/flags.h"

namespace anju::cli {

void AddCheckCommand(CLI::App& app, Invocation& invocation) {
  auto options = Make<CheckOptions>();
  CLI::App* check = app.add_subcommand("check", "核对 / recompute a published table cell by cell and find its errors; exit 2 when there are any")->fallthrough();
  check->add_option("files", options->files, "check CSV, or -")->required();
  check->add_option("--catalogue", options->catalogue, "catalogue CSV with units and what does not add; default: the built-in one");
  OnCall(check, invocation, options, Check);
}

}  // namespace anju::cli
