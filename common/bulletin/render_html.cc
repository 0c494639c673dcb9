// The page of a bulletin: its parts in the order of GB/T 9704, every piece of data escaped.
#include <algorithm>
#include <cstdlib>
#include <utility>

#include "common/bulletin/page_measure.h"
#include "common/bulletin/page_style.h"
#include "common/bulletin/render.h"
#include "common/bulletin/render_parts.h"
#include "common/text/table.h"

namespace anju::bulletin {
namespace {

constexpr int64_t kLineUm = 10'220, kBlockUm = 225'000, kWideBlockUm = 156'000;
constexpr size_t kLineColumns = 56;        // 28 characters
constexpr size_t kOfficeLineCharacters = 14;  // of a letterhead that fits on one line

std::string Escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string EscapeClean(std::string_view text) { return Escape(Clean(text)); }

// Escaped, with line breaks where the template has them.
std::string EscapeLines(std::string_view text) {
  std::string out;
  for (const char c : Escape(Clean(text, true))) out += c == '\n' ? std::string("<br>") : std::string(1, c);
  return out;
}

class Page {
 public:
  explicit Page(const Content& content) : content_(content), rules_(content), draft_(content.number.empty()) {}

  std::string Render() {
    const Evidence evidence = EvidenceOf(content_);
    Head(evidence);
    if (draft_) out_ += "<div class=\"stamp\" aria-hidden=\"true\">草稿</div>\n";
    out_ += "<main>\n";
    First(evidence);
    for (size_t i = 0; i < content_.annexes.size(); ++i) AnnexSheet(i, evidence);
    out_ += "</main>\n</body>\n</html>\n";
    return std::move(out_);
  }

 private:
  void Head(const Evidence& evidence) {
    const std::string title = CleanText(content_.title);
    out_ += "<!DOCTYPE html>\n<html lang=\"zh-CN\" dir=\"ltr\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
            "<meta name=\"anju-bulletin\" content=\"" + Escape(content_.number) + "\">\n"
            "<meta name=\"anju-sha256\" content=\"" + evidence.sha256 + "\">\n"
            "<title>" + Escape(title) + (draft_ ? "（草稿）" : " " + EscapeClean(content_.number)) + "</title>\n<style>";
    out_ += kPageStyle;
    out_ += "</style>\n</head>\n<body" + std::string(draft_ ? " class=\"draft\"" : "") + ">\n";
  }

  // What one hovers for: place, exact value, rule, identity.
  std::string Explanation(const Figure& figure) const {
    std::string out = rules_.PlaceOf(figure);
    if (!figure.printed.empty()) out += "：" + figure.printed + (figure.unit == "名次" ? "" : " ") + figure.unit;
    if (!figure.exact.empty() && figure.exact != figure.printed) out += "\n准确值：" + figure.exact + " " + figure.unit;
    const std::string rule = rules_.Of(figure);
    out += "\n来历：" + (rule.empty() ? std::string("上报或下达的数") : rule);
    std::string of = figure.region;
    for (const std::string& part : {figure.programme, figure.indicator, figure.plan_year, figure.cell}) of += (of.empty() || part.empty() ? "" : " · ") + part;
    return Clean(out, true) + "\n编号：" + Clean(figure.id) + (of.empty() ? "" : "\n数据项：" + Clean(of));
  }

  std::string Printed(const Runs& runs, bool lines = false) const {
    std::string out;
    for (const Run& run : runs) {
      const std::string text = lines ? EscapeLines(run.text) : EscapeClean(run.text);
      if (!run.figure) {
        out += text;
      } else {
        const std::string& value = run.figure->exact.empty() ? run.figure->printed : run.figure->exact;
        out += "<data value=\"" + EscapeClean(value) + "\" title=\"" + Escape(Explanation(*run.figure)) + "\">" + text + "</data>";
      }
    }
    return out;
  }

  // A title: its words stay whole where lines break.
  std::string Titled(const Runs& runs) const {
    std::string out;
    for (const Run& run : runs) {
      if (run.figure) {
        out += Printed({run}, true);
        continue;
      }
      for (const std::string& piece : TitlePieces(Clean(run.text, true))) {
        const bool word = piece.size() > 4;  // more than one character
        out += (word ? "<span class=\"w\">" : "") + EscapeLines(piece) + (word ? "</span>" : "");
      }
    }
    return out;
  }

