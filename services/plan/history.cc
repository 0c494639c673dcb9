// The reading RPCs of what changed and when: boundary changes, revisions of targets, and the rules of soft checks in force.
#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/checks/records.h"
#include "common/status/macros.h"
#include "services/plan/convert.h"
#include "services/plan/core/words.h"
#include "services/plan/errors.h"
#include "services/plan/handlers.h"
#include "services/plan/reads.h"

namespace anju::plan {
namespace {

constexpr int32_t kBoundaryPageMax = 10'000, kBoundaryPageDefault = 1'000;

bool Names(const BoundaryEvent& event, const std::set<RegionNumber>& regions) {
  return regions.contains(event.region) || regions.contains(event.into) ||
         std::any_of(event.units.begin(), event.units.end(), [&](RegionNumber unit) { return regions.contains(unit); });
}

// What a question about a target names.
absl::StatusOr<CellKey> AskedCell(const v1::ListTargetRevisionsRequest& request, const Registry& registry, Date today) {
  ErrorCollector errors;
  CellKey key;
  const auto read = [&](std::string_view field, const std::string& text, const auto& parse) {
    const std::string_view word = Trim(text);
    if (word.empty()) return errors.Add(MissingField(0, field));
    AddAt(errors, parse(word), 0, field, word);
  };
  const auto take = [](const auto& value, auto* to) {
    if (value.ok()) *to = *value;
    return value.status();
  };
  read("region", request.region(), [&](std::string_view word) { return take(FindRegion(registry.regions, "region", word, today), &key.region); });
  read("programme", request.programme(), [&](std::string_view word) { return take(registry.catalogue.ResolveProgramme(word), &key.programme); });
  read("indicator", request.indicator(), [&](std::string_view word) { return take(registry.catalogue.ResolveIndicator(word), &key.indicator); });
  read("plan_year", request.plan_year(), [&](std::string_view word) { return take(ParsePeriod(word), &key.period); });
  if (request.layer() != types::v1::LAYER_UNSPECIFIED && LayerName(static_cast<Layer>(request.layer())).empty()) {
    errors.Add(BadValue(0, "layer", absl::StrCat(static_cast<int>(request.layer())), "a layer"));
  }
  if (!errors.empty()) return errors.ToStatus();
  return key;
}

void SetRevision(const Revision& revision, const StoredDocument& document, const CellKey& key, v1::TargetRevision* out) {
  const DocumentHeader& header = document.header;
  out->set_layer(static_cast<types::v1::Layer>(key.layer));
  out->set_document(header.number);
  out->set_amends(header.amends);
  out->set_issued(header.issued ? FormatDate(*header.issued) : "unknown");
  out->set_effective(FormatDate(header.effective.value_or(FirstDay(key.period))));
  if (revision.target) out->set_target(*revision.target);
  if (revision.declared) out->set_declared(*revision.declared);
  out->set_missing(static_cast<types::v1::Missing>(revision.missing));
  // A place is long and asked for rarely: it is read from the event.
  if (revision.line != 0) out->set_place(document.Event().cells(static_cast<int>(revision.cell)).place());
  out->set_line(revision.line);
  out->set_sequence(document.sequence);
  out->set_recorded_time_us(document.time_us);
  out->set_actor(document.actor);
}

}  // namespace

absl::StatusOr<v1::ListBoundariesResponse> ListBoundaries(const rpc::Caller& caller, const v1::ListBoundariesRequest& request, Desk& desk) {
  ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size(), kBoundaryPageDefault, kBoundaryPageMax));
  using Page = std::optional<std::array<int64_t, 1>>;  // changes before the page
  ASSIGN_OR_RETURN(const Page page, ParsePage<1>(request.page_token()));
  const RegionTree& tree = desk.model().registry().regions;
  const std::vector<BoundaryEvent>& all = desk.model().registry().boundaries.all();
  if (page && ((*page)[0] < 1 || (*page)[0] > static_cast<int64_t>(all.size()))) return MakeError(BadPageToken(request.page_token()));

  std::set<RegionNumber> only;
  if (const std::string_view region = Trim(request.region()); !region.empty()) {
    const std::vector<RegionNumber> called = tree.EverCalled(region);
    only.insert(called.begin(), called.end());
    if (only.empty()) return FindRegion(tree, "region", region, desk.today()).status();
    for (const RegionNumber number : only) {
      RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kRead, number, &tree, DayWithin(tree, number, desk.today())));
    }
  }
  v1::ListBoundariesResponse response;
  size_t next = page ? static_cast<size_t>((*page)[0]) : 0;
  for (; next < all.size() && static_cast<size_t>(response.boundaries_size()) < page_size; ++next) {
    const BoundaryEvent& event = all[next];
    if (!only.empty() && !Names(event, only)) continue;
    // A list shows what its reader may see, from either side of the change.
    const bool seen = rpc::Authorize(caller, rpc::Action::kRead, event.region, &tree, Date{event.date.days - 1}).ok() ||
                      (event.into != 0 && rpc::Authorize(caller, rpc::Action::kRead, event.into, &tree, event.date).ok());
    if (seen) *response.add_boundaries() = ListedOf(event, desk.model().FindBoundaryRecord(event.sequence), tree);
  }
  if (next < all.size()) response.set_next_page_token(absl::StrCat(next));
  return response;
}

absl::StatusOr<v1::ListTargetRevisionsResponse> ListTargetRevisions(const rpc::Caller& caller, const v1::ListTargetRevisionsRequest& request, Desk& desk) {
  const PlanModel& model = desk.model();
  const RegionTree& tree = model.registry().regions;
  ASSIGN_OR_RETURN(CellKey key, AskedCell(request, model.registry(), desk.today()));
  RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kRead, key.region, &tree, DayWithin(tree, key.region, desk.today())));

  v1::ListTargetRevisionsResponse response;
  for (const Layer layer : {Layer::kNational, Layer::kProvince, Layer::kCity, Layer::kCounty}) {
    if (request.layer() != types::v1::LAYER_UNSPECIFIED && static_cast<Layer>(request.layer()) != layer) continue;
    key.layer = layer;
    std::vector<Revision> revisions = model.RevisionsOf(key);
    const auto order = [&](const Revision& revision) {
      const DocumentHeader& header = model.documents()[revision.document].header;
      return std::tuple(header.effective.value_or(FirstDay(key.period)), header.is_amendment(), revision.document);
    };
    std::sort(revisions.begin(), revisions.end(), [&](const Revision& a, const Revision& b) { return order(a) < order(b); });
    if (response.revisions_size() + revisions.size() > kRevisionsMax) return MakeError(TooManyOf(0, "layer", kRevisionsMax, "revisions of this cell"));
    for (const Revision& revision : revisions) SetRevision(revision, model.documents()[revision.document], key, response.add_revisions());
  }
  *response.mutable_indicator() = anju::ToProto(*model.registry().catalogue.FindIndicator(key.indicator));
  return response;
}

absl::StatusOr<v1::ListChecksResponse> ListChecks(const rpc::Caller& caller, const v1::ListChecksRequest&, Desk& desk) {
  RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kRead, 0, nullptr, desk.today()));
  v1::ListChecksResponse response;
  for (const CheckRule& rule : CheckRulesInForce(desk.model().registry().catalogue, desk.model().checks())) *response.add_rules() = anju::ToProto(rule);
  return response;
}

}  // namespace anju::plan
