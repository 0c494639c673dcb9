// Judging: every kind of relation and verdict, computed operands, blanks, limits of arithmetic, and cells of the real documents.
#include "common/check_file/judge.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/catalogue/embedded.h"
#include "common/status/status.h"

namespace anju {
namespace {

constexpr char kHeader[] = "id,place,label,printed,unit,should_be\n";

const Vocabulary& Words() {
  static const Vocabulary* const vocabulary = new Vocabulary(*Vocabulary::Read(EmbeddedCatalogue()));
  return *vocabulary;
}

struct Judged {
  CheckFile file;
  CheckReport report;
  absl::Status status;

  // "id relation verdict computed" of everything judged, "id relation why" of the rest.
  std::vector<std::string> Lines() const {
    static const char* const kVerdicts[] = {"exact", "rounding", "error", "not_additive", "note"};
    static const char* const kWhy[] = {"", "blank operand", "zero divisor", "nothing to add"};
    std::vector<std::string> lines;
    for (const JudgedRelation& judged : report.relations) {
      const CheckCell& cell = file.cells[judged.cell];
      const std::string what = judged.unjudged != Unjudged::kNo ? kWhy[static_cast<int>(judged.unjudged)]
                                                                : absl::StrCat(kVerdicts[static_cast<int>(judged.verdict)], " ", FormatComputed(cell, judged.computed));
      lines.push_back(absl::StrCat(cell.id, " ", cell.relations[judged.relation].text, " ", what));
    }
    return lines;
  }
};

Judged Examine(std::string_view rows) {
  Judged judged;
  absl::StatusOr<CheckFile> file = ReadCheckFile(absl::StrCat(kHeader, std::string(rows)), Words());
  EXPECT_TRUE(file.ok()) << file.status();
  if (!file.ok()) return judged;
  judged.file = *std::move(file);
  absl::StatusOr<CheckReport> report = JudgeCheckFile(judged.file, Words());
  judged.status = report.status();
  if (report.ok()) judged.report = *std::move(report);
  return judged;
}
using Expected = std::vector<std::string>;

// One relation of z over a = 12.78, b = 2.8, c = 6.95, d = 0, e = a blank, and whole numbers m = 40, n = 95.
std::string Verdict1(std::string_view printed, std::string_view unit, std::string_view relation, std::string_view label = "y") {
  const Judged judged = Examine(absl::StrCat("a,,x,12.78,㎡,\nb,,x,2.8,,\nc,,x,6.95,㎡,\nd,,x,0,㎡,\ne,,x,,㎡,\nm,,u,40,套,\nn,,u,95,套,\nf,,容积率,2.8,,\ng,,容积率,2.8,,\nz,,",
                                         std::string(label), ",", std::string(printed), ",", std::string(unit), ",", std::string(relation), "\n"));
  if (judged.report.relations.empty()) return std::string(judged.status.message());
  return judged.Lines().back().substr(3 + relation.size());
}

TEST(JudgeTest, EveryRelationAndVerdict) {
  const struct {
    const char* printed;
    const char* unit;
    const char* relation;
    const char* outcome;
  } cases[] = {
      {"19.73", "㎡", "sum(a c)", "exact 19.73"},
      {"19.7", "㎡", "sum(a c)", "exact 19.73"},
      {"19.74", "㎡", "sum(a c)", "rounding 19.73"},
      {"19.76", "㎡", "sum(a c)", "error 19.73"},
      {"19.73", "㎡", "sum(a c e)", "exact 19.73"},  // a printed blank adds nothing
      {"0.00", "㎡", "sum(d)", "exact 0"},
      {"5", "㎡", "sum(e)", "nothing to add"},
      {"24.73", "㎡", "sum(a c 5)", "exact 24.73"},
      {"-55", "套", "m-n", "exact -55"},
      {"55", "套", "m-n", "error -55"},
      {"5.83", "㎡", "a-c", "exact 5.83"},
      {"0.00", "㎡", "a-e", "blank operand"},
      {"35", "套", "m-5", "exact 35"},
      {"0.0035", "万套", "m-0.0005", "exact 0.0035"},  // a constant beside a cell is written in the unit of the row
      {"4.56", "㎡", "a/b", "exact 4.5643"},
      {"6.95", "㎡", "a/b", "error 4.5643"},
      {"8.56", "㎡", "c/0.8", "error 8.6875"},
      {"8.69", "㎡", "c/0.8", "exact 8.6875"},
      {"8.68", "㎡", "c/0.8", "rounding 8.6875"},
      {"42.11", "%", "m/n", "exact 42.1053"},
      {"42.10", "%", "m/n", "rounding 42.1053"},  // truncated
      {"42.12", "%", "m/n", "error 42.1053"},
      {"0.42", "", "m/n", "exact 0.4211"},
      {"1.00", "%", "a/d", "zero divisor"},
      {"1.00", "%", "a/e", "blank operand"},
      {"20", "套", "m*0.5", "exact 20"},
      {"21", "套", "m*0.5", "error 20"},
      {"35.78", "㎡", "a*b", "exact 35.784"},
      {"12.78", "㎡", "=a", "exact 12.78"},
      {"12.8", "㎡", "=a", "exact 12.78"},
      {"12.780", "㎡", "=a", "exact 12.78"},
      {"12.783", "㎡", "=a", "exact 12.78"},  // the other print is the coarser one
      {"12.786", "㎡", "=a", "rounding 12.78"},
      {"12.79", "㎡", "=a", "rounding 12.78"},
      {"12.90", "㎡", "=a", "note 12.78"},
      {"0.0040", "万套", "=m", "exact 0.004"},
      {"100", "%", "=100", "exact 100"},
      {"99", "%", "=100", "note 100"},
      {"40", "套", "<=m", "exact 40"},
      {"41", "套", "<=m", "error 40"},
      {"12.79", "㎡", "<=a", "rounding 12.78"},
      {"100", "%", "<=100", "exact 100"},
      {"101", "%", "<=100", "error 100"},
      {"2", "名次", "rank(desc m n)", "exact 2"},
      {"1", "名次", "rank(desc m n)", "error 2"},
      {"1", "名次", "rank(asc m n)", "exact 1"},
      {"1", "名次", "rank(asc a c e)", "blank operand"},
      {"5.6", "", "sum(f g)", "not_additive 5.6"},
      {"9.9", "", "sum(f g)", "not_additive 5.6"},
      {"2.80", "", "=f", "exact 2.8"},
      {"0.0", "", "f-g", "exact 0"},
  };
  for (const auto& c : cases) EXPECT_EQ(Verdict1(c.printed, c.unit, c.relation), c.outcome) << c.printed << c.unit << " " << c.relation;
  EXPECT_EQ(Verdict1("5.6", "", "sum(b 2.8)", "容积率"), "not_additive 5.6") << "the row's own label does not add";
}

TEST(JudgeTest, ComputedOperandsCarryTheirIntervals) {
  // net = 40 − 95; half = net / 2; the fall is compared with what is computed from printed cells only.
  const Judged judged = Examine(
      "in,,u,40,套,\nout,,u,95,套,\nnet,,u,,套,in-out\nhalf,,u,,套,net*0.5\nt,,u,-55,套,=net\nv,,u,-28,套,=half\nw,,u,-15,套,sum(in net)\n"
      "p1,,r,2,名次,rank(desc in net)\np2,,r,1,名次,rank(desc net in)\n");
  EXPECT_EQ(judged.Lines(), (Expected{"t =net exact -55", "v =half exact -27.5", "w sum(in net) exact -15", "p1 rank(desc in net) error 1", "p2 rank(desc net in) error 2"}));
  // 3.0 + 2.0 stands for 4.90 … 5.20, and so does what is computed from it.
  const Judged wide = Examine("a,,x,3.0,㎡,\nb,,x,2.0,㎡,\ns,,x,,㎡,sum(a b)\nz,,x,10.3,㎡,s*2\ny,,x,10.5,㎡,s*2\nq,,x,,㎡,a-b\nr,,x,1.0,,a/q\n");
  EXPECT_EQ(wide.Lines(), (Expected{"z s*2 rounding 10", "y s*2 error 10", "r a/q error 3"}));
}

TEST(JudgeTest, WhatCannotBeComputedLeavesItsUsersOpen) {
  const Judged judged = Examine("a,,x,,㎡,\nb,,x,1.0,㎡,\nd,,x,,㎡,a-b\ns,,x,1.0,㎡,sum(b d)\nq,,x,,,b/e\ne,,x,,㎡,b-b2\nb2,,x,1.0,㎡,\nr,,x,1.0,,=q\n");
  EXPECT_EQ(judged.Lines(), (Expected{"s sum(b d) blank operand", "r =q blank operand"}));
  EXPECT_EQ(judged.report.counts.unjudged, 2u);
  EXPECT_EQ(judged.report.counts.checked, 0u);
}

TEST(JudgeTest, CountsRelationsAndCells) {
  const Judged judged = Examine("a,,u,10,套,\nb,,u,20,套,\nt,,u,31,套,sum(a b);=w;<=a\nw,,u,31,套,\nlonely,,u,7,套,\nblank,,u,,套,\n");
  const CheckCounts& counts = judged.report.counts;
  EXPECT_EQ(judged.Lines(), (Expected{"t sum(a b) error 30", "t =w exact 31", "t <=a error 10"}));
  EXPECT_EQ(counts.checked, 3u);
  EXPECT_EQ(counts.exact, 1u);
  EXPECT_EQ(counts.errors, 2u);
  EXPECT_EQ(counts.wrong_cells, 1u) << "one cell fails two relations";
  EXPECT_EQ(counts.printed, 5u);
  EXPECT_EQ(counts.unrelated, 1u);
  const std::vector<const JudgedRelation*> fitting = FittingBeside(judged.report, judged.report.relations[2]);
  ASSERT_EQ(fitting.size(), 1u);
  EXPECT_EQ(fitting[0]->relation, 1u);
}

// Handan's cells, by value: column neighbours give the columns their decimals.
TEST(JudgeTest, CellsOfTheRealDocuments) {
  const Judged judged = Examine(
      "l1,,套数,1220,套,\nl2,,套数,1303,套,\nl3,,套数,8020,套,\nl4,,套数,1591,套,\nt1,,套数,13640,套,sum(l1 l2 l3 l4)\n"
      "u1,,建筑面积,175.00,万平方米,\nu2,,建筑面积,39.91,万平方米,\np1,,建筑面积,128.3,万平方米,\np2,,建筑面积,86.64,万平方米,\n"
      "coal,,建筑面积,214.94,万平方米,sum(u1 u2);sum(p1 p2)\n"
      "area,,建筑面积,12.78,万平方米,\nfar,,容积率,2.8,,\nnet,,净用地面积,6.95,公顷,area/far\ngross,,毛用地面积,8.56,公顷,net/0.8\n"
      "i1,,投资,4748,万元,\ni2,,投资,2076,万元,\ninv,,投资,6825,万元,sum(i1 i2)\n"
      "b1,,实际建设,2180,套,\nb2,,累计分配入住,2074,套,\nrate,,分配入住率,95.13,%,b2/b1\n"
      "built,,套数,17.96,万套,=all\nall,,套数,179555,套,\n");
  EXPECT_EQ(judged.Lines(),
            (Expected{"t1 sum(l1 l2 l3 l4) error 12134", "coal sum(u1 u2) error 214.91", "coal sum(p1 p2) exact 214.94", "net area/far error 4.5643",
                      "gross net/0.8 error 8.6875", "inv sum(i1 i2) error 6824", "rate b2/b1 rounding 95.1376", "built =all exact 17.9555"}));
  EXPECT_EQ(judged.report.counts.wrong_cells, 5u);
}

TEST(JudgeTest, WhatLeadsBeyondExactArithmeticIsAnErrorOfTheFile) {
  std::string rows = "a,,x,999999.99999999,㎡,\nq,,x,0.99999989,,\nc0,,x,,㎡,a/q\n";
  for (int i = 1; i < 12; ++i) absl::StrAppend(&rows, "c", i, ",,x,,㎡,c", i - 1, "/q\n");
  const Judged judged = Examine(absl::StrCat(rows, "z,,x,1.0,㎡,=c11\n"));
  const std::vector<ErrorDetail> errors = ErrorsOf(judged.status);
  ASSERT_FALSE(judged.status.ok());
  EXPECT_EQ(errors[0].reason, Reason::NUMBER_TOO_LARGE);
  EXPECT_EQ(errors[0].field, "should_be");
  EXPECT_GT(errors[0].line, 4u);
  // The largest figures that fit are judged.
  EXPECT_EQ(Examine("a,,x,400000000000000000,套,\nb,,x,400000000000000000,套,\nz,,x,400000000000000001,套,sum(a b)\n").Lines(),
            Expected{"z sum(a b) error 800000000000000000"});
  EXPECT_EQ(Examine("a,,x,99999999999999,元,\nz,,x,99999999.99,万元,a*99999999\n").Lines(), Expected{"z a*99999999 error 999999989999990000.0001"});
}

}  // namespace
}  // namespace anju
