// Sentences about a checked table. Places are long; an operand is named by the part of its place that differs.
#include "services/cli/check_words.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/check/quantity.h"

namespace anju::cli {
namespace {

constexpr size_t kOperandsShownMax = 20;

absl::string_view Words(Lang lang, std::string_view chinese, std::string_view english) {
  const std::string_view said = Say(lang, chinese, english);
  return {said.data(), said.size()};
}

std::string InBrackets(std::string_view text, Lang lang) {
  return absl::StrCat(Words(lang, "（", " ("), std::string(text), Words(lang, "）", ")"));
}

// Cells of spreadsheets have line ends inside; here every sentence is one line.
std::vector<std::string> WordsOf(const std::string& text) { return absl::StrSplit(text, absl::ByAnyChar(" \t\r\n"), absl::SkipEmpty()); }
std::string OneLine(const std::string& text) { return absl::StrJoin(WordsOf(text), " "); }

// The words of `place` behind those that it shares with `own` from the beginning.
std::string Beyond(const std::string& own, const std::string& place) {
  const std::vector<std::string> own_words = WordsOf(own), words = WordsOf(place);
  const auto [unused, from] = std::mismatch(own_words.begin(), own_words.end(), words.begin(), words.end());
  return absl::StrJoin(from, words.end(), " ");
}

// "12.78万平方米"; the unit only where it is not that of the row.
std::string FigureText(const CheckCell& row, const CheckCell& cell, Lang lang) {
  if (!cell.figure.has_value()) return std::string(cell.is_computed() ? Say(lang, "空格，由计算得出", "blank, computed") : Say(lang, "空格", "blank"));
  return cell.printed + (cell.unit == row.unit ? "" : cell.unit);
}

std::string OperandText(const CheckFile& file, const CheckCell& row, const Operand& operand, Lang lang) {
  if (operand.is_constant()) return FormatDecimal(operand.constant);
  const CheckCell& cell = file.cells[operand.cell];
  std::vector<std::string> name;
  if (std::string place = Beyond(row.place, cell.place); !place.empty()) name.push_back(std::move(place));
  if (cell.label != row.label) name.push_back(OneLine(cell.label));
  if (name.empty()) name.push_back(cell.place.empty() ? cell.id : std::string(Say(lang, "同处", "same place")));
  return absl::StrJoin(name, " ") + InBrackets(FigureText(row, cell, lang), lang);
}

std::string OperandList(const CheckFile& file, const CheckCell& row, const Relation& relation, std::string_view between, Lang lang) {
  std::string text;
  const size_t shown = std::min(relation.operands.size(), kOperandsShownMax);
  for (size_t i = 0; i < shown; ++i) {
    absl::StrAppend(&text, i == 0 ? "" : std::string(between), OperandText(file, row, relation.operands[i], lang));
  }
  if (shown == relation.operands.size()) return text;
  return absl::StrCat(text, Words(lang, "……共 ", " … "), relation.operands.size(), Words(lang, " 项", " in all"));
}

// A figure with the unit of its row behind it: "13640 套"; places as 第 3.
std::string WithUnit(const std::string& figure, const CheckCell& cell, Lang lang) {
  if (cell.meaning.kind == kPlaceKind) return absl::StrCat(Words(lang, "第 ", "place "), figure);
  return cell.unit.empty() || cell.unit == "%" ? figure + cell.unit : absl::StrCat(figure, " ", cell.unit);
}

// "，差 1506"; nothing where a long chain of quotients leaves no exact difference.
std::string DifferenceText(const CheckCell& cell, const Fraction& computed, Lang lang) {
  std::optional<Fraction> difference = CheckedAdd(ToFraction(cell.figure->printed), {-computed.numerator, computed.denominator});
  if (difference.has_value()) difference = InUnit(*difference, {1, 1});
  if (!difference.has_value()) return "";
  if (difference->numerator < 0) difference->numerator = -difference->numerator;
  return absl::StrCat(Words(lang, "，差 ", ", off by "), FormatComputed(cell, *difference));
}

std::string_view UnjudgedWords(Unjudged why, Lang lang) {
  switch (why) {
    case Unjudged::kBlankOperand: return Say(lang, "有一项是空格", "an operand is blank");
    case Unjudged::kZeroDivisor: return Say(lang, "除数是零，或按印出的位数可能是零", "the divisor is zero or, as printed, may be");
    case Unjudged::kNothingToAdd: return Say(lang, "各项都是空格", "every operand is blank");
    case Unjudged::kNo: break;
  }
  return "";
}

// One section: cells with the same kind of outcome, each with its relations below.
class Section {
 public:
  Section(const CheckedFile& checked, Lang lang) : checked_(checked), lang_(lang) {}

