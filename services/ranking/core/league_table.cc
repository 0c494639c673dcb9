// Builds the table from a judged board: what the figures are dated, how complete they are, and the printed rows.
#include "services/ranking/core/league_table.h"

#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/ranking/core/board.h"
#include "services/ranking/core/printer.h"

namespace anju::ranking {
namespace {

// As asked, else the newest among the peers, else the region's own.
std::optional<Date> DateOf(const Input& input, const Board& board) {
  if (input.as_of) return input.as_of;
  std::optional<Date> newest;
  for (const Seat& seat : board.seats) {
    if (seat.is_peer && seat.standing.as_of && (!newest || *newest < *seat.standing.as_of)) newest = seat.standing.as_of;
  }
  return newest ? newest : board.total.as_of;
}

// Expected: peers with a target in force (stocks: all peers). Reported: those of them whose data are of the table's month.
void Complete(const Plan& plan, const Board& board, Table& table) {
  const int year = table.as_of ? YearOf(*table.as_of) : 0, month = table.as_of ? MonthOf(*table.as_of) : 0;
  std::optional<Date> judged;  // most peers have the same date
  bool is_of_month = false;
  for (const Seat& seat : board.seats) {
    if (!seat.is_peer || (!plan.indicator->is_stock() && !seat.standing.target.known())) continue;
    ++table.expected;
    const std::optional<Date>& as_of = seat.standing.as_of;
    if (!as_of || !table.as_of) continue;
    if (judged != as_of) {
      judged = as_of;
      is_of_month = YearOf(*as_of) == year && MonthOf(*as_of) == month;
    }
    if (is_of_month) ++table.reported;
  }
}

bool HasPeer(const Board& board) {
  for (const Seat& seat : board.seats) {
    if (seat.is_peer) return true;
  }
  return false;
}

}  // namespace

const char* UnrankedName(Unranked reason) {
  switch (reason) {
    case Unranked::kNone: return "";
    case Unranked::kNoTarget: return "NO_TARGET";
    case Unranked::kZeroTarget: return "ZERO_TARGET";
    case Unranked::kNoTask: return "NO_TASK";
    case Unranked::kNotReported: return "NOT_REPORTED";
    case Unranked::kNotPublished: return "NOT_PUBLISHED";
    case Unranked::kZeroValue: return "ZERO_VALUE";
  }
  return "";
}

absl::StatusOr<Table> ComputeTable(const Definition& definition, const Plan& plan, const Input& input, bool may_be_empty) {
  ASSIGN_OR_RETURN(const Board board, MakeBoard(definition, plan, input));
  return PrintTable(definition, plan, input, board, may_be_empty);
}

absl::StatusOr<Table> SummarizeTable(const Definition& definition, const Plan& plan, const Input& input, const Board& board, bool may_be_empty) {
  const Standing& total = board.total;
  if (!may_be_empty && !HasPeer(board) && !total.numerator && !total.net_new && total.target.missing == Missing::kAbsent) {
    return MakeError(Reason::NO_FIGURES, "", "", "nothing is known of " + plan.indicator->code + " for " + input.region.code + " and its children" +
                     (definition.period.is_stock() ? "" : " in " + FormatPeriod(definition.period)));
  }
  Table table;
  table.layer = board.layer;
  for (Layer layer : LayersWithTargets(input, plan.needs.target)) {
    if (layer != board.layer) table.other_layers.push_back(layer);
  }
  table.as_of = DateOf(input, board);
  table.prints_rates = board.prints_rates;
  Complete(plan, board, table);
  return table;
}

absl::StatusOr<Table> PrintTable(const Definition& definition, const Plan& plan, const Input& input, const Board& board, bool may_be_empty) {
  ASSIGN_OR_RETURN(Table table, SummarizeTable(definition, plan, input, board, may_be_empty));
  const auto print = [&](const Seat& seat) {
    Row row = PrintRow(definition, plan, board, seat);
    row.exact = ExactOf(definition, plan, board, seat.standing);
    return row;
  };
  table.rows.reserve(board.order.size());
  for (const uint32_t seat : board.order) table.rows.push_back(print(board.seats[seat]));
  for (const Seat& seat : board.seats) {
    if (seat.is_peer && seat.rank == 0) table.unranked.push_back(print(seat));
  }
  table.total = PrintRow(definition, plan, board, board.total, definition.total_digits);
  table.total.exact = ExactOf(definition, plan, board, board.total);
  return table;
}

}  // namespace anju::ranking
