// Keys and values of the state tables, and what one cell on the wire says to the core.
#include "services/ranking/store/records.h"

#include "common/status/macros.h"
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

types::v1::Missing MissingWord(Missing missing) {
  switch (missing) {
    case Missing::kBlank: return types::v1::MISSING_BLANK;
    case Missing::kNoTask: return types::v1::MISSING_NO_TASK;
    case Missing::kNotPublished: return types::v1::MISSING_NOT_PUBLISHED;
    case Missing::kNumber: return types::v1::MISSING_UNSPECIFIED;
    case Missing::kAbsent: break;
  }
  return types::v1::MISSING_ABSENT;
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

std::string PageKey(const ColumnKey& column, uint32_t page) {
  std::string key(1, schema::kCellTable);
  AppendBigEndian(column.programme, key);
  AppendBigEndian(column.figure.indicator, key);
  AppendBigEndian(static_cast<uint16_t>(column.figure.period.first), key);
  AppendBigEndian(static_cast<uint16_t>(column.figure.period.last), key);
  AppendBigEndian(page, key);
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

types::v1::ReviewState ToProto(ReviewState state) {
  switch (state) {
    case ReviewState::kReturned: return types::v1::REVIEW_STATE_RETURNED;
    case ReviewState::kReviewed: return types::v1::REVIEW_STATE_REVIEWED;
    case ReviewState::kConfirmed: return types::v1::REVIEW_STATE_CONFIRMED;
    case ReviewState::kReported: break;
  }
  return types::v1::REVIEW_STATE_UNSPECIFIED;
}

void FillCell(const ColumnKey& column, RegionNumber region, const Figures& figures, aggregator::v1::Cell* cell) {
  cell->set_region(region);
  cell->set_programme(column.programme);
  cell->set_indicator(column.figure.indicator);
  if (!column.figure.period.is_stock()) {
    cell->mutable_period()->set_first_year(column.figure.period.first);
    cell->mutable_period()->set_last_year(column.figure.period.last);
  }
  if (figures.actual) cell->set_actual(*figures.actual);
  if (figures.declared) cell->set_declared(*figures.declared);
  if (figures.year_start) cell->set_year_start(*figures.year_start);
  if (figures.newest_as_of) cell->set_newest_as_of_days(figures.newest_as_of->days);
  cell->set_own(figures.own);
  cell->set_review(ToProto(figures.review));
  for (const std::string& note : figures.notes) CHECK(cell->add_notes()->ParseFromString(note));
  for (const Layer layer : kLayers) {
    const Target& target = figures.target(layer);
    if (target == Target{}) continue;
    aggregator::v1::LayerTarget* out = cell->add_targets();
    out->set_layer(static_cast<types::v1::Layer>(layer));
    if (target.known()) {
      out->set_target(target.amount);
    } else {
      out->set_missing(MissingWord(target.missing));
    }
    if (target.declared) out->set_declared(*target.declared);
  }
}

}  // namespace anju::ranking
