// Judges a table where it stays.
#include "services/ranking/core/judged_table.h"

#include <algorithm>
#include <utility>

#include "common/status/macros.h"

namespace anju::ranking {

absl::StatusOr<std::shared_ptr<const JudgedTable>> JudgeTable(const Definition& definition, const Plan& plan, Input input) {
  auto judged = std::make_shared<JudgedTable>();
  judged->definition = definition;
  judged->plan = plan;
  judged->input = std::move(input);
  ASSIGN_OR_RETURN(judged->board, MakeBoard(definition, plan, judged->input));
  ASSIGN_OR_RETURN(judged->summary, SummarizeTable(definition, plan, judged->input, judged->board));
  judged->unranked = static_cast<uint32_t>(std::count_if(judged->board.seats.begin(), judged->board.seats.end(),
                                                         [](const Seat& seat) { return seat.is_peer && seat.rank == 0; }));
  return judged;
}

std::optional<uint32_t> JudgedTable::SeatOf(RegionNumber child) const {
  const auto found = std::find_if(input.children.begin(), input.children.end(), [&](const Place& place) { return place.number == child; });
  if (found == input.children.end()) return std::nullopt;
  return static_cast<uint32_t>(found - input.children.begin());
}

}  // namespace anju::ranking
