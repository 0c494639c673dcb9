// One pass over the events.
#include "common/audit/progress_facts.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "anju/progress/v1/event.pb.h"

namespace anju::audit {

using model::Kind;

namespace {

constexpr int64_t kAmountMax = 1'000'000'000'000'000;  // of one figure, in smallest units
constexpr uint8_t kUnexplained = 0x80;                 // beside a review state
enum State { kReported = 0, kReturned = 1, kReviewed = 2, kConfirmed = 3 };

bool TakeVarint(std::string_view* bytes, uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 64 && !bytes->empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes->front());
    bytes->remove_prefix(1);
    *value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

int64_t UnZigZag(uint64_t value) { return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1); }

}  // namespace

void ProgressFacts::Take(uint64_t sequence, const journal::BlockHeader& block, std::string_view event) {
  if (sequence != next_++) return findings_.Add(sequence, "not the next event");
  series_of_.push_back(0);
  states_.push_back(0);
  Update update;
  if (Decode(event, &update)) return TakeUpdate(sequence, block, update);
  TakeOther(sequence, block, event);
}

// Event{update = 1}: nearly all events are one of these, of a few varints. False for anything else, also for an update that is not well formed:
// that one is then told by the parser of messages.
bool ProgressFacts::Decode(std::string_view event, Update* update) {
  uint64_t tag = 0, size = 0;
  if (!TakeVarint(&event, &tag) || tag != (1 << 3 | 2) || !TakeVarint(&event, &size) || size != event.size()) return false;
  while (!event.empty()) {
    uint64_t value = 0;
    if (!TakeVarint(&event, &tag) || !TakeVarint(&event, &value)) return false;
    if ((tag & 7) == 2) {
      if (value > event.size()) return false;
      event.remove_prefix(value);
      if (tag >> 3 == 7) update->explained = value > 0;
      if (tag >> 3 == 13) update->flagged = true;
      continue;
    }
    if ((tag & 7) != 0) return false;
    switch (tag >> 3) {
      case 1: update->series = static_cast<uint32_t>(value); break;
      case 2: update->as_of_days = static_cast<int32_t>(value); break;
      case 3: update->amount = UnZigZag(value); break;
      case 4: update->source = static_cast<uint32_t>(value); break;
      case 5: update->source_sequence = value; break;
      case 6: update->kind = static_cast<uint32_t>(value); break;
      case 8: update->corrects = value; break;
      default: break;
    }
  }
  return true;
}

// A source numbers its items 1, 2, 3 …: each has one verdict.
void ProgressFacts::TakeNumber(uint64_t sequence, uint32_t source, uint64_t number) {
  if (source == 0 || source > sources_.size()) return findings_.Add(sequence, absl::StrCat("source ", source, " was never opened"));
  uint64_t& last = sources_[source - 1];
  if (number == last + 1) {
    ++last;
    return;
  }
  findings_.Add(sequence, number <= last ? absl::StrCat("item ", number, " of source ", source, " counts twice") : absl::StrCat("items ", last + 1, "..", number - 1, " of source ", source, " have no verdict"));
}

void ProgressFacts::TakeUpdate(uint64_t sequence, const journal::BlockHeader& block, const Update& update) {
  ++counts_.updates;
  TakeNumber(sequence, update.source, update.source_sequence);
  if (update.series == 0 || update.series > series_.size()) return findings_.Add(sequence, absl::StrCat("series ", update.series, " was never opened"));
  Series& series = series_[update.series - 1];
  if (update.kind > static_cast<uint32_t>(Kind::kReduction)) return findings_.Add(sequence, "an update of no known kind");
  if (update.amount > kAmountMax || update.amount < -kAmountMax) return findings_.Add(sequence, "a figure beyond every limit");
  const Date as_of{update.as_of_days};
  // The clock may step between the decision and its block by less than a day.
  if (as_of.days > Clock::DateOfMicros(block.time_us).days + 1) findings_.Add(sequence, "dated after the day it was recorded");
  if (!series.key.period.is_stock() && as_of < FirstDay(series.key.period)) findings_.Add(sequence, "dated before its plan year");
  const model::Report report{.as_of = as_of, .kind = static_cast<Kind>(update.kind), .amount = update.amount, .sequence = sequence};
  const bool lessens = report.kind == Kind::kReduction;
  if (lessens && !update.explained) findings_.Add(sequence, "a reduction without a written reason");
  if (lessens && update.amount <= 0) findings_.Add(sequence, "a reduction that takes nothing off");
  if (update.corrects != 0) {
    if (update.corrects >= sequence || series_of_[update.corrects - 1] != update.series) findings_.Add(sequence, absl::StrCat("corrects ", update.corrects, ", which is no figure of its series"));
  } else if ((lessens || report.kind == Kind::kCorrection) && (series.reports.empty() || as_of < series.reports.front().as_of)) {
    findings_.Add(sequence, "corrects a figure that is not there");
  }
  series_of_.back() = update.series;
  if (update.flagged && !update.explained) states_.back() = kUnexplained;
  series.Add(report);
  const bool negative = negative_[update.series - 1];
  if (!StaysInRange(series, as_of, negative)) findings_.Add(sequence, negative ? "a figure beyond every limit" : "a figure falls below zero");
}

