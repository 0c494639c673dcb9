// Somebody's published table as a `check` file: every printed number with its place, and the relations it has to stand in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/check/check.h"
#include "common/check_file/relation.h"
#include "common/check_file/vocabulary.h"

namespace anju {

inline constexpr size_t kCheckRowsMax = 100'000;
// How many blank cells may be computed one from the other.
inline constexpr size_t kComputedDepthMax = 1'000;
// Room for a relation of kRelationOperandsMax ids that say where their cells stand.
inline constexpr size_t kCheckFieldBytesMax = 65'536;
// Of all relations of a file: what a reading needs of memory.
inline constexpr size_t kCheckOperandsMax = 2'000'000;

// A row: a printed cell, a printed blank, or (blank with a relation) an operand to be computed.
struct CheckCell {
  uint32_t line = 0;
  std::string id;
  std::string place;    // where it stands in the document, for people
  std::string label;    // what it counts
  std::string printed;  // as printed; "" for a blank
  std::string unit;     // as printed
  UnitMeaning meaning;
  std::optional<CheckOperand> figure;  // nullopt for a blank
  std::vector<Relation> relations;

  bool is_computed() const { return printed.empty() && !relations.empty(); }
};

// A file without faults. Immutable after reading.
struct CheckFile {
  std::vector<CheckCell> cells;      // in the order of the file
  std::vector<size_t> computed;      // the computed operands, each after those it is computed from
};

// Reads and checks a file; every error at once, each with its line: those of csv::Parse, and MISSING_FIELD, BAD_CODE (ids), DUPLICATE_ROW (an
// id twice), BAD_NUMBER, NUMBER_TOO_FINE, NUMBER_TOO_LARGE, UNKNOWN_UNIT, BAD_RELATION, UNKNOWN_ID, MIXED_UNITS, RELATION_CYCLE, TOO_MANY_ROWS,
// EMPTY_REQUEST. Columns in English or Chinese: 编号 出处 指标 印出 单位 应为.
//
// Units: cells that are added, compared or ranked count the same kind of thing, in whatever unit of that kind. A quotient of one kind is a
// ratio, one by a ratio keeps its kind; of two kinds it counts the first for each smallest unit of the second (元 for each 套).
absl::StatusOr<CheckFile> ReadCheckFile(std::string_view bytes, const Vocabulary& vocabulary);

}  // namespace anju
