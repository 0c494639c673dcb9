// What a template may say, and what is said of those that are off: reason, line and value of every error.
#include "services/ranking/core/bulletin/template.h"

#include <gtest/gtest.h>

#include <random>

#include "common/status/status.h"

namespace anju::ranking {
namespace {

// Every line is addressed by its number below.
constexpr char kGood[] = R"(template: t-1
region: 迪庆州
issuer: 办公室
number: 办〔{year}〕{n}号
title: 关于{year}年{month}月情况的通报
addressees: 各县：
copies: 州政府
words: {zero: "0", full: 全部开工, NO_TASK: 无任务, UNKNOWN: ""}
milestones:
  june: {programme: all, indicator: starts, year: "{year}", by: "{year}-06-30"}
tables:
  starts:
    annex: true
    title: "{year}年排序表"
    subtitle: "（{'1月1日'}——{month}月{day}日）"
    rank: {programme: all, indicator: starts, year: "{year}", by: rate, digits: 2, columns: [investment, "target:built"]}
    since: month
    columns:
      - {heading: 县, cell: name}
      - {group: 总任务, heading: 开工率, cell: value, format: {suffix: "%"}, words: {full: 全部开工}}
      - {heading: 投资, cell: investment, format: {digits: 1, plus: yes}}
      - {heading: 合, parts: [{cell: numerator, before: 新增, after: 套, nonzero: yes}], nothing: "0", total_parts: [{cell: value}]}
      - {heading: 序, cell: rank, words: {zero: ""}, total: no}
    total: "合  计"
    notes: ["共{starts.reported}个"]
lists:
  behind: {table: starts, cell: value, below: june, item: "{name}（{value}%）", separator: 、, nothing: 无}
  top: {table: starts, order: numerator, limit: 3, item: "{name}{target:built}", at_least: "60.5"}
body:
  - heading: 一、情况
  - text: 开工{starts.total.numerator}套，{starts.香格里拉市.value}%，{behind}等{behind.count}个，{june.share}%，{{原文}}，投资{starts.total.investment}。
  - subheading: 要求
)";

std::string With(std::string_view from, std::string_view to) {
  std::string text = kGood;
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(ParseTemplate, ReadsEverything) {
  auto parsed = ParseTemplate(kGood);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->code, "t-1");
  EXPECT_EQ(parsed->letterhead, "办公室文件");
  EXPECT_EQ(parsed->signature, "办公室");
  EXPECT_EQ(parsed->title.source, "关于{year}年{month}月情况的通报");
  EXPECT_EQ(parsed->title.parts, (std::vector<TextPart>{{"关于", {}}, {"", {"year"}}, {"年", {}}, {"", {"month"}}, {"月情况的通报", {}}}));
  EXPECT_EQ(parsed->words.full, "全部开工");
  EXPECT_EQ(parsed->words.reasons.at("UNKNOWN"), "");
  ASSERT_EQ(parsed->tables.size(), 1u);
  const TemplateTable& table = parsed->tables[0];
  EXPECT_EQ(table.line, 12u);
  EXPECT_EQ(table.rank.at("columns"), "investment,target:built");
  EXPECT_EQ(table.since, "month");
  EXPECT_TRUE(table.annex);
  EXPECT_EQ(table.subtitle.parts[0].literal, "（1月1日——");
  ASSERT_EQ(table.columns.size(), 5u);
  EXPECT_EQ(table.columns[1].group, "总任务");
  EXPECT_EQ(table.columns[1].format.suffix, "%");
  EXPECT_EQ(table.columns[2].format.digits, 1);
  EXPECT_TRUE(table.columns[2].format.plus);
  EXPECT_TRUE(table.columns[3].parts[0].nonzero);
  EXPECT_EQ(table.columns[3].nothing, "0");
  EXPECT_EQ(table.columns[3].total_parts[0].cell, "value");
  EXPECT_FALSE(table.columns[4].total);
  EXPECT_EQ(table.columns[4].words.zero, "");
  EXPECT_EQ(table.total_label, "合  计");
  ASSERT_EQ(parsed->lists.size(), 2u);
  EXPECT_EQ(parsed->lists[0].compare, "below");
  EXPECT_EQ(parsed->lists[0].threshold, "june");
  EXPECT_EQ(parsed->lists[1].limit, 3u);
  EXPECT_EQ(parsed->lists[1].item.parts[1].path, (std::vector<std::string>{"target:built"}));
  ASSERT_EQ(parsed->body.size(), 3u);
  EXPECT_EQ(parsed->body[0].kind, bulletin::BlockKind::kHeading);
  EXPECT_EQ(parsed->body[2].kind, bulletin::BlockKind::kSubheading);
  EXPECT_EQ(parsed->body[1].text.line, 31u);
  EXPECT_EQ(parsed->body[1].text.parts[1].path, (std::vector<std::string>{"starts", "total", "numerator"}));
  EXPECT_EQ(parsed->body[1].text.parts[3].path, (std::vector<std::string>{"starts", "香格里拉市", "value"}));
  EXPECT_EQ(parsed->milestones[0].by, "{year}-06-30");
}

TEST(ParseTemplate, TextsMayRunOverSeveralLines) {
  auto parsed = ParseTemplate(With("  - subheading: 要求\n", "  - text: |\n      第一行，\n      第二行。\n"));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->body[2].text.parts[0].literal, "第一行，第二行。");
}

