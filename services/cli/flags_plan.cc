// Flags of what planners do: regions, catalogue, boundaries, checks, documents, milestones.
#include "services/cli/flags.h"
#include "services/cli/import.h"
#include "services/cli/query.h"

namespace anju::cli {

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

  CLI::App* boundaries = app.add_subcommand("boundaries", "区划调整 / boundary changes as dated data")->require_subcommand(1)->fallthrough();
  auto boundary_options = Make<ImportOptions>();
  CLI::App* boundary_import = boundaries->add_subcommand("import", "record boundary changes, whole")->fallthrough();
  boundary_import->add_option("file", boundary_options->file, "CSV, or -")->required();
  boundary_import->add_flag("--dry-run", boundary_options->dry_run, "check only; exit 2 if it would change something");
  OnCall(boundary_import, invocation, boundary_options, ImportBoundaries);
  auto region = Make<std::string>();
  CLI::App* boundary_list = boundaries->add_subcommand("list", "list boundary changes")->fallthrough();
  boundary_list->add_option("region", *region, "only those that name this region");
  OnCall(boundary_list, invocation, region, ListBoundaries);

  CLI::App* checks = app.add_subcommand("checks", "软校验 / rules of soft checks")->require_subcommand(1)->fallthrough();
  auto check_options = Make<ImportOptions>();
  CLI::App* check_import = checks->add_subcommand("import", "add or replace rules, whole")->fallthrough();
  check_import->add_option("file", check_options->file, "CSV, or -")->required();
  check_import->add_flag("--dry-run", check_options->dry_run, "check only; exit 2 if it would change something");
  OnCall(check_import, invocation, check_options, ImportChecks);
  checks->add_subcommand("list", "list the rules in force")->fallthrough()->callback([&invocation] { invocation.run = ListChecks; });
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

  auto amendment = Make<PlanImportOptions>();
  amendment->issued = "unknown";
  CLI::App* amend = plan->add_subcommand("amend", "import an amendment of a document, whole")->fallthrough();
  amend->add_option("file", amendment->file, "CSV, or -: only the rows that change")->required();
  amend->add_option("--document", amendment->document, "number of the amendment")->required();
  amend->add_option("--amends", amendment->amends, "number of the document it amends, the newest of its line")->required();
  amend->add_option("--effective", amendment->effective, "first day it holds, YYYY-MM-DD")->required();
  amend->add_option("--issuer", amendment->issuer, "issuing region; default: the amended document's");
  amend->add_option("--issued", amendment->issued, "YYYY-MM-DD or unknown (default)");
  amend->add_option("--layer", amendment->layer, "layer of rows that name none; default: the amended document's");
  amend->add_flag("--dry-run", amendment->dry_run, "check only; exit 2 if it would change something");
  amend->add_flag("--accept-differences", amendment->accept_differences, "store it as printed; its differences stay with it");
  OnCall(amend, invocation, amendment, AmendPlan);
  auto history = Make<HistoryOptions>();
  CLI::App* revisions = plan->add_subcommand("history", "every revision of a target")->fallthrough();
  revisions->add_option("region", history->region, "code, name or alias")->required();
  revisions->add_option("--year", history->year, "plan year YYYY or YYYY-YYYY")->required();
  revisions->add_option("--programme", history->programme, "programme code")->required();
  revisions->add_option("--indicator", history->indicator, "indicator code")->required();
  revisions->add_option("--layer", history->layer, "only this layer; default: all, side by side");
  OnCall(revisions, invocation, history, TargetHistory);

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
  AddMilestoneStatus(*milestones, invocation);
}

}  // namespace anju::cli
