// Wrapping and tables for terminals and mails.
#include "common/bulletin/text_layout.h"

#include <algorithm>

namespace anju::bulletin {
namespace {

constexpr int kGap = 2;             // blanks between columns
constexpr int kNameColumnsMax = 24; // names and texts in a table wrap beyond
constexpr int kHeadingWidths[] = {40, 24, 20, 16, 14, 12, 10, 8, 6, 5};  // a bracketed % needs five
constexpr std::string_view kClosing = "，。、；：！？）》〉〕】」』”’％%‰℃·…—．,.;:!?)]}";
constexpr std::string_view kOpening = "（《〈〔【「『“‘([{";

size_t CharacterLength(std::string_view text) {
  size_t length = 1;
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) ++length;
  return length;
}

bool OneOf(std::string_view character, std::string_view set) {
  for (; !set.empty(); set.remove_prefix(CharacterLength(set))) {
    if (set.substr(0, CharacterLength(set)) == character) return true;
  }
  return false;
}

bool IsWordByte(char c) { return static_cast<unsigned char>(c) < 0x80 && c != ' '; }

// What must not be broken: a word or number, or one wide character, with the punctuation that belongs to it.
std::vector<std::string> Units(std::string_view text) {
  std::vector<std::string> units;
  bool open = false;  // the unit before ends with opening punctuation
  while (!text.empty()) {
    size_t length = CharacterLength(text);
    if (IsWordByte(text.front())) {
      while (length < text.size() && IsWordByte(text[length])) ++length;
    } else {
      while (length < text.size() && DisplayWidth(text.substr(length, CharacterLength(text.substr(length)))) == 0) length += CharacterLength(text.substr(length));
    }
    const std::string_view unit = text.substr(0, length);
    const std::string_view first = unit.substr(0, CharacterLength(unit));
    if (!units.empty() && (open || (OneOf(first, kClosing) && units.back() != " "))) {
      units.back() += unit;
    } else {
      units.emplace_back(unit);
    }
    open = OneOf(unit, kOpening) || OneOf(unit.substr(unit.size() - 1), kOpening);
    text.remove_prefix(length);
  }
  return units;
}

std::string Blanks(int count) { return std::string(static_cast<size_t>(std::max(count, 0)), ' '); }

void WrapParagraph(std::string_view text, int columns, int indent, int hang, std::vector<std::string>& lines) {
  std::string line = Blanks(indent);
  int width = indent;
  bool empty = true;
  const auto flush = [&] {
    while (line.ends_with(' ') && !empty) line.pop_back();
    lines.push_back(empty ? "" : line);
    line = Blanks(hang);
    width = hang;
    empty = true;
  };
  const auto put = [&](std::string_view piece) {
    line += piece;
    width += DisplayWidth(piece);
    empty = false;
  };
  for (const std::string& unit : Units(text)) {
    if (width + DisplayWidth(unit) > columns && !empty) {
      if (unit == " ") continue;  // a blank at the end of a line is the break
      flush();
    }
    if (empty && unit == " " && width == hang && !lines.empty()) continue;
    std::string_view rest = unit;
    while (width + DisplayWidth(rest) > columns) {  // longer than a line: broken anywhere
      size_t cut = 0;
      int taken = 0;
      while (cut < rest.size()) {
        const size_t length = CharacterLength(rest.substr(cut));
        const int more = DisplayWidth(rest.substr(cut, length));
        if (width + taken + more > columns) break;
        taken += more;
        cut += length;
      }
      if (cut == 0) break;  // REQUIRES forbids it; a line too wide rather than an endless loop
      put(rest.substr(0, cut));
      flush();
      rest.remove_prefix(cut);
    }
    if (!rest.empty()) put(rest);
  }
  flush();
}

std::string Padded(std::string_view text, int width, Align align) {
  const std::string blanks = Blanks(width - DisplayWidth(text));
  return align == Align::kRight ? blanks + std::string(text) : std::string(text) + blanks;
}

class Layout {
 public:
  Layout(const TextTable& table, int columns) : table_(table) {
    const size_t count = table.headings.size();
    for (const auto& row : table.rows) {
      auto& wrapped = cells_.emplace_back(count);
      for (size_t i = 0; i < count; ++i) wrapped[i] = Wrap(i < row.size() ? row[i] : "", kNameColumnsMax);
    }
    for (const int most : kHeadingWidths) {
      Measure(most);
      if (Width() <= columns) return;
    }
    Measure(8);  // wider than a line anyway: headings that can be read
  }

