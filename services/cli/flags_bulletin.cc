// Flags of bulletins.
#include "services/cli/bulletin.h"
#include "services/cli/flags.h"
#include "services/cli/prove.h"

namespace anju::cli {
namespace {

void AddFormFlags(CLI::App* command, FormOptions* form) {
  command->add_option("--form", form->form, "text, html, csv (a check file), json (canonical) or pdf; default: as -o says, else text")->check(CLI::IsMember({"text", "html", "csv", "json", "pdf"}));
  command->add_option("--out", form->out, "write it to this file");
}

void AddBasisFlags(CLI::App* command, ViewOptions* view, std::string* at_least) {
  command->add_option("--known-on", view->known_on, "as known at the end of this day, YYYY-MM-DD");
  command->add_option("--at", view->at, "token: as known at exactly this basis");
  command->add_option("--fresh-within", view->fresh_within, "include everything recorded up to this long ago or fail: 500ms, 5s, 2m");
  command->add_option("--at-least", *at_least, "token: include at least this much");
}

void AddDraftFlags(CLI::App* command, DraftOptions* draft) {
  AddBasisFlags(command, &draft->view, &draft->at_least);
  command->add_option("--tree", draft->view.tree, "sum in the tree of this day, YYYY-MM-DD or today");
  command->add_option("--review", draft->view.review, "all (default), reviewed or confirmed figures only");
  command->add_option("--request-id", draft->request_id, "the same id again gets the same answer");
}

void AddTemplates(CLI::App* bulletin, Invocation& invocation) {
  auto define = Make<DefineOptions>();
  CLI::App* command = bulletin->add_subcommand("define", "define a template, or a new version of it")->fallthrough();
  command->add_option("file", define->file, "YAML, or - for standard input")->required();
  command->add_flag("--dry-run", define->dry_run, "check only; exit 2 if it would change something");
  command->add_option("--at-least", define->at_least, "token: know at least this much of regions and catalogue");
  command->add_option("--request-id", define->request_id, "the same id again gets the same answer");
  OnCall(command, invocation, define, DefineTemplate);

  bulletin->add_subcommand("templates", "list the templates")->fallthrough()->callback([&invocation] { invocation.run = ListTemplates; });
  auto one = Make<TemplateOptions>();
  command = bulletin->add_subcommand("template", "a template's source")->fallthrough();
  command->add_option("code", one->code, "code of the template")->required();
  command->add_option("--version", one->version, "default: the newest")->check(CLI::Range(1u, 1'000'000'000u));
  OnCall(command, invocation, one, ShowTemplate);
}

void AddIssuing(CLI::App* bulletin, Invocation& invocation) {
  auto draft = Make<DraftOptions>();
  CLI::App* command = bulletin->add_subcommand("draft", "起草 / compose from a template and keep it as a draft")->fallthrough();
  command->add_option("template", draft->template_code, "code of the template")->required();
  command->add_option("--as-of", draft->as_of, "date of the figures, YYYY-MM-DD")->required();
  AddDraftFlags(command, draft.get());
  AddFormFlags(command, &draft->form);
  OnCall(command, invocation, draft, DraftBulletin);

  auto issue = Make<IssueOptions>();
  command = bulletin->add_subcommand("issue", "印发 / issue a draft, or draft from a template and issue at once")->fallthrough();
  command->add_option("subject", issue->subject, "a draft (D12 or 12), or the code of a template")->required();
  command->add_option("--as-of", issue->draft.as_of, "of a template: date of the figures, YYYY-MM-DD");
  AddDraftFlags(command, &issue->draft);
  command->add_option("--date", issue->date, "date of issue, YYYY-MM-DD; default: today");
  command->add_option("--number", issue->number, "number of the document (发文字号); default: the next of the template's pattern");
  command->add_flag("--as-drafted", issue->as_drafted, "at the draft's basis though figures have changed since");
  AddFormFlags(command, &issue->form);
  OnCall(command, invocation, issue, IssueBulletin);
}

void AddReading(CLI::App* bulletin, Invocation& invocation) {
  auto show = Make<ShowOptions>();
  CLI::App* command = bulletin->add_subcommand("show", "an issued bulletin or a draft in one of its forms")->fallthrough();
  command->add_option("bulletin", show->subject, "number, or a draft: D12")->required();
  AddFormFlags(command, &show->form);
  OnCall(command, invocation, show, ShowBulletin);

  auto list = Make<ListBulletinsOptions>();
  command = bulletin->add_subcommand("list", "list issued bulletins")->fallthrough();
  command->add_option("region", list->region, "only of this region");
  command->add_flag("--drafts", list->drafts, "drafts too");
  OnCall(command, invocation, list, ListBulletins);

  auto verify = Make<VerifyOptions>();
  command = bulletin->add_subcommand("verify", "验证 / prove that it is what was issued and what the journals give; exit 2 when it is not")->fallthrough();
  command->add_option("bulletins", verify->subjects, "numbers, or files in any of the forms but pdf")->required();
  command->add_flag("--quick", verify->quick, "the running services recompute, not private ones from the first event");
  OnCall(command, invocation, verify, VerifyBulletins);
}

void AddProving(CLI::App& app, CLI::App* bulletin, Invocation& invocation) {
  auto prove = Make<ProveOptions>();
  CLI::App* command = bulletin->add_subcommand("prove", "出具证明 / a proof for third parties: of a record it was computed from, or that its journals continue an older bulletin's")->fallthrough();
  command->add_option("bulletin", prove->number, "number")->required();
  command->add_option("--update", prove->update, "journal sequence of an update, refusal, review or plan document: it stands in what the bulletin was computed from");
  command->add_option("--service", prove->service, "whose journal: progress (default) or plan")->check(CLI::IsMember({"progress", "plan"}));
  command->add_option("--journal", prove->journal, "id of the journal, where the bulletin names several of that service");
  command->add_option("--after", prove->after, "number of an older bulletin: nothing that it was computed from has been changed");
  command->add_flag("--issued", prove->issued, "that it was issued: against the journal of bulletins as it is now");
  command->add_flag("--bare", prove->bare, "without the events that say what region, programme and indicator are");
  command->add_option("--out", prove->out, "write it to this file");
  OnCall(command, invocation, prove, ProveBulletin);

  auto check = Make<CheckProofOptions>();
  command = app.add_subcommand("proof", "核对证明 / check a proof with nothing but the bulletin: no service needed; exit 2 when it does not hold")->fallthrough();
  command->add_option("proof", check->proof, "file of the proof")->required();
  command->add_option("bulletin", check->bulletin, "file of the bulletin: text, html, csv or json")->required();
  command->add_option("older", check->older, "file of the older bulletin, of a proof with --after");
  OnCall(command, invocation, check, CheckProofFile);
}

void AddCorrecting(CLI::App* bulletin, Invocation& invocation) {
  auto diff = Make<DiffOptions>();
  CLI::App* command = bulletin->add_subcommand("diff", "what reads otherwise since, and why; exit 2 when something does")->fallthrough();
  command->add_option("bulletin", diff->number, "number")->required();
  AddBasisFlags(command, &diff->view, &diff->at_least);
  OnCall(command, invocation, diff, DiffBulletin);

  auto correct = Make<CorrectOptions>();
  command = bulletin->add_subcommand("correct", "更正 / issue a correction that names the bulletin and every changed figure")->fallthrough();
  command->add_option("bulletin", correct->at.number, "number of the bulletin to correct")->required();
  AddBasisFlags(command, &correct->at.view, &correct->at.at_least);
  command->add_option("--date", correct->date, "date of issue, YYYY-MM-DD; default: today");
  command->add_option("--number", correct->number, "number of the correction; default: the next of the template's pattern");
  command->add_flag("--draft", correct->draft, "leave it a draft");
  command->add_option("--request-id", correct->request_id, "the same id again gets the same answer");
  AddFormFlags(command, &correct->form);
  OnCall(command, invocation, correct, CorrectBulletin);
}

}  // namespace

void AddBulletinCommands(CLI::App& app, Invocation& invocation) {
  CLI::App* bulletin = app.add_subcommand("bulletin", "通报 / templates, drafts, issued bulletins and their proof")->require_subcommand(1)->fallthrough();
  AddTemplates(bulletin, invocation);
  AddIssuing(bulletin, invocation);
  AddReading(bulletin, invocation);
  AddCorrecting(bulletin, invocation);
  AddProving(app, bulletin, invocation);
}

}  // namespace anju::cli