// False when the figure of that day, or of a later one that rests on it, leaves what is allowed.
bool ProgressFacts::StaysInRange(const Series& series, Date from, bool negative) const {
  const std::vector<model::Report>& reports = series.reports;
  auto it = from < reports.back().as_of ? std::upper_bound(reports.begin(), reports.end(), from, [](Date day, const model::Report& report) { return day < report.as_of; }) : reports.end();
  --it;
  while (it != reports.begin() && !it->stands()) --it;
  int64_t figure = 0;
  for (; it != reports.end() && (it->as_of <= from || !it->stands()); ++it) {
    figure = model::After(figure, *it);
    const bool day_ends = std::next(it) == reports.end() || std::next(it)->as_of != it->as_of;
    if (it->as_of >= from && day_ends && (figure > kAmountMax || figure < (negative ? -kAmountMax : 0))) return false;
  }
  return true;
}

void ProgressFacts::TakeSeries(uint64_t sequence, const journal::BlockHeader& block, Number number, const Key& key) {
  if (number != series_.size() + 1) findings_.Add(sequence, absl::StrCat("series ", number, " was minted where ", series_.size() + 1, " was next"));
  const auto known = [&](uint64_t born) { return born != 0 && born <= block.plan_sequence; };
  if (!known(plan_.RegionBorn(key.region))) findings_.Add(sequence, absl::StrCat("region ", key.region, " was not in the plan at ", block.plan_sequence));
  if (!known(plan_.ProgrammeBorn(key.programme))) findings_.Add(sequence, absl::StrCat("programme ", key.programme, " was not in the plan at ", block.plan_sequence));
  if (!known(plan_.IndicatorBorn(key.indicator))) findings_.Add(sequence, absl::StrCat("indicator ", key.indicator, " was not in the plan at ", block.plan_sequence));
  const Indicator* indicator = plan_.FindIndicator(key.indicator);
  if (indicator != nullptr && (indicator->stock ? !key.period.is_stock() : indicator->flow && key.period.is_stock())) findings_.Add(sequence, "a plan year that does not fit the indicator");
  if (!key.period.is_stock() && (key.period.first < kYearMin || key.period.last > kYearMax || key.period.last < key.period.first)) {
    return findings_.Add(sequence, "a plan period outside the calendar");
  }
  if (!keys_.emplace(key, number).second) findings_.Add(sequence, "a second series of one cell");
  series_.push_back({.key = key, .journal = 0, .reports = {}});
  negative_.push_back(indicator != nullptr && indicator->negative);
}

// Returned and back, reviewed, confirmed: confirmed stays, and what a soft check marked is explained first.
bool ProgressFacts::StepAllowed(uint64_t sequence, int state) {
  uint8_t& held = states_[sequence - 1];
  const int from = held & ~kUnexplained;
  const bool allowed = from != state && ((state == kReturned && from != kConfirmed) || (state == kReviewed && from != kConfirmed) || (state == kConfirmed && from == kReviewed));
  if (!allowed || (state != kReturned && (held & kUnexplained) != 0)) return false;
  held = static_cast<uint8_t>((held & kUnexplained) | state);
  return true;
}

void ProgressFacts::TakeOther(uint64_t sequence, const journal::BlockHeader& block, std::string_view bytes) {
  progress::v1::Event event;
  if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return findings_.Add(sequence, "not an event of the progress journal");
  switch (event.kind_case()) {
    case progress::v1::Event::kRefusal:
      ++counts_.refusals;
      if (event.refusal().reason().empty()) findings_.Add(sequence, "a refusal without a reason");
      return TakeNumber(sequence, event.refusal().source(), event.refusal().source_sequence());
    case progress::v1::Event::kSource:
      if (event.source().number() != sources_.size() + 1) findings_.Add(sequence, absl::StrCat("source ", event.source().number(), " was minted where ", sources_.size() + 1, " was next"));
      if (!names_.emplace(event.source().name(), event.source().number()).second) findings_.Add(sequence, "a source was opened twice");
      sources_.push_back(0);
      counts_.sources = sources_.size();
      return;
    case progress::v1::Event::kSeries: {
      const progress::v1::SeriesOpened& opened = event.series();
      return TakeSeries(sequence, block, opened.number(), {opened.region(), opened.programme(), opened.indicator(), {opened.period().first_year(), opened.period().last_year()}});
    }
    case progress::v1::Event::kReview: {
      const progress::v1::Review& review = event.review();
      const int state = review.state();
      ++counts_.reviews;
      if (state < kReturned || state > kConfirmed) return findings_.Add(sequence, "a review of no known outcome");
      if (state == kReturned && review.remark().empty()) findings_.Add(sequence, "given back without remarks");
      if (review.office() != 0 && plan_.RegionBorn(review.office()) == 0) findings_.Add(sequence, "reviewed by an office that is not there");
      for (const uint64_t update : review.updates()) {
        if (update == 0 || update >= sequence || series_of_[update - 1] == 0) findings_.Add(sequence, absl::StrCat("reviews ", update, ", which is no figure"));
        else if (!StepAllowed(update, state)) findings_.Add(sequence, absl::StrCat("takes a step with ", update, " that its state does not allow"));
      }
      return;
    }
    case progress::v1::Event::kUpdate:
    case progress::v1::Event::KIND_NOT_SET: return findings_.Add(sequence, "an event of no known kind");
  }
}

}  // namespace anju::audit