  void First(const Evidence& evidence) {
    const bool last = content_.annexes.empty();
    out_ += "<section class=\"sheet first" + std::string(last ? " last" : "") + "\"" + (last ? High(BodyHeight(), {}, 0, kBlockUm, evidence) : "") + ">\n<div>\n";
    Letterhead();
    out_ += "<h1>" + Titled(content_.title) + "</h1>\n<div class=\"body\">\n";
    if (!content_.addressees.empty()) out_ += "<div class=\"to\">" + Printed(content_.addressees, true) + "</div>\n";
    HeadingNumbers numbers;
    bool changes = content_.corrects.has_value();
    for (const Block& block : content_.body) {
      const std::string_view tag = block.kind == BlockKind::kHeading ? "h2" : block.kind == BlockKind::kSubheading ? "h3" : "p";
      out_ += "<" + std::string(tag) + ">" + numbers.Next(block) + Printed(block.runs, true) + "</" + std::string(tag) + ">\n";
      if (std::exchange(changes, false)) Changes();
    }
    if (changes) Changes();
    out_ += "</div>\n";
    Attached();
    Signed();
    out_ += "</div>\n";
    if (last) Tail(evidence);
    out_ += "</section>\n";
  }

  void Letterhead() {
    std::string text = Clean(content_.letterhead.empty() ? content_.issuer + "文件" : content_.letterhead, true);
    std::vector<std::string> lines;
    for (size_t begin = 0; begin <= text.size();) {
      const size_t end = std::min(text.find('\n', begin), text.size());
      if (end > begin) lines.push_back(text.substr(begin, end - begin));
      begin = end + 1;
    }
    if (lines.size() == 1 && static_cast<size_t>(DisplayWidth(lines[0])) > 2 * kOfficeLineCharacters) lines = Halves(lines[0]);
    int widest = 2;
    for (const std::string& line : lines) widest = std::max(widest, DisplayWidth(line));
    // As large as the line allows, and never larger than the letters of the title of a newspaper: 20 mm. In tenths of a millimetre.
    const int tenths = std::min(200, 2 * 1540 / widest);
    out_ += "<header class=\"letterhead\" style=\"--office:" + std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) +
            "mm;--small:" + std::to_string(170 / widest) + "vw\">\n<div class=\"office\">";
    for (const std::string& line : lines) out_ += "<span>" + Escape(line) + "</span>";
    out_ += "</div>\n<div class=\"number\">" + (draft_ ? std::string("（草稿，尚未编号）") : EscapeClean(content_.number)) + "</div>\n</header>\n";
  }

  // Two lines of nearly the same length, broken between words.
  static std::vector<std::string> Halves(const std::string& text) {
    const int half = DisplayWidth(text) / 2;
    size_t cut = 0, at = 0;
    int nearest = half;
    for (const std::string& piece : TitlePieces(text)) {
      at += piece.size();
      const int distance = std::abs(DisplayWidth(std::string_view(text).substr(0, at)) - half);
      if (distance < nearest) {
        nearest = distance;
        cut = at;
      }
    }
    if (cut == 0 || cut == text.size()) return {text};
    return {text.substr(0, cut), text.substr(cut)};
  }

  // Hints, not limits: a browser makes a column wider where a number needs it.
  static std::string Widths(const TableType& type) {
    std::string out = "<colgroup>";
    for (const int permille : type.permille) out += "<col style=\"width:" + std::to_string(permille / 10) + "." + std::to_string(permille % 10) + "%\">";
    return out + "</colgroup>\n";
  }

  void Changes() {
    out_ += "<div class=\"scroll changes\"><table style=\"--type:10.5pt;--pad:1.1mm\">\n"
            "<colgroup><col style=\"width:8%\"><col style=\"width:52%\"><col style=\"width:20%\"><col style=\"width:20%\"></colgroup>\n"
            "<thead><tr><th>序号</th><th>处</th><th>原印</th><th>更正为</th></tr></thead>\n<tbody>\n";
    const auto cell = [](const std::string& text) {
      return "<td" + std::string(DisplayWidth(text) <= kUnbrokenColumnsMax ? " class=\"n\"" : "") + ">" + (text.empty() ? "（无）" : EscapeClean(text)) + "</td>";
    };
    size_t number = 0;
    for (const Change& change : content_.corrects->changes) {
      out_ += "<tr title=\"" + EscapeClean(change.id) + "\"><td class=\"n\">" + std::to_string(++number) + "</td><td class=\"left\">" + EscapeClean(change.place) + "</td>" +
              cell(change.before) + cell(change.after) + "</tr>\n";
    }
    out_ += "</tbody></table></div>\n";
  }

