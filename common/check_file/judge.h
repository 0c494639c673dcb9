// A check file judged: every relation of every printed cell by the check rule of common/check.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/check_file/check_file.h"

namespace anju {

// Why a relation could not be judged.
enum class Unjudged { kNo, kBlankOperand, kZeroDivisor, kNothingToAdd };

// One relation of one printed cell.
struct JudgedRelation {
  size_t cell = 0;      // of CheckFile::cells
  size_t relation = 0;  // of its relations
  Unjudged unjudged = Unjudged::kNo;
  Verdict verdict = Verdict::kExact;  // when judged
  Fraction computed;                  // when judged: in the unit of the cell, from operands as printed
  bool is_finding() const { return unjudged == Unjudged::kNo && verdict != Verdict::kExact; }
  bool is_wrong() const { return is_finding() && (verdict == Verdict::kError || verdict == Verdict::kNotAdditive); }
  bool fits() const { return unjudged == Unjudged::kNo && (verdict == Verdict::kExact || verdict == Verdict::kRounding); }
};

struct CheckCounts {
  size_t checked = 0;  // relations judged: exact + rounding + errors + not_additive + notes
  size_t exact = 0;
  size_t rounding = 0;
  size_t errors = 0;
  size_t not_additive = 0;
  size_t notes = 0;
  size_t unjudged = 0;
  size_t wrong_cells = 0;  // cells with an error: one that fails two relations is one
  size_t printed = 0;      // printed numbers of the file
  size_t unrelated = 0;    // those that no relation checks or uses
};

struct CheckReport {
  std::vector<JudgedRelation> relations;  // in the order of the file
  CheckCounts counts;
};

// NUMBER_TOO_LARGE, with the line, where a relation leads beyond exact 128-bit arithmetic; every such relation at once.
absl::StatusOr<CheckReport> JudgeCheckFile(const CheckFile& file, const Vocabulary& vocabulary);

// The other relations of the same cell that do fit: where two disagree, a reader sees which one the print follows. REQUIRES: `judged` is one of
// report.relations.
std::vector<const JudgedRelation*> FittingBeside(const CheckReport& report, const JudgedRelation& judged);

// A computed figure for people and programs: in the cell's printed digits and two more, rounded half-up, without trailing zeros.
std::string FormatComputed(const CheckCell& cell, const Fraction& computed);

}  // namespace anju
