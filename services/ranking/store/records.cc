// Keys and values of the state tables, and what one cell on the wire says to the core.
#include "services/ranking/store/records.h"

#include "services/ranking/store/schema.h"

namespace anju::ranking {
namespace {

template <typename Integer>
void AppendBigEndian(Integer value, std::string& key) {
  for (int shift = (static_cast<int>(sizeof(Integer)) - 1) * 8; shift >= 0; shift -= 8) key.push_back(static_cast<char>(value >> shift));
}

Missing MissingOf(const aggregator::v1::LayerTarget& target) {
  if (target.has_target()) return Missing::kNumber;
  switch (target.missing()) {
    case types::v1::MISSING_BLANK: return Missing::kBlank;
    case types::v1::MISSING_NO_TASK: return Missing::kNoTask;
    case types::v1::MISSING_NOT_PUBLISHED: return Missing::kNotPublished;
    default: return Missing::kAbsent;
  }
}

ReviewState ReviewOf(types::v1::ReviewState state) {
  switch (state) {
    case types::v1::REVIEW_STATE_RETURNED: return ReviewState::kReturned;
    case types::v1::REVIEW_STATE_REVIEWED: return ReviewState::kReviewed;
    case types::v1::REVIEW_STATE_CONFIRMED: return ReviewState::kConfirmed;
    default: return ReviewState::kReported;
  }
}

}  // namespace

std::string NumberKey(char table, uint32_t number) {
  std::string key(1, table);
  AppendBigEndian(number, key);
  return key;
}

std::string CellKey(const aggregator::v1::Cell& cell) {
  std::string key(1, schema::kCellTable);
  AppendBigEndian(cell.region(), key);
  AppendBigEndian(cell.programme(), key);
  AppendBigEndian(cell.indicator(), key);
  AppendBigEndian(static_cast<uint16_t>(cell.period().first_year()), key);
  AppendBigEndian(static_cast<uint16_t>(cell.period().last_year()), key);
  return key;
}

ColumnKey ColumnOf(const aggregator::v1::Cell& cell) {
  return {cell.programme(), {cell.indicator(), {cell.period().first_year(), cell.period().last_year()}}};
}

Figures FiguresOf(const aggregator::v1::Cell& cell) {
  Figures figures;
  if (cell.has_actual()) figures.actual = cell.actual();
  if (cell.has_year_start()) figures.year_start = cell.year_start();
  if (cell.has_newest_as_of_days()) figures.newest_as_of = Date{cell.newest_as_of_days()};
  figures.own = cell.own();
  if (cell.has_declared()) figures.declared = cell.declared();
  figures.review = ReviewOf(cell.review());
  for (const aggregator::v1::FigureNote& note : cell.notes()) figures.notes.push_back(note.SerializeAsString());
  for (const aggregator::v1::LayerTarget& target : cell.targets()) {
    if (target.layer() < types::v1::LAYER_NATIONAL || target.layer() > types::v1::LAYER_COUNTY) continue;
    Target& kept = figures.mutable_target(static_cast<Layer>(target.layer()));
    kept = {target.target(), MissingOf(target), std::nullopt};
    if (target.has_declared()) kept.declared = target.declared();
  }
  return figures;
}

}  // namespace anju::ranking
