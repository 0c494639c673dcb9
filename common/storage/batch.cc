// What is common to every storage: appending one batch to another.
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

}  // namespace anju::storage
