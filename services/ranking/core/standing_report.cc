// Explains a place: looks at the seats around it, and searches the numerators that would change the order.
#include "services/ranking/core/standing_report.h"

#include <algorithm>
#include <functional>
#include <iterator>

#include "services/ranking/core/printer.h"

namespace anju::ranking {
namespace {

// No figure and no sum of figures of one country is further from zero, and what is computed from one stays within 64 bits.
constexpr int64_t kNumeratorMax = int64_t{1} << 61;

// The asked region with another numerator. Judged by the same code as every table, so that a gap can never disagree with a rank.
class Supposed {
 public:
  Supposed(const Definition& definition, const Plan& plan, Layer layer, const Standing& own)
      : definition_(definition), plan_(plan), layer_(layer), place_(*own.place) {}

  Standing With(int64_t numerator) {
    place_.figures[plan_.needs.numerator].actual = numerator;
    return MakeStanding(definition_, plan_, layer_, place_);
  }

 private:
  const Definition& definition_;
  const Plan& plan_;
  const Layer layer_;
  Place place_;
};

// The first numerator from `from` (where `holds` is false) towards `to` (where it is true). REQUIRES: it changes only once.
int64_t FirstThat(int64_t from, int64_t to, const std::function<bool(int64_t)>& holds) {
  while (from > to ? from - to > 1 : to - from > 1) {
    const int64_t middle = from + (to - from) / 2;
    (holds(middle) ? to : from) = middle;
  }
  return to;
}

std::string_view SortKeyName(SortKey key) {
  switch (key) {
    case SortKey::kNone: return "";
    case SortKey::kRate: return "rate";
    case SortKey::kValue: return "value";
    case SortKey::kNetNew: return "net_new";
    case SortKey::kTarget: return "target";
    case SortKey::kOrder: return "order";
    case SortKey::kIndicator: return "indicator";
    case SortKey::kGap: return "gap";
    case SortKey::kTargetGap: return "target_gap";
  }
  return "";
}

std::string_view TieStyleName(TieStyle style) {
  switch (style) {
    case TieStyle::kCompetition: return "competition";
    case TieStyle::kModified: return "modified";
    case TieStyle::kDense: return "dense";
    case TieStyle::kOrdinal: return "ordinal";
  }
  return "";
}

void FillReasons(const Definition& definition, const Catalogue& catalogue, const Board& board, const Seat& own, std::vector<RankReason>& reasons) {
  // The order is by the key first, so those with a better one stand before all others, and those with the same one next to each other.
  const auto order = [&](uint32_t seat) { return CompareKeys(definition, board.seats[seat].standing, own.standing); };
  const auto equal = std::partition_point(board.order.begin(), board.order.end(), [&](uint32_t seat) { return order(seat) < 0; });
  const auto worse = std::partition_point(equal, board.order.end(), [&](uint32_t seat) { return order(seat) == 0; });
  const auto better = static_cast<uint32_t>(equal - board.order.begin());
  const auto tied = static_cast<uint32_t>(worse - equal) - 1;  // but for itself
  reasons.push_back({ReasonWord::kBetter, "", better});
  reasons.push_back({ReasonWord::kTied, "", tied});
  if (tied > 0 && definition.then_by != SortKey::kNone) {
    const Indicator* indicator = definition.then_by == SortKey::kIndicator ? catalogue.FindIndicator(definition.then_by_indicator) : nullptr;
    reasons.push_back({ReasonWord::kThenBy, indicator != nullptr ? indicator->code : std::string(SortKeyName(definition.then_by)), 0});
  }
  reasons.push_back({ReasonWord::kStyle, std::string(TieStyleName(definition.ties)), 0});
}

}  // namespace

const char* ReasonWordName(ReasonWord word) {
  switch (word) {
    case ReasonWord::kKey: return "KEY";
    case ReasonWord::kBetter: return "BETTER";
    case ReasonWord::kTied: return "TIED";
    case ReasonWord::kThenBy: return "THEN_BY";
    case ReasonWord::kStyle: return "STYLE";
    case ReasonWord::kUnranked: return "UNRANKED";
  }
  return "";
}

std::optional<int64_t> GapTo(const Definition& definition, const Plan& plan, Layer layer, const Standing& own, const Standing& other, Side side) {
  if (!own.numerator) return std::nullopt;  // net new of entries and exits can be known without it
  Supposed supposed(definition, plan, layer, own);
  const auto reached = [&](int64_t numerator) {
    const std::strong_ordering order = CompareSeats(definition, supposed.With(numerator), other);
    return side == Side::kBefore ? order < 0 : order > 0;
  };
  const int64_t lowest = plan.indicator->negative ? -kNumeratorMax : std::min<int64_t>(0, *own.numerator);
  const int64_t now = *own.numerator;
  // The key must hang on the numerator, else equal keys would be told apart by a numerator that they do not show. Where it does, the
  // order against one other region changes at most once from "better" to "worse" over all numerators: bisection finds the border exactly.
  if (CompareKeys(definition, supposed.With(kNumeratorMax), supposed.With(-kNumeratorMax)) == 0) return std::nullopt;
  if (now >= kNumeratorMax || now <= -kNumeratorMax) return std::nullopt;
  if (reached(now)) return 0;
  int64_t there = 0;
  if (reached(kNumeratorMax)) {
    there = FirstThat(now, kNumeratorMax, reached);
  } else if (now > lowest && reached(lowest)) {
    there = FirstThat(now, lowest, reached);
  } else {
    return std::nullopt;
  }
  // It must be ranked there too: where zero is unranked, the next figure in the same direction is the first that counts.
  if (ReasonOf(definition, supposed.With(there)) != Unranked::kNone) {
    there += there > now ? 1 : -1;
    if (there < lowest || ReasonOf(definition, supposed.With(there)) != Unranked::kNone) return std::nullopt;
  }
  return there - now;
}

StandingReport ReportStanding(const Definition& definition, const Plan& plan, const Catalogue& catalogue, const Board& board, uint32_t seat) {
  StandingReport report;
  const Seat& own = board.seats[seat];
  if (std::optional<std::string> key = PrintKey(definition, plan, own.standing)) report.reasons.push_back({ReasonWord::kKey, *std::move(key), 0});
  if (own.rank == 0) {
    report.reasons.push_back({ReasonWord::kUnranked, UnrankedName(own.reason), 0});
    return report;
  }
  FillReasons(definition, catalogue, board, own, report.reasons);
  const auto beside = [&](uint32_t other, Side side) {
    return Beside{other, GapTo(definition, plan, board.layer, own.standing, board.seats[other].standing, side)};
  };
  // Places never go down along the order.
  const auto rank = [&](uint32_t other) { return board.seats[other].rank; };
  const auto first = std::partition_point(board.order.begin(), board.order.end(), [&](uint32_t other) { return rank(other) < own.rank; });
  const auto end = std::partition_point(first, board.order.end(), [&](uint32_t other) { return rank(other) == own.rank; });
  std::copy_if(first, end, std::back_inserter(report.tied), [&](uint32_t other) { return other != seat; });
  if (first != board.order.begin()) report.above = beside(*std::prev(first), Side::kBefore);
  if (end != board.order.end()) report.below = beside(*end, Side::kBehind);
  return report;
}

}  // namespace anju::ranking
