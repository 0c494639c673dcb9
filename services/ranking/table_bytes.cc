// Prints a judged table into bytes, row after row through one message.
#include "services/ranking/table_bytes.h"

#include <algorithm>
#include <utility>

#include "common/status/macros.h"
#include "services/ranking/convert.h"
#include "services/ranking/core/printer.h"
#include "services/ranking/definitions.h"

namespace anju::ranking {
namespace {

using v1::GetLeagueTableResponse;

void Append(const GetLeagueTableResponse& part, std::string& bytes) { CHECK(part.AppendToString(&bytes)); }

}  // namespace

TableBytes::TableBytes(const JudgedTable& table, const Catalogue& catalogue, const Movement* movement, uint32_t limit) : printed_(limit) {
  const Definition& definition = table.definition;
  const Board& board = table.board;
  const Table& summary = table.summary;
  GetLeagueTableResponse head;
  *head.mutable_definition() = ToProto(definition, summary.layer, catalogue);
  head.set_region(table.input.region.code);
  head.set_region_name(table.input.region.name);
  if (summary.as_of) head.set_as_of(FormatDate(*summary.as_of));
  Append(head, bytes_);
  rows_begin_ = bytes_.size();

  // One message serves all rows, since cleared strings keep their memory: 3,000 rows take 1.7 ms instead of 2.6 with a message for each.
  const auto print = [&](const Seat& seat, GetLeagueTableResponse& one, v1::Row* wire) {
    Row row = PrintRow(definition, table.plan, board, seat);
    if (movement != nullptr) movement->Move(definition, summary.prints_rates, row);
    FillRow(row, wire);
    Append(one, bytes_);
  };
  GetLeagueTableResponse one;
  v1::Row* ranked = one.add_rows();
  const size_t rows = limit == 0 ? board.order.size() : std::min<size_t>(limit, board.order.size());
  row_ends_.reserve(rows);
  constexpr size_t kRowBytes = 96;  // of most rows
  bytes_.reserve(bytes_.size() + (rows + table.unranked) * kRowBytes);
  for (size_t i = 0; i < rows; ++i) {
    print(board.seats[board.order[i]], one, ranked);
    row_ends_.push_back(bytes_.size());
  }
  GetLeagueTableResponse other;
  v1::Row* unranked = other.add_unranked();
  for (const Seat& seat : board.seats) {
    if (limit == 0 && seat.is_peer && seat.rank == 0) print(seat, other, unranked);
  }
  unranked_end_ = bytes_.size();

  GetLeagueTableResponse foot;
  Row total = PrintRow(definition, table.plan, board, board.total, definition.total_digits);
  if (movement != nullptr) movement->MoveTotal(definition, summary.prints_rates, total);
  FillRow(total, foot.mutable_total());
  foot.set_reported(summary.reported);
  foot.set_expected(summary.expected);
  Append(foot, bytes_);
  bytes_.shrink_to_fit();

  const Plan& plan = table.plan;
  end_.set_unit(plan.indicator->unit);
  end_.set_denominator_unit(plan.of != nullptr ? plan.of->unit : plan.indicator->unit);
  for (const Layer layer : summary.other_layers) end_.add_other_layers(ToProto(layer));
  end_.set_ranked_total(static_cast<uint32_t>(board.order.size()));
  end_.set_unranked_total(table.unranked);
}

std::string TableBytes::Response(uint32_t limit, const TableFrame& frame) const {
  CHECK(Has(limit));
  const size_t rows = limit == 0 ? row_ends_.size() : std::min<size_t>(limit, row_ends_.size());
  const size_t rows_end = limit == 0 ? unranked_end_ : rows == 0 ? rows_begin_ : row_ends_[rows - 1];
  GetLeagueTableResponse rest = end_;
  *rest.mutable_basis() = *frame.basis;
  rest.set_current(frame.current);
  if (frame.since_basis != nullptr) {
    *rest.mutable_since_basis() = *frame.since_basis;
    rest.set_since(frame.since);
  }
  rest.set_tree(FormatTreeDay(frame.tree));
  const size_t rest_size = rest.ByteSizeLong();
  std::string response;
  response.reserve(rows_end + (bytes_.size() - unranked_end_) + rest_size);
  response.append(bytes_, 0, rows_end);
  response.append(bytes_, unranked_end_);
  Append(rest, response);
  return response;
}

}  // namespace anju::ranking
