// Rows that are not what was written: every row of a store in turn is gone, emptied, cut, lengthened or changed in one byte, or has a wrong key.
// RocksDB's checksums tell most damage of a disk before a row is read; what gets past them must not be taken for an answer either. For tests.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/storage/storage.h"

namespace anju::storage {

struct RowDamages {
  uint64_t refused = 0;   // loading said DATA_LOSS
  uint64_t harmless = 0;  // loading went well: the row still says something that may be
};

// Does each damage to each row, calls `load` and undoes it. Of long rows about `places_max` places are cut and changed.
// Hands `on_other` the name of the damage when `load` says anything but OK or DATA_LOSS.
RowDamages DamageEachRow(Store& store, size_t places_max, const std::function<absl::Status()>& load,
                         const std::function<void(const std::string& damage, const absl::Status&)>& on_other);

}  // namespace anju::storage
