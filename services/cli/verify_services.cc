// An aggregator and a ranking of our own, fed from the journals that were audited: do they say what the auditor's model says, and issue what was issued.
#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/audit/ranking_facts.h"
#include "common/bulletin/content.h"
#include "common/client/client.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/cli/bulletin.h"
#include "services/cli/bulletin_proof.h"
#include "services/cli/read_rows.h"
#include "services/cli/server_journals.h"
#include "services/cli/verify.h"

namespace anju::cli {
namespace {

// What the journals give at the bulletin's basis, from the template that they hold.
absl::Status ComposeAgain(const Context& context, const audit::RankingFacts& facts, const audit::Issued& issued, const std::string& address) {
  if (!issued.readable) return MakeError(Reason::TAMPERED, "content", issued.event.number(), "its content is not canonical");
  const bulletin::Content& content = issued.content;
  const std::string* source = facts.TemplateSource(content.template_code, content.template_version);
  if (source == nullptr) return MakeError(Reason::TAMPERED, "template", content.template_code, "the ranking journal does not have its template");
  ranking::v1::ComposeBulletinRequest request;
  request.set_source(*source);
  request.set_template_version(content.template_version);
  request.set_as_of(content.as_of);
  *request.mutable_view() = ViewOf(issued.event.parameters());
  *request.mutable_basis() = issued.event.basis();
  request.set_number(content.number);
  request.set_date(content.date);
  if (content.corrects) {
    const audit::Issued* corrected = facts.Find(content.corrects->number);
    if (corrected == nullptr) return MakeError(Reason::TAMPERED, "corrects", content.corrects->number, "the ranking journal does not have the bulletin it corrects");
    request.set_corrected(corrected->event.content());
  }
  ASSIGN_OR_RETURN(const auto response, client::BulletinClient(address).ComposeBulletin(request, CallOptionsOf(context)));
  if (response.content() == issued.event.content()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const bulletin::Content now, bulletin::ParseCanonical(response.content()));
  const std::vector<bulletin::Change> changes = bulletin::Compare(content, now);
  if (changes.empty()) return MakeError(Reason::TAMPERED, "content", content.number, "its journals give other text around the same figures");
  return MakeError(Reason::TAMPERED, "content", absl::StrCat(changes.front().place, " ", changes.front().before, " ≠ ", changes.front().after), "as issued, and as its journals give it");
}

void Push(std::vector<VerifyStep>* steps, std::string step, std::string subject, std::string chinese, std::string english, absl::Status status) {
  steps->push_back({.step = std::move(step), .subject = std::move(subject), .chinese = std::move(chinese), .english = std::move(english), .status = std::move(status), .note = {}});
}

}  // namespace

void VerifyWithServices(const Context& context, const audit::SuiteAudit& audit, const std::vector<std::string>& model, std::vector<VerifyStep>* steps) {
  const auto unable = [&](const absl::Status& status) { Push(steps, "rollups", "", "由日志另行重算", "recomputed by private services", status); };
  auto plan = JournalServer::Start(audit.Find("plan")->source);
  if (!plan.ok()) return unable(plan.status());
  auto progress = JournalServer::Start(audit.Find("progress")->source);
  if (!progress.ok()) return unable(progress.status());
  types::v1::Basis reach;
  if ((*plan)->end().sequence() > 0) *reach.mutable_plan() = (*plan)->end();
  if ((*progress)->end().sequence() > 0) *reach.add_progress() = (*progress)->end();
  Context private_context = context;
  private_context.endpoints.plan = (*plan)->address();
  private_context.endpoints.progress = (*progress)->address();
  const auto recomputer = Recomputer::Start(private_context, reach);
  if (!recomputer.ok()) return unable(recomputer.status());
  const auto dump = client::DumpText(client::AggregatorClient((*recomputer)->aggregator()), "", CallOptionsOf(context));
  if (!dump.ok()) return unable(dump.status());
  const std::unique_ptr<audit::Figures> figures = audit.Current();
  std::vector<VerifyStep> margins;
  steps->push_back(CompareWithDump(context, *figures, figures->Reach(), model, *dump, &margins));
  // The margins of the model were looked at before; those of the suite stand in their place.
  steps->erase(std::remove_if(steps->begin(), steps->end(), [](const VerifyStep& step) { return step.step == "margins"; }), steps->end());
  steps->insert(steps->end(), margins.begin(), margins.end());
  if (audit.ranking() == nullptr) return;
  for (const audit::Issued& issued : audit.ranking()->issued()) {
    const std::string& number = issued.event.number();
    Push(steps, "recompute", number, absl::StrCat("通报 ", number, "：由日志重算，逐字节一致"), absl::StrCat("bulletin ", number, ": recomputed from the journals, the same byte for byte"),
         ComposeAgain(context, *audit.ranking(), issued, (*recomputer)->ranking()));
  }
}

}  // namespace anju::cli
