// The tables of the progress service's state store: the on-disk contract. A cache of the journal (and of what plan's events say here):
// thrown away and rebuilt whenever it does not fit, so a change here only raises kSchemaVersion.
//
//   key                          value
//   'l' sequence u64             a run of the log: records of consecutive verdicts, the first of which has this sequence
//   'r' sequence u64             plan.v1.Event as it stands in the plan journal (regions, catalogue, boundaries, rules of soft checks)
//   't' sequence u64             a document of the plan journal, reduced to its targets: u8 is an amendment | zigzag effective
//                                | cells: varints region, programme, indicator, first year, last year | u8 layer | u8 kind | number: zigzag amount
//   'p'                          plan position applied: journal id (16) | sequence u64 | block hash (32) | block time, µs, u64
//   's' number u32               series: varints region, programme, indicator, first year, last year
//   'w' number u32               source (writer): varint length | name | actor
//   'v' sequence u64             review: varint time, µs | u8 state | varint office | texts remark, actor, request id, digest
//                                | varint unchanged | updates: varint sequence − the one before
//
// A record of the log:
//   u8 outcome (bits 0-1: accepted, unchanged, refused; bit 4: a digest follows; 5: flags at the end; 6: explained) | varint sequence − the run's first
//   | varint source
//   accepted: varint series | zigzag as_of | zigzag amount | u8 kind | [digest u64]
//   else:     digest u64; refused also: texts reason, field, value | varint count | candidates   (text: varint length | bytes)
//
//   flags: varint count | for each: text rule | u8 check | zigzag compared
//
// Numbers in keys are big-endian, in values little-endian. The number of an item within its source is not stored: numbers are dense,
// so it is the count of records of that source so far. An accepted figure's digest is computed from its record unless the digest also
// covers something that the record leaves out (texts, published, corrects).
//
// A log in journal order instead of a table by (series, as_of, sequence) and another by (source, number): one small append for each
// update instead of two puts and a delete (three quarters of a million RocksDB operations a second less at full load). Loading costs
// no more than from tables: the log is walked twice, first counting what each series and source has, then placing it (log_loader.h).
#pragma once

#include <cstddef>
#include <cstdint>

namespace anju::progress {

inline constexpr uint32_t kSchemaVersion = 2;

enum class Table : char {
  kLog = 'l',
  kPlanEvents = 'r',
  kPlanDocuments = 't',
  kPlanPosition = 'p',
  kSeries = 's',
  kSources = 'w',
  kReviews = 'v',
};

inline constexpr size_t kRunRecordsMax = 256;   // records in one row of the log
inline constexpr size_t kRunRecordsShort = 64;  // a run that the end of a batch left with fewer is written again, longer

}  // namespace anju::progress
