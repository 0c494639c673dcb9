// Relations of a check file, as its author wrote them: sum(a b c), a-b, a/b, a*0.5, =a, <=a, rank(desc a b c).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/decimal/decimal.h"

namespace anju {

inline constexpr size_t kRelationOperandsMax = 1'000;
inline constexpr size_t kRelationsPerRowMax = 32;

enum class RelationKind { kSum, kDifference, kQuotient, kProduct, kEqual, kAtMost, kRank };

// What a relation names: a row of the file, or a declared constant, which stands for itself.
struct Operand {
  std::string id;        // empty for a constant
  Decimal constant;
  size_t cell = 0;       // index of the row; put in once every row is known

  bool is_constant() const { return id.empty(); }
};

struct Relation {
  RelationKind kind = RelationKind::kSum;
  bool descending = true;          // ranks only
  std::vector<Operand> operands;   // ranks: the row's own figure first
  std::string text;                // as written
};

// [A-Za-z][A-Za-z0-9_.]*
bool IsCellId(std::string_view text);

// A `should_be` field at its semicolons, blanks cut; an empty field has none.
std::vector<std::string_view> SplitRelations(std::string_view field);

// One relation. BAD_RELATION: not of these forms, an operand that is neither an id nor a number, one named twice, constants only, a
// division by the constant 0, numbers in a rank, or more than kRelationOperandsMax operands.
absl::StatusOr<Relation> ParseRelation(std::string_view text);

}  // namespace anju
