// `anju updates` and `anju review`.
#include "services/cli/updates.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/client/client.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/time/date.h"
#include "services/cli/definition.h"
#include "services/cli/differences.h"
#include "services/cli/read_rows.h"
#include "services/cli/words.h"

namespace anju::cli {
namespace {

const std::map<std::string, types::v1::ReviewState> kStates = {{"returned", types::v1::REVIEW_STATE_RETURNED},
                                                               {"reviewed", types::v1::REVIEW_STATE_REVIEWED},
                                                               {"confirmed", types::v1::REVIEW_STATE_CONFIRMED}};

}  // namespace

Json UpdateJson(const progress::v1::ListedUpdate& update) {
  const bool refused = update.has_refusal();
  return {{"journal_sequence", std::to_string(update.sequence())},
          {"as_of", update.as_of()},
          {"region", update.region()},
          {"programme", update.programme()},
          {"indicator", update.indicator()},
          {"plan_year", FormatPeriod({update.period().first_year(), update.period().last_year()})},
          {"kind", refused ? "" : std::string(KindWord(update.kind()))},
          {"value", update.value()},
          {"unit", update.unit()},
          {"actor", update.actor()},
          {"source", update.source()},
          {"source_sequence", std::to_string(update.source_sequence())},
          {"explanation", update.explanation()},
          {"reason", update.refusal().reason()},
          {"recorded_time_us", update.recorded_time_us()},
          {"corrects", update.corrects() == 0 ? "" : std::to_string(update.corrects())},
          {"published", update.published()},
          {"checks", FlagsJson(update.flags())},
          {"explained", update.flags().empty() || !update.explanation().empty()},
          {"review", refused ? "" : std::string(ReviewWord(update.review()))},
          {"review_remark", update.review_remark()},
          {"review_office", update.review_office()},
          {"review_actor", update.review_actor()},
          {"review_time_us", update.review_time_us()}};
}

int ListUpdates(const Context& context, const UpdatesOptions& options) {
  client::ProgressClient progress(context.endpoints.progress);
  const bool csv = context.output == Output::kCsv;
  Sheet sheet{{"journal_sequence", "as_of", "region", "programme", "indicator", "plan_year", "kind", "value", "unit", "actor", "source", "source_sequence", "explanation", "reason",
               "checks", "review", "review_remark", "review_office", "review_actor"},
              {true, false, false, false, false, false, false, true},
              {}};
  Json list = Json::array();
  progress::v1::ListUpdatesRequest request;
  request.set_region(options.region);
  request.set_programme(options.programme);
  request.set_indicator(options.indicator);
  request.set_source(options.source);
  request.set_after_sequence(options.after);
  request.set_refusals(options.refusals);
  request.set_page_size(std::min(options.limit, 1000));
  do {
    auto page = progress.ListUpdates(request, CallOptionsOf(context));
    if (!page.ok()) return FailQuestion(context, page.status());
    for (const auto& update : page->updates()) {
      if (list.size() >= static_cast<size_t>(options.limit)) break;
      Json json = UpdateJson(update);
      if (context.output != Output::kJson) {
        std::vector<std::string> row;
        for (const std::string& key : sheet.header) row.push_back(json[key].is_string() ? json[key].get<std::string>() : "");
        std::string checks;
        for (const auto& flag : update.flags()) checks += (checks.empty() ? "" : ";") + flag.rule();
        row[14] = csv ? checks : FlagsText(update.flags(), context.lang);
        if (!csv) row[15] = Reading(row[15], context.lang);
        sheet.rows.push_back(std::move(row));
      }
      list.push_back(std::move(json));
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty() && list.size() < static_cast<size_t>(options.limit));
  if (context.output == Output::kJson) {
    PrintJson({{"updates", std::move(list)}});
  } else {
    PrintSheet(context, sheet);
  }
  return kOk;
}

absl::StatusOr<progress::v1::ReviewFiguresResponse> SendReview(const Context& context, const ReviewOptions& options) {
  progress::v1::ReviewFiguresRequest request;
  ASSIGN_OR_RETURN(const auto state, Choose("state", options.state, kStates));
  request.set_state(state);
  request.set_region(options.region);
  request.set_programme(options.programme);
  request.set_indicator(options.indicator);
  request.set_plan_year(options.year);
  request.set_as_of(options.as_of);
  for (const absl::string_view word : absl::StrSplit(options.updates, ',', absl::SkipWhitespace())) {
    uint64_t sequence = 0;
    if (!absl::SimpleAtoi(word, &sequence) || sequence == 0) return MakeError(Reason::BAD_NUMBER, "updates", std::string(word), "a journal sequence from 1 on");
    request.add_updates(sequence);
  }
  request.set_office(options.office);
  request.set_remark(options.remark);
  request.set_dry_run(options.dry_run);
  request.set_request_id(options.request_id);
  return client::ProgressClient(context.endpoints.progress).ReviewFigures(request, CallOptionsOf(context));
}

int Review(const Context& context, const ReviewOptions& options) {
  auto response = SendReview(context, options);
  if (!response.ok()) return FailQuestion(context, response.status());
  if (context.output == Output::kJson) {
    PrintJson({{"state", options.state}, {"changed", response->changed()}, {"unchanged", response->unchanged()}, {"dry_run", options.dry_run}, {"basis", BasisJson(response->basis())}});
    return options.dry_run && response->changed() > 0 ? kWouldChange : kOk;
  }
  return PrintImport(context, options.dry_run, response->changed(), response->unchanged(), response->basis());
}

}  // namespace anju::cli
