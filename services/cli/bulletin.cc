// Templates, drafts and issued bulletins: define, draft, issue, show, list.
#include "services/cli/bulletin.h"

#include "common/client/client.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/cli/formats.h"
#include "services/cli/printable.h"
#include "services/cli/read_rows.h"
#include "services/cli/words.h"

namespace anju::cli {
namespace {

using client::BulletinClient;
using ranking::v1::BulletinRecord;

// A template's errors stand at its lines, whoever asks for it.
int FailTemplate(const Context& context, const absl::Status& status, const std::string& code) {
  const bool has_line = ErrorsOf(status).front().line > 0;
  return Fail(context, status, has_line ? code : "");
}

absl::StatusOr<BulletinRecord> SendDraft(const Context& context, const DraftOptions& options) {
  ranking::v1::DraftBulletinRequest request;
  request.set_template_code(options.template_code);
  request.set_as_of(options.as_of);
  request.set_at_least(options.at_least);
  request.set_request_id(options.request_id);
  ASSIGN_OR_RETURN(*request.mutable_view(), MakeView(options.view));
  ASSIGN_OR_RETURN(auto response, BulletinClient(context.endpoints.ranking).DraftBulletin(request, CallOptionsOf(context)));
  return std::move(*response.mutable_draft());
}

}  // namespace

int DefineTemplate(const Context& context, const DefineOptions& options) {
  const auto bytes = ReadInput(options.file);
  if (!bytes.ok()) return Fail(context, bytes.status());
  const auto source = csv::DecodeText(*bytes);  // written like other files of an office
  if (!source.ok()) return Fail(context, source.status(), options.file);
  ranking::v1::DefineTemplateRequest request;
  request.set_source(*source);
  request.set_dry_run(options.dry_run);
  request.set_request_id(options.request_id);
  request.set_at_least(options.at_least);
  const auto response = BulletinClient(context.endpoints.ranking).DefineTemplate(request, CallOptionsOf(context));
  if (!response.ok()) return Fail(context, response.status(), options.file);
  const auto& record = response->template_();
  if (context.output == Output::kJson) {
    Json json = TemplateJson(record);
    json["unchanged"] = response->unchanged();
    json["dry_run"] = options.dry_run;
    PrintJson(json);
  } else {
    PrintSheet(context, {{"template", "version", "title"}, {false, true, false}, {{record.code(), std::to_string(record.version()), Printable(record.title())}}});
    if (response->unchanged()) Talk(context, context.Say("与现行版本相同，没有变化", "The same as the newest version: nothing changed"));
  }
  return options.dry_run && !response->unchanged() ? kWouldChange : kOk;
}

int ListTemplates(const Context& context) {
  const auto response = BulletinClient(context.endpoints.ranking).ListTemplates({}, CallOptionsOf(context));
  if (!response.ok()) return Fail(context, response.status());
  Json list = Json::array();
  Sheet sheet{{"template", "version", "region", "title", "tables"}, {false, true}, {}};
  for (const auto& record : response->templates()) {
    std::string tables;
    for (const std::string& table : record.tables()) tables += (tables.empty() ? "" : ";") + table;
    sheet.rows.push_back({record.code(), std::to_string(record.version()), record.region(), record.title(), tables});
    list.push_back(TemplateJson(record));
  }
  if (context.output == Output::kJson) {
    PrintJson({{"templates", std::move(list)}});
  } else {
    PrintSheet(context, sheet);
  }
  return kOk;
}

int ShowTemplate(const Context& context, const TemplateOptions& options) {
  ranking::v1::GetTemplateRequest request;
  request.set_code(options.code);
  request.set_version(options.version);
  const auto response = BulletinClient(context.endpoints.ranking).GetTemplate(request, CallOptionsOf(context));
  if (!response.ok()) return Fail(context, response.status());
  if (context.output == Output::kJson) {
    Json json = TemplateJson(response->template_());
    json["source"] = response->template_().source();
    PrintJson(json);
  } else {
    PutBytes(response->template_().source());
  }
  return kOk;
}

int DraftBulletin(const Context& context, const DraftOptions& options) {
  const auto draft = SendDraft(context, options);
  if (!draft.ok()) return FailTemplate(context, draft.status(), options.template_code);
  return PutBulletin(context, options.form, *draft);
}

absl::StatusOr<BulletinRecord> SendIssue(const Context& context, const IssueOptions& options) {
  ranking::v1::IssueBulletinRequest request;
  if (const auto draft = DraftNumber(options.subject, /*bare=*/true)) {
    if (!options.draft.as_of.empty()) return MakeError(Reason::USAGE, "as_of", "--as-of", "a draft has its date already");
    request.set_draft(*draft);
    request.set_request_id(options.draft.request_id);
  } else {
    DraftOptions drafting = options.draft;
    drafting.template_code = options.subject;
    // Both halves can be sent again under one id: each gets its own from it.
    if (!drafting.request_id.empty()) drafting.request_id += "/draft";
    if (drafting.as_of.empty()) return MakeError(Reason::USAGE, "as_of", options.subject, "issuing from a template needs --as-of");
    ASSIGN_OR_RETURN(const BulletinRecord record, SendDraft(context, drafting));
    request.set_draft(record.draft());
    request.set_request_id(options.draft.request_id);
  }
  request.set_date(options.date);
  request.set_number(options.number);
  request.set_as_drafted(options.as_drafted);
  ASSIGN_OR_RETURN(auto response, BulletinClient(context.endpoints.ranking).IssueBulletin(request, CallOptionsOf(context)));
  return std::move(*response.mutable_bulletin());
}

int IssueBulletin(const Context& context, const IssueOptions& options) {
  const auto bulletin = SendIssue(context, options);
  if (!bulletin.ok()) return FailTemplate(context, bulletin.status(), options.subject);
  return PutBulletin(context, options.form, *bulletin);
}

int ShowBulletin(const Context& context, const ShowOptions& options) {
  const auto record = FetchBulletin(context, options.subject);
  if (!record.ok()) return Fail(context, record.status());
  return PutBulletin(context, options.form, *record);
}

int ListBulletins(const Context& context, const ListBulletinsOptions& options) {
  ranking::v1::ListBulletinsRequest request;
  request.set_region(options.region);
  request.set_drafts(options.drafts);
  request.set_page_size(1'000);
  Json list = Json::array();
  Sheet sheet{{"number", "draft", "date", "as_of", "title", "corrects", "corrected_by", "recorded", "actor", "sha256"}, {}, {}};
  const bool csv = context.output == Output::kCsv;
  const BulletinClient bulletins(context.endpoints.ranking);
  do {
    const auto page = bulletins.ListBulletins(request, CallOptionsOf(context));
    if (!page.ok()) return FailQuestion(context, page.status());
    for (const BulletinRecord& record : page->bulletins()) {
      std::string corrected_by;
      for (const std::string& number : record.corrected_by()) corrected_by += (corrected_by.empty() ? "" : ";") + number;
      sheet.rows.push_back({record.number().empty() ? record.issued_as() : record.number(), "D" + std::to_string(record.draft()), record.date(), record.parameters().as_of(), record.title(),
                            record.corrects(), corrected_by, FormatMoment(record.recorded_time_us()), record.actor(), csv ? record.sha256() : record.sha256().substr(0, 12)});
      list.push_back(RecordJson(record));
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  if (context.output == Output::kJson) {
    PrintJson({{"bulletins", std::move(list)}});
  } else {
    PrintSheet(context, sheet);
  }
  return kOk;
}

}  // namespace anju::cli
