// The plan service's state tables: a cache of its journal, thrown away and rebuilt when the version changes.
//
//   store state/ (StoreKind::kState); the first byte of a key is its table, integers are big-endian, values are messages of
//   anju.plan.v1 and anju.types.v1 unless a picture says otherwise
//     'R' u32 region number      → RegionsImported with all rows of the region
//     'P' u32 programme number   → ProgrammeRecord
//     'I' u32 indicator number   → IndicatorRecord
//     'D' u64 sequence           → Event with a document, as in the journal
//     'B' u64 sequence           → Event with boundary changes, as in the journal; the regions' rows are in 'R'
//     'C' name                   → CheckRule
//     'M' u64 sequence           → MilestonesImported, as in the journal
//     'Q' u64 sequence           → a remembered request: i64 time, µs | u8 kind | u32 changed | u32 unchanged
//                                  | u32 length, actor | u32 length, request id | u32 length, digest | u32 length, document
//     'T'                        → i64 time of the newest block, µs
#pragma once

#include <cstddef>
#include <cstdint>

namespace anju::plan {

inline constexpr uint32_t kSchemaVersion = 2;

inline constexpr char kRegionTable = 'R';
inline constexpr char kProgrammeTable = 'P';
inline constexpr char kIndicatorTable = 'I';
inline constexpr char kBoundaryTable = 'B';
inline constexpr char kCheckTable = 'C';
inline constexpr char kDocumentTable = 'D';
inline constexpr char kMilestoneTable = 'M';
inline constexpr char kRequestTable = 'Q';
inline constexpr char kTimeTable = 'T';

// Durable requests whose answers are remembered.
inline constexpr size_t kRequestsRemembered = 4096;

}  // namespace anju::plan
