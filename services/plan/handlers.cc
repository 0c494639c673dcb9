// The writing RPCs. Each decides on values and records at most one event, so an import is whole or nothing.
#include "services/plan/handlers.h"

#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/journal/hash.h"
#include "common/status/macros.h"
#include "services/plan/convert.h"
#include "services/plan/core/words.h"
#include "services/plan/errors.h"

namespace anju::plan {
namespace {

constexpr size_t kRequestIdBytesMax = 200;

std::string Sha256(std::string_view bytes) {
  const journal::Hash hash = journal::Sha256({bytes});
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

// The request's content: what a second request of the same id is compared by.
template <typename Request>
std::string DigestOf(const Request& request) {
  if (request.request_id().empty()) return {};
  Request content = request;
  content.clear_request_id();
  content.clear_dry_run();
  return Sha256(absl::StrCat(Request::descriptor()->full_name(), "\n", content.SerializeAsString()));
}

absl::Status CheckRows(int rows) {
  if (rows == 0) return MakeError(EmptyRequest());
  if (static_cast<size_t>(rows) > kRowsMax) return MakeError(TooManyRows(static_cast<size_t>(rows), kRowsMax));
  return absl::OkStatus();
}

// The earlier request of this id: nullptr when there is none. REQUEST_CONFLICT when its content was another.
absl::StatusOr<const RememberedRequest*> FindEarlier(const rpc::Caller& caller, const std::string& request_id, bool dry_run,
                                                     const std::string& digest, Desk& desk) {
  if (request_id.size() > kRequestIdBytesMax) return MakeError(BadCode(0, "request_id", request_id, absl::StrCat("at most ", kRequestIdBytesMax, " bytes")));
  if (request_id.empty() || dry_run) return nullptr;
  const RememberedRequest* earlier = desk.model().FindRequest(caller.identity, request_id);
  if (earlier == nullptr) return nullptr;
  if (earlier->digest != digest) return MakeError(RequestConflict(request_id));
  desk.AnswerAsOf(earlier->sequence, earlier->time_us);
  return earlier;
}

// Records unless the event is larger than any event may be.
absl::Status Record(const rpc::Caller& caller, const std::string& request_id, const std::string& digest, v1::Event event, Desk& desk) {
  event.set_actor(caller.identity);
  event.set_request_id(request_id);
  event.set_request_digest(digest);
  event.set_time_us(desk.now_us());
  if (const size_t bytes = event.ByteSizeLong(); bytes > journal::kEventBytesMax) return MakeError(TooLarge(bytes, journal::kEventBytesMax));
  desk.Record(event);
  return absl::OkStatus();
}

// Every region that rows name, each on the day it is named for.
template <typename Rows, typename DayOf>
absl::Status AuthorizeRows(const rpc::Caller& caller, const Rows& rows, const RegionTree& tree, const DayOf& day_of) {
  std::set<std::pair<RegionNumber, Date>> seen;
  for (const auto& row : rows) {
    const auto [region, day] = day_of(row);
    if (seen.emplace(region, day).second) RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kPlan, region, &tree, day));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::ImportRegionsResponse> ImportRegions(const rpc::Caller& caller, const v1::ImportRegionsRequest& request, Desk& desk) {
  RETURN_IF_ERROR(CheckRows(request.rows_size()));
  const std::string digest = DigestOf(request);
  ASSIGN_OR_RETURN(const RememberedRequest* earlier, FindEarlier(caller, request.request_id(), request.dry_run(), digest, desk));
  v1::ImportRegionsResponse response;
  if (earlier != nullptr) {
    response.set_changed(earlier->changed);
    response.set_unchanged(earlier->unchanged);
    return response;
  }
  const RegionTree& stored = desk.model().registry().regions;
  ASSIGN_OR_RETURN(const RegionImport import, ReadRegions(RegionRows(request), stored, desk.model().region_use()));
  // Both as it was and as it would be: nobody moves a region out of, or into, a subtree that is not theirs.
  for (const RegionNumber region : import.named) {
    for (const RegionTree* tree : {&stored, &import.tree}) {
      if (tree->Rows(region) == nullptr) continue;
      const Region* row = tree->Nearest(region, desk.today());
      const Date day = row->HoldsOn(desk.today()) ? desk.today() : row->valid_from;
      RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kPlan, region, tree, day));
    }
  }
  response.set_changed(static_cast<uint32_t>(import.changed.size()));
  response.set_unchanged(import.unchanged);
  if (request.dry_run() || import.changed.empty()) return response;
  v1::Event event;
  *event.mutable_regions() = RegionsEvent(import);
  RETURN_IF_ERROR(Record(caller, request.request_id(), digest, std::move(event), desk));
  return response;
}

absl::StatusOr<v1::ImportCatalogueResponse> ImportCatalogue(const rpc::Caller& caller, const v1::ImportCatalogueRequest& request, Desk& desk) {
  RETURN_IF_ERROR(CheckRows(request.rows_size()));
  RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kPlan, 0, nullptr, desk.today()));
  const std::string digest = DigestOf(request);
  ASSIGN_OR_RETURN(const RememberedRequest* earlier, FindEarlier(caller, request.request_id(), request.dry_run(), digest, desk));
  v1::ImportCatalogueResponse response;
  if (earlier != nullptr) {
    response.set_changed(earlier->changed);
    response.set_unchanged(earlier->unchanged);
    return response;
  }
  ASSIGN_OR_RETURN(const CatalogueImport import, ReadCatalogue(CatalogueRows(request), desk.model().registry().catalogue));
  response.set_changed(import.changed);
  response.set_unchanged(import.unchanged);
  if (request.dry_run() || import.changed == 0) return response;
  v1::Event event;
  *event.mutable_catalogue() = CatalogueEvent(import);
  RETURN_IF_ERROR(Record(caller, request.request_id(), digest, std::move(event), desk));
  return response;
}

