// Puts a bulletin together: annex tables first, so that the text can point to their figures; then the texts; then what rules name beside.
#include "services/ranking/core/bulletin/compose.h"

#include <algorithm>
#include <utility>

#include "common/region/region_tree.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/ranking/core/bulletin/lists.h"
#include "services/ranking/core/bulletin/print.h"

namespace anju::ranking {
namespace {

constexpr char kTextFigure[] = "x";  // ids x1, x2 …
// What the service adds to a content: basis, numbers, the old bulletin.
constexpr size_t kReservedBytes = 256 << 10;
constexpr size_t kCellsMax = 2 * bulletin::kFiguresMax;  // of annexes; names and words are no figures

class BulletinWriter {
 public:
  BulletinWriter(const Template& source, const ComposeInput& input, const Catalogue& catalogue)
      : source_(source), input_(input), catalogue_(catalogue), book_(source, input, catalogue) {}

  absl::StatusOr<bulletin::Content> Compose() {
    if (CellsToPrint() > kCellsMax) return TooMuch(CellsToPrint());
    bulletin::Content content;
    content.template_code = source_.code;
    content.as_of = FormatDate(input_.as_of);
    content.letterhead = source_.letterhead;
    content.issuer = source_.issuer;
    content.signature = source_.signature;
    for (size_t i = 0; i < source_.tables.size(); ++i) {
      if (source_.tables[i].annex) content.annexes.push_back(PrintAnnex(source_, i, input_.as_of, book_));
    }
    content.title = Text(source_.title, "title");
    content.addressees = Text(source_.addressees, "addressees");
    for (const TemplateBlock& block : source_.body) content.body.push_back({block.kind, Text(block.text, "body")});
    size_t annex = 0;
    for (const TemplateTable& table : source_.tables) {
      if (table.annex) AnnexTexts(table, content.annexes[annex++]);
    }
    content.copies = Text(source_.copies, "copies");
    content.operands = book_.Operands();
    RETURN_IF_ERROR(errors_.ToStatus());
    if (IsFull()) return TooMuch(text_figures_);
    RETURN_IF_ERROR(CheckSize(content));
    return content;
  }

 private:
  void AnnexTexts(const TemplateTable& table, bulletin::Annex& annex) {
    const std::string field = "tables." + table.name;
    annex.title = Text(table.title, field + ".title");
    annex.subtitle = Text(table.subtitle, field + ".subtitle");
    annex.unit_note = Text(table.unit_note, field + ".unit_note");
    for (const TemplateText& note : table.notes) annex.notes.push_back(Text(note, field + ".notes"));
  }

  bulletin::Runs Text(const TemplateText& text, const std::string& field) {
    field_ = field;
    line_ = text.line;
    bulletin::Runs runs;
    for (const TextPart& part : text.parts) {
      if (IsFull()) break;
      if (part.path.empty()) {
        Append(runs, part.literal);
      } else {
        Bound(part.path, runs);
      }
    }
    return runs;
  }

  void Bound(const std::vector<std::string>& path, bulletin::Runs& runs) {
    if (path.size() == 1) {
      if (const std::string date = DateWord(path[0], input_.as_of); !date.empty()) return Append(runs, date);
      return List(path[0], runs);
    }
    for (size_t i = 0; i < source_.lists.size(); ++i) {
      if (source_.lists[i].name == path[0]) return Count(source_.lists[i], runs);
    }
    for (size_t i = 0; i < source_.milestones.size(); ++i) {
      if (source_.milestones[i].name == path[0]) return Milestone(i, path[1], runs);
    }
    size_t table = 0;
    while (source_.tables[table].name != path[0]) ++table;
    path.size() == 2 ? TableCount(table, path[1], runs) : Cell(table, path[1], path[2], runs);
  }

  void Cell(size_t table, const std::string& region, const std::string& word, bulletin::Runs& runs) {
    const std::string id = NextId();
    const std::optional<RowRef> row = FindRow(table, region, "{" + source_.tables[table].name + "." + region + "." + word + "}");
    if (row) CellOf(*row, word, id, runs);
  }

