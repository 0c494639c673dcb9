// The `anju` command: flags → options → one function per command.
#include <cstdlib>
#include <string>

#include <CLI/CLI.hpp>

#include "common/log/log.h"
#include "services/cli/demo.h"
#include "services/cli/import.h"
#include "services/cli/query.h"
#include "services/cli/report.h"
#include "services/cli/suite_commands.h"

namespace anju::cli {
namespace {

// Flags of the whole command, and the function the chosen subcommand left here.
struct Invocation {
  Context context;
  std::string output = "table";
  std::string lang;
  std::function<int(const Context&)> run;
};

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

// Options live as long as the lambdas that use them.
template <typename Options>
std::shared_ptr<Options> Make() {
  return std::make_shared<Options>();
}

void AddRegistryCommands(CLI::App& app, Invocation& invocation) {
  CLI::App* regions = app.add_subcommand("regions", "地区 / the region registry")->require_subcommand(1)->fallthrough();
  auto options = Make<ImportOptions>();
  CLI::App* import = regions->add_subcommand("import", "import a regions file, whole")->fallthrough();
  import->add_option("file", options->file, "CSV, or - for standard input")->required();
  import->add_flag("--dry-run", options->dry_run, "check only; exit 2 if it would change something");
  import->callback([&invocation, options] { invocation.run = [options](const Context& c) { return ImportRegions(c, *options); }; });
  auto within = Make<std::string>();
  CLI::App* list = regions->add_subcommand("list", "list regions")->fallthrough();
  list->add_option("--within", *within, "only this region and below");
  list->callback([&invocation, within] { invocation.run = [within](const Context& c) { return ListRegions(c, *within); }; });

  CLI::App* catalogue = app.add_subcommand("catalogue", "目录 / programmes and indicators")->require_subcommand(1)->fallthrough();
  auto catalogue_options = Make<ImportOptions>();
  CLI::App* catalogue_import = catalogue->add_subcommand("import", "import a catalogue file, whole")->fallthrough();
  catalogue_import->add_option("file", catalogue_options->file, "CSV, or -")->required();
  catalogue_import->add_flag("--dry-run", catalogue_options->dry_run, "check only");
  catalogue_import->callback([&invocation, catalogue_options] {
    invocation.run = [catalogue_options](const Context& c) { return ImportCatalogue(c, *catalogue_options); };
  });
  catalogue->add_subcommand("list", "list the catalogue")->fallthrough()->callback([&invocation] { invocation.run = ListCatalogue; });
}

void AddPlanCommands(CLI::App& app, Invocation& invocation) {
  CLI::App* plan = app.add_subcommand("plan", "计划文件 / plan documents")->require_subcommand(1)->fallthrough();
  auto options = Make<PlanImportOptions>();
  CLI::App* import = plan->add_subcommand("import", "import a plan document, whole")->fallthrough();
  import->add_option("file", options->file, "CSV, or -")->required();
  import->add_option("--document", options->document, "document number (文号)")->required();
  import->add_option("--issuer", options->issuer, "issuing region: code, name or alias")->required();
  import->add_option("--issued", options->issued, "YYYY-MM-DD or unknown")->required();
  import->add_option("--layer", options->layer, "national, provincial, city or county; default: the issuer's level");
  import->add_flag("--dry-run", options->dry_run, "check only; exit 2 if it would change something");
  import->add_flag("--accept-differences", options->accept_differences, "store it as printed; its differences stay with it");
  import->callback([&invocation, options] { invocation.run = [options](const Context& c) { return ImportPlan(c, *options); }; });
  plan->add_subcommand("list", "list documents")->fallthrough()->callback([&invocation] { invocation.run = ListDocuments; });
  auto document = Make<std::string>();
  CLI::App* show = plan->add_subcommand("show", "targets and differences of a document")->fallthrough();
  show->add_option("document", *document, "document number")->required();
  auto differences_only = Make<bool>();
  show->add_flag("--differences", *differences_only, "only its differences");
  show->callback([&invocation, document, differences_only] {
    invocation.run = [document, differences_only](const Context& c) { return ShowDocument(c, *document, *differences_only); };
  });

  CLI::App* milestones = app.add_subcommand("milestones", "节点 / milestones")->require_subcommand(1)->fallthrough();
  auto milestone_options = Make<MilestoneImportOptions>();
  CLI::App* milestone_import = milestones->add_subcommand("import", "import the milestones of a document")->fallthrough();
  milestone_import->add_option("file", milestone_options->file, "CSV, or -")->required();
  milestone_import->add_option("--document", milestone_options->document, "document number")->required();
  milestone_import->add_flag("--dry-run", milestone_options->dry_run, "check only");
  milestone_import->callback([&invocation, milestone_options] {
    invocation.run = [milestone_options](const Context& c) { return ImportMilestones(c, *milestone_options); };
  });
  auto of_document = Make<std::string>();
  CLI::App* milestone_list = milestones->add_subcommand("list", "list milestones")->fallthrough();
  milestone_list->add_option("--document", *of_document, "only of this document");
  milestone_list->callback([&invocation, of_document] {
    invocation.run = [of_document](const Context& c) { return ListMilestones(c, *of_document); };
  });
}

void AddReportCommands(CLI::App& app, Invocation& invocation) {
  auto options = Make<ReportOptions>();
  CLI::App* report = app.add_subcommand("report", "报送 / report figures from a file")->fallthrough();
  report->add_option("file", options->file, "CSV, or -")->required();
  report->add_option("--source", options->source, "name of the source; default: the file's SHA-256");
  report->add_option("--plan-at-least", options->plan_at_least, "token of plan import: decide with at least that plan");
  report->add_option("--refused", options->refused_file, "write refused rows with reasons to this file");
  report->add_flag("--dry-run", options->dry_run, "check only; exit 2 if there is anything to send");
  report->callback([&invocation, options] { invocation.run = [options](const Context& c) { return Report(c, *options); }; });

  auto updates = Make<UpdatesOptions>();
  CLI::App* list = app.add_subcommand("updates", "报送记录 / list reported figures as recorded")->fallthrough();
  list->add_option("--region", updates->region, "only this region");
  list->add_option("--programme", updates->programme, "only this programme");
  list->add_option("--indicator", updates->indicator, "only this indicator");
  list->add_option("--source", updates->source, "only this source");
  list->add_option("--after", updates->after, "only after this journal sequence");
  list->add_option("--limit", updates->limit, "at most this many")->check(CLI::Range(1, 1'000'000));
  list->add_flag("--refusals", updates->refusals, "list refused items too");
  list->callback([&invocation, updates] { invocation.run = [updates](const Context& c) { return ListUpdates(c, *updates); }; });
}

void AddQueryCommands(CLI::App& app, Invocation& invocation) {
  auto rollup = Make<RollupOptions>();
  CLI::App* rollup_command = app.add_subcommand("rollup", "汇总 / targets and figures of a region and its children")->fallthrough();
  rollup_command->add_option("region", rollup->region, "code, name or alias")->required();
  rollup_command->add_option("--year", rollup->year, "plan year YYYY or YYYY-YYYY; default: all");
  rollup_command->add_option("--as-of", rollup->as_of, "figures as of this day, YYYY-MM-DD");
  rollup_command->add_option("--at-least", rollup->at_least, "token: include at least this much");
  rollup_command->add_option("--programme", rollup->programme, "only this programme");
  rollup_command->add_option("--indicator", rollup->indicator, "only this indicator");
  rollup_command->callback([&invocation, rollup] { invocation.run = [rollup](const Context& c) { return Rollup(c, *rollup); }; });

  auto rank = Make<RankOptions>();
  CLI::App* command = app.add_subcommand("rank", "排序 / league table of a region's children")->fallthrough();
  command->add_option("region", rank->region, "code, name or alias")->required();
  command->add_option("--year", rank->year, "plan year YYYY or YYYY-YYYY")->required();
  command->add_option("--programme", rank->programme, "programme code")->required();
  command->add_option("--indicator", rank->indicator, "indicator code")->required();
  command->add_option("--by", rank->by, "rate (default), value or net_new");
  command->add_option("--of", rank->of, "denominator: target (default) or an indicator");
  command->add_option("--layer", rank->layer, "layer of the target");
  command->add_option("--as-of", rank->as_of, "figures as of this day, YYYY-MM-DD");
  command->add_option("--at-least", rank->at_least, "token: include at least this much");
  command->add_option("--then-by", rank->then_by, "rate, value, net_new, target, order or an indicator");
  command->add_option("--ties", rank->ties, "competition (default), modified, dense or ordinal");
  command->add_option("--rounding", rank->rounding, "half_up (default) or truncate");
  command->add_option("--digits", rank->digits, "decimals of printed ratios")->check(CLI::Range(0, 8));
  command->add_option("--total-digits", rank->total_digits, "decimals of the total's ratio")->check(CLI::Range(0, 8));
  command->add_flag("--trim", rank->trim, "drop trailing zeros");
  command->add_option("--rank-zero", rank->rank_zero, "yes (default) or no: list zeros as unranked");
  command->add_option("--direction", rank->order, "descending (default) or ascending");
  command->add_option("--columns", rank->columns, "printed beside: INDICATOR or target:INDICATOR, comma-separated");
  command->callback([&invocation, rank] { invocation.run = [rank](const Context& c) { return Rank(c, *rank); }; });

  auto at_least = Make<std::string>();
  CLI::App* dump = app.add_subcommand("dump", "the aggregator's derived state as sorted lines")->fallthrough();
  dump->add_option("--at-least", *at_least, "token: include at least this much");
  dump->callback([&invocation, at_least] { invocation.run = [at_least](const Context& c) { return Dump(c, *at_least); }; });
}

void AddSuiteCommands(CLI::App& app, Invocation& invocation) {
  auto up = Make<UpCommandOptions>();
  CLI::App* up_command = app.add_subcommand("up", "启动 / run the four services")->fallthrough();
  up_command->add_option("--data", up->data, "directory of the stores")->required();
  up_command->add_option("--port-base", up->port_base, "first of four ports; 0 picks free ones")->check(CLI::Range(0, 65532));
  up_command->callback([&invocation, up] { invocation.run = [up](const Context& c) { return Up(c, *up); }; });

  auto demo = Make<DemoOptions>();
  CLI::App* demo_command = app.add_subcommand("demo", "演示 / load the four real documents and print their tables")->fallthrough();
  demo_command->add_flag("--once", demo->once, "exit after printing; 0 only if all went well");
  demo_command->add_option("--documents", demo->documents, "directory of the documents; default: deploy/data of this build");
  demo_command->callback([&invocation, demo] { invocation.run = [demo](const Context& c) { return Demo(c, *demo); }; });

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