struct Bad {
  const char* name;
  std::string source;
  Reason reason;
  uint32_t line;
  std::string value;
};

std::vector<Bad> BadTemplates() {
  const auto nested = [] {
    std::string text = "template: t-1\nwords: ";
    for (int i = 0; i < 12; ++i) text += "[";
    return text;
  }();
  std::vector<Bad> bad = {
      {"not a map", "- a\n- b\n", Reason::BAD_TEMPLATE, 1, ""},
      {"YAML that does not parse", With("copies: 州政府", "copies: [州政府"), Reason::BAD_TEMPLATE, 8, ""},
      {"unknown key", With("copies: 州政府", "copy: 州政府"), Reason::BAD_TEMPLATE, 7, "copy"},
      {"unknown key in a column", With("cell: name}", "cell: name, width: a}"), Reason::BAD_TEMPLATE, 19, "width"},
      {"unknown reason word", With("NO_TASK: 无任务", "NO_TASKS: 无任务"), Reason::BAD_TEMPLATE, 8, "NO_TASKS"},
      {"duplicate key", With("copies: 州政府", "region: 甲"), Reason::BAD_TEMPLATE, 7, "region"},
      {"anchor", With("title: 关于", "title: &a 关于"), Reason::BAD_TEMPLATE, 5, "&"},
      {"alias", With("issuer: 办公室", "issuer: &a 办公室\nsignature: *a"), Reason::BAD_TEMPLATE, 3, "&"},
      {"tag", With("region: 迪庆州", "region: !!str 迪庆州"), Reason::BAD_TEMPLATE, 2, "tag:yaml.org,2002:str"},
      {"second document", With("  - subheading: 要求\n", "---\nb: c\n"), Reason::BAD_TEMPLATE, 1, "---"},
      {"too deep", nested, Reason::BAD_TEMPLATE, 2, ""},
      {"too large", std::string(kGood) + "#" + std::string(kTemplateBytesMax, 'x'), Reason::BAD_TEMPLATE, 0, std::to_string(sizeof(kGood) + kTemplateBytesMax)},
      {"not UTF-8", With("region: 迪庆州", "region: \xB5\xCF"), Reason::BAD_TEMPLATE, 2, ""},
      {"control character", With("region: 迪庆州", "region: \x01"), Reason::BAD_TEMPLATE, 2, ""},
      {"escaped control character", With("region: 迪庆州", "region: \"\\a甲\""), Reason::BAD_TEMPLATE, 2, "\a甲"},
      {"no title", With("title: 关于{year}年{month}月情况的通报\n", ""), Reason::BAD_TEMPLATE, 1, ""},
      {"bad code", With("template: t-1", "template: T1"), Reason::BAD_TEMPLATE, 1, "T1"},
      {"number without n", With("{n}号", "号"), Reason::BAD_TEMPLATE, 4, "办〔{year}〕号"},
      {"number with another word", With("{n}号", "{n}{m}号"), Reason::BAD_TEMPLATE, 4, "办〔{year}〕{n}{m}号"},
      {"a list for a word", With("region: 迪庆州", "region: [甲]"), Reason::BAD_TEMPLATE, 2, ""},
      {"a scalar for a list", With("notes: [\"共{starts.reported}个\"]", "notes: 共"), Reason::BAD_TEMPLATE, 25, "共"},
      {"digit in the title", With("title: 关于", "title: 关于2017"), Reason::UNBOUND_NUMBER, 5, "2017"},
      {"full-width digit", With("addressees: 各县：", "addressees: 各３县："), Reason::UNBOUND_NUMBER, 6, "３"},
      {"digit of another script", With("addressees: 各县：", "addressees: 各٣县："), Reason::UNBOUND_NUMBER, 6, "٣"},
      {"share in words", With("  - heading: 一、情况", "  - heading: 达百分之六十二点五以上"), Reason::UNBOUND_NUMBER, 30, "百分之六十二点五"},
      {"full-width brace", With("开工{starts.total.numerator}套", "开工｛starts.total.numerator｝套"), Reason::BAD_TEMPLATE, 31, "｛"},
      {"format character", With("region: 迪庆州", "region: \"迪\\u202e庆州\""), Reason::BAD_TEMPLATE, 2, "迪\u202e庆州"},
      {"decimal in the body", With("  - heading: 一、情况", "  - heading: 达61.58%"), Reason::UNBOUND_NUMBER, 30, "61.58"},
      {"digit in a heading", With("heading: 投资", "heading: 投资5"), Reason::UNBOUND_NUMBER, 21, "5"},
      {"digit in a suffix", With("suffix: \"%\"", "suffix: \"1\""), Reason::UNBOUND_NUMBER, 20, "1"},
      {"digit in a part", With("before: 新增", "before: 新增1"), Reason::UNBOUND_NUMBER, 22, "1"},
      {"digit in a word", With("full: 全部开工, NO_TASK", "full: 100, NO_TASK"), Reason::UNBOUND_NUMBER, 8, "100"},
      {"digit in a list's item", With("item: \"{name}（", "item: \"{name}9（"), Reason::UNBOUND_NUMBER, 27, "9"},
      {"open brace", With("开工{starts.total.numerator}套", "开工{starts.total.numerator套"), Reason::BAD_TEMPLATE, 31, "{starts.total.numerator套，"},
      {"closing brace", With("开工{starts.total.numerator}套", "开工}套"), Reason::BAD_TEMPLATE, 31, "}"},
      {"open quotation", With("  - subheading: 要求", "  - subheading: 要{'求"), Reason::BAD_TEMPLATE, 32, "{'求"},
      {"blank in a binding", With("{behind.count}", "{behind count}"), Reason::BAD_TEMPLATE, 31, "{behind count}"},
      {"empty binding", With("{behind.count}", "{}"), Reason::BAD_TEMPLATE, 31, "{}"},
      {"unknown table", With("{starts.total.numerator}", "{start.total.numerator}"), Reason::UNKNOWN_CELL, 31, "{start.total.numerator}"},
      {"unknown cell", With("{starts.total.numerator}", "{starts.total.number}"), Reason::UNKNOWN_CELL, 31, "{starts.total.number}"},
      {"cell without a row", With("{starts.total.numerator}", "{starts.numerator}"), Reason::UNKNOWN_CELL, 31, "{starts.numerator}"},
      {"a column the table does not list", With("{starts.total.investment}", "{starts.total.built}"), Reason::UNKNOWN_CELL, 31, "{starts.total.built}"},
      {"key of a table by rate", With("cell: rank,", "cell: key,"), Reason::UNKNOWN_CELL, 23, "key"},
      {"place of the total", With("{starts.total.numerator}", "{starts.total.rank}"), Reason::UNKNOWN_CELL, 31, "{starts.total.rank}"},
      {"movement without since", With("    since: month\n", "").replace(0, 0, "").replace(With("    since: month\n", "").find("cell: rank,"), 11, "cell: rank_change,"),
       Reason::UNKNOWN_CELL, 22, "rank_change"},
      {"unknown word of a list", With("{behind.count}", "{behind.sum}"), Reason::UNKNOWN_CELL, 31, "{behind.sum}"},
      {"unknown word of a milestone", With("{june.share}", "{june.target}"), Reason::UNKNOWN_CELL, 31, "{june.target}"},
      {"list of an unknown table", With("top: {table: starts", "top: {table: ends"), Reason::UNKNOWN_CELL, 28, "ends"},
      {"list with an unknown cell", With("order: numerator", "order: nominator"), Reason::UNKNOWN_CELL, 28, "nominator"},
      {"list by a text", With("order: numerator", "order: name"), Reason::BAD_TEMPLATE, 28, "name"},
      {"item with an unknown cell", With("{target:built}", "{built}"), Reason::UNKNOWN_CELL, 28, "built"},
      {"unknown milestone", With("below: june", "below: july"), Reason::UNKNOWN_CELL, 27, "july"},
      {"bad threshold", With("\"60.5\"", "\"6o\""), Reason::BAD_VALUE, 28, "6o"},
      {"two thresholds", With("below: june", "below: june, above: june"), Reason::BAD_TEMPLATE, 27, "june"},
      {"bad sort key", With("by: rate", "by: speed"), Reason::BAD_VALUE, 16, "speed"},
      {"bad digits", With("digits: 2", "digits: 9"), Reason::BAD_VALUE, 16, "9"},
      {"bad plan year", With("year: \"{year}\", by: rate", "year: \"{year}a\", by: rate"), Reason::BAD_PERIOD, 16, "2000a"},
      {"bad milestone date", With("{year}-06-30", "{year}-06-31"), Reason::BAD_DATE, 10, "{year}-06-31"},
      {"bad since", With("since: month", "since: week"), Reason::BAD_VALUE, 17, "week"},
      {"column twice in rank", With("[investment, ", "[investment, investment, "), Reason::BAD_TEMPLATE, 16, "investment"},
      {"cell and parts", With("{heading: 合, parts:", "{heading: 合, cell: value, parts:"), Reason::BAD_TEMPLATE, 22, "value"},
      {"neither cell nor parts", With(", cell: name}", "}"), Reason::BAD_TEMPLATE, 19, ""},
      {"digits of a rate", With("suffix: \"%\"", "digits: 1"), Reason::BAD_TEMPLATE, 20, "value"},
      {"nonzero text", With("{cell: numerator, before", "{cell: name, before"), Reason::BAD_TEMPLATE, 22, "name"},
      {"heading bound to a cell", With("heading: 投资,", "heading: \"投资{starts.total.value}\","), Reason::BAD_TEMPLATE, 21, "{starts.total.value}"},
      {"binding in a word", With("full: 全部开工, NO_TASK", "full: \"{year}\", NO_TASK"), Reason::BAD_TEMPLATE, 8, "{year}"},
      {"yes or no", With("total: no", "total: maybe"), Reason::BAD_TEMPLATE, 23, "maybe"},
      {"a block of two kinds", With("  - heading: 一、情况", "  - {heading: 甲, text: 乙}"), Reason::BAD_TEMPLATE, 30, ""},
      {"one name for two things", With("  top: {table", "  june: {table"), Reason::BAD_TEMPLATE, 10, "june"},
      {"name of the wrong form", With("  top: {table", "  Top: {table"), Reason::BAD_TEMPLATE, 28, "Top"},
      {"no tables", With(std::string(kGood).substr(std::string(kGood).find("tables:"), std::string(kGood).find("lists:") - std::string(kGood).find("tables:")), ""),
       Reason::BAD_TEMPLATE, 1, ""},
      {"too many blocks", [] {
         std::string text = kGood;
         for (size_t i = 0; i < kTemplateBlocksMax; ++i) text += "  - text: 甲\n";
         return text;
       }(), Reason::TOO_MANY_ROWS, 30, "203"},
  };
  return bad;
}

