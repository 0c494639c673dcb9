// The aggregator's core under test: a state fed event by event, and views of it, without journals, storage or messages around it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/registry/history.h"
#include "services/aggregator/core/view.h"
#include "tests/property/model.h"

namespace anju::worlds {

class CoreSubject {
 public:
  explicit CoreSubject(const World& world) : world_(world), state_(world.progress.size()) {}

  // Applies one of the world's blocks.
  void Apply(const Block& block);
  // What it says of these cells. `current`: ask for the newest without naming what is known.
  std::map<Key, CellAnswer> Ask(const Question& question, bool current, const std::vector<Key>& keys);
  // The canonical dump.
  std::vector<std::string> Dump() const;

 private:
  const World& world_;
  RegistryHistory history_;
  aggregator::State state_;
};

}  // namespace anju::worlds
