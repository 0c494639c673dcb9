// A bulletin for a terminal or a mail, 56 columns wide.
#include <algorithm>

#include "common/bulletin/render.h"
#include "common/bulletin/render_parts.h"
#include "common/bulletin/text_layout.h"

namespace anju::bulletin {
namespace {

constexpr int kColumns = 56;  // 28 Chinese characters
constexpr int kIndent = 4;    // two characters before a paragraph

class Sheet {
 public:
  explicit Sheet(const Content& content) : content_(content), draft_(content.number.empty()) {}

  std::string Render() {
    Centre(content_.letterhead.empty() ? content_.issuer + "文件" : content_.letterhead);
    Line();
    Centre(draft_ ? "（草稿，尚未编号）" : content_.number);
    Line(std::string(kColumns, '='));
    Line();
    Title(content_.title);
    Line();
    if (!content_.addressees.empty()) Put(CleanText(content_.addressees, true), 0);
    Body();
    Attached();
    Line();
    Line();
    for (const std::string& line : Wrap(Clean(content_.signature.empty() ? content_.issuer : content_.signature, true), kColumns - kIndent)) Right(line, kIndent);
    Right(ChineseDate(content_.date), kIndent);
    for (size_t i = 0; i < content_.annexes.size(); ++i) AnnexPart(i);
    Imprint();
    Marks();
    return std::move(out_);
  }

 private:
  void Line(std::string_view line = "") {
    out_.append(line.substr(0, line.find_last_not_of(' ') + 1));
    out_ += '\n';
  }
  void Right(const std::string& line, int indent) { Line(RightAligned(line, kColumns - indent)); }
  void Centre(std::string_view text) {
    for (const std::string& line : Wrap(Clean(text, true), kColumns)) Line(Centered(line, kColumns));
  }
  // Lines of nearly the same length, broken between words.
  void Title(const Runs& runs) {
    const std::string text = CleanText(runs);
    const int lines = (DisplayWidth(text) + kColumns - 1) / kColumns;
    for (int room = lines == 0 ? kColumns : DisplayWidth(text) / lines; room <= kColumns; ++room) {
      std::vector<std::string> broken{""};
      int widest = 0;
      for (const std::string& piece : TitlePieces(text)) {
        if (!broken.back().empty() && DisplayWidth(broken.back() + piece) > room) broken.emplace_back();
        broken.back() += piece;
        widest = std::max(widest, DisplayWidth(broken.back()));
      }
      if (static_cast<int>(broken.size()) > std::max(lines, 1) || widest > kColumns) continue;
      for (const std::string& line : broken) Line(Centered(line, kColumns));
      return;
    }
    Centre(text);  // no way between words
  }
  void Put(std::string_view text, int indent, int hang = 0) {
    for (const std::string& line : Wrap(text, kColumns, indent, hang)) Line(line);
  }

  void Body() {
    HeadingNumbers numbers;
    bool first = true;
    for (const Block& block : content_.body) {
      Put(numbers.Next(block) + CleanText(block.runs, true), kIndent);
      if (first && content_.corrects) Changes();
      first = false;
    }
    if (first && content_.corrects) Changes();
  }

  void Changes() {
    TextTable table{{}, {"序号", "处", "原印", "更正为"}, {Align::kRight, Align::kLeft, Align::kRight, Align::kRight}, {}, false};
    for (const Change& change : content_.corrects->changes) {
      const auto shown = [](const std::string& text) { return text.empty() ? std::string("（无）") : Clean(text); };
      table.rows.push_back({std::to_string(table.rows.size() + 1), Clean(change.place), shown(change.before), shown(change.after)});
    }
    Line();
    out_ += Format(table, kColumns);
    Line();
  }

  void Attached() {
    const size_t count = content_.annexes.size();
    if (count == 0) return;
    Line();
    for (size_t i = 0; i < count; ++i) {
      const std::string number = count == 1 ? "" : std::to_string(i + 1) + "．";
      const std::string label = (i == 0 ? "附件：" : "      ") + number;
      Put(label + CleanText(content_.annexes[i].title), kIndent, kIndent + DisplayWidth(label));
    }
  }

  void AnnexPart(size_t index) {
    const Annex& annex = content_.annexes[index];
    Line();
    Line();
    Line(AnnexLabel(index, content_.annexes.size()));
    Line();
    Title(annex.title);
    if (!annex.subtitle.empty()) Centre(PlainText(annex.subtitle));
    Line();
    if (!annex.unit_note.empty()) Right(CleanText(annex.unit_note), 0);
    TextTable table;
    for (const Column& column : annex.columns) {
      table.groups.push_back(Clean(column.group));
      table.headings.push_back(Clean(column.heading));
      table.align.push_back(column.numeric ? Align::kRight : Align::kLeft);
    }
    const auto add = [&](const Row& row) {
      std::vector<std::string>& cells = table.rows.emplace_back();
      for (const Runs& cell : row.cells) cells.push_back(CleanText(cell));
    };
    for (const Row& row : annex.rows) add(row);
    if (annex.total) add(*annex.total);
    table.total = annex.total.has_value();
    out_ += Format(table, kColumns);
    for (const Runs& note : annex.notes) Put(CleanText(note, true), 0, 0);
  }

  void Imprint() {
    Line();
    Line();
    Line(std::string(kColumns, '-'));
    const std::string copies = CopiesLine(content_);
    if (!copies.empty()) {
      Put(copies, 2, 8);
      Line(std::string(kColumns, '-'));
    }
    const std::string date = ChineseDate(content_.date) + "印发";
    const std::string issuer = "  " + Clean(content_.issuer);
    if (DisplayWidth(issuer) + DisplayWidth(date) + 2 + 2 <= kColumns) {
      Line(issuer + RightAligned(date, kColumns - 2 - DisplayWidth(issuer)));
    } else {
      Put(Clean(content_.issuer), 2, 2);
      Right(date, 2);
    }
    Line(std::string(kColumns, '-'));
  }

  // The last three lines are the marks that ReadMarks reads; a number stands there as it is, never wrapped.
  void Marks() {
    const Evidence evidence = EvidenceOf(content_);
    const auto hash = [&](const std::string& label, const std::string& hex) {
      Line(label + hex.substr(0, 32));
      if (hex.size() > 32) Line(std::string(static_cast<size_t>(DisplayWidth(label)), ' ') + hex.substr(32));
    };
    Line();
    Put("依据  " + evidence.parameters, 0, 6);
    for (const std::string& annex : evidence.annexes) Put(annex, 6, 6);
    for (const Evidence::Head& head : evidence.heads) {
      Put(head.name + "  " + head.position, 0, 2);
      hash("  区块   ", head.hash.empty() ? "（区块之内）" : head.hash);
      if (!head.blocks.empty()) hash("  树根   ", head.root), Line("         " + head.blocks);
    }
    hash("  模板   ", evidence.template_sha256);
    if (content_.corrects) {
      Put("被更正  " + Clean(content_.corrects->number), 0, 2);
      hash("         ", content_.corrects->sha256);
    }
    Put(evidence.remedy, 0, 2);
    out_ += draft_ ? "草稿  尚无文号\n" : "文号  " + content_.number + "\n";
    hash("SHA-256  ", evidence.sha256);
  }

  const Content& content_;
  const bool draft_;
  std::string out_;
};

}  // namespace

std::string RenderText(const Content& content) { return Sheet(content).Render(); }

}  // namespace anju::bulletin
