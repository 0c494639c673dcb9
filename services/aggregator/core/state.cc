// Applies changes to leaves and carries them into the running totals.
#include "services/aggregator/core/state.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace anju::aggregator {
namespace {

constexpr size_t kLookAhead = 8;

}  // namespace

State::State(size_t slots) : trees_(std::make_unique<Trees>(regions_, boundaries_)), leaves_(slots), nodes_(slots) {
  totals_.Reset(*trees_, catalogue_);
}

void State::SetRegistry(RegionTree regions, Catalogue catalogue, Boundaries boundaries) {
  regions_ = std::move(regions);
  catalogue_ = std::move(catalogue);
  boundaries_ = std::move(boundaries);
}

void State::ReplaceRegistry(RegionTree regions, Catalogue catalogue, Boundaries boundaries) {
  SetRegistry(std::move(regions), std::move(catalogue), std::move(boundaries));
  Recompute();
}

void State::Recompute() {
  absl::flat_hash_map<CellKey, CellFigures> before;
  totals_.ForEach([&](const Totals::Node* node) {
    CellFigures figures = totals_.Of(node);
    if (!figures.empty()) before.emplace(Totals::CellOf(node), std::move(figures));
  });
  for (const Totals::Node* node : totals_.TakeChanged()) vanished_.insert(Totals::CellOf(node));
  BuildTotals();
  totals_.TakeChanged();
  totals_.ForEach([&](const Totals::Node* node) {
    const CellKey& cell = Totals::CellOf(node);
    const CellFigures figures = totals_.Of(node);
    const auto old = before.find(cell);
    if (old == before.end() ? !figures.empty() : !(old->second == figures)) vanished_.insert(cell);
    if (old != before.end()) before.erase(old);
  });
  for (const auto& [cell, figures] : before) vanished_.insert(cell);
}

void State::Build() {
  BuildTotals();
  totals_.TakeChanged();
}

void State::BuildTotals() {
  // The old trees are needed up to here: the totals still looked at them.
  trees_ = std::make_unique<Trees>(regions_, boundaries_);
  totals_.Reset(*trees_, catalogue_);
  year_ends_.clear();
  stocks_.clear();
  moved_targets_.clear();
  documents_.ForEach([&](const CellKey& cell, const std::array<Revisions, kLayers>& revisions) {
    for (size_t layer = 0; layer < kLayers; ++layer) {
      if (!revisions[layer].empty()) PublishTarget(cell, static_cast<Layer>(layer));
    }
  });
  std::set<Totals::Subject> subjects;
  for (const auto& [subject, nodes] : totals_.receiving()) subjects.insert(subject);
  for (const auto& [subject, targets] : moved_targets_) subjects.insert(subject);
  FixTargets(subjects);
  size_t series_count = 0;
  for (Slot slot = 0; slot < leaves_.slots(); ++slot) series_count += leaves_.series_count(slot);
  totals_.Expect(series_count);
  for (Slot slot = 0; slot < leaves_.slots(); ++slot) {
    nodes_[slot].clear();
    nodes_[slot].reserve(leaves_.series_count(slot));
    for (uint32_t series = 1; series <= leaves_.series_count(slot); ++series) {
      const Leaf& leaf = leaves_.At(slot, series);
      nodes_[slot].push_back(totals_.Touch(leaf.cell));
      totals_.SetFigure(nodes_[slot].back(), NewestOf(nodes_[slot].back(), leaf));
      if (leaf.remarks != nullptr) Totals::SetRemarked(nodes_[slot].back());
      if (!leaf.cell.period.is_stock()) continue;
      stocks_.insert(leaf.cell);
      // Entries stand by date: only the first one of a year has something new to say.
      std::optional<Date> seen;
      for (const SeriesEntry& entry : leaf.history.entries()) {
        if (seen && entry.as_of <= *seen) continue;
        year_ends_.insert(YearOf(LastDayOfPreviousYear(entry.as_of)));
        seen = MakeDate(YearOf(entry.as_of), 12, 31);
      }
    }
  }
  for (const CellKey& cell : stocks_) PublishYearEnds(cell, totals_.Touch(cell), 0);
}

void State::AddDocument(uint64_t sequence, const DocumentInfo& document, std::vector<PrintedTarget> targets) {
  std::set<Totals::Subject> subjects;
  for (const auto& [cell, layer] : documents_.Add(sequence, document, std::move(targets))) {
    PublishTarget(cell, layer);
    subjects.insert({cell.indicator, cell.period});
  }
  FixTargets(subjects);
}

void State::PublishTarget(const CellKey& cell, Layer layer) {
  const Revision* revision = documents_.InForceAt(cell, layer, std::nullopt, UINT64_MAX);
  if (revision != nullptr && revision->taken_back()) revision = nullptr;
  Totals::Node* node = totals_.Touch(cell);
  totals_.SetTarget(node, layer, revision == nullptr ? std::nullopt : std::optional<Target>(revision->target));
  auto& moved = moved_targets_[{cell.indicator, cell.period}];
  bool moves = false;
  const Date day = TreeDate(cell.period);
  if (revision != nullptr && trees_->EpochOf(day) != trees_->EpochOf(revision->tree_day)) {
    const auto differences = trees_->Differences(day, revision->tree_day);
    moves = cell.region < differences->size() && (*differences)[cell.region];
  }
  if (moves) {
    moved.insert({node, layer});
  } else {
    if (moved.erase({node, layer}) > 0) totals_.LetTargetFollow(node, layer);
    if (moved.empty()) moved_targets_.erase({cell.indicator, cell.period});
  }
}