  template <typename Chosen>
  std::string Write(std::string_view title, Chosen chosen) {
    std::string body;
    size_t number = 0;
    size_t last = static_cast<size_t>(-1);
    for (const JudgedRelation& judged : checked_.report.relations) {
      if (!chosen(judged)) continue;
      const CheckCell& cell = checked_.file.cells[judged.cell];
      if (judged.cell != last) {
        ++number;
        absl::StrAppend(&body, number < 10 ? " " : "", number, ". ", Heading(cell), "\n");
      }
      last = judged.cell;
      absl::StrAppend(&body, Line(cell, judged));
    }
    if (number == 0) return "";
    return absl::StrCat("\n", std::string(title), InBrackets(absl::StrCat(number, Words(lang_, " 格", number == 1 ? " cell" : " cells")), lang_), "\n", body);
  }

 private:
  std::string Heading(const CheckCell& cell) const {
    return absl::StrCat(cell.place.empty() ? cell.id : OneLine(cell.place), cell.label.empty() ? "" : " ", OneLine(cell.label),
                        InBrackets(absl::StrCat(Words(lang_, "第 ", "line "), cell.line, Words(lang_, " 行", "")), lang_));
  }

  std::string Line(const CheckCell& cell, const JudgedRelation& judged) const {
    const std::string relation = RelationInWords(checked_.file, cell, cell.relations[judged.relation], lang_);
    if (judged.unjudged != Unjudged::kNo) return absl::StrCat("    ", std::string(UnjudgedWords(judged.unjudged, lang_)), Words(lang_, "：", ": "), relation, "\n");
    std::string text = absl::StrCat("    ", FindingInWords(checked_.file, judged, lang_), "\n    ", relation, "\n");
    if (!judged.is_wrong()) return text;
    for (const JudgedRelation* other : FittingBeside(checked_.report, judged)) {
      absl::StrAppend(&text, "    ", Words(lang_, "但与此相符：", "but this fits: "), RelationInWords(checked_.file, cell, cell.relations[other->relation], lang_), "\n");
    }
    return text;
  }

