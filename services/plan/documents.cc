// The writing RPCs of plan documents: first documents, amendments and milestones.
#include <string>
#include <utility>
#include <vector>

#include "services/plan/convert.h"
#include "services/plan/core/amend.h"
#include "services/plan/core/words.h"
#include "services/plan/handlers.h"
#include "services/plan/imports.h"

namespace anju::plan {
namespace {

// The issuer of the line, an office above it, or who went on with it.
bool MayAmend(const DocumentHeader& header, const DocumentHeader& first, const Registry& registry) {
  if (registry.regions.IsWithin(first.issuer, header.issuer, first.issued.value_or(*header.effective))) return true;
  RegionNumber issuer = first.issuer;
  for (int steps = 0; steps < kRegionDepthMax; ++steps) {
    if (registry.regions.IsWithin(issuer, header.issuer, *header.effective)) return true;
    const std::vector<size_t>& passed = registry.boundaries.PassedOnBy(issuer);
    if (passed.size() != 1) return false;
    issuer = registry.boundaries.all()[passed.front()].into;
  }
  return false;
}

// Puts the line of the amended document into `header`. UNKNOWN_DOCUMENT, SUPERSEDED, BAD_EFFECTIVE, or an issuer that may not.
absl::Status JoinLine(const rpc::Caller& caller, bool default_layer, Desk& desk, DocumentHeader& header) {
  const PlanModel& model = desk.model();
  const StoredDocument* amended = model.FindDocument(header.amends);
  if (amended == nullptr) return MakeError(UnknownDocument(header.amends, "amends"));
  header.first_document = amended->header.line();
  // Rows of an amendment restate cells, whoever amends: they speak of the layer that the document spoke of.
  if (default_layer) header.layer = amended->header.layer;
  const std::vector<size_t>& line = model.LineOf(header.first_document);
  const DocumentHeader& first = model.documents()[line.front()].header;
  const RegionTree& tree = model.registry().regions;
  RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kPlan, first.issuer, &tree, first.issued.value_or(desk.today())));
  if (!MayAmend(header, first, model.registry())) {
    return MakeError(NotTheIssuer(tree.Nearest(header.issuer, *header.effective)->name, header.amends, tree.Nearest(first.issuer, *header.effective)->name));
  }
  // The same amendment again is compared by its content: it is amended by itself, so to say.
  if (model.FindDocument(header.number) != nullptr) return absl::OkStatus();
  const StoredDocument& newest = model.documents()[line.back()];
  if (amended != &newest) return MakeError(Superseded(header.amends, newest.header.number));
  if (newest.header.effective && *header.effective < *newest.header.effective) {
    return MakeError(EffectiveTooEarly(FormatDate(*header.effective), header.amends, FormatDate(*newest.header.effective)));
  }
  if (line.size() >= kLineDocumentsMax) return MakeError(TooManyOf(0, "amends", kLineDocumentsMax, "documents would be in one line"));
  return absl::OkStatus();
}

std::vector<LineDocument> LineOf(const std::string& first_document, const PlanModel& model) {
  std::vector<LineDocument> line;
  for (const size_t index : model.LineOf(first_document)) {
    const StoredDocument& stored = model.documents()[index];
    line.push_back(LineDocumentOf(stored.header, stored.Event(), model.registry().catalogue));
  }
  return line;
}

}  // namespace

