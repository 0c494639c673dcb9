// From words to moments.
#include "services/aggregator/moments.h"

#include <algorithm>
#include <utility>

#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/aggregator/errors.h"

namespace anju::aggregator {
namespace {

// A date of the request; nullopt when it is empty.
absl::StatusOr<std::optional<Date>> ParseDay(const std::string& text, std::string_view field) {
  if (text.empty()) return std::optional<Date>();
  auto date = ParseDate(text);
  if (date.ok()) return std::optional<Date>(*date);
  ErrorDetail detail = ErrorsOf(date.status()).front();
  detail.field = field;
  return MakeError(std::move(detail));
}

template <typename Value>
Value Take(absl::StatusOr<Value> value, ErrorCollector* errors) {
  if (value.ok()) return *std::move(value);
  errors->Add(value.status());
  return {};
}

// The end of a day in Asia/Shanghai (UTC+8), microseconds since the Unix epoch.
int64_t EndOf(Date day) { return (int64_t{day.days} + 1) * 86'400'000'000 - 8 * 3'600'000'000; }

Known KnownOn(Date day, const Sight& sight) {
  Known known{.plan = sight.past.days[0].LastUpTo(day), .progress = {}};
  for (Slot slot = 0; slot < sight.progress.size(); ++slot) {
    known.progress.push_back(sight.past.days[slot + 1].LastUpTo(day));
    // Two clocks: a figure may be recorded on a day before that of the plan event it was decided under.
    known.plan = std::max(known.plan, sight.past.plan_marks[slot].PlanOf(known.progress.back()));
  }
  return known;
}

bool IsNothing(const Known& known) {
  return known.plan == 0 && std::all_of(known.progress.begin(), known.progress.end(), [](uint64_t sequence) { return sequence == 0; });
}

}  // namespace

absl::StatusOr<AskedMoment> ParseMoment(const std::string& as_of, const types::v1::View& view, Date today) {
  ErrorCollector errors;
  AskedMoment asked;
  asked.as_of = Take(ParseDay(as_of, "as_of"), &errors);
  asked.tree = Take(ParseDay(view.tree(), "tree"), &errors);
  asked.known_on = Take(ParseDay(view.known_on(), "known_on"), &errors);
  if (asked.known_on && *asked.known_on > today) errors.Add(FutureDay("known_on", *asked.known_on, today));
  if (asked.known_on && *asked.known_on < today) asked.over = asked.known_on;
  if (!view.at().empty()) {
    if (!view.known_on().empty()) errors.Add(TwoMoments(view.at()));
    auto basis = rpc::ParseToken(view.at());
    if (basis.ok()) {
      asked.at = *std::move(basis);
    } else {
      ErrorDetail detail = ErrorsOf(basis.status()).front();
      detail.field = "at";
      errors.Add(std::move(detail));
    }
  }
  if (view.review() < types::v1::REVIEW_FILTER_UNSPECIFIED || view.review() > types::v1::REVIEW_FILTER_CONFIRMED) {
    errors.Add(BadReviewFilter(view.review()));
  } else {
    asked.review = static_cast<ReviewFilter>(view.review());
  }
  errors.Add(rpc::CheckStaleness(view.max_staleness_ms()));
  asked.max_staleness_ms = view.max_staleness_ms();
  if (!errors.empty()) return errors.ToStatus();
  return asked;
}

Known Everything(const Sight& sight) {
  Known known{.plan = sight.plan.position.sequence, .progress = {}};
  for (const FeedPosition& feed : sight.progress) known.progress.push_back(feed.position.sequence);
  return known;
}

types::v1::Basis BasisOf(const Known& known, const Sight& sight) {
  types::v1::Basis basis;
  basis.mutable_plan()->set_sequence(known.plan);
  if (sight.plan.position.sequence > 0) basis.mutable_plan()->set_journal_id(sight.journals->NameOf(0, known.plan));
  for (Slot slot = 0; slot < sight.progress.size(); ++slot) {
    if (known.progress[slot] == 0) continue;
    types::v1::Position* position = basis.add_progress();
    position->set_journal_id(sight.journals->NameOf(size_t{slot} + 1, known.progress[slot]));
    position->set_sequence(known.progress[slot]);
  }
  return basis;
}

absl::StatusOr<Known> KnownAt(const types::v1::Basis& basis, const Sight& sight) {
  const Known everything = Everything(sight);
  const bool caught_up = sight.stamp.complete_until_us() > 0;
  Known known{.plan = basis.plan().sequence(), .progress = std::vector<uint64_t>(everything.progress.size())};
  RETURN_IF_ERROR(sight.journals->lineages().CheckNotLost(basis, "at"));
  if (known.plan > 0 && sight.journals->StandingOf(0, basis.plan()) != Standing::kOurs) return UnknownJournal("plan", basis.plan().journal_id());
  if (known.plan > everything.plan) return BasisAhead("plan", known.plan, everything.plan, caught_up);
  for (const types::v1::Position& position : basis.progress()) {
    if (position.sequence() == 0) continue;
    Slot slot = 0;
    while (slot < known.progress.size() && sight.journals->StandingOf(size_t{slot} + 1, position) != Standing::kOurs) ++slot;
    if (slot == known.progress.size()) {
      // A feed that has brought nothing since the start may turn out to be that journal.
      return caught_up ? UnknownJournal("progress", position.journal_id()) : BasisAhead("progress", position.sequence(), 0, false);
    }
    if (position.sequence() > everything.progress[slot]) return BasisAhead("progress", position.sequence(), everything.progress[slot], caught_up);
    known.progress[slot] = position.sequence();
    const uint64_t needs = sight.past.plan_marks[slot].PlanOf(position.sequence());
    if (known.plan < needs) return BasisNeverWas(known.plan, needs);
  }
  return known;
}

Books BooksFor(const Sight& sight, const ResolvedMoment& resolved) {
  if (resolved.registry == sight.past.registries.At(UINT64_MAX)) return sight.state.books();
  return {&resolved.registry->regions, &resolved.registry->catalogue, &resolved.registry->boundaries};
}

bool IsAllOf(Date day, const Sight& sight) {
  const int64_t end_us = EndOf(day) + kDayMarginUs;
  for (size_t feed = 0; feed < sight.fresh_us.size(); ++feed) {
    if (!sight.past.days[feed].IsPast(day) && sight.fresh_us[feed] < end_us) return false;
  }
  return true;
}

absl::StatusOr<ResolvedMoment> ResolveMoment(const AskedMoment& asked, const Sight& sight) {
  ResolvedMoment resolved;
  resolved.moment.as_of = asked.as_of;
  resolved.moment.tree = asked.tree;
  resolved.moment.review = asked.review;
  if (!asked.known_on && !asked.at) {
    resolved.registry = sight.past.registries.At(UINT64_MAX);
    resolved.stamp = sight.stamp;
    return resolved;
  }
  Known known;
  if (asked.at) {
    ASSIGN_OR_RETURN(known, KnownAt(*asked.at, sight));
  } else {
    if (asked.over && !IsAllOf(*asked.over, sight)) return DayNotComplete(*asked.over);
    known = KnownOn(*asked.known_on, sight);
    if (IsNothing(known)) return NothingRecorded(*asked.known_on);
  }
  resolved.registry = sight.past.registries.At(known.plan);
  resolved.stamp = rpc::MakeStamp(BasisOf(known, sight), 0);
  // What everything is looked at for is kept running.
  const Known everything = Everything(sight);
  if (known.plan != everything.plan || known.progress != everything.progress) resolved.moment.known = std::move(known);
  return resolved;
}

}  // namespace anju::aggregator
