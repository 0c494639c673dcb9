// Judges a table: chooses the layer, sorts out who is ranked, orders and numbers the seats.
#include "services/ranking/core/board.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/ranking/core/places.h"

namespace anju::ranking {
namespace {

// Beyond this part of all children sorting anew is cheaper than moving them one by one.
constexpr size_t kMovedPartMax = 16;

// The layers in which any of the places has something for the cell at `slot`, from the top down.
std::vector<Layer> LayersPresent(const std::vector<Place>& places, size_t slot, bool (*counts)(const Target&)) {
  std::vector<Layer> present;
  for (Layer layer : kLayers) {
    if (std::any_of(places.begin(), places.end(), [&](const Place& place) { return counts(place.figures[slot].target(layer)); })) {
      present.push_back(layer);
    }
  }
  return present;
}

bool IsNumber(const Target& target) { return target.known(); }
bool IsPrinted(const Target& target) { return target.missing != Missing::kAbsent; }

// The layer to use for the cell at `slot`: numbers of the children decide, else anything printed for them, else the region's own.
Layer ChooseLayer(const Input& input, size_t slot) {
  std::vector<Layer> present = LayersPresent(input.children, slot, IsNumber);
  if (present.empty()) present = LayersPresent(input.children, slot, IsPrinted);
  if (present.empty() && input.region.figures.size() > slot) {
    for (Layer layer : kLayers) {
      if (IsNumber(input.region.figures[slot].target(layer))) present.push_back(layer);
    }
  }
  return DefaultLayer(input.region.level, present);
}

Seat MakeSeat(const Definition& definition, const Plan& plan, Layer layer, const Place& place) {
  Seat seat;
  seat.standing = MakeStanding(definition, plan, layer, place);
  seat.is_peer = IsPeer(definition, plan, seat.standing);
  if (seat.is_peer) seat.reason = ReasonOf(definition, seat.standing);
  return seat;
}

bool IsRanked(const Seat& seat) { return seat.is_peer && seat.reason == Unranked::kNone; }

// The region's own line. Its net new is that of its own cells (in which the children's entries and exits are summed); where those
// are unknown, the sum of what the peers have.
void FillTotal(const Definition& definition, const Plan& plan, const Input& input, Board& board) {
  board.total = MakeStanding(definition, plan, board.layer, input.region);
  if (definition.by == SortKey::kNetNew && !board.total.net_new) {
    for (const Seat& seat : board.seats) {
      if (!seat.is_peer || !seat.standing.net_new) continue;
      board.total.net_new = CheckedAdd(board.total.net_new.value_or(0), *seat.standing.net_new);
      if (!board.total.net_new) break;  // beyond int64: unknown rather than wrong
    }
  }
  board.prints_rates = definition.of != 0 || board.total.denominator ||
                       std::any_of(board.seats.begin(), board.seats.end(), [](const Seat& seat) { return seat.is_peer && seat.standing.denominator; });
}

absl::Status TieNotBroken(const Board& board, const std::vector<uint32_t>& tied) {
  ErrorDetail detail{.reason = Reason::TIE_NOT_BROKEN, .field = "then_by"};
  detail.message = "ordinal places, but then_by does not tell apart:";
  for (const uint32_t seat : tied) {
    if (detail.candidates.size() == kErrorCandidatesMax) break;
    const Place& place = *board.seats[seat].standing.place;
    detail.candidates.push_back(place.code + " " + place.name);
    detail.message += (detail.candidates.size() > 1 ? ", " : " ") + detail.candidates.back();
  }
  return MakeError(std::move(detail));
}

// Less comes first; total, because equal seats keep the input's order.
auto Precedes(const Definition& definition, const Board& board) {
  return [&definition, &board](uint32_t a, uint32_t b) {
    const std::strong_ordering order = CompareSeats(definition, board.seats[a].standing, board.seats[b].standing);
    return order != 0 ? order < 0 : a < b;
  };
}

// A whole number that never goes up from one seat to a better one: where two of them differ they decide, and only where they are equal the exact keys
// have to be compared. A board of 3,000 takes 0.46 ms so instead of 0.82. REQUIRES: the seat is ranked.
int64_t Coarse(const Definition& definition, const Standing& standing) {
  constexpr int kFractionBits = 24;
  constexpr int128 kBound = int128{1} << 62;  // what lies beyond is equal, and compared exactly
  int128 key = 0;
  if (definition.by == SortKey::kRate) {
    // Of two figures of 64 bits, so it cannot overflow. Cutting off towards zero never turns an order around.
    key = (standing.rate->numerator << kFractionBits) / standing.rate->denominator;
  } else {
    key = *SortedAmount(definition.by, standing);
  }
  const auto bounded = static_cast<int64_t>(std::clamp(key, -kBound, kBound));
  return definition.ascending ? bounded : -bounded;
}

std::vector<uint32_t> Sorted(const Definition& definition, const Board& board) {
  struct Rough {
    int64_t key = 0;
    uint32_t seat = 0;
  };
  std::vector<Rough> rough;
  rough.reserve(board.seats.size());
  for (uint32_t i = 0; i < board.seats.size(); ++i) {
    if (IsRanked(board.seats[i])) rough.push_back({Coarse(definition, board.seats[i].standing), i});
  }
  const auto precedes = Precedes(definition, board);
  std::sort(rough.begin(), rough.end(), [&](const Rough& a, const Rough& b) { return a.key != b.key ? a.key < b.key : precedes(a.seat, b.seat); });
  std::vector<uint32_t> order;
  order.reserve(rough.size());
  for (const Rough& seat : rough) order.push_back(seat.seat);
  return order;
}

// Gives every seat in the order its place.
absl::Status Number(const Definition& definition, Board& board) {
  std::vector<bool> starts_group(board.order.size(), true);
  std::vector<uint32_t> tied;
  for (size_t i = 1; i < board.order.size(); ++i) {
    const uint32_t above = board.order[i - 1], here = board.order[i];
    if (CompareSeats(definition, board.seats[above].standing, board.seats[here].standing) != 0) continue;
    starts_group[i] = false;
    if (tied.empty() || tied.back() != above) tied.push_back(above);
    tied.push_back(here);
  }
  if (definition.ties == TieStyle::kOrdinal && !tied.empty()) return TieNotBroken(board, tied);
  const std::vector<uint32_t> places = Places(starts_group, definition.ties);
  uint32_t behind = 0;  // of the group that is walked, from the last to the first
  for (size_t i = board.order.size(); i-- > 0;) {
    board.seats[board.order[i]].rank = places[i];
    board.seats[board.order[i]].behind = behind;
    if (starts_group[i]) behind = static_cast<uint32_t>(board.order.size() - i);
  }
  return absl::OkStatus();
}

}  // namespace

std::strong_ordering CompareSeats(const Definition& definition, const Standing& a, const Standing& b) {
  const std::strong_ordering by_key = CompareKeys(definition, a, b);
  return by_key != 0 ? by_key : CompareThenBy(definition, a, b);
}

Layer DefaultLayer(RegionLevel level, const std::vector<Layer>& present) {
  Layer own = Layer::kCounty;
  switch (level) {
    case RegionLevel::kCountry: own = Layer::kNational; break;
    case RegionLevel::kProvince: own = Layer::kProvince; break;
    case RegionLevel::kCity: own = Layer::kCity; break;
    case RegionLevel::kCounty:
    case RegionLevel::kUnit: own = Layer::kCounty; break;
  }
  Layer above = Layer::kNone, below = Layer::kNone;
  for (Layer layer : present) {
    if (layer <= own) above = std::max(above, layer);
    if (layer > own && (below == Layer::kNone || layer < below)) below = layer;
  }
  return above != Layer::kNone ? above : below;
}

std::vector<Layer> LayersWithTargets(const Input& input, size_t slot) { return LayersPresent(input.children, slot, IsNumber); }

absl::StatusOr<Board> MakeBoard(const Definition& definition, const Plan& plan, const Input& input) {
  Board board;
  board.layer = definition.layer != Layer::kNone ? definition.layer : ChooseLayer(input, plan.needs.target);
  for (size_t i = 0; i < definition.columns.size(); ++i) {
    const Layer named = definition.columns[i].layer != Layer::kNone ? definition.columns[i].layer : definition.layer;
    board.column_layers.push_back(named != Layer::kNone ? named : ChooseLayer(input, plan.needs.columns[i]));
  }
  board.seats.reserve(input.children.size());
  for (const Place& child : input.children) board.seats.push_back(MakeSeat(definition, plan, board.layer, child));
  FillTotal(definition, plan, input, board);
  board.order = Sorted(definition, board);
  RETURN_IF_ERROR(Number(definition, board));
  return board;
}

absl::StatusOr<Board> UpdateBoard(const Definition& definition, const Plan& plan, const Input& input, const std::vector<uint32_t>& changed,
                                  Board board) {
  if (changed.size() * kMovedPartMax > board.seats.size()) return MakeBoard(definition, plan, input);
  std::vector<uint32_t> moved = changed;
  std::sort(moved.begin(), moved.end());
  moved.erase(std::unique(moved.begin(), moved.end()), moved.end());
  std::erase_if(board.order, [&](uint32_t seat) { return std::binary_search(moved.begin(), moved.end(), seat); });
  for (const uint32_t seat : moved) {
    board.seats[seat] = MakeSeat(definition, plan, board.layer, input.children[seat]);
    if (!IsRanked(board.seats[seat])) continue;
    board.order.insert(std::lower_bound(board.order.begin(), board.order.end(), seat, Precedes(definition, board)), seat);
  }
  FillTotal(definition, plan, input, board);
  RETURN_IF_ERROR(Number(definition, board));
  return board;
}

}  // namespace anju::ranking
