// The sentences people read.
#include "services/cli/messages.h"

#include <gtest/gtest.h>

namespace anju::cli {
namespace {

constexpr Reason kAll[] = {
#define ANJU_REASON(name, code) Reason::name,
#include "common/status/reasons.inc"
#undef ANJU_REASON
};

TEST(Messages, EveryReasonHasASentenceAndARemedyInBothLanguages) {
  for (const Reason reason : kAll) {
    SCOPED_TRACE(ReasonName(reason));
    for (const Lang lang : {Lang::kChinese, Lang::kEnglish}) {
      EXPECT_FALSE(MessageOf({.reason = reason, .field = "region", .value = "x", .message = "m"}, lang).empty());
      EXPECT_FALSE(RemedyOf(reason, lang).empty());
    }
  }
}

TEST(Messages, NameTheValueAndTheCandidates) {
  const ErrorDetail detail{.reason = Reason::AMBIGUOUS_REGION, .field = "region", .value = "朝阳区", .candidates = {"110105 朝阳区", "220104 朝阳区"}};
  EXPECT_EQ(MessageOf(detail, Lang::kChinese), "“朝阳区”不止一个地区；可用：110105 朝阳区、220104 朝阳区");
  EXPECT_EQ(MessageOf(detail, Lang::kEnglish), "\"朝阳区\" names several regions; candidates: 110105 朝阳区, 220104 朝阳区");
}

TEST(Messages, ChineseReadersGetNoEnglish) {
  const ErrorDetail conflict{.reason = Reason::TARGET_CONFLICT, .field = "value", .value = "8套",
                             .message = "document 某〔2017〕1号 sets this cell to 7套 and is in force; amend it with `plan amend`"};
  EXPECT_NE(MessageOf(conflict, Lang::kChinese).find("（文件某〔2017〕1号 定为 7套，现行有效）"), std::string::npos) << MessageOf(conflict, Lang::kChinese);
  EXPECT_EQ(MessageOf({.reason = Reason::BAD_CSV, .message = "The row on line 2 has 8 fields where the header has 7."}, Lang::kChinese),
            "CSV 格式有误：第 2 行有 8 个字段，表头却有 7.");
  EXPECT_EQ(MessageOf({.reason = Reason::BAD_VALUE, .field = "role", .value = "20",
                       .message = "an addition needs a target of an upper layer for the same cell to be added to"}, Lang::kChinese),
            "“20”不是这里可用的值（追加须以上级对同一项的任务为基数）");
  EXPECT_EQ(RuleWords("130406 峰峰矿区, starts: 2013-2014 lies inside a period that is given only whole: 2011-2015 (all).", Lang::kChinese),
            "130406 峰峰矿区, starts: 2013-2014 只有整段的数：整段为 2011-2015 (all).");
  const ErrorDetail into{.reason = Reason::BROKEN_TREE, .field = "into", .value = "533401", .message = "into \"533401\" is 533400 迪庆州 itself, or below it"};
  EXPECT_EQ(MessageOf(into, Lang::kChinese), "地区隶属关系有误：533401（去向 \"533401\" 为 533400 迪庆州 本身或其下级）");
  const ErrorDetail used{.reason = Reason::IMMUTABLE, .field = "valid_from", .value = "1981-01-01",
                         .message = "valid_from cannot change to \"1981-01-01\": a document names 德钦县 on 2017-09-01"};
  EXPECT_EQ(MessageOf(used, Lang::kChinese), "“1981-01-01”已有数据，不能这样修改（启用 不能改为 \"1981-01-01\"：已有文件列有 德钦县 于 2017-09-01）");
  const ErrorDetail gap{.reason = Reason::SEQUENCE_GAP, .field = "sequence", .value = "9", .message = "item 9 came where 7 is the next one of this source", .candidates = {"7"}};
  EXPECT_EQ(MessageOf(gap, Lang::kChinese), "序号不连续：9；可用：7");
  const ErrorDetail tie{.reason = Reason::TIE_NOT_BROKEN, .field = "then_by", .message = "ordinal places, but then_by does not tell apart: K2 甲, K3 乙", .candidates = {"K2 甲", "K3 乙"}};
  EXPECT_EQ(MessageOf(tie, Lang::kChinese), "名次相同，无法逐一排序；并列：K2 甲、K3 乙");
}

TEST(Messages, FaultsOfCheckFilesSayWhy) {
  const auto say = [](Reason reason, const char* value, const char* message) {
    return MessageOf({.reason = reason, .field = "should_be", .value = value, .message = message}, Lang::kChinese);
  };
  EXPECT_EQ(say(Reason::BAD_RELATION, "a/0", "divides by zero"), "关系式“a/0”写法不对（除以零）");
  EXPECT_EQ(say(Reason::BAD_RELATION, "=a b", "\"a b\" is neither an id nor a number"), "关系式“=a b”写法不对（\"a b\" 既不是编号也不是数字）");
  EXPECT_EQ(say(Reason::BAD_RELATION, "sum(a a)", "a stands twice in it"), "关系式“sum(a a)”写法不对（a 出现两次）");
  EXPECT_EQ(say(Reason::MIXED_UNITS, "sum(a b)", "b is counted in 万元, its row in 套"), "单位不同，不能相除、相加、相比或排序：sum(a b)（b 的单位为 万元，本行为 套）");
  EXPECT_EQ(say(Reason::UNKNOWN_ID, "x", "named by sum(a x)"), "没有编号为“x”的行（见于 sum(a x)）");
  EXPECT_EQ(say(Reason::RELATION_CYCLE, "a → b → a", "these blank cells are computed from each other"), "“a → b → a”的计算绕回自身（这些空格互相计算）");
  EXPECT_EQ(say(Reason::BAD_RELATION, "sum(a b)", "容积率 does not add"), "关系式“sum(a b)”写法不对（容积率 不可相加）");
}

TEST(Messages, ADetailWithoutAValueShowsItsOwnSentence) {
  EXPECT_EQ(MessageOf({.reason = Reason::UNAVAILABLE, .message = "connection refused"}, Lang::kEnglish), "no answer from the service: connection refused");
}

TEST(Messages, FieldsAreTranslatedOnlyForChineseReaders) {
  EXPECT_EQ(FieldWords("as_of", Lang::kChinese), "数据日期");
  EXPECT_EQ(FieldWords("as_of", Lang::kEnglish), "as_of");
  EXPECT_EQ(FieldWords("never_heard", Lang::kChinese), "never_heard");
}

TEST(Messages, TheFlagWinsOverTheEnvironment) {
  setenv("LC_ALL", "en_GB.UTF-8", 1);
  EXPECT_EQ(ChooseLang(""), Lang::kEnglish);
  EXPECT_EQ(ChooseLang("zh"), Lang::kChinese);
  setenv("LC_ALL", "zh_CN.UTF-8", 1);
  EXPECT_EQ(ChooseLang(""), Lang::kChinese);
  EXPECT_EQ(ChooseLang("en"), Lang::kEnglish);
  unsetenv("LC_ALL");
}

}  // namespace
}  // namespace anju::cli
