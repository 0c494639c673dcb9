// Reads what a watcher wants to be told of.
#include <map>
#include <string>
#include <utility>

#include "common/status/macros.h"
#include "services/ranking/definitions.h"
#include "services/ranking/errors.h"
#include "services/ranking/watches.h"

namespace anju::ranking {
namespace {

constexpr uint32_t kBorderMax = 10'000;

const std::map<v1::Subject, SubjectKind> kSubjects = {
    {v1::SUBJECT_UNSPECIFIED, SubjectKind::kTable}, {v1::SUBJECT_STANDING, SubjectKind::kStanding},   {v1::SUBJECT_TOP, SubjectKind::kTop},
    {v1::SUBJECT_BOTTOM, SubjectKind::kBottom},     {v1::SUBJECT_THRESHOLD, SubjectKind::kThreshold}, {v1::SUBJECT_MILESTONE, SubjectKind::kMilestone}};

// Everything of the subject but its region, which is looked up in the table's subtree.
Subject ReadSubject(const v1::WatchRequest& request, ErrorCollector& refused) {
  Subject subject;
  const auto kind = kSubjects.find(request.subject());
  if (kind == kSubjects.end()) {
    refused.Add(errors::BadValue("subject", std::to_string(request.subject()), "one of the values of the contract"));
    return subject;
  }
  subject.kind = kind->second;
  switch (subject.kind) {
    case SubjectKind::kStanding:
      if (request.region_watched().empty()) refused.Add(errors::MissingField("region_watched"));
      break;
    case SubjectKind::kTop:
    case SubjectKind::kBottom:
      subject.border = request.border();
      if (subject.border < 1 || subject.border > kBorderMax) refused.Add(errors::BadValue("border", std::to_string(subject.border), "1 to 10000"));
      break;
    case SubjectKind::kThreshold: {
      const absl::StatusOr<Decimal> threshold = ParseDecimal(request.threshold());
      if (request.threshold().empty()) refused.Add(errors::MissingField("threshold"));
      else if (!threshold.ok()) refused.Add(errors::InField(threshold.status(), "threshold", request.threshold()));
      else subject.threshold = *threshold;
      break;
    }
    case SubjectKind::kTable:
    case SubjectKind::kMilestone: break;
  }
  return subject;
}

}  // namespace

absl::StatusOr<std::unique_ptr<const Watched>> ReadWatch(const rpc::Caller& caller, const v1::WatchRequest& request,
                                                         const Contents& contents) {
  ErrorCollector refused;
  if (request.region().empty()) refused.Add(errors::MissingField("region"));
  auto watched = std::make_unique<Watched>();
  watched->subject = ReadSubject(request, refused);
  if (!types::v1::ReviewFilter_IsValid(request.review())) {
    refused.Add(errors::BadValue("review", std::to_string(request.review()), "one of the values of the contract"));
  }
  if (const auto basis = rpc::ParseToken(request.from()); !basis.ok()) refused.Add(errors::InField(basis.status(), "from", request.from()));
  RETURN_IF_ERROR(refused.ToStatus());
  if (!contents.ready) return errors::NotReady();

  const Registry& registry = *contents.registry;
  ASSIGN_OR_RETURN(watched->definition, FromProto(request.definition(), registry.catalogue));
  ASSIGN_OR_RETURN(watched->plan, MakePlan(watched->definition, registry.catalogue));
  const Date day = TreeDay(watched->plan, watched->definition);
  // Whoever goes on had begun: the region may have been closed since, and is then known by its code.
  RegionNumber region = request.from().empty() ? 0 : registry.regions.FindCode(request.region());
  if (region == 0) {
    ASSIGN_OR_RETURN(region, registry.regions.Resolve(request.region(), 0, day));
  }
  RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kRead, region, &registry.regions, day));
  if (watched->subject.kind == SubjectKind::kStanding) {
    const absl::StatusOr<RegionNumber> child = registry.regions.Resolve(request.region_watched(), region, day);
    if (!child.ok()) return errors::InField(child.status(), "region_watched", request.region_watched());
    watched->subject.region = *child;
  }
  watched->region = registry.regions.Nearest(region, day)->code;
  watched->review = request.review();
  watched->from = request.from();
  watched->registry = contents.registry;
  return watched;
}

}  // namespace anju::ranking
