// Cells in pages that are copied on the first write of an edit.
#include "services/ranking/core/cells.h"

#include <algorithm>

namespace anju::ranking {

Cells::Reader Cells::Read(const ColumnKey& key) const {
  const auto column = columns_.find(key);
  return Reader(column == columns_.end() ? nullptr : column->second.get());
}

bool Cells::WereTouchedSince(uint64_t edition, const ColumnKey& key, const std::vector<uint32_t>& pages) const {
  const Column* column = Read(key).column_;
  if (column == nullptr || column->edition <= edition) return false;
  return std::any_of(pages.begin(), pages.end(), [&](uint32_t number) {
    const Page* page = number < column->pages.size() ? column->pages[number].get() : nullptr;
    return page != nullptr && page->edition > edition;
  });
}

const Figures* Cells::Reader::Find(RegionNumber region) const {
  if (column_ == nullptr) return nullptr;
  const size_t number = PageOf(region);
  if (number >= column_->pages.size()) return nullptr;
  const Page* page = column_->pages[number].get();
  if (page == nullptr) return nullptr;
  auto entry = std::lower_bound(page->entries.begin(), page->entries.end(), region,
                                [](const Entry& a, RegionNumber b) { return a.region < b; });
  return entry != page->entries.end() && entry->region == region ? &entry->figures : nullptr;
}

Cells Cells::Edit() const {
  Cells copy = *this;
  ++copy.edition_;
  return copy;
}

void Cells::Put(const ColumnKey& key, RegionNumber region, const Figures& figures) {
  std::shared_ptr<Column>& column = columns_[key];
  if (column == nullptr) {
    column = std::make_shared<Column>(Column{edition_, {}});
  } else if (column->edition != edition_) {
    column = std::make_shared<Column>(Column{edition_, column->pages});
  }
  const size_t number = PageOf(region);
  if (number >= column->pages.size()) column->pages.resize(number + 1);
  std::shared_ptr<Page>& page = column->pages[number];
  if (page == nullptr) {
    page = std::make_shared<Page>(Page{edition_, {}});
  } else if (page->edition != edition_) {
    page = std::make_shared<Page>(Page{edition_, page->entries});
  }
  auto entry = std::lower_bound(page->entries.begin(), page->entries.end(), region,
                                [](const Entry& a, RegionNumber b) { return a.region < b; });
  if (entry != page->entries.end() && entry->region == region) {
    entry->figures = figures;
  } else {
    page->entries.insert(entry, {region, figures});
    ++size_;
  }
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
