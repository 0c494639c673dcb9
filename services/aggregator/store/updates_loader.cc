// The two walks over a journal's updates, first counting, then placing them, each half on a thread of its own.
#include "services/aggregator/store/updates_loader.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/series/history_loader.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/aggregator/store/rows.h"
#include "services/aggregator/store/schema.h"

namespace anju::aggregator {
namespace {

constexpr size_t kParts = 2;

std::string KeyOf(Slot slot, uint64_t first) { return RowWriter(Table::kUpdates).U16(slot).U64(first).bytes(); }

// The first sequence of the row under the cursor; false when that is no row of the slot's updates.
bool IsRowOf(Slot slot, const storage::Cursor& cursor, uint64_t* first) {
  if (!cursor.Valid() || cursor.key().empty() || static_cast<Table>(cursor.key()[0]) != Table::kUpdates) return false;
  RowReader key(cursor.key().substr(1));
  const uint64_t of = key.U16();
  *first = key.U64();
  return key.Done() && of == slot;
}

// Calls visit(series, entry) for the updates of rows whose first sequence is in [from, until); false from it stops: the row is broken.
template <typename Visit>
absl::Status Walk(storage::Store& state, Slot slot, uint64_t from, uint64_t until, Visit visit) {
  const std::unique_ptr<storage::Cursor> cursor = state.NewCursor();
  uint64_t last = 0;
  for (cursor->Seek(KeyOf(slot, from)); cursor->Valid(); cursor->Next()) {
    uint64_t sequence = 0;
    if (!IsRowOf(slot, *cursor, &sequence)) {
      const bool is_broken = cursor->key() < std::string_view(KeyOf(slot, UINT64_MAX));
      return is_broken ? BrokenRow(cursor->key()) : absl::OkStatus();
    }
    if (sequence >= until) break;
    std::string_view bytes = cursor->value();
    do {
      uint32_t series = 0;
      SeriesEntry entry;
      if (!TakeUpdate(&bytes, sequence, &series, &entry) || entry.sequence <= last || !visit(series, entry)) return BrokenRow(cursor->key());
      sequence = last = entry.sequence;
    } while (!bytes.empty());
  }
  return cursor->status();
}

// The first and the last row's first sequence; both 0 when there is none.
std::pair<uint64_t, uint64_t> RangeOf(storage::Store& state, Slot slot) {
  const std::unique_ptr<storage::Cursor> cursor = state.NewCursor();
  uint64_t first = 0, last = 0;
  cursor->Seek(KeyOf(slot, 0));
  if (!IsRowOf(slot, *cursor, &first)) return {0, 0};
  cursor->SeekForPrev(KeyOf(slot, UINT64_MAX));
  return IsRowOf(slot, *cursor, &last) ? std::pair(first, last) : std::pair(first, first);
}

absl::Status FirstError(const std::vector<absl::Status>& statuses) {
  for (const absl::Status& status : statuses) RETURN_IF_ERROR(status);
  return absl::OkStatus();
}

absl::Status LoadSlot(storage::Store& state, Slot slot, uint64_t end, Leaves* leaves) {
  const size_t series_count = leaves->series_count(slot);
  HistoryLoader histories(series_count, kParts);
  const auto [first, last] = RangeOf(state, slot);
  const std::vector<uint64_t> bounds = {0, first + (last - first) / 2, UINT64_MAX};
  std::vector<absl::Status> statuses(kParts);
  std::vector<uint64_t> newest(kParts);
  InParts(kParts, [&](size_t part) {
    statuses[part] = Walk(state, slot, bounds[part], bounds[part + 1], [&](uint32_t series, const SeriesEntry& entry) {
      if (series < 1 || series > series_count || entry.sequence > end) return false;
      histories.Count(part, series);
      newest[part] = entry.sequence;
      return true;
    });
  });
  RETURN_IF_ERROR(FirstError(statuses));

  histories.Allocate();
  std::vector<uint32_t> series_by_sequence(std::max(newest[0], newest[1]) + 1);
  InParts(kParts, [&](size_t part) {
    statuses[part] = Walk(state, slot, bounds[part], bounds[part + 1], [&](uint32_t series, const SeriesEntry& entry) {
      if (series < 1 || series > series_count || entry.sequence >= series_by_sequence.size()) return false;
      histories.Put(part, series, entry);
      series_by_sequence[entry.sequence] = series;
      return true;
    });
    if (statuses[part].ok() && !histories.Finish(part)) statuses[part] = BrokenRow(KeyOf(slot, bounds[part]));
  });
  RETURN_IF_ERROR(FirstError(statuses));

  InParts(kParts, [&](size_t part) {
    for (size_t at = series_count * part / kParts; at < series_count * (part + 1) / kParts; ++at) {
      const uint32_t series = static_cast<uint32_t>(at + 1);
      leaves->Fill(slot, series, histories.Take(series));
    }
  });
  leaves->FillSeriesOfUpdates(slot, std::move(series_by_sequence));
  return absl::OkStatus();
}

}  // namespace

absl::Status LoadUpdates(storage::Store& state, const std::vector<uint64_t>& ends, Leaves* leaves) {
  for (Slot slot = 0; slot < leaves->slots(); ++slot) RETURN_IF_ERROR(LoadSlot(state, slot, ends[slot], leaves));
  return absl::OkStatus();
}

absl::Status BrokenRow(std::string_view key) {
  return MakeError(Reason::DATA_LOSS, "state", absl::CHexEscape(absl::string_view(key.data(), key.size())),
                   "A row of the aggregator's state is not what was written.");
}

}  // namespace anju::aggregator
