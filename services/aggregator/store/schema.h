// The aggregator's state on disk. A cache: deleting it costs a rebuild and nothing else.
//
//   store state/ (StoreKind::kState); keys are binary, integers big-endian, one prefix byte per table
//     00                                       → u32 schema version | u16 progress feeds
//     01 | u16 feed                            → 16 bytes journal id | u64 sequence | 32 bytes block hash | u64 block time, µs
//                                                feed 0 is plan, 1 + slot a progress journal
//     02 | u64 plan sequence                   → anju.plan.v1.Event that changed regions, boundaries, the catalogue, targets or milestones, less
//                                                what is not needed here (rows as printed, who asked); every version stays, for the past
//     03 | u16 feed | u32 day                  → u64 last sequence that was recorded by the end of that day (Asia/Shanghai)
//     04 | u16 slot | u64 first                → u64 plan position that events from `first` on were decided at
//     05 | u16 feed                            → identities of its journal and of those it continues, the oldest first (u16 length | bytes, each):
//                                                they say what the sequences of all other rows are called
//     06 | u16 slot | u32 series               → u32 region | u32 programme | u32 indicator | u16 first year | u16 last year
//     07 | u16 slot | u64 first                → updates in the order of their journal: repeated (varint sequence less the one before |
//                                                varint series | varint kind | zigzag as_of days | zigzag amount); `first` is the
//                                                first one's sequence, from which the first counts 0
//     08 | u16 slot | u64 sequence             → anju.progress.v1.Update, only explanation and flags, of an update that has any
//     09 | u16 slot | u64 sequence             → anju.progress.v1.Review, only updates and state
//
// Rows of table 07 are only ever added, and hold many updates each: in the order of their journal they are cheap to write, and those of
// a series are brought together when they are loaded (updates_loader.h). All feeds' positions go into the same batch as the rows
// they stand for.
#pragma once

#include <cstddef>
#include <cstdint>

namespace anju::aggregator {

inline constexpr uint32_t kSchemaVersion = 3;
inline constexpr size_t kRowUpdatesMax = 256;  // in one row of table 07

enum class Table : uint8_t {
  kForm = 0,
  kPosition = 1,
  kPlanEvent = 2,
  kDay = 3,
  kPlanMark = 4,
  kLineage = 5,
  kSeries = 6,
  kUpdates = 7,
  kNote = 8,
  kReview = 9,
  kEnd = 10,  // no table: where the last one ends
};

}  // namespace anju::aggregator
