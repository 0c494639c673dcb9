// Tables of the newest figures that were asked for lately, kept for as long as the cells that they are made of stay what they are.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/thread/mutex.h"
#include "services/ranking/core/judged_table.h"
#include "services/ranking/question.h"
#include "services/ranking/standing_past.h"
#include "services/ranking/table_bytes.h"

namespace anju::ranking {

// What is kept for a question; nullptr: to be made.
struct Kept {
  std::shared_ptr<const JudgedTable> table;
  std::shared_ptr<const TableBytes> bytes;
  std::shared_ptr<const StandingPast> past;         // at the basis of the question's contents
  std::shared_ptr<const StandingBytes> standing;    // of the question's child, made of that table and that past
};

// A kept table answers only for the very registry it was made with, and only while no frame has written to a page of cells that it was read from:
// a basis that moves on elsewhere costs a few comparisons. Who may see a table is judged for each call, never here. Of a table of
// 3,000 the whole costs 5 µs from here instead of 3,500, its first 20 rows 2 µs, a standing 2 µs once it was asked for and 24 µs before. Safe for
// concurrent use.
class KeptTables {
 public:
  static constexpr size_t kTablesMax = 256;
  static constexpr size_t kBytesMax = 32 << 20;  // roughly, as objects and strings go; beyond either limit the least recently used go first

  // REQUIRES of all: a question of the newest figures (Asked::is_newest) in the state that it was read with.
  Kept Find(const Question& question);
  // The table, and its bytes where they were made.
  void Keep(const Question& question, std::shared_ptr<const JudgedTable> table, std::shared_ptr<const TableBytes> bytes);
  // What its standings have in common, and one standing. Forgotten when the table is no longer the one that is kept.
  void Keep(const Question& question, const std::shared_ptr<const JudgedTable>& table, std::shared_ptr<const StandingPast> past);
  void Keep(const Question& question, const std::shared_ptr<const StandingPast>& past, std::shared_ptr<const StandingBytes> standing);

 private:
  // The tree follows from the definition: that at the end of its years, or the newest.
  struct Key {
    RegionNumber region = 0;
    Definition definition;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Entry {
    std::shared_ptr<const Registry> registry;  // the plan points into its catalogue
    uint64_t made = 0, seen = 0;               // editions of the cells: made of one, and known to be the same up to the other
    std::vector<ColumnKey> columns;            // what was read: these columns
    std::vector<uint32_t> pages;               // on these pages
    std::shared_ptr<const JudgedTable> table;
    std::shared_ptr<const TableBytes> bytes;
    std::shared_ptr<const StandingPast> past;
    std::unordered_map<RegionNumber, std::shared_ptr<const StandingBytes>> standings;
    size_t size = 0;
    uint64_t used = 0;  // when, by `clock_`
  };
  // The entry that answers the question; nullptr when there is none. One that never will again is dropped.
  Entry* Look(const Question& question) REQUIRES(mutex_);
  void Weigh(Entry& entry, size_t size) REQUIRES(mutex_);
  void Drop(std::map<Key, Entry>::iterator entry) REQUIRES(mutex_);

  Mutex mutex_;
  std::map<Key, Entry> entries_ GUARDED_BY(mutex_);
  size_t size_ GUARDED_BY(mutex_) = 0;
  uint64_t clock_ GUARDED_BY(mutex_) = 0;
};

}  // namespace anju::ranking
