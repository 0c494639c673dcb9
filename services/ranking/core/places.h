// Numbering of sorted rows with ties.
#pragma once

#include <cstdint>
#include <vector>

#include "services/ranking/core/definition.h"

namespace anju::ranking {

// `starts_group[i]` is true when sorted row i differs from row i − 1 (and for row 0). One place per row, from 1.
//   competition  1-2-2-4   a row's place is one more than how many are strictly better
//   modified     1-3-3-4   a row's place is how many are better or equal
//   dense        1-2-2-3   a row's place is how many distinct keys are better, plus one
//   ordinal      1-2-3-4   REQUIRES: every row starts a group
std::vector<uint32_t> Places(const std::vector<bool>& starts_group, TieStyle style);

}  // namespace anju::ranking
