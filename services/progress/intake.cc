// Deciding items: number, content, meaning, rules, soft checks, event.
#include "services/progress/intake.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/faults/faults.h"
#include "common/status/macros.h"
#include "services/progress/convert.h"
#include "services/progress/core/content.h"
#include "services/progress/core/decision.h"
#include "services/progress/core/soft_checks.h"
#include "services/progress/errors.h"

namespace anju::progress {

struct Intake::Round {
  Model& model;
  journal::Recorder& recorder;
  const Books books;
  Taken* taken;
};

Dictionary::Series& Dictionary::Define(const v1::SeriesDefinition& definition) {
  const size_t page = definition.index() / kPage;
  if (page >= pages_.size()) pages_.resize(page + 1);
  if (pages_[page] == nullptr) pages_[page] = std::make_unique<std::array<Series, kPage>>();
  Series& series = (*pages_[page])[definition.index() % kPage];
  series = Series{.defined = true,
                  .unit = definition.unit(),
                  .region = definition.region(),
                  .programme = definition.programme(),
                  .indicator = definition.indicator(),
                  .plan_year = definition.plan_year()};
  return series;
}

Intake::Intake(std::string source, std::string request_id, rpc::Caller caller, IntakeMode mode)
    : source_name_(std::move(source)), request_id_(std::move(request_id)), caller_(std::move(caller)), mode_(mode) {}

absl::Status Intake::Admit(const Model& model, Date today) const {
  if (!model.plan_ready()) return NotReady();
  const RegionTree& regions = model.registry().regions;
  return rpc::Authorize(caller_, rpc::Action::kReport, regions.FindCode(caller_.region), &regions, today);
}

uint64_t Intake::LastNumber(const Model& model) {
  if (source_ == 0) {
    source_ = model.sources().Find(source_name_);
    if (source_ == 0) return 0;
    actor_ = model.sources().at(source_).actor == caller_.identity ? "" : caller_.identity;
  }
  return model.sources().at(source_).window.last();
}

absl::Status Intake::Take(Model& model, journal::Recorder& recorder, const v1::Items& items, Taken* taken) {
  taken->verdicts.Clear();
  taken->acked = LastNumber(model);
  taken->ground = GroundOf(model);
  if (!end_.ok()) return end_;
  faults::Reach("progress.before_items");
  Round round{model, recorder, model.BooksOn(Clock::DateOfMicros(recorder.time_us())), taken};
  for (const v1::SeriesDefinition& definition : items.definitions()) Name(round, definition);
  uint64_t number = items.first_sequence();
  for (int first = 0; first < items.items_size() && end_.ok(); first += kForeseenItems) {
    const int end = std::min(first + kForeseenItems, items.items_size());
    // A message of a few items was foreseen with others, if there were any.
    for (int step = 0; step < kForeseeSteps && items.items_size() > kFewItems; ++step) Foresee(model, items, first, end, step);
    for (int i = first; i < end && end_.ok(); ++i) end_ = TakeItem(round, number++, items.items(i));
  }
  faults::Reach("progress.after_items");
  taken->acked = LastNumber(model);
  taken->ground = GroundOf(model);
  return end_;
}

void Intake::Foresee(const Model& model, const v1::Items& items, int first, int end, int step) {
  for (int i = first; i < end; ++i) {
    const uint32_t index = items.items(i).series();
    if (step == 0) {
      dictionary_.Prefetch(index);
      continue;
    }
    const Dictionary::Series* series = dictionary_.Find(index);
    if (series == nullptr || series->meaning.series == 0) continue;
    const SeriesNumber number = series->meaning.series;
    if (step == 1) {
      model.series().Prefetch(number);
      model.checks().Prefetch(number);
      continue;
    }
    if (step == 2) model.series().HistoryOf(number).Prefetch();
    if (const SeriesChecks* checks = model.checks().Known(number)) checks->Foresee(model.series(), step - 1);
  }
}

// What a name means today it means on nearly every day that is reported, so it is looked up at once: memory can be asked ahead for the first item too.
// A name that means nothing is refused with its items.
void Intake::Name(Round& round, const v1::SeriesDefinition& definition) {
  Dictionary::Series& series = dictionary_.Define(definition);
  if (Resolve(round.books, series.text(), round.books.today, false, &series.meaning, &refused_)) series.registry_version = round.model.registry_version();
}

absl::Status Intake::TakeItem(Round& round, uint64_t number, const v1::Item& item) {
  Dictionary::Series* series = dictionary_.Find(item.series());
  // Nothing is recorded: under a definition that was forgotten the number would be refused for ever.
  if (series == nullptr) return UndefinedSeries(number, item.series(), item.line());
  static const Window* const empty = new Window();
  const Window& window = source_ == 0 ? *empty : round.model.sources().at(source_).window;
  switch (window.StandingOf(number)) {
    case Standing::kNext:
      TakeNew(round, number, item, *series);
      return absl::OkStatus();
    case Standing::kRepeat:
      if (faults::IsDisabled(faults::Protection::kDedupe)) {
        TakeNew(round, number, item, *series);
        return absl::OkStatus();
      }
      TakeRepeat(round, number, item, *series);
      return absl::OkStatus();
    case Standing::kTooOld:
      FillAlreadyRecorded(number, item.line(), round.taken->verdicts.Add());
      return absl::OkStatus();
    case Standing::kGap:
      if (mode_ != IntakeMode::kRehearsal) break;
      TakeNew(round, number, item, *series);
      return absl::OkStatus();
  }
  return SequenceGap(number, window.last() + 1);
}

// Reads the item against the registry; the series' meaning is kept from item to item.
bool Intake::Understand(Round& round, const ItemText& text, Dictionary::Series& series, Figure* figure) {
  if (!ReadItem(text, figure, &refused_)) return false;
  if ((figure->kind == UpdateKind::kIncrement || figure->kind == UpdateKind::kReduction) && IsFileSource(source_name_)) {
    return Refuse(&refused_, Reason::SOURCE_REQUIRED, "kind", KindWordOf(figure->kind));
  }
  if (series.registry_version != round.model.registry_version() || !series.meaning.HoldsOn(figure->as_of)) {
    series.registry_version = 0;
    if (!Resolve(round.books, series.text(), figure->as_of, false, &series.meaning, &refused_)) return false;
    series.registry_version = round.model.registry_version();
  }
  // Another stream may have opened the series since.
  if (series.meaning.series == 0) series.meaning.series = round.books.series.Find(series.meaning.key);
  if (!caller_.everywhere) {
    const absl::Status allowed =
        rpc::Authorize(caller_, rpc::Action::kReport, series.meaning.key.region, &round.books.regions, figure->as_of);
    if (!allowed.ok()) return Refuse(&refused_, allowed, "region", series.region);
  }
  return Measure(*series.meaning.indicator, series.unit, text, figure, &refused_);
}

// Adds what the figure trips to flags_. True, with refused_ set, when it may only come with an explanation and has none.
bool Intake::TripsUnexplained(Round& round, const Figure& figure, Dictionary::Series& series) {
  const CheckRule* rule = round.model.ChecksOf(round.books, series.meaning).Trips(round.books, series.meaning, figure, &flags_);
  return rule != nullptr && !Refuse(&refused_, Reason::EXPLANATION_REQUIRED, "explanation", rule->name);
}

// A figure in force that is flagged and was never explained may be sent again with its explanation: that is news, though the number is not.
bool Intake::ExplainsAtLast(const Round& round, const Figure& figure, const Meaning& meaning) const {
  if (figure.explanation.empty()) return false;
  const std::optional<SeriesValue> in_force = round.books.series.HistoryOf(meaning.series).ValueAt(figure.as_of, UINT64_MAX);
  return in_force && round.model.IsUnexplained(in_force->sequence);
}

void Intake::TakeNew(Round& round, uint64_t number, const v1::Item& item, Dictionary::Series& series) {
  const ItemText text = ViewOf(item);
  Figure figure;
  Outcome outcome = Outcome::kRefused;
  flags_.clear();
  if (Understand(round, text, series, &figure)) {
    const uint64_t sequence = round.recorder.last_sequence() + 1 + (source_ == 0) + (series.meaning.series == 0);
    if (mode_ != IntakeMode::kStream && IsSecondFigure(series.meaning.key, figure)) {
      Refuse(&refused_, Reason::DUPLICATE_ROW, "region", series.region);
    } else {
      outcome = Judge(round.books, series.meaning, figure, sequence, &refused_);
      if (outcome == Outcome::kUnchanged && ExplainsAtLast(round, figure, series.meaning)) outcome = Outcome::kAccepted;
      if (outcome == Outcome::kAccepted && TripsUnexplained(round, figure, series)) outcome = Outcome::kRefused;
    }
  }
  if (outcome != Outcome::kAccepted || !flags_.empty()) {
    FillVerdict(number, outcome, refused_, flags_, false, item.line(), round.taken->verdicts.Add());
  }
  if (mode_ == IntakeMode::kRehearsal) return;
  if (source_ == 0) OpenSource(round);
  if (outcome != Outcome::kAccepted) {
    const uint64_t digest = SentDigest(series.text(), text);
    round.recorder.Record(EncodeRefusal(source_, number, outcome, refused_, flags_, digest, actor_));
    return;
  }
  Meaning& meaning = series.meaning;
  if (meaning.series == 0) {
    meaning.series = round.books.series.next();
    round.recorder.Record(EncodeSeriesOpened(meaning.series, meaning.key));
  }
  UpdateEvent update{.series = meaning.series, .source = source_, .source_sequence = number, .figure = figure, .actor = actor_};
  if (!flags_.empty()) update.flags.swap(flags_);
  EncodeUpdate(update, &event_);
  round.recorder.Record(event_);
}

void Intake::TakeRepeat(Round& round, uint64_t number, const v1::Item& item, Dictionary::Series& series) {
  static const Refused* const none = new Refused();
  const Window& window = round.model.sources().at(source_).window;
  const Window::Entry& before = window.At(number);
  v1::Verdict* verdict = round.taken->verdicts.Add();
  if (!SaysTheSame(round, before, ViewOf(item), series)) return FillConflict(number, item.line(), verdict);
  FillVerdict(number, before.outcome, before.outcome == Outcome::kRefused ? window.RefusedAt(number) : *none, window.FlagsAt(number), true,
              item.line(), verdict);
}

bool Intake::SaysTheSame(Round& round, const Window::Entry& before, const ItemText& text, Dictionary::Series& series) {
  if (before.outcome != Outcome::kAccepted) return SentDigest(series.text(), text) == before.digest;
  Figure figure;
  if (!ReadItem(text, &figure, &refused_)) return false;
  Meaning meaning = series.meaning;
  bool resolved = true;
  if (series.registry_version != round.model.registry_version() || !meaning.HoldsOn(figure.as_of)) {
    resolved = Resolve(round.books, series.text(), figure.as_of, true, &meaning, &refused_);
  }
  bool same = resolved && IsFigure(round, before.digest, meaning, series.text(), text, &figure);
  if (!same) {
    // The name may have become another region's, too, or that of a closed one, since the item was accepted; what was sent is the same.
    for (const RegionNumber region : round.books.regions.EverCalled(series.region)) {
      same = ResolveFor(round.books, series.text(), region, &meaning, &refused_) &&
             IsFigure(round, before.digest, meaning, series.text(), text, &figure);
      if (same) break;
    }
  }
  // A later row of the same request is compared with this one too, whether or not this one is new.
  if (mode_ != IntakeMode::kStream && same) IsSecondFigure(meaning.key, figure);
  return same;
}

// Whether the figure, read as one of this series, is the accepted one of this digest.
bool Intake::IsFigure(Round& round, uint64_t digest, const Meaning& meaning, const SeriesText& words, const ItemText& text, Figure* figure) {
  if (!Measure(*meaning.indicator, words.unit, text, figure, &refused_)) return false;
  const SeriesNumber known = round.books.series.Find(meaning.key);
  return known != 0 && AcceptedDigest(known, *figure) == digest;
}

// Two increments of a day add up; two figures of a day that each stand by themselves contradict each other.
bool Intake::IsSecondFigure(const SeriesKey& key, const Figure& figure) {
  if (figure.kind != UpdateKind::kCumulative && figure.kind != UpdateKind::kCorrection) return false;
  const auto [it, first] = batch_figures_.try_emplace({key, figure.as_of.days, static_cast<uint8_t>(figure.kind)}, figure.amount);
  return !first && it->second != figure.amount;
}

void Intake::OpenSource(Round& round) {
  const SourceNumber number = round.model.sources().next();
  round.recorder.Record(EncodeSourceOpened(number, source_name_, caller_.identity, request_id_));
  LastNumber(round.model);
  CHECK(source_ == number);
}

}  // namespace anju::progress
