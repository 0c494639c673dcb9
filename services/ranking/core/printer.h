// Standings as they are printed: exact keys, values rounded once, columns.
#pragma once

#include <optional>
#include <string>

#include "services/ranking/core/board.h"

namespace anju::ranking {

// What was sorted: the exact amount, or the exact fraction "a/b" for a rate; nullopt when unknown.
std::optional<std::string> PrintKey(const Definition& definition, const Plan& plan, const Standing& standing);
// What stands in the row's `value`.
std::optional<std::string> PrintValue(const Definition& definition, const Plan& plan, bool prints_rates, const Standing& standing, int digits);
// The numbers of a row before rounding: apart, because 3,000 of them cost 0.2 to 0.4 ms and only bulletins read them.
ExactRow ExactOf(const Definition& definition, const Plan& plan, const Board& board, const Standing& standing);
// The whole row, without place, reason and `exact`.
Row PrintRow(const Definition& definition, const Plan& plan, const Board& board, const Standing& standing, int digits);
// A row of the board with its place or reason, without `exact`.
Row PrintRow(const Definition& definition, const Plan& plan, const Board& board, const Seat& seat);

}  // namespace anju::ranking
