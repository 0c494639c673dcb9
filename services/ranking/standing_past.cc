// Makes a standing of a judged table and of what is known of the past.
#include "services/ranking/standing_past.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "common/status/macros.h"
#include "services/ranking/convert.h"
#include "services/ranking/core/printer.h"
#include "services/ranking/core/standing_report.h"
#include "services/ranking/definitions.h"

namespace anju::ranking {
namespace {

void FillReport(const JudgedTable& table, const StandingReport& report, const std::function<void(uint32_t, v1::Row*)>& fill_row, v1::GetStandingResponse* wire) {
  const auto fill = [&](const Beside& beside, v1::Neighbour* neighbour) {
    fill_row(beside.seat, neighbour->mutable_row());
    if (beside.gap) neighbour->set_gap(FormatAmount(*table.plan.indicator, *beside.gap));
  };
  if (report.above) fill(*report.above, wire->mutable_above());
  if (report.below) fill(*report.below, wire->mutable_below());
  for (const uint32_t seat : report.tied) fill_row(seat, wire->add_tied());
  for (const RankReason& reason : report.reasons) {
    v1::RankReason* word = wire->add_reasons();
    word->set_word(ReasonWordName(reason.word));
    word->set_value(reason.value);
    word->set_count(reason.count);
  }
}

void FillYear(const StandingPast& past, RegionNumber child, v1::GetStandingResponse* wire) {
  const auto places = past.year.find(child);
  for (size_t day = 0; day < past.days.size(); ++day) {
    v1::PlaceAt* place = wire->add_year();
    place->set_as_of(FormatDate(past.days[day]));
    if (places == past.year.end()) continue;
    const PlaceThen& then = places->second[day];
    place->set_rank(then.rank);
    if (then.value) place->set_value(*then.value);
    if (then.rank == 0) continue;
    if (wire->best_rank() == 0 || then.rank < wire->best_rank()) wire->set_best_rank(then.rank);
    wire->set_worst_rank(std::max(wire->worst_rank(), then.rank));
  }
}

}  // namespace

void StandingPast::AddDay(const Question& question, Layer layer, const aggregator::v1::GetColumnResponse& column, size_t day, RegionNumber only) {
  Definition same = question.definition;
  same.layer = layer;
  const Input then = DatedInput(column, same, question.plan, days[day], question.DayOf(days[day]));
  const absl::StatusOr<Board> board = MakeBoard(same, question.plan, then);
  if (!board.ok()) return;
  for (const Seat& seat : board->seats) {
    const RegionNumber child = seat.standing.place->number;
    if (!seat.is_peer || (only != 0 && child != only)) continue;
    std::vector<PlaceThen>& places = year[child];
    places.resize(days.size());
    places[day] = {seat.rank, PrintValue(same, question.plan, board->prints_rates, seat.standing, same.digits)};
  }
}

size_t StandingPast::size() const {
  constexpr size_t kRowBytes = 160;  // of the movement and of the maps
  size_t size = sizeof(*this) + year.size() * (kRowBytes + days.size() * sizeof(PlaceThen));
  if (!milestones) return size;
  for (const auto& [region, lines] : *milestones) {
    for (const aggregator::v1::MilestoneStatus& line : lines) size += line.SpaceUsedLong();
  }
  return size;
}

StandingBytes::StandingBytes(const Catalogue& catalogue, const JudgedTable& table, uint32_t seat, const StandingPast& past,
                             const std::vector<aggregator::v1::MilestoneStatus>& milestones) {
  const auto fill_row = [&](uint32_t of, v1::Row* wire) {
    Row row = PrintRow(table.definition, table.plan, table.board, table.board.seats[of]);
    if (past.movement) past.movement->Move(table.definition, table.summary.prints_rates, row);
    FillRow(row, wire);
  };
  v1::GetStandingResponse begin;
  fill_row(seat, begin.mutable_row());
  begin.set_ranked(static_cast<uint32_t>(table.board.order.size()));
  *begin.mutable_definition() = ToProto(table.definition, table.summary.layer, catalogue);
  begin.set_parent(table.input.region.code);
  begin.set_parent_name(table.input.region.name);
  FillReport(table, ReportStanding(table.definition, table.plan, catalogue, table.board, seat), fill_row, &begin);
  FillYear(past, table.input.children[seat].number, &begin);
  if (table.summary.as_of) begin.set_as_of(FormatDate(*table.summary.as_of));
  begin_ = begin.SerializeAsString();

  v1::GetStandingResponse end;
  if (past.movement) {
    *end.mutable_since_basis() = past.since_basis;
    if (past.since) end.set_since(FormatDate(*past.since));
  }
  for (const aggregator::v1::MilestoneStatus& milestone : milestones) *end.add_milestones() = milestone;
  end.set_unit(table.plan.indicator->unit);
  end.set_denominator_unit(table.plan.of != nullptr ? table.plan.of->unit : table.plan.indicator->unit);
  end_ = end.SerializeAsString();
}

std::string StandingBytes::Response(const types::v1::BasisStamp& basis) const {
  v1::GetStandingResponse middle;
  *middle.mutable_basis() = basis;
  std::string response;
  response.reserve(begin_.size() + middle.ByteSizeLong() + end_.size());
  response.append(begin_);
  CHECK(middle.AppendToString(&response));
  response.append(end_);
  return response;
}

}  // namespace anju::ranking
