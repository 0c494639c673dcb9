// Cells in pages that are copied on the first write of an edit.
#include "services/ranking/core/cells.h"

#include <algorithm>

namespace anju::ranking {

const Figures* Cells::Find(const ColumnKey& key, RegionNumber region) const {
  auto column = columns_.find(key);
  if (column == columns_.end()) return nullptr;
  const size_t number = region / kPageRegions;
  if (number >= column->second->pages.size()) return nullptr;
  const Page* page = column->second->pages[number].get();
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
  const size_t number = region / kPageRegions;
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
