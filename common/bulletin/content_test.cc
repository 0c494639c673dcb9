// The canonical bytes: one form per content, and nothing else is accepted.
#include "common/bulletin/content.h"

#include <gtest/gtest.h>

#include <random>

#include "common/status/status.h"

namespace anju::bulletin {
namespace {

Figure Rate() {
  return {.id = "starts.533401.value", .printed = "62.05", .unit = "%", .label = "value", .rule = "a/b", .exact = "1241/20",
          .region = "533401", .programme = "all", .indicator = "starts", .plan_year = "2017", .cell = "value"};
}

Content Small() {
  Content content;
  content.template_code = "t-1";
  content.template_version = 2;
  content.region = "533400";
  content.as_of = "2017-06-30";
  content.basis = {{"plan", "00ff", 7, "ab"}, {"progress", "11ee", (uint64_t{1} << 53) - 1, ""}};
  content.title = {{"通报\n\"引\"\\\x01\x1f\x7f", std::nullopt}};
  content.body = {{BlockKind::kHeading, {{"一、", std::nullopt}}},
                  {BlockKind::kParagraph, {{"开工率", std::nullopt}, {"62.05%", Rate()}, {"，", std::nullopt}}}};
  Annex annex;
  annex.name = "starts";
  annex.columns = {{"", "县", false}, {"总任务", "开工率", true}, {"", "备注", true}};
  Figure cell = Rate();
  cell.id = "c1";
  Figure first = Rate(), second = Rate();
  first.id = "c2";
  second.id = "c3";
  annex.rows = {{"533401", "香格里拉市", "", {{{"香格里拉市", std::nullopt}}, {{"62.05%", cell}}, {{"新增40套", first}, {"退出95套", second}}}}};
  annex.total = Row{"533400", "迪庆州", "", {{}, {}, {}}};
  annex.definition = {{"by", "rate"}};
  annex.notes = {{{"注", std::nullopt}}};
  annex.reported = 1;
  content.annexes = {annex};
  Figure operand = Rate();
  operand.id = "o1";
  content.operands = {{"附件1 香格里拉市 新增（未印）", operand}};
  content.corrects = Correction{"1号", "2017-07-01", "ff", {{"c1", "附件1", "1", "2"}}};
  return content;
}

TEST(Canonical, OfAnEmptyContentIsWrittenOutInFull) {
  EXPECT_EQ(Canonical(Content{}),
            R"({"addressees":[],"annexes":[],"as_of":"","basis":[],"basis_token":"","body":[],"copies":[],"corrects":null,"date":"","format":1,)"
            R"("issuer":"","letterhead":"","number":"","operands":[],"region":"","region_name":"","review":"","signature":"","template_code":"",)"
            R"("template_sha256":"","template_version":0,"title":[],"tree":""})");
}

// The vectors of RFC 8785 that apply to us: section 3.2.2.2 (strings) and 3.2.3 (sorting), for ASCII keys and integers.
TEST(Canonical, StringsAreEscapedAsRfc8785Says) {
  Content content;
  content.issuer = "\xE2\x82\xAC$\x0F\nA'B\"\\\\\"/";  // the RFC's own example
  EXPECT_NE(Canonical(content).find("\"issuer\":\"\xE2\x82\xAC$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\""), std::string::npos) << Canonical(content);
  content.issuer = std::string("\0\b\t\n\f\r\x0B\x1F\x7F", 9);
  EXPECT_NE(Canonical(content).find("\"issuer\":\"\\u0000\\b\\t\\n\\f\\r\\u000b\\u001f\x7F\""), std::string::npos) << Canonical(content);
  content.issuer = "通报\U0001F3E0\u2028<>&";  // nothing beyond ASCII is escaped
  EXPECT_NE(Canonical(content).find("\"issuer\":\"通报\U0001F3E0\u2028<>&\""), std::string::npos);
  auto parsed = ParseCanonical(Canonical(content));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*parsed, content);
}

TEST(Canonical, KeysAreSortedInEveryObject) {
  EXPECT_NE(Canonical(Small()).find(R"({"cell":"value","exact":"1241/20","id":"starts.533401.value","indicator":"starts","label":"value","plan_year":"2017",)"
                                    R"("printed":"62.05","programme":"all","region":"533401","rule":"a/b","unit":"%"})"),
            std::string::npos);
  EXPECT_NE(Canonical(Small()).find(R"("sequence":9007199254740991)"), std::string::npos);
}

TEST(Canonical, IsReadBackAsTheSameContent) {
  auto parsed = ParseCanonical(Canonical(Small()));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*parsed, Small());
}

TEST(Canonical, EveryChangedByteIsEitherRefusedOrAnotherContentWithAnotherHash) {
  const std::string bytes = Canonical(Small());
  size_t refused = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (const int flip : {0x01, 0x02, 0x20, 0x80}) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      EXPECT_NE(Sha256Hex(changed), Sha256Hex(bytes));
      auto parsed = ParseCanonical(changed);
      if (!parsed.ok()) {
        ++refused;
        EXPECT_TRUE(HasReason(parsed.status(), Reason::TAMPERED)) << parsed.status();
      } else {
        EXPECT_NE(*parsed, Small()) << i;  // a letter inside a text: what is read is exactly what stands there
        EXPECT_EQ(Canonical(*parsed), changed);
      }
    }
    for (const std::string& changed : {bytes.substr(0, i) + bytes.substr(i + 1), bytes.substr(0, i) + " " + bytes.substr(i), bytes.substr(0, i)}) {
      auto parsed = ParseCanonical(changed);
      EXPECT_TRUE(!parsed.ok() || *parsed != Small());
      EXPECT_TRUE(!parsed.ok() || Canonical(*parsed) == changed);
    }
  }
  EXPECT_GT(refused, bytes.size() / 2);
}

