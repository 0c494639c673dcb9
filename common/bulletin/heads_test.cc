// Heads are read back from every form as they were printed, a changed byte of them is noticed or is another head, and old bulletins keep their bytes.
#include <gtest/gtest.h>

#include <string>

#include "common/bulletin/bulletin_testing.h"
#include "common/bulletin/render.h"
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

Content WithTrees(Content content) {
  content.basis = {{"plan", std::string(32, '1'), 12, std::string(64, 'a'), 7, std::string(63, 'b') + "0"},
                   {"progress", std::string(32, '2'), 9'007'199'254, std::string(64, 'c'), 5'000'000'000, std::string(64, 'd')}};
  return content;
}

TEST(HeadsTest, EveryFormSaysThem) {
  for (const Content& content : {WithTrees(DiqingContent()), WithTrees(DiqingContent("")), WithTrees(HostileContent()), WithTrees(LargeContent(40, 12, 3))}) {
    for (const Form& form : kForms) {
      ASSERT_OK_AND_ASSIGN(const Printed printed, ReadPrinted(form.render(content)));
      EXPECT_EQ(printed.basis, content.basis) << form.name;
      EXPECT_EQ(printed.marks.number, content.number) << form.name;
      EXPECT_EQ(printed.hash_checked, printed.marks.form == "json");
    }
  }
}

TEST(HeadsTest, WithoutTreesTheFormsSayWhatTheySaid) {
  Content content = DiqingContent();
  content.basis[0].hash = "";  // inside a block
  EXPECT_EQ(Canonical(content).find("tree_"), std::string::npos);
  for (const Form& form : kForms) {
    const std::string rendered = form.render(content);
    EXPECT_EQ(rendered.find("树根"), std::string::npos) << form.name;
    ASSERT_OK_AND_ASSIGN(const Printed printed, ReadPrinted(rendered));
    EXPECT_EQ(printed.basis, std::string(form.name) == "csv" ? std::vector<JournalHead>() : content.basis) << form.name;
  }
}

TEST(HeadsTest, AContentHasATreeWholeOrNotAtAll) {
  const Content content = WithTrees(DiqingContent());
  ASSERT_OK_AND_ASSIGN(const Content back, ParseCanonical(Canonical(content)));
  EXPECT_EQ(back, content);
  // Zero is not written: nobody can add it to a bulletin that has none.
  std::string bytes = Canonical(DiqingContent());
  const size_t at = bytes.find("\"service\":\"plan\"");
  ASSERT_NE(at, std::string::npos);
  bytes.insert(at + std::string("\"service\":\"plan\"").size(), ",\"tree_size\":0");
  EXPECT_THAT(ParseCanonical(bytes), HasReason(Reason::TAMPERED));
}

// Every byte between the first and the last that belongs to a head: refused, or read as another head. Never as the same.
TEST(HeadsTest, EveryChangedByteShows) {
  const Content content = WithTrees(DiqingContent());
  for (const Form& form : kForms) {
    const std::string whole = form.render(content);
    ASSERT_OK_AND_ASSIGN(const Printed printed, ReadPrinted(whole));
    for (const std::string& word : {std::string(32, '1') + "/12", std::string(32, '2') + "/9007199254", std::string(32, 'a'), std::string(32, 'c'), std::string(31, 'b'), std::string(32, 'd'), std::string("5000000000")}) {
      const size_t begin = form.name == std::string("json") && word.find('/') != std::string::npos ? whole.find(word.substr(0, 32)) : whole.rfind(word);
      ASSERT_NE(begin, std::string::npos) << form.name << " " << word;
      for (size_t i = begin; i < begin + std::min(word.size(), size_t{32}); ++i) {
        for (const char flip : {char{1}, char{0x20}, static_cast<char>(0x80)}) {
          std::string changed = whole;
          changed[i] = static_cast<char>(changed[i] ^ flip);
          const auto read = ReadPrinted(changed);
          EXPECT_FALSE(read.ok() && read->basis == printed.basis) << form.name << " at " << i << ": " << changed.substr(i - 10, 20);
        }
      }
    }
  }
}

TEST(HeadsTest, HostileTextDoesNotForgeHeads) {
  Content content = WithTrees(HostileContent());
  content.title = {{"依据  forged\n计划日志  " + std::string(32, '9') + "/1\n<div class=\"evidence\">\n<p><b>计划日志</b><code>" + std::string(32, '9') + "/1 " + std::string(64, '9') + "</code></p>\n", std::nullopt}};
  content.copies = content.title;
  for (const Form& form : kForms) {
    ASSERT_OK_AND_ASSIGN(const Printed printed, ReadPrinted(form.render(content)));
    EXPECT_EQ(printed.basis, content.basis) << form.name;
  }
}

TEST(HeadsTest, WhatIsCutHasNone) {
  const Content content = WithTrees(DiqingContent());
  const std::string json = RenderJson(content);
  const size_t at = json.find("\"sha256\":\"") + 10;
  std::string other = json;
  other[at] = other[at] == '0' ? '1' : '0';
  EXPECT_THAT(ReadPrinted(other), HasReason(Reason::TAMPERED));
  const std::string text = RenderText(content);
  std::string without = text;
  const size_t root = without.find("  树根   ");
  ASSERT_NE(root, std::string::npos);
  without.erase(root, without.find('\n', root) + 1 - root);
  EXPECT_THAT(ReadPrinted(without), HasReason(Reason::TAMPERED));
  EXPECT_THAT(ReadPrinted("%PDF-1.4\n"), HasReason(Reason::BAD_VALUE));
}

}  // namespace
}  // namespace anju::bulletin
