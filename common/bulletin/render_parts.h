// What the forms of a bulletin have in common: the words around its content, cleaned text, and rules said in words.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/bulletin/content.h"

namespace anju::bulletin {

// Control characters and those that turn the direction of writing become U+FFFD: nothing in a name can reorder the digits beside it. A newline
// stays where `newlines`; else it is nothing between two Chinese characters and a blank elsewhere, as a tab is.
std::string Clean(std::string_view text, bool newlines = false);
std::string CleanText(const Runs& runs, bool newlines = false);

// Pieces of a title that stay on one line: the words of the trade, numbers with their unit, else single characters. Joined they are the text.
std::vector<std::string> TitlePieces(std::string_view text);

// 1 → 一, 12 → 十二, 99 → 九十九; beyond that in digits.
std::string ChineseNumber(size_t n);
// "2017-06-30" → 2017年6月30日; "" → blanks to fill in by hand.
std::string ChineseDate(std::string_view date);

// Gives headings their numbers: 一、… and （一）…; a heading that brings its own keeps it.
class HeadingNumbers {
 public:
  // What stands before the heading's text; "" for a paragraph. Call once for every block, in order.
  std::string Next(const Block& block);

 private:
  size_t heading_ = 0, subheading_ = 0;
};

// 附件 where there is one annex, else 附件1, 附件2 …; `index` from 0.
std::string AnnexLabel(size_t index, size_t count);
// 抄送：…。
std::string CopiesLine(const Content& content);

// The lines of the block 依据: what anybody needs to compute the bulletin again. Journals are (name, journal/sequence, hash).
struct Evidence {
  std::string sha256;
  std::string parameters;  // 数据日期 …　审核 …　模板 …第N版
  std::string template_sha256;
  struct Head {
    std::string name, position, hash;
    std::string blocks, root;  // tree head: "120 块", hex; "" without one
  };
  std::vector<Head> heads;
  std::vector<std::string> annexes;  // 附件1：数据截至 …，应报 3，已报 3
  std::string remedy;                // how anybody can check it
};
Evidence EvidenceOf(const Content& content);

// Says by which rule a figure follows from which others, with what is printed of them.
class RuleWords {
 public:
  explicit RuleWords(const Content& content);
  // One line: 甲（1）÷ 乙（2）; "" without a rule. Long lists are cut with their count.
  std::string Of(const Figure& figure) const;
  const std::string& PlaceOf(const Figure& figure) const;

 private:
  std::string Operand(std::string_view id) const;
  std::string Relation(std::string_view relation) const;

  std::unordered_map<std::string_view, size_t> by_id_;
  std::vector<PlacedFigure> figures_;
};

}  // namespace anju::bulletin
