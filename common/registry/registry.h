// The registry a service keeps: regions and catalogue, folded from the plan journal's events. The only reader of both forms.
#pragma once

#include <map>
#include <vector>

#include "anju/plan/v1/event.pb.h"
#include "anju/types/v1/registry.pb.h"
#include "common/catalogue/catalogue.h"
#include "common/region/region_tree.h"
#include "common/region/succession.h"

namespace anju {

// Copyable value; const methods are safe for concurrent use.
struct Registry {
  RegionTree regions;
  Catalogue catalogue;
  Boundaries boundaries;
};

types::v1::RegionRecord ToProto(const Region& region);
types::v1::ProgrammeRecord ToProto(const Programme& programme);
types::v1::IndicatorRecord ToProto(const Indicator& indicator);
plan::v1::BoundaryEvent ToProto(const BoundaryEvent& event);

// REQUIRES: records that CheckKnown (known.h) passes.
Region FromProto(const types::v1::RegionRecord& record);
Programme FromProto(const types::v1::ProgrammeRecord& record);
Indicator FromProto(const types::v1::IndicatorRecord& record);
BoundaryEvent FromProto(const plan::v1::BoundaryEvent& event);  // `sequence` is left 0

// Rows by number. Rows of one code need not stand together in an event.
std::map<RegionNumber, std::vector<Region>> RowsByNumber(const google::protobuf::RepeatedPtrField<types::v1::RegionRecord>& records);

// Folds an event. Never validates: replay applies what was decided.
void Apply(const plan::v1::RegionsImported& event, Registry* registry);
void Apply(const plan::v1::CatalogueImported& event, Registry* registry);
// `sequence`: plan journal sequence of the event.
void Apply(uint64_t sequence, const plan::v1::BoundariesChanged& event, Registry* registry);

}  // namespace anju
