// Flags of what clerks, reviewers and analysts do: report, review, and every question.
#include "services/cli/flags.h"
#include "services/cli/query.h"
#include "services/cli/outbox.h"
#include "services/cli/report.h"
#include "services/cli/updates.h"
#include "services/cli/watch.h"

namespace anju::cli {
namespace {

void AddViewFlags(CLI::App* command, ViewOptions* view) {
  command->add_option("--known-on", view->known_on, "as known at the end of this day, YYYY-MM-DD");
  command->add_option("--at", view->at, "token: as known at exactly this basis");
  command->add_option("--tree", view->tree, "sum in the tree of this day, YYYY-MM-DD or today");
  command->add_option("--review", view->review, "all (default), reviewed or confirmed figures only");
  command->add_option("--fresh-within", view->fresh_within, "include everything recorded up to this long ago or fail: 500ms, 5s, 2m");
}

// Rollups, gaps and milestones ask in the same words.
void AddCellFlags(CLI::App* command, RollupOptions* options) {
  command->add_option("region", options->region, "code, name or alias")->required();
  command->add_option("--year", options->year, "plan year YYYY or YYYY-YYYY; default: all");
  command->add_option("--as-of", options->as_of, "figures as of this day, YYYY-MM-DD");
  command->add_option("--at-least", options->at_least, "token: include at least this much");
  command->add_option("--programme", options->programme, "only this programme");
  command->add_option("--indicator", options->indicator, "only this indicator");
  AddViewFlags(command, &options->view);
}

// What a table is of and how it is sorted and printed. A table that has a name in a template needs nothing more.
void AddDefinitionFlags(CLI::App* command, RankOptions* rank, bool by_name = false) {
  command->add_option("region", rank->region, "code, name or alias")->required();
  CLI::Option* table = by_name ? command->add_option("--table", rank->table, "TEMPLATE/TABLE: as a bulletin template defines it") : nullptr;
  const size_t before = command->get_options().size();
  command->add_option("--year", rank->year, "plan year YYYY or YYYY-YYYY")->required(!by_name);
  command->add_option("--programme", rank->programme, "programme code")->required(!by_name);
  command->add_option("--indicator", rank->indicator, "indicator code")->required(!by_name);
  command->add_option("--by", rank->by, "rate (default), value, net_new, gap or target_gap");
  command->add_option("--of", rank->of, "denominator: target (default) or an indicator");
  command->add_option("--layer", rank->layer, "layer of the target");
  command->add_option("--then-by", rank->then_by, "rate, value, net_new, target, order or an indicator");
  command->add_option("--ties", rank->ties, "competition (default), modified, dense or ordinal");
  command->add_option("--rounding", rank->rounding, "half_up (default) or truncate");
  command->add_option("--digits", rank->digits, "decimals of printed ratios")->check(CLI::Range(0, 8));
  command->add_option("--total-digits", rank->total_digits, "decimals of the total's ratio")->check(CLI::Range(0, 8));
  command->add_flag("--trim", rank->trim, "drop trailing zeros");
  command->add_option("--rank-zero", rank->rank_zero, "yes (default) or no: list zeros as unranked");
  command->add_option("--direction", rank->order, "descending (default) or ascending");
  command->add_option("--columns", rank->columns, "printed beside, comma-separated: INDICATOR, target:INDICATOR, target.LAYER:INDICATOR or rate.LAYER");
  if (!by_name) return;
  const std::vector<CLI::Option*> options = command->get_options();
  for (size_t i = before; i < options.size(); ++i) table->excludes(options[i]);
}

void AddTimeFlags(CLI::App* command, RankOptions* rank) {
  command->add_option("--as-of", rank->as_of, "figures as of this day, YYYY-MM-DD");
  command->add_option("--at-least", rank->at_least, "token: include at least this much");
  AddViewFlags(command, &rank->view);
}

void AddMovementFlags(CLI::App* command, RankOptions* rank) {
  command->add_option("--since", rank->since, "movement since the figures of this day, YYYY-MM-DD");
  command->add_option("--since-at", rank->since_at, "token: movement since that basis");
}

}  // namespace

void AddReportCommands(CLI::App& app, Invocation& invocation) {
  auto options = Make<ReportOptions>();
  CLI::App* report = app.add_subcommand("report", "报送 / report figures from a file")->fallthrough();
  report->add_option("file", options->file, "CSV, or -")->required();
  report->add_option("--source", options->source, "name of the source; default: the file's SHA-256");
  report->add_option("--plan-at-least", options->plan_at_least, "token of plan import: decide with at least that plan");
  report->add_option("--refused", options->refused_file, "write refused rows with reasons to this file");
  report->add_flag("--dry-run", options->dry_run, "check only; exit 2 if there is anything to send");
  report->add_option("--outbox", options->outbox, "directory where the rows are numbered and kept until the service has answered")->envname("ANJU_OUTBOX");
  OnCall(report, invocation, options, Report);

  CLI::App* outbox = app.add_subcommand("outbox", "待发箱 / what is kept on this machine until it is reported")->require_subcommand(1)->fallthrough();
  const auto add = [&](const char* name, const char* what, int (*run)(const Context&, const OutboxOptions&)) {
    auto kept = Make<OutboxOptions>();
    CLI::App* command = outbox->add_subcommand(name, what)->fallthrough();
    command->add_option("--outbox", kept->directory, "directory of the outboxes")->envname("ANJU_OUTBOX")->required();
    command->add_option("--source", kept->source, "only this source");
    OnCall(command, invocation, kept, run);
  };
  add("list", "查看 / files, and how many of their rows wait", ListOutbox);
  add("send", "发送 / send what waits", SendOutbox);

  auto updates = Make<UpdatesOptions>();
  CLI::App* list = app.add_subcommand("updates", "报送记录 / list reported figures as recorded")->fallthrough();
  list->add_option("--region", updates->region, "only this region");
  list->add_option("--programme", updates->programme, "only this programme");
  list->add_option("--indicator", updates->indicator, "only this indicator");
  list->add_option("--source", updates->source, "only this source");
  list->add_option("--after", updates->after, "only after this journal sequence");
  list->add_option("--limit", updates->limit, "at most this many")->check(CLI::Range(1, 1'000'000));
  list->add_flag("--refusals", updates->refusals, "list refused items too");
  OnCall(list, invocation, updates, ListUpdates);

  auto review = Make<ReviewOptions>();
  CLI::App* command = app.add_subcommand("review", "审核 / return, review or confirm reported figures")->fallthrough();
  command->add_option("state", review->state, "returned, reviewed or confirmed")->required();
  command->add_option("region", review->region, "figures of this region and of those below it");
  command->add_option("--year", review->year, "only this plan year");
  command->add_option("--programme", review->programme, "only this programme");
  command->add_option("--indicator", review->indicator, "only this indicator");
  command->add_option("--as-of", review->as_of, "figures in force on this day; default: the newest");
  command->add_option("--updates", review->updates, "journal sequences instead, comma-separated (anju updates lists them)");
  command->add_option("--office", review->office, "the region whose office decides, above those of the figures")->required();
  command->add_option("--remark", review->remark, "remarks; required for returned");
  command->add_flag("--dry-run", review->dry_run, "check only; exit 2 if it would change something");
  command->add_option("--request-id", review->request_id, "the same id again gets the same answer");
  OnCall(command, invocation, review, Review);
}

void AddMilestoneStatus(CLI::App& milestones, Invocation& invocation) {
  auto options = Make<RollupOptions>();
  CLI::App* status = milestones.add_subcommand("status", "required by now, actual, difference and the daily pace needed")->fallthrough();
  AddCellFlags(status, options.get());
  OnCall(status, invocation, options, MilestoneStatus);
}

void AddQueryCommands(CLI::App& app, Invocation& invocation) {
  auto rollup = Make<RollupOptions>();
  CLI::App* rollup_command = app.add_subcommand("rollup", "汇总 / targets and figures of a region and its children")->fallthrough();
  AddCellFlags(rollup_command, rollup.get());
  OnCall(rollup_command, invocation, rollup, Rollup);

  auto gaps = Make<RollupOptions>();
  CLI::App* gaps_command = app.add_subcommand("gaps", "差额 / wholes that differ from the sum of their parts, in a region and below")->fallthrough();
  AddCellFlags(gaps_command, gaps.get());
  OnCall(gaps_command, invocation, gaps, Gaps);

  auto rank = Make<RankOptions>();
  CLI::App* rank_command = app.add_subcommand("rank", "排序 / league table of a region's children")->fallthrough();
  AddDefinitionFlags(rank_command, rank.get(), /*by_name=*/true);
  AddTimeFlags(rank_command, rank.get());
  AddMovementFlags(rank_command, rank.get());
  rank_command->add_option("--top", rank->top, "only the first N ranked rows; default: all rows, and those without a place")->check(CLI::Range(1, 10'000));
  OnCall(rank_command, invocation, rank, Rank);

  auto standing = Make<RankOptions>();
  CLI::App* standing_command = app.add_subcommand("standing", "位次 / one region's place, neighbours, movement and milestones")->fallthrough();
  AddDefinitionFlags(standing_command, standing.get());
  AddTimeFlags(standing_command, standing.get());
  AddMovementFlags(standing_command, standing.get());
  OnCall(standing_command, invocation, standing, Standing);

  auto explain = Make<ExplainOptions>();
  CLI::App* explain_command = app.add_subcommand("explain", "来历 / why a figure is what it is; with --rank also why it has this place")->fallthrough();
  AddDefinitionFlags(explain_command, &explain->question);
  AddTimeFlags(explain_command, &explain->question);
  AddMovementFlags(explain_command, &explain->question);
  explain_command->add_flag("--rank", explain->rank, "also the place among the parent's children, by the definition flags");
  OnCall(explain_command, invocation, explain, Explain);

  auto watch = Make<WatchOptions>();
  CLI::App* watch_command = app.add_subcommand("watch", "跟踪 / every committed change of a league table, once")->fallthrough();
  AddDefinitionFlags(watch_command, &watch->table);
  watch_command->add_option("--review", watch->table.view.review, "all (default), reviewed or confirmed figures only");
  CLI::Option_group* subject = watch_command->add_option_group("subject", "what to be told of; default: every row that changes");
  subject->add_option("--standing", watch->standing, "one child's place");
  subject->add_option("--top", watch->top, "who comes into or leaves the first N places")->check(CLI::Range(1, 10'000));
  subject->add_option("--bottom", watch->bottom, "who comes into or leaves the last N places")->check(CLI::Range(1, 10'000));
  subject->add_option("--threshold", watch->threshold, "who crosses this key: percent for rates, display units for figures");
  subject->add_flag("--milestones", watch->milestones, "whose milestone becomes missed, or is met after all");
  subject->require_option(0, 1);
  watch_command->add_option("--from", watch->from, "token to go on from; default: now");
  watch_command->add_option("--count", watch->count, "end after this many changes; default: never")->check(CLI::Range(1, 1'000'000'000));
  watch_command->add_option("--for", watch->duration, "end after this long: 500ms, 5s, 2m, 1h");
  OnCall(watch_command, invocation, watch, Watch);

  auto at_least = Make<std::string>();
  CLI::App* dump = app.add_subcommand("dump", "the aggregator's derived state as sorted lines")->fallthrough();
  dump->add_option("--at-least", *at_least, "token: include at least this much");
  OnCall(dump, invocation, at_least, Dump);
}

}  // namespace anju::cli
