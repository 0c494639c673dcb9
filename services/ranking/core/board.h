// A league table judged but not printed: who is a peer, who is ranked, in which order and place.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "services/ranking/core/standing.h"

namespace anju::ranking {

// One child of the ranked region.
struct Seat {
  Standing standing;
  bool is_peer = false;
  Unranked reason = Unranked::kNone;  // of a peer
  uint32_t rank = 0;                  // 0 when unranked or no peer
  uint32_t behind = 0;                // ranked seats strictly behind this one
};

// Standings point to the places of the input the board was made from, which must outlive it and may not move.
struct Board {
  Layer layer = Layer::kNone;         // the one used
  std::vector<Layer> column_layers;   // of the printed columns
  bool prints_rates = false;          // `value` is a rate in the whole table, or in no row of it
  std::vector<Seat> seats;            // one for each child, in the input's order
  std::vector<uint32_t> order;        // ranked seats, best first; rows equal in every key in the input's order
  Standing total;                     // of the region itself
};

// TIE_NOT_BROKEN: ordinal places with rows that nothing tells apart. A board without a single peer is fine.
absl::StatusOr<Board> MakeBoard(const Definition& definition, const Plan& plan, const Input& input);

// The same board after the figures (not the targets) of some children, and perhaps of the region itself, have changed: only those are
// read again and moved within the order. Equal to MakeBoard of the changed input. REQUIRES: `board` was made from this input.
absl::StatusOr<Board> UpdateBoard(const Definition& definition, const Plan& plan, const Input& input, const std::vector<uint32_t>& changed,
                                  Board board);

// The order of two ranked seats by both keys; rows that are equal share a place.
std::strong_ordering CompareSeats(const Definition& definition, const Standing& a, const Standing& b);

// The layer whose targets are addressed to the children of a region of this level: its own where `present`, else the nearest
// above, else the nearest below. kNone when none is present.
Layer DefaultLayer(RegionLevel level, const std::vector<Layer>& present);
// Layers in which any of the children has a target for the cell at `slot`, from the top down.
std::vector<Layer> LayersWithTargets(const Input& input, size_t slot);

}  // namespace anju::ranking
