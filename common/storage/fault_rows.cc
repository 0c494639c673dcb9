// One damage after the other, each undone.
#include "common/storage/fault_rows.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::storage {
namespace {

using Row = std::pair<std::string, std::string>;

std::vector<Row> RowsOf(Store& store) {
  std::vector<Row> rows;
  const auto cursor = store.NewCursor();
  for (cursor->Seek(""); cursor->Valid(); cursor->Next()) rows.emplace_back(cursor->key(), cursor->value());
  CHECK_OK(cursor->status());
  return rows;
}

std::string Escaped(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes.substr(0, 24)) {
    text.push_back(kDigits[static_cast<uint8_t>(c) >> 4]);
    text.push_back(kDigits[static_cast<uint8_t>(c) & 15]);
  }
  return text;
}

class Damager {
 public:
  Damager(Store& store, const std::function<absl::Status()>& load, const std::function<void(const std::string&, const absl::Status&)>& on_other)
      : store_(store), load_(load), on_other_(on_other) {}

  // In place of `row` stand others, while it is loaded.
  void Try(const Row& row, const std::string& damage, const std::vector<Row>& instead) {
    Batch batch;
    batch.Delete(row.first);
    for (const auto& [key, value] : instead) batch.Put(key, value);
    CHECK_OK(store_.Write(batch));
    const absl::Status loaded = load_();
    if (loaded.ok()) {
      ++damages_.harmless;
    } else if (HasReason(loaded, Reason::DATA_LOSS)) {
      ++damages_.refused;
    } else {
      on_other_("row " + Escaped(row.first) + " " + damage, loaded);
    }
    batch.Clear();
    for (const auto& [key, value] : instead) batch.Delete(key);
    batch.Put(row.first, row.second);
    CHECK_OK(store_.Write(batch));
  }
  const RowDamages& damages() const { return damages_; }

 private:
  Store& store_;
  const std::function<absl::Status()>& load_;
  const std::function<void(const std::string&, const absl::Status&)>& on_other_;
  RowDamages damages_;
};

}  // namespace

RowDamages DamageEachRow(Store& store, size_t places_max, const std::function<absl::Status()>& load,
                         const std::function<void(const std::string& damage, const absl::Status&)>& on_other) {
  Damager damager(store, load, on_other);
  for (const Row& row : RowsOf(store)) {
    const auto& [key, value] = row;
    damager.Try(row, "gone", {});
    damager.Try(row, "under a longer key", {{key + "\x01", value}});
    if (key.size() > 1) damager.Try(row, "under a shorter key", {{key.substr(0, key.size() - 1), value}});
    damager.Try(row, "lengthened", {{key, value + "\x01"}});
    const size_t step = std::max<size_t>(1, value.size() / std::max<size_t>(1, places_max));
    for (size_t at = 0; at < value.size(); at += step) {
      damager.Try(row, "cut to " + std::to_string(at), {{key, value.substr(0, at)}});
      for (const uint8_t change : {0x01, 0x80, 0xff}) {
        std::string changed = value;
        changed[at] = static_cast<char>(static_cast<uint8_t>(changed[at]) ^ change);
        damager.Try(row, "changed at " + std::to_string(at), {{key, changed}});
      }
    }
  }
  return damager.damages();
}

}  // namespace anju::storage
