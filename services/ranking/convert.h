// Wire ↔ core: inputs of both paths, tables, standings.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "anju/aggregator/v1/aggregator.pb.h"
#include "anju/ranking/v1/ranking.pb.h"
#include "services/ranking/core/league_table.h"
#include "services/ranking/core/standing_report.h"
#include "services/ranking/core/transitions.h"
#include "services/ranking/store/store.h"

namespace anju::ranking {

// Current totals of a flow are those of the tree at the end of its plan period, of a stock those of the newest tree.
Date TreeDay(const Plan& plan, const Definition& definition);
// "" for a day that is no printable date: the newest tree.
std::string FormatTreeDay(Date day);

// The current path: the children of `region` on `day` with our own cells.
Input CurrentInput(const Contents& contents, const Definition& definition, const Plan& plan, RegionNumber region, Date day);

// The cells a plan needs, as the aggregator is asked for them.
void AddKeys(const Definition& definition, const Plan& plan, const Catalogue& catalogue,
             google::protobuf::RepeatedPtrField<aggregator::v1::ColumnKey>* keys);
// The dated path: a column as the same kind of input. Names and children are those of the answer's own records, on `day`.
Input DatedInput(const aggregator::v1::GetColumnResponse& column, const Definition& definition, const Plan& plan, std::optional<Date> as_of, Date day);
// The parts of it, for a column that is followed. The first place is the parent.
std::vector<Place> PlacesOf(const google::protobuf::RepeatedPtrField<types::v1::RegionRecord>& records, const Plan& plan, Date day);
// Where the plan reads this cell; nullopt when it does not.
std::optional<size_t> SlotOf(const aggregator::v1::Cell& cell, const Definition& definition, const Plan& plan);

// Whatever `wire` held before is gone; its memory is used again.
void FillRow(const Row& row, v1::Row* wire);

v1::RowChange ToProto(const Transition& transition);
MilestoneState StateOf(const aggregator::v1::MilestoneStatus& status);

}  // namespace anju::ranking