absl::StatusOr<v1::ImportDocumentResponse> ImportDocument(const rpc::Caller& caller, const v1::ImportDocumentRequest& request, Desk& desk) {
  RETURN_IF_ERROR(CheckRowCount(request.rows_size()));
  const std::string request_digest = DigestOf(request);
  ASSIGN_OR_RETURN(const RememberedRequest* earlier, FindEarlier(caller, request.request_id(), request.dry_run(), request_digest, desk));
  if (earlier != nullptr) return DocumentAnswer(desk.model().FindDocument(earlier->document)->Event());

  const auto& [tree, catalogue, boundaries] = desk.model().registry();
  const DocumentText text = DocumentOf(request);
  Document document;
  ASSIGN_OR_RETURN(document.header, ReadHeader(text, tree));
  const DocumentHeader& header = document.header;
  const Date issued = header.issued.value_or(desk.today());
  RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kPlan, header.issuer, &tree, issued));
  if (!header.amends.empty()) RETURN_IF_ERROR(JoinLine(caller, Trim(text.layer).empty(), desk, document.header));
  ASSIGN_OR_RETURN(document.rows, ReadRows(text.rows, header, tree, catalogue));
  RETURN_IF_ERROR(AuthorizeRows(caller, document.rows, tree, [&](const PrintedRow& row) {
    return std::pair(row.key.region, header.DayOf(row.key.period));
  }));

  const std::string digest = Sha256(CanonicalForm(document));
  if (const StoredDocument* stored = desk.model().FindDocument(header.number)) {
    if (stored->digest != digest) return MakeError(DocumentConflict(header.number, "a changed plan is a new document: `plan amend`"));
    v1::ImportDocumentResponse response = DocumentAnswer(stored->Event());
    response.set_unchanged(true);
    return response;
  }
  absl::StatusOr<Evaluation> evaluated;
  if (header.is_amendment()) {
    const std::vector<PrintedRow> earlier_rows = MergeLine(LineOf(header.line(), desk.model()), *header.effective, tree, catalogue, boundaries);
    evaluated = EvaluateAmendment(document, earlier_rows, tree, catalogue, desk.model().targets());
  } else {
    evaluated = Evaluate(document, tree, catalogue, desk.model().targets());
  }
  ASSIGN_OR_RETURN(const Evaluation evaluation, std::move(evaluated));
  if (!request.accept_differences()) RETURN_IF_ERROR(RefuseDifferences(evaluation, catalogue));
  v1::Event event;
  *event.mutable_document() = DocumentEvent(document, evaluation, digest);
  v1::ImportDocumentResponse response = DocumentAnswer(event.document());
  if (!request.dry_run()) RETURN_IF_ERROR(Record(caller, request.request_id(), request_digest, std::move(event), desk));
  return response;
}

absl::StatusOr<v1::ImportMilestonesResponse> ImportMilestones(const rpc::Caller& caller, const v1::ImportMilestonesRequest& request, Desk& desk) {
  RETURN_IF_ERROR(CheckRowCount(request.rows_size()));
  const std::string request_digest = DigestOf(request);
  ASSIGN_OR_RETURN(const RememberedRequest* earlier, FindEarlier(caller, request.request_id(), request.dry_run(), request_digest, desk));
  v1::ImportMilestonesResponse response;
  if (earlier != nullptr) {
    response.set_milestones(static_cast<uint32_t>(desk.model().FindMilestones(earlier->document)->count));
    return response;
  }
  const std::string number(Trim(request.document()));
  ErrorCollector errors;
  CheckDocumentNumber(number, errors);
  RETURN_IF_ERROR(errors.ToStatus());
  const StoredDocument* document = desk.model().FindDocument(number);
  if (document == nullptr) return MakeError(UnknownDocument(number));
  const DocumentHeader& header = document->header;
  const RegionTree& tree = desk.model().registry().regions;
  RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kPlan, header.issuer, &tree, header.issued.value_or(desk.today())));
  ASSIGN_OR_RETURN(const std::vector<Milestone> milestones, ReadMilestones(MilestoneRows(request), header, tree, desk.model().registry().catalogue));
  RETURN_IF_ERROR(AuthorizeRows(caller, milestones, tree, [&](const Milestone& milestone) {
    return std::pair(milestone.region, header.DayOf(milestone.period));
  }));

  response.set_milestones(static_cast<uint32_t>(milestones.size()));
  const std::string digest = Sha256(CanonicalForm(number, milestones));
  if (const StoredMilestones* stored = desk.model().FindMilestones(number)) {
    if (stored->digest != digest) return MakeError(DocumentConflict(number, "its milestones are issued once: `plan amend`"));
    response.set_unchanged(true);
    return response;
  }
  if (request.dry_run()) return response;
  v1::Event event;
  *event.mutable_milestones() = MilestonesEvent(number, milestones, digest);
  RETURN_IF_ERROR(Record(caller, request.request_id(), request_digest, std::move(event), desk));
  return response;
}

}  // namespace anju::plan