void State::FixTargets(const std::set<Totals::Subject>& subjects) {
  std::optional<Fold> fold;
  const auto fix = [&](Totals::Node* node, Layer layer) {
    if (!fold) fold.emplace(DatedFold(Moment{}));
    totals_.FixTarget(node, layer, fold->CountedTarget(Totals::CellOf(node), layer));
  };
  for (const Totals::Subject& subject : subjects) {
    if (const auto receiving = totals_.receiving().find(subject); receiving != totals_.receiving().end()) {
      for (Totals::Node* node : receiving->second) {
        for (size_t layer = 0; layer < kLayers; ++layer) fix(node, static_cast<Layer>(layer));
      }
    }
    if (const auto moved = moved_targets_.find(subject); moved != moved_targets_.end()) {
      for (const auto& [node, layer] : moved->second) fix(node, layer);
    }
  }
}

std::optional<Figure> State::NewestOf(const Totals::Node* node, const Leaf& leaf) const {
  if (Totals::NeedsBase(node)) return leaves_.FigureAt(leaf.cell, kDistantFuture);
  return leaf.shared ? leaves_.Newest(leaf.cell) : leaf.newest;
}

absl::Status State::CheckProgress(Slot slot, const std::vector<ProgressChange>& changes) const {
  size_t open = leaves_.series_count(slot);
  std::set<uint64_t> reviewed;  // updates that must be in this very block
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
    if (change->kind == ProgressChange::Kind::kReview && leaves_.SeriesOfUpdate(slot, change->update) == 0) reviewed.insert(change->update);
    if (change->kind == ProgressChange::Kind::kUpdate && !reviewed.empty()) reviewed.erase(change->entry.sequence);
  }
  if (!reviewed.empty()) {
    return MakeError(Reason::DATA_LOSS, "update", absl::StrCat(*reviewed.begin()), "A progress block reviews an update that it does not follow.");
  }
  for (const ProgressChange& change : changes) {
    if (change.kind == ProgressChange::Kind::kReview) continue;
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
    } else if (change.kind == ProgressChange::Kind::kReview) {
      leaves_.Review(slot, change.update, change.entry.sequence, change.review);
      // What counts now is not a matter of reviews, but the cell says how far its figure has come.
      Totals::Node* const node = nodes_[slot][leaves_.SeriesOfUpdate(slot, change.update) - 1];
      Totals::SetRemarked(node);
      totals_.MarkChanged(node);
    } else {
      const Leaf& leaf = leaves_.Record(slot, change.series, change.entry);
      if (change.note != nullptr) leaves_.Annotate(slot, change.entry.sequence, *change.note);
      Publish(slot, change.series, leaf, change.entry.as_of);
    }
  }
}

void State::Publish(Slot slot, uint32_t series, const Leaf& leaf, Date as_of) {
  Totals::Node* node = nodes_[slot][series - 1];
  totals_.SetFigure(node, NewestOf(node, leaf));
  // The same figure may rest on another update now, of which other things are said.
  if (leaf.remarks != nullptr) Totals::SetRemarked(node);
  if (leaf.remarks != nullptr || leaf.shared) totals_.MarkChanged(node);
  if (!leaf.cell.period.is_stock()) return;
  const int year = YearOf(as_of);
  if (year_ends_.insert(year - 1).second) {
    for (const CellKey& cell : stocks_) PublishYearEnd(cell, totals_.Touch(cell), year - 1);
  }
  PublishYearEnds(leaf.cell, node, year);
}

void State::PublishYearEnd(const CellKey& cell, const Totals::Node* node, int year) {
  const Date day = MakeDate(year, 12, 31);
  totals_.SetYearEnd(cell, year,
                     Totals::NeedsBase(node) ? leaves_.FigureAt(cell, day) : leaves_.QuickFigureAt(cell, day, {}, ReviewFilter::kAll));
}

void State::PublishYearEnds(const CellKey& cell, const Totals::Node* node, int from_year) {
  for (auto year = year_ends_.lower_bound(from_year); year != year_ends_.end(); ++year) PublishYearEnd(cell, node, *year);
}

Fold State::DatedFold(const Moment& moment, const Catalogue& catalogue, const Trees& trees) const {
  return Fold({.leaves = &leaves_, .documents = &documents_, .catalogue = &catalogue, .trees = &trees}, moment);
}

Cell State::CurrentCell(const ChangedCell& changed) const {
  if (changed.node == nullptr) {
    Cell cell{changed.key, Current(changed.key), {}};
    if (cell.figures.own_as_of) cell.remarks = CurrentRemarks(changed.key);
    return cell;
  }
  Cell cell{Totals::CellOf(changed.node), totals_.Of(changed.node), {}};
  if (Totals::IsRemarked(changed.node)) cell.remarks = CurrentRemarks(cell.key);
  return cell;
}

std::vector<State::ChangedCell> State::TakeChanged() {
  std::vector<ChangedCell> cells;
  for (const Totals::Node* node : totals_.TakeChanged()) {
    if (!vanished_.empty()) vanished_.erase(Totals::CellOf(node));
    cells.push_back({node, {}});
  }
  for (const CellKey& cell : vanished_) cells.push_back({nullptr, cell});
  vanished_.clear();
  return cells;
}

}  // namespace anju::aggregator
