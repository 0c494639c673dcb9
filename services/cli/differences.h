// Names for numbers, and the printing of what a document says against itself and against the one above it.
#pragma once

#include <google/protobuf/repeated_field.h>

#include "absl/status/statusor.h"
#include "anju/plan/v1/event.pb.h"
#include "anju/plan/v1/plan.pb.h"
#include "common/registry/registry.h"
#include "services/cli/context.h"

namespace anju::cli {

// Regions and catalogue as the plan service has them now.
absl::StatusOr<Registry> FetchNames(const Context& context);

std::string_view LayerName(types::v1::Layer layer);
// The basis of an answer: the token to pass on, and the journal positions it stands for as journal/sequence.
Json BasisJson(const types::v1::BasisStamp& stamp);
// blank, no_task, not_published …: why there is no number.
std::string_view MissingName(types::v1::Missing missing);    // national, provincial, city, county or ""
std::string_view VerdictName(types::v1::Verdict verdict);  // exact, rounding, error, not_additive, note
std::string RegionName(const Registry& names, RegionNumber region, Date day);

Json DifferenceJson(const Registry& names, const plan::v1::Difference& difference);
Json AllocationJson(const Registry& names, const plan::v1::Allocation& allocation);
Sheet DifferenceSheet(const Context& context, const Registry& names, const google::protobuf::RepeatedPtrField<plan::v1::Difference>& differences);
Sheet AllocationSheet(const Registry& names, const google::protobuf::RepeatedPtrField<plan::v1::Allocation>& allocations);

}  // namespace anju::cli
