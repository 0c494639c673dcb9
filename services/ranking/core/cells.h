// All current cells in memory. A copy is cheap and shares everything; an edit copies only the pages it touches, so readers keep a
// whole, unchanging state at one basis while the next frame is applied.
//
// A frame may touch every page of every column, so pages are not counted one by one, which would cost a memory access each: every state holds a link, and
// links hold those after them. A page that an edit replaces is given to the link of the state before. When that link goes, nobody is left who sees the page.
// So whoever holds a state holds all pages that were replaced since: hold one for as long as an answer takes.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
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
  struct Page;
  struct Link;
  class Pool;

 public:
  Cells();
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
  // A copy to change: what it shares with this one stays untouched. States follow one another: REQUIRES that no other edit of this one was made.
  Cells Edit() const;
  void Put(const ColumnKey& column, RegionNumber region, const Figures& figures);
  // The same for some cells in order. They come in no order out of some hundred megabytes, so memory is asked for all of them before the first is written.
  struct Change {
    ColumnKey column;
    RegionNumber region = 0;
    Figures figures;
  };
  static constexpr size_t kChangesAtOnce = 32;
  void Put(const std::vector<Change>& changes);
  // Periods other than a stock's that this region has something for, ascending; for saying what there is instead.
  std::vector<Period> PeriodsOf(ProgrammeNumber programme, IndicatorNumber indicator, RegionNumber region) const;
  size_t size() const { return size_; }

  // How many edits these cells have seen. Of two copies that came from one another the later one has the larger number.
  uint64_t edition() const { return edition_; }
  // Which page of its column a region's cell stands in.
  static uint32_t PageOf(RegionNumber region) { return region / kPageRegions; }
  // Whether an edit after `edition` has written to one of these pages. REQUIRES: these cells came from those of that edition by edits.
  bool WereTouchedSince(uint64_t edition, const ColumnKey& column, const std::vector<uint32_t>& pages) const;
  // Calls each(column, number of the page, its cells as pairs of region and figures, by region) for the pages that an edit after `edition` has written to,
  // in the order of their keys. REQUIRES: as WereTouchedSince.
  using PageCells = std::vector<std::pair<RegionNumber, const Figures*>>;
  template <typename Each>
  void ForEachPageSince(uint64_t edition, Each each) const;
  template <typename Each>
  void ForEachPage(Each each) const;

 private:
  // Regions kPageRegions·n … kPageRegions·(n+1) − 1 of a column. Region numbers are minted densely, so pages fill well, and a
  // page is small enough to copy for one changed cell.
  static constexpr RegionNumber kPageRegions = 8;
  struct Page {
    uint64_t edition = 0;  // the edit that made it: that edit alone may still write to it
    uint8_t known = 0;     // bit n: figures[n] is a cell
    std::array<Figures, kPageRegions> figures;
    PageCells Cells(uint32_t number) const;
  };
  struct Column {
    uint64_t edition;
    std::vector<Page*> pages;  // by region / kPageRegions; nullptr where empty
  };
  Column& ColumnToChange(const ColumnKey& key);
  void PutInto(Column& column, RegionNumber region, const Figures& figures);
  Page* NewPage(const Page* like);
  void Retire(Page* page);

  std::map<ColumnKey, std::shared_ptr<Column>> columns_;
  std::shared_ptr<Pool> pool_;   // where pages are made
  std::shared_ptr<Link> link_;   // of this state
  std::weak_ptr<Link> before_;   // of the state that it was made from
  uint64_t edition_ = 0;
  size_t size_ = 0;
};

template <typename Each>
void Cells::ForEachPage(Each each) const {
  for (const auto& [key, column] : columns_) {
    for (uint32_t number = 0; number < column->pages.size(); ++number) {
      if (const Page* page = column->pages[number]) each(key, number, page->Cells(number));
    }
  }
}

template <typename Each>
void Cells::ForEachPageSince(uint64_t edition, Each each) const {
  for (const auto& [key, column] : columns_) {
    if (column->edition <= edition) continue;
    for (uint32_t number = 0; number < column->pages.size(); ++number) {
      const Page* page = column->pages[number];
      if (page != nullptr && page->edition > edition) each(key, number, page->Cells(number));
    }
  }
}

}  // namespace anju::ranking
