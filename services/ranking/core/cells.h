// All current cells in memory. A copy is cheap and shares everything; an edit copies only the pages it touches, so readers keep a
// whole, unchanging state at one basis while the next frame is applied.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "services/ranking/core/figures.h"

namespace anju::ranking {

// One column: the cells of all regions for this.
struct ColumnKey {
  ProgrammeNumber programme = 0;
  FigureKey figure;
  friend auto operator<=>(const ColumnKey&, const ColumnKey&) = default;
};

// Reads are safe for concurrent use; Put only on a copy nobody else sees yet.
class Cells {
 public:
  // nullptr when nothing is known.
  const Figures* Find(const ColumnKey& column, RegionNumber region) const;
  // A copy to change: what it shares with this one stays untouched.
  Cells Edit() const;
  void Put(const ColumnKey& column, RegionNumber region, const Figures& figures);
  // Periods other than a stock's that this region has something for, ascending; for saying what there is instead.
  std::vector<Period> PeriodsOf(ProgrammeNumber programme, IndicatorNumber indicator, RegionNumber region) const;
  size_t size() const { return size_; }

 private:
  // Regions kPageRegions·n … kPageRegions·(n+1) − 1 of a column. Region numbers are minted densely, so pages fill well, and a
  // page is small enough to copy for one changed cell.
  static constexpr RegionNumber kPageRegions = 32;
  struct Entry {
    RegionNumber region;
    Figures figures;
  };
  struct Page {
    uint64_t edition;  // the edit that made it: that edit alone may still write to it
    std::vector<Entry> entries;  // by region
  };
  struct Column {
    uint64_t edition;
    std::vector<std::shared_ptr<Page>> pages;  // by region / kPageRegions; nullptr where empty
  };
  std::map<ColumnKey, std::shared_ptr<Column>> columns_;
  uint64_t edition_ = 0;
  size_t size_ = 0;
};

}  // namespace anju::ranking
