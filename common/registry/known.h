// Whether records of regions, catalogue and boundaries are ones that this version can take in. They were decided by the plan service, and come out of a
// chain of hashes or a row with a checksum; but that service may be of a later version, and a row may be one that nobody wrote.
#pragma once

#include <google/protobuf/repeated_field.h>

#include <concepts>

#include "absl/status/status.h"
#include "anju/plan/v1/event.pb.h"
#include "anju/types/v1/registry.pb.h"

namespace anju {

// SCHEMA_TOO_NEW naming the record, the field and the word that this version does not know; DATA_LOSS for what no version writes: a record without a
// number, one region with two codes, shares of a split that are not 1 together. An event is checked by itself, without those before it. What they pass, FromProto and Apply (registry.h) take.
absl::Status CheckKnown(const google::protobuf::RepeatedPtrField<types::v1::RegionRecord>& records);
absl::Status CheckKnown(const google::protobuf::RepeatedPtrField<types::v1::ProgrammeRecord>& records);
absl::Status CheckKnown(const google::protobuf::RepeatedPtrField<types::v1::IndicatorRecord>& records);
absl::Status CheckKnown(const types::v1::ProgrammeRecord& record);
absl::Status CheckKnown(const types::v1::IndicatorRecord& record);
absl::Status CheckKnown(const plan::v1::Event& event);

// The same of all such records that stand in a message: lists of regions, programmes and indicators, a single indicator, and columns with theirs.
template <typename Message>
absl::Status CheckKnownIn(const Message& message) {
  using google::protobuf::RepeatedPtrField;
  if constexpr (requires { { message.regions() } -> std::same_as<const RepeatedPtrField<types::v1::RegionRecord>&>; }) {
    if (absl::Status known = CheckKnown(message.regions()); !known.ok()) return known;
  }
  if constexpr (requires { { message.programmes() } -> std::same_as<const RepeatedPtrField<types::v1::ProgrammeRecord>&>; }) {
    if (absl::Status known = CheckKnown(message.programmes()); !known.ok()) return known;
  }
  if constexpr (requires { { message.indicators() } -> std::same_as<const RepeatedPtrField<types::v1::IndicatorRecord>&>; }) {
    if (absl::Status known = CheckKnown(message.indicators()); !known.ok()) return known;
  }
  if constexpr (requires { message.columns(0).regions(); }) {
    for (const auto& column : message.columns()) {
      if (absl::Status known = CheckKnownIn(column); !known.ok()) return known;
    }
  }
  if constexpr (requires { { message.indicator() } -> std::same_as<const types::v1::IndicatorRecord&>; }) {
    if (message.has_indicator()) return CheckKnown(message.indicator());
  }
  return absl::OkStatus();
}

}  // namespace anju
