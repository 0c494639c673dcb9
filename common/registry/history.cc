// The registry of the past: versions by sequence, put together when somebody asks for a position.
#include "common/registry/history.h"

#include <algorithm>

#include "common/status/macros.h"

namespace anju {
namespace {

// The last version up to `sequence`, if it came after `after`; else nullptr.
template <typename Record>
const Record* VersionBetween(const std::vector<std::pair<uint64_t, Record>>& versions, uint64_t after, uint64_t sequence) {
  const auto end = std::upper_bound(versions.begin(), versions.end(), sequence, [](uint64_t at, const auto& version) { return at < version.first; });
  if (end == versions.begin() || std::prev(end)->first <= after) return nullptr;
  return &std::prev(end)->second;
}

}  // namespace

RegistryHistory::RegistryHistory() : newest_(std::make_shared<const Registry>()) {}

void RegistryHistory::AddChange(uint64_t sequence) {
  CHECK(sequence > newest_sequence());
  changes_.push_back(sequence);
}

void RegistryHistory::AddRows(uint64_t sequence, const google::protobuf::RepeatedPtrField<types::v1::RegionRecord>& records) {
  for (auto& [number, rows] : RowsByNumber(records)) regions_[number].emplace_back(sequence, rows);
}

void RegistryHistory::Add(uint64_t sequence, const plan::v1::RegionsImported& event) {
  AddChange(sequence);
  AddRows(sequence, event.regions());
}

void RegistryHistory::Add(uint64_t sequence, const plan::v1::CatalogueImported& event) {
  AddChange(sequence);
  for (const types::v1::ProgrammeRecord& record : event.programmes()) programmes_[record.number()].emplace_back(sequence, FromProto(record));
  for (const types::v1::IndicatorRecord& record : event.indicators()) indicators_[record.number()].emplace_back(sequence, FromProto(record));
}

void RegistryHistory::Add(uint64_t sequence, const plan::v1::BoundariesChanged& event) {
  AddChange(sequence);
  AddRows(sequence, event.regions());
  for (const plan::v1::BoundaryEvent& record : event.events()) {
    boundaries_.push_back(FromProto(record));
    boundaries_.back().sequence = sequence;
  }
}

void RegistryHistory::Bring(Registry* registry, uint64_t after, uint64_t sequence) const {
  for (const auto& [number, versions] : regions_) {
    if (const auto* rows = VersionBetween(versions, after, sequence)) registry->regions.Put(*rows);
  }
  for (const auto& [number, versions] : programmes_) {
    if (const auto* programme = VersionBetween(versions, after, sequence)) registry->catalogue.Put(*programme);
  }
  for (const auto& [number, versions] : indicators_) {
    if (const auto* indicator = VersionBetween(versions, after, sequence)) registry->catalogue.Put(*indicator);
  }
  for (const BoundaryEvent& change : boundaries_) {
    if (after < change.sequence && change.sequence <= sequence) registry->boundaries.Add(change);
  }
}

std::shared_ptr<const Registry> RegistryHistory::At(uint64_t sequence) const {
  const auto end = std::upper_bound(changes_.begin(), changes_.end(), sequence);
  const uint64_t change = end == changes_.begin() ? 0 : *std::prev(end);

  const MutexLock lock(mutex_);
  if (change == newest_sequence()) {
    if (newest_built_ != change) {
      auto built = std::make_shared<Registry>(*newest_);
      Bring(built.get(), newest_built_, change);
      newest_ = std::move(built);
      newest_built_ = change;
    }
    return newest_;
  }
  const auto it = std::find_if(kept_.begin(), kept_.end(), [&](const auto& kept) { return kept.first == change; });
  if (it != kept_.end()) {
    kept_.splice(kept_.begin(), kept_, it);
    return it->second;
  }
  auto built = std::make_shared<Registry>();
  Bring(built.get(), 0, change);
  kept_.emplace_front(change, std::move(built));
  if (kept_.size() > kKeptMax) kept_.pop_back();
  return kept_.front().second;
}

void RegistryHistory::Clear() {
  changes_.clear();
  regions_.clear();
  programmes_.clear();
  indicators_.clear();
  boundaries_.clear();
  const MutexLock lock(mutex_);
  newest_built_ = 0;
  newest_ = std::make_shared<const Registry>();
  kept_.clear();
}

}  // namespace anju
