// One region's place explained: who is beside it and how far away, who shares the place, why it is that one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/ranking/core/board.h"

namespace anju::ranking {

// A ranked seat beside the one asked for.
struct Beside {
  uint32_t seat = 0;                // index into Board::seats
  std::optional<int64_t> gap;       // see GapTo
};

// One step of the reasoning about a place, in the order of judgement.
enum class ReasonWord { kKey, kBetter, kTied, kThenBy, kStyle, kUnranked };
const char* ReasonWordName(ReasonWord word);
struct RankReason {
  ReasonWord word = ReasonWord::kKey;
  std::string value;
  uint32_t count = 0;
  friend bool operator==(const RankReason&, const RankReason&) = default;
};

struct StandingReport {
  // The nearest in print with a better and with a worse place.
  std::optional<Beside> above, below;
  std::vector<uint32_t> tied;       // seats that share the place, in print order
  std::vector<RankReason> reasons;
};

// REQUIRES: `board` was made from `definition` and `plan`; `seat` is one of its seats and a peer.
StandingReport ReportStanding(const Definition& definition, const Plan& plan, const Catalogue& catalogue, const Board& board, uint32_t seat);

// The smallest change of `own`'s numerator, in smallest units, with which it would be ranked strictly before `other` (kBefore) or strictly
// behind it, by the whole order of the definition, all else equal. nullopt when no figure does it — a figure below zero is none unless the
// indicator allows it — or when the key does not hang on the numerator. REQUIRES: both are ranked.
enum class Side { kBefore, kBehind };
std::optional<int64_t> GapTo(const Definition& definition, const Plan& plan, Layer layer, const Standing& own, const Standing& other, Side side);

}  // namespace anju::ranking
