// The book of a bulletin's figures: every cell that is printed, or that a rule of a printed one names, once, with its id and rule.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "services/ranking/core/bulletin/values.h"

namespace anju::ranking {

// More operands no rule may have (a check file takes 1,000), and a table of more ranked rows gets no rank rules: each row's would name all others, so
// they would be most of the bulletin.
inline constexpr size_t kRuleOperandsMax = 1'000;
inline constexpr size_t kRankRuleRowsMax = 200;

// Which row of a table.
struct RowRef {
  static constexpr size_t kTotal = SIZE_MAX;
  size_t table = 0;
  size_t row = kTotal;  // ranked rows first, then unranked ones
  friend auto operator<=>(const RowRef&, const RowRef&) = default;
};

class FigureBook {
 public:
  // All three must outlive the book. REQUIRES: as many answers as tables.
  FigureBook(const Template& source, const ComposeInput& input, const Catalogue& catalogue);

  const Row& RowAt(const RowRef& at) const;
  size_t RowsOf(size_t table) const;
  const TemplateTable& TableAt(size_t table) const { return source_.tables[table]; }
  const TableAnswer& AnswerAt(size_t table) const { return input_.tables[table]; }

  // The figure of a cell that is printed in its table as `printed` ("" for a word). Each call is one place of printing. REQUIRES: a numeric cell.
  bulletin::Figure PrintInTable(const RowRef& at, const CellRef& cell, const std::string& word, const std::string& printed);
  // The figure of a cell repeated elsewhere, under the next of the ids `stem`, `stem`_2 …; its rule is the cell's own figure.
  bulletin::Figure Repeat(const RowRef& at, const CellRef& cell, const std::string& word, const std::string& printed, const std::string& stem);
  // A figure that is no cell: a count, a share. Under the next id like Repeat.
  std::string NewId(const std::string& stem);

  // Cells that rules name and no table prints, with a place for people.
  std::vector<std::pair<std::string, bulletin::Figure>> Operands() const;
  size_t size() const { return entries_.size() + ids_.size(); }

 private:
  struct Entry {
    RowRef at;
    std::string word;
    bulletin::Figure figure;  // as a plain number
    bool printed = false;     // some table shows it
  };

  // The entry of a cell, made when first asked for, with everything its rule names.
  Entry& Bind(const RowRef& at, const CellRef& cell, const std::string& word);
  Entry& Bind(const RowRef& at, CellKind kind);
  std::string RuleOf(const RowRef& at, const CellRef& cell, const std::string& word, const Row& row);
  std::string QuotientRule(const RowRef& at, const CellRef& denominator, const std::string& word, const CellValue& value);
  std::string KeyRule(const RowRef& at, const Row& row);
  std::string SumRule(const RowRef& at, const CellRef& cell, const std::string& word);
  std::string RankRule(const RowRef& at);
  std::string NetNewRule(const RowRef& at, const Row& row);
  std::string ColumnWord(size_t table, const CellRef& cell) const;
  std::string PlaceOf(const Entry& entry) const;

  const Template& source_;
  const ComposeInput& input_;
  const Catalogue& catalogue_;
  std::deque<Entry> entries_;  // in the order they were asked for; a deque, because rules are made while entries are held
  std::map<std::tuple<RowRef, std::string>, Entry*> by_cell_;
  std::set<std::string> ids_;
  std::map<std::string, int> suffixes_;  // tried after a stem so far
};

// a.b.c with what no id may hold replaced by _.
std::string FigureId(std::string_view a, std::string_view b, std::string_view c);
// The word of a cell kind that is not a column.
std::string WordOf(CellKind kind);

}  // namespace anju::ranking
