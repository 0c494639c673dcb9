// Cells in pages that are copied on the first write of an edit.
#include "services/ranking/core/cells.h"

#include <algorithm>
#include <deque>
#include <type_traits>

#include "common/status/macros.h"
#include "common/thread/mutex.h"

namespace anju::ranking {

// Pages of states that come from one another. They go back to it from whatever thread lets go of a state last.
class Cells::Pools {
 public:
  Page<Reported>* Take(const Page<Reported>*) {
    const MutexLock lock(mutex_);
    return TakeFrom(reported_);
  }
  Page<Rest>* Take(const Page<Rest>*) {
    const MutexLock lock(mutex_);
    return TakeFrom(rest_);
  }
  void Give(const Pages<Reported>& reported, const Pages<Rest>& rest) {
    for (Page<Rest>* page : rest) {
      for (Rest& row : page->rows) row.notes = {};  // all else is written over
    }
    const MutexLock lock(mutex_);
    reported_.free.insert(reported_.free.end(), reported.begin(), reported.end());
    rest_.free.insert(rest_.free.end(), rest.begin(), rest.end());
  }

 private:
  template <typename Row>
  struct Pool {
    std::deque<Page<Row>> pages;
    Pages<Row> free;
  };
  template <typename Row>
  static Page<Row>* TakeFrom(Pool<Row>& pool) {
    if (pool.free.empty()) return &pool.pages.emplace_back();
    Page<Row>* const page = pool.free.back();
    pool.free.pop_back();
    return page;
  }

  Mutex mutex_;
  Pool<Reported> reported_ GUARDED_BY(mutex_);
  Pool<Rest> rest_ GUARDED_BY(mutex_);
};

struct Cells::Link {
  std::shared_ptr<Pools> pools;
  // Pages that this state sees and the next one does not.
  Pages<Reported> reported;
  Pages<Rest> rest;
  std::shared_ptr<Link> next;

