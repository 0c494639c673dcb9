// How much room a bulletin's tables and last page take on paper, estimated from the widths of what is printed: which type a table is set in, and
// how many pages the last part fills, so that the copies line can stand at the foot of the last one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/bulletin/content.h"

namespace anju::bulletin {

// A cell as the estimate sees it.
struct TableShape {
  std::vector<std::vector<int>> rows;  // terminal columns of every cell (two for a Chinese character), headings not among them
  std::vector<int> headings;
  bool groups = false;                 // a second line of headings
};

struct TableType {
  std::string points;   // "12"
  std::string padding;  // above and below a cell, in mm
  bool wide = false;    // on a page that lies on its side
  int64_t head_um = 0;    // of its headings, which stand on every page
  std::vector<int64_t> rows_um;
  std::vector<int> permille;  // of the width, by column
};

// The largest type in which no cell needs to break inside a number; lying pages only where the smallest readable one is still too wide.
TableType FitTable(const TableShape& shape);
TableShape ShapeOf(const Annex& annex);
// Terminal columns up to which a cell is never broken.
inline constexpr int kUnbrokenColumnsMax = 18;

// Lines that text takes where a line has `columns` terminal columns; at least 1.
size_t LinesOf(const std::string& text, size_t columns);
// Pages for what stands before a table, the table (none: a type without rows), and what follows and is not broken, where a page takes `page_um`.
// Estimated upwards: a page too many leaves the copies line alone at its foot, one too few leaves it in the middle.
size_t PagesOf(int64_t before_um, const TableType& table, int64_t after_um, int64_t page_um);

}  // namespace anju::bulletin
