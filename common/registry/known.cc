// Checks words, numbers and shares of records.
#include "common/registry/known.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "common/decimal/decimal.h"
#include "common/region/region_tree.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju {
namespace {

std::string NameOf(std::string_view what, uint32_t number) { return absl::StrCat(absl::string_view(what.data(), what.size()), " ", number); }

absl::Status Unknown(const std::string& record, std::string_view field, std::string_view word) {
  return MakeError(Reason::SCHEMA_TOO_NEW, field, word,
                   absl::StrCat(record, " has a ", absl::string_view(field.data(), field.size()), " that this version does not know: ", absl::string_view(word.data(), word.size())));
}

absl::Status Broken(const std::string& record, std::string_view field, std::string_view what) {
  return MakeError(Reason::DATA_LOSS, field, record, absl::StrCat(record, " ", absl::string_view(what.data(), what.size())));
}

template <size_t count>
bool IsOneOf(std::string_view word, const std::array<std::string_view, count>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

template <typename Records>
absl::Status CheckEach(const Records& records) {
  for (const auto& record : records) RETURN_IF_ERROR(CheckKnown(record));
  return absl::OkStatus();
}

// Those that pass something on pass on all of it, exactly.
absl::Status CheckShares(const google::protobuf::RepeatedPtrField<plan::v1::BoundaryEvent>& changes) {
  std::map<uint32_t, Fraction> passed_on;
  for (const plan::v1::BoundaryEvent& change : changes) {
    const std::string name = NameOf("the boundary change of region", change.region());
    if (!plan::v1::BoundaryKind_IsValid(change.kind())) return Unknown(name, "kind", std::to_string(change.kind()));
    if (change.share_numerator() == 0) continue;
    const auto sum = change.share_numerator() > 0 && change.share_denominator() >= change.share_numerator()
                         ? CheckedAdd(passed_on.try_emplace(change.region(), Fraction{0, 1}).first->second, {change.share_numerator(), change.share_denominator()})
                         : std::nullopt;
    if (!sum) return Broken(name, "share", "has a share that is none");
    passed_on[change.region()] = *sum;
  }
  for (const auto& [region, sum] : passed_on) {
    if (sum.numerator != sum.denominator) return Broken(NameOf("the boundary change of region", region), "share", "has shares that are not 1 together");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckKnown(const google::protobuf::RepeatedPtrField<types::v1::RegionRecord>& records) {
  std::map<uint32_t, std::string_view> codes;
  for (const types::v1::RegionRecord& record : records) {
    const std::string name = NameOf("region", record.number());
    if (record.number() == 0) return Broken(name, "number", "has no number");
    if (!ParseRegionLevel(record.level())) return Unknown(name, "level", record.level());
    if (!ParseRegionKind(record.kind())) return Unknown(name, "kind", record.kind());
    if (codes.emplace(record.number(), record.code()).first->second != record.code()) return Broken(name, "code", "has two codes");
  }
  return absl::OkStatus();
}

absl::Status CheckKnown(const types::v1::ProgrammeRecord& record) {
  return record.number() == 0 ? Broken("programme 0", "number", "has no number") : absl::OkStatus();
}

absl::Status CheckKnown(const types::v1::IndicatorRecord& record) {
  const std::string name = NameOf("indicator", record.number());
  if (record.number() == 0) return Broken(name, "number", "has no number");
  if (!IsOneOf<2>(record.over_regions(), {"sum", "none"})) return Unknown(name, "over_regions", record.over_regions());
  if (!IsOneOf<3>(record.over_time(), {"sum", "last", "none"})) return Unknown(name, "over_time", record.over_time());
  if (!IsOneOf<3>(record.part_kind(), {"", "partition", "subset"})) return Unknown(name, "part_kind", record.part_kind());
  return absl::OkStatus();
}

absl::Status CheckKnown(const google::protobuf::RepeatedPtrField<types::v1::ProgrammeRecord>& records) { return CheckEach(records); }
absl::Status CheckKnown(const google::protobuf::RepeatedPtrField<types::v1::IndicatorRecord>& records) { return CheckEach(records); }

absl::Status CheckKnown(const plan::v1::Event& event) {
  RETURN_IF_ERROR(CheckKnown(event.regions().regions()));
  RETURN_IF_ERROR(CheckKnown(event.catalogue().programmes()));
  RETURN_IF_ERROR(CheckKnown(event.catalogue().indicators()));
  RETURN_IF_ERROR(CheckKnown(event.boundaries().regions()));
  return CheckShares(event.boundaries().events());
}

}  // namespace anju
