// The registry as it was known at any position of the plan journal.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "common/registry/registry.h"

namespace anju {

// Every version of every region's rows and every catalogue record, by plan sequence. Appending needs exclusive use; At is safe for concurrent
// use with itself.
class RegistryHistory {
 public:
  static constexpr size_t kKeptMax = 8;  // registries of the past kept ready

  RegistryHistory();
  // Events in the order of their sequences.
  void Add(uint64_t sequence, const plan::v1::RegionsImported& event);
  void Add(uint64_t sequence, const plan::v1::CatalogueImported& event);
  void Add(uint64_t sequence, const plan::v1::BoundariesChanged& event);
  // The registry made of all events up to `sequence`. Building one costs a walk over all regions; the newest is always ready. The same pointer is
  // given for all positions between two changes, as long as it is kept.
  std::shared_ptr<const Registry> At(uint64_t sequence) const;
  std::shared_ptr<const Registry> newest() const { return newest_; }
  // Sequence of the newest event that changed it; 0 if none.
  uint64_t newest_sequence() const { return changes_.empty() ? 0 : changes_.back(); }
  void Clear();

 private:
  template <typename Record>
  using Versions = std::map<uint32_t, std::vector<std::pair<uint64_t, Record>>>;

  std::vector<uint64_t> changes_;  // ascending
  Versions<std::vector<Region>> regions_;
  Versions<Programme> programmes_;
  Versions<Indicator> indicators_;
  std::vector<std::pair<uint64_t, BoundaryEvent>> boundaries_;
  std::shared_ptr<const Registry> newest_;
  mutable std::mutex mutex_;
  mutable std::list<std::pair<uint64_t, std::shared_ptr<const Registry>>> kept_;  // by changing sequence, most recently used first
};

}  // namespace anju
