// Finding the rules of a series, and judging its figures by them.
#include "services/progress/core/soft_checks.h"

#include <algorithm>
#include <optional>

namespace anju::progress {
namespace {

bool IsStandalone(UpdateKind kind) { return kind == UpdateKind::kCumulative || kind == UpdateKind::kCorrection; }

// The figure that an entry of this series would leave on its day, recorded last.
int64_t ValueWith(const SeriesHistory* history, const Figure& figure) {
  if (IsStandalone(figure.kind)) return figure.amount;
  std::optional<SeriesValue> before;
  if (history != nullptr) before = history->ValueAt(figure.as_of, UINT64_MAX);
  return ValueAfter(before ? before->amount : 0, {figure.as_of, UINT64_MAX, figure.amount, figure.kind});
}

// True when a is more than `percent` percent of b.
bool IsMoreThan(int64_t a, int64_t percent, int64_t b) { return static_cast<__int128>(a) * 100 > static_cast<__int128>(b) * percent; }

// The programme and everything above it, or the indicator and its wholes.
void CollectWholes(ProgrammeNumber programme, const Catalogue& catalogue, std::vector<ProgrammeNumber>* found) {
  if (std::find(found->begin(), found->end(), programme) != found->end()) return;
  found->push_back(programme);
  for (const ProgrammeNumber whole : catalogue.WholesOf(programme)) CollectWholes(whole, catalogue, found);
}

// The region, those it took over from, and those it shares its figures with: an area and its members.
std::vector<RegionNumber> CollectStandIns(RegionNumber region, const Books& books, const Boundaries& boundaries) {
  std::vector<RegionNumber> found = {region};
  for (size_t i = 0; i < found.size(); ++i) {
    for (const size_t index : boundaries.ReceivedBy(found[i])) {
      const RegionNumber before = boundaries.all()[index].region;
      if (std::find(found.begin(), found.end(), before) == found.end()) found.push_back(before);
    }
  }
  if (const std::vector<Region>* rows = books.regions.Rows(region)) {
    for (const Region& row : *rows) found.insert(found.end(), row.members.begin(), row.members.end());
  }
  if (const std::vector<RegionNumber>* areas = books.areas.AreasOf(region)) found.insert(found.end(), areas->begin(), areas->end());
  return found;
}

// What a region takes over within the plan period brings its target along: from that day on no printed figure is the whole of it.
Date FirstTakenOver(const Boundaries& boundaries, const SeriesKey& key) {
  Date first = kDistantFuture;
  for (const size_t index : boundaries.ReceivedBy(key.region)) {
    const Date date = boundaries.all()[index].date;
    if (date > FirstDay(key.period)) first = std::min(first, date);
  }
  return first;
}

}  // namespace

struct SeriesChecks::Case {
  const Figure& figure;
  const Indicator& indicator;
  Date today;
  int64_t value;                      // of the series on the figure's day, with the figure
  std::optional<SeriesValue> before;  // on the day before it
};

SeriesChecks::SeriesChecks(const Books& books, const PlanBooks& plan, const Meaning& meaning) : key_(meaning.key) {
  for (int i = 0; i < meaning.indicator->scale; ++i) unit_ *= 10;
  for (const CheckRule& rule : plan.rules) {
    if (rule.action == CheckAction::kOff || (rule.programme != 0 && rule.programme != key_.programme)) continue;
    AddRule(books, plan, meaning, rule);
  }
  FindOpened(books.series);
}

void SeriesChecks::AddRule(const Books& books, const PlanBooks& plan, const Meaning& meaning, const CheckRule& rule) {
  // A rule about two indicators is looked at from both sides: whichever is reported last may be the wrong one.
  if (rule.check == SoftCheck::kAboveOther) {
    if (rule.indicator == key_.indicator) AddBound(books, rule, *meaning.indicator, rule.other, true);
    if (rule.other == key_.indicator) AddBound(books, rule, *meaning.indicator, rule.indicator, false);
    return;
  }
  if (rule.indicator != 0 && rule.indicator != key_.indicator) return;
  switch (rule.check) {
    case SoftCheck::kPartAboveWhole:
      return AddBounds(books, rule, meaning);
    case SoftCheck::kFalling:
      if (meaning.indicator->over_time != OverTime::kSum) return;
      looks_before_ = true;
      break;
    case SoftCheck::kJump:
      looks_before_ = true;
      break;
    case SoftCheck::kOverTarget: {
      target_ = plan.targets.Find(key_);
      if (target_ == nullptr) return;
      target_until_ = FirstTakenOver(plan.boundaries, key_);
      break;
    }
    case SoftCheck::kNotInPlan:
      if (!FindPlanned(books, plan, meaning)) return;
      break;
    case SoftCheck::kLate:
      break;
    default:
      return;
  }
  rules_.push_back(&rule);
}

void SeriesChecks::AddBounds(const Books& books, const CheckRule& rule, const Meaning& meaning) {
  const Catalogue& catalogue = books.catalogue;
  // Steps are bounded by the number of indicators, whatever a catalogue says.
  const Indicator* part = meaning.indicator;
  for (size_t step = 0; part->part_of != 0 && step < catalogue.indicators().size(); ++step) {
    AddBound(books, rule, *meaning.indicator, part->part_of, true);
    part = catalogue.FindIndicator(part->part_of);
    if (part == nullptr) break;
  }
  std::vector<IndicatorNumber> parts = catalogue.OfWhich(key_.indicator);
  for (size_t i = 0; i < parts.size() && i < catalogue.indicators().size(); ++i) {
    AddBound(books, rule, *meaning.indicator, parts[i], false);
    const std::vector<IndicatorNumber>& below = catalogue.OfWhich(parts[i]);
    parts.insert(parts.end(), below.begin(), below.end());
  }
}

void SeriesChecks::AddBound(const Books& books, const CheckRule& rule, const Indicator& ours, IndicatorNumber other, bool above) {
  const Indicator* indicator = books.catalogue.FindIndicator(other);
  // Figures of other units cannot be compared; where amounts may be below zero a part may exceed its whole.
  if (indicator == nullptr || indicator->unit != ours.unit || indicator->scale != ours.scale || indicator->negative || ours.negative) return;
  if (indicator->is_stock() != ours.is_stock()) return;
  SeriesKey key = key_;
  key.indicator = other;
  bounds_.push_back({&rule, key, 0, above});
}

bool SeriesChecks::FindPlanned(const Books& books, const PlanBooks& plan, const Meaning& meaning) {
  planned_.clear();
  if (!plan.targets.AnyRegionHas(key_)) return false;
  std::vector<ProgrammeNumber> programmes;
  CollectWholes(key_.programme, books.catalogue, &programmes);
  std::vector<IndicatorNumber> indicators;
  for (const Indicator* next = meaning.indicator; next != nullptr && indicators.size() <= books.catalogue.indicators().size();
       next = books.catalogue.FindIndicator(next->part_of)) {
    indicators.push_back(next->number);
  }
  bool depends_on_day = false;
  for (const RegionNumber region : CollectStandIns(key_.region, books, plan.boundaries)) {
    for (const ProgrammeNumber programme : programmes) {
      for (const IndicatorNumber indicator : indicators) {
        const CellTargets* cell = plan.targets.Find({region, programme, indicator, key_.period});
        if (cell == nullptr) continue;
        planned_.push_back(cell);
        if (!cell->DependsOnDay()) return false;
        depends_on_day = true;
      }
    }
  }
  return depends_on_day || planned_.empty();
}

bool SeriesChecks::IsPlannedOn(Date day) const {
  return std::any_of(planned_.begin(), planned_.end(), [&](const CellTargets* cell) { return cell->StandsOn(day); });
}

void SeriesChecks::FindOpened(const SeriesTable& series) {
  for (Bound& bound : bounds_) {
    if (bound.series == 0) bound.series = series.Find(bound.key);
  }
  opened_before_ = series.next();
}

const CheckRule* SeriesChecks::Trips(const Books& books, const Meaning& meaning, const Figure& figure, std::vector<Flag>* flags) {
  if (rules_.empty() && bounds_.empty()) return nullptr;
  const SeriesHistory* history = meaning.series == 0 ? nullptr : &books.series.HistoryOf(meaning.series);
  Case found{figure, *meaning.indicator, books.today, ValueWith(history, figure), std::nullopt};
  if (looks_before_ && history != nullptr) found.before = history->ValueAt(Date{figure.as_of.days - 1}, UINT64_MAX);
  const CheckRule* refuses = nullptr;
  const auto trip = [&](const CheckRule& rule, int64_t compared) {
    flags->push_back({rule.name, rule.check, compared});
    if (rule.action == CheckAction::kExplain && figure.explanation.empty() && refuses == nullptr) refuses = &rule;
  };
  for (const CheckRule* rule : rules_) {
    int64_t compared = 0;
    if (Trip(*rule, found, &compared)) trip(*rule, compared);
  }
  if (bounds_.empty()) return refuses;
  if (opened_before_ != books.series.next()) FindOpened(books.series);
  for (const Bound& bound : bounds_) {
    if (bound.series == 0) continue;
    const std::optional<SeriesValue> other = books.series.HistoryOf(bound.series).ValueAt(figure.as_of, UINT64_MAX);
    if (!other || (bound.above ? found.value <= other->amount : found.value >= other->amount)) continue;
    // One rule marks a figure once, with the first thing that speaks against it.
    if (!flags->empty() && flags->back().rule == bound.rule->name) continue;
    trip(*bound.rule, other->amount);
  }
  return refuses;
}

void SeriesChecks::Foresee(const SeriesTable& series, int step) const {
  switch (step) {
    case 1:
      if (!rules_.empty()) __builtin_prefetch(rules_.data());
      if (!bounds_.empty()) __builtin_prefetch(bounds_.data());
      if (!planned_.empty()) __builtin_prefetch(planned_.data());
      if (target_ != nullptr) __builtin_prefetch(target_);
      return;
    case 2:
      for (const Bound& bound : bounds_) {
        if (bound.series != 0) series.Prefetch(bound.series);
      }
      for (const CellTargets* cell : planned_) __builtin_prefetch(cell);
      if (target_ != nullptr) target_->Prefetch();
      return;
    default:
      for (const Bound& bound : bounds_) {
        if (bound.series != 0) series.HistoryOf(bound.series).Prefetch();
      }
      for (const CellTargets* cell : planned_) cell->Prefetch();
  }
}

bool SeriesChecks::Trip(const CheckRule& rule, const Case& found, int64_t* compared) const {
  switch (rule.check) {
    case SoftCheck::kFalling:
      if (found.figure.kind != UpdateKind::kCumulative || !found.before || found.value >= found.before->amount) return false;
      *compared = found.before->amount;
      return true;
    case SoftCheck::kJump: {
      if (!found.before || found.before->amount <= 0 || found.value <= found.before->amount) return false;
      *compared = found.before->amount;
      const __int128 increase = static_cast<__int128>(found.value) - found.before->amount;
      return increase >= static_cast<__int128>(rule.at_least) * unit_ && IsMoreThan(found.value, rule.limit, found.before->amount);
    }
    case SoftCheck::kOverTarget: {
      if (found.figure.as_of >= target_until_) return false;
      const std::optional<int64_t> target = target_->LargestOn(found.figure.as_of);
      if (!target || *target < 0 || !IsMoreThan(found.value, rule.limit, *target)) return false;
      *compared = *target;
      return true;
    }
    case SoftCheck::kNotInPlan:
      return !IsPlannedOn(found.figure.as_of);
    case SoftCheck::kLate:
      *compared = found.today.days - found.figure.as_of.days;
      return !found.figure.published && *compared > rule.limit;
    default:
      return false;
  }
}

}  // namespace anju::progress
