// Reads every file, judges it, and prints the findings as a text for people, as JSON or as CSV.
#include "services/cli/check.h"

#include <cstdio>
#include <utility>

#include "absl/strings/str_join.h"
#include "common/catalogue/embedded.h"
#include "common/check_file/judge.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/cli/check_words.h"
#include "services/cli/formats.h"
#include "services/cli/printable.h"

namespace anju::cli {
namespace {

absl::StatusOr<Vocabulary> ReadVocabulary(const std::string& catalogue) {
  if (catalogue.empty()) return Vocabulary::Read(EmbeddedCatalogue());
  ASSIGN_OR_RETURN(const std::string bytes, ReadInput(catalogue));
  return Vocabulary::Read(bytes);
}

absl::StatusOr<CheckedFile> CheckOne(const std::string& name, const Vocabulary& vocabulary) {
  ASSIGN_OR_RETURN(const std::string bytes, ReadInput(name));
  CheckedFile checked{.name = name};
  ASSIGN_OR_RETURN(checked.file, ReadCheckFile(bytes, vocabulary));
  ASSIGN_OR_RETURN(checked.report, JudgeCheckFile(checked.file, vocabulary));
  return checked;
}

std::vector<std::string> Fitting(const CheckedFile& checked, const JudgedRelation& judged) {
  std::vector<std::string> texts;
  for (const JudgedRelation* other : FittingBeside(checked.report, judged)) {
    texts.push_back(checked.file.cells[other->cell].relations[other->relation].text);
  }
  return texts;
}

// Errors first, then roundings, then notes; each in the order of the file.
std::vector<const JudgedRelation*> Findings(const CheckReport& report) {
  std::vector<const JudgedRelation*> findings;
  const auto take = [&](auto chosen) {
    for (const JudgedRelation& judged : report.relations) {
      if (judged.is_finding() && chosen(judged)) findings.push_back(&judged);
    }
  };
  take([](const JudgedRelation& judged) { return judged.is_wrong(); });
  take([](const JudgedRelation& judged) { return judged.verdict == Verdict::kRounding; });
  take([](const JudgedRelation& judged) { return judged.verdict == Verdict::kNote; });
  return findings;
}

std::string_view UnjudgedWord(Unjudged why) {
  switch (why) {
    case Unjudged::kBlankOperand: return "blank_operand";
    case Unjudged::kZeroDivisor: return "zero_divisor";
    case Unjudged::kNothingToAdd: return "nothing_to_add";
    case Unjudged::kNo: break;
  }
  return "";
}

CheckCounts Total(const std::vector<CheckedFile>& files) {
  CheckCounts total;
  for (const CheckedFile& checked : files) {
    const CheckCounts& counts = checked.report.counts;
    total.checked += counts.checked;
    total.exact += counts.exact;
    total.rounding += counts.rounding;
    total.errors += counts.errors;
    total.not_additive += counts.not_additive;
    total.notes += counts.notes;
    total.unjudged += counts.unjudged;
    total.wrong_cells += counts.wrong_cells;
    total.printed += counts.printed;
    total.unrelated += counts.unrelated;
  }
  return total;
}

void PutCounts(Json& json, const CheckCounts& counts) {
  json["checked"] = counts.checked;
  json["exact"] = counts.exact;
  json["rounding"] = counts.rounding;
  json["errors"] = counts.errors;
  json["not_additive"] = counts.not_additive;
  json["notes"] = counts.notes;
  json["unjudged"] = counts.unjudged;
  json["wrong_cells"] = counts.wrong_cells;
  json["printed"] = counts.printed;
  json["unrelated"] = counts.unrelated;
}

Json RowJson(const CheckedFile& checked, const JudgedRelation& judged, bool several) {
  const CheckCell& cell = checked.file.cells[judged.cell];
  Json row = Json::object();
  if (several) row["file"] = checked.name;
  row["id"] = cell.id;
  row["place"] = cell.place;
  row["printed"] = cell.printed;
  if (judged.unjudged == Unjudged::kNo) {
    row["computed"] = FormatComputed(cell, judged.computed);
    row["verdict"] = VerdictWord(judged.verdict);
  } else {
    row["why"] = UnjudgedWord(judged.unjudged);
  }
  row["rule"] = cell.relations[judged.relation].text;
  row["line"] = cell.line;
  row["label"] = cell.label;
  row["unit"] = cell.unit;
  if (judged.unjudged == Unjudged::kNo) row["fits"] = Fitting(checked, judged);
  return row;
}

void PrintReportJson(const std::vector<CheckedFile>& files) {
  const bool several = files.size() > 1;
  Json json = Json::object();
  PutCounts(json, Total(files));
  json["findings"] = Json::array();
  json["unjudged_relations"] = Json::array();
  for (const CheckedFile& checked : files) {
    for (const JudgedRelation* judged : Findings(checked.report)) json["findings"].push_back(RowJson(checked, *judged, several));
    for (const JudgedRelation& judged : checked.report.relations) {
      if (judged.unjudged != Unjudged::kNo) json["unjudged_relations"].push_back(RowJson(checked, judged, several));
    }
  }
  if (several) {
    json["files"] = Json::array();
    for (const CheckedFile& checked : files) {
      Json one = {{"file", checked.name}};
      PutCounts(one, checked.report.counts);
      json["files"].push_back(std::move(one));
    }
  }
  PrintJson(json);
}

void PrintReportCsv(const Context& context, const std::vector<CheckedFile>& files) {
  Sheet sheet{.header = {"file", "line", "id", "place", "label", "printed", "computed", "unit", "verdict", "rule", "fits"}};
  for (const CheckedFile& checked : files) {
    for (const JudgedRelation* judged : Findings(checked.report)) {
      const CheckCell& cell = checked.file.cells[judged->cell];
      sheet.rows.push_back({checked.name, std::to_string(cell.line), cell.id, cell.place, cell.label, cell.printed, FormatComputed(cell, judged->computed), cell.unit,
                            std::string(VerdictWord(judged->verdict)), cell.relations[judged->relation].text, absl::StrJoin(Fitting(checked, *judged), ";")});
    }
  }
  PrintSheet(context, sheet);
}

void PrintReportText(const Context& context, const std::vector<CheckedFile>& files) {
  // A field may hold line ends and worse: places are somebody else's text.
  for (size_t i = 0; i < files.size(); ++i) std::printf("%s%s", i > 0 ? "\n" : "", Printable(ReportInWords(files[i], context.lang), true).c_str());
  if (files.size() > 1) std::printf("\n%s%s\n", std::string(context.Say("合计：", "in all: ")).c_str(), SummaryInWords(Total(files), context.lang).c_str());
}

}  // namespace

int Check(const Context& context, const CheckOptions& options) {
  const absl::StatusOr<Vocabulary> vocabulary = ReadVocabulary(options.catalogue);
  if (!vocabulary.ok()) return Fail(context, vocabulary.status(), options.catalogue);
  std::vector<CheckedFile> files;
  std::vector<FileStatus> failed;
  for (const std::string& name : options.files) {
    absl::StatusOr<CheckedFile> checked = CheckOne(name, *vocabulary);
    if (checked.ok()) files.push_back(*std::move(checked));
    else failed.push_back({name, checked.status()});
  }
  if (!failed.empty()) return FailFiles(context, failed);
  switch (context.output) {
    case Output::kJson: PrintReportJson(files); break;
    case Output::kCsv: PrintReportCsv(context, files); break;
    case Output::kTable: PrintReportText(context, files); break;
  }
  const CheckCounts total = Total(files);
  return total.errors + total.not_additive > 0 ? kWouldChange : kOk;
}

}  // namespace anju::cli
