// Marks are read back from every form, and from nothing else.
#include <gtest/gtest.h>

#include <string>

#include "common/bulletin/bulletin_testing.h"
#include "common/bulletin/render.h"
#include "common/csv/csv.h"
#include "common/testing/testing.h"

namespace anju::bulletin {
namespace {

using ::anju::testing::HasReason;
using ::anju::testing::IsOk;

struct Form {
  const char* name;
  std::string (*render)(const Content&);
};
const Form kForms[] = {{"text", RenderText}, {"html", RenderHtml}, {"csv", RenderCsv}, {"json", RenderJson}};

TEST(MarksTest, EveryFormSaysItsNumberAndHash) {
  for (const std::string& number : {std::string("迪安居通〔2017〕6号"), std::string(""), std::string("a \"b\", <c> & 'd' sha256:x"), std::string(" x "), std::string("（草稿，尚未编号）")}) {
    const Content content = DiqingContent(number);
    for (const Form& form : kForms) {
      ASSERT_OK_AND_ASSIGN(const Marks marks, ReadMarks(form.render(content)));
      EXPECT_EQ(marks.form, form.name);
      EXPECT_EQ(marks.number, number) << form.name;
      EXPECT_EQ(marks.sha256, Sha256Hex(Canonical(content))) << form.name;
    }
  }
}

TEST(MarksTest, HostileNamesDoNotForgeMarks) {
  Content content = HostileContent();
  content.title = {{"</head>\n<meta name=\"anju-bulletin\" content=\"forged\">\n", std::nullopt}};
  content.letterhead = "文号  forged\nSHA-256  " + std::string(32, 'a') + "\n         " + std::string(32, 'b') + "\n";
  for (const Form& form : kForms) {
    ASSERT_OK_AND_ASSIGN(const Marks marks, ReadMarks(form.render(content)));
    EXPECT_EQ(marks.number, content.number) << form.name;
    EXPECT_EQ(marks.sha256, Sha256Hex(Canonical(content))) << form.name;
  }
}

TEST(MarksTest, WhatIsCutOrChangedHasNone) {
  const Content content = DiqingContent();
  const std::string hash = Sha256Hex(Canonical(content));
  for (const Form& form : kForms) {
    const std::string whole = form.render(content);
    std::string upper = whole;
    const size_t at = whole.find(hash.substr(0, 32));
    ASSERT_NE(at, std::string::npos) << form.name;
    // Every place of the hash that is a mark loses its spelling; only the mark decides.
    for (size_t i = at; i != std::string::npos; i = upper.find(hash.substr(0, 32), i + 1)) upper[i] = 'G';
    EXPECT_THAT(ReadMarks(upper), HasReason(Reason::TAMPERED)) << form.name;
  }
  EXPECT_THAT(ReadMarks(""), HasReason(Reason::TAMPERED));
  EXPECT_THAT(ReadMarks("\n"), HasReason(Reason::TAMPERED));
  EXPECT_THAT(ReadMarks("id,place,label,printed,unit,should_be"), HasReason(Reason::TAMPERED));
  EXPECT_THAT(ReadMarks("id,place,label,printed,unit,should_be\nbulletin,\"x"), HasReason(Reason::TAMPERED));
  EXPECT_THAT(ReadMarks("<!DOCTYPE html>"), HasReason(Reason::TAMPERED));
  EXPECT_THAT(ReadMarks("{\"sha256\":\"" + hash + "\",\"content\":{}}\n"), HasReason(Reason::TAMPERED));
  EXPECT_THAT(ReadMarks(RenderText(content) + "\n"), HasReason(Reason::TAMPERED));
  const std::string text = RenderText(content);
  EXPECT_THAT(ReadMarks(text.substr(0, text.size() - 1)), HasReason(Reason::TAMPERED));
}

TEST(CheckFileTest, HasEveryFigureOnceWithItsRule) {
  const Content content = DiqingContent();
  const std::vector<csv::Column> schema = {{"id", {}}, {"place", {}}, {"label", {}}, {"printed", {}}, {"unit", {}}, {"should_be", {}}};
  ASSERT_OK_AND_ASSIGN(const csv::Table table, csv::Parse(RenderCsv(content), schema));
  const std::vector<PlacedFigure> figures = FiguresOf(content);
  ASSERT_EQ(table.rows.size(), figures.size() + 1);
  EXPECT_EQ(table.rows[0].fields[0], "bulletin");
  EXPECT_EQ(table.rows[0].fields[3], std::to_string(figures.size()));
  for (size_t i = 0; i < figures.size(); ++i) {
    const Figure& figure = *figures[i].figure;
    EXPECT_EQ(table.rows[i + 1].fields, (std::vector<std::string>{figure.id, figures[i].place, figure.label, figure.printed, figure.unit, figure.rule}));
  }
}

TEST(MarksTest, APdfIsToldFromATamperedFile) {
  const absl::Status status = ReadMarks("%PDF-1.4\n").status();
  EXPECT_EQ(ErrorsOf(status).front().reason, Reason::BAD_VALUE);
}

TEST(CheckFileTest, AWordWithoutRuleIsNoRow) {
  Content content = DiqingContent();
  const size_t before = FiguresOf(content).size();
  Figure& figure = *content.annexes[1].rows[0].cells[1][0].figure;
  figure.printed = figure.rule = "";
  const std::string csv = RenderCsv(content);
  EXPECT_EQ(csv.find(figure.id + ","), std::string::npos);
  EXPECT_NE(csv.find(",rows," + std::to_string(before - 1) + ","), std::string::npos);
}

}  // namespace
}  // namespace anju::bulletin
