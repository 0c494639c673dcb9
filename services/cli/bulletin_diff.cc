// `anju bulletin diff` and `correct`: what of an issued bulletin reads otherwise now, why, and the bulletin that says so.
#include <cstdio>

#include "absl/strings/str_split.h"
#include "common/client/client.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/text/table.h"
#include "services/cli/bulletin.h"
#include "services/cli/bulletin_causes.h"
#include "services/cli/differences.h"
#include "services/cli/printable.h"
#include "services/cli/read_rows.h"

namespace anju::cli {
namespace {

using client::BulletinClient;
using ranking::v1::DiffBulletinResponse;
using ranking::v1::FigureChange;

constexpr size_t kCausesShownMax = 5;  // of one figure, to people; JSON and CSV have all

struct Changed {
  const FigureChange* change;
  std::vector<Cause> causes;
};

absl::StatusOr<std::vector<Changed>> FindCauses(const Context& context, const ranking::v1::BulletinRecord& record, const DiffBulletinResponse& diff) {
  CauseFinder finder(context, record, diff);
  RETURN_IF_ERROR(finder.Begin(record, diff));
  std::vector<Changed> changed;
  for (const FigureChange& change : diff.changes()) {
    ASSIGN_OR_RETURN(std::vector<Cause> causes, finder.Of(change));
    changed.push_back({&change, std::move(causes)});
  }
  return changed;
}

Json DiffJson(const std::string& number, const DiffBulletinResponse& diff, const std::vector<Changed>& changed) {
  Json changes = Json::array();
  for (const Changed& one : changed) {
    Json causes = Json::array();
    for (const Cause& cause : one.causes) causes.push_back(cause.json);
    changes.push_back({{"id", one.change->id()},
                       {"place", one.change->place()},
                       {"before", one.change->before()},
                       {"after", one.change->after()},
                       {"region", one.change->region()},
                       {"programme", one.change->programme()},
                       {"indicator", one.change->indicator()},
                       {"plan_year", one.change->plan_year()},
                       {"causes", std::move(causes)}});
  }
  return {{"number", number}, {"basis", BasisJson(diff.basis())}, {"bulletin_basis", BasisJson(diff.bulletin_basis())}, {"changes", std::move(changes)}};
}

// The table, and beneath each line what is behind it.
void PrintChanges(const Context& context, const std::vector<Changed>& changed) {
  Sheet sheet{{"place", "as_issued", "now"}, {false, true, true}, {}};
  for (const Changed& one : changed) {
    const std::string nothing(context.Say("（无）", "(none)"));
    sheet.rows.push_back({one.change->place(), one.change->before().empty() ? nothing : one.change->before(), one.change->after().empty() ? nothing : one.change->after()});
  }
  std::vector<std::string> header;
  for (const std::string& name : sheet.header) header.push_back(FieldWords(name, context.lang));
  const std::vector<std::string> lines = absl::StrSplit(FormatTable(header, sheet.rows, {Align::kLeft, Align::kRight, Align::kRight}), '\n');
  for (size_t line = 0; line < lines.size(); ++line) {
    if (!lines[line].empty()) std::printf("%s\n", Printable(lines[line]).c_str());
    if (line < 2 || line - 2 >= changed.size()) continue;  // header and rule
    const std::vector<Cause>& causes = changed[line - 2].causes;
    for (size_t i = 0; i < causes.size() && i < kCausesShownMax; ++i) std::printf("    ← %s\n", Printable(causes[i].text).c_str());
    if (causes.size() > kCausesShownMax) {
      const std::string more = std::to_string(causes.size() - kCausesShownMax);
      std::printf("    ← %s\n", context.lang == Lang::kChinese ? ("……另 " + more + " 项").c_str() : ("… and " + more + " more").c_str());
    }
  }
}

Sheet ChangeSheet(const std::vector<Changed>& changed) {
  Sheet sheet{{"id", "place", "before", "after", "region", "programme", "indicator", "plan_year", "cause", "journal", "journal_sequence", "actor", "recorded_time_us", "source", "source_sequence",
               "explanation", "document"},
              {}, {}};
  for (const Changed& one : changed) {
    std::vector<std::string> row = {one.change->id(),        one.change->place(),     one.change->before(),   one.change->after(),
                                    one.change->region(),    one.change->programme(), one.change->indicator(), one.change->plan_year()};
    const auto add = [&](const Json& cause) {
      std::vector<std::string> cells = row;
      for (const char* key : {"kind", "journal", "journal_sequence", "actor", "recorded_time_us", "source", "source_sequence", "explanation", "document"}) {
        const auto it = cause.find(key);
        cells.push_back(it == cause.end() ? "" : it->is_string() ? it->get<std::string>() : it->dump());
      }
      sheet.rows.push_back(std::move(cells));
    };
    for (const Cause& cause : one.causes) add(cause.json);
    if (one.causes.empty()) add(Json::object());
  }
  return sheet;
}

// Only which basis is asked for: the rest of the view is the bulletin's own.
absl::StatusOr<types::v1::View> BasisView(const ViewOptions& options) { return MakeView({.known_on = options.known_on, .at = options.at, .tree = {}, .review = {}, .fresh_within = options.fresh_within}); }

absl::StatusOr<ranking::v1::BulletinRecord> SendCorrection(const Context& context, const CorrectOptions& options) {
  const BulletinClient bulletins(context.endpoints.ranking);
  ranking::v1::DraftCorrectionRequest request;
  request.set_number(options.at.number);
  request.set_at_least(options.at.at_least);
  request.set_request_id(options.request_id.empty() ? "" : options.request_id + "/draft");
  ASSIGN_OR_RETURN(*request.mutable_view(), BasisView(options.at.view));
  ASSIGN_OR_RETURN(auto response, bulletins.DraftCorrection(request, CallOptionsOf(context)));
  if (options.draft) return std::move(*response.mutable_draft());
  ranking::v1::IssueBulletinRequest issue;
  issue.set_draft(response.draft().draft());
  issue.set_date(options.date);
  issue.set_number(options.number);
  issue.set_request_id(options.request_id);
  ASSIGN_OR_RETURN(auto issued, bulletins.IssueBulletin(issue, CallOptionsOf(context)));
  return std::move(*issued.mutable_bulletin());
}

}  // namespace

int DiffBulletin(const Context& context, const DiffOptions& options) {
  const auto record = FetchBulletin(context, options.number);
  if (!record.ok()) return Fail(context, record.status());
  ranking::v1::DiffBulletinRequest request;
  request.set_number(options.number);
  request.set_at_least(options.at_least);
  auto view = BasisView(options.view);
  if (!view.ok()) return Fail(context, view.status());
  *request.mutable_view() = *std::move(view);
  const auto diff = BulletinClient(context.endpoints.ranking).DiffBulletin(request, CallOptionsOf(context));
  if (!diff.ok()) return Fail(context, diff.status());
  const auto changed = FindCauses(context, *record, *diff);
  if (!changed.ok()) return Fail(context, changed.status());
  if (context.output == Output::kJson) {
    PrintJson(DiffJson(options.number, *diff, *changed));
  } else if (context.output == Output::kCsv) {
    PrintSheet(context, ChangeSheet(*changed));
  } else if (changed->empty()) {
    std::printf("%s\n", std::string(context.Say("印发以来没有变化", "Nothing has changed since it was issued")).c_str());
  } else {
    PrintChanges(context, *changed);
    Talk(context, context.lang == Lang::kChinese ? "共 " + std::to_string(changed->size()) + " 个数字有变化；更正：anju bulletin correct " + Printable(options.number)
                                                 : std::to_string(changed->size()) + " figures read otherwise; to correct it: anju bulletin correct " + Printable(options.number));
  }
  return changed->empty() ? kOk : kWouldChange;
}

int CorrectBulletin(const Context& context, const CorrectOptions& options) {
  const auto correction = SendCorrection(context, options);
  if (!correction.ok()) return Fail(context, correction.status());
  return PutBulletin(context, options.form, *correction);
}

}  // namespace anju::cli
