// The checks of an update, in the order in which a clerk would want to hear of them.
#include "services/progress/core/decision.h"

#include <algorithm>
#include <string>

#include "common/decimal/decimal.h"
#include "common/status/macros.h"

namespace anju::progress {
namespace {

bool IsStandalone(UpdateKind kind) { return kind == UpdateKind::kCumulative || kind == UpdateKind::kCorrection; }

// Collects a programme with everything above it, or with everything below.
void Collect(ProgrammeNumber programme, bool above, const Catalogue& catalogue, std::vector<ProgrammeNumber>* found) {
  if (std::find(found->begin(), found->end(), programme) != found->end()) return;
  found->push_back(programme);
  for (const ProgrammeNumber next : above ? catalogue.WholesOf(programme) : catalogue.PartsOf(programme)) Collect(next, above, catalogue, found);
}

// The same cell for an area and for a member would count twice; so would a programme for the one and a part of it for the other,
// because both are summed into the parent's figure of the whole programme.
bool OverlapsArea(const Books& books, const Meaning& meaning, Date day, RegionNumber* other) {
  std::vector<ProgrammeNumber> related, below;
  Collect(meaning.key.programme, true, books.catalogue, &related);
  Collect(meaning.key.programme, false, books.catalogue, &below);
  related.insert(related.end(), below.begin(), below.end());
  const auto reported = [&](RegionNumber region) {
    SeriesKey key = meaning.key;
    key.region = region;
    for (const ProgrammeNumber programme : related) {
      key.programme = programme;
      if (books.series.Find(key) == 0) continue;
      *other = region;
      return true;
    }
    return false;
  };
  const Region* row = books.regions.At(meaning.key.region, day);
  if (row != nullptr) {
    for (const RegionNumber member : row->members) {
      if (reported(member)) return true;
    }
  }
  if (const std::vector<RegionNumber>* areas = books.areas.AreasOf(meaning.key.region); areas != nullptr) {
    for (const RegionNumber area : *areas) {
      const Region* area_row = books.regions.At(area, day);
      if (area_row == nullptr) continue;
      const bool member = std::find(area_row->members.begin(), area_row->members.end(), meaning.key.region) != area_row->members.end();
      if (member && reported(area)) return true;
    }
  }
  return false;
}

bool CheckDates(const Books& books, const Meaning& meaning, const Figure& figure, Refused* refused) {
  if (figure.as_of > books.today) return Refuse(refused, Reason::FUTURE_DATE, "as_of", FormatDate(figure.as_of));
  if (figure.published && *figure.published > books.today) {
    return Refuse(refused, Reason::FUTURE_DATE, "published", FormatDate(*figure.published));
  }
  const Period& period = meaning.key.period;
  if (!period.is_stock() && figure.as_of < FirstDay(period)) {
    return Refuse(refused, Reason::BEFORE_PLAN_YEAR, "as_of", FormatDate(figure.as_of));
  }
  return true;
}

// A correction restates and a reduction lessens a figure that must be there.
bool CheckCorrected(const SeriesHistory* history, const Figure& figure, Refused* refused) {
  const bool names_one = figure.corrects != 0;
  const bool needs_one = figure.kind == UpdateKind::kCorrection || figure.kind == UpdateKind::kReduction;
  if (!names_one && !needs_one) return true;
  const std::string value = names_one ? std::to_string(figure.corrects) : "";
  if (history == nullptr) return Refuse(refused, Reason::NOTHING_TO_CORRECT, "corrects", value);
  const bool found = names_one ? history->Find(figure.corrects) != nullptr : history->ValueAt(figure.as_of, UINT64_MAX).has_value();
  return found || Refuse(refused, Reason::NOTHING_TO_CORRECT, "corrects", value);
}

// No figure of the series, on any date, may leave what the indicator allows.
bool CheckRange(const Indicator& indicator, const SeriesHistory* history, const Figure& figure, uint64_t sequence, Refused* refused) {
  // Standing by itself and newest: its own amount, which was measured, is all there is.
  const bool newest = history == nullptr || history->newest() == nullptr || history->newest()->as_of <= figure.as_of;
  if (IsStandalone(figure.kind) && newest) return true;
  static const SeriesHistory* const none = new SeriesHistory();
  const SeriesHistory& known = history == nullptr ? *none : *history;
  const SeriesEntry entry{figure.as_of, sequence, figure.amount, figure.kind};
  const std::string value = FormatAmount(indicator, figure.amount);
  if (known.HighestWith(entry) > kAmountMax) return Refuse(refused, Reason::NUMBER_TOO_LARGE, "value", value);
  const int64_t lowest = known.LowestWith(entry);
  if (lowest < (indicator.negative ? -kAmountMax : 0)) {
    return Refuse(refused, indicator.negative ? Reason::NUMBER_TOO_LARGE : Reason::BELOW_ZERO, "value", value);
  }
  return true;
}

// True when this very figure is in force at exactly this date: sending it again changes nothing.
bool IsInForce(const SeriesHistory* history, const Figure& figure) {
  if (history == nullptr || figure.kind != UpdateKind::kCumulative) return false;
  const SeriesEntry* last = history->newest();
  if (last != nullptr && last->as_of > figure.as_of) {  // rarely
    const std::vector<SeriesEntry>& entries = history->entries();
    const auto after = std::upper_bound(entries.begin(), entries.end(), figure.as_of, [](Date day, const SeriesEntry& entry) { return day < entry.as_of; });
    last = after == entries.begin() ? nullptr : &*(after - 1);
  }
  return last != nullptr && last->as_of == figure.as_of && IsStandalone(last->kind) && last->amount == figure.amount;
}

bool ResolveRegion(const Books& books, std::string_view text, Date day, bool closed_too, Meaning* meaning, Refused* refused) {
  if (text.empty()) return Refuse(refused, Reason::MISSING_FIELD, "region", "");
  const RegionNumber coded = books.regions.FindCode(text);
  const Region* row = coded == 0 ? nullptr : books.regions.At(coded, day);
  if (row != nullptr) {
    // A code held by an open row always wins over names, so this holds as long as the row does.
    meaning->key.region = coded;
    meaning->from = row->valid_from;
    meaning->to = row->valid_to;
    return true;
  }
  meaning->from = day;
  meaning->to = Date{day.days + 1};
  absl::StatusOr<RegionNumber> number = books.regions.Resolve(text, 0, day);
  if (!number.ok() && closed_too && coded != 0) number = coded;
  if (!number.ok()) return Refuse(refused, number.status(), "region", text);
  meaning->key.region = *number;
  return true;
}

bool ResolvePeriod(std::string_view text, const Indicator& indicator, Period* period, Refused* refused) {
  const absl::StatusOr<Period> parsed = ParsePeriod(text);
  if (!parsed.ok()) return Refuse(refused, parsed.status(), "plan_year", text);
  // A stock has no plan period and a flow is nothing without one; what neither adds nor lasts (a ratio) may have either form.
  if (indicator.is_stock() && !parsed->is_stock()) return Refuse(refused, Reason::BAD_PERIOD, "plan_year", text);
  if (indicator.over_time == OverTime::kSum && parsed->is_stock()) return Refuse(refused, Reason::MISSING_FIELD, "plan_year", text);
  *period = *parsed;
  return true;
}

}  // namespace

AreaIndex::AreaIndex(const RegionTree& regions) {
  for (const RegionNumber number : regions.Numbers()) {
    for (const Region& row : *regions.Rows(number)) {
      for (const RegionNumber member : row.members) {
        std::vector<RegionNumber>& areas = areas_of_[member];
        if (areas.empty() || areas.back() != number) areas.push_back(number);
        has_members_[number] = true;
      }
    }
  }
}

const std::vector<RegionNumber>* AreaIndex::AreasOf(RegionNumber member) const {
  const auto it = areas_of_.find(member);
  return it == areas_of_.end() ? nullptr : &it->second;
}

bool Resolve(const Books& books, const SeriesText& text, Date day, bool closed_too, Meaning* meaning, Refused* refused) {
  *meaning = Meaning{};
  Meaning found;
  if (!ResolveRegion(books, text.region, day, closed_too, &found, refused)) return false;
  if (!ResolveFor(books, text, found.key.region, meaning, refused)) return false;
  meaning->from = found.from;
  meaning->to = found.to;
  return true;
}

bool ResolveFor(const Books& books, const SeriesText& text, RegionNumber region, Meaning* meaning, Refused* refused) {
  *meaning = Meaning{};
  Meaning found;
  found.key.region = region;
  if (text.programme.empty()) return Refuse(refused, Reason::MISSING_FIELD, "programme", "");
  const absl::StatusOr<ProgrammeNumber> programme = books.catalogue.ResolveProgramme(text.programme);
  if (!programme.ok()) return Refuse(refused, programme.status(), "programme", text.programme);
  if (text.indicator.empty()) return Refuse(refused, Reason::MISSING_FIELD, "indicator", "");
  const absl::StatusOr<IndicatorNumber> indicator = books.catalogue.ResolveIndicator(text.indicator);
  if (!indicator.ok()) return Refuse(refused, indicator.status(), "indicator", text.indicator);
  found.key.programme = *programme;
  found.key.indicator = *indicator;
  found.indicator = books.catalogue.FindIndicator(*indicator);
  CHECK(found.indicator != nullptr);
  if (!ResolvePeriod(text.plan_year, *found.indicator, &found.key.period, refused)) return false;
  found.in_area = books.areas.Touches(found.key.region);
  found.series = books.series.Find(found.key);
  *meaning = found;
  return true;
}

Outcome Judge(const Books& books, const Meaning& meaning, const Figure& figure, uint64_t sequence, Refused* refused) {
  const SeriesHistory* history = meaning.series == 0 ? nullptr : &books.series.HistoryOf(meaning.series);
  if (!CheckDates(books, meaning, figure, refused)) return Outcome::kRefused;
  if (figure.kind == UpdateKind::kReduction && figure.explanation.empty()) {
    Refuse(refused, Reason::EXPLANATION_REQUIRED, "explanation", "");
    return Outcome::kRefused;
  }
  if (RegionNumber other = 0; meaning.in_area && OverlapsArea(books, meaning, figure.as_of, &other)) {
    Refuse(refused, Reason::AREA_OVERLAP, "region", books.regions.Nearest(meaning.key.region, figure.as_of)->code);
    const Region* row = books.regions.Nearest(other, figure.as_of);
    refused->candidates.push_back(row->code + " " + row->name);
    return Outcome::kRefused;
  }
  if (!CheckCorrected(history, figure, refused)) return Outcome::kRefused;
  if (IsInForce(history, figure)) return Outcome::kUnchanged;
  if (!CheckRange(*meaning.indicator, history, figure, sequence, refused)) return Outcome::kRefused;
  return Outcome::kAccepted;
}

}  // namespace anju::progress
