// Keys and values of the state tables, and what one cell on the wire says to the core, and back.
#pragma once

#include <string>

#include "anju/aggregator/v1/aggregator.pb.h"
#include "services/ranking/core/cells.h"

namespace anju::ranking {

std::string NumberKey(char table, uint32_t number);
std::string PageKey(const ColumnKey& column, uint32_t page);

ColumnKey ColumnOf(const aggregator::v1::Cell& cell);
Figures FiguresOf(const aggregator::v1::Cell& cell);
types::v1::ReviewState ToProto(ReviewState state);
// A cell of which FiguresOf and ColumnOf make the same again.
void FillCell(const ColumnKey& column, RegionNumber region, const Figures& figures, aggregator::v1::Cell* cell);

}  // namespace anju::ranking
