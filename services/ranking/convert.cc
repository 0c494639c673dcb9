// Wire ↔ core: the only file of the service, beside definitions.cc, that reads fields of both.
#include "services/ranking/convert.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <unordered_map>
#include <utility>

#include "services/ranking/definitions.h"
#include "services/ranking/store/records.h"

namespace anju::ranking {
namespace {

Place PlaceOf(const Region& region, size_t figures) {
  return {region.number, region.code, region.name, region.level, region.kind, region.order, std::vector<Figures>(figures)};
}

// Of two rows of one region the one that names it on `day`: that of the day, else the last before it, else the first after it.
bool NamesBetter(const Region& candidate, const Region& kept, Date day) {
  if (candidate.HoldsOn(day) || kept.HoldsOn(day)) return candidate.HoldsOn(day);
  const bool was = candidate.valid_from <= day, kept_was = kept.valid_from <= day;
  if (was != kept_was) return was;
  return was ? candidate.valid_from > kept.valid_from : candidate.valid_from < kept.valid_from;
}

void FillState(const SeatState& state, v1::RowState* wire) {
  wire->set_rank(state.rank);
  if (state.key) wire->set_key(*state.key);
  if (state.value) wire->set_value(*state.value);
  wire->set_reason(state.reason);
  wire->set_inside(state.inside);
}

}  // namespace

Date TreeDay(const Plan& plan, const Definition& definition) {
  return plan.indicator->is_stock() ? Date{kDistantFuture.days - 1} : LastDay(definition.period);
}

std::string FormatTreeDay(Date day) { return day.days >= kDistantFuture.days - 1 ? "" : FormatDate(day); }

Input CurrentInput(const Contents& contents, const Definition& definition, const Plan& plan, RegionNumber region, Date day) {
  const RegionTree& tree = contents.registry->regions;
  std::vector<Cells::Reader> columns;
  for (const FigureKey& key : plan.needs.keys) columns.push_back(contents.cells.Read({definition.programme, key}));
  const auto place = [&](RegionNumber number) {
    Place made = PlaceOf(*tree.At(number, day), columns.size());
    for (size_t i = 0; i < columns.size(); ++i) {
      columns[i].Get(number, &made.figures[i]);
    }
    return made;
  };
  Input input;
  input.region = place(region);
  const std::vector<RegionNumber> children = tree.ChildrenAt(region, day);
  input.children.reserve(children.size());
  for (const RegionNumber child : children) input.children.push_back(place(child));
  return input;
}

void AddKeys(const Definition& definition, const Plan& plan, const Catalogue& catalogue,
             google::protobuf::RepeatedPtrField<aggregator::v1::ColumnKey>* keys) {
  for (const FigureKey& key : plan.needs.keys) {
    aggregator::v1::ColumnKey* wire = keys->Add();
    wire->set_programme(catalogue.FindProgramme(definition.programme)->code);
    wire->set_indicator(catalogue.FindIndicator(key.indicator)->code);
    if (key.period.is_stock()) continue;
    wire->mutable_period()->set_first_year(key.period.first);
    wire->mutable_period()->set_last_year(key.period.last);
  }
}

std::vector<Place> PlacesOf(const google::protobuf::RepeatedPtrField<types::v1::RegionRecord>& records, const Plan& plan, Date day) {
  // A region may come with all its dated rows.
  std::vector<Region> regions;
  std::unordered_map<RegionNumber, size_t> index;
  for (const types::v1::RegionRecord& record : records) {
    Region region = anju::FromProto(record);
    auto [known, is_new] = index.try_emplace(region.number, regions.size());
    if (is_new) {
      regions.push_back(std::move(region));
    } else if (NamesBetter(region, regions[known->second], day)) {
      regions[known->second] = std::move(region);
    }
  }
  std::vector<Place> places;
  places.reserve(regions.size());
  for (const Region& region : regions) places.push_back(PlaceOf(region, plan.needs.keys.size()));
  return places;
}

std::optional<size_t> SlotOf(const aggregator::v1::Cell& cell, const Definition& definition, const Plan& plan) {
  const ColumnKey key = ColumnOf(cell);
  if (key.programme != definition.programme) return std::nullopt;
  const auto slot = std::find(plan.needs.keys.begin(), plan.needs.keys.end(), key.figure);
  if (slot == plan.needs.keys.end()) return std::nullopt;
  return static_cast<size_t>(slot - plan.needs.keys.begin());
}

Input DatedInput(const aggregator::v1::GetColumnResponse& column, const Definition& definition, const Plan& plan, std::optional<Date> as_of,
                 Date day) {
  Input input;
  input.as_of = as_of;
  std::vector<Place> places = PlacesOf(column.regions(), plan, day);
  std::unordered_map<RegionNumber, size_t> index;
  for (size_t i = 0; i < places.size(); ++i) index.emplace(places[i].number, i);
  for (const aggregator::v1::Cell& cell : column.cells()) {
    const auto place = index.find(cell.region());
    const std::optional<size_t> slot = SlotOf(cell, definition, plan);
    if (place != index.end() && slot) places[place->second].figures[*slot] = FiguresOf(cell);
  }
  // Nobody: a table of nothing, which says so.
  if (places.empty()) places.push_back(PlaceOf({}, plan.needs.keys.size()));
  input.region = std::move(places.front());
  input.children.assign(std::make_move_iterator(places.begin() + 1), std::make_move_iterator(places.end()));
  return input;
}

void FillRow(const Row& row, v1::Row* wire) {
  wire->Clear();
  wire->set_rank(row.rank);
  wire->set_region(row.code);
  wire->set_name(row.name);
  if (row.key) wire->set_key(*row.key);
  if (row.numerator) wire->set_numerator(*row.numerator);
  if (row.denominator) wire->set_denominator(*row.denominator);
  if (row.value) wire->set_value(*row.value);
  if (row.as_of) wire->set_as_of(FormatDate(*row.as_of));
  wire->set_reason(UnrankedName(row.reason));
  for (const std::string& column : row.columns) wire->add_columns(column);
  wire->set_previous_rank(row.previous_rank);
  if (row.previous_value) wire->set_previous_value(*row.previous_value);
  if (row.value_change) wire->set_value_change(*row.value_change);
  if (row.rank_change) wire->set_rank_change(*row.rank_change);
  // They were serialized by FiguresOf.
  for (const std::string& note : row.notes) wire->add_notes()->ParseFromString(note);
  wire->set_review(ToProto(row.review));
}

v1::RowChange ToProto(const Transition& transition) {
  v1::RowChange change;
  change.set_region(transition.code);
  change.set_name(transition.name);
  FillState(transition.from, change.mutable_from());
  FillState(transition.to, change.mutable_to());
  return change;
}

MilestoneState StateOf(const aggregator::v1::MilestoneStatus& status) {
  switch (status.state()) {
    case aggregator::v1::MILESTONE_STATE_MET: return MilestoneState::kMet;
    case aggregator::v1::MILESTONE_STATE_MISSED: return MilestoneState::kMissed;
    case aggregator::v1::MILESTONE_STATE_AHEAD: return MilestoneState::kAhead;
    default: return MilestoneState::kUnknown;
  }
}

}  // namespace anju::ranking