TEST(Canonical, OtherWaysToWriteTheSameAreRefused) {
  const std::string bytes = Canonical(Small());
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string changed = bytes;
    const size_t at = changed.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return changed.replace(at, from.size(), to);
  };
  for (const std::string& changed :
       {with("{\"addressees\"", "{ \"addressees\""), bytes + "\n", "\xEF\xBB\xBF" + bytes, with("\"as_of\":\"2017-06-30\",", ""),
        with("\"as_of\":\"2017-06-30\",", "\"as_of\":\"2017-06-30\",\"as_og\":\"\","), with("\"as_of\":", "\"as_of\":\"x\",\"as_of\":"),
        with("\"template_version\":2", "\"template_version\":2.0"), with("\"template_version\":2", "\"template_version\":2e0"),
        with("\"template_version\":2", "\"template_version\":-2"), with("\"template_version\":2", "\"template_version\":\"2\""),
        with("9007199254740991", "9007199254740992"), with("9007199254740991", "18446744073709551616"), with("\"numeric\":true", "\"numeric\":1"),
        with("\"kind\":\"heading\"", "\"kind\":\"header\""), with("县", "\\u53bf"), with("\\u0001", "\\u0001\\u0001").substr(0, bytes.size()),
        with("\\u001f", "\\u001F"), with("\"corrects\":{", "\"corrects\":[{"), with("\"format\":1", "\"format\":2"), with("\"format\":1,", ""),
        with("\"region\":\"533400\",\"region_name\":\"\"", "\"region_name\":\"\",\"region\":\"533400\""), with("县", "\xE5\x8E"),
        std::string("[]"), std::string("{}"), std::string("null"), std::string(), std::string("[") + bytes + "]", std::string(1 << 20, '['),
        std::string(kContentBytesMax + 1, ' ')}) {
    EXPECT_TRUE(HasReason(ParseCanonical(changed).status(), Reason::TAMPERED)) << changed.substr(0, 200);
  }
}

TEST(Canonical, RandomBytesNeverPass) {
  std::mt19937 random(20170630);
  const std::string bytes = Canonical(Small());
  for (int round = 0; round < 2000; ++round) {
    std::string changed = bytes;
    for (int i = 0; i < 3; ++i) changed[random() % changed.size()] = static_cast<char>(random());
    auto parsed = ParseCanonical(changed);
    EXPECT_TRUE(!parsed.ok() || Canonical(*parsed) == changed) << round;
  }
}

TEST(Sha256, KnownVectors) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Figures, HavePlacesInTheOrderOfPrinting) {
  const Content content = Small();
  std::string places;
  for (const PlacedFigure& placed : FiguresOf(content)) places += placed.figure->id + " " + placed.place + " [" + placed.text + "]|";
  EXPECT_EQ(places, "starts.533401.value 正文第1段 [62.05%]|c1 附件1 香格里拉市 开工率 [62.05%]|c2 附件1 香格里拉市 备注 第1数 [新增40套]|"
                    "c3 附件1 香格里拉市 备注 第2数 [退出95套]|o1 附件1 香格里拉市 新增（未印） [62.05]|");
}

TEST(Figures, AHeadingThatStandsTwiceIsToldApartByItsGroup) {
  Content content = Small();
  content.annexes[0].columns[2].heading = "开工率";
  EXPECT_EQ(FiguresOf(content)[1].place, "附件1 香格里拉市 总任务 开工率");
}

TEST(CompareContents, ListsWhatIsPrintedOtherwiseAndWhatCameAndWent) {
  const Content before = Small();
  EXPECT_TRUE(Compare(before, before).empty());
  Content after = before;
  after.title = {{"另一标题", std::nullopt}};
  after.number = "2号";
  EXPECT_TRUE(Compare(before, after).empty());
  after.annexes[0].rows[0].cells[1][0].text = "70.00%";
  after.annexes[0].rows[0].cells[2].erase(after.annexes[0].rows[0].cells[2].begin());
  Figure added = Rate();
  added.id = "x9";
  after.body[1].runs.push_back({"9", added});
  EXPECT_EQ(Compare(before, after),
            (std::vector<Change>{{"x9", "正文第1段 第2数", "", "9"}, {"c1", "附件1 香格里拉市 开工率", "62.05%", "70.00%"},
                                 {"c2", "附件1 香格里拉市 备注 第1数", "新增40套", ""}}));
}

TEST(CompareContents, AFigureThatOnlyMovedIsNoChange) {
  const Content before = Small();
  Content after = before;
  after.annexes[0].columns[1].heading = "率";
  EXPECT_TRUE(Compare(before, after).empty());
}

TEST(CompareContents, ABlankCellThatComesOrGoesIsNoChange) {
  const Content before = Small();
  Content after = before;
  Figure blank = Rate();
  blank.id = "x9";
  blank.printed = "";
  after.body[1].runs.push_back({"", blank});
  EXPECT_TRUE(Compare(before, after).empty());
  EXPECT_TRUE(Compare(after, before).empty());
}

}  // namespace
}  // namespace anju::bulletin