absl::StatusOr<v1::ImportDocumentResponse> ImportDocument(const rpc::Caller& caller, const v1::ImportDocumentRequest& request, Desk& desk) {
  RETURN_IF_ERROR(CheckRows(request.rows_size()));
  const std::string request_digest = DigestOf(request);
  ASSIGN_OR_RETURN(const RememberedRequest* earlier, FindEarlier(caller, request.request_id(), request.dry_run(), request_digest, desk));
  if (earlier != nullptr) return DocumentAnswer(desk.model().FindDocument(earlier->document)->Event());

  const auto& [tree, catalogue] = desk.model().registry();
  const DocumentText text = DocumentOf(request);
  Document document;
  ASSIGN_OR_RETURN(document.header, ReadHeader(text, tree));
  const DocumentHeader& header = document.header;
  const Date issued = header.issued.value_or(desk.today());
  RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kPlan, header.issuer, &tree, issued));
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
  ASSIGN_OR_RETURN(const Evaluation evaluation, Evaluate(document, tree, catalogue, desk.model().targets()));
  if (!request.accept_differences()) RETURN_IF_ERROR(RefuseDifferences(evaluation, catalogue));
  v1::Event event;
  *event.mutable_document() = DocumentEvent(document, evaluation, digest);
  v1::ImportDocumentResponse response = DocumentAnswer(event.document());
  if (!request.dry_run()) RETURN_IF_ERROR(Record(caller, request.request_id(), request_digest, std::move(event), desk));
  return response;
}

absl::StatusOr<v1::ImportMilestonesResponse> ImportMilestones(const rpc::Caller& caller, const v1::ImportMilestonesRequest& request, Desk& desk) {
  RETURN_IF_ERROR(CheckRows(request.rows_size()));
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
  const auto& [tree, catalogue] = desk.model().registry();
  RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kPlan, header.issuer, &tree, header.issued.value_or(desk.today())));
  ASSIGN_OR_RETURN(const std::vector<Milestone> milestones, ReadMilestones(MilestoneRows(request), header, tree, catalogue));
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
