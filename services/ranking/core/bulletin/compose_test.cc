// Diqing's bulletin of June 2017: every cell, word, rule and sentence.
#include "services/ranking/core/bulletin/compose.h"

#include <gtest/gtest.h>

#include "common/status/status.h"
#include "services/ranking/core/bulletin/fixture.h"

namespace anju::ranking {
namespace {

const std::map<std::string, MilestoneAnswer> kMilestones = {{"june", {MakeDate(2017, 6, 30), "60"}}};

std::string Replaced(std::string_view from, std::string_view to) {
  std::string text = DiqingTemplate();
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

class Diqing : public ::testing::Test {
 protected:
  void SetUp() override {
    auto composed = ComposeFor(DiqingTemplate(), country_, kMilestones);
    ASSERT_TRUE(composed.ok()) << composed.status();
    content_ = *std::move(composed);
  }
  bulletin::Content ComposeOf(std::string_view yaml) {
    auto composed = ComposeFor(yaml, country_, kMilestones);
    EXPECT_TRUE(composed.ok()) << composed.status();
    return composed.value_or(bulletin::Content{});
  }
  std::vector<std::string> Lines(const bulletin::Annex& annex) {
    std::vector<std::string> lines;
    for (const bulletin::Row& row : annex.rows) lines.push_back(CellsOf(row));
    if (annex.total) lines.push_back(CellsOf(*annex.total));
    return lines;
  }
  Country country_ = DiqingCountry();
  bulletin::Content content_;
};

TEST_F(Diqing, Titles) {
  EXPECT_EQ(bulletin::PlainText(content_.title), "关于2017年6月全州城镇保障性安居工程推进情况的通报");
  EXPECT_EQ(content_.as_of, "2017-06-30");
  EXPECT_EQ(content_.letterhead, "迪庆州保障性安居工程协调领导小组办公室文件");
  ASSERT_EQ(content_.annexes.size(), 3u);
  EXPECT_EQ(bulletin::PlainText(content_.annexes[0].subtitle), "（1月1日——6月30日）");
  EXPECT_EQ(content_.annexes[2].columns[4].heading, "2017年新增分配入住套数");
  EXPECT_EQ(content_.annexes[0].columns[1].group, "总任务");
  EXPECT_FALSE(content_.annexes[0].columns[0].numeric);
  EXPECT_TRUE(content_.annexes[2].columns[4].numeric);
  EXPECT_EQ(bulletin::PlainText(content_.annexes[0].notes[0]), "应报3个，已报3个。");
}

TEST_F(Diqing, AFewBytesCannotAskForMoreThanABulletinHolds) {
  const auto with_list = [](const std::string& item, size_t times, size_t texts) {
    std::string yaml = DiqingTemplate(), text;
    yaml.insert(yaml.find("lists:\n") + 7, "  l: {table: starts, item: \"" + item + "\"}\n");
    for (size_t i = 0; i < times; ++i) text += "{l}";
    for (size_t i = 0; i < texts; ++i) yaml += "  - text: \"" + text + "\"\n";
    return yaml;
  };
  // Of three counties: 30,000 figures, and 24 MB of words.
  for (const std::string& yaml : {with_list("{numerator}", 2'500, 4), with_list(std::string(8'000, 'a'), 1'000, 1)}) {
    const absl::Status status = ComposeFor(yaml, country_, kMilestones).status();
    EXPECT_EQ(ErrorsOf(status).front().reason, Reason::TOO_MANY_ROWS) << status;
  }
}

TEST_F(Diqing, ATemplateNamesRegionsAsItsOfficeDoes) {
  const bulletin::Content named = ComposeOf(std::string(DiqingTemplate()) + "\nnames: {533423: 维西, 999999: 无此地}\n");
  EXPECT_EQ(Lines(named.annexes[0])[2], "维西|1475|900|61.02%|3");
  EXPECT_EQ(named.annexes[0].rows[2].name, "维西");
  EXPECT_NE(bulletin::PlainText(named.body.back().runs).find("维西开工900套"), std::string::npos) << bulletin::PlainText(named.body.back().runs);
  EXPECT_EQ(Lines(named.annexes[0])[0], Lines(content_.annexes[0])[0]);
  EXPECT_FALSE(ParseTemplate(std::string(DiqingTemplate()) + "\nnames: {533423: \"\"}\n").ok());
  EXPECT_FALSE(ParseTemplate(std::string(DiqingTemplate()) + "\nnames: {533423: 第3师}\n").ok());  // a digit that is bound to nothing
}

TEST_F(Diqing, AnnexOnePrintsAsInTheOriginal) {
  EXPECT_EQ(Lines(content_.annexes[0]), (std::vector<std::string>{"香格里拉市|2000|1241|62.05%|1", "德钦县|250|153|61.20%|2", "维西县|1475|900|61.02%|3",
                                                                 "合  计|3725|2294|61.58%|"}));
  EXPECT_EQ(RuleOf(content_, "starts.533401.value"), "starts.533401.numerator/starts.533401.denominator");
  EXPECT_EQ(RuleOf(content_, "starts.533401.rank"), "rank(desc starts.533401.value starts.533422.value starts.533423.value)");
  EXPECT_EQ(RuleOf(content_, "starts.533423.rank"), "rank(desc starts.533423.value starts.533401.value starts.533422.value)");
  EXPECT_EQ(RuleOf(content_, "starts.533401.numerator"), "");
  EXPECT_EQ(RuleOf(content_, "starts.total.denominator"), "sum(starts.533401.denominator starts.533422.denominator starts.533423.denominator)");
  EXPECT_EQ(RuleOf(content_, "starts.total.numerator"), "sum(starts.533401.numerator starts.533422.numerator starts.533423.numerator)");
  EXPECT_EQ(RuleOf(content_, "starts.total.value"), "starts.total.numerator/starts.total.denominator");
  EXPECT_EQ(RuleOf(content_, "starts.total.rank"), "none");
  const bulletin::Figure& rate = *content_.annexes[0].rows[0].cells[3][0].figure;
  EXPECT_EQ(rate, (bulletin::Figure{.id = "starts.533401.value", .printed = "62.05", .unit = "%", .label = "value",
                                    .rule = "starts.533401.numerator/starts.533401.denominator", .exact = "1241/20", .region = "533401", .programme = "all",
                                    .indicator = "starts", .plan_year = "2017", .cell = "value"}));
  const bulletin::Figure& starts = *content_.annexes[0].rows[0].cells[2][0].figure;
  EXPECT_EQ(starts.label, "starts");
  EXPECT_EQ(starts.unit, "套");
  EXPECT_EQ(starts.exact, "1241");
  EXPECT_EQ(content_.annexes[0].definition.front(), (std::pair<std::string, std::string>{"by", "rate"}));
  EXPECT_EQ(content_.annexes[0].total->name, "迪庆州");
}

TEST_F(Diqing, AnnexTwoPrintsZerosWithoutPlacesAndTheZoneWithoutATarget) {
  EXPECT_EQ(Lines(content_.annexes[1]), (std::vector<std::string>{"香格里拉市|2000|0|0||10135|", "维西县|1475|0|0||4160|", "德钦县|250|0|0||1260|",
                                                                 "开发区||172|||712.62|", "合  计|3725|172|4.6||16267.62|"}));
  EXPECT_EQ(content_.annexes[1].rows[3].reason, "NO_TARGET");
  EXPECT_EQ(PrintedOf(content_, "completions.533401.value"), "0");
  EXPECT_EQ(PrintedOf(content_, "completions.533401.rank"), "");
  EXPECT_EQ(RuleOf(content_, "completions.533401.rank"), "");
  EXPECT_EQ(RuleOf(content_, "completions.533401.value"), "completions.533401.numerator/completions.533401.denominator");
  EXPECT_EQ(PrintedOf(content_, "completions.533400_KFQ.denominator"), "");
  EXPECT_EQ(RuleOf(content_, "completions.533400_KFQ.value"), "");
  EXPECT_EQ(RuleOf(content_, "completions.total.denominator"), "sum(completions.533401.denominator completions.533423.denominator completions.533422.denominator)");
  EXPECT_EQ(RuleOf(content_, "completions.total.investment"),
            "sum(completions.533401.investment completions.533423.investment completions.533422.investment completions.533400_KFQ.investment)");
  EXPECT_EQ(RuleOf(content_, "completions.total.value"), "completions.total.numerator/completions.total.denominator");
  EXPECT_EQ(content_.annexes[1].rows[0].cells[5][0].figure->unit, "万元");
}

TEST_F(Diqing, AnnexThreePrintsNetNewInWordsAndRanksByIt) {
  EXPECT_EQ(Lines(content_.annexes[2]),
            (std::vector<std::string>{"1|维西县|4026|4030|新增40套|3552|88.14", "2|德钦县|2385|2180|新增34套|2074|95.14", "3|香格里拉市|4242|4242|0|2226|52.48",
                                      "4|开发区|640|644|0|200|31.06", "5|州本级|3558|3584|新增40套退出95套|1332|37.17", "|合  计|14851|14680|净增19套|9384|63.9"}));
  const bulletin::Runs& own_level = content_.annexes[2].rows[4].cells[4];
  ASSERT_EQ(own_level.size(), 2u);
  EXPECT_EQ(own_level[0].figure->id, "allotment.533400_BJ.allotment_entries");
  EXPECT_EQ(own_level[1].figure->printed, "95");
  EXPECT_EQ(own_level[1].figure->plan_year, "2017");
  EXPECT_EQ(content_.annexes[2].rows[2].cells[4][0].figure->printed, "0");
  EXPECT_EQ(RuleOf(content_, "allotment.533400_BJ.key"), "allotment.533400_BJ.allotment_entries-allotment.533400_BJ.allotment_exits");
  EXPECT_EQ(RuleOf(content_, "allotment.533423.key"), "=allotment.533423.allotment_entries");
  EXPECT_EQ(PrintedOf(content_, "allotment.533400_BJ.key"), "-55");
  EXPECT_EQ(RuleOf(content_, "allotment.533423.rank"),
            "rank(desc allotment.533423.key allotment.533422.key allotment.533401.key allotment.533400_KFQ.key allotment.533400_BJ.key)");
  EXPECT_EQ(RuleOf(content_, "allotment.total.key"),
            "sum(allotment.533423.key allotment.533422.key allotment.533401.key allotment.533400_KFQ.key allotment.533400_BJ.key)");
  EXPECT_EQ(RuleOf(content_, "allotment.533423.value"), "allotment.533423.numerator/allotment.533423.denominator");
  EXPECT_EQ(RuleOf(content_, "allotment.total.target_built").substr(0, 4), "sum(");
  EXPECT_EQ(content_.annexes[2].rows[0].cells[3][0].figure->indicator, "built");
  EXPECT_EQ(content_.annexes[2].rows[0].cells[3][0].figure->plan_year, "");      // a stock
  EXPECT_EQ(content_.annexes[2].rows[0].cells[2][0].figure->plan_year, "2017");  // its target
}

TEST_F(Diqing, TheTextSaysTheSameFiguresAndPointsToThem) {
  EXPECT_EQ(bulletin::PlainText(content_.body[1].runs),
            "开工2294套，开工率为61.58%，建成172套，占3725套的4.6%；投资16267.62万元，其中712.62万元；累计分配9384套。");
  EXPECT_EQ(bulletin::PlainText(content_.body[2].runs),
            "其中：香格里拉市开工1241套、维西县开工900套、德钦县开工153套。6月底前达到60%的3个：香格里拉市（62.05%）、德钦县（61.20%）、维西县（61.02%）；"
            "落后：维西县（61.02%）；没有；德钦县第2、维西县第1。德钦县61.20%，开发区——、——。");
  EXPECT_EQ(RuleOf(content_, "x1"), "=starts.total.numerator");
  EXPECT_EQ(RuleOf(content_, "x2"), "=starts.total.value");
  EXPECT_EQ(PrintedOf(content_, "x2"), "61.58");
  EXPECT_EQ(RuleOf(content_, "by_starts.533423.numerator"), "=starts.533423.numerator");
  EXPECT_EQ(RuleOf(content_, "behind.533423.value"), "=starts.533423.value");
}

TEST_F(Diqing, WhatRulesNameAndNoTablePrintsIsAmongTheOperands) {
  std::string operands;
  for (const auto& [place, figure] : content_.operands) operands += figure.id + " " + figure.printed + " " + place + "|";
  EXPECT_NE(operands.find("allotment.533400_BJ.key -55 附件3 州本级 排序依据（未印）|"), std::string::npos) << operands;
  EXPECT_NE(operands.find("spent.533400_KFQ.numerator 712.62 表spent 开发区 完成数（未印）|"), std::string::npos) << operands;
  EXPECT_EQ(RuleOf(content_, "spent.total.value"), "=spent.total.key");
  EXPECT_EQ(operands.find("starts."), std::string::npos) << operands;  // annex 1 prints all that its rules need
}

TEST_F(Diqing, EveryRuleGivesThePrintedFigure) {
  size_t judged = 0;
  EXPECT_EQ(Misfits(content_, Rounding::kHalfUp, &judged), "");
  EXPECT_GT(judged, 50u);
}

TEST_F(Diqing, AChangedFigureBreaksARule) {
  content_.annexes[0].rows[0].cells[2][0].figure->printed = "1242";
  EXPECT_NE(Misfits(content_, Rounding::kHalfUp), "");
}

TEST_F(Diqing, ComposingAgainGivesTheSameBytesWhichReadBack) {
  const std::string bytes = bulletin::Canonical(content_);
  EXPECT_EQ(bulletin::Canonical(ComposeOf(DiqingTemplate())), bytes);
  auto parsed = bulletin::ParseCanonical(bytes);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*parsed, content_);
}

TEST_F(Diqing, ThresholdsAreJudgedBeforeRounding) {
  // 31.05590062… is 200/644 cut off: the zone is above it, though both print 31.06. 61.2 is exactly 153/250.
  EXPECT_EQ(bulletin::PlainText(ComposeOf(Replaced("at_most: \"31.05590062\"", "at_most: \"31.06\"")).body[2].runs).find("没有"), std::string::npos);
  const std::string below = bulletin::PlainText(ComposeOf(Replaced("below: \"61.2\"", "at_most: \"61.2\"")).body[2].runs);
  EXPECT_NE(below.find("落后：德钦县（61.20%）、维西县（61.02%）"), std::string::npos) << below;
  const std::string above = bulletin::PlainText(ComposeOf(Replaced("below: \"61.2\"", "above: \"61.2\"")).body[2].runs);
  EXPECT_NE(above.find("落后：香格里拉市（62.05%）；"), std::string::npos) << above;
  const std::string none = bulletin::PlainText(ComposeOf(Replaced("below: \"61.2\"", "below: \"61\"")).body[2].runs);
  EXPECT_NE(none.find("落后：无；"), std::string::npos) << none;
}

TEST_F(Diqing, WordsStandForFullZeroAndUnknownFigures) {
  country_.Report("533401", kStarts, 2000);
  country_.Report("533422", kStarts, 0);
  country_.SetMissing("533423", kStarts, Layer::kCity, Missing::kNoTask);
  country_.Cell("533423", kStarts).actual.reset();
  bulletin::Content content = ComposeOf(DiqingTemplate());
  EXPECT_EQ(Lines(content.annexes[0]), (std::vector<std::string>{"香格里拉市|2000|2000|全部开工|1", "德钦县|250|0|0|2", "维西县|无任务|无任务|无任务|",
                                                                "合  计|3725|2294|61.58%|"}));
  EXPECT_EQ(PrintedOf(content, "starts.533401.value"), "");
  EXPECT_EQ(RuleOf(content, "starts.533401.value"), "starts.533401.numerator/starts.533401.denominator");
  EXPECT_EQ(Misfits(content, Rounding::kHalfUp), "");
  // The total is no sum of what is listed now: a figure as reported.
  EXPECT_EQ(RuleOf(content, "starts.total.numerator"), "");
  country_.Report("533401", kStarts, 1999);  // 99.95 %: not full, though it would print 100.0 with one digit
  EXPECT_EQ(CellsOf(ComposeOf(Replaced("by: rate, digits: 2}", "by: rate, digits: 1}")).annexes[0].rows[0]), "香格里拉市|2000|1999|100.0%|1");
}

TEST_F(Diqing, UnknownIsNeverPrintedAsNothing) {
  country_.Cell("533401", kEntries) = Figures{};
  country_.SetTarget("533401", kBuilt, Layer::kCity, 4242);
  const bulletin::Content content = ComposeOf(DiqingTemplate());
  const bulletin::Annex& annex = content.annexes[2];
  EXPECT_EQ(CellsOf(annex.rows.back()), "|香格里拉市|4242|4242|未报|2226|52.48");
  EXPECT_EQ(annex.rows.back().reason, "NOT_REPORTED");
  EXPECT_EQ(Misfits(content, Rounding::kHalfUp), "");
}

TEST_F(Diqing, AmountsWithDigitsOfTheirOwnKeepTheExactFigureAsOperand) {
  const bulletin::Content content = ComposeOf(Replaced("cell: investment}", "cell: investment, format: {digits: 1, prefix: 约, suffix: 万, plus: yes}}"));
  EXPECT_EQ(CellsOf(content.annexes[1].rows[3]), "开发区||172|||约+712.6万|");
  EXPECT_EQ(RuleOf(content, "completions.533400_KFQ.investment.shown"), "=completions.533400_KFQ.investment");
  EXPECT_EQ(PrintedOf(content, "completions.533400_KFQ.investment.shown"), "712.6");
  EXPECT_EQ(PrintedOf(content, "completions.533400_KFQ.investment"), "712.62");
  EXPECT_EQ(PrintedOf(content, "completions.533401.investment"), "10135.0");  // the same number: no operand is needed
  EXPECT_EQ(RuleOf(content, "completions.533401.investment.shown"), "none");
  EXPECT_EQ(Misfits(content, Rounding::kHalfUp), "");
}

TEST_F(Diqing, TheSameCellTwiceRestatesItself) {
  const bulletin::Content content = ComposeOf(Replaced("      - {group: 总任务, heading: 开工数, cell: numerator}\n",
                                                       "      - {group: 总任务, heading: 开工数, cell: numerator}\n      - {heading: 再, cell: numerator}\n"));
  EXPECT_EQ(RuleOf(content, "starts.533401.numerator_2"), "=starts.533401.numerator");
}

TEST_F(Diqing, MovementIsPrintedAndBound) {
  Country before = DiqingCountry();
  before.Report("533401", kStarts, 1000, MakeDate(2017, 5, 31));
  before.Report("533400", kStarts, 2053, MakeDate(2017, 5, 31));
  const std::string yaml = Replaced("by: rate, digits: 2}\n    columns:\n",
                                    "by: rate, digits: 2}\n    since: month\n    columns:\n      - {heading: 上月, cell: previous_value}\n"
                                    "      - {heading: 变化, cell: value_change, format: {plus: yes}}\n      - {heading: 升降, cell: rank_change}\n"
                                    "      - {heading: 上月名次, cell: previous_rank}\n");
  auto content = ComposeFor(yaml, country_, kMilestones, &before);
  ASSERT_TRUE(content.ok()) << content.status();
  EXPECT_EQ(Lines(content->annexes[0]), (std::vector<std::string>{"50.00|+12.05|2|3|香格里拉市|2000|1241|62.05%|1", "61.20|0.00|-1|1|德钦县|250|153|61.20%|2",
                                                                 "61.02|0.00|-1|2|维西县|1475|900|61.02%|3", "55.11|+6.47|||合  计|3725|2294|61.58%|"}));
  EXPECT_EQ(RuleOf(*content, "starts.533401.value_change"), "starts.533401.value-starts.533401.previous_value");
  EXPECT_EQ(RuleOf(*content, "starts.533401.rank_change"), "starts.533401.previous_rank-starts.533401.rank");
  EXPECT_EQ(PrintedOf(*content, "starts.533401.value_change"), "12.05");
  EXPECT_EQ(Misfits(*content, Rounding::kHalfUp), "");
}

TEST_F(Diqing, TiesGetRulesThatHoldForTheirStyle) {
  country_.Report("533422", kStarts, 155);  // 62 %
  country_.Report("533401", kStarts, 1240);  // 62 %
  for (const char* ties : {"competition", "modified", "ordinal"}) {
    const bulletin::Content content = ComposeOf(Replaced("by: rate, digits: 2}", std::string("by: rate, then_by: target, digits: 2, ties: ") + ties + "}"));
    EXPECT_EQ(Misfits(content, Rounding::kHalfUp), "") << ties;
    EXPECT_NE(RuleOf(content, "starts.533401.rank"), "") << ties;
  }
  EXPECT_EQ(RuleOf(ComposeOf(Replaced("by: rate, digits: 2}", "by: rate, digits: 2, ties: dense}")), "starts.533401.rank"), "");
}

TEST_F(Diqing, WhatTheAnswersDoNotHaveIsSaidWithTheLine) {
  const auto error = [&](const std::string& yaml, const std::map<std::string, MilestoneAnswer>& milestones) {
    const absl::Status status = ComposeFor(yaml, country_, milestones).status();
    const ErrorDetail detail = ErrorsOf(status).front();
    return std::string(ReasonName(detail.reason)) + " " + std::to_string(detail.line) + " " + detail.value + " " + std::to_string(ErrorTotal(status));
  };
  EXPECT_EQ(error(Replaced("{starts.533422.value}", "{starts.州本级.value}"), kMilestones), "UNKNOWN_CELL 67 {starts.州本级.value} 1");
  EXPECT_EQ(error(DiqingTemplate(), {}), "UNKNOWN_CELL 67 {june.month} 3");  // month, share, and the list
  EXPECT_EQ(error(Replaced("indicator: starts, year: \"{year}\", by: rate", "indicator: start, year: \"{year}\", by: rate"), kMilestones), "UNKNOWN_INDICATOR 12 start 1");
  EXPECT_EQ(error(Replaced("then_by: target", "then_by: 累计分配"), kMilestones), "UNKNOWN_INDICATOR 26 累计分配 1");
  EXPECT_EQ(error(Replaced("[\"target:built\",", "[\"target:built\", \"target.city:累计分配\","), kMilestones), "UNKNOWN_INDICATOR 39 target.city:累计分配 1");
  EXPECT_EQ(error(Replaced("of: built", "of: investment"), kMilestones), "MIXED_UNITS 39 investment 1");
  EXPECT_EQ(error(Replaced("rank: {programme: all, indicator: investment, year: \"{year}\"", "rank: {programme: 全部, indicator: investment, year: \"\""), kMilestones),
            "UNKNOWN_PROGRAMME 56 全部 1");
}

TEST(Questions, MilestonesAndMovementOfADay) {
  const Catalogue catalogue = TestCatalogue();
  TemplateMilestone milestone{.name = "june", .programme = "all", .indicator = "starts", .year = "{year}", .by = "{year}-06-30", .line = 7};
  auto question = QuestionOf(milestone, kJune, catalogue);
  ASSERT_TRUE(question.ok()) << question.status();
  EXPECT_EQ(question->period, (Period{2017, 2017}));
  EXPECT_EQ(FormatDate(question->by), "2017-06-30");
  milestone.by = "{year}-02-29";
  milestone.indicator = "累计分配";
  const std::vector<ErrorDetail> errors = ErrorsOf(QuestionOf(milestone, kJune, catalogue).status());
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_EQ(errors[0].candidates, std::vector<std::string>{"allotted_total"});
  EXPECT_EQ(errors[1].reason, Reason::BAD_DATE);
  EXPECT_EQ(errors[1].line, 7u);
  TemplateTable table;
  EXPECT_EQ(SinceOf(table, kJune), std::nullopt);
  table.since = "month";
  EXPECT_EQ(FormatDate(*SinceOf(table, kJune)), "2017-05-31");
  table.since = "year";
  EXPECT_EQ(FormatDate(*SinceOf(table, kJune)), "2016-12-31");
}

TEST_F(Diqing, ACorrectionNamesTheOldBulletinAndWhatChanged) {
  bulletin::Content issued = content_;
  issued.number = "迪安居通〔2017〕6号";
  issued.date = "2017-07-05";
  bulletin::Content same = content_;
  EXPECT_FALSE(MakeCorrection(issued, same));
  EXPECT_EQ(same, content_);
  country_.Report("533422", kStarts, 155);
  country_.Report("533400", kStarts, 2296);
  bulletin::Content corrected = ComposeOf(DiqingTemplate());
  ASSERT_TRUE(MakeCorrection(issued, corrected));
  EXPECT_EQ(bulletin::PlainText(corrected.title), "迪庆州保障性安居工程协调领导小组办公室关于更正迪安居通〔2017〕6号的通报");
  const std::string first = bulletin::PlainText(corrected.body[0].runs);
  EXPECT_EQ(first.substr(0, first.find("，有")), "2017年7月5日印发的《关于2017年6月全州城镇保障性安居工程推进情况的通报》（迪安居通〔2017〕6号）中");
  EXPECT_EQ(corrected.body[2].runs, ComposeOf(DiqingTemplate()).body[1].runs);
  ASSERT_TRUE(corrected.corrects.has_value());
  EXPECT_EQ(corrected.corrects->sha256, bulletin::Sha256Hex(bulletin::Canonical(issued)));
  std::string changes;
  for (const bulletin::Change& change : corrected.corrects->changes) changes += change.place + " " + change.before + "→" + change.after + "|";
  EXPECT_NE(changes.find("附件1 德钦县 开工数 153→155|"), std::string::npos) << changes;
  EXPECT_NE(changes.find("附件1 德钦县 开工率 61.20%→62.00%|"), std::string::npos) << changes;
  EXPECT_NE(changes.find("正文第1段 第1数 2294→2296|"), std::string::npos) << changes;
  EXPECT_EQ(changes.find("未印"), std::string::npos) << changes;
  // And the correction can be corrected: places are those of the correction.
  corrected.number = "迪安居通〔2017〕7号";
  corrected.date = "2017-07-08";
  country_.Report("533400", kStarts, 2300);
  bulletin::Content again = ComposeOf(DiqingTemplate());
  ASSERT_TRUE(MakeCorrection(corrected, again));
  EXPECT_EQ(again.corrects->changes[0].place, "正文第2段 第1数");
  EXPECT_EQ(bulletin::PlainText(again.title), "迪庆州保障性安居工程协调领导小组办公室关于更正迪安居通〔2017〕7号的通报");
}

}  // namespace
}  // namespace anju::ranking
