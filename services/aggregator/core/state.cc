// Applies changes to leaves and carries them into the running totals.
#include "services/aggregator/core/state.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace anju::aggregator {
namespace {

constexpr size_t kLookAhead = 8;

}  // namespace

State::State(size_t slots) : leaves_(slots), nodes_(slots) { totals_.Reset(regions_, catalogue_); }

void State::SetRegistry(RegionTree regions, Catalogue catalogue) {
  regions_ = std::move(regions);
  catalogue_ = std::move(catalogue);
}

void State::ReplaceRegistry(RegionTree regions, Catalogue catalogue) {
  SetRegistry(std::move(regions), std::move(catalogue));
  Recompute();
}

void State::Recompute() {
  absl::flat_hash_map<CellKey, CellFigures> before;
  totals_.ForEach([&](const CellKey& cell, CellFigures figures) {
    if (!figures.empty()) before.emplace(cell, std::move(figures));
  });
  for (const CellKey& cell : totals_.TakeChanged()) vanished_.insert(cell);

  totals_.Reset(regions_, catalogue_);
  year_ends_.clear();
  stocks_.clear();
  documents_.ForEach([&](const CellKey& cell, const Targets& targets) {
    for (size_t layer = 0; layer < kLayers; ++layer) {
      if (targets[layer]) totals_.SetTarget(totals_.Touch(cell), static_cast<Layer>(layer), *targets[layer]);
    }
  });
  for (Slot slot = 0; slot < leaves_.slots(); ++slot) {
    nodes_[slot].clear();
    for (uint32_t series = 1; series <= leaves_.series_count(slot); ++series) {
      const Leaf& leaf = leaves_.At(slot, series);
      nodes_[slot].push_back(totals_.Touch(leaf.cell));
      totals_.SetFigure(nodes_[slot].back(), leaf.shared ? leaves_.Newest(leaf.cell) : leaf.newest);
      if (!leaf.cell.period.is_stock()) continue;
      stocks_.insert(leaf.cell);
      for (const SeriesEntry& entry : leaf.history.entries()) year_ends_.insert(YearOf(LastDayOfPreviousYear(entry.as_of)));
    }
  }
  for (const CellKey& cell : stocks_) PublishYearEnds(cell, 0);

  totals_.TakeChanged();
  totals_.ForEach([&](const CellKey& cell, const CellFigures& figures) {
    const auto old = before.find(cell);
    if (old == before.end() ? !figures.empty() : !(old->second == figures)) vanished_.insert(cell);
    if (old != before.end()) before.erase(old);
  });
  for (const auto& [cell, figures] : before) vanished_.insert(cell);
}

void State::AddDocument(const std::string& number, std::vector<PrintedTarget> targets) {
  for (const PrintedTarget& changed : documents_.Add(number, std::move(targets))) {
    totals_.SetTarget(totals_.Touch(changed.cell), changed.layer, changed.target);
  }
}

absl::Status State::CheckProgress(Slot slot, const std::vector<ProgressChange>& changes) const {
  size_t open = leaves_.series_count(slot);
  for (const ProgressChange& change : changes) {
    if (change.kind == ProgressChange::Kind::kUpdate) {
      if (change.series >= 1 && change.series <= open) continue;
      return MakeError(Reason::DATA_LOSS, "series", absl::StrCat(change.series), "A progress block names a series that is not open.");
    }
    if (change.series != open + 1) {
      return MakeError(Reason::DATA_LOSS, "series", absl::StrCat(change.series), "A progress block opens a series out of turn.");
    }
    ++open;
    const Indicator* indicator = catalogue_.FindIndicator(change.cell.indicator);
    if (regions_.Rows(change.cell.region) == nullptr || catalogue_.FindProgramme(change.cell.programme) == nullptr ||
        indicator == nullptr || indicator->is_stock() != change.cell.period.is_stock()) {
      return MakeError(Reason::DATA_LOSS, "series", absl::StrCat(change.series),
                       "A progress block opens a series whose region, programme or indicator the plan journal does not have.");
    }
  }
  return absl::OkStatus();
}

void State::ApplyProgress(Slot slot, const std::string& journal_id, const std::vector<ProgressChange>& changes) {
  if (leaves_.JournalOf(slot) != journal_id) leaves_.SetJournal(slot, journal_id);
  for (size_t i = 0; i < changes.size(); ++i) {
    const ProgressChange& change = changes[i];
    // Series are spread over memory that no cache holds: ask for the next ones while this one is computed.
    if (i + kLookAhead < changes.size()) {
      const ProgressChange& later = changes[i + kLookAhead];
      if (later.kind == ProgressChange::Kind::kUpdate && later.series <= nodes_[slot].size()) {
        leaves_.Prefetch(slot, later.series);
        Totals::Prefetch(nodes_[slot][later.series - 1]);
      }
    }
    if (change.kind == ProgressChange::Kind::kOpenSeries) {
      leaves_.Open(slot, change.cell);
      nodes_[slot].push_back(totals_.Touch(change.cell));
      if (change.cell.period.is_stock()) stocks_.insert(change.cell);
    } else {
      const Leaf& leaf = leaves_.Record(slot, change.series, change.entry);
      Publish(slot, change.series, leaf, change.entry.as_of);
    }
  }
}

void State::Publish(Slot slot, uint32_t series, const Leaf& leaf, Date as_of) {
  totals_.SetFigure(nodes_[slot][series - 1], leaf.shared ? leaves_.Newest(leaf.cell) : leaf.newest);
  if (!leaf.cell.period.is_stock()) return;
  const int year = YearOf(as_of);
  if (year_ends_.insert(year - 1).second) {
    for (const CellKey& cell : stocks_) {
      totals_.SetYearEnd(cell, year - 1, leaves_.FigureAt(cell, MakeDate(year - 1, 12, 31)));
    }
  }
  PublishYearEnds(leaf.cell, year);
}

void State::PublishYearEnds(const CellKey& cell, int from_year) {
  for (auto year = year_ends_.lower_bound(from_year); year != year_ends_.end(); ++year) {
    totals_.SetYearEnd(cell, *year, leaves_.FigureAt(cell, MakeDate(*year, 12, 31)));
  }
}

Fold State::DatedFold(const DatedTree& tree, Known known) const {
  return Fold({.catalogue = &catalogue_,
               .tree = [&tree](Period) -> const DatedTree& { return tree; },
               .figure = [this, known = std::move(known)](const CellKey& cell, Date as_of) { return leaves_.FigureAt(cell, as_of, known); },
               .printed = [this](const CellKey& cell) { return documents_.Find(cell); }});
}

std::vector<CellKey> State::TakeChanged() {
  std::vector<CellKey> cells = totals_.TakeChanged();
  for (const CellKey& cell : cells) vanished_.erase(cell);
  cells.insert(cells.end(), vanished_.begin(), vanished_.end());
  vanished_.clear();
  return cells;
}

}  // namespace anju::aggregator
