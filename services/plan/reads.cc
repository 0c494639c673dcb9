// The reading RPCs: pages over what the model holds, asked in the same queue as writes.
#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "services/plan/convert.h"
#include "services/plan/core/words.h"
#include "services/plan/errors.h"
#include "services/plan/handlers.h"
#include "services/plan/reads.h"

namespace anju::plan {
namespace {

constexpr int32_t kRegionPageMax = 10'000, kRegionPageDefault = 1'000;
constexpr int32_t kDocumentPageMax = 1'000, kDocumentPageDefault = 100;
constexpr int32_t kMilestonePageMax = 10'000, kMilestonePageDefault = 1'000;

// The region and everything that was ever below it.
std::set<RegionNumber> Below(const RegionTree& tree, RegionNumber top) {
  std::map<RegionNumber, std::vector<RegionNumber>> children;
  for (const RegionNumber number : tree.Numbers()) {
    for (const Region& row : *tree.Rows(number)) children[row.parent].push_back(number);
  }
  std::set<RegionNumber> below = {top};
  std::vector<RegionNumber> open = {top};
  while (!open.empty()) {
    const RegionNumber number = open.back();
    open.pop_back();
    for (const RegionNumber child : children[number]) {
      if (below.insert(child).second) open.push_back(child);
    }
  }
  return below;
}

}  // namespace

absl::StatusOr<v1::ListRegionsResponse> ListRegions(const rpc::Caller& caller, const v1::ListRegionsRequest& request, Desk& desk) {
  const RegionTree& tree = desk.model().registry().regions;
  ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size(), kRegionPageDefault, kRegionPageMax));
  using Page = std::optional<std::array<int64_t, 2>>;  // region number, first day of its row
  ASSIGN_OR_RETURN(const Page page, ParsePage<2>(request.page_token()));
  const std::string_view within = Trim(request.within());
  RegionNumber top = 0;
  if (!within.empty()) {
    ASSIGN_OR_RETURN(top, FindRegion(tree, "within", within, desk.today()));
  }
  RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kRead, top, &tree, desk.today()));

  std::vector<const Region*> rows;
  const std::set<RegionNumber> below = top == 0 ? std::set<RegionNumber>() : Below(tree, top);
  for (const RegionNumber number : tree.Numbers()) {
    if (top != 0 && !below.contains(number)) continue;
    for (const Region& row : *tree.Rows(number)) rows.push_back(&row);
  }
  const auto key = [](const Region* row) { return std::pair(std::string_view(row->code), row->valid_from); };
  std::sort(rows.begin(), rows.end(), [&](const Region* a, const Region* b) { return key(a) < key(b); });
  auto next = rows.begin();
  if (page) {
    const bool in_range = (*page)[1] >= std::numeric_limits<int32_t>::min() && (*page)[1] <= std::numeric_limits<int32_t>::max();
    const std::vector<Region>* last = in_range && (*page)[0] > 0 ? tree.Rows(static_cast<RegionNumber>((*page)[0])) : nullptr;
    if (last == nullptr) return MakeError(BadPageToken(request.page_token()));
    const std::pair after(std::string_view(last->front().code), Date{static_cast<int32_t>((*page)[1])});
    next = std::find_if(rows.begin(), rows.end(), [&](const Region* row) { return key(row) > after; });
  }
  v1::ListRegionsResponse response;
  for (; next != rows.end() && static_cast<size_t>(response.regions_size()) < page_size; ++next) *response.add_regions() = anju::ToProto(**next);
  if (next != rows.end()) response.set_next_page_token(absl::StrCat((*std::prev(next))->number, ".", (*std::prev(next))->valid_from.days));
  return response;
}

absl::StatusOr<v1::GetCatalogueResponse> GetCatalogue(const rpc::Caller& caller, const v1::GetCatalogueRequest&, Desk& desk) {
  RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kRead, 0, nullptr, desk.today()));
  v1::GetCatalogueResponse response;
  const Catalogue& catalogue = desk.model().registry().catalogue;
  for (const auto& [number, programme] : catalogue.programmes()) *response.add_programmes() = anju::ToProto(programme);
  for (const auto& [number, indicator] : catalogue.indicators()) *response.add_indicators() = anju::ToProto(indicator);
  return response;
}

