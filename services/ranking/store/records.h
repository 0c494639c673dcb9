// Keys and values of the state tables, and what one cell on the wire says to the core.
#pragma once

#include <string>

#include "anju/aggregator/v1/aggregator.pb.h"
#include "services/ranking/core/cells.h"

namespace anju::ranking {

std::string NumberKey(char table, uint32_t number);
std::string CellKey(const aggregator::v1::Cell& cell);

ColumnKey ColumnOf(const aggregator::v1::Cell& cell);
Figures FiguresOf(const aggregator::v1::Cell& cell);

}  // namespace anju::ranking
