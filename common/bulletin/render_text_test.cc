// The form for terminals: width, wrapping, tables; and the words that all forms share.
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "common/bulletin/bulletin_testing.h"
#include "common/bulletin/page_measure.h"
#include "common/bulletin/render.h"
#include "common/bulletin/render_parts.h"
#include "common/bulletin/text_layout.h"

namespace anju::bulletin {
namespace {

std::vector<std::string> LinesIn(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(WrapTest, PunctuationStaysWithItsWord) {
  EXPECT_EQ(Wrap("各县市区要早开工，早见效", 16), (std::vector<std::string>{"各县市区要早开", "工，早见效"}));     // no line begins with a comma
  EXPECT_EQ(Wrap("各县市区要早开（市）", 16), (std::vector<std::string>{"各县市区要早开", "（市）"}));                // none ends with a bracket
  EXPECT_EQ(Wrap("开工12345套", 8), (std::vector<std::string>{"开工", "12345套"}));                                    // numbers stay whole
  EXPECT_EQ(Wrap("1234567890", 4), (std::vector<std::string>{"1234", "5678", "90"}));                                  // unless longer than a line
  EXPECT_EQ(Wrap("开工套数", 6, 2, 0), (std::vector<std::string>{"  开工", "套数"}));
  EXPECT_EQ(Wrap("甲\n乙", 8), (std::vector<std::string>{"甲", "乙"}));
  EXPECT_EQ(Wrap("", 8), (std::vector<std::string>{""}));
}

TEST(WrapTest, NoLineIsWiderThanAsked) {
  const std::string text = PlainText(DiqingContent().body[0].runs) + " plain words and 123,456.78 ,,,,,，，，，（（（（ " + std::string(90, 'x') + "）";
  for (int columns = 8; columns < 60; ++columns) {
    std::string joined;
    for (const std::string& line : Wrap(text, columns, 4, 0)) {
      EXPECT_LE(DisplayWidth(line), columns);
      joined += line;
    }
    std::string plain = text;
    for (std::string* one : {&plain, &joined}) std::erase(*one, ' ');
    EXPECT_EQ(joined, plain) << columns;  // nothing is lost
  }
}

TEST(RenderTextTest, LinesAre56ColumnsWideButForWideTables) {
  const std::vector<std::string> lines = LinesIn(RenderText(DiqingContent()));
  size_t annex = 0;
  for (const std::string& line : lines) {
    if (line.starts_with("附件")) ++annex;
    if (annex == 3) break;
    EXPECT_LE(DisplayWidth(line), 56) << line;
  }
  EXPECT_EQ(annex, 3u);
  const auto last = lines.end() - 3;
  EXPECT_EQ(*last, "文号  迪安居通〔2017〕6号");
}

TEST(RenderTextTest, SaysWhatTheBulletinSays) {
  const std::string text = RenderText(DiqingContent());
  for (const char* expected : {"一、棚户区改造工作", "二、公租房分配工作", "（一）目标任务", "附件：1．2017年各县市区城镇棚户区开工率排序表", "香格里拉市          2000    1241  62.05%           1",
                               "合　计        3725     172     4.6          16267.62", "新增40套退出95套", "2017年7月5日印发", "计划日志  0123456789abcdef0123456789abcdef/12"}) {
    EXPECT_NE(text.find(expected), std::string::npos) << expected << "\n" << text;
  }
}

TEST(RenderTextTest, ADraftSaysSoAndHasNoNumber) {
  const std::string text = RenderText(DiqingContent(""));
  EXPECT_NE(text.find("（草稿，尚未编号）"), std::string::npos);
  EXPECT_NE(text.find("草稿  尚无文号\n"), std::string::npos);
  EXPECT_EQ(text.find("文号  "), std::string::npos);
}

TEST(RenderTextTest, ACorrectionListsItsChanges) {
  const std::string text = RenderText(LargeContent(3, 3, 2));
  EXPECT_NE(text.find("更正为"), std::string::npos);
  EXPECT_NE(text.find("999001.25"), std::string::npos);
  EXPECT_NE(text.find("1000001.25"), std::string::npos);
  EXPECT_NE(text.find("（无）"), std::string::npos);
  EXPECT_NE(text.find("被更正  迪安居通〔2017〕5号"), std::string::npos);
}

TEST(RenderTextTest, ControlAndTurningCharactersAreReplaced) {
  const std::string text = RenderText(HostileContent());
  for (const std::string_view bad : {"\x01", "\x7F", "\xE2\x80\xAE", "\xE2\x80\xAC", "\xC2\x85"}) EXPECT_EQ(text.find(bad), std::string::npos);
  EXPECT_NE(text.find("\xEF\xBF\xBD" "1241\xEF\xBF\xBD"), std::string::npos);
}

TEST(PartsTest, NumbersAndDatesInChinese) {
  EXPECT_EQ(ChineseNumber(1), "一");
  EXPECT_EQ(ChineseNumber(10), "十");
  EXPECT_EQ(ChineseNumber(11), "十一");
  EXPECT_EQ(ChineseNumber(20), "二十");
  EXPECT_EQ(ChineseNumber(99), "九十九");
  EXPECT_EQ(ChineseNumber(100), "100");
  EXPECT_EQ(ChineseDate("2017-07-05"), "2017年7月5日");
  EXPECT_EQ(ChineseDate("2017-10-30"), "2017年10月30日");
  EXPECT_NE(ChineseDate("").find("年"), std::string::npos);
}

TEST(PartsTest, HeadingsAreNumberedOnce) {
  HeadingNumbers numbers;
  const auto next = [&](BlockKind kind, const char* text) { return numbers.Next({kind, {{text, std::nullopt}}}); };
  EXPECT_EQ(next(BlockKind::kHeading, "甲"), "一、");
  EXPECT_EQ(next(BlockKind::kSubheading, "子"), "（一）");
  EXPECT_EQ(next(BlockKind::kParagraph, "文"), "");
  EXPECT_EQ(next(BlockKind::kSubheading, "丑"), "（二）");
  EXPECT_EQ(next(BlockKind::kHeading, "二、乙"), "");
  EXPECT_EQ(next(BlockKind::kSubheading, "寅"), "（一）");
  EXPECT_EQ(next(BlockKind::kHeading, "丙"), "三、");
}

TEST(PartsTest, TitlesBreakBetweenWords) {
  EXPECT_EQ(TitlePieces("关于2017年6月全州通报"), (std::vector<std::string>{"关于", "2017年6月", "全州", "通报"}));
  EXPECT_EQ(TitlePieces("保障性住房甲"), (std::vector<std::string>{"保障性住房", "甲"}));
}

TEST(PartsTest, RulesAreSaidInWords) {
  const Content content = DiqingContent();
  const RuleWords words(content);
  const auto of = [&](const char* rule) {
    Figure figure;
    figure.rule = rule;
    return words.Of(figure);
  };
  EXPECT_EQ(of(""), "");
  EXPECT_EQ(of("starts.533401.numerator/starts.533401.denominator"), "starts.533401.numerator（1241） ÷ starts.533401.denominator（2000）");
  EXPECT_EQ(of("sum(x1 x3);=x1"), "合计：x1（2294） + x3（172）；同 x1（2294）");
  EXPECT_EQ(of("rank(desc x1 x3)"), "由高到低的位次，首项为本行：x1（2294）、x3（172）");
  EXPECT_EQ(of("x1-x3"), "x1（2294） − x3（172）");
  EXPECT_EQ(of("x1*0.5"), "x1（2294） × 0.5");
  EXPECT_EQ(of("reported.total/2"), "reported.total（172） ÷ 2");  // not printed: its exact value
}

TEST(MeasureTest, TypeGetsSmallerAndThePageIsTurnedLast) {
  const auto fit = [](size_t columns, size_t rows) {
    TableShape shape;
    shape.headings.assign(columns, 8);
    shape.rows.assign(rows, std::vector<int>(columns, 8));
    return FitTable(shape);
  };
  EXPECT_EQ(fit(4, 5).points, "14");
  EXPECT_EQ(fit(4, 40).points, "12");
  EXPECT_EQ(fit(9, 5).points, "9");
  EXPECT_FALSE(fit(9, 5).wide);
  EXPECT_TRUE(fit(12, 5).wide);
  for (size_t columns = 1; columns < 40; ++columns) {
    int sum = 0;
    for (const int permille : fit(columns, 3).permille) sum += permille;
    EXPECT_LE(sum, 1000);
    EXPECT_GT(sum, 1000 - static_cast<int>(columns) - 1);
  }
}

TEST(MeasureTest, PagesAreFilledRowByRow) {
  TableType table;
  table.head_um = 30'000;
  table.rows_um.assign(20, 20'000);
  EXPECT_EQ(PagesOf(0, {}, 0, 100'000), 1u);
  EXPECT_EQ(PagesOf(0, {}, 99'000, 100'000), 2u);   // too close to be sure
  EXPECT_EQ(PagesOf(250'000, {}, 10'000, 100'000), 3u);
  EXPECT_EQ(PagesOf(0, table, 0, 100'000), 7u);     // three rows a page, under their headings
  EXPECT_EQ(PagesOf(0, table, 40'000, 100'000), 8u);
  EXPECT_EQ(PagesOf(60'000, table, 0, 100'000), 8u);
}

}  // namespace
}  // namespace anju::bulletin
