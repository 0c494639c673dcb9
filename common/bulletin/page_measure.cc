// Estimates of height and width on paper.
#include "common/bulletin/page_measure.h"

#include <algorithm>
#include <iterator>

#include "common/bulletin/render_parts.h"
#include "common/text/table.h"

namespace anju::bulletin {
namespace {

constexpr int64_t kPortraitUm = 156'000, kLandscapeUm = 225'000;
constexpr int64_t kCellPadding = 700;  // left and right of a cell with its rule, in thousandths of an em, as all widths here
constexpr int64_t kDigit = 540;        // a digit of some fonts is wider than half a character

struct Size {
  const char* points;
  int64_t em_um;
};
constexpr Size kSizes[] = {{"14", 4939}, {"12", 4233}, {"10.5", 3704}, {"9", 3175}, {"7.5", 2646}, {"6.5", 2293}};
constexpr int64_t kPortraitEmMin = 3175;  // the page is turned before the type gets smaller
constexpr int kUnbrokenHeadingColumns = 12;
constexpr int64_t kRoomyRowsMax = 12;     // short tables are set with air

int64_t RoundedUp(int64_t a, int64_t b) { return (a + b - 1) / b; }

// What each column needs when nothing breaks that should not; short headings stay on one line, long ones may take four.
std::vector<int64_t> ColumnWidths(const TableShape& shape) {
  std::vector<int64_t> widths;
  for (size_t column = 0; column < shape.headings.size(); ++column) {
    int cell = 0;
    for (const auto& row : shape.rows) cell = std::max(cell, column < row.size() ? std::min(row[column], kUnbrokenColumnsMax) : 0);
    const int whole = shape.headings[column];
    const int64_t heading = whole <= kUnbrokenHeadingColumns ? std::max(4, whole) : std::max(8, (whole + 3) / 4);
    widths.push_back(std::max(cell * kDigit, heading * 500) + kCellPadding);
  }
  return widths;
}

void MeasureRows(const TableShape& shape, const std::vector<int64_t>& widths, int64_t em_um, int64_t padding_um, int64_t total_um, TableType& type) {
  int64_t sum = 1;
  for (const int64_t width : widths) sum += width;
  const auto row_height = [&](const std::vector<int>& row) {
    int64_t lines = 1;
    for (size_t i = 0; i < row.size() && i < widths.size(); ++i) {
      const int64_t stretched = std::max(widths[i], widths[i] * total_um * 1000 / (sum * em_um));
      lines = std::max(lines, RoundedUp(row[i] * int64_t{500}, stretched - kCellPadding));
    }
    return lines * em_um * 135 / 100 + 2 * padding_um + 300;
  };
  type.head_um = row_height(shape.headings) + (shape.groups ? row_height({}) : 0);
  for (const auto& row : shape.rows) type.rows_um.push_back(row_height(row));
}

}  // namespace

TableType FitTable(const TableShape& shape) {
  const std::vector<int64_t> widths = ColumnWidths(shape);
  int64_t sum = 0;
  for (const int64_t width : widths) sum += width;
  const auto largest = [&](int64_t room_um, int64_t least_um) {
    return std::find_if(std::begin(kSizes), std::end(kSizes), [&](const Size& size) { return size.em_um >= least_um && sum * size.em_um / 1000 <= room_um; });
  };
  const bool roomy = static_cast<int64_t>(shape.rows.size()) <= kRoomyRowsMax;
  const Size* size = largest(kPortraitUm, kPortraitEmMin);
  const bool wide = size == std::end(kSizes);
  if (wide) size = largest(kLandscapeUm, 0);
  if (size == std::end(kSizes)) --size;                         // cells break then
  if (size == std::begin(kSizes) && !roomy) ++size;
  const int64_t padding_um = roomy && !wide ? 2400 : size->em_um < kPortraitEmMin ? 700 : 1100;
  TableType type;
  type.points = size->points;
  type.padding = padding_um == 2400 ? "2.4mm" : padding_um == 700 ? ".7mm" : "1.1mm";
  type.wide = wide;
  MeasureRows(shape, widths, size->em_um, padding_um, wide ? kLandscapeUm : kPortraitUm, type);
  for (const int64_t width : widths) type.permille.push_back(static_cast<int>(width * 1000 / sum));
  return type;
}

TableShape ShapeOf(const Annex& annex) {
  TableShape shape;
  for (const Column& column : annex.columns) {
    shape.headings.push_back(DisplayWidth(column.heading));
    shape.groups = shape.groups || !column.group.empty();
  }
  const auto add = [&](const Row& row) {
    std::vector<int>& widths = shape.rows.emplace_back();
    for (const Runs& cell : row.cells) widths.push_back(DisplayWidth(CleanText(cell)));
  };
  for (const Row& row : annex.rows) add(row);
  if (annex.total) add(*annex.total);
  return shape;
}

size_t LinesOf(const std::string& text, size_t columns) {
  return std::max<size_t>(1, (static_cast<size_t>(DisplayWidth(text)) + columns - 1) / columns);
}

size_t PagesOf(int64_t before_um, const TableType& table, int64_t after_um, int64_t page_um) {
  const auto slack = [](int64_t um) { return um * 102 / 100; };
  size_t pages = 1 + static_cast<size_t>(slack(before_um) / page_um);  // text flows on
  int64_t filled = slack(before_um) % page_um + (table.rows_um.empty() ? 0 : slack(table.head_um));
  for (const int64_t row : table.rows_um) {
    if (filled + slack(row) > page_um) {
      ++pages;
      filled = slack(table.head_um);
    }
    filled += slack(row);
  }
  return filled + slack(after_um) > page_um ? pages + 1 : pages;
}

}  // namespace anju::bulletin
