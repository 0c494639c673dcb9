// What is on disk, beside the journal of templates and bulletins (journal/ and witness, common/journal/format.h): two caches.
//
// cells/, a cache of the aggregator's frames that may be thrown away at any time
//
//   m s                                             → schema version, u32
//   m b                                             → BasisStamp: everything below is of this basis; absent: nothing applied yet
//   m l                                             → Frame with `lineages` only, once the aggregator has told any
//   r <region u32>                                  → Frame with `regions` only: all dated rows of this number
//   p <programme u32>                               → ProgrammeRecord
//   i <indicator u32>                               → IndicatorRecord
//   c <programme u32> <indicator u32> <first year u16>
//     <last year u16> <page u32>                    → Frame with `cells` only: those of one column in regions 8 × page … 8 × page + 7
//
// Integers in keys are big-endian. All rows that changed since the last batch and their basis go in one batch.
//
// state/, a cache of our own journal without the contents, which are read from the journal by sequence: thrown away and rebuilt when its version
// changes (up to schema 2 of the cells, they stood here; such a store has no position in our journal and goes the same way)
//
//   e <sequence u64>                                → i64 time of its block, µs | Event as in the journal, `content` left out
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace anju::ranking::schema {

// Another version is not read: a newer one refuses the start (SCHEMA_TOO_NEW), an older one is rebuilt from a snapshot.
inline constexpr uint32_t kSchemaVersion = 3;  // 3: cells by pages; 2: with notes, review states and declared targets
inline constexpr std::string_view kStoreName = "cells";
inline constexpr std::string_view kVersionKey = "ms";
inline constexpr std::string_view kBasisKey = "mb";
inline constexpr std::string_view kLineagesKey = "ml";
inline constexpr char kRegionTable = 'r';
inline constexpr char kProgrammeTable = 'p';
inline constexpr char kIndicatorTable = 'i';
inline constexpr char kCellTable = 'c';

inline constexpr uint32_t kBulletinSchemaVersion = 1;
inline constexpr char kEventTable = 'e';

// Durable requests whose answers are remembered.
inline constexpr size_t kRequestsRemembered = 4096;

}  // namespace anju::ranking::schema