TEST(ParseTemplate, BadTemplatesAreRefusedWithReasonLineAndValue) {
  const std::vector<Bad> bad = BadTemplates();
  EXPECT_GE(bad.size(), 60u);
  for (const Bad& c : bad) {
    const absl::Status status = ParseTemplate(c.source).status();
    ASSERT_FALSE(status.ok()) << c.name;
    bool found = false;
    std::string all;
    for (const ErrorDetail& detail : ErrorsOf(status)) {
      found = found || (detail.reason == c.reason && detail.line == c.line && detail.value == c.value);
      all += std::string(ReasonName(detail.reason)) + " line " + std::to_string(detail.line) + " field " + detail.field + " value [" + detail.value + "] " + detail.message + "\n";
    }
    EXPECT_TRUE(found) << c.name << "\n" << all;
  }
}

TEST(ParseTemplate, SaysEveryErrorAtOnce) {
  std::string text = With("title: 关于", "title: 关于2017");
  text.replace(text.find("{starts.total.numerator}"), 24, "{starts.total.nothing}");
  text.replace(text.find("copies:"), 7, "copyes:");
  text.replace(text.find("below: june"), 11, "below: july");
  const absl::Status status = ParseTemplate(text).status();
  std::string lines;
  for (const ErrorDetail& detail : ErrorsOf(status)) lines += std::string(ReasonName(detail.reason)) + " " + std::to_string(detail.line) + "|";
  EXPECT_EQ(lines, "UNBOUND_NUMBER 5|BAD_TEMPLATE 7|UNKNOWN_CELL 27|UNKNOWN_CELL 31|");
}

