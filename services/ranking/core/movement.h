// Movement between two tables of one definition: how places and printed values changed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "services/ranking/core/league_table.h"

namespace anju::ranking {

// Fills previous_rank, previous_value, value_change and rank_change of `now` from `before`, row by row by region code; of the total only the
// values. Regions that were unranked or absent before have no previous anything. Where only one of the tables prints rates the values are
// of two kinds and not compared.
void AddMovement(const Definition& definition, const Table& before, Table& now);

// a − b of two printed decimals, exact, with the decimals of the finer one (`trim`: without trailing zeros). nullopt when one is no decimal of
// at most kPrintedDigitsMax digits.
inline constexpr size_t kPrintedDigitsMax = 36;
std::optional<std::string> SubtractPrinted(std::string_view a, std::string_view b, bool trim);

}  // namespace anju::ranking
