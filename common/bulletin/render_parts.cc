// Words around a bulletin's content, the same in every form.
#include "common/bulletin/render_parts.h"

#include <algorithm>
#include <array>

namespace anju::bulletin {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr size_t kOperandsShownMax = 12;  // of one rule

// Words that a title or letterhead never breaks; the longest that fits counts.
constexpr std::string_view kWholeWords[] = {
    "保障性安居工程", "公共租赁住房", "协调领导小组", "棚户区改造", "基本建成", "推进情况", "完成情况", "入住情况", "进展情况", "人民政府", "领导小组", "管理委员会", "委员会",
    "住房和城乡建设局", "住房和城乡建设厅", "住房城乡建设", "保障性住房", "保障性租赁住房", "农村危房", "老旧小区", "办公室", "情况表", "排序表", "一览表", "开工率", "建成率", "入住率",
    "完成率", "保障性", "安居工程", "棚户区", "租赁补贴", "公租房", "县市区", "各县", "市区", "城镇", "城市", "全州", "全省", "全市", "全县", "关于", "更正", "通报", "通知", "文件",
    "分配", "入住", "投资", "完成", "开工", "套数", "排序", "情况", "推进", "工作", "改造", "住房", "租赁", "公共", "建设", "年度", "月度", "统计"};

bool StartsWithAny(std::string_view text, const std::vector<std::string_view>& beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(), [&](std::string_view beginning) { return text.starts_with(beginning); });
}

// Bytes of the character at the front that must not be printed; 0 when it may.
size_t UnprintableLength(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  if (byte(0) < 0x20 || byte(0) == 0x7F) return 1;
  if (byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) <= 0x9F) return 2;                                      // C1 controls
  if (byte(0) == 0xD8 && byte(1) == 0x9C) return 2;                                                         // Arabic letter mark
  if (byte(0) == 0xE2 && byte(1) == 0x80 && (byte(2) == 0x8E || byte(2) == 0x8F || (byte(2) >= 0xA8 && byte(2) <= 0xAE))) return 3;
  if (byte(0) == 0xE2 && byte(1) == 0x81 && byte(2) >= 0xA0 && byte(2) <= 0xAF) return 3;                    // isolates, invisible operators
  if (byte(0) == 0xEF && byte(1) == 0xBB && byte(2) == 0xBF) return 3;                                      // a byte-order mark inside
  return 0;
}

// The words of a list in a relation: "desc a b c" → desc, a, b, c.
std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  for (size_t begin = text.find_first_not_of(' '); begin != std::string_view::npos;) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = text.find_first_not_of(' ', end);
  }
  return words;
}

std::string_view Trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::string ServiceName(std::string_view service) { return service == "plan" ? "计划日志" : service == "progress" ? "进度日志" : std::string(service); }

std::string ReviewName(std::string_view review) {
  return review == "reviewed" ? "已审核的数据" : review == "confirmed" ? "已确认的数据" : "全部已报数据";
}

}  // namespace

std::string Clean(std::string_view text, bool newlines) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    if (text.front() == '\n' || text.front() == '\t') {
      const bool line = text.front() == '\n';
      text.remove_prefix(1);
      const bool between = line && !out.empty() && !text.empty() && ((out.back() & text.front()) & 0x80) != 0;
      if (line && newlines) {
        out += '\n';
      } else if (!between) {
        out += ' ';
      }
    } else if (const size_t length = UnprintableLength(text); length > 0) {
      out += kReplacement;
      text.remove_prefix(length);
    } else {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

std::string CleanText(const Runs& runs, bool newlines) { return Clean(PlainText(runs), newlines); }

std::vector<std::string> TitlePieces(std::string_view text) {
  static constexpr std::string_view kUnits[] = {"年", "月", "日", "号", "套", "户", "%"};
  const auto ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80 && c != ' ' && c != '\n'; };
  std::vector<std::string> pieces;
  while (!text.empty()) {
    size_t length = 1;
    if (ascii(text.front())) {  // 2017年6月30日 is one piece
      for (bool more = true; more;) {
        while (length < text.size() && ascii(text[length])) ++length;
        more = false;
        for (const std::string_view unit : kUnits) {
          if (!text.substr(length).starts_with(unit)) continue;
          length += unit.size();
          more = length < text.size() && ascii(text[length]);
          break;
        }
      }
    } else {
      while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) ++length;
      for (const std::string_view word : kWholeWords) {
        if (text.starts_with(word)) length = std::max(length, word.size());
      }
    }
    pieces.emplace_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return pieces;
}

std::string ChineseNumber(size_t n) {
  static constexpr std::array<std::string_view, 10> kDigits = {"", "一", "二", "三", "四", "五", "六", "七", "八", "九"};
  if (n == 0 || n > 99) return std::to_string(n);
  std::string out;
  if (n >= 20) out += kDigits[n / 10];
  if (n >= 10) out += "十";
  return out.append(kDigits[n % 10]);
}

std::string ChineseDate(std::string_view date) {
  if (date.size() != 10) return "　　　　年　　月　　日";
  const auto number = [&](size_t begin, size_t length) {
    std::string_view part = date.substr(begin, length);
    while (part.size() > 1 && part.front() == '0') part.remove_prefix(1);
    return std::string(part);
  };
  return number(0, 4) + "年" + number(5, 2) + "月" + number(8, 2) + "日";
}

