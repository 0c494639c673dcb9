// Movement between two tables of one definition: how places and printed values changed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "services/ranking/core/board.h"

namespace anju::ranking {

// The places and printed values of an earlier table, by region code, for the rows of a later one. Immutable: safe for concurrent use.
class Movement {
 public:
  Movement() = default;  // nobody was ranked
  explicit Movement(const Table& before);
  Movement(const Definition& definition, const Plan& plan, const Board& before);

  // Fills previous_rank, previous_value, value_change and rank_change of a row of a table that prints rates, or not. A region that was unranked or
  // absent before has no previous anything. Where only one of the tables prints rates the values are of two kinds and not compared.
  void Move(const Definition& definition, bool prints_rates, Row& row) const;
  // Of the total only the values.
  void MoveTotal(const Definition& definition, bool prints_rates, Row& total) const;

 private:
  struct Earlier {
    uint32_t rank = 0;
    std::optional<std::string> value;
  };
  void MoveValue(const Definition& definition, bool prints_rates, const std::optional<std::string>& before, Row& now) const;
  bool prints_rates_ = false;
  std::unordered_map<std::string, Earlier> rows_;  // ranked ones
  std::optional<std::string> total_;
};

// The movement of a whole table.
void AddMovement(const Definition& definition, const Table& before, Table& now);

// a − b of two printed decimals, exact, with the decimals of the finer one (`trim`: without trailing zeros). nullopt when one is no decimal of
// at most kPrintedDigitsMax digits.
inline constexpr size_t kPrintedDigitsMax = 36;
std::optional<std::string> SubtractPrinted(std::string_view a, std::string_view b, bool trim);

}  // namespace anju::ranking
