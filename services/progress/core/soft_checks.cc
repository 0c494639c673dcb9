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

namespace {

void AddBound(const Books& books, const CheckRule& rule, const Indicator& ours, IndicatorNumber other, bool above, SharedChecks* shared) {
  const Indicator* indicator = books.catalogue.FindIndicator(other);
  // Figures of other units cannot be compared; where amounts may be below zero a part may exceed its whole.
  if (indicator == nullptr || indicator->unit != ours.unit || indicator->scale != ours.scale || indicator->negative || ours.negative) return;
  if (indicator->is_stock() != ours.is_stock()) return;
  shared->bounds.push_back({&rule, other, above});
}

void AddBounds(const Books& books, const CheckRule& rule, const Indicator& ours, SharedChecks* shared) {
  const Catalogue& catalogue = books.catalogue;
  // Steps are bounded by the number of indicators, whatever a catalogue says.
  const Indicator* part = &ours;
  for (size_t step = 0; part->part_of != 0 && step < catalogue.indicators().size(); ++step) {
    AddBound(books, rule, ours, part->part_of, true, shared);
    part = catalogue.FindIndicator(part->part_of);
    if (part == nullptr) break;
  }
  std::vector<IndicatorNumber> parts = catalogue.OfWhich(ours.number);
  for (size_t i = 0; i < parts.size() && i < catalogue.indicators().size(); ++i) {
    AddBound(books, rule, ours, parts[i], false, shared);
    const std::vector<IndicatorNumber>& below = catalogue.OfWhich(parts[i]);
    parts.insert(parts.end(), below.begin(), below.end());
  }
}

void AddRule(const Books& books, const PlanBooks& plan, const Meaning& meaning, const CheckRule& rule, SharedChecks* shared) {
  const Indicator& ours = *meaning.indicator;
  // A rule about two indicators is looked at from both sides: whichever is reported last may be the wrong one.
  if (rule.check == SoftCheck::kAboveOther) {
    if (rule.indicator == ours.number) AddBound(books, rule, ours, rule.other, true, shared);
    if (rule.other == ours.number) AddBound(books, rule, ours, rule.indicator, false, shared);
    return;
  }
  if (rule.indicator != 0 && rule.indicator != ours.number) return;
  switch (rule.check) {
    case SoftCheck::kPartAboveWhole:
      return AddBounds(books, rule, ours, shared);
    case SoftCheck::kFalling:
      if (ours.over_time != OverTime::kSum) return;
      shared->looks_before = true;
      break;
    case SoftCheck::kJump:
      shared->looks_before = true;
      break;
    case SoftCheck::kOverTarget:
      shared->has_target = true;
      break;
    case SoftCheck::kNotInPlan:
      if (!plan.targets.AnyRegionHas(meaning.key)) return;
      shared->asks_plan = true;
      break;
    case SoftCheck::kLate:
      break;
    default:
      return;
  }
  shared->rules.push_back(&rule);
}

}  // namespace

void CheckTable::Forget() {
  ++version_;
  shared_.clear();
}

SeriesChecks& CheckTable::Of(const Books& books, const PlanBooks& plan, const Meaning& meaning) {
  if (meaning.series > checks_.size()) checks_.resize(meaning.series);
  SeriesChecks& checks = meaning.series == 0 ? unopened_ : checks_[meaning.series - 1];
  if (meaning.series != 0 && checks.version_ == version_) return checks;
  checks.Find(&SharedOf(books, plan, meaning), books, plan, meaning);
  checks.version_ = version_;
  return checks;
}

const SharedChecks& CheckTable::SharedOf(const Books& books, const PlanBooks& plan, const Meaning& meaning) {
  SeriesKey key = meaning.key;
  key.region = 0;
  std::unique_ptr<SharedChecks>& shared = shared_[key];
  if (shared != nullptr) return *shared;
  shared = std::make_unique<SharedChecks>();
  for (int i = 0; i < meaning.indicator->scale; ++i) shared->unit *= 10;
  for (const CheckRule& rule : plan.rules) {
    if (rule.action == CheckAction::kOff || (rule.programme != 0 && rule.programme != key.programme)) continue;
    AddRule(books, plan, meaning, rule, shared.get());
  }
  return *shared;
}

void SeriesChecks::Find(const SharedChecks* shared, const Books& books, const PlanBooks& plan, const Meaning& meaning) {
  shared_ = shared;
  target_ = shared->has_target ? plan.targets.Find(meaning.key) : nullptr;
  target_until_ = target_ == nullptr ? kDistantFuture : FirstTakenOver(plan.boundaries, meaning.key);
  planned_ = nullptr;
  if (shared->asks_plan) FindPlanned(books, plan, meaning);
  bounds_.assign(shared->bounds.size(), 0);
  FindOpened(books.series, meaning.key);
}