  // Every place of a text has its number, whatever is printed there, so that ids do not move from one composition to the next.
  std::string NextId() { return kTextFigure + std::to_string(++texts_); }

  void CellOf(const RowRef& row, const std::string& word, const std::string& id, bulletin::Runs& runs) {
    const TableAnswer& answer = input_.tables[row.table];
    const CellRef cell = *FindCell(source_.tables[row.table], word);
    const WordRules rules = WordsOfText(source_);
    if (!IsNumeric(cell.kind)) {
      std::string text = ValueOf(answer, book_.RowAt(row), cell).printed.value_or("");
      if (cell.kind == CellKind::kReason) text = rules.words.reasons.contains(text) ? rules.words.reasons.at(text) : "";
      return Append(runs, text);
    }
    const Shown shown = Show(answer, book_.RowAt(row), cell, rules, {});
    runs.push_back({shown.text, book_.Repeat(row, cell, word, shown.printed, id)});
    text_bytes_ += shown.text.size();
    ++text_figures_;
  }

  // A few bytes of a template can ask for a list of thousands of rows, again and again: nothing is written beyond what a bulletin may hold.
  bool IsFull() const { return text_bytes_ > bulletin::kContentBytesMax || text_figures_ > bulletin::kFiguresMax; }

  size_t CellsToPrint() const {
    size_t cells = 0;
    for (size_t i = 0; i < source_.tables.size(); ++i) {
      if (!source_.tables[i].annex) continue;
      for (const TemplateColumn& column : source_.tables[i].columns) cells += book_.RowsOf(i) * std::max<size_t>(column.parts.size(), 1);
    }
    return cells;
  }

  static absl::Status TooMuch(size_t figures) {
    return MakeError(Reason::TOO_MANY_ROWS, "tables", std::to_string(figures), "a bulletin has at most 20,000 figures and 4 MiB");
  }

  // The total line, or the row of a region by code, else by name.
  std::optional<RowRef> FindRow(size_t table, const std::string& region, const std::string& asked) {
    if (region == "total") return RowRef{table, RowRef::kTotal};
    std::vector<size_t> named;
    ErrorDetail detail{.reason = Reason::UNKNOWN_CELL, .field = field_, .value = asked, .line = line_};
    for (size_t i = 0; i < book_.RowsOf(table); ++i) {
      const Row& row = book_.RowAt({table, i});
      if (row.code == region) return RowRef{table, i};
      if (FoldName(row.name) == FoldName(region)) named.push_back(i);
      if (detail.candidates.size() < kErrorCandidatesMax) detail.candidates.push_back(row.code + " " + row.name);
    }
    if (named.size() == 1) return RowRef{table, named[0]};
    detail.message = named.empty() ? "the table " + source_.tables[table].name + " has no row " + region
                                   : "the table " + source_.tables[table].name + " has several rows " + region + ": name it by its code";
    errors_.Add(std::move(detail));
    return std::nullopt;
  }

  const TemplateList& ListNamed(const std::string& name) const {
    return *std::find_if(source_.lists.begin(), source_.lists.end(), [&](const TemplateList& list) { return list.name == name; });
  }

  const std::vector<RowRef>& RowsOf(const TemplateList& list) {
    const auto known = rows_.find(list.name);
    if (known != rows_.end()) return known->second;
    absl::StatusOr<std::vector<RowRef>> rows = RowsOfList(source_, list, input_, book_);
    errors_.Add(rows.status());
    return rows_[list.name] = rows.value_or(std::vector<RowRef>{});
  }

  void List(const std::string& name, bulletin::Runs& runs) {
    const TemplateList& list = ListNamed(name);
    const std::vector<RowRef>& rows = RowsOf(list);
    if (rows.empty()) return Append(runs, list.nothing);
    for (size_t i = 0; i < rows.size() && !IsFull(); ++i) {
      if (i > 0) Append(runs, list.separator);
      const Row& row = book_.RowAt(rows[i]);
      for (const TextPart& part : list.item.parts) {
        const std::string date = part.path.empty() ? "" : DateWord(part.path[0], input_.as_of);
        if (part.path.empty() || !date.empty()) {
          Append(runs, part.literal + date);
        } else {
          // By region, so that the figures of those who stay keep their ids when others come and go.
          CellOf(rows[i], part.path[0], FigureId(list.name, row.code, part.path[0]), runs);
        }
      }
    }
  }