  void Attached() {
    const size_t count = content_.annexes.size();
    if (count == 0) return;
    out_ += "<div class=\"attached\">";
    for (size_t i = 0; i < count; ++i) {
      out_ += "<span>" + std::string(i == 0 ? "附件：" : "") + "</span><b>" + (count == 1 ? "" : std::to_string(i + 1) + "．") + "</b><span>" +
              Escape(CleanText(content_.annexes[i].title)) + "</span>";
    }
    out_ += "</div>\n";
  }

  void Signed() {
    const std::string& name = content_.signature.empty() ? content_.issuer : content_.signature;
    out_ += "<div class=\"signed\"><span>" + EscapeLines(name) + "</span><span>" + ChineseDate(content_.date) + "</span></div>\n";
  }

  void AnnexSheet(size_t index, const Evidence& evidence) {
    const Annex& annex = content_.annexes[index];
    const bool last = index + 1 == content_.annexes.size();
    const TableType type = FitTable(ShapeOf(annex));
    const int64_t page = type.wide ? kWideBlockUm : kBlockUm;
    out_ += "<section class=\"sheet annex" + std::string(last ? " last" : "") + (type.wide ? " wide" : "") + "\"" +
            (last ? High(HeightBefore(annex, type), type, NotesHeight(annex, type), page, evidence) : "") + ">\n<div>\n";
    out_ += "<div class=\"label\">" + AnnexLabel(index, content_.annexes.size()) + "</div>\n<h1 title=\"" + Escape(DefinitionWords(annex)) + "\">" +
            Titled(annex.title) + "</h1>\n";
    if (!annex.subtitle.empty()) out_ += "<div class=\"sub\">" + Printed(annex.subtitle, true) + "</div>\n";
    if (!annex.unit_note.empty()) out_ += "<div class=\"unit\">" + Printed(annex.unit_note) + "</div>\n";
    out_ += "<div class=\"scroll\"><table style=\"--type:" + type.points + "pt;--pad:" + type.padding + "\">\n" + Widths(type);
    HeadRows(annex.columns);
    out_ += "<tbody>\n";
    for (const Row& row : annex.rows) BodyRow(row, "");
    if (annex.total) BodyRow(*annex.total, " class=\"total\"");
    out_ += "</tbody></table></div>\n";
    for (const Runs& note : annex.notes) out_ += "<div class=\"note\">" + Printed(note, true) + "</div>\n";
    out_ += "</div>\n";
    if (last) Tail(evidence);
    out_ += "</section>\n";
  }

  static std::string DefinitionWords(const Annex& annex) {
    std::string out = "排序定义";
    for (const auto& [name, value] : annex.definition) out += "\n" + Clean(name) + "：" + Clean(value);
    return out;
  }

  void HeadRows(const std::vector<Column>& columns) {
    const bool groups = std::any_of(columns.begin(), columns.end(), [](const Column& column) { return !column.group.empty(); });
    const std::string down = groups ? " rowspan=\"2\"" : "";
    std::string second;
    out_ += "<thead><tr>";
    for (size_t i = 0; i < columns.size(); ++i) {
      const Column& column = columns[i];
      if (column.group.empty()) {
        out_ += "<th" + down + ">" + EscapeLines(column.heading) + "</th>";
        continue;
      }
      second += "<th>" + EscapeLines(column.heading) + "</th>";
      if (i > 0 && columns[i - 1].group == column.group) continue;
      size_t span = 1;
      while (i + span < columns.size() && columns[i + span].group == column.group) ++span;
      out_ += "<th colspan=\"" + std::to_string(span) + "\">" + EscapeLines(column.group) + "</th>";
    }
    out_ += "</tr>" + (groups ? "<tr>" + second + "</tr>" : "") + "</thead>\n";
  }

