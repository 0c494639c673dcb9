// Reading of check files: headers, encodings, units, and every fault with its line.
#include "common/check_file/check_file.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/catalogue/embedded.h"
#include "common/status/status.h"

namespace anju {
namespace {

constexpr char kHeader[] = "id,place,label,printed,unit,should_be\n";

const Vocabulary& Words() {
  static const Vocabulary* const vocabulary = new Vocabulary(*Vocabulary::Read(EmbeddedCatalogue()));
  return *vocabulary;
}

absl::StatusOr<CheckFile> Read(std::string_view rows) { return ReadCheckFile(absl::StrCat(kHeader, std::string(rows)), Words()); }

// "REASON line field value" of every error.
std::vector<std::string> Faults(const absl::Status& status) {
  std::vector<std::string> faults;
  if (status.ok()) return faults;
  for (const ErrorDetail& detail : ErrorsOf(status)) {
    faults.push_back(absl::StrCat(std::string(ReasonName(detail.reason)), " ", detail.line, " ", detail.field, " ", detail.value));
  }
  return faults;
}
using Expected = std::vector<std::string>;

TEST(CheckFileTest, ReadsRowsWithTheirRelations) {
  const absl::StatusOr<CheckFile> file = Read("whole,表一 合计,新开工,30,套,sum(a b)\na,表一 甲,新开工,10,套/户,\nb,表一 乙,新开工,,套,whole-a\n\nc,表一 丙,新开工,,套,\n");
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_EQ(file->cells.size(), 4u);
  EXPECT_EQ(file->cells[0].place, "表一 合计");
  EXPECT_EQ(file->cells[0].relations[0].operands[1].cell, 2u);
  EXPECT_TRUE(file->cells[2].is_computed());
  EXPECT_FALSE(file->cells[3].is_computed());
  EXPECT_EQ(file->cells[3].line, 6u) << "the blank line counts";
  EXPECT_EQ(file->computed, std::vector<size_t>{2});
}

TEST(CheckFileTest, ChineseHeadersAndEncodings) {
  const std::string utf8 = "编号,出处,指标,印出,单位,应为\r\na,表,新开工,1,套,\r\n";
  EXPECT_TRUE(ReadCheckFile(utf8, Words()).ok());
  EXPECT_TRUE(ReadCheckFile("\xEF\xBB\xBF" + utf8, Words()).ok());
  // 编号,出处,指标,印出,单位 in GB18030, without the optional column.
  const std::string gb = "\xB1\xE0\xBA\xC5,\xB3\xF6\xB4\xA6,\xD6\xB8\xB1\xEA,\xD3\xA1\xB3\xF6,\xB5\xA5\xCE\xBB\na,\xB1\xED,\xD0\xC2\xBF\xAA\xB9\xA4,1,\xCC\xD7\n";
  const absl::StatusOr<CheckFile> file = ReadCheckFile(gb, Words());
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->cells[0].unit, "套");
}

TEST(CheckFileTest, FilesThatAreNone) {
  EXPECT_EQ(Faults(ReadCheckFile("", Words()).status()).front().substr(0, 10), "BAD_HEADER");
  EXPECT_EQ(Faults(ReadCheckFile("id,place,printed,unit\n", Words()).status()), Expected{"BAD_HEADER 1 label "});
  EXPECT_TRUE(HasReason(ReadCheckFile(kHeader, Words()).status(), Reason::EMPTY_REQUEST));
  EXPECT_TRUE(HasReason(Read("a,表,新开工,1,套\n").status(), Reason::BAD_CSV));
  EXPECT_TRUE(HasReason(Read("a,\xff\xff,新开工,1,套,\n").status(), Reason::BAD_ENCODING));
  std::string rows;
  for (size_t i = 0; i <= kCheckRowsMax; ++i) absl::StrAppend(&rows, "a", i, ",,,1,,\n");
  EXPECT_TRUE(HasReason(Read(rows).status(), Reason::TOO_MANY_ROWS));
}

TEST(CheckFileTest, EveryFaultAtOnceWithItsLine) {
  const absl::StatusOr<CheckFile> file = Read(
      "a,表,新开工,abc,套,\n"
      "a,表,新开工,1,套,\n"
      "1b,表,新开工,１２,套,\n"
      ",表,新开工,\"1,200\",套,\n"
      "c,表,新开工,1.123456789,套,\n"
      "d,表,新开工,1234567890123456789,套,\n"
      "e,表,新开工,1,亩,sum(a nothing)\n"
      "f,表,新开工,2,套,a+c;=c\n"
      "g,表,新开工,3,套,=g\n");
  EXPECT_EQ(Faults(file.status()),
            (Expected{"BAD_NUMBER 2 printed abc", "BAD_CODE 4 id 1b", "BAD_NUMBER 4 printed １２", "MISSING_FIELD 5 id ", "BAD_NUMBER 5 printed 1,200",
                      "NUMBER_TOO_FINE 6 printed 1.123456789", "NUMBER_TOO_LARGE 7 printed 1234567890123456789", "UNKNOWN_UNIT 8 unit 亩",
                      "BAD_RELATION 9 should_be a+c", "DUPLICATE_ROW 3 id a", "UNKNOWN_ID 8 should_be nothing", "RELATION_CYCLE 10 should_be g"}));
}

TEST(CheckFileTest, AFigureBeyondExactArithmeticIsRefused) {
  EXPECT_TRUE(Read("a,表,新开工,400000000000000000,套,\n").ok());
  EXPECT_EQ(Faults(Read("a,表,新开工,400000000000000000,万套,\nb,表,新开工,999999999999999999,套,\n").status()),
            (Expected{"NUMBER_TOO_LARGE 2 printed 400000000000000000", "NUMBER_TOO_LARGE 3 printed 999999999999999999"}));
}

TEST(CheckFileTest, UnitsThatDoNotGoTogether) {
  const std::string cells = "t,表,x,1,套,\nh,表,x,1,户,\nw,表,x,1,万套,\nm,表,x,1,万元,\ns,表,x,1,㎡,\nr,表,x,1,%,\nn,表,x,1,,\np,表,x,1,名次,\nq,表,x,1,名次,\n";
  const struct {
    const char* unit;
    const char* relation;
    bool fits;
  } cases[] = {
      {"套", "sum(t h w)", true},   {"万套", "sum(t h)", true}, {"套", "sum(t m)", false},     {"万元", "sum(t h)", false},       {"套", "t-m", false},
      {"套", "=w", true},           {"套", "=m", false},        {"套", "<=w", true},           {"套", "<=s", false},              {"套", "<=500", true},
      {"%", "t/w", true},           {"", "t/h", true},          {"套", "t/h", false},          {"%", "t/m", false},               {"元", "m/t", true},
      {"㎡", "s/0.8", true},        {"㎡", "s/n", true},        {"套", "s/n", false},          {"公顷", "s/0.8", true},           {"平方米", "=s", true},
      {"%", "r/n", true},           {"套", "t*r", true},        {"套", "0.5*t", true},         {"㎡", "t*s", true},               {"万元", "t*s", false},
      {"套", "t*h", false},         {"套", "100/t", false},     {"名次", "rank(desc t h w)", true}, {"", "rank(asc t h)", true},  {"名次", "rank(desc t m)", false},
      {"套", "rank(desc t h)", false}, {"名次", "=p", true},    {"%", "rank(desc t h)", false}, {"%", "r-n", true},               {"名次", "rank(asc r n)", true},
  };
  for (const auto& c : cases) {
    const absl::Status status = Read(absl::StrCat(cells, "z,表,y,5,", c.unit, ",", c.relation, "\n")).status();
    const Expected mixed = {absl::StrCat("MIXED_UNITS 11 should_be ", c.relation)};
    EXPECT_EQ(Faults(status), c.fits ? Expected{} : mixed) << c.unit << " " << c.relation;
  }
}

TEST(CheckFileTest, ABlankIsComputedByOneRelationThatGivesANumber) {
  for (const char* relation : {"sum(a b)", "a-b", "=a", "a*2", "a/0.5"}) EXPECT_TRUE(Read(absl::StrCat("a,,,1,套,\nb,,,1,套,\nz,,,,套,", relation, "\n")).ok()) << relation;
  for (const char* relation : {"<=a", "sum(a b);a-b", "sum(a b);"}) {
    EXPECT_TRUE(HasReason(Read(absl::StrCat("a,,,1,套,\nb,,,1,套,\nz,,,,套,", relation, "\n")).status(), Reason::BAD_RELATION)) << relation;
  }
  EXPECT_EQ(Faults(Read("a,,,1,套,\nb,,,1,套,\nz,,,,名次,rank(desc a b)\n").status()), Expected{"BAD_RELATION 4 should_be rank(desc a b)"});
  EXPECT_EQ(Faults(Read("a,,容积率,2.8,,\nb,,容积率,2.8,,\nz,,容积率,,,sum(a b)\n").status()), Expected{"BAD_RELATION 4 should_be sum(a b)"});
}

TEST(CheckFileTest, ComputedCellsComeAfterTheirOperandsAndCyclesAreTold) {
  const absl::StatusOr<CheckFile> chain = Read("c,,,,套,b-x\nb,,,,套,a-x\na,,,,套,=x\nx,,,1,套,\n");
  ASSERT_TRUE(chain.ok());
  EXPECT_EQ(chain->computed, (std::vector<size_t>{2, 1, 0}));
  EXPECT_EQ(Faults(Read("a,,,,套,b-x\nb,,,,套,c-x\nc,,,,套,a-x\nd,,,,套,=a\ne,,,,套,=f\nf,,,,套,=e\nx,,,1,套,\n").status()),
            (Expected{"RELATION_CYCLE 2 should_be a → b → c → a", "RELATION_CYCLE 6 should_be e → f → e"}));
  // What is printed may be related to each other in circles: each print is checked against the other.
  EXPECT_TRUE(Read("a,,,1,套,=b\nb,,,1,套,=a\n").ok());
}

TEST(CheckFileTest, LongChainsHaveALimitAndNeedNoStack) {
  const auto chain = [](size_t length) {
    std::string rows = "c0,,,1,套,\n";
    for (size_t i = length; i > 0; --i) absl::StrAppend(&rows, "c", i, ",,,,套,=c", i - 1, "\n");
    return Read(rows);
  };
  EXPECT_TRUE(chain(kComputedDepthMax).ok());
  EXPECT_TRUE(HasReason(chain(kComputedDepthMax + 1).status(), Reason::BAD_RELATION));
  EXPECT_EQ(Faults(chain(kCheckRowsMax - 1).status()).size(), 1u);
  std::string circle;
  for (size_t i = 0; i < 50'000; ++i) absl::StrAppend(&circle, "c", i, ",,,,套,=c", (i + 1) % 50'000, "\n");
  EXPECT_EQ(Faults(Read(circle).status()), Expected{"RELATION_CYCLE 2 should_be c0 → c1 → c2 → c3 → c4 → c5 → c6 → c7 → … → c0"});
}

TEST(CheckFileTest, HasALimitOfRelations) {
  std::string relations = "=a";
  for (size_t i = 1; i < kRelationsPerRowMax; ++i) relations += ";=a";
  EXPECT_TRUE(Read(absl::StrCat("a,,,1,套,\nz,,,1,套,", relations, "\n")).ok());
  EXPECT_TRUE(HasReason(Read(absl::StrCat("a,,,1,套,\nz,,,1,套,", relations, ";=a\n")).status(), Reason::BAD_RELATION));
}

TEST(CheckFileTest, AColumnWithoutDecimalsIsExact) {
  const absl::StatusOr<CheckFile> file = Read("a,,面积,1,㎡,\nb,,面积,2.5,平方米,\nc,,面积,3,万㎡,\nd,,套数,4,㎡,\ne,,套数,,套,\n");
  ASSERT_TRUE(file.ok());
  EXPECT_FALSE(file->cells[0].figure->exact) << "2.5 is printed in its column: 平方米 is ㎡";
  EXPECT_FALSE(file->cells[1].figure->exact);
  EXPECT_TRUE(file->cells[2].figure->exact) << "another unit is another column";
  EXPECT_TRUE(file->cells[3].figure->exact) << "another label too";
}

constexpr char kCatalogueHeader[] = "type,code,name,unit,scale,units_accepted,over_regions\n";

TEST(VocabularyTest, IndicatorsThatShareAUnitCountTheSameKind) {
  const absl::StatusOr<Vocabulary> words = Vocabulary::Read(absl::StrCat(
      kCatalogueHeader, "programme,p,甲,,,,\nindicator,a,户均,户,0,万户=10000,sum\nindicator,b,面积,万㎡,4,公顷=1,sum\nindicator,c,征收,㎡,2,公顷=10000;亩=666.6667,none\n"
                        "indicator,d,套数,套,0,间=1,sum\nindicator,e,户数,套,0,户=1,sum\n"));
  ASSERT_TRUE(words.ok()) << words.status();
  EXPECT_EQ(words->FindUnit("户")->kind, words->FindUnit("间")->kind) << "through 套";
  EXPECT_EQ(words->FindUnit("套/户")->kind, words->FindUnit("间")->kind);
  EXPECT_EQ(FormatFraction(words->FindUnit("万平方米")->factor), "10000");
  EXPECT_EQ(FormatFraction(words->FindUnit("公顷")->factor), "10000");
  EXPECT_EQ(FormatFraction(words->FindUnit("㎡")->factor), "1");
  EXPECT_EQ(FormatFraction(words->FindUnit("％")->factor), "1/100");
  EXPECT_EQ(words->FindUnit("")->kind, kRatioKind);
  EXPECT_EQ(words->FindUnit("名次")->kind, kPlaceKind);
  EXPECT_EQ(words->FindUnit("吨"), nullptr);
  EXPECT_FALSE(words->Adds("征收"));
  EXPECT_FALSE(words->Adds("c"));
  EXPECT_TRUE(words->Adds("面积"));
  EXPECT_TRUE(words->Adds("从未听说"));
}

TEST(VocabularyTest, TheBuiltInCatalogueHasEveryUnitOfTheDocuments) {
  for (const char* unit : {"套", "户", "间", "套(户)", "套（间）", "套/户", "套、间", "万套", "个", "栋", "㎡", "平方米", "万㎡", "万平方米", "公顷", "平方公里", "元", "万元", "亿元",
                           "人", "万人", "万户", "%", "", "名次"}) {
    EXPECT_NE(Words().FindUnit(unit), nullptr) << unit;
  }
  EXPECT_EQ(FormatFraction(*Divide(Words().FindUnit("亿元")->factor, Words().FindUnit("万元")->factor)), "10000");
  EXPECT_FALSE(Words().Adds("容积率"));
  EXPECT_FALSE(Words().Adds("plot_ratio"));
  EXPECT_TRUE(Words().Adds("套数"));
}

TEST(VocabularyTest, ACatalogueThatContradictsItselfIsRefused) {
  EXPECT_EQ(Faults(Vocabulary::Read(absl::StrCat(kCatalogueHeader, "indicator,a,甲,套,0,户=1,sum\nindicator,b,乙,套,0,户=2,sum\n")).status()),
            Expected{"BROKEN_CATALOGUE 3 units_accepted 户"});
  EXPECT_EQ(Faults(Vocabulary::Read(absl::StrCat(kCatalogueHeader, "indicator,a,甲,套,x,,sum\nindicator,b,,套,0,户,maybe\n")).status()),
            (Expected{"BAD_NUMBER 2 scale x", "MISSING_FIELD 3 name ", "BAD_VALUE 3 over_regions maybe", "BROKEN_CATALOGUE 3 units_accepted 户"}));
  EXPECT_TRUE(HasReason(Vocabulary::Read(kCatalogueHeader).status(), Reason::EMPTY_REQUEST));
  EXPECT_TRUE(HasReason(Vocabulary::Read(absl::StrCat(kCatalogueHeader, "indicator,a,甲,套,0,兆套=99999999999999999,sum\n")).status(), Reason::BROKEN_CATALOGUE));
}

}  // namespace
}  // namespace anju