  void Count(const TemplateList& list, bulletin::Runs& runs) {
    size_t table = 0;
    while (source_.tables[table].name != list.table) ++table;
    Declared(table, std::to_string(RowsOf(list).size()), "个", "count", runs);
  }

  void TableCount(size_t table, const std::string& word, bulletin::Runs& runs) {
    const Table& answer = input_.tables[table].table;
    const size_t count = word == "reported" ? answer.reported : word == "expected" ? answer.expected : answer.rows.size();
    Declared(table, std::to_string(count), "个", word, runs);
  }

  // A number that is counted from the table, not one of its cells.
  void Declared(size_t table, const std::string& number, const std::string& unit, const std::string& word, bulletin::Runs& runs) {
    const TableAnswer& answer = input_.tables[table];
    bulletin::Figure figure{.id = book_.NewId(NextId()), .printed = number, .unit = unit, .label = word, .rule = "", .exact = number, .region = answer.region,
                            .programme = catalogue_.FindProgramme(answer.definition.programme)->code, .indicator = answer.plan.indicator->code,
                            .plan_year = FormatPeriod(answer.definition.period), .cell = word};
    runs.push_back({number, std::move(figure)});
  }

  void Milestone(size_t index, const std::string& word, bulletin::Runs& runs) {
    const TemplateMilestone& milestone = source_.milestones[index];
    const std::optional<MilestoneAnswer>& answer = input_.milestones[index];
    const std::string id = word == "share" ? NextId() : "";
    if (!answer) {
      return errors_.Add({.reason = Reason::UNKNOWN_CELL, .field = field_, .value = "{" + milestone.name + "." + word + "}",
                          .message = "no plan sets the milestone " + milestone.name, .line = line_});
    }
    if (word != "share") return Append(runs, DateWord(word, answer->by));
    bulletin::Figure figure{.id = book_.NewId(id), .printed = answer->share, .unit = "%", .label = word, .rule = "", .exact = answer->share, .region = "",
                            .programme = milestone.programme, .indicator = milestone.indicator, .plan_year = PutYear(milestone.year, YearOf(input_.as_of)),
                            .cell = word};
    runs.push_back({answer->share, std::move(figure)});
  }

  void Append(bulletin::Runs& runs, const std::string& text) {
    if (text.empty()) return;
    text_bytes_ += text.size();
    if (runs.empty() || runs.back().figure) runs.emplace_back();
    runs.back().text += text;
  }

  absl::Status CheckSize(const bulletin::Content& content) const {
    if (bulletin::FiguresOf(content).size() <= bulletin::kFiguresMax && bulletin::Canonical(content).size() + kReservedBytes <= bulletin::kContentBytesMax) {
      return absl::OkStatus();
    }
    return TooMuch(bulletin::FiguresOf(content).size());
  }

  const Template& source_;
  const ComposeInput& input_;
  const Catalogue& catalogue_;
  FigureBook book_;
  ErrorCollector errors_;
  std::string field_;   // of the text under way
  uint32_t line_ = 0;
  int texts_ = 0;
  size_t text_bytes_ = 0, text_figures_ = 0;  // written so far
  std::map<std::string, std::vector<RowRef>> rows_;  // of lists, by name
};

}  // namespace

absl::StatusOr<bulletin::Content> Compose(const Template& source, const ComposeInput& input, const Catalogue& catalogue) {
  CHECK(input.tables.size() == source.tables.size() && input.milestones.size() == source.milestones.size());
  if (source.names.empty()) return BulletinWriter(source, input, catalogue).Compose();
  ComposeInput printed = input;  // with the names that this office prints
  for (TableAnswer& answer : printed.tables) {
    for (std::vector<Row>* rows : {&answer.table.rows, &answer.table.unranked}) {
      for (Row& row : *rows) {
        if (const auto found = source.names.find(row.code); found != source.names.end()) row.name = found->second;
      }
    }
  }
  return BulletinWriter(source, printed, catalogue).Compose();
}

}  // namespace anju::ranking
