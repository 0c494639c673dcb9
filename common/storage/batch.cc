// What is common to every storage: joining and sorting batches.
#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "common/storage/storage.h"

namespace anju::storage {

void Batch::Append(Batch&& other) {
  if (operations_.empty()) {
    operations_.swap(other.operations_);
    std::swap(bytes_, other.bytes_);
  } else {
    operations_.insert(operations_.end(), std::make_move_iterator(other.operations_.begin()),
                       std::make_move_iterator(other.operations_.end()));
    bytes_ += other.bytes_;
  }
  other.Clear();
}

void Batch::Sort() {
  // Ordered by the first eight bytes of the key wherever they decide, which spares most comparisons their cache misses.
  struct Place {
    uint64_t prefix;
    uint32_t index;
  };
  std::vector<Place> places(operations_.size());
  for (uint32_t i = 0; i < places.size(); ++i) {
    const std::string& key = operations_[i].key;
    uint64_t prefix = 0;
    for (size_t byte = 0; byte < 8; ++byte) prefix = prefix << 8 | (byte < key.size() ? static_cast<uint8_t>(key[byte]) : 0);
    places[i] = {prefix, i};
  }
  std::sort(places.begin(), places.end(), [this](const Place& a, const Place& b) {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    const int order = operations_[a.index].key.compare(operations_[b.index].key);
    return order != 0 ? order < 0 : a.index < b.index;
  });
  std::vector<Operation> sorted;
  sorted.reserve(operations_.size());
  for (size_t i = 0; i < places.size(); ++i) {
    Operation& operation = operations_[places[i].index];
    const bool overtaken = i + 1 < places.size() && operations_[places[i + 1].index].key == operation.key;
    if (overtaken) {
      bytes_ -= operation.key.size() + (operation.value ? operation.value->size() : 0);
    } else {
      sorted.push_back(std::move(operation));
    }
  }
  operations_ = std::move(sorted);
}

}  // namespace anju::storage
