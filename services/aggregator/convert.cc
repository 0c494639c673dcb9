// Turns events into changes and cells into messages.
#include "services/aggregator/convert.h"

#include <memory>
#include <string>
#include <utility>

#include "anju/progress/v1/event.pb.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/aggregator/errors.h"

namespace anju::aggregator {

types::v1::Period ToProto(Period period) {
  types::v1::Period out;
  out.set_first_year(period.first);
  out.set_last_year(period.last);
  return out;
}

Period FromProto(const types::v1::Period& period) { return {period.first_year(), period.last_year()}; }

v1::Cell ToProto(const Cell& cell, const FeedJournals& journals) {
  v1::Cell out;
  ToProto(cell, journals, &out);
  return out;
}

void ToProto(const Cell& cell, const FeedJournals& journals, v1::Cell* out) {
  out->set_region(cell.key.region);
  out->set_programme(cell.key.programme);
  out->set_indicator(cell.key.indicator);
  *out->mutable_period() = ToProto(cell.key.period);
  for (size_t layer = 0; layer < kLayers; ++layer) {
    const std::optional<Target>& target = cell.figures.targets[layer];
    if (!target) continue;
    v1::LayerTarget* wire = out->add_targets();
    wire->set_layer(static_cast<types::v1::Layer>(layer + 1));
    if (target->amount) wire->set_target(*target->amount);
    if (target->declared) wire->set_declared(*target->declared);
    wire->set_missing(static_cast<types::v1::Missing>(target->missing));
    wire->set_document(target->document);
  }
  if (cell.figures.actual) out->set_actual(*cell.figures.actual);
  if (cell.figures.declared) out->set_declared(*cell.figures.declared);
  if (cell.figures.year_start) out->set_year_start(*cell.figures.year_start);
  if (cell.figures.newest_as_of) out->set_newest_as_of_days(cell.figures.newest_as_of->days);
  if (cell.figures.own_as_of) out->set_own_as_of_days(cell.figures.own_as_of->days);
  out->set_own(cell.figures.own);
  for (const NotedUpdate& noted : cell.remarks.notes) {
    v1::FigureNote* note = out->add_notes();
    note->set_journal_id(journals.NameOf(size_t{noted.slot} + 1, noted.sequence));
    note->set_sequence(noted.sequence);
    note->set_kind(static_cast<progress::v1::UpdateKind>(noted.kind));
    for (const Flag& flag : noted.note.flags) *note->add_flags() = ToProto(flag);
    note->set_explanation(noted.note.explanation);
  }
  out->set_review(static_cast<types::v1::ReviewState>(cell.remarks.review));
}

progress::v1::Flag ToProto(const Flag& flag) {
  progress::v1::Flag out;
  out.set_rule(flag.rule);
  out.set_check(static_cast<plan::v1::SoftCheck>(flag.check));
  out.set_compared(flag.compared);
  return out;
}

DocumentInfo InfoOf(const plan::v1::DocumentImported& document) {
  DocumentInfo info{.number = document.number(), .amends = document.amends(), .issued = {}, .effective = {}};
  if (document.has_issued_days()) info.issued = Date{document.issued_days()};
  if (document.has_effective_days()) info.effective = Date{document.effective_days()};
  return info;
}

MilestonesOf MilestonesFrom(uint64_t sequence, const plan::v1::MilestonesImported& event) {
  MilestonesOf out{.sequence = sequence, .document = event.document(), .milestones = {}};
  for (const plan::v1::Milestone& wire : event.milestones()) {
    Milestone milestone{.cell = {wire.region(), wire.programme(), wire.indicator(), FromProto(wire.period())},
                        .by = {wire.by_days()},
                        .share_digits = wire.share_digits(),
                        .share_scale = wire.share_scale(),
                        .of = wire.of_indicator(),
                        .cohort = {},
                        .strive = wire.strive(),
                        .layer = {},
                        .place = wire.place()};
    if (wire.has_cohort()) milestone.cohort = FromProto(wire.cohort());
    if (wire.layer() >= 1 && wire.layer() <= static_cast<int>(kLayers)) milestone.layer = static_cast<Layer>(wire.layer() - 1);
    out.milestones.push_back(std::move(milestone));
  }
  return out;
}

plan::v1::Milestone ToProto(const Milestone& milestone) {
  plan::v1::Milestone out;
  out.set_region(milestone.cell.region);
  out.set_programme(milestone.cell.programme);
  out.set_indicator(milestone.cell.indicator);
  *out.mutable_period() = ToProto(milestone.cell.period);
  out.set_by_days(milestone.by.days);
  out.set_share_digits(milestone.share_digits);
  out.set_share_scale(milestone.share_scale);
  out.set_of_indicator(milestone.of);
  if (milestone.cohort) *out.mutable_cohort() = ToProto(*milestone.cohort);
  out.set_strive(milestone.strive);
  if (milestone.layer) out.set_layer(static_cast<types::v1::Layer>(static_cast<int>(*milestone.layer) + 1));
  out.set_place(milestone.place);
  return out;
}

Note NoteOf(const progress::v1::Update& update) {
  Note note{.flags = {}, .explanation = update.explanation()};
  for (const progress::v1::Flag& flag : update.flags()) {
    note.flags.push_back({.rule = flag.rule(), .check = static_cast<uint32_t>(flag.check()), .compared = flag.compared()});
  }
  return note;
}

progress::v1::Update ToProto(const Note& note) {
  progress::v1::Update update;
  for (const Flag& flag : note.flags) *update.add_flags() = ToProto(flag);
  update.set_explanation(note.explanation);
  return update;
}

absl::StatusOr<ReviewState> StateOf(uint64_t sequence, const progress::v1::Review& review) {
  if (review.state() < types::v1::REVIEW_STATE_RETURNED || review.state() > types::v1::REVIEW_STATE_CONFIRMED) return UnreadableEvent(sequence);
  return static_cast<ReviewState>(review.state());
}

absl::StatusOr<std::vector<PrintedTarget>> TargetsOf(const plan::v1::DocumentImported& document) {
  std::vector<PrintedTarget> targets;
  targets.reserve(document.cells_size());
  for (const plan::v1::TargetCell& cell : document.cells()) {
    if (cell.layer() < 1 || cell.layer() > static_cast<int>(kLayers)) {
      return MakeError(Reason::DATA_LOSS, "layer", std::to_string(cell.layer()), "A target of a stored document has no layer.");
    }
    PrintedTarget printed;
    printed.cell = {cell.region(), cell.programme(), cell.indicator(), FromProto(cell.period())};
    printed.layer = static_cast<Layer>(cell.layer() - 1);
    printed.place = cell.place();
    printed.line = cell.line();
    if (cell.has_target()) printed.target.amount = cell.target();
    if (cell.has_declared()) printed.target.declared = cell.declared();
    if (!cell.has_target()) {
      const bool known = cell.missing() > 0 && cell.missing() <= static_cast<int>(Missing::kNotPublished);
      printed.target.missing = known ? static_cast<Missing>(cell.missing()) : Missing::kAbsent;
    }
    targets.push_back(std::move(printed));
  }
  return targets;
}

absl::StatusOr<std::vector<ProgressChange>> ChangesOf(const journal::BlockView& block) {
  std::vector<ProgressChange> changes;
  changes.reserve(block.events.size());
  progress::v1::Event event;
  uint64_t sequence = block.header.first_sequence;
  for (const std::string_view bytes : block.events) {
    if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return UnreadableEvent(sequence);
    switch (event.kind_case()) {
      case progress::v1::Event::kUpdate: {
        const progress::v1::Update& update = event.update();
        if (update.kind() < 0 || update.kind() > progress::v1::UPDATE_KIND_REDUCTION) return UnreadableEvent(sequence);
        changes.push_back({.kind = ProgressChange::Kind::kUpdate,
                           .series = update.series(),
                           .cell = {},
                           .entry = {.as_of = {update.as_of_days()},
                                     .sequence = sequence,
                                     .amount = update.amount(),
                                     .kind = static_cast<UpdateKind>(update.kind())}});
        if (update.flags_size() > 0 || !update.explanation().empty()) changes.back().note = std::make_shared<const Note>(NoteOf(update));
        break;
      }
      case progress::v1::Event::kSeries: {
        const progress::v1::SeriesOpened& series = event.series();
        changes.push_back({.kind = ProgressChange::Kind::kOpenSeries,
                           .series = series.number(),
                           .cell = {series.region(), series.programme(), series.indicator(), FromProto(series.period())},
                           .entry = {}});
        break;
      }
      case progress::v1::Event::kReview: {
        // A review of several updates is as many changes.
        ASSIGN_OR_RETURN(const ReviewState state, StateOf(sequence, event.review()));
        for (const uint64_t update : event.review().updates()) {
          changes.push_back({.kind = ProgressChange::Kind::kReview, .entry = {.sequence = sequence}, .update = update, .review = state});
        }
        break;
      }
      case progress::v1::Event::kRefusal:
      case progress::v1::Event::kSource:
        break;
      case progress::v1::Event::KIND_NOT_SET:
        return UnreadableEvent(sequence);
    }
    ++sequence;
  }
  return changes;
}

}  // namespace anju::aggregator
