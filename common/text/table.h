// Tables for terminals, aligned by East-Asian width: a Chinese character takes two columns.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace anju {

enum class Align { kLeft, kRight };  // numbers go right

// Terminal columns that `utf8` takes: 2 for wide and full-width characters, 0 for combining marks and controls, else 1. A byte
// that is not UTF-8 counts 1.
int DisplayWidth(std::string_view utf8);

// Header, a rule of dashes, then one line per row; columns are two blanks apart, lines end without blanks and with a newline. Columns
// that `align` does not reach go left; cells that a row lacks are empty; control characters are shown as blanks. REQUIRES: no row is
// wider than the header.
std::string FormatTable(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows,
                        const std::vector<Align>& align);

}  // namespace anju
