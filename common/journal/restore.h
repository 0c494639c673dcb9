// Writing a journal that continues others from a backup of their blocks: nothing usable is there before the last step, and everything is after it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/journal/journal.h"
#include "common/journal/lineage.h"
#include "common/storage/storage.h"
#include "common/time/date.h"

namespace anju::journal {

class RestoredJournal {
 public:
  // Begins a journal of `service` on a disk that has neither a journal nor a witness (NOT_EMPTY). `identities` are those of the journal that was
  // backed up, as they came from it: the oldest that it continues first, its own last. DATA_LOSS when they are none, or are another service's.
  static absl::StatusOr<std::unique_ptr<RestoredJournal>> Begin(storage::Disk& disk, std::string_view service, std::vector<std::string> identities);

  // Takes the next block, as it came from the journal, after checking form, root, hash and link: DATA_LOSS whose value is the first sequence that
  // is wrong. Blocks are written a few MiB at a time, each time synced. After an error nothing more is taken.
  absl::Status Add(std::string block);

  // Where the blocks taken so far end, named as the journal backed up names it; sequence 0 before the first.
  Position position() const { return lineage_.PositionOf(end_.sequence, end_.hash); }
  const Lineage& continued() const { return lineage_; }

  // Makes it a journal: writes the witness, then in one batch the identities with a new one that continues all that was taken. Between the
  // first write and the last Journal::Open refuses the directory. DATA_LOSS when the blocks end before the continued journal's own begin. Call once, last.
  absl::StatusOr<Identity> Finish(Clock& clock);

 private:
  struct End {
    uint64_t sequence = 0;
    Hash hash{};
  };
  RestoredJournal(storage::Disk& disk, std::unique_ptr<storage::Store> store, Lineage lineage);
  absl::Status Take(std::string block);
  absl::Status WritePending();

  storage::Disk& disk_;
  const std::unique_ptr<storage::Store> store_;
  const Lineage lineage_;  // of the journal that is continued
  End end_;
  storage::Batch pending_;
  absl::Status failure_;
};

}  // namespace anju::journal