std::string HeadingNumbers::Next(const Block& block) {
  if (block.kind == BlockKind::kParagraph) return "";
  const std::string text = PlainText(block.runs);
  if (block.kind == BlockKind::kHeading) {
    const std::string number = ChineseNumber(++heading_) + "、";
    subheading_ = 0;
    return StartsWithAny(text, {number}) ? "" : number;
  }
  const std::string number = "（" + ChineseNumber(++subheading_) + "）";
  return StartsWithAny(text, {number}) ? "" : number;
}

std::string AnnexLabel(size_t index, size_t count) { return count == 1 ? "附件" : "附件" + std::to_string(index + 1); }

std::string CopiesLine(const Content& content) {
  std::string text = CleanText(content.copies);
  if (text.empty()) return "";
  if (!text.ends_with("。")) text += "。";
  return "抄送：" + text;
}

Evidence EvidenceOf(const Content& content) {
  Evidence evidence;
  evidence.sha256 = Sha256Hex(Canonical(content));
  evidence.parameters = "数据日期 " + content.as_of + "，" + (content.tree.empty() ? "当日区划" : "区划按 " + content.tree) + "，" + ReviewName(content.review) + "；模板 " +
                        Clean(content.template_code) + " 第" + std::to_string(content.template_version) + "版";
  evidence.template_sha256 = content.template_sha256;
  for (const JournalHead& head : content.basis) {
    evidence.heads.push_back({ServiceName(head.service), Clean(head.journal) + "/" + std::to_string(head.sequence), Clean(head.hash),
                              head.tree_size == 0 ? "" : std::to_string(head.tree_size) + " 块", Clean(head.tree_root)});
  }
  for (size_t i = 0; i < content.annexes.size(); ++i) {
    const Annex& annex = content.annexes[i];
    std::string line = AnnexLabel(i, content.annexes.size()) + "：数据截至 " + annex.as_of + "，应报 " + std::to_string(annex.expected) + "，已报 " +
                       std::to_string(annex.reported);
    evidence.annexes.push_back(std::move(line));
  }
  evidence.remedy = "各数均由上列日志算得，可用 anju bulletin verify 复算核对";
  return evidence;
}

RuleWords::RuleWords(const Content& content) : figures_(FiguresOf(content)) {
  for (size_t i = 0; i < figures_.size(); ++i) by_id_.emplace(figures_[i].figure->id, i);
}

const std::string& RuleWords::PlaceOf(const Figure& figure) const {
  static const std::string kNone;
  const auto found = by_id_.find(figure.id);
  return found == by_id_.end() ? kNone : figures_[found->second].place;
}

std::string RuleWords::Operand(std::string_view id) const {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return std::string(id);  // a constant
  const Figure& figure = *figures_[found->second].figure;
  return std::string(id) + "（" + (figure.printed.empty() ? (figure.exact.empty() ? "空" : figure.exact) : figure.printed) + "）";
}

std::string RuleWords::Relation(std::string_view relation) const {
  const auto list = [&](std::vector<std::string_view> ids, std::string_view separator) {
    std::string out;
    const size_t count = ids.size();
    ids.resize(std::min(count, kOperandsShownMax));
    for (const std::string_view id : ids) out += (out.empty() ? "" : std::string(separator)) + Operand(id);
    return count > kOperandsShownMax ? out + " 等 " + std::to_string(count) + " 项" : out;
  };
  if (relation.ends_with(')') && relation.starts_with("sum(")) {
    return "合计：" + list(Words(relation.substr(4, relation.size() - 5)), " + ");
  }
  if (relation.ends_with(')') && relation.starts_with("rank(")) {
    std::vector<std::string_view> words = Words(relation.substr(5, relation.size() - 6));
    if (words.empty()) return std::string(relation);
    const bool ascending = words.front() == "asc";
    words.erase(words.begin());
    return std::string(ascending ? "由低到高" : "由高到低") + "的位次，首项为本行：" + list(std::move(words), "、");
  }
  if (relation.starts_with("<=")) return "不大于 " + Operand(Trim(relation.substr(2)));
  if (relation.starts_with('=')) return "同 " + Operand(Trim(relation.substr(1)));
  const size_t sign = relation.find_first_of("/*-");
  if (sign == std::string_view::npos) return std::string(relation);
  const std::string_view word = relation[sign] == '/' ? " ÷ " : relation[sign] == '*' ? " × " : " − ";
  return Operand(Trim(relation.substr(0, sign))) + std::string(word) + Operand(Trim(relation.substr(sign + 1)));
}

std::string RuleWords::Of(const Figure& figure) const {
  std::string out;
  for (size_t begin = 0; begin < figure.rule.size();) {
    const size_t end = std::min(figure.rule.find(';', begin), figure.rule.size());
    const std::string_view relation = Trim(std::string_view(figure.rule).substr(begin, end - begin));
    if (!relation.empty()) out += (out.empty() ? "" : "；") + Relation(relation);
    begin = end + 1;
  }
  return out;
}

}  // namespace anju::bulletin