  std::string Format() const {
    std::string out;
    Groups(out);
    Line(out, heads_, true);
    Rule(out);
    for (size_t i = 0; i < cells_.size(); ++i) {
      if (table_.total && i + 1 == cells_.size()) Rule(out);
      Line(out, cells_[i], false);
    }
    return out;
  }

 private:
  void Measure(int most) {
    heads_.clear();
    widths_.assign(table_.headings.size(), 4);
    for (size_t i = 0; i < widths_.size(); ++i) {
      int widest = 4;
      for (const auto& row : cells_) {
        for (const std::string& line : row[i]) widest = std::max(widest, DisplayWidth(line));
      }
      heads_.push_back(Wrap(table_.headings[i], std::max(widest, most)));
      for (const std::string& line : heads_.back()) widest = std::max(widest, DisplayWidth(line));
      widths_[i] = widest;
    }
    for (size_t i = 0; i < widths_.size(); i += Span(i)) {  // a group's name needs its room too
      if (Group(i).empty()) continue;
      widths_[i] += std::max(0, DisplayWidth(Group(i)) - SpanWidth(i));
    }
  }

  std::string_view Group(size_t i) const { return i < table_.groups.size() ? std::string_view(table_.groups[i]) : ""; }
  size_t Span(size_t i) const {
    size_t span = 1;
    while (!Group(i).empty() && i + span < widths_.size() && Group(i + span) == Group(i)) ++span;
    return span;
  }
  int SpanWidth(size_t i) const {
    int width = -kGap;
    for (size_t k = i; k < i + Span(i); ++k) width += widths_[k] + kGap;
    return width;
  }
  int Width() const {
    int width = -kGap;
    for (const int one : widths_) width += one + kGap;
    return width;
  }

  void Groups(std::string& out) const {
    if (std::all_of(table_.groups.begin(), table_.groups.end(), [](const std::string& group) { return group.empty(); })) return;
    std::string names, rules;
    for (size_t i = 0; i < widths_.size(); i += Span(i)) {
      const int width = SpanWidth(i);
      const std::string gap = i == 0 ? "" : Blanks(kGap);
      const bool group = !Group(i).empty();
      names += gap + (group ? Padded(Centered(Group(i), width), width, Align::kLeft) : Blanks(width));
      rules += gap + (group ? std::string(static_cast<size_t>(width), '-') : Blanks(width));
    }
    Cut(out, names);
    Cut(out, rules);
  }

  void Line(std::string& out, const std::vector<std::vector<std::string>>& cells, bool bottom) const {
    size_t high = 1;
    for (const auto& cell : cells) high = std::max(high, cell.size());
    for (size_t k = 0; k < high; ++k) {
      std::string line;
      for (size_t i = 0; i < cells.size(); ++i) {
        const size_t skip = bottom ? high - cells[i].size() : 0;
        const std::string_view text = k >= skip && k - skip < cells[i].size() ? std::string_view(cells[i][k - skip]) : "";
        line += (i == 0 ? "" : Blanks(kGap)) + Padded(text, widths_[i], i < table_.align.size() ? table_.align[i] : Align::kLeft);
      }
      Cut(out, line);
    }
  }

  void Rule(std::string& out) const {
    std::string line;
    for (size_t i = 0; i < widths_.size(); ++i) line += (i == 0 ? "" : Blanks(kGap)) + std::string(static_cast<size_t>(widths_[i]), '-');
    Cut(out, line);
  }

  static void Cut(std::string& out, std::string& line) {
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }

  const TextTable& table_;
  std::vector<std::vector<std::vector<std::string>>> cells_;  // row, column, line
  std::vector<std::vector<std::string>> heads_;
  std::vector<int> widths_;
};

}  // namespace

std::vector<std::string> Wrap(std::string_view text, int columns, int indent, int hang) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    WrapParagraph(text.substr(begin, end - begin), columns, begin == 0 ? indent : hang, hang, lines);
    begin = end + 1;
  }
  return lines;
}

std::string Centered(std::string_view line, int columns) { return Blanks((columns - DisplayWidth(line)) / 2) + std::string(line); }
std::string RightAligned(std::string_view line, int columns) { return Blanks(columns - DisplayWidth(line)) + std::string(line); }

std::string Format(const TextTable& table, int columns) { return Layout(table, columns).Format(); }

}  // namespace anju::bulletin
