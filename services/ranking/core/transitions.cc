// Compares two boards seat by seat; prints only what differs.
#include "services/ranking/core/transitions.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "services/ranking/core/printer.h"

namespace anju::ranking {
namespace {

RegionNumber RegionOf(const Seat& seat) { return seat.standing.place->number; }

// Whether the key is at or above the threshold, before anything is rounded.
bool ReachesThreshold(const Definition& definition, const Plan& plan, const Standing& standing, const Decimal& threshold) {
  if (definition.by == SortKey::kRate) {
    if (!standing.rate) return false;
    const Fraction border = ToFraction(threshold);
    return Compare(Multiply(*standing.rate, plan.scale), MakeFraction(border.numerator, border.denominator * 100)) >= 0;
  }
  const std::optional<int64_t>& amount = SortedAmount(definition.by, standing);
  return amount && Compare(MakeFraction(*amount, PowerOfTen(plan.indicator->scale)), ToFraction(threshold)) >= 0;
}

bool IsInside(const Definition& definition, const Plan& plan, const Seat* seat, const Subject& subject) {
  if (seat == nullptr || !seat->is_peer) return false;
  switch (subject.kind) {
    case SubjectKind::kTop: return seat->rank != 0 && seat->rank <= subject.border;
    case SubjectKind::kBottom: return seat->rank != 0 && seat->behind < subject.border;
    case SubjectKind::kThreshold: return ReachesThreshold(definition, plan, seat->standing, subject.threshold);
    default: return false;
  }
}

// True when place, reason and all that is printed as key or value are the same without printing them.
bool SameAtSight(const Board& before, const Seat& a, const Board& after, const Seat& b) {
  const auto same_rate = [](const std::optional<Fraction>& x, const std::optional<Fraction>& y) {
    return x.has_value() == y.has_value() && (!x || (x->numerator == y->numerator && x->denominator == y->denominator));
  };
  const Standing &x = a.standing, &y = b.standing;
  return a.rank == b.rank && a.is_peer == b.is_peer && a.reason == b.reason && before.prints_rates == after.prints_rates &&
         x.numerator == y.numerator && x.net_new == y.net_new && x.gap == y.gap && x.target_gap == y.target_gap && same_rate(x.rate, y.rate);
}

// Pairs of seats of the same region; nullptr on the side where it is no child.
std::vector<std::pair<const Seat*, const Seat*>> Pairs(const Board& before, const Board& after) {
  std::vector<std::pair<const Seat*, const Seat*>> pairs;
  pairs.reserve(after.seats.size());
  const bool aligned = before.seats.size() == after.seats.size() &&
                       std::equal(before.seats.begin(), before.seats.end(), after.seats.begin(),
                                  [](const Seat& a, const Seat& b) { return RegionOf(a) == RegionOf(b); });
  if (aligned) {
    for (size_t i = 0; i < after.seats.size(); ++i) pairs.emplace_back(&before.seats[i], &after.seats[i]);
    return pairs;
  }
  std::unordered_map<RegionNumber, const Seat*> gone;
  for (const Seat& seat : before.seats) gone.emplace(RegionOf(seat), &seat);
  for (const Seat& seat : after.seats) {
    auto known = gone.find(RegionOf(seat));
    pairs.emplace_back(known == gone.end() ? nullptr : known->second, &seat);
    if (known != gone.end()) gone.erase(known);
  }
  for (const auto& [number, seat] : gone) pairs.emplace_back(seat, nullptr);
  return pairs;
}

// Ranked rows by their position in the table, then unranked ones in official order, then whoever is absent.
struct Position {
  int group = 2;
  size_t index = 0;
};

}  // namespace

SeatState StateOf(const Definition& definition, const Plan& plan, const Board& board, const Seat* seat, const Subject& subject) {
  SeatState state;
  state.inside = IsInside(definition, plan, seat, subject);
  if (seat == nullptr || !seat->is_peer) {
    state.reason = kAbsent;
    return state;
  }
  state.rank = seat->rank;
  state.reason = UnrankedName(seat->reason);
  state.key = PrintKey(definition, plan, seat->standing);
  state.value = PrintValue(definition, plan, board.prints_rates, seat->standing, definition.digits);
  return state;
}

std::vector<Transition> Transitions(const Definition& definition, const Plan& plan, const Board& before, const Board& after, const Subject& subject) {
  std::vector<std::pair<Position, Transition>> found;
  if (subject.kind == SubjectKind::kMilestone) return {};
  const bool rows = subject.kind == SubjectKind::kTable || subject.kind == SubjectKind::kStanding;
  for (const auto& [from, to] : Pairs(before, after)) {
    const Seat& any = to != nullptr ? *to : *from;
    if (subject.kind == SubjectKind::kStanding && RegionOf(any) != subject.region) continue;
    if (rows && from != nullptr && to != nullptr && SameAtSight(before, *from, after, *to)) continue;
    if (!rows && IsInside(definition, plan, from, subject) == IsInside(definition, plan, to, subject)) continue;
    Transition transition{RegionOf(any), any.standing.place->code, any.standing.place->name,
                          StateOf(definition, plan, before, from, subject), StateOf(definition, plan, after, to, subject)};
    const SeatState &a = transition.from, &b = transition.to;
    if (rows && a.rank == b.rank && a.value == b.value && a.reason == b.reason) continue;
    Position position;
    if (to != nullptr && to->is_peer) position = {to->rank != 0 ? 0 : 1, static_cast<size_t>(to - after.seats.data())};
    found.emplace_back(position, std::move(transition));
  }
  if (found.size() > 1) {
    std::vector<size_t> printed(after.seats.size());
    for (size_t i = 0; i < after.order.size(); ++i) printed[after.order[i]] = i;
    for (auto& [position, transition] : found) {
      if (position.group == 0) position.index = printed[position.index];
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
      if (a.first.group != b.first.group) return a.first.group < b.first.group;
      return a.first.group == 2 ? a.second.code < b.second.code : a.first.index < b.first.index;
    });
  }
  std::vector<Transition> transitions;
  transitions.reserve(found.size());
  for (auto& [position, transition] : found) transitions.push_back(std::move(transition));
  return transitions;
}

bool TellsOf(MilestoneState before, MilestoneState after) {
  if (before == after) return false;
  return after == MilestoneState::kMissed || (before == MilestoneState::kMissed && after == MilestoneState::kMet);
}

}  // namespace anju::ranking
