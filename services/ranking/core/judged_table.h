// A league table that is computed but not printed: everything that its rows are printed from.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "services/ranking/core/board.h"

namespace anju::ranking {

// Immutable, and never moved: the board points into the input. The catalogue that the plan was made with must outlive it.
struct JudgedTable {
  Definition definition;
  Plan plan;
  Input input;
  Board board;
  Table summary;  // the table without rows and total
  uint32_t unranked = 0;  // peers without a place

  // The seat of a child; nullopt for one that is none.
  std::optional<uint32_t> SeatOf(RegionNumber child) const;
};

// TIE_NOT_BROKEN, NO_FIGURES as of ComputeTable.
absl::StatusOr<std::shared_ptr<const JudgedTable>> JudgeTable(const Definition& definition, const Plan& plan, Input input);

}  // namespace anju::ranking
