// Applying events. Nothing is decided here: what an event says, holds.
#include "services/progress/store/model.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "anju/plan/v1/event.pb.h"
#include "common/checks/records.h"
#include "common/faults/faults.h"
#include "common/registry/known.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/progress/core/content.h"
#include "services/progress/store/log_loader.h"

namespace anju::progress {
namespace {

// Whether a source has dealt with its numbers up to the one before this, and with no other.
bool IsNextNumber(const SourceTable& sources, SourceNumber source, uint64_t number) {
  return !sources.Has(source) || sources.at(source).window.last() + 1 == number || faults::IsDisabled(faults::Protection::kDedupe);
}

absl::Status Impossible(uint64_t sequence, std::string_view why) {
  return MakeError(Reason::DATA_LOSS, "journal", absl::StrCat(sequence),
                   absl::StrCat("event ", sequence, " of the progress journal cannot be: ", absl::string_view(why.data(), why.size())));
}

// The digest also covers what the log leaves out.
bool NeedsStoredDigest(const Figure& figure) {
  return figure.corrects != 0 || figure.published || !figure.explanation.empty() || !figure.printed.empty() || !figure.unit.empty();
}

// An event's flags; a check of a later version still has its rule's name.
std::vector<Flag> FlagsOf(const google::protobuf::RepeatedPtrField<v1::Flag>& flags) {
  std::vector<Flag> out;
  for (const v1::Flag& flag : flags) {
    const bool known = flag.check() >= 0 && flag.check() <= static_cast<int>(SoftCheck::kLate);
    out.push_back({flag.rule(), known ? static_cast<SoftCheck>(flag.check()) : SoftCheck::kNone, flag.compared()});
  }
  return out;
}

PlanDocument Reduced(uint64_t sequence, const plan::v1::DocumentImported& event) {
  PlanDocument document{.sequence = sequence, .amendment = !event.amends().empty(), .effective = Date{event.effective_days()}};
  document.cells.reserve(static_cast<size_t>(event.cells_size()));
  for (const plan::v1::TargetCell& cell : event.cells()) {
    PlanDocument::Cell& reduced = document.cells.emplace_back();
    reduced.key = {cell.region(), cell.programme(), cell.indicator(), {cell.period().first_year(), cell.period().last_year()}};
    reduced.layer = static_cast<uint8_t>(cell.layer());
    reduced.kind = cell.has_target()                                 ? TargetRevision::Kind::kNumber
                   : cell.missing() == types::v1::MISSING_ABSENT     ? TargetRevision::Kind::kTakenBack
                                                                     : TargetRevision::Kind::kNone;
    reduced.amount = cell.target();
  }
  return document;
}

}  // namespace

void AddPlanEvent(uint64_t sequence, std::string_view bytes, const plan::v1::Event& event, PlanBlock* block) {
  if (event.has_document()) {
    block->documents.push_back(Reduced(sequence, event.document()));
  } else if (event.has_regions() || event.has_catalogue() || event.has_boundaries() || event.has_checks()) {
    block->events.push_back({sequence, std::string(bytes)});
  }
}

absl::Status Model::Load(storage::Store& state) {
  RowReader reader;
  reader.on_plan_position = [this](const PlanPosition& plan) { plan_ = plan; };
  bool plan_too_new = false;
  reader.on_plan_event = [&](uint64_t sequence, std::string_view event) {
    plan_rows_.push_back(sequence);
    const absl::Status folded = FoldPlanEvent(sequence, event);
    if (!HasReason(folded, Reason::SCHEMA_TOO_NEW)) return folded;
    plan_too_new = true;
    return absl::OkStatus();
  };
  reader.on_plan_document = [this](const PlanDocument& document) {
    plan_rows_.push_back(document.sequence);
    targets_.Add(document);
  };
  reader.on_source = [this](SourceNumber number, std::string name, std::string actor) {
    if (number != sources_.next()) return Impossible(0, "a source row is missing");
    sources_.Open(number, std::move(name), std::move(actor));
    return absl::OkStatus();
  };
  reader.on_series = [this](SeriesNumber number, const SeriesKey& key) {
    return series_.Open(number, key) ? absl::OkStatus() : Impossible(0, "a series row is missing");
  };
  reader.on_review = [this](ReviewRecord review) { Record(std::move(review)); };
  RETURN_IF_ERROR(ReadRows(state, reader));
  RETURN_IF_ERROR(LoadLog(state, &series_, &sources_, &unexplained_));
  // A later version cached words that this one does not know. What this service has decided is not concerned: the plan is followed again up to them, and
  // the status says what they are.
  if (plan_too_new) DropPlan(dropped_);
  areas_ = AreaIndex(registry_.regions);
  rules_ = CheckRulesInForce(registry_.catalogue, imported_rules_);
  return absl::OkStatus();
}

void Model::SetDecidedUnder(const journal::JournalId& plan_id, uint64_t plan_sequence) {
  if (plan_sequence == 0 || plan_sequence < plan_needed_) return;
  plan_needed_ = plan_sequence;
  plan_journal_ = plan_id;
}

void Model::DropPlan(storage::Batch& rows) {
  for (const uint64_t sequence : plan_rows_) DeletePlanRows(sequence, rows);
  DeletePlanPosition(rows);
  plan_rows_.clear();
  registry_ = {};
  areas_ = AreaIndex(registry_.regions);
  targets_ = {};
  imported_rules_.clear();
  rules_ = CheckRulesInForce(registry_.catalogue, imported_rules_);
  plan_ = {};
  ++registry_version_;
  checks_.Forget();
}

absl::Status Model::Apply(const journal::EventContext& context, std::string_view event, storage::Batch& rows) {
  newest_time_us_ = context.time_us;
  plan_needed_ = std::max(plan_needed_, context.plan_sequence);
  if (context.plan_sequence > 0) plan_journal_ = context.plan_id;
  UpdateEvent update;
  switch (DecodeUpdate(event, &update)) {
    case Decoded::kUpdate:
      return ApplyUpdate(context.sequence, update, rows);
    case Decoded::kOther:
      if (!event_.ParseFromArray(event.data(), static_cast<int>(event.size()))) return Impossible(context.sequence, "it is not an event");
      return ApplyOther(context, event_, rows);
    case Decoded::kBroken:
      break;
  }
  return Impossible(context.sequence, "it is not an event");
}

absl::Status Model::ApplyUpdate(uint64_t sequence, UpdateEvent& update, storage::Batch& rows) {
  const Figure& figure = update.figure;
  record_.sequence = sequence;
  record_.outcome = Outcome::kAccepted;
  record_.source = update.source;
  record_.digest = AcceptedDigest(update.series, figure);
  record_.digest_stored = NeedsStoredDigest(figure);
  record_.series = update.series;
  record_.as_of = figure.as_of;
  record_.amount = figure.amount;
  record_.kind = figure.kind;
  record_.explained = !figure.explanation.empty();
  record_.flags.swap(update.flags);
  if (!IsNextNumber(sources_, update.source, update.source_sequence)) {
    return Impossible(sequence, "its number is not the next one of its source");
  }
  RETURN_IF_ERROR(Record(record_));
  log_.Append(record_, rows);
  return absl::OkStatus();
}

absl::Status Model::ApplyOther(const journal::EventContext& context, const v1::Event& event, storage::Batch& rows) {
  const uint64_t sequence = context.sequence;
  switch (event.kind_case()) {
    case v1::Event::kRefusal: {
      const v1::Refusal& refusal = event.refusal();
      LogRecord record{.sequence = sequence, .source = refusal.source(), .digest = refusal.content_digest()};
      record.outcome = refusal.reason() == "UNCHANGED" ? Outcome::kUnchanged : Outcome::kRefused;
      if (record.outcome == Outcome::kRefused) {
        if (!ParseReason(refusal.reason(), &record.refused.reason)) return Impossible(sequence, "its reason is unknown");
        record.refused.field = refusal.field();
        record.refused.value = refusal.value();
        record.refused.candidates.assign(refusal.candidates().begin(), refusal.candidates().end());
        record.flags = FlagsOf(refusal.flags());
      }
      if (!IsNextNumber(sources_, record.source, refusal.source_sequence())) {
        return Impossible(sequence, "its number is not the next one of its source");
      }
      RETURN_IF_ERROR(Record(record));
      log_.Append(record, rows);
      return absl::OkStatus();
    }
    case v1::Event::kSource: {
      const v1::SourceOpened& opened = event.source();
      if (opened.number() != sources_.next() || sources_.Find(opened.name()) != 0) return Impossible(sequence, "the source is open already");
      sources_.Open(opened.number(), opened.name(), opened.actor());
      PutSource(opened.number(), opened.name(), opened.actor(), rows);
      return absl::OkStatus();
    }
    case v1::Event::kSeries: {
      const v1::SeriesOpened& opened = event.series();
      const SeriesKey key{opened.region(), opened.programme(), opened.indicator(), {opened.period().first_year(), opened.period().last_year()}};
      if (!series_.Open(opened.number(), key)) return Impossible(sequence, "the series is open already");
      PutSeries(opened.number(), key, rows);
      return absl::OkStatus();
    }
    case v1::Event::kReview:
      return ApplyReview(context, event.review(), rows);
    case v1::Event::kUpdate:  // only in an encoding of another hand; ours starts with its tag
    case v1::Event::KIND_NOT_SET:
      break;
  }
  return Impossible(sequence, "its kind is unknown");
}

absl::Status Model::Record(const LogRecord& record) {
  if (!sources_.Has(record.source)) return Impossible(record.sequence, "its source was never opened");
  if (record.outcome == Outcome::kAccepted) {
    if (!series_.Has(record.series)) return Impossible(record.sequence, "its series was never opened");
    series_.HistoryOf(record.series).Insert({record.as_of, record.sequence, record.amount, record.kind});
    if (!record.flags.empty() && !record.explained) unexplained_.push_back(record.sequence);
  }
  sources_.at(record.source).window.Push(record.digest, record.outcome, &record.refused, record.flags);
  return absl::OkStatus();
}

absl::Status Model::ApplyReview(const journal::EventContext& context, const v1::Review& event, storage::Batch& rows) {
  if (event.state() < types::v1::REVIEW_STATE_RETURNED || event.state() > types::v1::REVIEW_STATE_CONFIRMED) {
    return Impossible(context.sequence, "its state is unknown");
  }
  ReviewRecord record{.review = {.sequence = context.sequence,
                                 .time_us = context.time_us,
                                 .state = static_cast<ReviewState>(event.state()),
                                 .office = event.office(),
                                 .remark = event.remark(),
                                 .actor = event.actor()},
                      .updates = {event.updates().begin(), event.updates().end()},
                      .request_id = event.request_id(),
                      .request_digest = event.request_digest(),
                      .unchanged = event.unchanged()};
  uint64_t before = 0;
  for (const uint64_t update : record.updates) {
    if (update <= before || update >= context.sequence) return Impossible(context.sequence, "its updates are not in order, or later than it is");
    before = update;
  }
  PutReview(record, rows);
  Record(std::move(record));
  return absl::OkStatus();
}

void Model::Record(ReviewRecord record) {
  if (!record.request_id.empty()) {
    requests_.Add(record.review.actor, record.request_id,
                  {.digest = record.request_digest,
                   .changed = static_cast<uint32_t>(record.updates.size()),
                   .unchanged = record.unchanged,
                   .sequence = record.review.sequence,
                   .time_us = record.review.time_us});
  }
  reviews_.Add(std::move(record.review), record.updates);
}

absl::Status Model::ApplyPlan(const PlanBlock& block, storage::Batch& rows) {
  rows.Append(std::exchange(dropped_, {}));
  for (const PlanBlock::RegistryEvent& event : block.events) {
    RETURN_IF_ERROR(FoldPlanEvent(event.sequence, event.bytes));
    PutPlanEvent(event.sequence, event.bytes, rows);
    plan_rows_.push_back(event.sequence);
  }
  for (const PlanDocument& document : block.documents) {
    targets_.Add(document);
    PutPlanDocument(document, rows);
    plan_rows_.push_back(document.sequence);
  }
  if (!block.events.empty()) {
    areas_ = AreaIndex(registry_.regions);
    rules_ = CheckRulesInForce(registry_.catalogue, imported_rules_);
    ++registry_version_;
  }
  if (!block.events.empty() || !block.documents.empty()) checks_.Forget();
  plan_ = block.after;
  PutPlanPosition(plan_, rows);
  return absl::OkStatus();
}

absl::Status Model::FoldPlanEvent(uint64_t sequence, std::string_view bytes) {
  plan::v1::Event event;
  if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return MakeError(Reason::DATA_LOSS, "plan", "", "an event of the plan journal cannot be read");
  }
  RETURN_IF_ERROR(CheckKnown(event));
  if (event.has_regions()) anju::Apply(event.regions(), &registry_);
  if (event.has_catalogue()) anju::Apply(event.catalogue(), &registry_);
  if (event.has_boundaries()) anju::Apply(sequence, event.boundaries(), &registry_);
  for (const plan::v1::CheckRule& record : event.checks().rules()) {
    CheckRule rule = anju::FromProto(record);
    imported_rules_.insert_or_assign(rule.name, std::move(rule));
  }
  return absl::OkStatus();
}

}  // namespace anju::progress
