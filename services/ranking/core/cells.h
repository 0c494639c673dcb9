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
  struct Column;

 public:
  // One column, looked up once for many regions. Valid as long as the cells it was taken from.
  class Reader {
   public:
    // nullptr when nothing is known.
    const Figures* Find(RegionNumber region) const;

   private:
    friend class Cells;
    explicit Reader(const Column* column) : column_(column) {}
    const Column* column_;  // nullptr: no cell of it is known
  };
  Reader Read(const ColumnKey& column) const;
  // nullptr when nothing is known.
  const Figures* Find(const ColumnKey& column, RegionNumber region) const { return Read(column).Find(region); }
  // A copy to change: what it shares with this one stays untouched.
  Cells Edit() const;
  void Put(const ColumnKey& column, RegionNumber region, const Figures& figures);
  // Periods other than a stock's that this region has something for, ascending; for saying what there is instead.
  std::vector<Period> PeriodsOf(ProgrammeNumber programme, IndicatorNumber indicator, RegionNumber region) const;
  size_t size() const { return size_; }

  // How many edits these cells have seen. Of two copies that came from one another the later one has the larger number.
  uint64_t edition() const { return edition_; }
  // Which page of its column a region's cell stands in.
  static uint32_t PageOf(RegionNumber region) { return region / kPageRegions; }
  // Whether an edit after `edition` has written to one of these pages. REQUIRES: these cells came from those of that edition by edits.
  bool WereTouchedSince(uint64_t edition, const ColumnKey& column, const std::vector<uint32_t>& pages) const;

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
