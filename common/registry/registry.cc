// Regions, catalogue and boundary changes to and from their records, and the fold of the events that carry them.
#include "common/registry/registry.h"

#include <utility>

#include "common/status/macros.h"

namespace anju {
namespace {

template <typename Repeated>
void AddAll(const std::vector<uint32_t>& numbers, Repeated* to) {
  to->Add(numbers.begin(), numbers.end());
}

OverTime ParseOverTime(const std::string& word) {
  if (word == "sum") return OverTime::kSum;
  if (word == "last") return OverTime::kLast;
  CHECK(word == "none");
  return OverTime::kNone;
}

PartKind ParsePartKind(const std::string& word) {
  if (word.empty()) return PartKind::kNone;
  if (word == "partition") return PartKind::kPartition;
  CHECK(word == "subset");
  return PartKind::kSubset;
}

}  // namespace

types::v1::RegionRecord ToProto(const Region& region) {
  types::v1::RegionRecord record;
  record.set_number(region.number);
  record.set_code(region.code);
  record.set_name(region.name);
  record.set_parent(region.parent);
  record.set_level(std::string(RegionLevelName(region.level)));
  record.set_kind(std::string(RegionKindName(region.kind)));
  if (region.valid_from != kDistantPast) record.set_valid_from_days(region.valid_from.days);
  if (region.valid_to != kDistantFuture) record.set_valid_to_days(region.valid_to.days);
  for (const std::string& alias : region.aliases) record.add_aliases(alias);
  record.set_gb_code(region.gb_code);
  record.set_order(region.order);
  AddAll(region.members, record.mutable_members());
  record.set_note(region.note);
  return record;
}

Region FromProto(const types::v1::RegionRecord& record) {
  const std::optional<RegionLevel> level = ParseRegionLevel(record.level());
  const std::optional<RegionKind> kind = ParseRegionKind(record.kind());
  CHECK(level.has_value() && kind.has_value());
  Region region;
  region.number = record.number();
  region.code = record.code();
  region.name = record.name();
  region.parent = record.parent();
  region.level = *level;
  region.kind = *kind;
  if (record.has_valid_from_days()) region.valid_from = Date{record.valid_from_days()};
  if (record.has_valid_to_days()) region.valid_to = Date{record.valid_to_days()};
  region.aliases.assign(record.aliases().begin(), record.aliases().end());
  region.gb_code = record.gb_code();
  region.order = record.order();
  region.members.assign(record.members().begin(), record.members().end());
  region.note = record.note();
  return region;
}

types::v1::ProgrammeRecord ToProto(const Programme& programme) {
  types::v1::ProgrammeRecord record;
  record.set_number(programme.number);
  record.set_code(programme.code);
  record.set_name(programme.name);
  record.set_parent(programme.parent);
  record.set_group(programme.group);
  AddAll(programme.members, record.mutable_members());
  return record;
}

Programme FromProto(const types::v1::ProgrammeRecord& record) {
  Programme programme;
  programme.number = record.number();
  programme.code = record.code();
  programme.name = record.name();
  programme.parent = record.parent();
  programme.group = record.group();
  programme.members.assign(record.members().begin(), record.members().end());
  return programme;
}

types::v1::IndicatorRecord ToProto(const Indicator& indicator) {
  types::v1::IndicatorRecord record;
  record.set_number(indicator.number);
  record.set_code(indicator.code);
  record.set_name(indicator.name);
  record.set_unit(indicator.unit);
  record.set_scale(static_cast<uint32_t>(indicator.scale));
  for (const Unit& unit : indicator.units) {
    types::v1::UnitRecord* added = record.add_units();
    added->set_name(unit.name);
    added->set_numerator(unit.numerator);
    added->set_denominator(unit.denominator);
  }
  record.set_over_regions(std::string(OverRegionsName(indicator.over_regions)));
  record.set_over_time(std::string(OverTimeName(indicator.over_time)));
  record.set_part_of(indicator.part_of);
  record.set_part_kind(std::string(PartKindName(indicator.part_kind)));
  record.set_entries(indicator.entries);
  record.set_exits(indicator.exits);
  record.set_negative(indicator.negative);
  return record;
}

Indicator FromProto(const types::v1::IndicatorRecord& record) {
  CHECK(record.over_regions() == "sum" || record.over_regions() == "none");
  Indicator indicator;
  indicator.number = record.number();
  indicator.code = record.code();
  indicator.name = record.name();
  indicator.unit = record.unit();
  indicator.scale = static_cast<int>(record.scale());
  for (const types::v1::UnitRecord& unit : record.units()) indicator.units.push_back({unit.name(), unit.numerator(), unit.denominator()});
  indicator.over_regions = record.over_regions() == "sum" ? OverRegions::kSum : OverRegions::kNone;
  indicator.over_time = ParseOverTime(record.over_time());
  indicator.part_of = record.part_of();
  indicator.part_kind = ParsePartKind(record.part_kind());
  indicator.entries = record.entries();
  indicator.exits = record.exits();
  indicator.negative = record.negative();
  return indicator;
}

plan::v1::BoundaryEvent ToProto(const BoundaryEvent& event) {
  plan::v1::BoundaryEvent record;
  record.set_kind(static_cast<plan::v1::BoundaryKind>(event.kind));
  record.set_date_days(event.date.days);
  record.set_region(event.region);
  record.set_into(event.into);
  record.set_share_numerator(static_cast<int64_t>(event.share.numerator));
  record.set_share_denominator(static_cast<int64_t>(event.share.denominator));
  AddAll(event.units, record.mutable_units());
  record.set_name(event.name);
  record.set_level(event.level);
  record.set_kind_word(event.kind_word);
  record.set_document(event.document);
  record.set_note(event.note);
  record.set_line(event.line);
  return record;
}

BoundaryEvent FromProto(const plan::v1::BoundaryEvent& record) {
  CHECK(plan::v1::BoundaryKind_IsValid(record.kind()) && record.share_numerator() >= 0);
  BoundaryEvent event;
  event.kind = static_cast<BoundaryKind>(record.kind());
  event.date = Date{record.date_days()};
  event.region = record.region();
  event.into = record.into();
  // Nothing of nothing is nothing, whatever it was divided by.
  if (record.share_numerator() > 0) {
    CHECK(record.share_denominator() >= record.share_numerator());
    event.share = {record.share_numerator(), record.share_denominator()};
  }
  event.units.assign(record.units().begin(), record.units().end());
  event.name = record.name();
  event.level = record.level();
  event.kind_word = record.kind_word();
  event.document = record.document();
  event.note = record.note();
  event.line = record.line();
  return event;
}

std::map<RegionNumber, std::vector<Region>> RowsByNumber(const google::protobuf::RepeatedPtrField<types::v1::RegionRecord>& records) {
  std::map<RegionNumber, std::vector<Region>> rows;
  for (const types::v1::RegionRecord& record : records) rows[record.number()].push_back(FromProto(record));
  return rows;
}

void Apply(const plan::v1::RegionsImported& event, Registry* registry) {
  for (const auto& [number, rows] : RowsByNumber(event.regions())) registry->regions.Put(rows);
}

void Apply(const plan::v1::CatalogueImported& event, Registry* registry) {
  for (const types::v1::ProgrammeRecord& record : event.programmes()) registry->catalogue.Put(FromProto(record));
  for (const types::v1::IndicatorRecord& record : event.indicators()) registry->catalogue.Put(FromProto(record));
}

void Apply(uint64_t sequence, const plan::v1::BoundariesChanged& event, Registry* registry) {
  for (const auto& [number, rows] : RowsByNumber(event.regions())) registry->regions.Put(rows);
  for (const plan::v1::BoundaryEvent& record : event.events()) {
    BoundaryEvent change = FromProto(record);
    change.sequence = sequence;
    registry->boundaries.Add(change);
  }
}

}  // namespace anju
