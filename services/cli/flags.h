// The command line: one function per group of subcommands; each leaves the function to run in the Invocation.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "services/cli/context.h"

namespace anju::cli {

// Flags of the whole command, and the function the chosen subcommand left here.
struct Invocation {
  Context context;
  std::string output = "table";
  std::string lang;
  std::function<int(const Context&)> run;
};

// Options live as long as the lambdas that use them.
template <typename Options>
std::shared_ptr<Options> Make() {
  return std::make_shared<Options>();
}

// Lets `run` be what the subcommand does with its options.
template <typename Options, typename Run>
void OnCall(CLI::App* command, Invocation& invocation, std::shared_ptr<Options> options, Run run) {
  command->callback([&invocation, options, run] { invocation.run = [options, run](const Context& context) { return run(context, *options); }; });
}

// regions, catalogue, boundaries, checks.
void AddRegistryCommands(CLI::App& app, Invocation& invocation);
// plan, milestones.
void AddPlanCommands(CLI::App& app, Invocation& invocation);
// report, updates, review.
void AddReportCommands(CLI::App& app, Invocation& invocation);
// rollup, gaps, rank, standing, explain, watch, dump.
void AddQueryCommands(CLI::App& app, Invocation& invocation);
// check: the one command that needs no service.
void AddCheckCommand(CLI::App& app, Invocation& invocation);
// backup, restore.
void AddStoreCommands(CLI::App& app, Invocation& invocation);
// bulletin.
void AddBulletinCommands(CLI::App& app, Invocation& invocation);
// verify: the audit of a directory or a backup, which needs no running service.
void AddVerifyCommand(CLI::App& app, Invocation& invocation);
// milestones status asks in the words of rollup.
void AddMilestoneStatus(CLI::App& milestones, Invocation& invocation);

}  // namespace anju::cli