  void BodyRow(const Row& row, const std::string& kind) {
    out_ += "<tr" + kind + ">";
    for (const Runs& cell : row.cells) {
      const std::string text = CleanText(cell);
      const bool unbroken = DisplayWidth(text) <= kUnbrokenColumnsMax;
      out_ += "<td" + std::string(unbroken ? " class=\"n\"" : "") + ">" + Printed(cell, true) + "</td>";
    }
    out_ += "</tr>\n";
  }

  void Tail(const Evidence& evidence) {
    const auto line = [&](const std::string& label, const std::string& text, bool code) {
      out_ += "<p><b>" + label + "</b>" + (code ? "<code>" + Escape(text) + "</code>" : Escape(text)) + "</p>\n";
    };
    out_ += "<footer class=\"tail\">\n<div class=\"evidence\">\n";
    line("依据", evidence.parameters, false);
    for (const std::string& annex : evidence.annexes) line("", annex, false);
    for (const Evidence::Head& head : evidence.heads) {
      line(head.name, head.position + " " + (head.hash.empty() ? "（区块之内）" : head.hash), true);
      if (!head.blocks.empty()) line("", "树根 " + head.root + " " + head.blocks, true);
    }
    line("模板校验", evidence.template_sha256, true);
    line("正文校验", "SHA-256 " + evidence.sha256, true);
    if (content_.corrects) line("被更正", Clean(content_.corrects->number) + " " + content_.corrects->sha256, true);
    line("复算", evidence.remedy, false);
    out_ += "</div>\n<div class=\"imprint\">\n";
    const std::string copies = CopiesLine(content_);
    if (!copies.empty()) {
      Runs runs = content_.copies;
      out_ += "<div class=\"copies\">抄送：" + Printed(runs) + (copies.ends_with(CleanText(runs)) ? "" : "。") + "</div>\n";
    }
    out_ += "<div class=\"issue\"><span>" + EscapeClean(content_.issuer) + "</span><span>" + ChineseDate(content_.date) + "印发</span></div>\n</div>\n</footer>\n";
  }

  // ---- estimates ----
  static int64_t Lines(size_t count) { return static_cast<int64_t>(count) * kLineUm; }

  int64_t BodyHeight() const {
    int64_t height = 35'000 + 45'000 + Lines(6);  // letterhead, number, title
    for (const Block& block : content_.body) height += Lines(LinesOf(CleanText(block.runs) + "　　　　", kLineColumns));
    if (content_.corrects) height += static_cast<int64_t>(content_.corrects->changes.size() + 1) * 10'000;
    return height + Lines(4);
  }

  int64_t HeightBefore(const Annex& annex, const TableType& type) const {
    int64_t height = Lines(2) + 1'500 + 11'600 * static_cast<int64_t>(LinesOf(CleanText(annex.title), type.wide ? 56 : 38));
    if (!annex.subtitle.empty()) height += Lines(1);
    if (!annex.unit_note.empty()) height += 8'000;
    return height;
  }

  int64_t NotesHeight(const Annex& annex, const TableType& type) const {
    int64_t height = 0;
    for (const Runs& note : annex.notes) height += 1'500 + 7'000 * static_cast<int64_t>(LinesOf(CleanText(note), type.wide ? 100 : 72));
    return height;
  }

  // The style attribute that makes the last part fill whole pages, so that its tail stands at the foot.
  std::string High(int64_t before_um, const TableType& table, int64_t after_um, int64_t page_um, const Evidence& evidence) const {
    const size_t roots = static_cast<size_t>(std::count_if(evidence.heads.begin(), evidence.heads.end(), [](const Evidence::Head& head) { return !head.blocks.empty(); }));
    const size_t lines = 4 + evidence.heads.size() + roots + evidence.annexes.size() + (content_.corrects ? 1 : 0);
    after_um += 5'000 + 3'000 + 3'300 * static_cast<int64_t>(lines) + 9'400 + 8'200 * static_cast<int64_t>(LinesOf(CopiesLine(content_), 54)) + 1'200;
    // A hair less than the pages: a sheet that is a rounding error too high would bring one more.
    return " style=\"--high:calc(var(--block)*" + std::to_string(PagesOf(before_um, table, after_um, page_um)) + " - 1mm)\"";
  }

  const Content& content_;
  const RuleWords rules_;
  const bool draft_;
  std::string out_;
};

}  // namespace

std::string RenderHtml(const Content& content) { return Page(content).Render(); }

}  // namespace anju::bulletin