  const CheckedFile& checked_;
  Lang lang_;
};

}  // namespace

std::string_view VerdictWord(Verdict verdict) {
  switch (verdict) {
    case Verdict::kExact: return "exact";
    case Verdict::kRounding: return "rounding";
    case Verdict::kError: return "error";
    case Verdict::kNotAdditive: return "not_additive";
    case Verdict::kNote: return "note";
  }
  return "";
}

std::string RelationInWords(const CheckFile& file, const CheckCell& cell, const Relation& relation, Lang lang) {
  const auto list = [&](std::string_view between) { return OperandList(file, cell, relation, between, lang); };
  switch (relation.kind) {
    case RelationKind::kSum: return absl::StrCat(Words(lang, "各项之和：", "sum: "), list(Say(lang, "＋", " + ")));
    case RelationKind::kDifference: return absl::StrCat(Words(lang, "两数之差：", "difference: "), list(Say(lang, "－", " − ")));
    case RelationKind::kQuotient: return absl::StrCat(Words(lang, "两数之比：", "quotient: "), list(Say(lang, "÷", " ÷ ")));
    case RelationKind::kProduct: return absl::StrCat(Words(lang, "两数之积：", "product: "), list(Say(lang, "×", " × ")));
    case RelationKind::kEqual: return absl::StrCat(Words(lang, "应与另处一致：", "the same as: "), list(""));
    case RelationKind::kAtMost: return absl::StrCat(Words(lang, "不应大于：", "at most: "), list(""));
    case RelationKind::kRank:
      return absl::StrCat(relation.descending ? Words(lang, "从大到小排：", "largest first: ") : Words(lang, "从小到大排：", "smallest first: "), list(Say(lang, "、", ", ")));
  }
  return "";
}

std::string FindingInWords(const CheckFile& file, const JudgedRelation& judged, Lang lang) {
  const CheckCell& cell = file.cells[judged.cell];
  const RelationKind kind = cell.relations[judged.relation].kind;
  const std::string printed = WithUnit(cell.printed, cell, lang);
  const std::string computed = WithUnit(FormatComputed(cell, judged.computed), cell, lang);
  const std::string begin = absl::StrCat(Words(lang, "印作 ", "printed "), printed);
  if (judged.verdict == Verdict::kNotAdditive) {
    return absl::StrCat(begin, Words(lang, "，是相加所得 ", ", a sum of "), computed, Words(lang, "：", ": "), cell.label, Words(lang, "不可相加", " does not add"));
  }
  if (kind == RelationKind::kRank) return absl::StrCat(begin, Words(lang, "，应为 ", ", should be "), computed);
  const std::string_view should = kind == RelationKind::kAtMost ? Say(lang, "，上限为 ", ", at most ")
                                  : kind == RelationKind::kEqual ? Say(lang, "，另处为 ", ", elsewhere ")
                                                                 : Say(lang, "，应为 ", ", should be ");
  return absl::StrCat(begin, std::string(should), computed, DifferenceText(cell, judged.computed, lang),
                      judged.verdict == Verdict::kRounding ? Words(lang, "（尾差）", " (rounding)") : absl::string_view());
}

std::string SummaryInWords(const CheckCounts& counts, Lang lang) {
  const bool chinese = lang == Lang::kChinese;
  const size_t wrong = counts.errors + counts.not_additive;
  std::string text = chinese ? absl::StrCat("共核对 ", counts.checked, " 个关系：", counts.exact, " 个相符，", counts.rounding, " 个尾差，", wrong, " 处差错")
                             : absl::StrCat(counts.checked, " relations checked: ", counts.exact, " exact, ", counts.rounding, " rounding, ", wrong, " wrong");
  if (counts.notes > 0) absl::StrAppend(&text, chinese ? absl::StrCat("，", counts.notes, " 处提示") : absl::StrCat(", ", counts.notes, " notes"));
  if (wrong > 0) {
    absl::StrAppend(&text, chinese ? "。差错在 " : ". Wrong cells: ", counts.wrong_cells, chinese ? " 格上" : "");
    if (counts.not_additive > 0) {
      absl::StrAppend(&text, chinese ? absl::StrCat("：", counts.errors, " 处数字不符，", counts.not_additive, " 处把不可相加的指标相加")
                                     : absl::StrCat(" (", counts.errors, " differ, ", counts.not_additive, " add what does not add)"));
    }
  }
  if (counts.unjudged > 0) absl::StrAppend(&text, chinese ? absl::StrCat("；另有 ", counts.unjudged, " 个关系未能核对") : absl::StrCat("; ", counts.unjudged, " could not be judged"));
  absl::StrAppend(&text, chinese ? absl::StrCat("。印出的数共 ", counts.printed, " 个") : absl::StrCat(". Numbers printed: ", counts.printed));
  if (counts.unrelated > 0) absl::StrAppend(&text, chinese ? absl::StrCat("，其中 ", counts.unrelated, " 个没有可核对的关系") : absl::StrCat(", in no relation: ", counts.unrelated));
  absl::StrAppend(&text, chinese ? "。" : ".");
  return text;
}

std::string ReportInWords(const CheckedFile& checked, Lang lang) {
  Section section(checked, lang);
  std::string text = absl::StrCat(checked.name, Words(lang, "：", ": "), SummaryInWords(checked.report.counts, lang), "\n");
  text += section.Write(Say(lang, "差错", "Wrong"), [](const JudgedRelation& judged) { return judged.is_wrong(); });
  text += section.Write(Say(lang, "尾差", "Rounding"), [](const JudgedRelation& judged) { return judged.is_finding() && judged.verdict == Verdict::kRounding; });
  text += section.Write(Say(lang, "提示", "Notes"), [](const JudgedRelation& judged) { return judged.is_finding() && judged.verdict == Verdict::kNote; });
  text += section.Write(Say(lang, "未能核对", "Not judged"), [](const JudgedRelation& judged) { return judged.unjudged != Unjudged::kNo; });
  return text;
}

}  // namespace anju::cli