absl::StatusOr<v1::ListDocumentsResponse> ListDocuments(const rpc::Caller& caller, const v1::ListDocumentsRequest& request, Desk& desk) {
  ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size(), kDocumentPageDefault, kDocumentPageMax));
  using Page = std::optional<std::array<int64_t, 1>>;  // documents before the page
  ASSIGN_OR_RETURN(const Page page, ParsePage<1>(request.page_token()));
  const std::vector<StoredDocument>& documents = desk.model().documents();
  if (page && ((*page)[0] < 1 || (*page)[0] > static_cast<int64_t>(documents.size()))) return MakeError(BadPageToken(request.page_token()));
  const RegionTree& tree = desk.model().registry().regions;
  v1::ListDocumentsResponse response;
  size_t next = page ? static_cast<size_t>((*page)[0]) : 0;
  for (; next < documents.size() && static_cast<size_t>(response.documents_size()) < page_size; ++next) {
    const DocumentHeader& header = documents[next].header;
    // A list shows what its reader may see; asking for one by number says NOT_ALLOWED.
    if (!rpc::Authorize(caller, rpc::Action::kRead, header.issuer, &tree, header.issued.value_or(desk.today())).ok()) continue;
    *response.add_documents() = SummaryOf(documents[next], tree);
  }
  if (next < documents.size()) response.set_next_page_token(absl::StrCat(next));
  return response;
}

absl::StatusOr<v1::GetDocumentResponse> GetDocument(const rpc::Caller& caller, const v1::GetDocumentRequest& request, Desk& desk) {
  const std::string_view number = Trim(request.document());
  if (number.empty()) return MakeError(MissingField(0, "document"));
  const StoredDocument* document = desk.model().FindDocument(number);
  if (document == nullptr) return MakeError(UnknownDocument(number));
  const DocumentHeader& header = document->header;
  RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kRead, header.issuer, &desk.model().registry().regions, header.issued.value_or(desk.today())));
  v1::GetDocumentResponse response;
  *response.mutable_document() = document->Event();
  return response;
}

absl::StatusOr<v1::ListMilestonesResponse> ListMilestones(const rpc::Caller& caller, const v1::ListMilestonesRequest& request, Desk& desk) {
  ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size(), kMilestonePageDefault, kMilestonePageMax));
  using Page = std::optional<std::array<int64_t, 2>>;  // documents before the page, milestones of the next one before it
  ASSIGN_OR_RETURN(const Page page, ParsePage<2>(request.page_token()));
  const std::vector<StoredMilestones>& stored = desk.model().milestones();
  const std::string_view only = Trim(request.document());
  if (!only.empty() && desk.model().FindDocument(only) == nullptr) return MakeError(UnknownDocument(only));
  size_t index = 0, offset = 0;
  if (page) {
    if ((*page)[0] < 0 || (*page)[0] >= static_cast<int64_t>(stored.size()) || (*page)[1] < 0 || (*page)[1] >= stored[(*page)[0]].count) {
      return MakeError(BadPageToken(request.page_token()));
    }
    index = static_cast<size_t>((*page)[0]);
    offset = static_cast<size_t>((*page)[1]);
  }
  v1::ListMilestonesResponse response;
  size_t left = page_size;
  const RegionTree& tree = desk.model().registry().regions;
  for (; index < stored.size(); ++index, offset = 0) {
    if (!only.empty() && stored[index].document != only) continue;
    const DocumentHeader& header = desk.model().FindDocument(stored[index].document)->header;
    if (absl::Status status = rpc::Authorize(caller, rpc::Action::kRead, header.issuer, &tree, header.issued.value_or(desk.today())); !status.ok()) {
      if (!only.empty()) return status;
      continue;
    }
    if (left == 0) {
      response.set_next_page_token(absl::StrCat(index, ".", offset));
      break;
    }
    v1::MilestonesImported event = stored[index].Event();
    const size_t take = std::min(left, static_cast<size_t>(event.milestones_size()) - offset);
    v1::MilestonesImported* out = response.add_documents();
    out->set_document(event.document());
    out->set_content_digest(event.content_digest());
    for (size_t i = offset; i < offset + take; ++i) out->add_milestones()->Swap(event.mutable_milestones(static_cast<int>(i)));
    left -= take;
    if (offset + take < static_cast<size_t>(event.milestones_size())) {
      response.set_next_page_token(absl::StrCat(index, ".", offset + take));
      break;
    }
  }
  return response;
}

}  // namespace anju::plan
