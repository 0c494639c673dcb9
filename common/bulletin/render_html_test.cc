// The page: nothing runs, nothing is fetched, nothing leaves its place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>
#include <string>

#include "common/bulletin/bulletin_testing.h"
#include "common/bulletin/render.h"

namespace anju::bulletin {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

size_t Count(const std::string& text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

// Names of the tags between < and the next blank or >; quoted attributes are skipped, so what stands in a title is no tag.
std::multiset<std::string> Tags(const std::string& html) {
  std::multiset<std::string> tags;
  const size_t style = html.find("<style>"), end = html.find("</style>");
  const std::string rest = html.substr(0, style) + html.substr(end + 8);
  for (size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] != '<') continue;
    size_t k = ++i;
    while (k < rest.size() && rest[k] != ' ' && rest[k] != '>') ++k;
    tags.insert(rest.substr(i, k - i));
    for (bool quoted = false; k < rest.size() && (quoted || rest[k] != '>'); ++k) quoted = quoted != (rest[k] == '"');
    i = k;
  }
  return tags;
}

TEST(RenderHtmlTest, HostileTextStaysText) {
  const std::string hostile = RenderHtml(HostileContent());
  const std::multiset<std::string> tags = Tags(hostile);
  for (const char* bad : {"script", "img", "b>", "style", "u", "i", "g", "td onclick=x", "!--"}) EXPECT_EQ(tags.count(bad), 0u) << bad;
  EXPECT_EQ(tags.count("/title"), 1u);
  // The same elements as the harmless bulletin has, but for the one paragraph, figure, note and group that are added.
  for (const char* same : {"section", "table", "tr", "td", "h1", "main", "meta", "footer"}) EXPECT_EQ(tags.count(same), Tags(RenderHtml(DiqingContent())).count(same)) << same;
  EXPECT_THAT(hostile, HasSubstr("&lt;script&gt;alert(&#39;t&#39;)&lt;/script&gt;"));
  EXPECT_THAT(hostile, HasSubstr("&amp;lt;&amp;amp;&lt;style&gt;"));
  for (const char* bad : {"\x01", "\x7F", "\xE2\x80\xAE", "\xC2\x85"}) EXPECT_EQ(hostile.find(bad), std::string::npos);
}

TEST(RenderHtmlTest, NothingIsFetchedAndNothingRuns) {
  for (const Content& content : {DiqingContent(), DiqingContent(""), LargeContent(5, 5, 2)}) {
    const std::string page = RenderHtml(content);
    for (const char* bad : {"<script", "<link", "<img", "<iframe", "<object", "url(", "@import", "http:", "https:", " on", "javascript:", "src=\""}) {
      EXPECT_EQ(page.find(bad), std::string::npos) << bad << " at " << page.substr(std::min(page.size(), page.find(bad)), 80);
    }
    EXPECT_THAT(page, HasSubstr("default-src 'none'"));
    EXPECT_THAT(page, HasSubstr("<html lang=\"zh-CN\""));
  }
}

TEST(RenderHtmlTest, EveryFigureIsMarkedWithItsExactValueAndRule) {
  const Content content = DiqingContent();
  const std::string page = RenderHtml(content);
  size_t printed = 0;
  for (const PlacedFigure& placed : FiguresOf(content)) printed += placed.figure->printed.empty() ? 0 : 1;
  EXPECT_EQ(Count(page, "<data value="), printed);
  EXPECT_THAT(page, HasSubstr("<data value=\"1241/20\" title=\"附件1 香格里拉市 开工率：62.05 %\n准确值：1241/20 %\n来历：starts.533401.numerator（1241） ÷ starts.533401.denominator（2000）"));
  EXPECT_THAT(page, HasSubstr(">62.05%</data>"));
}

TEST(RenderHtmlTest, PartsStandInTheOrderOfTheStandard) {
  const std::string page = RenderHtml(DiqingContent());
  size_t at = 0;
  for (const char* part : {"class=\"office\"", "迪安居通〔2017〕6号</div>", "<h1>", "class=\"to\"", "<p>", "<h2>一、", "<h2>二、", "<h3>（一）", "附件：", "class=\"signed\"", "2017年7月5日", ">附件1<",
                           ">总任务</th>", ">附件2<", ">附件3<", "class=\"evidence\"", "class=\"imprint\"", "抄送：", "2017年7月5日印发"}) {
    const size_t found = page.find(part, at);
    ASSERT_NE(found, std::string::npos) << part;
    at = found;
  }
  EXPECT_EQ(Count(page, "<section "), 4u);
  EXPECT_EQ(Count(page, "class=\"imprint\""), 1u);
}

TEST(RenderHtmlTest, ADraftIsVisiblyOne) {
  EXPECT_THAT(RenderHtml(DiqingContent("")), HasSubstr("class=\"stamp\""));
  EXPECT_THAT(RenderHtml(DiqingContent("")), HasSubstr("（草稿，尚未编号）"));
  EXPECT_THAT(RenderHtml(DiqingContent()), Not(HasSubstr("class=\"stamp\"")));
}

TEST(RenderHtmlTest, ACorrectionShowsItsChangesBehindItsFirstParagraph) {
  const std::string page = RenderHtml(LargeContent(3, 3, 40));
  const size_t changes = page.find("class=\"scroll changes\"");
  ASSERT_NE(changes, std::string::npos);
  EXPECT_EQ(Count(page.substr(0, changes), "<p>"), 1u);
  EXPECT_EQ(Count(page, "<tr title=\"large."), 40u);
  EXPECT_THAT(page, HasSubstr("<th>原印</th><th>更正为</th>"));
}

TEST(RenderHtmlTest, WideTablesLieOnTheirSide) {
  EXPECT_THAT(RenderHtml(LargeContent(60, 9, 0)), HasSubstr("class=\"sheet annex last wide\""));
  EXPECT_THAT(RenderHtml(LargeContent(60, 4, 0)), HasSubstr("class=\"sheet annex last\""));
}

TEST(RenderHtmlTest, TheSameContentIsTheSameBytes) { EXPECT_EQ(RenderHtml(LargeContent(60, 9, 40)), RenderHtml(LargeContent(60, 9, 40))); }

TEST(RenderHtmlTest, WithoutAnnexesTheCopiesLineFollowsTheSignature) {
  Content content = DiqingContent();
  content.annexes.clear();
  content.copies.clear();
  const std::string page = RenderHtml(content);
  EXPECT_EQ(Count(page, "<section "), 1u);
  EXPECT_THAT(page, HasSubstr("class=\"sheet first last\""));
  EXPECT_THAT(page, Not(HasSubstr("附件：")));
  EXPECT_THAT(page, Not(HasSubstr("抄送")));
  EXPECT_LT(page.find("class=\"signed\""), page.find("class=\"imprint\""));
}

}  // namespace
}  // namespace anju::bulletin
