// What every service believes of the records of regions, catalogue and boundaries that it is handed: they were decided once, and come out of a chain of
// hashes or a row with a checksum. Records that break it end the process (common/registry), so inputs with such records are left out.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "anju/aggregator/v1/aggregator.pb.h"
#include "anju/plan/v1/event.pb.h"
#include "common/region/region_tree.h"

namespace anju::fuzz {

inline bool Believed(const google::protobuf::RepeatedPtrField<types::v1::RegionRecord>& records) {
  std::map<uint32_t, std::string> codes;
  for (const types::v1::RegionRecord& record : records) {
    if (record.number() == 0 || !ParseRegionLevel(record.level()) || !ParseRegionKind(record.kind())) return false;
    if (codes.emplace(record.number(), record.code()).first->second != record.code()) return false;
  }
  return true;
}
inline bool Believed(const types::v1::ProgrammeRecord& record) { return record.number() != 0; }
inline bool Believed(const types::v1::IndicatorRecord& record) {
  const auto is = [](const std::string& word, std::initializer_list<std::string_view> words) { return std::find(words.begin(), words.end(), word) != words.end(); };
  return record.number() != 0 && is(record.over_regions(), {"sum", "none"}) && is(record.over_time(), {"sum", "last", "none"}) &&
         is(record.part_kind(), {"", "partition", "subset"});
}
template <typename Catalogue>
bool BelievedCatalogue(const Catalogue& catalogue) {
  for (const auto& record : catalogue.programmes()) {
    if (!Believed(record)) return false;
  }
  for (const auto& record : catalogue.indicators()) {
    if (!Believed(record)) return false;
  }
  return true;
}
inline bool Believed(const aggregator::v1::Frame& frame) { return Believed(frame.regions()) && BelievedCatalogue(frame); }
inline bool Believed(const plan::v1::RegionsImported& regions) { return Believed(regions.regions()); }
inline bool Believed(const plan::v1::Event& event) {
  for (const plan::v1::BoundaryEvent& boundary : event.boundaries().events()) {
    if (!plan::v1::BoundaryKind_IsValid(boundary.kind()) || boundary.share_numerator() < 0) return false;
    if (boundary.share_numerator() > 0 && boundary.share_denominator() < boundary.share_numerator()) return false;
  }
  return Believed(event.regions().regions()) && Believed(event.boundaries().regions()) && BelievedCatalogue(event.catalogue());
}
// Bytes that are no such message are not believed to be anything.
template <typename Message>
bool BelievedBytes(std::string_view bytes) {
  Message message;
  return !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || Believed(message);
}

// Rows of caches: aggregator and progress keep plan's events, ranking frames and records, plan its own.
inline bool BelievedEventRow(std::string_view, std::string_view value) { return BelievedBytes<plan::v1::Event>(value); }
inline bool BelievedCellsRow(std::string_view key, std::string_view value) {
  switch (key.empty() ? '\0' : key.front()) {
    case 'p': return BelievedBytes<types::v1::ProgrammeRecord>(value);
    case 'i': return BelievedBytes<types::v1::IndicatorRecord>(value);
    default: return BelievedBytes<aggregator::v1::Frame>(value);
  }
}
inline bool BelievedPlanRow(std::string_view key, std::string_view value) {
  switch (key.empty() ? '\0' : key.front()) {
    case 'P': return BelievedBytes<types::v1::ProgrammeRecord>(value);
    case 'I': return BelievedBytes<types::v1::IndicatorRecord>(value);
    case 'R': return BelievedBytes<plan::v1::RegionsImported>(value);
    default: return BelievedBytes<plan::v1::Event>(value);
  }
}
inline bool AnyRow(std::string_view, std::string_view) { return true; }

}  // namespace anju::fuzz
