// What is known of a bulletin, in JSON and in the form somebody asked for.
#include <cstdio>

#include "absl/strings/numbers.h"
#include "common/bulletin/content.h"
#include "common/bulletin/render.h"
#include "common/client/client.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/cli/bulletin.h"
#include "services/cli/differences.h"
#include "services/cli/pdf.h"
#include "services/cli/printable.h"
#include "services/cli/read_rows.h"

namespace anju::cli {
namespace {

using ranking::v1::BulletinRecord;

std::string_view FilterWord(types::v1::ReviewFilter filter) {
  return filter == types::v1::REVIEW_FILTER_REVIEWED ? "reviewed" : filter == types::v1::REVIEW_FILTER_CONFIRMED ? "confirmed" : "all";
}

std::string FormOf(const Context& context, const FormOptions& options) {
  if (!options.form.empty()) return options.form;
  return context.output == Output::kJson ? "json" : context.output == Output::kCsv ? "csv" : "text";
}

absl::Status Put(const std::string& form, const std::string& out, const BulletinRecord& record) {
  if (form == "pdf") {
    if (out.empty()) return MakeError(Reason::USAGE, "out", "--form pdf", "a PDF needs --out FILE");
    ASSIGN_OR_RETURN(const std::string html, RenderForm("html", record.content()));
    return RenderPdf(html, out);
  }
  ASSIGN_OR_RETURN(const std::string bytes, RenderForm(form, record.content()));
  if (!out.empty()) return WriteFile(out, bytes);
  PutBytes(bytes);
  return absl::OkStatus();
}

std::string NameOf(const BulletinRecord& record) { return record.number().empty() ? "D" + std::to_string(record.draft()) : record.number(); }

}  // namespace

std::optional<uint64_t> DraftNumber(std::string_view text, bool bare) {
  if (text.starts_with('D')) {
    text.remove_prefix(1);
  } else if (!bare) {
    return std::nullopt;
  }
  uint64_t number = 0;
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos || !absl::SimpleAtoi(absl::string_view(text.data(), text.size()), &number)) return std::nullopt;
  return number > 0 ? std::optional(number) : std::nullopt;
}

absl::StatusOr<BulletinRecord> FetchBulletin(const Context& context, const std::string& subject) {
  ranking::v1::GetBulletinRequest request;
  if (const auto draft = DraftNumber(subject, /*bare=*/false)) {
    request.set_draft(*draft);
  } else {
    request.set_number(subject);
  }
  ASSIGN_OR_RETURN(auto response, client::BulletinClient(context.endpoints.ranking).GetBulletin(request, CallOptionsOf(context)));
  return std::move(*response.mutable_bulletin());
}

types::v1::View ViewOf(const ranking::v1::BulletinParameters& parameters) {
  types::v1::View view;
  view.set_tree(parameters.tree());
  view.set_review(parameters.review());
  return view;
}

Json RecordJson(const BulletinRecord& record) {
  Json corrected_by = Json::array();
  for (const std::string& number : record.corrected_by()) corrected_by.push_back(number);
  return {{"number", record.number()},
          {"draft", "D" + std::to_string(record.draft())},
          {"date", record.date()},
          {"template", record.template_code()},
          {"version", record.template_version()},
          {"region", record.region()},
          {"title", record.title()},
          {"as_of", record.parameters().as_of()},
          {"tree", record.parameters().tree()},
          {"review", std::string(FilterWord(record.parameters().review()))},
          {"sha256", record.sha256()},
          {"corrects", record.corrects()},
          {"corrected_by", std::move(corrected_by)},
          {"issued_as", record.issued_as()},
          {"actor", record.actor()},
          {"recorded_time_us", record.recorded_time_us()},
          {"position", record.position().journal_id() + "/" + std::to_string(record.position().sequence())},
          {"basis", BasisJson(record.basis())}};
}

Json TemplateJson(const ranking::v1::TemplateRecord& record) {
  Json tables = Json::array();
  for (const std::string& table : record.tables()) tables.push_back(table);
  return {{"template", record.code()}, {"version", record.version()}, {"region", record.region()}, {"title", record.title()}, {"tables", std::move(tables)},
          {"sha256", record.sha256()}, {"actor", record.actor()},     {"recorded_time_us", record.recorded_time_us()}};
}

absl::StatusOr<std::string> RenderForm(std::string_view form, std::string_view canonical) {
  ASSIGN_OR_RETURN(const bulletin::Content content, bulletin::ParseCanonical(canonical));
  if (form == "html") return bulletin::RenderHtml(content);
  if (form == "csv") return bulletin::RenderCsv(content);
  if (form == "json") return bulletin::RenderJson(content);
  return bulletin::RenderText(content);
}

int PutBulletin(const Context& context, const FormOptions& options, const BulletinRecord& record) {
  const std::string name = Printable(NameOf(record));
  if (const absl::Status put = Put(FormOf(context, options), options.out, record); !put.ok()) {
    const int code = Fail(context, put);
    return HasReason(put, Reason::TAMPERED) ? kDamaged : code;  // what the service keeps is damaged
  }
  if (!options.out.empty()) {
    if (context.output == Output::kJson) {
      PrintJson(RecordJson(record));
    } else {
      PrintSheet(context, {{"number", "sha256", "file"}, {}, {{name, record.sha256(), options.out}}});
    }
    return kOk;
  }
  std::fflush(stdout);  // so that what is said stands below the bulletin
  if (context.output != Output::kTable) {
    std::fprintf(stderr, "%s %s\n", record.number().empty() ? "draft" : "number", name.c_str());
  } else if (record.number().empty() && record.issued_as().empty()) {
    Talk(context, context.lang == Lang::kChinese ? "草稿 " + name + "；印发：anju bulletin issue " + name : "Draft " + name + "; to issue it: anju bulletin issue " + name);
  }
  for (const std::string& correction : record.corrected_by()) {
    Talk(context, std::string(context.Say("注意：已由 ", "Note: corrected by ")) + Printable(correction) + std::string(context.Say(" 更正", "")));
  }
  return kOk;
}

}  // namespace anju::cli
