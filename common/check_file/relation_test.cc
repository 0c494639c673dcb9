// The parser of relations: every form, and what is none.
#include "common/check_file/relation.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace anju {
namespace {

std::string Text(const Relation& relation) {
  static const char* const kNames[] = {"sum", "difference", "quotient", "product", "equal", "at_most", "rank"};
  std::string text = kNames[static_cast<int>(relation.kind)];
  if (relation.kind == RelationKind::kRank) text += relation.descending ? " desc" : " asc";
  for (const Operand& operand : relation.operands) absl::StrAppend(&text, " ", operand.is_constant() ? "#" + FormatDecimal(operand.constant) : operand.id);
  return text;
}

TEST(RelationTest, EveryForm) {
  const struct {
    const char* text;
    const char* read;
  } cases[] = {
      {"sum(a b c)", "sum a b c"},       {"sum( a   b )", "sum a b"},          {"sum(a)", "sum a"},          {"sum(a 5)", "sum a #5"},
      {"a/b", "quotient a b"},           {" a / b ", "quotient a b"},          {"a/0.8", "quotient a #0.8"}, {"a-b", "difference a b"},
      {"a-5", "difference a #5"},        {"100-a", "difference #100 a"},       {"a*0.5", "product a #0.5"},  {"a*-0.5", "product a #-0.5"},
      {"0.5*a", "product #0.5 a"},       {"=a", "equal a"},                    {"= a", "equal a"},           {"=12.50", "equal #12.50"},
      {"<=a", "at_most a"},              {"<=100", "at_most #100"},            {"rank(desc a b)", "rank desc a b"},
      {"rank(asc t1.x_rate B2)", "rank asc t1.x_rate B2"},                     {"sum-a", "difference sum a"}, {"-1-a", "difference #-1 a"},
      {"rank (desc a b)", "rank desc a b"},
  };
  for (const auto& c : cases) {
    const absl::StatusOr<Relation> relation = ParseRelation(c.text);
    ASSERT_TRUE(relation.ok()) << c.text << ": " << relation.status();
    EXPECT_EQ(Text(*relation), c.read) << c.text;
  }
}

TEST(RelationTest, WhatIsNoRelationSaysWhy) {
  const struct {
    const char* text;
    const char* why;
  } cases[] = {
      {"", "an empty relation beside a semicolon"},
      {"a", "is none of the forms"},
      {"12", "is none of the forms"},
      {"a+b", "is none of the forms"},
      {"total(a b)", "is none of the forms"},
      {"sum(a b", "is none of the forms"},
      {"sum()", "a sum needs an id at least"},
      {"sum(5 6)", "names no id"},
      {"sum(a,b)", "\"a,b\" is neither an id nor a number"},
      {"sum(a b a)", "a stands twice in it"},
      {"sum(a sum(b c))", "\"sum(b\" is neither an id nor a number"},
      {"a/b/c", "\"b/c\" is neither an id nor a number"},
      {"a-b-c", "\"b-c\" is neither an id nor a number"},
      {"a/", "lacks an operand"},
      {"/b", "is none of the forms"},
      {"a/a", "a stands twice in it"},
      {"a/0", "divides by zero"},
      {"a/0.00", "divides by zero"},
      {"3/4", "names no id"},
      {"=", "lacks an operand"},
      {"<=", "lacks an operand"},
      {"=a b", "\"a b\" is neither an id nor a number"},
      {"<a", "is none of the forms"},
      {"≤a", "is none of the forms"},
      {"=合计", "\"合计\" is neither an id nor a number"},
      {"a/０.8", "\"０.8\" is neither an id nor a number"},
      {"a*1e3", "\"1e3\" is neither an id nor a number"},
      {"rank(a b)", "a rank begins with desc or asc"},
      {"rank(descending a b)", "a rank begins with desc or asc"},
      {"rank(desc)", "a rank needs two ids at least"},
      {"rank(desc a)", "a rank needs two ids at least"},
      {"rank(desc a 5)", "a place is counted among ids, not among numbers"},
      {"rank(desc a a)", "a stands twice in it"},
  };
  for (const auto& c : cases) {
    const absl::StatusOr<Relation> relation = ParseRelation(c.text);
    ASSERT_FALSE(relation.ok()) << c.text;
    const ErrorDetail detail = ErrorsOf(relation.status()).front();
    EXPECT_EQ(detail.reason, Reason::BAD_RELATION) << c.text;
    EXPECT_EQ(detail.field, "should_be") << c.text;
    EXPECT_EQ(detail.message, c.why) << c.text;
  }
}

TEST(RelationTest, HasALimitOfOperands) {
  std::string text = "sum(";
  for (size_t i = 0; i < kRelationOperandsMax; ++i) absl::StrAppend(&text, "a", i, " ");
  EXPECT_TRUE(ParseRelation(text + ")").ok());
  EXPECT_TRUE(HasReason(ParseRelation(text + "b)").status(), Reason::BAD_RELATION));
}

TEST(RelationTest, SplitsAtSemicolons) {
  EXPECT_TRUE(SplitRelations("  ").empty());
  EXPECT_EQ(SplitRelations("=a"), (std::vector<std::string_view>{"=a"}));
  EXPECT_EQ(SplitRelations(" sum(a b) ; a-b"), (std::vector<std::string_view>{"sum(a b)", "a-b"}));
  EXPECT_EQ(SplitRelations("=a;"), (std::vector<std::string_view>{"=a", ""}));
}

TEST(RelationTest, IdsAreLettersDigitsUnderscoresAndPoints) {
  for (const char* id : {"a", "Z9", "t1_zhou.rate", "x0"}) EXPECT_TRUE(IsCellId(id)) << id;
  for (const char* id : {"", "1a", "_a", ".a", "a-b", "a b", "甲", "a／b"}) EXPECT_FALSE(IsCellId(id)) << id;
}

}  // namespace
}  // namespace anju
