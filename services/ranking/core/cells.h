// All current cells in memory. A copy is cheap and shares everything; an edit copies only the pages it touches, so readers keep a
// whole, unchanging state at one basis while the next frame is applied.
//
// A frame may touch every page of every column, so pages are not counted one by one, which would cost a memory access each: every state holds a link, and
// links hold those after them. A page that an edit replaces is given to the link of the state before. When that link goes, nobody is left who sees the page.
// So whoever holds a state holds all pages that were replaced since: hold one for as long as an answer takes.
//
// What changes with every report stands packed in pages of its own, apart from targets and notes, which change now and then: an edit copies little.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
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
  struct Link;
  class Pools;

 public:
  Cells();
  // One column, looked up once for many regions. Valid as long as the cells it was taken from.
  class Reader {
   public:
    // False when nothing is known; the figures stay as they were then.
    bool Get(RegionNumber region, Figures* figures) const;

   private:
    friend class Cells;
    explicit Reader(const Column* column) : column_(column) {}
    const Column* column_;  // nullptr: no cell of it is known
  };
  Reader Read(const ColumnKey& column) const;
  // nullopt when nothing is known.
  std::optional<Figures> Find(const ColumnKey& column, RegionNumber region) const;
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
  using PageCells = std::vector<std::pair<RegionNumber, Figures>>;
  template <typename Each>
  void ForEachPageSince(uint64_t edition, Each each) const;
  template <typename Each>
  void ForEachPage(Each each) const;

 private:
  // Regions kPageRegions·n … kPageRegions·(n+1) − 1 of a column. Region numbers are minted densely, so pages fill well, and a
  // page is small enough to copy for one changed cell.
  static constexpr RegionNumber kPageRegions = 8;
  template <typename Row>
  struct Page {
    uint64_t edition = 0;  // the edit that made it: that edit alone may still write to it
    uint8_t known = 0;     // bit n: rows[n] is there
    std::array<Row, kPageRegions> rows;
  };
  // What a report changes.
  struct Reported {
    int64_t actual = 0, declared = 0, year_start = 0;  // meaningful as `has` says
    Date newest_as_of;
    uint8_t has = 0;  // bits
    bool own = false;
    ReviewState review = ReviewState::kReported;
  };
  // What most cells have nothing of.
  struct Rest {
    std::vector<std::string> notes;
    std::array<Target, kLayers.size()> targets;
  };
  template <typename Row>
  using Pages = std::vector<Page<Row>*>;  // by region / kPageRegions; nullptr where empty
  struct Column {
    uint64_t edition;
    Pages<Reported> pages;  // a cell that is there has a row here
    Pages<Rest> rests;
    PageCells CellsOf(uint32_t number) const;
  };
  static Reported Pack(const Figures& figures);
  static void Unpack(const Reported& row, Figures* figures);
  Column& ColumnToChange(const ColumnKey& key);
  // `before`: the link of the state before; nullptr when nobody is left who sees it.
  void PutInto(Column& column, RegionNumber region, const Figures& figures, Link* before);
  // The page to write to: made anew, like the one it replaces, unless this edit has made it.
  template <typename Row>
  Page<Row>& PageToChange(Pages<Row>& pages, RegionNumber region, Link* before);

  std::map<ColumnKey, std::shared_ptr<Column>> columns_;
  std::shared_ptr<Pools> pools_;  // where pages are made
  std::shared_ptr<Link> link_;    // of this state
  std::weak_ptr<Link> before_;    // of the state that it was made from
  uint64_t edition_ = 0;
  size_t size_ = 0;
};

template <typename Each>
void Cells::ForEachPage(Each each) const {
  for (const auto& [key, column] : columns_) {
    for (uint32_t number = 0; number < column->pages.size(); ++number) {
      if (column->pages[number] != nullptr) each(key, number, column->CellsOf(number));
    }
  }
}

template <typename Each>
void Cells::ForEachPageSince(uint64_t edition, Each each) const {
  for (const auto& [key, column] : columns_) {
    if (column->edition <= edition) continue;
    for (uint32_t number = 0; number < column->pages.size(); ++number) {
      const Page<Reported>* page = column->pages[number];
      if (page != nullptr && page->edition > edition) each(key, number, column->CellsOf(number));
    }
  }
}

}  // namespace anju::ranking
