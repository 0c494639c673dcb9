// Lines of a fixed width in terminal columns: wrapping with the rules of Chinese punctuation, and tables whose headings wrap.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/text/table.h"

namespace anju::bulletin {

// Breaks `text` into lines of at most `columns`, the first one `indent` columns in, the others `hang`. Closing punctuation never begins a line, opening
// punctuation never ends one, words and numbers stay whole where they fit on a line. Newlines of the text break too. At least one line.
// REQUIRES: columns ≥ 4, and both indents below columns - 3.
std::vector<std::string> Wrap(std::string_view text, int columns, int indent = 0, int hang = 0);

std::string Centered(std::string_view line, int columns);
std::string RightAligned(std::string_view line, int columns);

struct TextTable {
  std::vector<std::string> groups, headings;  // a group stands above the columns beside each other that have it
  std::vector<Align> align;
  std::vector<std::vector<std::string>> rows;
  bool total = false;                         // a rule before the last row
};
// As narrow as headings and names allow; wider than `columns` only where figures alone are. Columns are two blanks apart.
std::string Format(const TextTable& table, int columns);

}  // namespace anju::bulletin
