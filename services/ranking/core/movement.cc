// Compares two tables row by row. The difference is that of the printed values, so that a reader can check it against them.
#include "services/ranking/core/movement.h"

#include <algorithm>
#include <string>
#include <unordered_map>

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

void MoveValue(const Row& before, bool trim, Row& now) {
  now.previous_value = before.value;
  if (now.value && before.value) now.value_change = SubtractPrinted(*now.value, *before.value, trim);
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

void AddMovement(const Definition& definition, const Table& before, Table& now) {
  const bool values = before.prints_rates == now.prints_rates;
  const bool gap = definition.by == SortKey::kGap || definition.by == SortKey::kTargetGap;
  const bool same_kind = values || gap;  // gaps are amounts whatever else the table has
  // Amounts are printed without trailing zeros, and so is their difference.
  const bool trim = definition.trim || !now.prints_rates || gap;
  std::unordered_map<std::string_view, const Row*> previous;
  for (const Row& row : before.rows) previous.emplace(row.code, &row);
  const auto move = [&](Row& row) {
    auto found = previous.find(row.code);
    if (found == previous.end()) return;
    row.previous_rank = found->second->rank;
    if (same_kind) MoveValue(*found->second, trim, row);
    if (row.rank != 0) row.rank_change = static_cast<int32_t>(row.previous_rank) - static_cast<int32_t>(row.rank);
  };
  for (Row& row : now.rows) move(row);
  for (Row& row : now.unranked) move(row);
  if (same_kind) MoveValue(before.total, trim, now.total);
}

}  // namespace anju::ranking