void SeriesChecks::FindPlanned(const Books& books, const PlanBooks& plan, const Meaning& meaning) {
  const SeriesKey& key = meaning.key;
  // Nearly always the series itself is in the plan, and stays there.
  if (const CellTargets* own = plan.targets.Find(key); own != nullptr && !own->DependsOnDay()) return;
  std::vector<ProgrammeNumber> programmes;
  CollectWholes(key.programme, books.catalogue, &programmes);
  std::vector<IndicatorNumber> indicators;
  for (const Indicator* next = meaning.indicator; next != nullptr && indicators.size() <= books.catalogue.indicators().size();
       next = books.catalogue.FindIndicator(next->part_of)) {
    indicators.push_back(next->number);
  }
  std::vector<const CellTargets*> planned;
  for (const RegionNumber region : CollectStandIns(key.region, books, plan.boundaries)) {
    for (const ProgrammeNumber programme : programmes) {
      for (const IndicatorNumber indicator : indicators) {
        const CellTargets* cell = plan.targets.Find({region, programme, indicator, key.period});
        if (cell == nullptr) continue;
        if (!cell->DependsOnDay()) return;
        planned.push_back(cell);
      }
    }
  }
  planned_ = std::make_unique<std::vector<const CellTargets*>>(std::move(planned));
}

void SeriesChecks::FindOpened(const SeriesTable& series, const SeriesKey& key) {
  for (size_t i = 0; i < bounds_.size(); ++i) {
    SeriesKey other = key;
    other.indicator = shared_->bounds[i].indicator;
    if (bounds_[i] == 0) bounds_[i] = series.Find(other);
  }
  opened_before_ = series.next();
}

const CheckRule* SeriesChecks::Trips(const Books& books, const Meaning& meaning, const Figure& figure, std::vector<Flag>* flags) {
  if (shared_->rules.empty() && bounds_.empty()) return nullptr;
  const SeriesHistory* history = meaning.series == 0 ? nullptr : &books.series.HistoryOf(meaning.series);
  Case found{figure, *meaning.indicator, books.today, ValueWith(history, figure), std::nullopt};
  if (shared_->looks_before && history != nullptr) found.before = history->ValueAt(Date{figure.as_of.days - 1}, UINT64_MAX);
  const CheckRule* refuses = nullptr;
  const auto trip = [&](const CheckRule& rule, int64_t compared) {
    flags->push_back({rule.name, rule.check, compared});
    if (rule.action == CheckAction::kExplain && figure.explanation.empty() && refuses == nullptr) refuses = &rule;
  };
  for (const CheckRule* rule : shared_->rules) {
    int64_t compared = 0;
    if (Trip(*rule, found, &compared)) trip(*rule, compared);
  }
  if (bounds_.empty()) return refuses;
  if (opened_before_ != books.series.next()) FindOpened(books.series, meaning.key);
  for (size_t i = 0; i < bounds_.size(); ++i) {
    if (bounds_[i] == 0) continue;
    const SharedChecks::Bound& bound = shared_->bounds[i];
    const std::optional<SeriesValue> other = books.series.HistoryOf(bounds_[i]).ValueAt(figure.as_of, UINT64_MAX);
    if (!other || (bound.above ? found.value <= other->amount : found.value >= other->amount)) continue;
    // One rule marks a figure once, with the first thing that speaks against it.
    if (!flags->empty() && flags->back().rule == bound.rule->name) continue;
    trip(*bound.rule, other->amount);
  }
  return refuses;
}

void SeriesChecks::Foresee(const SeriesTable& series, int step) const {
  if (step == 2) {
    if (target_ != nullptr) target_->Prefetch();
    return;
  }
  for (const SeriesNumber bound : bounds_) {
    if (bound != 0) series.Prefetch(bound);
  }
  if (target_ != nullptr) __builtin_prefetch(target_);
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
      return increase >= static_cast<__int128>(rule.at_least) * shared_->unit && IsMoreThan(found.value, rule.limit, found.before->amount);
    }
    case SoftCheck::kOverTarget: {
      if (target_ == nullptr || found.figure.as_of >= target_until_) return false;
      const std::optional<int64_t> target = target_->LargestOn(found.figure.as_of);
      if (!target || *target < 0 || !IsMoreThan(found.value, rule.limit, *target)) return false;
      *compared = *target;
      return true;
    }
    case SoftCheck::kNotInPlan:
      return planned_ != nullptr && std::none_of(planned_->begin(), planned_->end(), [&](const CellTargets* cell) { return cell->StandsOn(found.figure.as_of); });
    case SoftCheck::kLate:
      *compared = found.today.days - found.figure.as_of.days;
      return !found.figure.published && *compared > rule.limit;
    default:
      return false;
  }
}

}  // namespace anju::progress
