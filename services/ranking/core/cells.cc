// Cells in pages that are copied on the first write of an edit.
#include "services/ranking/core/cells.h"

#include <algorithm>
#include <deque>

#include "common/status/macros.h"
#include "common/thread/mutex.h"

namespace anju::ranking {

// Pages of states that come from one another. They go back to it from whatever thread lets go of a state last.
class Cells::Pool {
 public:
  Page* Take() {
    const MutexLock lock(mutex_);
    if (free_.empty()) return &pages_.emplace_back();
    Page* const page = free_.back();
    free_.pop_back();
    return page;
  }
  void Give(const std::vector<Page*>& pages) {
    for (Page* page : pages) {
      for (Figures& figures : page->figures) figures.notes = {};  // the rest is written over
    }
    const MutexLock lock(mutex_);
    free_.insert(free_.end(), pages.begin(), pages.end());
  }

 private:
  Mutex mutex_;
  std::deque<Page> pages_ GUARDED_BY(mutex_);
  std::vector<Page*> free_ GUARDED_BY(mutex_);
};

struct Cells::Link {
  std::shared_ptr<Pool> pool;
  std::vector<Page*> retired;  // pages that this state sees and the next one does not
  std::shared_ptr<Link> next;

  ~Link() {
    pool->Give(retired);
    // A long line of states goes one by one, not one inside the other.
    for (std::shared_ptr<Link> after = std::move(next); after != nullptr && after.use_count() == 1;) after = std::move(after->next);
  }
};

Cells::Cells() : pool_(std::make_shared<Pool>()), link_(std::make_shared<Link>()) { link_->pool = pool_; }

Cells::PageCells Cells::Page::Cells(uint32_t number) const {
  PageCells cells;
  for (RegionNumber i = 0; i < kPageRegions; ++i) {
    if (known >> i & 1) cells.emplace_back(number * kPageRegions + i, &figures[i]);
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
    const Page* page = number < column->pages.size() ? column->pages[number] : nullptr;
    return page != nullptr && page->edition > edition;
  });
}

const Figures* Cells::Reader::Find(RegionNumber region) const {
  if (column_ == nullptr) return nullptr;
  const size_t number = PageOf(region);
  if (number >= column_->pages.size()) return nullptr;
  const Page* page = column_->pages[number];
  const RegionNumber place = region % kPageRegions;
  return page != nullptr && (page->known >> place & 1) ? &page->figures[place] : nullptr;
}

Cells Cells::Edit() const {
  CHECK(link_->next == nullptr);
  Cells copy = *this;
  ++copy.edition_;
  copy.before_ = link_;
  copy.link_ = link_->next = std::make_shared<Link>();
  copy.link_->pool = pool_;
  return copy;
}

Cells::Page* Cells::NewPage(const Page* like) {
  Page* const page = pool_->Take();
  page->known = 0;
  page->edition = edition_;
  if (like == nullptr) return page;
  page->known = like->known;
  for (RegionNumber i = 0; i < kPageRegions; ++i) {
    if (like->known >> i & 1) page->figures[i] = like->figures[i];
  }
  return page;
}

// The page is replaced in this state.
void Cells::Retire(Page* page) {
  if (const std::shared_ptr<Link> before = before_.lock()) {
    before->retired.push_back(page);
  } else {
    pool_->Give({page});  // nobody else was left
  }
}

Cells::Column& Cells::ColumnToChange(const ColumnKey& key) {
  std::shared_ptr<Column>& column = columns_[key];
  if (column == nullptr) {
    column = std::make_shared<Column>(Column{edition_, {}});
  } else if (column->edition != edition_) {
    column = std::make_shared<Column>(Column{edition_, column->pages});
  }
  return *column;
}

void Cells::Put(const ColumnKey& key, RegionNumber region, const Figures& figures) { PutInto(ColumnToChange(key), region, figures); }

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
    const Page* page = number < columns[i]->pages.size() ? columns[i]->pages[number] : nullptr;
    if (page == nullptr) continue;
    __builtin_prefetch(page);
    __builtin_prefetch(&page->figures[0]);
    __builtin_prefetch(&page->figures[changes[i].region % kPageRegions], 1);
  }
  for (size_t i = 0; i < changes.size(); ++i) PutInto(*columns[i], changes[i].region, changes[i].figures);
}

void Cells::PutInto(Column& column, RegionNumber region, const Figures& figures) {
  const size_t number = PageOf(region);
  if (number >= column.pages.size()) column.pages.resize(number + 1);
  Page*& page = column.pages[number];
  if (page == nullptr || page->edition != edition_) {
    Page* const before = std::exchange(page, NewPage(page));
    if (before != nullptr) Retire(before);
  }
  const RegionNumber place = region % kPageRegions;
  size_ += page->known >> place & 1 ? 0 : 1;
  page->known |= static_cast<uint8_t>(1u << place);
  page->figures[place] = figures;
}

std::vector<Period> Cells::PeriodsOf(ProgrammeNumber programme, IndicatorNumber indicator, RegionNumber region) const {
  std::vector<Period> periods;
  for (auto column = columns_.lower_bound({programme, {indicator, {}}});
       column != columns_.end() && column->first.programme == programme && column->first.figure.indicator == indicator; ++column) {
    if (!column->first.figure.period.is_stock() && Find(column->first, region) != nullptr) periods.push_back(column->first.figure.period);
  }
  return periods;
}

}  // namespace anju::ranking
