// The registry as it was known at any position of the plan journal.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "common/registry/registry.h"
#include "common/thread/mutex.h"

namespace anju {

// Every version of every region's rows and every catalogue record, by plan sequence. Appending needs exclusive use; const methods are safe for
// concurrent use with each other.
class RegistryHistory {
 public:
  static constexpr size_t kKeptMax = 8;  // registries of the past kept ready

  RegistryHistory();
  // REQUIRES: events in the order of their sequences, each once.
  void Add(uint64_t sequence, const plan::v1::RegionsImported& event);
  void Add(uint64_t sequence, const plan::v1::CatalogueImported& event);
  void Add(uint64_t sequence, const plan::v1::BoundariesChanged& event);
  // The registry made of all events up to `sequence`. Building one costs a walk over all regions; the newest is copied on from the one before
  // when it is first asked for, so that a replay of many imports makes one copy. The same pointer is given for all positions between two changes,
  // as long as it is kept. Never nullptr.
  std::shared_ptr<const Registry> At(uint64_t sequence) const;
  std::shared_ptr<const Registry> newest() const { return At(UINT64_MAX); }
  // Sequence of the newest event that changed it; 0 if none.
  uint64_t newest_sequence() const { return changes_.empty() ? 0 : changes_.back(); }
  void Clear();

 private:
  template <typename Record>
  using Versions = std::map<uint32_t, std::vector<std::pair<uint64_t, Record>>>;  // by number, then ascending by sequence

  void AddChange(uint64_t sequence);
  void AddRows(uint64_t sequence, const google::protobuf::RepeatedPtrField<types::v1::RegionRecord>& records);
  // Puts into `registry` what changed after `after` up to `sequence`.
  void Bring(Registry* registry, uint64_t after, uint64_t sequence) const;

  std::vector<uint64_t> changes_;  // ascending
  Versions<std::vector<Region>> regions_;
  Versions<Programme> programmes_;
  Versions<Indicator> indicators_;
  std::vector<BoundaryEvent> boundaries_;
  mutable Mutex mutex_;  // held while one is built, so that nobody builds the same twice. What is above changes only by its exclusive users.
  mutable uint64_t newest_built_ GUARDED_BY(mutex_) = 0;
  mutable std::shared_ptr<const Registry> newest_ GUARDED_BY(mutex_);  // as of newest_built_
  mutable std::list<std::pair<uint64_t, std::shared_ptr<const Registry>>> kept_ GUARDED_BY(mutex_);  // by changing sequence, most recently used first
};

}  // namespace anju
