// The aggregator's state on disk. A cache: deleting it costs a rebuild and nothing else.
//
//   store state/ (StoreKind::kState); keys are binary, integers big-endian, one prefix byte per table
//     00                                       → u32 schema version | u16 progress feeds
//     01 | u16 feed                            → 16 bytes journal id | u64 sequence | 32 bytes block hash | u64 block time, µs
//                                                feed 0 is plan, 1 + slot a progress journal
//     02 | u32 region                          → anju.plan.v1.RegionsImported with all rows of that region
//     03 | u32 programme                       → anju.types.v1.ProgrammeRecord
//     04 | u32 indicator                       → anju.types.v1.IndicatorRecord
//     05 | u64 plan sequence                   → anju.plan.v1.DocumentImported, only number and cells
//     06 | u16 slot | u32 series               → u32 region | u32 programme | u32 indicator | u16 first year | u16 last year
//     07 | u16 slot | u32 series | u64 first   → updates of a series that came between two flushes, in the order of their journal:
//                                                repeated (varint sequence less the one before | varint kind | zigzag as_of days |
//                                                zigzag amount); `first` is the first one's sequence, from which the first counts 0
//
// Rows of table 07 are only ever added: a long history is never written twice. All feeds' positions go into the same batch as
// the rows they stand for.
#pragma once

#include <cstdint>

namespace anju::aggregator {

inline constexpr uint32_t kSchemaVersion = 1;

enum class Table : uint8_t {
  kForm = 0,
  kPosition = 1,
  kRegion = 2,
  kProgramme = 3,
  kIndicator = 4,
  kDocument = 5,
  kSeries = 6,
  kUpdates = 7,
};

}  // namespace anju::aggregator
