// Fuzzing what people write.
#include <algorithm>
#include <cstdint>
#include <string>

#include "common/bulletin/content.h"
#include "common/bulletin/render.h"
#include "common/catalogue/catalogue.h"
#include "common/catalogue/embedded.h"
#include "common/check_file/check_file.h"
#include "common/check_file/judge.h"
#include "common/check_file/relation.h"
#include "common/check_file/vocabulary.h"
#include "common/csv/csv.h"
#include "common/decimal/decimal.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/time/date.h"
#include "tests/fuzz/targets.h"

namespace anju::fuzz {
namespace {

// Three columns of every kind there is: required, optional, with a Chinese name.
const std::vector<csv::Column>& Schema() {
  static const std::vector<csv::Column> schema = {{"region", {"地区"}}, {"value", {"数值"}}, {"note", {"备注"}, false}};
  return schema;
}

// What was read can be written and read again, and is the same.
void Csv(std::string_view bytes) {
  const absl::StatusOr<csv::Table> table = csv::Parse(bytes, Schema());
  if (!table.ok()) {
    CHECK(!ErrorsOf(table.status()).empty());
    return;
  }
  std::string again = "region,value,note\n";
  for (const csv::Row& row : table->rows) {
    CHECK(row.fields.size() == Schema().size());
    again += csv::FormatRow(row.fields) + "\n";
  }
  const absl::StatusOr<csv::Table> read = csv::Parse(again, Schema());
  CHECK(table->rows.empty() || read.ok());
  for (size_t i = 0; read.ok() && i < table->rows.size(); ++i) CHECK(read->rows[i].fields == table->rows[i].fields);
}

void Encoding(std::string_view bytes) {
  const absl::StatusOr<std::string> text = csv::DecodeText(bytes);
  if (!text.ok()) return;
  const absl::StatusOr<std::string> again = csv::DecodeText(*text);  // UTF-8 by now
  CHECK(again.ok());
  CHECK(*again == *text || text->starts_with("\xEF\xBB\xBF"));
}

void CheckFiles(std::string_view bytes) {
  static const Vocabulary* vocabulary = [] {
    absl::StatusOr<Vocabulary> read = Vocabulary::Read(EmbeddedCatalogue());
    CHECK_OK(read.status());
    return new Vocabulary(*std::move(read));
  }();
  const absl::StatusOr<CheckFile> file = ReadCheckFile(bytes, *vocabulary);
  if (!file.ok()) return;
  const absl::StatusOr<CheckReport> report = JudgeCheckFile(*file, *vocabulary);
  if (!report.ok()) CHECK(!ErrorsOf(report.status()).empty());
}

void Relations(std::string_view bytes) {
  for (const std::string_view one : SplitRelations(bytes)) (void)ParseRelation(one);
}

void CatalogueFiles(std::string_view bytes) { (void)Vocabulary::Read(bytes); }

// Canonical content has one spelling: what is accepted is written back byte for byte. Every form of it says which bulletin it is (issued numbers are one
// line without control characters).
void Bulletins(std::string_view bytes) {
  const absl::StatusOr<bulletin::Content> content = bulletin::ParseCanonical(bytes);
  if (!content.ok()) return;
  CHECK(bulletin::Canonical(*content) == bytes);
  const bool one_line = std::none_of(content->number.begin(), content->number.end(), [](char byte) { return static_cast<uint8_t>(byte) < 0x20; });
  for (const std::string& form : {bulletin::RenderText(*content), bulletin::RenderHtml(*content), bulletin::RenderCsv(*content), bulletin::RenderJson(*content)}) {
    const absl::StatusOr<bulletin::Marks> marks = bulletin::ReadMarks(form);
    if (one_line) CHECK(marks.ok() && marks->number == content->number);
    (void)bulletin::ReadPrinted(form);
  }
}

// What the journals' heads are read from says of itself what its marks say.
void Marks(std::string_view bytes) {
  const absl::StatusOr<bulletin::Marks> marks = bulletin::ReadMarks(bytes);
  const absl::StatusOr<bulletin::Printed> printed = bulletin::ReadPrinted(bytes);
  if (!printed.ok()) return;
  CHECK_OK(marks.status());
  CHECK(printed->marks.form == marks->form && printed->marks.number == marks->number && printed->marks.sha256 == marks->sha256);
}

void Numbers(std::string_view bytes) {
  const std::string text(bytes.substr(0, 64));
  (void)ParseDecimal(text);
  (void)ParseDateOrYear(text);
  (void)ParsePeriod(text);
  if (const absl::StatusOr<Date> date = ParseDate(text); date.ok()) CHECK(FormatDate(*date) == text);
  const size_t half = text.find('|');
  if (half != std::string::npos) (void)ParseUnits(text.substr(0, half), 0, text.substr(half + 1));
}

}  // namespace

std::vector<Target> TextTargets() {
  return {{"csv", Csv},           {"encoding", Encoding}, {"check_file", CheckFiles}, {"relation", Relations},
          {"catalogue", CatalogueFiles}, {"bulletin", Bulletins}, {"marks", Marks},           {"number", Numbers}};
}

}  // namespace anju::fuzz
