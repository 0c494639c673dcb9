// Lays out tables with utf8proc's character widths.
#include "common/text/table.h"

#include <utf8proc.h>

#include <algorithm>

#include "common/status/macros.h"

namespace anju {
namespace {

constexpr int kGap = 2;  // blanks between columns

// A newline or tab inside a cell would break the line for all columns after it.
std::string Printable(std::string_view text) {
  std::string out(text);
  std::replace_if(out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  return out;
}

}  // namespace

int DisplayWidth(std::string_view utf8) {
  int width = 0;
  while (!utf8.empty()) {
    utf8proc_int32_t character = 0;
    const utf8proc_ssize_t length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(utf8.data()),
                                                     static_cast<utf8proc_ssize_t>(utf8.size()), &character);
    width += length > 0 ? utf8proc_charwidth(character) : 1;
    utf8.remove_prefix(length > 0 ? static_cast<size_t>(length) : 1);
  }
  return width;
}

std::string FormatTable(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows,
                        const std::vector<Align>& align) {
  const size_t columns = header.size();
  std::vector<std::vector<std::string>> lines;
  std::vector<int> widths(columns, 0);
  const auto measure = [&](const std::vector<std::string>& cells) {
    CHECK(cells.size() <= columns);
    std::vector<std::string>& line = lines.emplace_back(columns);
    for (size_t i = 0; i < cells.size(); ++i) {
      line[i] = Printable(cells[i]);
      widths[i] = std::max(widths[i], DisplayWidth(line[i]));
    }
  };
  measure(header);
  lines.emplace_back();  // the rule, once the widths are known
  for (const std::vector<std::string>& row : rows) measure(row);
  for (const int width : widths) lines[1].emplace_back(static_cast<size_t>(width), '-');

  std::string out;
  for (const std::vector<std::string>& line : lines) {
    std::string text;
    for (size_t i = 0; i < columns; ++i) {
      const auto padding = static_cast<size_t>(widths[i] - DisplayWidth(line[i]));
      const bool right = i < align.size() && align[i] == Align::kRight;
      if (i > 0) text.append(kGap, ' ');
      if (right) text.append(padding, ' ');
      text += line[i];
      if (!right) text.append(padding, ' ');
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  }
  return out;
}

}  // namespace anju
