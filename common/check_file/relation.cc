// The parser of relation.h: one form after the other, no nesting.
#include "common/check_file/relation.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju {
namespace {

bool IsLetter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string_view Trim(std::string_view text) {
  const absl::string_view cut = absl::StripAsciiWhitespace(absl::string_view(text.data(), text.size()));
  return {cut.data(), cut.size()};
}

absl::Status Bad(std::string_view text, std::string_view message) { return MakeError(Reason::BAD_RELATION, "should_be", text, message); }

// Reads the operands of one relation into it; the first thing wrong with any of them is kept.
class OperandReader {
 public:
  OperandReader(std::string_view text, Relation& relation) : text_(text), relation_(relation) {}

  void Read(std::string_view word) {
    if (!status_.ok()) return;
    word = Trim(word);
    if (relation_.operands.size() == kRelationOperandsMax) {
      status_ = Bad(text_, absl::StrCat("more operands than ", kRelationOperandsMax));
      return;
    }
    if (IsCellId(word)) {
      if (!seen_.insert(std::string(word)).second) status_ = Bad(text_, absl::StrCat(std::string(word), " stands twice in it"));
      relation_.operands.push_back({.id = std::string(word)});
      return;
    }
    const absl::StatusOr<Decimal> constant = ParseDecimal(word);
    if (!constant.ok()) {
      status_ = Bad(text_, word.empty() ? std::string("lacks an operand") : absl::StrCat("\"", std::string(word), "\" is neither an id nor a number"));
      return;
    }
    relation_.operands.push_back({.constant = *constant});
  }

  // Words apart by blanks.
  void ReadList(std::string_view list) {
    for (const absl::string_view word : absl::StrSplit(absl::string_view(list.data(), list.size()), absl::ByAnyChar(" \t"), absl::SkipEmpty())) {
      Read(std::string_view(word.data(), word.size()));
    }
  }

  const absl::Status& status() const { return status_; }

 private:
  std::string_view text_;
  Relation& relation_;
  std::set<std::string> seen_;
  absl::Status status_;
};

// What stands between `name(` and `)`.
bool Inside(std::string_view text, std::string_view name, std::string_view* inside) {
  if (!text.starts_with(name) || !text.ends_with(')')) return false;
  text.remove_prefix(name.size());
  text.remove_suffix(1);
  text = Trim(text);
  if (!text.starts_with('(')) return false;
  *inside = Trim(text.substr(1));
  return true;
}

// a/b, a*b, a-b: the first sign behind the first character, which may be that of a negative constant.
absl::Status ReadBinary(std::string_view text, Relation& relation, OperandReader& reader) {
  const size_t at = text.find_first_of("/*-", 1);
  if (text.empty() || at == std::string_view::npos) return Bad(text, "is none of the forms");
  relation.kind = text[at] == '/' ? RelationKind::kQuotient : text[at] == '*' ? RelationKind::kProduct : RelationKind::kDifference;
  reader.Read(text.substr(0, at));
  reader.Read(text.substr(at + 1));
  return absl::OkStatus();
}

absl::Status ReadRank(std::string_view text, std::string_view inside, Relation& relation, OperandReader& reader) {
  const std::string_view order = inside.substr(0, inside.find_first_of(" \t"));
  if (order != "desc" && order != "asc") return Bad(text, "a rank begins with desc or asc");
  relation.kind = RelationKind::kRank;
  relation.descending = order == "desc";
  reader.ReadList(inside.substr(order.size()));
  RETURN_IF_ERROR(reader.status());
  if (relation.operands.size() < 2) return Bad(text, "a rank needs two ids at least");
  const bool numbers = std::any_of(relation.operands.begin(), relation.operands.end(), [](const Operand& operand) { return operand.is_constant(); });
  return numbers ? Bad(text, "a place is counted among ids, not among numbers") : absl::OkStatus();
}

}  // namespace

bool IsCellId(std::string_view text) {
  return !text.empty() && IsLetter(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return IsLetter(c) || IsDigit(c) || c == '_' || c == '.'; });
}

std::vector<std::string_view> SplitRelations(std::string_view field) {
  std::vector<std::string_view> relations;
  if (Trim(field).empty()) return relations;
  for (const absl::string_view part : absl::StrSplit(absl::string_view(field.data(), field.size()), ';')) {
    relations.push_back(Trim(std::string_view(part.data(), part.size())));
  }
  return relations;
}

absl::StatusOr<Relation> ParseRelation(std::string_view text) {
  text = Trim(text);
  Relation relation;
  relation.text = std::string(text);
  OperandReader reader(text, relation);
  std::string_view inside;
  if (text.empty()) return Bad(text, "an empty relation beside a semicolon");
  if (Inside(text, "sum", &inside)) {
    relation.kind = RelationKind::kSum;
    reader.ReadList(inside);
  } else if (Inside(text, "rank", &inside)) {
    RETURN_IF_ERROR(ReadRank(text, inside, relation, reader));
  } else if (text.starts_with("<=") || text.starts_with('=')) {
    relation.kind = text.front() == '=' ? RelationKind::kEqual : RelationKind::kAtMost;
    reader.Read(text.substr(text.front() == '=' ? 1 : 2));
  } else {
    RETURN_IF_ERROR(ReadBinary(text, relation, reader));
  }
  RETURN_IF_ERROR(reader.status());
  const std::vector<Operand>& operands = relation.operands;
  if (relation.kind == RelationKind::kSum && operands.empty()) return Bad(text, "a sum needs an id at least");
  const bool compares = relation.kind == RelationKind::kEqual || relation.kind == RelationKind::kAtMost;
  const bool only_constants = std::all_of(operands.begin(), operands.end(), [](const Operand& operand) { return operand.is_constant(); });
  if (only_constants && !compares) return Bad(text, "names no id");
  if (relation.kind == RelationKind::kQuotient && operands[1].is_constant() && operands[1].constant.digits == 0) return Bad(text, "divides by zero");
  return relation;
}

}  // namespace anju
