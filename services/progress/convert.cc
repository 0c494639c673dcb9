// Wire ↔ core.
#include "services/progress/convert.h"

#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "services/progress/errors.h"

namespace anju::progress {
namespace {

constexpr std::string_view kUnchanged = "UNCHANGED";

static_assert(static_cast<int>(UpdateKind::kCumulative) == v1::UPDATE_KIND_UNSPECIFIED);
static_assert(static_cast<int>(UpdateKind::kIncrement) == v1::UPDATE_KIND_INCREMENT);
static_assert(static_cast<int>(UpdateKind::kCorrection) == v1::UPDATE_KIND_CORRECTION);
static_assert(static_cast<int>(UpdateKind::kReduction) == v1::UPDATE_KIND_REDUCTION);
static_assert(static_cast<int>(SoftCheck::kPartAboveWhole) == plan::v1::SOFT_CHECK_PART_ABOVE_WHOLE);
static_assert(static_cast<int>(SoftCheck::kLate) == plan::v1::SOFT_CHECK_LATE);
static_assert(static_cast<int>(ReviewState::kReported) == types::v1::REVIEW_STATE_UNSPECIFIED);
static_assert(static_cast<int>(ReviewState::kReturned) == types::v1::REVIEW_STATE_RETURNED);
static_assert(static_cast<int>(ReviewState::kReviewed) == types::v1::REVIEW_STATE_REVIEWED);
static_assert(static_cast<int>(ReviewState::kConfirmed) == types::v1::REVIEW_STATE_CONFIRMED);

void FillFlags(const std::vector<Flag>& flags, google::protobuf::RepeatedPtrField<v1::Flag>* to) {
  for (const Flag& flag : flags) {
    v1::Flag* added = to->Add();
    added->set_rule(flag.rule);
    added->set_check(static_cast<plan::v1::SoftCheck>(flag.check));
    added->set_compared(flag.compared);
  }
}

void FillOrigin(const Model& model, uint64_t sequence, int64_t time_us, SourceNumber source, uint64_t number, std::string_view actor,
                v1::ListedUpdate* listed) {
  const Source& of = model.sources().at(source);
  listed->set_sequence(sequence);
  listed->set_recorded_time_us(time_us);
  listed->set_actor(actor.empty() ? of.actor : std::string(actor));
  listed->set_source(of.name);
  listed->set_source_sequence(number);
}

}  // namespace

SeriesText ViewOf(const v1::SeriesDefinition& definition) {
  return {definition.region(), definition.programme(), definition.indicator(), definition.plan_year(), definition.unit()};
}

ItemText ViewOf(const v1::Item& item) {
  return {.as_of_days = item.as_of_days(),
          .amount = item.amount(),
          .kind = static_cast<int>(item.kind()),
          .corrects = item.corrects(),
          .text = item.text(),
          .explanation = item.explanation(),
          .published = item.published(),
          .as_of = item.as_of(),
          .kind_text = item.kind_text(),
          .corrects_text = item.corrects_text()};
}

std::string EncodeSourceOpened(SourceNumber number, const std::string& name, const std::string& actor, const std::string& request_id) {
  v1::Event event;
  v1::SourceOpened* opened = event.mutable_source();
  opened->set_number(number);
  opened->set_name(name);
  opened->set_actor(actor);
  opened->set_request_id(request_id);
  return event.SerializeAsString();
}

std::string EncodeSeriesOpened(SeriesNumber number, const SeriesKey& key) {
  v1::Event event;
  v1::SeriesOpened* opened = event.mutable_series();
  opened->set_number(number);
  opened->set_region(key.region);
  opened->set_programme(key.programme);
  opened->set_indicator(key.indicator);
  if (!key.period.is_stock()) {
    opened->mutable_period()->set_first_year(key.period.first);
    opened->mutable_period()->set_last_year(key.period.last);
  }
  return event.SerializeAsString();
}

std::string EncodeRefusal(SourceNumber source, uint64_t number, Outcome outcome, const Refused& refused, const std::vector<Flag>& flags,
                          uint64_t digest, const std::string& actor) {
  CHECK(outcome != Outcome::kAccepted);
  v1::Event event;
  v1::Refusal* refusal = event.mutable_refusal();
  refusal->set_source(source);
  refusal->set_source_sequence(number);
  refusal->set_content_digest(digest);
  refusal->set_actor(actor);
  if (outcome == Outcome::kUnchanged) {
    refusal->set_reason(std::string(kUnchanged));
    return event.SerializeAsString();
  }
  refusal->set_reason(std::string(ReasonName(refused.reason)));
  refusal->set_field(refused.field);
  refusal->set_value(refused.value);
  for (const std::string& candidate : refused.candidates) refusal->add_candidates(candidate);
  FillFlags(flags, refusal->mutable_flags());
  return event.SerializeAsString();
}

std::string EncodeReview(const ReviewRecord& record) {
  v1::Event event;
  v1::Review* review = event.mutable_review();
  review->mutable_updates()->Add(record.updates.begin(), record.updates.end());
  review->set_state(static_cast<types::v1::ReviewState>(record.review.state));
  review->set_remark(record.review.remark);
  review->set_office(record.review.office);
  review->set_actor(record.review.actor);
  review->set_request_id(record.request_id);
  review->set_request_digest(record.request_digest);
  review->set_unchanged(record.unchanged);
  return event.SerializeAsString();
}

void FillVerdict(uint64_t number, Outcome outcome, const Refused& refused, const std::vector<Flag>& flags, bool repeated, uint32_t line,
                 v1::Verdict* verdict) {
  verdict->set_source_sequence(number);
  verdict->set_repeated(repeated);
  verdict->set_line(line);
  if (!flags.empty()) FillFlags(flags, verdict->mutable_flags());
  switch (outcome) {
    case Outcome::kAccepted:
      verdict->set_verdict(v1::ITEM_VERDICT_UNSPECIFIED);
      return;
    case Outcome::kUnchanged:
      verdict->set_verdict(v1::ITEM_VERDICT_UNCHANGED);
      return;
    case Outcome::kRefused:
      verdict->set_verdict(v1::ITEM_VERDICT_REFUSED);
      *verdict->mutable_error() = rpc::ToProto(Explain(refused));
      verdict->mutable_error()->set_line(line);
      return;
  }
}

void FillAlreadyRecorded(uint64_t number, uint32_t line, v1::Verdict* verdict) {
  verdict->set_source_sequence(number);
  verdict->set_verdict(v1::ITEM_VERDICT_ALREADY_RECORDED);
  verdict->set_line(line);
}

void FillConflict(uint64_t number, uint32_t line, v1::Verdict* verdict) {
  verdict->set_source_sequence(number);
  verdict->set_verdict(v1::ITEM_VERDICT_CONFLICT);
  verdict->set_line(line);
  *verdict->mutable_error() = rpc::ToProto(NumberUsedBefore(number));
  verdict->mutable_error()->set_line(line);
}

void FillListed(const Model& model, uint64_t sequence, int64_t time_us, const UpdateEvent& update, uint64_t known, v1::ListedUpdate* listed) {
  FillOrigin(model, sequence, time_us, update.source, update.source_sequence, update.actor, listed);
  const Figure& figure = update.figure;
  const SeriesKey& key = model.series().KeyOf(update.series);
  // Numbers of accepted events were resolved in the registry that is cached here, or in an older one.
  if (const Region* region = model.registry().regions.Nearest(key.region, figure.as_of)) listed->set_region(region->code);
  if (const Programme* programme = model.registry().catalogue.FindProgramme(key.programme)) listed->set_programme(programme->code);
  if (const Indicator* indicator = model.registry().catalogue.FindIndicator(key.indicator)) {
    listed->set_indicator(indicator->code);
    listed->set_value(FormatAmount(*indicator, figure.amount));
    listed->set_unit(indicator->unit);
  }
  listed->mutable_period()->set_first_year(key.period.first);
  listed->mutable_period()->set_last_year(key.period.last);
  listed->set_as_of(FormatDate(figure.as_of));
  listed->set_kind(static_cast<v1::UpdateKind>(figure.kind));
  listed->set_explanation(std::string(figure.explanation));
  listed->set_corrects(figure.corrects);
  if (figure.published) listed->set_published(FormatDate(*figure.published));
  FillFlags(update.flags, listed->mutable_flags());
  const Review* review = model.reviews().Of(sequence, known);
  if (review == nullptr) return;
  listed->set_review(static_cast<types::v1::ReviewState>(review->state));
  listed->set_review_remark(review->remark);
  if (const Region* office = model.registry().regions.Nearest(review->office, figure.as_of)) listed->set_review_office(office->code);
  listed->set_review_actor(review->actor);
  listed->set_review_time_us(review->time_us);
}

void FillListed(const Model& model, uint64_t sequence, int64_t time_us, const v1::Refusal& refusal, v1::ListedUpdate* listed) {
  FillOrigin(model, sequence, time_us, refusal.source(), refusal.source_sequence(), refusal.actor(), listed);
  types::v1::ErrorDetail* detail = listed->mutable_refusal();
  Refused refused{.field = refusal.field(), .value = refusal.value()};
  refused.candidates.assign(refusal.candidates().begin(), refusal.candidates().end());
  if (ParseReason(refusal.reason(), &refused.reason)) {
    *detail = rpc::ToProto(Explain(refused));
  } else {
    detail->set_reason(refusal.reason());  // UNCHANGED is a verdict, not an error
    detail->set_message("the figure was in force already");
  }
  *listed->mutable_flags() = refusal.flags();
}

types::v1::Basis BasisOf(const PlanPosition& plan, const journal::Position& durable) {
  types::v1::Basis basis;
  if (plan.position.sequence > 0) *basis.mutable_plan() = rpc::ToProto(plan.position);
  *basis.add_progress() = rpc::ToProto(durable);
  return basis;
}

types::v1::BasisStamp StampOf(const Ground& ground, const journal::Position& durable) {
  return rpc::MakeStamp(BasisOf(ground.plan, durable), ground.newest_time_us, ground.complete_until_us);
}

}  // namespace anju::progress