TEST(ParseTemplate, UnknownKeysAndCellsNameWhatWouldDo) {
  const auto candidates = [](const std::string& source) { return ErrorsOf(ParseTemplate(source).status()).front().candidates; };
  EXPECT_EQ(candidates(With("copies: 州政府", "copie: 州政府")), (std::vector<std::string>{"copies", "letterhead", "names", "signature"}));
  EXPECT_EQ(candidates(With("order: numerator", "order: nominator")).front(), "investment");
}

TEST(ParseTemplate, AnythingElseIsRefusedOrRead) {
  std::mt19937 random(20170630);
  const std::string good = kGood;
  for (int round = 0; round < 3000; ++round) {
    std::string text = good;
    for (int i = 0; i < 1 + round % 4; ++i) {
      const size_t at = random() % text.size();
      switch (random() % 4) {
        case 0: text[at] = "{}[]:,.'\"&*!|>-#\n 0aA\xE5"[random() % 23]; break;
        case 1: text.erase(at, random() % 20); break;
        case 2: text.insert(at, text.substr(random() % text.size(), random() % 30)); break;
        default: text[at] = static_cast<char>(random()); break;
      }
    }
    auto parsed = ParseTemplate(text);
    for (const ErrorDetail& detail : ErrorsOf(parsed.status())) EXPECT_NE(detail.reason, Reason::INTERNAL) << text;
  }
}

TEST(ParseTemplate, NumeralsThatAreWordsAreText) {
  const auto parsed = ParseTemplate(With("copies: 州政府", "copies: 第三纪工委，一要狠抓，两月一次，百分之百努力，“十三五”"));
  EXPECT_FALSE(parsed.ok());  // 百分之百 is a share
  EXPECT_TRUE(ParseTemplate(With("copies: 州政府", "copies: 第三纪工委，一要狠抓，两月一次，①“十三五”，几百分之几，{'百分之百'}努力")).ok());
}

TEST(MakeNumber, PutsInTheYearOfTheDateAndTheOrdinal) {
  EXPECT_EQ(MakeNumber("迪安居通〔{year}〕{n}号", MakeDate(2017, 7, 5), 6), "迪安居通〔2017〕6号");
  EXPECT_EQ(MakeNumber("{n}-{n}/{year}", MakeDate(2018, 1, 1), 12), "12-12/2018");
  EXPECT_EQ(PutYear("{year}-06-30", 2017), "2017-06-30");
}

}  // namespace
}  // namespace anju::ranking
