// Deciding reviews: which updates, whether the office may, whether the step is allowed.
#include "services/progress/reviewing.h"

#include <algorithm>
#include <utility>

#include "common/journal/hash.h"
#include "common/status/macros.h"
#include "services/progress/convert.h"
#include "services/progress/errors.h"
#include "services/progress/limits.h"

namespace anju::progress {
namespace {

// What a second request of the same id is compared by.
std::string DigestOf(const v1::ReviewFiguresRequest& request) {
  if (request.request_id().empty()) return "";
  v1::ReviewFiguresRequest content = request;
  content.clear_request_id();
  content.clear_dry_run();
  const journal::Hash hash = journal::Sha256({"ReviewFigures\n", content.SerializeAsString()});
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

// The region that a field names on a day, also one that is closed by then if it is named by its code.
absl::StatusOr<RegionNumber> FindRegion(const RegionTree& regions, std::string_view text, std::string_view field, Date day) {
  const absl::StatusOr<RegionNumber> found = regions.Resolve(text, 0, day);
  if (found.ok()) return found;
  if (const RegionNumber coded = regions.FindCode(text); coded != 0) return coded;
  ErrorDetail wrong = ErrorsOf(found.status()).front();
  wrong.field = field;
  return MakeError(std::move(wrong));
}

}  // namespace

absl::Status CheckReview(const v1::ReviewFiguresRequest& request) {
  const bool names = request.updates_size() > 0;
  const bool selects = !request.region().empty() || !request.programme().empty() || !request.indicator().empty() || !request.plan_year().empty() ||
                       !request.as_of().empty();
  if (request.state() == types::v1::REVIEW_STATE_UNSPECIFIED) return ReviewFieldMissing("state");
  if (request.state() < types::v1::REVIEW_STATE_RETURNED || request.state() > types::v1::REVIEW_STATE_CONFIRMED) return BadReviewState(request.state());
  if (names && selects) return NamesAndSelects();
  if (!names && request.region().empty()) return ReviewFieldMissing("region");
  if (request.updates_size() > kReviewNamedMax) return TooManyUpdates(static_cast<size_t>(request.updates_size()), kReviewNamedMax);
  if (request.office().empty()) return ReviewFieldMissing("office");
  if (request.remark().size() > kRemarkBytesMax) return RemarkTooLong(request.remark().size());
  if (request.remark().empty() && request.state() == types::v1::REVIEW_STATE_RETURNED) return ReviewFieldMissing("remark");
  if (request.request_id().size() > kRequestIdBytesMax) return RequestIdTooLong(request.request_id());
  return absl::OkStatus();
}

ReviewRequest::ReviewRequest(Desk& desk, rpc::Caller caller, v1::ReviewFiguresRequest request, std::optional<Scan> named,
                             rpc::Finish<v1::ReviewFiguresResponse> finish)
    : desk_(desk), caller_(std::move(caller)), request_(std::move(request)), named_(std::move(named)), finish_(std::move(finish)) {}

void ReviewRequest::Decide(journal::Recorder& recorder) {
  today_ = Clock::DateOfMicros(recorder.time_us());
  status_ = Review(recorder);
  if (const journal::Lineage* lineage = recorder.lineage()) owner_ = lineage->OwnerOf(answered_at_);
}

void ReviewRequest::Done(const absl::Status& status, const journal::Position& durable) {
  if (!status.ok()) return finish_(status);
  if (!status_.ok()) return finish_(status_);
  journal::Position position = durable;
  if (answered_at_ != 0 && answered_at_ != durable.sequence) position = {owner_, answered_at_, {}};
  *response_.mutable_basis() = StampOf(ground_, position);
  finish_(std::move(response_));
}

absl::Status ReviewRequest::Review(journal::Recorder& recorder) {
  const Model& model = desk_.model;
  RETURN_IF_ERROR(desk_.CheckPlan());
  const std::string digest = DigestOf(request_);
  const RememberedRequest* earlier = digest.empty() || request_.dry_run() ? nullptr : model.requests().Find(caller_.identity, request_.request_id());
  ground_ = GroundOf(desk_, recorder);
  if (earlier != nullptr) {
    if (earlier->digest != digest) return RequestConflict(request_.request_id());
    answered_at_ = earlier->sequence;
    ground_.newest_time_us = ground_.complete_until_us = earlier->time_us;
    response_.set_changed(earlier->changed);
    response_.set_unchanged(earlier->unchanged);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const RegionNumber office, FindOffice());
  ASSIGN_OR_RETURN(const std::vector<Pick> picks, named_ ? FindNamed() : Select());
  ASSIGN_OR_RETURN(const std::vector<uint64_t> changing, Judge(picks, office));
  response_.set_changed(static_cast<uint32_t>(changing.size()));
  response_.set_unchanged(static_cast<uint32_t>(picks.size() - changing.size()));
  if (!request_.dry_run()) Record(recorder, changing, office, digest);
  ground_ = GroundOf(desk_, recorder);
  return absl::OkStatus();
}

absl::StatusOr<RegionNumber> ReviewRequest::FindOffice() const {
  const RegionTree& regions = desk_.model.registry().regions;
  ASSIGN_OR_RETURN(const RegionNumber office, FindRegion(regions, request_.office(), "office", today_));
  RETURN_IF_ERROR(rpc::Authorize(caller_, rpc::Action::kReview, office, &regions, today_));
  return office;
}

absl::StatusOr<std::vector<ReviewRequest::Pick>> ReviewRequest::FindNamed() const {
  std::vector<Pick> picks;
  ErrorCollector errors;
  size_t next = 0;
  for (const uint64_t sequence : Ascending(request_.updates())) {
    if (next == named_->candidates.size() || named_->candidates[next].sequence != sequence) {
      errors.Add(UnknownUpdate(sequence));
      continue;
    }
    const UpdateEvent& update = named_->candidates[next++].update;
    picks.push_back({sequence, update.series, update.figure.as_of});
  }
  RETURN_IF_ERROR(errors.ToStatus());
  return picks;
}

// An update belongs to a region's figures when the region stood there, or below, on the update's own day: the day on which the office
// must have been above it, too.
absl::StatusOr<std::vector<ReviewRequest::Pick>> ReviewRequest::Select() const {
  const Registry& registry = desk_.model.registry();
  Date as_of = kDistantFuture;
  if (!request_.as_of().empty()) {
    const absl::StatusOr<Date> parsed = ParseDate(request_.as_of());
    if (!parsed.ok()) return WithField(parsed.status(), "as_of");
    if (*parsed > today_) return FutureAsOf(request_.as_of());
    as_of = *parsed;
  }
  ASSIGN_OR_RETURN(const RegionNumber region, FindRegion(registry.regions, request_.region(), "region", std::min(as_of, today_)));
  RETURN_IF_ERROR(rpc::Authorize(caller_, rpc::Action::kReview, region, &registry.regions, std::min(as_of, today_)));
  SeriesKey wanted;
  if (!request_.programme().empty()) { ASSIGN_OR_RETURN(wanted.programme, registry.catalogue.ResolveProgramme(request_.programme())); }
  if (!request_.indicator().empty()) { ASSIGN_OR_RETURN(wanted.indicator, registry.catalogue.ResolveIndicator(request_.indicator())); }
  if (!request_.plan_year().empty()) {
    const absl::StatusOr<Period> period = ParsePeriod(request_.plan_year());
    if (!period.ok()) return WithField(period.status(), "plan_year");
    wanted.period = *period;
  }
  std::vector<Pick> picks;
  const SeriesTable& table = desk_.model.series();
  for (SeriesNumber series = 1; table.Has(series); ++series) {
    const SeriesKey& key = table.KeyOf(series);
    if (wanted.programme != 0 && wanted.programme != key.programme) continue;
    if (wanted.indicator != 0 && wanted.indicator != key.indicator) continue;
    if (!request_.plan_year().empty() && wanted.period != key.period) continue;
    for (const SeriesEntry* entry : table.HistoryOf(series).InForceWhere(as_of, [](const SeriesEntry&) { return true; })) {
      if (!registry.regions.IsWithin(key.region, region, entry->as_of)) continue;
      if (picks.size() == kReviewUpdatesMax) return TooManyUpdates(kReviewUpdatesMax + 1, kReviewUpdatesMax);
      picks.push_back({entry->sequence, series, entry->as_of});
    }
  }
  if (picks.empty()) return NoFiguresToReview(request_.region());
  std::sort(picks.begin(), picks.end(), [](const Pick& a, const Pick& b) { return a.sequence < b.sequence; });
  return picks;
}

// The updates whose state changes, ascending; or everything that speaks against the request.
absl::StatusOr<std::vector<uint64_t>> ReviewRequest::Judge(const std::vector<Pick>& picks, RegionNumber office) {
  const Model& model = desk_.model;
  const RegionTree& regions = model.registry().regions;
  const auto to = static_cast<ReviewState>(request_.state());
  std::vector<uint64_t> changing;
  ErrorCollector errors;
  for (const Pick& pick : picks) {
    const RegionNumber region = model.series().KeyOf(pick.series).region;
    RETURN_IF_ERROR(rpc::Authorize(caller_, rpc::Action::kReview, region, &regions, pick.as_of));
    if (region == office || !regions.IsWithin(region, office, pick.as_of)) {
      errors.Add(OfficeNotAbove(request_.office(), regions.Nearest(region, pick.as_of)->code, pick.sequence));
      continue;
    }
    const ReviewState from = model.reviews().StateOf(pick.sequence);
    switch (StepOf(from, to, model.IsUnexplained(pick.sequence))) {
      case ReviewStep::kChanges:
        changing.push_back(pick.sequence);
        break;
      case ReviewStep::kUnchanged:
        break;
      case ReviewStep::kNotAllowed:
        errors.Add(StepNotAllowed(pick.sequence, from, to));
        break;
      case ReviewStep::kNeedsExplanation:
        errors.Add(FlaggedUnexplained(pick.sequence));
        break;
    }
  }
  RETURN_IF_ERROR(errors.ToStatus());
  return changing;
}

void ReviewRequest::Record(journal::Recorder& recorder, const std::vector<uint64_t>& changing, RegionNumber office, const std::string& digest) {
  for (size_t first = 0; first < changing.size(); first += kReviewEventUpdatesMax) {
    const size_t end = std::min(changing.size(), first + kReviewEventUpdatesMax);
    recorder.Record(EncodeReview({.review = {.state = static_cast<ReviewState>(request_.state()),
                                             .office = office,
                                             .remark = request_.remark(),
                                             .actor = caller_.identity},
                                  .updates = {changing.begin() + static_cast<ptrdiff_t>(first), changing.begin() + static_cast<ptrdiff_t>(end)},
                                  .request_id = request_.request_id(),
                                  .request_digest = digest,
                                  .unchanged = first == 0 ? response_.unchanged() : 0}));
  }
}

}  // namespace anju::progress
