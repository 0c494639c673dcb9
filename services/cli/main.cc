// The `anju` command: flags → options → one function per command.
#include <cstdlib>
#include <string>

#include "common/log/log.h"
#include "common/storage/reserve.h"
#include "services/cli/demo.h"
#include "services/cli/flags.h"
#include "services/cli/national.h"
#include "services/cli/suite_commands.h"

namespace anju::cli {
namespace {

void AddGlobalFlags(CLI::App& app, Invocation& invocation) {
  Endpoints& endpoints = invocation.context.endpoints;
  app.add_option("-o,--output", invocation.output, "table, json or csv")->check(CLI::IsMember({"table", "json", "csv"}));
  app.add_option("--lang", invocation.lang, "zh or en; default from LANG, else zh")->check(CLI::IsMember({"zh", "en"}));
  app.add_option("--plan", endpoints.plan, "address of anju-plan")->envname("ANJU_PLAN");
  app.add_option("--progress", endpoints.progress, "address of anju-progress")->envname("ANJU_PROGRESS");
  app.add_option("--aggregator", endpoints.aggregator, "address of anju-aggregator")->envname("ANJU_AGGREGATOR");
  app.add_option("--ranking", endpoints.ranking, "address of anju-ranking")->envname("ANJU_RANKING");
  app.add_option("--deadline-ms", invocation.context.deadline_ms, "how long one call may take")->check(CLI::Range(1, 3'600'000));
  app.require_subcommand(1);
  app.fallthrough();
}

void AddDemo(CLI::App& app, Invocation& invocation) {
  struct Options {
    DemoOptions documents;
    NationalOptions national;
    bool is_national = false;
  };
  auto demo = Make<Options>();
  CLI::App* command = app.add_subcommand("demo", "演示 / load the four real documents and print their tables; --national: the country, live")->fallthrough();
  command->add_flag("--once", demo->documents.once, "exit after printing; 0 only if all went well");
  CLI::Option* documents = command->add_option("--documents", demo->documents.documents, "directory of the documents; default: deploy/data of this build");
  CLI::Option* national = command->add_flag("--national", demo->is_national, "all regions of the country, with made-up plans and progress")->excludes(documents);
  command->add_option("--rate", demo->national.rate, "with --national: updates a second")->check(CLI::Range(uint64_t{1}, kNationalRateMax))->needs(national);
  command->add_option("--regions", demo->national.regions, "with --national: file of the regions; default: what deploy/national fetched")->needs(national);
  OnCall(command, invocation, demo, [](const Context& context, const Options& options) {
    if (!options.is_national) return Demo(context, options.documents);
    NationalOptions national = options.national;
    national.once = options.documents.once;
    return NationalDemo(context, national);
  });
}

void AddSuiteCommands(CLI::App& app, Invocation& invocation) {
  auto up = Make<UpCommandOptions>();
  CLI::App* up_command = app.add_subcommand("up", "启动 / run the four services")->fallthrough();
  up_command->add_option("--data", up->data, "directory of the stores")->required();
  up_command->add_option("--port-base", up->port_base, "first of four ports; 0 picks free ones")->check(CLI::Range(0, 65532));
  up_command->add_option("--reserve-mib", up->reserve_mib, "free space below which nothing is recorded, MiB; default 256")
      ->check(CLI::Range(storage::kReserveBytesMin >> 20, storage::kReserveBytesMax >> 20));
  up_command->callback([&invocation, up] { invocation.run = [up](const Context& c) { return Up(c, *up); }; });

  AddDemo(app, invocation);

  app.add_subcommand("status", "状态 / the four services")->fallthrough()->callback([&invocation] { invocation.run = Status; });
}

}  // namespace

int Main(int argc, char** argv) {
  InitLogging("anju");
  Invocation invocation;
  CLI::App app("安居 anju: targets, progress, rollups and rankings of subsidised housing", "anju");
  AddGlobalFlags(app, invocation);
  AddRegistryCommands(app, invocation);
  AddPlanCommands(app, invocation);
  AddReportCommands(app, invocation);
  AddQueryCommands(app, invocation);
  AddBulletinCommands(app, invocation);
  AddCheckCommand(app, invocation);
  AddStoreCommands(app, invocation);
  AddVerifyCommand(app, invocation);
  AddSuiteCommands(app, invocation);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    // The one place where an exception crosses our code: CLI11 reports usage errors by throwing.
    invocation.context.lang = ChooseLang(invocation.lang);
    if (invocation.output == "json") invocation.context.output = Output::kJson;
    return Fail(invocation.context, MakeError(Reason::USAGE, "", error.what(), "see anju --help"));
  }
  Context& context = invocation.context;
  context.lang = ChooseLang(invocation.lang);
  context.output = invocation.output == "json" ? Output::kJson : invocation.output == "csv" ? Output::kCsv : Output::kTable;
  return invocation.run(context);
}

}  // namespace anju::cli

int main(int argc, char** argv) { return anju::cli::Main(argc, argv); }