  void Retire(Page<Reported>* page) { reported.push_back(page); }
  void Retire(Page<Rest>* page) { rest.push_back(page); }
  ~Link() {
    pools->Give(reported, rest);
    // A long line of states goes one by one, not one inside the other.
    for (std::shared_ptr<Link> after = std::move(next); after != nullptr && after.use_count() == 1;) after = std::move(after->next);
  }
};

namespace {

enum Has : uint8_t { kActual = 1, kDeclared = 2, kYearStart = 4, kNewest = 8 };

template <typename Value>
uint8_t PackInto(const std::optional<Value>& value, Has bit, Value* packed) {
  if (value) *packed = *value;
  return value ? bit : 0;
}

template <typename Value>
std::optional<Value> If(bool has, Value value) {
  return has ? std::optional<Value>(value) : std::nullopt;
}

}  // namespace

Cells::Reported Cells::Pack(const Figures& figures) {
  Reported row{.own = figures.own, .review = figures.review};
  row.has = static_cast<uint8_t>(PackInto(figures.actual, kActual, &row.actual) | PackInto(figures.declared, kDeclared, &row.declared) |
                                 PackInto(figures.year_start, kYearStart, &row.year_start) | PackInto(figures.newest_as_of, kNewest, &row.newest_as_of));
  return row;
}

void Cells::Unpack(const Reported& row, Figures* figures) {
  figures->actual = If(row.has & kActual, row.actual);
  figures->declared = If(row.has & kDeclared, row.declared);
  figures->year_start = If(row.has & kYearStart, row.year_start);
  figures->newest_as_of = If(row.has & kNewest, row.newest_as_of);
  figures->own = row.own;
  figures->review = row.review;
}

namespace {

// The row of a region in a page of `pages`; nullptr where there is none.
template <typename Pages>
auto* RowIn(const Pages& pages, size_t number, RegionNumber place) {
  const auto* page = number < pages.size() ? pages[number] : nullptr;
  return page != nullptr && (page->known >> place & 1) ? &page->rows[place] : nullptr;
}

}  // namespace

Cells::Cells() : pools_(std::make_shared<Pools>()), link_(std::make_shared<Link>()) { link_->pools = pools_; }

Cells::PageCells Cells::Column::CellsOf(uint32_t number) const {
  PageCells cells;
  const Reader reader(this);
  for (RegionNumber i = 0; i < kPageRegions; ++i) {
    Figures figures;
    if (reader.Get(number * kPageRegions + i, &figures)) cells.emplace_back(number * kPageRegions + i, std::move(figures));
  }
  return cells;
}

Cells::Reader Cells::Read(const ColumnKey& key) const {
  const auto column = columns_.find(key);
  return Reader(column == columns_.end() ? nullptr : column->second.get());
}

bool Cells::WereTouchedSince(uint64_t edition, const ColumnKey& key, const std::vector<uint32_t>& pages) const {
  const Column* column = Read(key).column_;
  if (column == nullptr || column->edition <= edition) return false;
  return std::any_of(pages.begin(), pages.end(), [&](uint32_t number) {
    const Page<Reported>* page = number < column->pages.size() ? column->pages[number] : nullptr;
    return page != nullptr && page->edition > edition;
  });
}

bool Cells::Reader::Get(RegionNumber region, Figures* figures) const {
  if (column_ == nullptr) return false;
  const size_t number = PageOf(region);
  const RegionNumber place = region % kPageRegions;
  const Reported* const row = RowIn(column_->pages, number, place);
  if (row == nullptr) return false;
  Unpack(*row, figures);
  if (const Rest* rest = RowIn(column_->rests, number, place)) {
    figures->notes = rest->notes;
    figures->targets = rest->targets;
  } else {
    figures->notes.clear();
    figures->targets = {};
  }
  return true;
}

std::optional<Figures> Cells::Find(const ColumnKey& column, RegionNumber region) const {
  Figures figures;
  return Read(column).Get(region, &figures) ? std::optional(std::move(figures)) : std::nullopt;
}

Cells Cells::Edit() const {
  CHECK(link_->next == nullptr);
  Cells copy = *this;
  ++copy.edition_;
  copy.before_ = link_;
  copy.link_ = link_->next = std::make_shared<Link>();
  copy.link_->pools = pools_;
  return copy;
}

template <typename Row>
Cells::Page<Row>& Cells::PageToChange(Pages<Row>& pages, RegionNumber region, Link* before) {
  const size_t number = PageOf(region);
  if (number >= pages.size()) pages.resize(number + 1);
  Page<Row>*& page = pages[number];
  if (page != nullptr && page->edition == edition_) return *page;
  Page<Row>* const like = page;
  page = pools_->Take(like);
  page->edition = edition_;
  page->known = 0;
  if (like == nullptr) return *page;
  page->known = like->known;
  for (RegionNumber i = 0; i < kPageRegions; ++i) {
    if (like->known >> i & 1) page->rows[i] = like->rows[i];
  }
  if (before != nullptr) {
    before->Retire(like);
  } else if constexpr (std::is_same_v<Row, Rest>) {
    pools_->Give({}, {like});  // nobody else was left
  } else {
    pools_->Give({like}, {});
  }
  return *page;
}

Cells::Column& Cells::ColumnToChange(const ColumnKey& key) {
  std::shared_ptr<Column>& column = columns_[key];
  if (column == nullptr) {
    column = std::make_shared<Column>(Column{edition_, {}, {}});
  } else if (column->edition != edition_) {
    column = std::make_shared<Column>(Column{edition_, column->pages, column->rests});
  }
  return *column;
}

void Cells::Put(const ColumnKey& key, RegionNumber region, const Figures& figures) {
  PutInto(ColumnToChange(key), region, figures, before_.lock().get());
}

void Cells::Put(const std::vector<Change>& changes) {
  CHECK(changes.size() <= kChangesAtOnce);
  std::array<Column*, kChangesAtOnce> columns;
  for (size_t i = 0; i < changes.size(); ++i) {
    columns[i] = &ColumnToChange(changes[i].column);
    const size_t number = PageOf(changes[i].region);
    if (number < columns[i]->pages.size()) __builtin_prefetch(&columns[i]->pages[number]);
  }
  for (size_t i = 0; i < changes.size(); ++i) {
    const size_t number = PageOf(changes[i].region);
    const Page<Reported>* page = number < columns[i]->pages.size() ? columns[i]->pages[number] : nullptr;
    if (page == nullptr) continue;
    const char* const lines = reinterpret_cast<const char*>(page);
    for (size_t line = 0; line < sizeof(*page); line += 64) __builtin_prefetch(lines + line);
  }
  const std::shared_ptr<Link> before = before_.lock();
  for (size_t i = 0; i < changes.size(); ++i) PutInto(*columns[i], changes[i].region, changes[i].figures, before.get());
}

void Cells::PutInto(Column& column, RegionNumber region, const Figures& figures, Link* before) {
  const RegionNumber place = region % kPageRegions;
  const auto bit = static_cast<uint8_t>(1u << place);
  Page<Reported>& page = PageToChange(column.pages, region, before);
  size_ += page.known & bit ? 0 : 1;
  page.known |= bit;
  page.rows[place] = Pack(figures);
  static const std::array<Target, kLayers.size()> kNoTargets;
  const Rest* const rest = RowIn(column.rests, PageOf(region), place);
  const bool empty = figures.notes.empty() && figures.targets == kNoTargets;
  if (rest == nullptr ? empty : rest->targets == figures.targets && rest->notes == figures.notes) return;
  Page<Rest>& changed = PageToChange(column.rests, region, before);
  if (empty) {
    changed.known &= static_cast<uint8_t>(~bit);
    changed.rows[place].notes = {};
  } else {
    changed.known |= bit;
    changed.rows[place] = {figures.notes, figures.targets};
  }
}

std::vector<Period> Cells::PeriodsOf(ProgrammeNumber programme, IndicatorNumber indicator, RegionNumber region) const {
  std::vector<Period> periods;
  for (auto column = columns_.lower_bound({programme, {indicator, {}}});
       column != columns_.end() && column->first.programme == programme && column->first.figure.indicator == indicator; ++column) {
    if (!column->first.figure.period.is_stock() && Find(column->first, region)) periods.push_back(column->first.figure.period);
  }
  return periods;
}

}  // namespace anju::ranking
