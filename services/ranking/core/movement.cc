// Compares two tables row by row. The difference is that of the printed values, so that a reader can check it against them.
#include "services/ranking/core/movement.h"

#include <algorithm>
#include <string>

#include "services/ranking/core/printer.h"

namespace anju::ranking {
namespace {

// digits × 10^-scale. Wider than Decimal: a rate of a sum over a small target may have more digits than one figure.
struct Printed {
  int128 digits = 0;
  int scale = 0;
};

std::optional<Printed> Parse(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  Printed printed;
  bool point = false;
  if (text.empty() || text.size() > kPrintedDigitsMax) return std::nullopt;
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9') {
      printed.digits = printed.digits * 10 + (c - '0');
      printed.scale += point;
    } else {
      return std::nullopt;
    }
  }
  if (negative) printed.digits = -printed.digits;
  return printed;
}

int128 Scaled(Printed printed, int scale) {
  for (; printed.scale < scale; ++printed.scale) printed.digits *= 10;
  return printed.digits;
}

std::string Format(Printed printed, bool trim) {
  while (trim && printed.scale > 0 && printed.digits % 10 == 0) {
    printed.digits /= 10;
    --printed.scale;
  }
  const bool negative = printed.digits < 0;
  std::string digits = FormatFraction(Fraction{negative ? -printed.digits : printed.digits, 1});
  const size_t scale = static_cast<size_t>(printed.scale);
  if (scale > 0) {
    if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
    digits.insert(digits.size() - scale, ".");
  }
  if (negative) digits.insert(digits.begin(), '-');
  return digits;
}

}  // namespace

std::optional<std::string> SubtractPrinted(std::string_view a, std::string_view b, bool trim) {
  const std::optional<Printed> left = Parse(a), right = Parse(b);
  if (!left || !right) return std::nullopt;
  const int scale = std::max(left->scale, right->scale);
  // Both have at most 36 digits, so an equal scale could need more than 38 digits only for a value that is printed with a scale of its own.
  if (static_cast<size_t>(scale - left->scale) + a.size() > kPrintedDigitsMax || static_cast<size_t>(scale - right->scale) + b.size() > kPrintedDigitsMax) {
    return std::nullopt;
  }
  return Format({Scaled(*left, scale) - Scaled(*right, scale), scale}, trim);
}

Movement::Movement(const Table& before) : prints_rates_(before.prints_rates), total_(before.total.value) {
  for (const Row& row : before.rows) rows_.emplace(row.code, Earlier{row.rank, row.value});
}

Movement::Movement(const Definition& definition, const Plan& plan, const Board& before)
    : prints_rates_(before.prints_rates), total_(PrintValue(definition, plan, before.prints_rates, before.total, definition.total_digits)) {
  rows_.reserve(before.order.size());
  for (const uint32_t number : before.order) {
    const Seat& seat = before.seats[number];
    rows_.emplace(seat.standing.place->code, Earlier{seat.rank, PrintValue(definition, plan, before.prints_rates, seat.standing, definition.digits)});
  }
}

void Movement::MoveValue(const Definition& definition, bool prints_rates, const std::optional<std::string>& before, Row& now) const {
  const bool gap = definition.by == SortKey::kGap || definition.by == SortKey::kTargetGap;
  if (prints_rates != prints_rates_ && !gap) return;  // gaps are amounts whatever else the table has
  // Amounts are printed without trailing zeros, and so is their difference.
  const bool trim = definition.trim || !prints_rates || gap;
  now.previous_value = before;
  if (now.value && before) now.value_change = SubtractPrinted(*now.value, *before, trim);
}

void Movement::Move(const Definition& definition, bool prints_rates, Row& row) const {
  const auto found = rows_.find(row.code);
  if (found == rows_.end()) return;
  row.previous_rank = found->second.rank;
  MoveValue(definition, prints_rates, found->second.value, row);
  if (row.rank != 0) row.rank_change = static_cast<int32_t>(row.previous_rank) - static_cast<int32_t>(row.rank);
}

void Movement::MoveTotal(const Definition& definition, bool prints_rates, Row& total) const { MoveValue(definition, prints_rates, total_, total); }

void AddMovement(const Definition& definition, const Table& before, Table& now) {
  const Movement movement(before);
  for (Row& row : now.rows) movement.Move(definition, now.prints_rates, row);
  for (Row& row : now.unranked) movement.Move(definition, now.prints_rates, row);
  movement.MoveTotal(definition, now.prints_rates, now.total);
}

}  // namespace anju::ranking
