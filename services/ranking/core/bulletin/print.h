// Cells as text: numbers in their format, words where a number is not or instead of one.
#pragma once

#include <string>

#include "services/ranking/core/bulletin/figures.h"

namespace anju::ranking {

struct Shown {
  std::string text;     // with prefix and suffix, or a word
  std::string printed;  // the number alone; "" for a word
};

// Which words hold for a cell and what stands for an unknown number that no word is given for.
struct WordRules {
  Words words;            // the template's reasons, overridden by the column's words
  std::string otherwise;  // tables: "", texts: "——"
};
WordRules WordsOfColumn(const Template& source, const TemplateColumn& column, CellKind kind);
WordRules WordsOfText(const Template& source);

// REQUIRES: a numeric cell.
Shown Show(const TableAnswer& answer, const Row& row, const CellRef& cell, const WordRules& rules, const NumberFormat& format);

// One annex table, without its texts.
bulletin::Annex PrintAnnex(const Template& source, size_t table, Date as_of, FigureBook& book);

// Literals and {year}, {month}, {day} put together. REQUIRES: no other bindings.
std::string PlainOf(const TemplateText& text, Date as_of);
// The word of {year}, {month}, {day}; "" for another word.
std::string DateWord(const std::string& word, Date day);

}  // namespace anju::ranking
